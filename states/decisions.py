"""The decisions that may be appealed, and the states that a case can be in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who acts. The clock's own triggers are the system's, and nobody else's.

    A manager may do all that a caseworker may. An auditor only reads, and so does a stranger: somebody who has been
    given no role where others have.
    """

    CASEWORKER = "caseworker"
    MANAGER = "manager"
    AUDITOR = "auditor"
    SYSTEM = "system"
    STRANGER = "stranger"

    def may(self, who: "Role") -> bool:
        """Whether what is for `who` may be done in this role."""
        return self is who or (self is Role.MANAGER and who is Role.CASEWORKER)

    @property
    def words(self) -> str:
        """The role as a sentence names somebody who has it: "a caseworker"."""
        return {Role.AUDITOR: "an auditor", Role.SYSTEM: "the daemon", Role.STRANGER: "a stranger"}.get(
            self, f"a {self.value}"
        )

    @property
    def clause(self) -> str:
        """What a sentence says of somebody in this role: "is a caseworker"."""
        return "has no role" if self is Role.STRANGER else f"is {self.words}"


# Those that can be given to somebody.
GIVEN = (Role.CASEWORKER, Role.MANAGER, Role.AUDITOR, Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with a right of appeal: its id, the Act, and what the right depends on."""

    id: str
    words: str
    source: str
    recommendations: bool

    @property
    def clause(self) -> str:
        """The words as they stand inside a sentence."""
        return self.words[0].lower() + self.words[1:]


DECISIONS: Mapping[str, Decision] = {
    decision.id: decision
    for decision in (
        Decision("assessment_refused", "Assessment refused", "CFA 2014 s.51(2)(a)", recommendations=False),
        Decision("plan_refused", "Plan refused after an assessment", "CFA 2014 s.51(2)(b)", recommendations=True),
        Decision("plan_issued", "Plan issued (sections B, F, I)", "CFA 2014 s.51(2)(c)", recommendations=True),
        Decision("reassessment_refused", "Reassessment refused", "CFA 2014 s.51(2)(d)", recommendations=True),
        Decision("amendment_refused", "Amendment refused after a review", "CFA 2014 s.51(2)(e)", recommendations=True),
        Decision("plan_ceased", "Plan ceased", "CFA 2014 s.51(2)(f)", recommendations=True),
    )
}


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case: its id, what it means in plain words, and whether a case ends in it."""

    id: str
    words: str
    final: bool = False


UNOPENED = "unopened"
EXPIRED = "appeal_expired"

STATES: Mapping[str, State] = {
    state.id: state
    for state in (
        State(UNOPENED, "Not yet opened"),
        State("decision_awaited", "Request received: the council still owes its decision"),
        *(State(decision.id, f"{decision.words}: the letter has not been sent yet") for decision in DECISIONS.values()),
        State("letter_sent", "Letter sent: the family has not contacted a mediation adviser yet"),
        State("mediation_advised", "The family has contacted a mediation adviser"),
        State("mediation_declined", "The family does not want mediation: the certificate is awaited"),
        State("mediation_requested", "The family wants mediation"),
        State("mediation_concluded", "Mediation has ended without full agreement"),
        State("agreement_reached", "Mediation has ended in agreement"),
        State("certificate_issued", "The mediation certificate is issued: the family may appeal"),
        State("appeal_lodged", "The appeal is lodged with the Tribunal"),
        State("appeal_expired", "Out of time unless the Tribunal extends it"),
        State("appeal_conceded", "The council does not oppose the appeal and carries it out"),
        State("order_made", "The Tribunal has made an order, which the council carries out"),
        State("appeal_dismissed", "The Tribunal has dismissed the appeal"),
        State("appeal_withdrawn", "The appeal is withdrawn, and the council still owes what was agreed in mediation"),
        State("closed", "Closed", final=True),
    )
}

FINAL = tuple(state.id for state in STATES.values() if state.final)

# In these the dispute is over, and the last duty that is done closes the case.
CLOSED_BY_THE_LAST_DUTY = ("order_made", "appeal_conceded", "appeal_withdrawn")

# Before these are left, time may take the right of appeal away; in every other state it cannot.
WINDOW_STATES = (
    "letter_sent",
    "mediation_advised",
    "mediation_declined",
    "mediation_requested",
    "mediation_concluded",
    "agreement_reached",
    "certificate_issued",
)
