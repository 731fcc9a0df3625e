"""Erasing what names a person: the key of a case, with it every text that was sealed, and then the bytes on the disk.

The rows go in the caller's transaction, with the entry that says so. A database keeps deleted bytes in its files for
a while; `scrub` rewrites those files afterwards. Until it has been done, a mark in `meta` says that it is due: what the
case is called that was erased last, so that a scrub tells a mark that it has seen from one made meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from persistence.database import A_PAGE, Database
from persistence.meta import META, write_meta
from persistence.proposals import remove_proposal
from persistence.sealing import SEALED, erased_reference
from persistence.streams import ByCase
from persistence.unit import CASES, FACTS, KEYS, LOG, SET_ASIDE, StoredCase, Unit, unit_of_work

SCRUB_IS_DUE = "scrub_is_due"
_MARK = select(META.c.value).where(META.c.key == SCRUB_IS_DUE)
_FORGET_KEY = delete(KEYS).where(KEYS.c.case_id == bindparam("of_case"))
_RENAME = update(CASES).where(CASES.c.id == bindparam("of_case")).values(reference=bindparam("to_reference"))
_IS_SET_ASIDE = select(SET_ASIDE.c.deadline).where(SET_ASIDE.c.case_id == bindparam("of_case"))
_TEXTS = select(
    func.count(LOG.c.note), func.sum(func.length(LOG.c.facts) - func.length(func.replace(LOG.c.facts, SEALED, "")))
).where(LOG.c.case_id == bindparam("of_case"))
# The tables that name a case. Whoever writes one anew notes there up to where nobody else could still read what was
# deleted; the row of the mark bears the transaction that erased last.
_NAMING = ("case_keys", "cases", "facts", "proposals", "set_aside")
_WAS_READ = text(
    "SELECT COALESCE(bool_or(age(pg_class.relfrozenxid) >= age(meta.xmin)), false) FROM meta, pg_class "
    "WHERE meta.key = :mark AND pg_class.oid = ANY (CAST(:tables AS regclass[]))"
)


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A closed case that has not been erased: the trigger that closed it, the day of that entry, and its facts.

    `sealed` is false where it was opened under schema 0001, whose log names it in plain.
    """

    id: int
    reference: str
    version: int
    sealed: bool
    trigger: str
    happened_on: date
    facts: Mapping[str, str]


def closed_cases(connection: Connection, final: Sequence[str]) -> Iterator[ClosedCase]:
    """The cases in a final state whose texts are still there, in the order in which they were opened."""
    earlier = LOG.alias()
    last_closing = (
        select(func.max(earlier.c.seq))
        .where(earlier.c.case_id == CASES.c.id, earlier.c.dest.in_(final), earlier.c.source.not_in(final))
        .scalar_subquery()
    )
    columns = (CASES.c.id, CASES.c.reference, CASES.c.version, CASES.c.token, KEYS.c.key)
    cases = (
        select(*columns, LOG.c.trigger, LOG.c.happened_on)
        .select_from(CASES)
        .join(LOG, (LOG.c.case_id == CASES.c.id) & (LOG.c.seq == last_closing))
        .outerjoin(KEYS, KEYS.c.case_id == CASES.c.id)
        .where(CASES.c.state.in_(final))
        .order_by(CASES.c.id)
    )
    facts = (
        select(FACTS.c.case_id, FACTS.c.name, FACTS.c.value)
        .select_from(FACTS)
        .join(CASES, CASES.c.id == FACTS.c.case_id)
        .where(CASES.c.state.in_(final))
        .order_by(FACTS.c.case_id)
    )
    known = ByCase(connection.execute(facts, execution_options=A_PAGE))
    for case_id, reference, version, token, key, trigger, day in connection.execute(cases, execution_options=A_PAGE):
        while known.is_before(case_id):
            known.take(known.case_id)
        of_case = {str(name): str(value) for _, name, value in known.take(case_id)}
        if key is not None or token == reference:
            yield ClosedCase(case_id, reference, version, key is not None, trigger, day, of_case)


def count_texts(connection: Connection, case_id: int) -> tuple[int, int]:
    """How many notes, and how many references of others, the log of a case holds."""
    notes, letters = connection.execute(_TEXTS, {"of_case": case_id}).one()
    return int(notes), int(letters or 0) // len(SEALED)


def why_it_must_stay(unit: Unit, case: StoredCase) -> str | None:
    """What in the rows of a case forbids to erase it; None where nothing does."""
    if case.token == case.reference:
        return "it was opened under schema 0001, whose log names it in plain, so it cannot be erased fully"
    if unit.connection.execute(_IS_SET_ASIDE, {"of_case": case.id}).one_or_none() is not None:
        return f"it is set aside; take it up again first with redress retry {case.reference}"
    if any(row.status == "armed" for row in case.deadlines.values()):
        return "a date of it still runs"
    return None


def erase_texts(unit: Unit, case: StoredCase) -> StoredCase:
    """Erase the key and the reference of a case, in the unit's transaction; the case as it is called from then on."""
    connection, of_case = unit.connection, {"of_case": case.id}
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # deleted bytes become zeros at once
    renamed = erased_reference(case.id)
    connection.execute(_FORGET_KEY, of_case)
    remove_proposal(unit, case)
    connection.execute(_RENAME, {**of_case, "to_reference": renamed})
    write_meta(connection, SCRUB_IS_DUE, renamed)
    return case._replace(reference=renamed)


def scrub_is_due(connection: Connection) -> bool:
    """Whether something was erased, and the files have not been rewritten since."""
    return connection.execute(_MARK).scalar_one_or_none() is not None


def scrub(database: Database) -> str | None:
    """Rewrite the files in which erased bytes may remain; why that could not be done (None: it was).

    On SQLite the whole file is rewritten and its write-ahead log emptied; on PostgreSQL the tables that named the case.
    The mark that it is due goes only when it was done, so it can be repeated; one that another erasure makes meanwhile
    stays. Raises DatabaseUnreachable.
    """
    with unit_of_work(database, writing=False) as unit:
        seen = unit.connection.execute(_MARK).scalar_one_or_none()
    left = _scrub_sqlite(database) if database.is_sqlite else _scrub_postgresql(database)
    if left is None:
        with unit_of_work(database) as unit:
            unit.connection.execute(delete(META).where(META.c.key == SCRUB_IS_DUE, META.c.value == seen))
            unit.commit()
    return left


def _scrub_sqlite(database: Database) -> str | None:
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("VACUUM")
        is_busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return "another process was reading the database, so its write-ahead log could not be emptied" if is_busy else None


def _scrub_postgresql(database: Database) -> str | None:
    """VACUUM FULL writes a table anew; a plain VACUUM leaves the bytes of what was deleted in its pages.

    It takes over what a transaction that began before the erasure could still read.
    """
    notices: list[str] = []

    def hear(notice: Any) -> None:
        notices.append(str(notice.message_primary))

    with database.outside_transactions() as connection:
        driver = cast(Any, connection.connection.driver_connection)
        driver.add_notice_handler(hear)
        try:
            connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(_NAMING)}")
        finally:
            driver.remove_notice_handler(hear)  # the connection goes back to the pool
        was_read = connection.execute(_WAS_READ, {"mark": SCRUB_IS_DUE, "tables": list(_NAMING)}).scalar_one()
    if notices:
        return f"the database did not let this user rewrite the tables ({notices[0]}); the owner of the tables may"
    return "a session that began before the erasure could still read what was erased" if was_read else None
