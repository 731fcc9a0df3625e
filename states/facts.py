"""What may be recorded of a case: every fact, its type, and the event that it cannot precede.

Personal data stays out by construction: a fact is a date, one of a few words, yes or no, a list of plan sections, a
reference, an officer's login or a team's name, or the hash of a file; none is free text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import cast

from states.calendar import england
from states.counting import words
from states.decisions import DECISIONS
from states.errors import FactRefused
from states.nearest import did_you_mean
from states.rules import DISMISSED, KINDS, RULES, UNOPPOSED_KINDS, Kind

Value = date | str | bool
Facts = Mapping[str, Value]
# The values of some facts, in the order of their names; None for one that is not recorded.
Values = tuple[Value | None, ...]

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,39}")
# An officer by login, or a team by its short name; a login may bear its domain before a backslash.
OFFICE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._\\-]{0,39}")
SECTIONS = tuple("ABCDEFGHIJK")
METHODS = ("email", "portal", "hand", "post", "post_second_class")
OUTCOMES = ("agreement", "partial", "none")
PARTIES = ("parent", "young_person")
# More words than these are not listed in a sentence.
LISTED = 12
HOLD_REASONS = ("ombudsman_complaint", "court_proceedings", "information_request", "inquiry")
CLOSING_REASONS = ("right_withdrawn", "moved_away", "died", "opened_in_error", "decided_afresh")


class Type(StrEnum):
    """What a fact's value looks like, in the words of a refusal."""

    DATE = "a date (YYYY-MM-DD)"
    CHOICE = "one of"
    YES_NO = "true or false"
    SECTIONS = "the plan's sections, as letters with commas (B,F,I)"
    REFERENCE = "a reference of up to 40 letters, digits and . / _ -, with a digit in it"
    DIGEST = "the SHA-256 of a file, 64 hexadecimal digits"
    OFFICE = "a login or a team's short name, of up to 40 letters, digits and . _ \\ - (no spaces)"


@dataclass(frozen=True, slots=True)
class FactRule:
    """One fact: its meaning, its type, and the events that it follows (the same day will do)."""

    name: str
    words: str
    type: Type = Type.DATE
    follows: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    future: bool = False

    @property
    def expected(self) -> str:
        """What a value must look like, for a refusal or a page of reference."""
        if len(self.values) > LISTED:
            return "the id of a duty, which docs/reference.md lists"
        return f"one of {', '.join(self.values)}" if self.type is Type.CHOICE else self.type.value


def _choice(name: str, meaning: str, values: tuple[str, ...]) -> FactRule:
    return FactRule(name, meaning, Type.CHOICE, values=values)


LETTER = ("letter_sent_on",)
LODGED = ("appeal_lodged_on",)
ORDERED = (*LODGED, "order_made_on")

_WRITTEN_DOWN = (
    _choice("decision", "The decision that the case is about", tuple(DECISIONS)),
    _choice("party", "Whose right of appeal it is", PARTIES),
    FactRule("requested_on", "The request was received, or the council became responsible (CFA s.24)"),
    FactRule("draft_plan_served_on", "The draft plan was served", follows=("requested_on",)),
    FactRule("draft_plan_comments_on", "The family commented on the draft plan", follows=("draft_plan_served_on",)),
    FactRule("review_meeting_on", "The review meeting was held"),
    FactRule("amendment_notice_sent_on", "The amendment notice was sent", follows=("review_meeting_on",)),
    FactRule("decided_on", "The decision was made", follows=("requested_on", "review_meeting_on")),
    FactRule("issued_on_tribunal_order", "The plan was issued to carry out a Tribunal's order", Type.YES_NO),
    FactRule("letter_dated_on", "The date that the decision letter bears"),
    FactRule("letter_sent_on", "The decision letter was sent", follows=("decided_on",)),
    _choice("letter_method", "How the letter was sent; taken as first class post unless recorded", METHODS),
    FactRule("letter_sha256", "The SHA-256 of the letter's file", Type.DIGEST),
    FactRule("letter_received_on", "The family received the letter", follows=LETTER),
    FactRule("adviser_contacted_on", "The family first contacted the mediation adviser", follows=LETTER),
    FactRule(
        "mediation_declined_on", "The adviser was told that mediation is not wanted", follows=("adviser_contacted_on",)
    ),
    FactRule("mediation_requested_on", "The family asked for mediation", follows=("adviser_contacted_on", *LETTER)),
    FactRule("la_told_of_mediation_on", "The family told the council that it wants mediation", follows=LETTER),
    FactRule("health_issues_told_on", "The council was told of health issues for mediation", follows=LETTER),
    FactRule("health_issues_alone", "The mediation is about health care and nothing else", Type.YES_NO),
    FactRule("health_body_informed_on", "The council told the health body", follows=("health_issues_told_on",)),
    FactRule(
        "health_mediation_arranged_on", "The mediation on health issues was held", follows=("health_body_informed_on",)
    ),
    FactRule("mediation_arranged_on", "The mediation was arranged", follows=("mediation_requested_on",)),
    FactRule(
        "mediation_not_arranged_on",
        "The council told the adviser that it cannot arrange mediation in time",
        follows=("mediation_requested_on",),
    ),
    FactRule("mediation_concluded_on", "The mediation ended", follows=("mediation_requested_on",)),
    _choice("outcome", "How the mediation ended", OUTCOMES),
    _choice("agreement_kind", "What was agreed, as the order of the same kind (reg 42(2))", KINDS),
    FactRule("agreed_issues", "The sections that the mediation settled", Type.SECTIONS),
    FactRule("remaining_issues", "The sections that remain for the appeal", Type.SECTIONS),
    FactRule("other_issues_agreed", "Something was agreed that could not be appealed (reg 42(3))", Type.YES_NO),
    FactRule("health_agreement_on", "The health body agreed in a mediation without the council", follows=LETTER),
    FactRule(
        "certificate_issued_on", "The mediation certificate was issued", follows=("adviser_contacted_on", *LETTER)
    ),
    FactRule("certificate_received_on", "The family received the certificate", follows=("certificate_issued_on",)),
    _choice("certificate_method", "How the certificate was sent; taken as email unless recorded", METHODS),
    FactRule("certificate_reference", "The adviser's reference of the certificate", Type.REFERENCE),
    FactRule("sections", "The sections of the plan under appeal", Type.SECTIONS),
    FactRule("appeal_lodged_on", "The Tribunal received the appeal", follows=LETTER),
    FactRule("appeal_received_on", "The council received the appeal from the Tribunal", follows=LODGED),
    FactRule("tribunal_reference", "The Tribunal's reference", Type.REFERENCE),
    FactRule("late_permission_on", "The Tribunal allowed a late appeal (HESC r.5(3)(a))", follows=LETTER),
    FactRule("appeal_responded_on", "The council responded to the appeal", follows=LODGED),
    # With conceded_kind an appeal was not opposed, which it had to be lodged for: see check_follows.
    FactRule("conceded_on", "The council gave way (after lodging: told the Tribunal)", follows=("decided_on",)),
    FactRule("appeal_withdrawn_on", "The family withdrew the appeal", follows=LODGED),
    _choice("kind", "What the Tribunal ordered, or (said with concede) the council gives", (*KINDS, DISMISSED)),
    _choice("conceded_kind", "What the council gives without opposing the appeal (reg 45)", UNOPPOSED_KINDS),
    FactRule("order_made_on", "The Tribunal's order was made", follows=LODGED),
    FactRule("plan_to_be_made", "After an assessment ordered: whether there is to be a plan", Type.YES_NO),
    FactRule("health_recommended_on", "The Tribunal recommended on health care", follows=ORDERED),
    FactRule("social_care_recommended_on", "The Tribunal recommended on social care", follows=ORDERED),
    FactRule("evidence_due_on", "The Tribunal's date for evidence", follows=LODGED, future=True),
    FactRule("evidence_submitted_on", "The council sent the evidence", follows=LODGED),
    FactRule("hearing_on", "The Tribunal's date for the hearing", follows=LODGED, future=True),
    FactRule("disagreement_resolution_started_on", "Disagreement resolution began"),
    FactRule(
        "disagreement_resolution_ended_on",
        "Disagreement resolution ended",
        follows=("disagreement_resolution_started_on",),
    ),
    FactRule("school_leaving_on", "The young person stopped being of compulsory school age at the end of this day"),
    _choice("recommended_to", "Whom the Tribunal's recommendation is for", ("health", "social_care", "both")),
    _choice("duty", "The duty that was done, by its id", tuple(r.id for r in RULES.values() if r.kind is Kind.DUTY)),
    _choice("closing_reason", "Why the case is closed while something is still open", CLOSING_REASONS),
    FactRule(
        "closed_on",
        "The case was closed",
        follows=(
            "requested_on",
            "review_meeting_on",
            "decided_on",
            *LETTER,
            "adviser_contacted_on",
            "certificate_issued_on",
            *LODGED,
            "conceded_on",
            "appeal_withdrawn_on",
            "order_made_on",
        ),
    ),
    FactRule("owner", "The officer who sees to the case; who opened it unless recorded", Type.OFFICE),
    FactRule("team", "The team that sees to the case", Type.OFFICE),
    _choice("held_for", "What the case is kept for, beyond its time", HOLD_REASONS),
)


def _derived() -> Iterator[FactRule]:
    """The facts that every deadline brings with it: a date directed, the day it was met, and its excuse."""
    for rule in RULES.values():
        yield FactRule(
            f"{rule.id}_directed_on", f"{rule.words}: the date that the Tribunal set, or that was agreed", future=True,
            follows=LETTER if rule.kind is Kind.BOUNDARY else rule.clock[-1:],
        )  # fmt: skip
        if rule.kind is Kind.DUTY:
            yield FactRule(f"{rule.id}_met_on", f"{rule.words}: done", follows=rule.clock[-1:])
        if rule.excuses:
            yield _choice(f"{rule.id}_excused", f"{rule.words}: the ground that excuses it", rule.excuses)


FACTS: Mapping[str, FactRule] = {fact.name: fact for fact in (*_WRITTEN_DOWN, *_derived())}

# The references of other bodies point to a person, and so does the letter for whoever has it: they are sealed in the
# log, and erased with the case.
PRIVATE = frozenset(name for name, rule in FACTS.items() if rule.type in (Type.REFERENCE, Type.DIGEST))


def fact_rule(name: str) -> FactRule:
    """The rule of a fact by its name, hyphens taken for underscores. Raises FactRefused for an unknown one."""
    rule = FACTS.get(name) or FACTS.get(name.replace("-", "_"))
    if rule is None:
        hint = did_you_mean(name, FACTS, "docs/reference.md lists the facts")
        raise FactRefused(f"there is no such fact; {hint}", fact=name)
    return rule


def parse(name: str, text: object) -> Value:
    """The value of a fact from its text. Raises FactRefused, saying what was expected."""
    rule = fact_rule(name)
    text = "true" if text is True else "false" if text is False else text
    value = _parse(rule, text) if isinstance(text, str) else None
    if value is None:
        meant = _meant(rule, text) if isinstance(text, str) else None
        raise FactRefused(f"{shown(text)} is not {rule.expected}{f'; {meant}' if meant else ''}", fact=rule.name)
    if isinstance(value, date) and not england().first_year <= value.year <= england().expected_to:
        first, last = england().first_year, england().expected_to
        raise FactRefused(f"{text} is outside the years that can be reckoned, {first} to {last}", fact=rule.name)
    return value


def _meant(rule: FactRule, text: str) -> str | None:
    """What was likely meant by a text that is not of the fact's type; None where that is not plain, or said already."""
    if rule.type is Type.DATE:
        return day_meant(text)
    return did_you_mean(text, rule.values, "") or None if len(rule.values) > LISTED else None


def _parse(rule: FactRule, text: str) -> Value | None:
    """The value, or None where the text is not of the fact's type."""
    match rule.type:
        case Type.DATE:
            return parse_date(text)
        case Type.YES_NO:
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())
        case Type.CHOICE:
            word = text.lower().replace("-", "_")
            return word if word in rule.values else None
        case Type.SECTIONS:
            letters = sorted({letter.strip().upper() for letter in text.split(",")})
            return ",".join(letters) if set(letters) <= set(SECTIONS) else None
        case Type.REFERENCE:
            return text if REFERENCE.fullmatch(text) and any(map(str.isdigit, text)) else None
        case Type.DIGEST:
            return text.lower() if re.fullmatch(r"[0-9A-Fa-f]{64}", text) else None
        case Type.OFFICE:
            return text if OFFICE_NAME.fullmatch(text) else None


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date | None:
    """A date written YYYY-MM-DD and in no other of the ISO forms; None for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[/. -](?P<month>[0-9]{1,2}|[A-Za-z]{3,9})[/. -](?P<year>[0-9]{4})")
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})[/. -]?(?P<month>[0-9]{1,2})[/. -]?(?P<day>[0-9]{1,2})")


def day_meant(text: str) -> str | None:
    """What to do about a text that is no date, where that is plain: 23/02/2026 is the 23rd of February in the UK."""
    found = _DAY_FIRST.fullmatch(text.strip()) or _YEAR_FIRST.fullmatch(text.strip())
    if found is None:
        return None
    month = found["month"][:3].lower()
    number = _MONTHS.index(month) + 1 if month in _MONTHS else month
    iso = f"{found['year']}-{number:0>2}-{found['day']:0>2}"
    return f"write it as {iso}" if parse_date(iso) else "there is no such day"


def shown(text: object) -> str:
    """A rejected value as a message may show it: short, quoted, and without control characters."""
    return repr(text if len(str(text)) <= 40 else f"{str(text)[:40]}…")


def stored_facts(texts: Mapping[str, str]) -> Facts:
    """The facts of a case from their texts as they are stored. Raises FactRefused for a text that is none of ours."""
    return {name: parse(name, text) if name in PRIVATE else _remembered(name, text) for name, text in texts.items()}


# A sweep reads the same days and words again and again; a reference is nobody's to keep.
@lru_cache(maxsize=16384)
def _remembered(name: str, text: str) -> Value:
    return parse(name, text)


def text_of(value: Value) -> str:
    """A value as it is stored and as `parse` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


def day_of(facts: Facts, name: str) -> date:
    """A fact that is known to be a recorded date."""
    return cast(date, facts[name])


def facts_of(names: tuple[str, ...], values: Values) -> Facts:
    """The facts of these names that have a value."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def in_the_future(day: date, today: date) -> str:
    """Why a day that has not come yet is refused."""
    return f"{day} is in the future (today is {words(today)}); give the day on which it happened"


def check_order(facts: Facts, today: date) -> None:
    """Refuse facts that cannot be: a day in the future, or an event before the one that it must follow.

    `today` is the day in London. Raises FactRefused for the first fault.
    """
    for name, value in facts.items():
        if isinstance(value, date) and value > today and not FACTS[name].future:
            raise FactRefused(in_the_future(value, today), fact=name)
    check_follows(facts)


def check_follows(facts: Facts) -> None:
    """Refuse an event that is before the one that it must follow. Raises FactRefused for the first fault."""
    for name, value in facts.items():
        if isinstance(value, date):
            follows = FACTS[name].follows
            if name == "conceded_on" and "conceded_kind" in facts:
                follows = (*follows, *LODGED)
            for earlier in follows:
                before = facts.get(earlier)
                if isinstance(before, date) and value < before:
                    raise FactRefused(
                        f"{value} is before {earlier} ({before}), which it must follow; check both dates, and correct "
                        "the wrong one",
                        fact=name,
                    )
