"""Making a database ready: `redress init`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from persistence.in_force import BEGUN_WITH
from persistence.meta import Meta, check_clock, read_meta, start_simulated, write_policy
from persistence.migrate import hold_the_lock, settings_before, upgrade
from persistence.office import write_act
from persistence.unit import Unit, unit_of_work
from states.errors import WrongWords
from states.policy import Policy, WindowBasis, policy_text
from workflow.session import Session, login_user, parse_instant


def make(session: Session, *, simulated: bool, window_basis: str | None) -> dict[str, Any]:
    """Make or upgrade the database of a session; what was done.

    Raises WrongWords where a mark for new databases is asked of one that stands already, and for an --as-at that it
    cannot take; then nothing was made.
    """
    if window_basis not in (None, *WindowBasis):
        raise WrongWords(f"--window-basis {window_basis!r} is not known: it is received or sent.")
    database = session.database
    to = None if session.as_at is None else parse_instant(session.as_at)
    stands = settings_before(database)
    if stands is None and to is not None and not simulated:
        raise WrongWords("--as-at is taken only on a simulated database: add --simulated, or leave it out.")
    if stands is not None:
        _check_marks(stands, simulated, window_basis)
        if to is not None:
            check_clock(stands, to)
    changed = upgrade(database)
    with unit_of_work(database) as unit:
        hold_the_lock(unit.connection)
        meta = read_meta(unit.connection)
        if not meta.made:
            _mark_new(unit, simulated, window_basis)
        else:  # again: another may have made it meanwhile
            _check_marks(meta, simulated, window_basis)
        unit.commit()
    if session.as_at is not None:
        session.ready()
    # of two who make one database, one may make its tables and the other give it its policy: only the latter made it
    done = "made" if not meta.made else "upgraded" if changed and stands is not None else "up to date"
    return {"database": database.shown, "done": done, "simulated": simulated or meta.simulated}


def _check_marks(meta: Meta, simulated: bool, window_basis: str | None) -> None:
    """Raises WrongWords where a database that stands would have to be another."""
    if simulated and not meta.simulated:
        raise WrongWords("--simulated is for new databases only, and this one keeps real time: name a new one.")
    if window_basis is not None and window_basis != meta.policy.window_basis:
        raise WrongWords("--window-basis is for new databases only: this one's dates are reckoned by the other.")


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
