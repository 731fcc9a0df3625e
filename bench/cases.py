"""The cases that are measured with: one is made by the engine itself, and copied in bulk with chains of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.raw import Raw, Rows, deadline_row, fact_rows, log_row
from persistence.database import Database
from persistence.log import GENESIS, Entry
from persistence.meta import read_meta
from persistence.sealing import is_private, new_key, sealed, token_of
from persistence.unit import StoredCase, StoredDeadline, unit_of_work
from workflow.change import Actor, Change
from workflow.engine import apply

CASEWORKER = Actor("caseworker")
DECIDED, SENT = "2026-02-20", "2026-02-23"
# The clock when the letters go out, and when the time to appeal is over but nothing else is due.
MORNING, EVENING = "2026-02-24T09:00:00+00:00", "2026-04-23T16:30:00+00:00"
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Example:
    """A case made by the engine, its whole log, and the deadlines that its last entry armed, moved or ended."""

    case: StoredCase
    entries: tuple[Entry, ...]
    changed: tuple[StoredDeadline, ...]

    @property
    def last(self) -> Entry:
        return self.entries[-1]


def opening(reference: str, decided: str = DECIDED) -> Change:
    facts = {"decision": "assessment_refused", "party": "parent", "decided_on": decided}
    return Change("open", reference, CASEWORKER, trigger="open", facts=facts)


def letter(reference: str, sent: str = SENT) -> Change:
    """The change that is measured: it moves the case, records two facts and arms two deadlines."""
    facts = {"letter_method": "email", "letter_sent_on": sent}
    return Change("advance", reference, CASEWORKER, trigger="send_letter", facts=facts)


def example(database: Database, *changes: Change) -> Example:
    """The case that these changes make; nothing of it stays in the database."""
    with unit_of_work(database) as unit:
        meta = read_meta(unit.connection)
        before: StoredCase | None = None
        for change in changes:
            before = unit.case(change.reference)
            apply(unit, change, meta.now(), meta.reckoner)
        case = unit.case(changes[-1].reference)
        if case is None:
            raise LookupError(changes[-1].reference)
        known = before.deadlines if before is not None else {}
        changed = tuple(row for name, row in case.deadlines.items() if known.get(name) != row)
        return Example(case, tuple(unit.entries(case)), changed)


def fill(
    database: Database,
    made: Example,
    count: int,
    *,
    prefix: str,
    first_id: int = 1,
    keyed: bool = False,
    more_follow: bool = False,
) -> None:
    """So many copies of an example, their chains reckoned anew, in bulk; the references run from `prefix`-0.

    With `keyed` each has a key of its own, with which its private texts are sealed, as the engine makes them. With
    `more_follow` the database is not tidied up yet, which takes longer the more is in it.
    """
    raw = Raw(database)
    try:
        for start in range(0, count, CHUNK):
            raw.insert_cases(_copies(made, range(start, min(start + CHUNK, count)), prefix, first_id, keyed))
        if not more_follow:
            raw.finish_bulk()
    finally:
        raw.close()


def _copies(made: Example, numbers: Iterable[int], prefix: str, first_id: int, keyed: bool) -> dict[str, Rows]:
    rows: dict[str, Rows] = {"cases": [], "case_keys": [], "log": [], "facts": [], "deadlines": []}
    for number in numbers:
        key, reference = first_id + number, f"{prefix}-{number}"
        secret = new_key() if keyed else None
        token, head = token_of(secret, reference) if secret else reference, GENESIS
        for plain, entry in zip(made.entries, _chain(made.entries, token, secret), strict=True):
            head = entry.hash
            rows["log"].append(log_row(key, entry))
            rows["facts"] += fact_rows(key, plain)
        rows["cases"].append((key, reference, made.case.state, made.case.version, head, token))
        rows["case_keys"] += [(key, reference, secret)] if secret else []
        rows["deadlines"] += [deadline_row(key, row) for row in made.case.deadlines.values()]
    return rows


def _chain(entries: Iterable[Entry], token: str, key: str | None) -> Iterator[Entry]:
    head = GENESIS
    for entry in entries:
        copy = entry._replace(case=token, previous=head)
        if key is not None and is_private(copy):
            copy = sealed(copy, key)
        head = copy.sealed_hash()
        yield copy._replace(hash=head)
