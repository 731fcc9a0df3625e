"""What is kept of one case beside its row, its facts, its log and its deadlines, in plain."""

from typing import Any

from sqlalchemy import Connection, select

from persistence.instants import instant_text
from persistence.refusals import refused_attempts
from persistence.sealing import ERASED_NOTE, SEALED, unseal
from persistence.tables import ProposalRow, table
from persistence.unit import CASES, SET_ASIDE, StoredCase, Unit

_PROPOSALS = table(ProposalRow)
_REFUSED = ("at", "actor", "role", "kind", "trigger", "state", "guard", "why")


def refusals_on(unit: Unit, case: StoredCase) -> list[dict[str, Any]]:
    """The attempts on a case that were refused, oldest first; `at` is an instant as text."""
    return [
        {name: getattr(refusal, name) for name in _REFUSED}
        | {"at": instant_text(refusal.at), "why": ERASED_NOTE if refusal.why is None else refusal.why}
        for refusal in refused_attempts(unit.connection, CASES.c.id == case.id)
    ]


def proposal_on(unit: Unit, case: StoredCase) -> dict[str, Any] | None:
    """The change that waits for a second person; `proposed_at` is an instant as text."""
    columns = (_PROPOSALS.c.version, _PROPOSALS.c.proposed_at, _PROPOSALS.c.actor, _PROPOSALS.c.change)
    found = _rows(unit.connection, select(*columns).where(_PROPOSALS.c.case_id == case.id))
    if not found:
        return None
    row = found[0]
    change = _plain(row["change"], unit.key(case), case.token, row["version"], "proposal")
    return {**row, "proposed_at": instant_text(row["proposed_at"]), "change": change}


def set_aside_on(unit: Unit, case: StoredCase) -> dict[str, Any] | None:
    """Why a case was set aside, and since when (an instant as text)."""
    columns = (SET_ASIDE.c.deadline, SET_ASIDE.c.why, SET_ASIDE.c.since)
    found = _rows(unit.connection, select(*columns).where(SET_ASIDE.c.case_id == case.id))
    return {**found[0], "since": instant_text(found[0]["since"])} if found else None


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _plain(text: str, key: str | None, token: str, seq: int, name: str) -> str:
    if not text.startswith(SEALED):
        return text
    return unseal(key, token, seq, name, text) if key is not None else ERASED_NOTE
