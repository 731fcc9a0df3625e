"""What is kept of one case beside its row, its facts, its log and its deadlines, in plain."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from persistence.instants import instant_text
from persistence.proposals import read_proposal
from persistence.refusals import refused_attempts
from persistence.sealing import ERASED_NOTE
from persistence.unit import CASES, SET_ASIDE, StoredCase, Unit

_REFUSED = ("at", "actor", "role", "kind", "trigger", "state", "guard", "why")


def refusals_on(unit: Unit, case: StoredCase) -> list[dict[str, Any]]:
    """The attempts on a case that were refused, oldest first; `at` is an instant as text."""
    return [
        {name: getattr(refusal, name) for name in _REFUSED}
        | {"at": instant_text(refusal.at), "why": ERASED_NOTE if refusal.why is None else refusal.why}
        for refusal in refused_attempts(unit.connection, CASES.c.id == case.id)
    ]


def proposal_on(unit: Unit, case: StoredCase) -> dict[str, Any] | None:
    """The change that waits for a second person; `proposed_at` is an instant as text. Raises CaseErased."""
    found = read_proposal(unit, case)
    return None if found is None else asdict(found) | {"proposed_at": instant_text(found.proposed_at)}


def set_aside_on(unit: Unit, case: StoredCase) -> dict[str, Any] | None:
    """Why a case was set aside, and since when (an instant as text)."""
    columns = (SET_ASIDE.c.deadline, SET_ASIDE.c.why, SET_ASIDE.c.since)
    found = unit.connection.execute(select(*columns).where(SET_ASIDE.c.case_id == case.id)).mappings().one_or_none()
    return None if found is None else {**found, "since": instant_text(found["since"])}
