"""The decision letter: what the law wants in it, and the sentences that say it, with the dates of a sending day.

A letter that lacks a part, or names a wrong day, may take a right away from a family, or give the Tribunal a reason to
extend it. The sentences are in plain English, one wording for a parent and one for a young person. They name the
statute's day, which is counted from sending, and never the later one on which the right is held to be gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from states.deadlines import reckon
from states.decisions import DECISIONS, Decision
from states.errors import FactRefused, TransitionRefused
from states.facts import Facts
from states.reckoner import Reckoner
from states.rules import LODGE_APPEAL, RULES, Rule
from states.window import CONTACT_ADVISER

ARRANGE = RULES["arrange_mediation"]
AFTER_DECLINE, AFTER_MEDIATION = RULES["certificate_after_decline"], RULES["certificate_after_mediation"]
# Rules whose length a letter says in words.
SPOKEN_OF = (ARRANGE, AFTER_DECLINE, AFTER_MEDIATION)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody whom the letter names: of the office or a service, never of the family. Lines as they are printed."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the law wants in the letter: its name in a template, what it tells of, and the provision.

    `contact` names the contact that it must give.
    """

    id: str
    words: str
    source: str
    contact: str = ""


# What each contact of the settings is, in the words of a letter and of a refusal.
CONTACTS: Mapping[str, str] = {
    "mediation_adviser": "the mediation adviser, who issues the certificate",
    "ehc_team": "the council's officer or team for those who want mediation",
    "disagreement_resolution": "the disagreement resolution service",
    "iass": "the information, advice and support service (IASS)",
    "local_offer": "the Local Offer",
    "tribunal": "the First-tier Tribunal (SEND)",
}

_REGS = "SEND Regs 2014"
PARTS = (
    Part("decision", "what was decided", f"CFA 2014 s.51(2); {_REGS} regs 5, 10, 13"),
    Part("reasons", "the reasons for it", f"{_REGS} regs 5(3), 10"),
    Part(
        "right_to_appeal", "the right to appeal, and until when", "CFA 2014 s.51; HESC Rules 2008 r.20(1)(c)",
        "tribunal",
    ),
    Part("right_to_mediation", "the right to ask for mediation", f"{_REGS} reg 32(a)"),
    Part(
        "certificate", "that a certificate is needed first, and from whom", f"{_REGS} reg 32(b), (c)",
        "mediation_adviser",
    ),
    Part("mediation_times", "the time limits for mediation", f"{_REGS} regs 32(d), 33"),
    Part(
        "telling_the_council", "that the council must be told of the wish to mediate, and whom",
        f"{_REGS} reg 32(e), (f)", "ehc_team",
    ),
    Part(
        "disagreement_resolution", "disagreement resolution", f"CFA 2014 s.57; {_REGS} reg 5(3)",
        "disagreement_resolution",
    ),
    Part("information_and_advice", "information, advice and support", f"CFA 2014 s.32; {_REGS} reg 5(3)", "iass"),
    Part("local_offer", "the Local Offer", "CFA 2014 s.30", "local_offer"),
)  # fmt: skip
RECOMMENDATIONS = Part(
    "recommendations", "the Tribunal's power to recommend on health and social care", "SI 2017/1306 regs 4-6"
)


def parts_of(decision: Decision) -> tuple[Part, ...]:
    """The parts that the letter of a decision must have."""
    return (*PARTS, RECOMMENDATIONS) if decision.recommendations else PARTS


@dataclass(frozen=True, slots=True)
class Dates:
    """The days that a letter names: of its sending, until when to appeal, and until when to contact the adviser."""

    sent_on: date
    appeal_by: date
    contact_adviser_by: date


def long_words(day: date) -> str:
    """A day as a letter writes it: Tuesday 1 September 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def dates_of(reference: str, facts: Facts, sent_on: date, reckoner: Reckoner) -> Dates:
    """The days of a letter that is sent on a day in London, whatever is recorded of a sending.

    Raises TransitionRefused for a case whose letter offers no right of appeal, FactRefused for a day before the
    decision.
    """
    if facts.get("issued_on_tribunal_order"):
        raise TransitionRefused(
            "the plan was issued to carry out a Tribunal's order, so there is no routine right of appeal for a letter "
            "to offer: take advice",
            reference=reference, trigger="letter", state="plan_issued", guard="offers_a_right",
        )  # fmt: skip
    decided = facts.get("decided_on")
    if isinstance(decided, date) and sent_on < decided:
        raise FactRefused(f"{sent_on} is before decided_on ({decided}): give the day on which it is sent", fact="--on")
    # What came after a sending has no place in the letter.
    told = {"decision": facts["decision"], "letter_sent_on": sent_on}
    told |= {name: facts[name] for name in ("lodge_appeal_directed_on",) if name in facts}
    appeal, adviser = (_due(rule, told, reckoner) for rule in (LODGE_APPEAL, CONTACT_ADVISER))
    return Dates(sent_on, appeal, adviser)


def _due(rule: Rule, facts: Facts, reckoner: Reckoner) -> date:
    deadline = reckon(rule, "letter_sent", facts, reckoner)
    if deadline is None:
        raise FactRefused("no date follows from the sending", fact=rule.id)
    return deadline.due_on


def sentences(facts: Facts, dates: Dates, contacts: Mapping[str, Contact], reasons: str) -> dict[str, str]:
    """What each part of a case's letter says. Line breaks are its paragraphs' own.

    Raises FactRefused where a contact that a part must give is not known.
    """
    decision = DECISIONS[str(facts["decision"])]
    parts = parts_of(decision)
    for part in parts:
        if part.contact and part.contact not in contacts:
            raise FactRefused(
                f"the letter would lack {part.words} ({part.source}): [contacts.{part.contact}] is not in the "
                f"settings; give there how to reach {CONTACTS[part.contact]}",
                fact=part.id,
            )
    young = facts.get("party") == "young_person"
    said = _said(decision, dates, contacts, reasons, young=young)
    return {part.id: said[part.id] for part in parts}


def _said(
    decision: Decision, dates: Dates, contacts: Mapping[str, Contact], reasons: str, *, young: bool
) -> dict[str, str]:
    child, needs = ("you", "your") if young else ("your child", "your child's")
    words = {
        **dict.fromkeys(CONTACTS, ""),
        **{name: str(contact) for name, contact in contacts.items()},
        "child": child,
        "needs": needs,
        "reasons": reasons,
        "appeal_by": long_words(dates.appeal_by),
        "adviser_by": long_words(dates.contact_adviser_by),
        "alone": _ALONE if decision.id == "plan_issued" else "",
        **_SPANS,
    }
    templates = {"decision": _DECIDED[decision.id], **_SAID}
    return {part: template.format_map(words) for part, template in templates.items()}


# The lengths of the timetable, a small number of months as a word.
_MONTHS = {1: "one month", 2: "two months", 3: "three months"}
_SPANS = {
    "to_contact": _MONTHS.get(CONTACT_ADVISER.length, CONTACT_ADVISER.span),
    "to_arrange": ARRANGE.span,
    "after_decline": AFTER_DECLINE.span,
    "after_mediation": AFTER_MEDIATION.span,
}

# What each part says; a contact's name in braces stands for how to reach it.
_SAID: Mapping[str, str] = {
    "reasons": "{reasons}",
    "right_to_appeal": (
        "If you do not agree, you can appeal to the First-tier Tribunal (Special Educational Needs and Disability). "
        "The Tribunal must have your appeal before 5 pm on {appeal_by}. If you have a mediation certificate, you have "
        "until one month after the day on which it was issued, if that is later. If an appeal is late, the Tribunal "
        "can still be asked to allow it.\n{tribunal}"
    ),
    "right_to_mediation": (
        "You have the right to ask for mediation. An independent mediator helps you and us to agree. It is free, and "
        "you do not have to take part. Mediation does not take away your right to appeal."
    ),
    "certificate": (
        "Before you can appeal you need a mediation certificate. To get one, contact the mediation adviser by "
        "{adviser_by}, and say that you wish to appeal and whether you want mediation. If you do not want it, the "
        "adviser must send you the certificate within {after_decline}.\n{mediation_adviser}{alone}"
    ),
    "mediation_times": (
        "Contact the mediation adviser by {adviser_by}: that is {to_contact} after this letter was sent. If you want "
        "mediation, we must arrange it, and take part, within {to_arrange} of the day on which you tell us. The "
        "adviser must send you the certificate within {after_mediation} after the mediation ends."
    ),
    "telling_the_council": (
        "If you want mediation you must tell us so, and what it is to be about. If it is about health care that is not "
        "in a plan, tell us which health care you want to be in it.\n{ehc_team}"
    ),
    "disagreement_resolution": (
        "You can also use the disagreement resolution service. It is independent and free. It does not change the time "
        "that you have to appeal.\n{disagreement_resolution}"
    ),
    "information_and_advice": (
        "You can have free and impartial information, advice and support from our information, advice and support "
        "service.\n{iass}"
    ),
    "local_offer": "Our Local Offer says what help there is, with or without a plan.\n{local_offer}",
    "recommendations": (
        "In your appeal you can also ask the Tribunal to recommend what should be done about health care and social "
        "care for {child}. It can do so if your appeal is about education as well."
    ),
}

# What is said of the certificate besides, where a plan was issued.
_ALONE = (
    "\nYou do not need a certificate if your appeal is only about section I of the plan: the school or other place "
    "that it names, the type of it, or that it names none."
)

_DECIDED: Mapping[str, str] = {
    "assessment_refused": "We have decided not to carry out an assessment of {needs} education, health and care needs.",
    "plan_refused": (
        "We have assessed {needs} education, health and care needs, and have decided not to issue an education, health "
        "and care plan."
    ),
    "plan_issued": "We have issued {needs} education, health and care plan, which is with this letter.",
    "reassessment_refused": "We have decided not to assess {needs} education, health and care needs again.",
    "amendment_refused": ("After the review, we have decided not to change {needs} education, health and care plan."),
    "plan_ceased": "We have decided that {needs} education, health and care plan is to end.",
}
