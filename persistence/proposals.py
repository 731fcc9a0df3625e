"""Changes that wait for a second person: one at a time for a case, what was asked sealed with the case's key."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, cast, delete, exists, insert, select

from persistence.office import OFFICE
from persistence.sealing import SEALED, seal, unseal
from persistence.tables import ProposalRow, table
from persistence.unit import CASES, StoredCase, Unit
from states.errors import CaseErased

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
    """What waits on a case; None where nothing does. Raises CaseErased where it cannot be read any more."""
    found = unit.connection.execute(_READ, {"of_case": case.id}).one_or_none()
    if found is None:
        return None
    version, proposed_at, actor, change = found
    if change.startswith(SEALED):
        key = unit.key(case)
        if key is None:
            raise CaseErased(reference=case.reference)
        change = unseal(key, case.token, version, "proposal", change)
    return StoredProposal(version, proposed_at, actor, change)


def write_proposal(unit: Unit, case: StoredCase, proposal: StoredProposal) -> None:
    """Let a change wait, in the place of any that waited on the case. Raises CaseErased."""
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
