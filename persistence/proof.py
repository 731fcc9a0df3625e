"""Whether the log is intact: every chain whole, and every case, fact and deadline where its log says.

The rows are read as the database holds them, so that a change of one byte shows. Log, cases, facts and deadlines are
read side by side in the order of the cases, in constant memory. Against a checkpoint that was kept elsewhere, each case
must besides come by the entry that the checkpoint names.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, text

from persistence.checkpoint_file import KeptCheckpoint
from persistence.checkpoints import fault_of_checkpoints
from persistence.database import opened_read_only, stands_still
from persistence.in_force import not_as_recorded
from persistence.instants import day_as_text, instant_as_text
from persistence.log import canonical_hash
from persistence.office import broken_act
from persistence.proposals import lost, proposed_otherwise
from persistence.refusals import HASHED
from persistence.retold import Fault, Retold
from persistence.statements import driver_faults
from persistence.streams import ByCase, driver_rows
from states.errors import DatabaseUnreachable, RecordNotIntact


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found, and how much it read."""

    entries: int
    cases: int
    fault: Fault | None

    @property
    def intact(self) -> bool:
        return self.fault is None


_CASES = "SELECT id, reference, state, version, head, token FROM cases ORDER BY id"
_LOG = (
    "SELECT case_id, token, seq, trigger, source, dest, {happened_on}, {recorded_at}, actor, note, facts, deadlines, "
    "deadline, late_seconds, definition, previous, hash FROM log ORDER BY case_id, seq"
)
_KEYS = "SELECT case_id, reference, key FROM case_keys ORDER BY case_id"
_FACTS = "SELECT case_id, name, value, seq FROM facts ORDER BY case_id"
_DEADLINES = (
    "SELECT case_id, deadline, kind, status, {due_on}, {fires_at}, missed, {ended_on}, definition FROM deadlines "
    "ORDER BY case_id"
)
_REFUSALS = "SELECT id, hash, {columns} FROM refusals ORDER BY id"
# A case that was copied. Its reference gives it away, unless it is called an erased one.
_TWICE = text("SELECT max(reference) FROM cases GROUP BY token HAVING count(*) > 1 LIMIT 1")


def verify(connection: Connection, against: KeptCheckpoint | None = None) -> Verdict:
    """Read everything and compare, with a checkpoint that was kept elsewhere where there is one; stops at the first
    fault. The connection should be one that reads the database as it stood at one moment.

    Raises DatabaseUnreachable for a file of SQLite that is damaged.
    """
    dialect = connection.dialect.name
    said = {name: instant_as_text(name, dialect) for name in ("recorded_at", "fires_at")}
    said |= {name: day_as_text(name, dialect) for name in ("happened_on", "due_on", "ended_on")}
    with driver_faults(connection), ExitStack() as reading:
        is_whole = reading.enter_context(_whole_file(connection))
        cases, log, keys, facts, deadlines = (
            reading.enter_context(driver_rows(connection, query.format(**said)))
            for query in (_CASES, _LOG, _KEYS, _FACTS, _DEADLINES)
        )
        known = ByCase(against.heads() if against else ())
        verdict = _compared(cases, ByCase(log), ByCase(keys), ByCase(facts), ByCase(deadlines), known)
        if verdict.intact:
            verdict = replace(verdict, fault=_beside_the_cases(connection, against))
        if verdict.intact:
            is_whole()
    return verdict


def _compared(
    rows_of_cases: Iterable[Any], log: ByCase, keys: ByCase, facts: ByCase, deadlines: ByCase, known: ByCase
) -> Verdict:
    beside = (("key", keys), ("fact", facts), ("deadline", deadlines))
    entries = cases = 0
    for case_id, reference, state, version, head, token in rows_of_cases:
        if (entries_of := log.of(case_id)) is None:
            return Verdict(entries, cases, _orphan(log, keys))
        of_case = keys_of, facts_of, deadlines_of = keys.of(case_id), facts.of(case_id), deadlines.of(case_id)
        if keys_of is None or facts_of is None or deadlines_of is None:
            thing, rows = beside[of_case.index(None)]
            return Verdict(entries, cases, _orphan_row(thing, rows))
        if (known_of := known.of(case_id)) is None:
            return Verdict(entries, cases, _gone(known))
        case = Retold(case_id, str(reference), token, next(keys_of, None), next(known_of, None))
        fault = case.tell(entries_of)
        entries += case.seq
        if fault:
            return Verdict(entries, cases, fault)
        cases += 1
        if fault := (
            case.ends_as(state, version, head)
            or case.is_named()
            or case.has_facts(facts_of)
            or case.has_deadlines(deadlines_of)
        ):
            return Verdict(entries, cases, fault)
    fault = _orphan(log, keys) if log else next((f for thing, rows in beside if (f := _orphan_row(thing, rows))), None)
    return Verdict(entries, cases, fault or _gone(known))


def _orphan(log: ByCase, keys: ByCase) -> Fault:
    """The log of a case that is gone: named by what was kept with its key, else by its number."""
    case_id = log.case_id
    while keys.is_before(case_id):
        keys.take(keys.case_id)
    _id, reference, _key = next(keys.take(case_id), (None, f"number {case_id}", None))
    _id, _token, seq, *_ = next(log.take(case_id))
    return Fault(str(reference), seq, "the log has entries of a case that is gone")


def _orphan_row(thing: str, rows: ByCase) -> Fault | None:
    if not rows:
        return None
    case_id = rows.case_id
    _id, name, *_ = next(rows.take(case_id))
    return Fault(f"number {case_id}", None, f"the {thing} {name} is of a case that never was")


def _gone(known: ByCase) -> Fault | None:
    if not known:
        return None
    _id, seq, _head = next(known.take(known.case_id))
    return Fault(f"number {_id}", None, f"the case is gone: the checkpoint has it, with {seq} entries")


def _beside_the_cases(connection: Connection, against: KeptCheckpoint | None) -> Fault | None:
    """What is wrong with the rows that are no case's own; those that cannot be read are not as they were written."""
    try:
        return (
            _twice(connection)
            or _refusals(connection, against)
            or _office(connection, against)
            or _proposals(connection)
            or _checkpoints(connection, against)
        )
    except RecordNotIntact as unreadable:
        return Fault(None, None, unreadable.why)


def _twice(connection: Connection) -> Fault | None:
    reference = connection.execute(_TWICE).scalar()
    return None if reference is None else Fault(str(reference), None, "the case has the log of another")


def _refusals(connection: Connection, against: KeptCheckpoint | None) -> Fault | None:
    """Compare each refused attempt with its hash, and with the checkpoint that has it."""
    known = ByCase(against.refusals() if against else ())
    said = [instant_as_text(name, connection.dialect.name) if name == "at" else name for name in HASHED]
    with driver_rows(connection, _REFUSALS.format(columns=", ".join(said))) as rows:
        for number, stored, *content in rows:
            if known.is_before(number):
                return _refusal_gone(known)
            if stored != _hash_of_refusal(content) or any(stored != kept for _, kept in known.take(number)):
                return Fault(None, None, f"the refused attempt {number} is not as it was written")
    return _refusal_gone(known) if known else None


def _hash_of_refusal(content: list[Any]) -> str:
    try:
        return canonical_hash(content)
    except TypeError:  # it holds bytes, which Redress does not write
        return ""


def _refusal_gone(known: ByCase) -> Fault:
    return Fault(None, None, f"the refused attempt {known.case_id} is gone: the checkpoint has it")


def _office(connection: Connection, against: KeptCheckpoint | None) -> Fault | None:
    known = (int(against.header["acts"]), str(against.header["acts_head"])) if against else None
    broken = broken_act(connection, known)
    if broken is not None:
        return Fault(None, None, f"the office's log: {broken}")
    other = not_as_recorded(connection)
    return None if other is None else Fault(None, None, other)


def _proposals(connection: Connection) -> Fault | None:
    if other := proposed_otherwise(connection):
        return Fault(other, None, "what waits for a second person is not as it was proposed")
    reference = lost(connection)
    return None if reference is None else Fault(reference, None, "what waited for a second person is gone")


def _checkpoints(connection: Connection, against: KeptCheckpoint | None) -> Fault | None:
    what = fault_of_checkpoints(connection, against.header if against else None)
    return None if what is None else Fault(None, None, what)


@contextmanager
def _whole_file(connection: Connection) -> Iterator[Callable[[], None]]:
    """Ask SQLite, beside the reading and on a connection of its own, whether the file's pages agree.

    What is handed out waits for the answer. It raises DatabaseUnreachable where they do not: what is read by an index
    is then not what its table holds. A verification that ends before breaks the asking off.
    """
    if connection.dialect.name != "sqlite":
        yield lambda: None
        return
    url = connection.engine.url
    asking = opened_read_only(url, still=stands_still(url))
    with closing(asking), ThreadPoolExecutor(1) as beside:
        answer = beside.submit(lambda: asking.execute("PRAGMA integrity_check(1)").fetchone()[0])

        def is_whole() -> None:
            found = answer.result()
            if found != "ok":
                raise DatabaseUnreachable(f"its file is damaged ({found}): restore it from a copy.")

        try:
            yield is_whole
        finally:
            asking.interrupt()
