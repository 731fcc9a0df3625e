"""Keeping what was refused: who tried what, and which guard said no.

The change that was refused is rolled back first; the attempt is then recorded in a transaction of its own. Whatever
becomes of that, the refusal itself is said.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from persistence.unit import unit_of_work
from states.errors import CannotReckon, FactRefused, NotPermitted, Refused, TransitionRefused
from workflow.change import Actor
from workflow.session import Moment, Session
from workflow.words import inert, warn


@dataclass(slots=True)
class Attempt:
    """An attempt on a case; of one that is on many, `reference` is the case that it has come to."""

    reference: str


@contextmanager
def kept_if_refused(session: Session, kind: str, reference: str, trigger: str) -> Iterator[Attempt]:
    """Record the attempt to make this change where the workflow refuses it and there is such a case.

    It stands round the change's own transaction, which must be over when the attempt is recorded.
    """
    attempt = Attempt(reference)
    try:
        yield attempt
    except Refused as refused:
        try:
            _keep(session, kind, attempt.reference, trigger, refused)
        except NotPermitted:
            pass  # an auditor can write nothing in PostgreSQL, not even this; the database's own log has it
        except Exception as fault:  # noqa: BLE001  (nothing may hide the refusal, which is said after this)
            warn(f"this refused attempt could not be recorded: {fault}")
        raise


def _keep(session: Session, kind: str, reference: str, trigger: str, refused: Refused) -> None:
    from persistence.refusals import Refusal, record_refusal

    with unit_of_work(session.database) as unit:
        case = unit.case(reference)
        if case is None:
            return
        moment = session.moment_in(unit)
        actor = _acting(session, moment)
        refusal = Refusal(
            case=reference,
            at=moment.now,
            actor=actor.name,
            role=actor.role.value,
            kind=kind,
            trigger=trigger,
            state=case.state,
            guard=_guard(refused),
            why=inert(refused.why if isinstance(refused, TransitionRefused) else str(refused)),
        )
        record_refusal(unit, case, refusal)
        unit.commit()


def _acting(session: Session, moment: Moment) -> Actor:
    """Who tried it; where another name was asked for and refused, the one who asked."""
    try:
        return session.acting(moment)
    except NotPermitted:
        return moment.asker


def _guard(refused: Refused) -> str:
    """What said no: the guard by its name, else `state`, `fact` or `role`."""
    if "guard" in refused.about:
        return str(refused.about["guard"])
    if isinstance(refused, NotPermitted):
        return "role"
    return "fact" if isinstance(refused, FactRefused | CannotReckon) else "state"
