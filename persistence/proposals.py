"""Changes that wait for a second person: one at a time for a case, what was asked sealed with the case's key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, delete, exists, func, insert, literal_column, select

from persistence.instants import instant_as_text
from persistence.office import OFFICE
from persistence.sealing import SEALED, seal, unseal
from persistence.strict import as_stored
from persistence.tables import ProposalRow, table
from persistence.unit import CASES, KEYS, StoredCase, Unit
from states.errors import CaseErased, RecordNotIntact

PROPOSALS = table(ProposalRow)
_READ = select(PROPOSALS.c.version, PROPOSALS.c.proposed_at, PROPOSALS.c.actor, PROPOSALS.c.change).where(
    PROPOSALS.c.case_id == bindparam("of_case")
)
_REMOVE = delete(PROPOSALS).where(PROPOSALS.c.case_id == bindparam("of_case"))
_WAITING = (
    select(CASES.c.reference, CASES.c.version.label("now_at"), PROPOSALS.c.version, PROPOSALS.c.actor)
    .join(PROPOSALS, PROPOSALS.c.case_id == CASES.c.id)
    .order_by(CASES.c.reference)
)
# Beside each proposal, the last act about one of its case.
_LAST_ACT = select(func.max(OFFICE.c.seq)).where(
    OFFICE.c.subject == CASES.c.token, OFFICE.c.act.in_(("propose", "drop_proposal"))
)
_WITH_ITS_ACT = (
    PROPOSALS.outerjoin(CASES, CASES.c.id == PROPOSALS.c.case_id)
    .outerjoin(KEYS, KEYS.c.case_id == PROPOSALS.c.case_id)
    .outerjoin(OFFICE, OFFICE.c.seq == _LAST_ACT.correlate(CASES).scalar_subquery())
)
_LATER = OFFICE.alias()
_LOST = (
    select(CASES.c.reference)
    .join(OFFICE, OFFICE.c.subject == CASES.c.token)
    .where(
        OFFICE.c.act == "propose",
        ~exists().where(PROPOSALS.c.case_id == CASES.c.id),
        ~exists().where(
            _LATER.c.subject == CASES.c.token,
            _LATER.c.act.in_(("propose", "drop_proposal")),
            _LATER.c.seq > OFFICE.c.seq,
        ),
        cast(CASES.c.version, String) == OFFICE.c.was,
    )
    .order_by(CASES.c.reference)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A change that waits: the case's version when it was proposed, when (aware), by whom, and what, in plain."""

    version: int
    proposed_at: datetime
    actor: str
    change: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case on which a proposal waits, by whom; stale where the case has changed since."""

    reference: str
    actor: str
    stale: bool


def read_proposal(unit: Unit, case: StoredCase) -> StoredProposal | None:
    """What waits on a case; None where nothing does.

    Raises CaseErased where it cannot be read any more, RecordNotIntact where it is not as it was written.
    """
    try:
        found = unit.connection.execute(_READ, {"of_case": case.id}).one_or_none()
        if found is None:
            return None
        version, proposed_at, actor, change = found
        if change.startswith(SEALED):
            key = unit.key(case)
            if key is None:
                raise CaseErased(reference=case.reference)
            change = unseal(key, case.token, version, "proposal", change)
    except (ValueError, TypeError, RecordNotIntact) as other:
        raise not_as_written(case) from other
    return StoredProposal(version, proposed_at, actor, change)


def not_as_written(case: StoredCase) -> RecordNotIntact:
    """What is raised where a proposal is not what somebody has proposed; whoever knows may drop it."""
    return RecordNotIntact(
        f"what waits on {case.reference} for a second person is not as it was written: it can only be dropped "
        f"(redress confirm {case.reference} --drop), and proposed again"
    )


def is_as_proposed(unit: Unit, case: StoredCase) -> bool:
    """Whether what waits on a case is what the office's log has as proposed last: by whom, when, and what."""
    return proposed_otherwise(unit.connection, case.id) is None


def write_proposal(unit: Unit, case: StoredCase, proposal: StoredProposal) -> str:
    """Let a change wait, in the place of any that waited on the case; its hash, for the act. Raises CaseErased."""
    key = unit.key(case)
    if key is None and case.token != case.reference:
        raise CaseErased(reference=case.reference)
    change = seal(key, case.token, proposal.version, "proposal", proposal.change) if key else proposal.change
    remove_proposal(unit, case)
    unit.connection.execute(
        insert(PROPOSALS),
        {
            "case_id": case.id,
            "version": proposal.version,
            "proposed_at": proposal.proposed_at,
            "actor": proposal.actor,
            "change": change,
        },
    )
    return _hash_of(change)


def remove_proposal(unit: Unit, case: StoredCase) -> None:
    """What waited on the case does not any more."""
    unit.connection.execute(_REMOVE, {"of_case": case.id})


def waiting(connection: Connection) -> list[Waiting]:
    """The cases on which a proposal waits, by reference."""
    return [Waiting(row.reference, row.actor, row.now_at != row.version) for row in connection.execute(_WAITING)]


def lost(connection: Connection) -> str | None:
    """The first case whose last proposal is gone, though it was not dropped and nothing was entered since."""
    found: str | None = connection.execute(_LOST).scalar_one_or_none()
    return found


def proposed_otherwise(connection: Connection, case_id: int | None = None) -> str | None:
    """The first case of which something waits that the office's log does not have as proposed last; None where all are.

    Compared are who proposed it, when, at which version of the case, and what. It may be one case that is asked about.
    """
    dialect = connection.dialect.name
    query = select(
        *map(as_stored, (PROPOSALS.c.case_id, CASES.c.reference, CASES.c.token, KEYS.c.key)),
        *map(as_stored, (PROPOSALS.c.version, PROPOSALS.c.actor, PROPOSALS.c.change)),
        *map(as_stored, (OFFICE.c.act, OFFICE.c.was, OFFICE.c.became)), as_stored(OFFICE.c.actor, "acting"),
        literal_column(instant_as_text("proposals.proposed_at", dialect)).label("at"),
        literal_column(instant_as_text("office_log.at", dialect)).label("acted_at"),
    ).select_from(_WITH_ITS_ACT).order_by(PROPOSALS.c.case_id)  # fmt: skip
    if case_id is not None:
        query = query.where(PROPOSALS.c.case_id == case_id)
    for row in connection.execute(query).mappings():
        if not _is_as_recorded(row):
            return f"number {row['case_id']}" if row["reference"] is None else str(row["reference"])
    return None


def _is_as_recorded(row: Mapping[Any, Any]) -> bool:
    by_whom_and_when = (str(row["version"]), row["actor"], row["at"])
    if row["act"] != "propose" or by_whom_and_when != (row["was"], row["acting"], row["acted_at"]):
        return False
    change = row["change"]
    if not isinstance(change, str):
        return False
    _, recorded, its_hash = str(row["became"]).partition(" ")
    return its_hash == _hash_of(change) if recorded else _opens(row, change)


def _opens(row: Mapping[Any, Any], change: str) -> bool:
    """Whether a proposal whose act has no hash, as in earlier versions, is at least sealed with its case's key."""
    if row["key"] is None:
        return True
    try:
        unseal(row["key"], row["token"], row["version"], "proposal", change)
    except RecordNotIntact:
        return False
    return True


def _hash_of(change: str) -> str:
    """The SHA-256 of a change as it is stored."""
    return sha256(change.encode()).hexdigest()
