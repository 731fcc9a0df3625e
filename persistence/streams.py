"""Reading many cases side by side with what belongs to them, in constant memory."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from persistence.database import A_PAGE
from persistence.unit import CASES, DEADLINES, FACTS, StoredCase, StoredDeadline


class ByCase:
    """Rows in the order of their first column, handed out case by case."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def __bool__(self) -> bool:
        return self._next is not None

    @property
    def case_id(self) -> Any:
        """The case of the next row: a number, unless somebody has put something else there."""
        return self._next[0] if self._next is not None else None

    def is_before(self, case_id: Any) -> bool:
        """Whether the next row is of an earlier case. SQLite sorts what is no number behind all numbers."""
        return self._next is not None and _place(self.case_id) < _place(case_id)

    def take(self, case_id: Any) -> Iterator[tuple[Any, ...]]:
        while self._next is not None and self._next[0] == case_id:
            row, self._next = self._next, next(self._rows, None)
            yield tuple(row[1:])


def _place(case_id: Any) -> float:
    return case_id if isinstance(case_id, int | float) else math.inf


def open_cases(connection: Connection) -> Iterator[StoredCase]:
    """Every case that is not closed, with its facts and deadlines, in the order in which they were opened."""
    columns = (DEADLINES.c.case_id, *(DEADLINES.c[name] for name in StoredDeadline.__slots__))
    facts, rows = (
        ByCase(connection.execute(query, execution_options=A_PAGE))
        for query in (
            select(FACTS.c.case_id, FACTS.c.name, FACTS.c.value).order_by(FACTS.c.case_id),
            select(*columns).order_by(DEADLINES.c.case_id, DEADLINES.c.due_on),
        )
    )
    cases = select(CASES.c.id, CASES.c.reference, CASES.c.state, CASES.c.version, CASES.c.head, CASES.c.token)
    cases = cases.order_by(CASES.c.id)
    for case_id, reference, state, version, head, token in connection.execute(cases, execution_options=A_PAGE):
        of_case = dict(facts.take(case_id))
        deadlines = {row[0]: StoredDeadline(*row) for row in rows.take(case_id)}
        if state != "closed":
            yield StoredCase(case_id, reference, state, version, head, token, of_case, deadlines)
