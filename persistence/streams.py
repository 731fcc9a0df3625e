"""Reading many cases side by side with what belongs to them, in constant memory."""

import math
from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import chain, count, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from persistence.database import A_PAGE
from persistence.statements import Statement, driver_cursor, driver_faults
from persistence.unit import (
    CASE_COLUMNS,
    CASES,
    DEADLINE_COLUMNS,
    DEADLINES,
    FACT_COLUMNS,
    FACTS,
    StoredCase,
    StoredDeadline,
)

_cursors = count(1)


@contextmanager
def driver_rows(connection: Connection, query: str) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of a query as the driver hands them out, a page at a time, inside `driver_faults`.

    What SQLAlchemy does for each row costs several times what the driver does.
    """
    with _pages(connection, query) as pages:
        yield chain.from_iterable(pages)


@contextmanager
def _typed_rows(connection: Connection, statement: Statement) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The same for a statement that takes nothing, its values as Python has them."""
    words = statement.on(connection.dialect)
    with _pages(connection, words.text) as pages:
        yield chain.from_iterable(map(words.rows, pages))


@contextmanager
def _pages(connection: Connection, query: str) -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    name = (f"redress_{next(_cursors)}",) if connection.dialect.name == "postgresql" else ()
    with closing(driver_cursor(connection, *name)) as cursor:
        cursor.execute(query)
        yield iter(partial(cursor.fetchmany, A_PAGE["yield_per"]), [])


class ByCase:
    """Rows in the order of their first column, handed out case by case."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._groups = groupby(rows, itemgetter(0))
        self._next: tuple[Any, Iterator[Any]] | None = None
        self._taken = True

    def _peek(self) -> tuple[Any, Iterator[Any]] | None:
        if self._taken:
            self._next, self._taken = next(self._groups, None), False
        return self._next

    def __bool__(self) -> bool:
        return self._peek() is not None

    @property
    def case_id(self) -> Any:
        """The case of the next rows: a number, unless somebody has put something else there."""
        found = self._peek()
        return found[0] if found is not None else None

    def is_before(self, case_id: Any) -> bool:
        """Whether the next rows are of an earlier case. SQLite sorts what is no number behind all numbers."""
        found = self._peek()
        return found is not None and found[0] != case_id and _place(found[0]) < _place(case_id)

    def of(self, case_id: Any) -> Iterator[Any] | None:
        """The rows of a case, as `take` has them; None where rows of an earlier case come first."""
        found = self._peek() if self._taken else self._next
        if found is None or found[0] != case_id:
            return None if found is not None and _place(found[0]) < _place(case_id) else _NONE
        self._taken = True
        return found[1]

    def take(self, case_id: Any) -> Iterator[Any]:
        """The rows of a case, whole, if they are the next ones; those that are not read before the next question are
        passed over.
        """
        found = self.of(case_id)
        return _NONE if found is None else found


_NONE: Iterator[Any] = iter(())


def _place(case_id: Any) -> float:
    return case_id if isinstance(case_id, int | float) else math.inf


_ALL_FACTS = Statement(select(*FACT_COLUMNS).order_by(FACTS.c.case_id), takes=())
_ALL_DEADLINES = Statement(
    select(*DEADLINE_COLUMNS).order_by(DEADLINES.c.case_id, DEADLINES.c.due_on),
    takes=(),
)
_ALL_CASES = Statement(select(*CASE_COLUMNS).order_by(CASES.c.id), takes=())


def open_cases(connection: Connection, final: Container[str]) -> Iterator[StoredCase]:
    """Every case that is in no final state, with its facts and deadlines, in the order in which they were opened."""
    with driver_faults(connection), ExitStack() as read:
        facts, rows, found = (
            read.enter_context(_typed_rows(connection, statement))
            for statement in (_ALL_FACTS, _ALL_DEADLINES, _ALL_CASES)
        )
        facts_of, deadlines_of = ByCase(facts), ByCase(rows)
        for case_id, reference, state, version, head, token in found:
            of_case = {name: value for _, name, value in facts_of.take(case_id)}
            deadlines = {row[0]: StoredDeadline(*row) for _, *row in deadlines_of.take(case_id)}
            if state not in final:
                yield StoredCase(case_id, reference, state, version, head, token, of_case, deadlines)
