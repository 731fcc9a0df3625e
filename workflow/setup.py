"""Making a database ready: `redress init`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from persistence.in_force import BEGUN_WITH
from persistence.meta import read_meta, start_simulated, write_policy
from persistence.migrate import hold_the_lock, upgrade
from persistence.office import write_act
from persistence.unit import Unit, unit_of_work
from states.errors import WrongWords
from states.policy import Policy, WindowBasis, policy_text
from workflow.session import Session, login_user


def make(session: Session, *, simulated: bool, window_basis: str | None) -> dict[str, Any]:
    """Make or upgrade the database of a session; what was done.

    Raises WrongWords where a mark for new databases is asked of one that stands already.
    """
    if window_basis not in (None, *WindowBasis):
        raise WrongWords(f"--window-basis {window_basis!r} is not known: it is received or sent.")
    database = session.database
    changed = upgrade(database)
    with unit_of_work(database) as unit:
        hold_the_lock(unit.connection)
        meta = read_meta(unit.connection)
        if not meta.made:
            _mark_new(unit, simulated, window_basis)
        elif simulated and not meta.simulated:
            raise WrongWords("--simulated is for new databases only, and this one keeps real time: name a new one.")
        elif window_basis is not None and window_basis != meta.policy.window_basis:
            raise WrongWords("--window-basis is for new databases only: this one's dates are reckoned by the other.")
        unit.commit()
    if session.as_at is not None:
        session.ready()
    done = "up to date" if not changed else "upgraded" if meta.made else "made"
    return {"database": database.shown, "done": done, "simulated": simulated or meta.simulated}


def _mark_new(unit: Unit, simulated: bool, window_basis: str | None) -> None:
    """Give a new database its policy; with the act that records it, whatever the policy is later, an act says so."""
    policy, now = Policy(), datetime.now(UTC)
    if window_basis is not None:
        policy = replace(policy, window_basis=WindowBasis(window_basis))
    write_policy(unit.connection, policy)
    write_act(
        unit.connection, now, unit.user() or login_user(), "set_policy", BEGUN_WITH, became=policy_text(
            policy.window_basis
        ),
    )  # fmt: skip
    if simulated:
        start_simulated(unit.connection, now)
