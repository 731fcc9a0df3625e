"""Short ways to say what is given: a day, the facts of a case, the policy, and the one deadline that is asked for."""

from datetime import date

from states.calendar import england
from states.deadlines import Deadline, deadlines
from states.facts import Facts, parse
from states.policy import Policy, WindowBasis
from states.reckoner import Reckoner


def day(text: str) -> date:
    return date.fromisoformat(text)


def facts(**texts: str) -> Facts:
    """Facts as the command line takes them, each parsed by its type."""
    return {name: parse(name, text) for name, text in texts.items()}


def reckoner(basis: WindowBasis = WindowBasis.RECEIVED, **policy: int) -> Reckoner:
    return Reckoner(Policy(window_basis=basis, **policy), england())


def the_deadline(id_: str, given: Facts, state: str = "letter_sent", by: Reckoner | None = None) -> Deadline | None:
    """The one deadline of that id which the facts start; None where it does not run."""
    found = [deadline for deadline in deadlines(state, given, by or reckoner()) if deadline.id == id_]
    assert len(found) <= 1, f"{id_} is listed {len(found)} times"
    return found[0] if found else None
