"""The second person's answer to a proposal: confirmed, it goes through the engine as any change; or it is dropped."""

from persistence.office import write_act
from persistence.proposals import remove_proposal
from persistence.unit import StoredCase
from states.errors import FactRefused
from workflow.change import Actor, Applied, Change
from workflow.engine import apply
from workflow.permission import check_act
from workflow.second_person import Proposal, as_proposed, proposal_of
from workflow.session import Moment
from workflow.views import require_case


def confirm(moment: Moment, reference: str, actor: Actor) -> Applied:
    """Make the change that waits on a case, in the confirming person's name. The caller commits.

    Raises FactRefused where nothing waits, NotPermitted for the one who proposed it, CaseChanged where the case has
    changed since, and whatever the change itself is refused for.
    """
    check_act(actor, "confirm")
    _, proposal = _waiting(moment, reference)
    change = as_proposed(Change("record", reference, actor), proposal)
    return apply(moment.unit, change, moment.now, moment.reckoner)


def drop(moment: Moment, reference: str, actor: Actor) -> Proposal:
    """Let what waits on a case be forgotten; that it was dropped, and by whom, is recorded. The caller commits."""
    check_act(actor, "confirm")
    case, proposal = _waiting(moment, reference)
    remove_proposal(moment.unit, case)
    kind = proposal.trigger or proposal.kind
    write_act(moment.unit.connection, moment.now, actor.name, "drop_proposal", case.token, was=kind)
    return proposal


def _waiting(moment: Moment, reference: str) -> tuple[StoredCase, Proposal]:
    case = require_case(moment.unit, reference)
    proposal = proposal_of(moment.unit, case)
    if proposal is None:
        raise FactRefused("nothing waits for a second person in this case", fact=reference)
    return case, proposal
