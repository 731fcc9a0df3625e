"""The window to appeal, which takes a right away when it closes: its end by both readings, and what it waits for."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from states.calendar import TRIBUNAL_CLOSES, Calendar, at
from states.counting import C1, Trail, add_months, note, roll_start_of_proceedings, set_by_direction, words
from states.facts import Facts, Values, day_of, facts_of
from states.policy import WindowBasis
from states.reckoner import Reckoner
from states.rules import LODGE_APPEAL, MONTHS_FROM_CERTIFICATE, RULES

CONTACT_ADVISER = RULES["contact_adviser"]


class Window(NamedTuple):
    """The time to lodge an appeal: the statute's last day, and the day on which the right is held to be gone.

    `fires_at` is 5 pm in London on the day when both readings have passed (HESC r.12(1)).
    """

    due_on: date
    gone_on: date
    fires_at: datetime
    directed: bool = False


def window(facts: Facts, reckoner: Reckoner, trail: Trail = None) -> Window | None:
    """The window to lodge an appeal; None before the letter, and for a plan issued on a Tribunal's order.

    The later of 2 months from the sending of the letter and 1 month from the issue of the certificate, then moved
    as r.12 says. The right is held to be gone only when the reading from receipt has passed too, unless the policy
    is `sent`. Sources: HESC Rules 2008 r.20(1)(c), r.12; CFA 2014 ss.51, 55.
    """
    if trail is None:
        return _remembered_window(tuple(map(facts.get, OF_THE_WINDOW)), reckoner)
    return _window(facts, reckoner, trail)


# All that the window depends on. A change asks for it several times.
OF_THE_WINDOW = (
    "letter_sent_on", "letter_received_on", "letter_method", "certificate_issued_on", "certificate_received_on",
    "certificate_method", "issued_on_tribunal_order", "lodge_appeal_directed_on",
)  # fmt: skip


@lru_cache(maxsize=8192)
def _remembered_window(values: Values, reckoner: Reckoner) -> Window | None:
    return _window(facts_of(OF_THE_WINDOW, values), reckoner, None)


def _window(facts: Facts, reckoner: Reckoner, trail: Trail) -> Window | None:
    if "letter_sent_on" not in facts or facts.get("issued_on_tribunal_order"):
        return None
    directed = facts.get("lodge_appeal_directed_on")
    if isinstance(directed, date):
        day = set_by_direction(directed, trail)
        return Window(day, day, at(day, TRIBUNAL_CLOSES), directed=True)
    sent, issued = day_of(facts, "letter_sent_on"), facts.get("certificate_issued_on")
    certificate = issued if isinstance(issued, date) else None
    due_on = _later_of_two(
        _Papers("letter_sent_on", sent, "certificate_issued_on", certificate), reckoner.calendar, trail
    )
    if reckoner.policy.window_basis is WindowBasis.SENT:
        return Window(due_on, due_on, at(due_on, TRIBUNAL_CLOSES))
    note(trail, "The same, reckoned from receipt (CM v Surrey CC [2014] UKUT 4 (AAC)):", None, "policy window_basis")
    letter = receipt(facts, "letter", reckoner, trail)
    if certificate is not None:  # a receipt counts for a certificate that was issued
        certificate = receipt(facts, "certificate", reckoner, trail)
    papers = _Papers("letter_received_on", letter, "certificate_received_on", certificate)
    by_receipt = _later_of_two(papers, reckoner.calendar, trail)
    gone_on = max(due_on, by_receipt)
    return Window(due_on, gone_on, at(gone_on, TRIBUNAL_CLOSES))


class _Papers(NamedTuple):
    """The two papers from which the window runs: the facts' names and their days; no day without a certificate."""

    letter: str
    letter_on: date
    certificate: str
    certificate_on: date | None


def _later_of_two(papers: _Papers, calendar: Calendar, trail: Trail) -> date:
    """The later of 2 months from the one and 1 month from the other, moved as r.12(2) and (3)(a) say."""
    letter, letter_on, certificate, certificate_on = papers
    months = LODGE_APPEAL.length
    end = add_months(letter_on, months)
    note(trail, f"{months} months from {letter} ({words(letter_on)}): {words(end)}", end, C1)
    if certificate_on is not None:
        by_certificate = add_months(certificate_on, MONTHS_FROM_CERTIFICATE)
        text = f"{MONTHS_FROM_CERTIFICATE} month from {certificate} ({words(certificate_on)}): {words(by_certificate)}"
        note(trail, text, by_certificate, C1)
        end = max(end, by_certificate)
        note(trail, f"The later of the two: {words(end)}", end, "HESC Rules 2008 r.20(1)(c)")
    return roll_start_of_proceedings(end, calendar, trail)


def receipt(facts: Facts, paper: str, reckoner: Reckoner, trail: Trail = None) -> date:
    """The day on which the family received the letter or the certificate: the one recorded, else assumed.

    E-mail, portal and hand: the same day. Post: the second working day after posting, second class the fourth
    (policy). A letter whose method is not recorded is taken as posted, a certificate as e-mailed.
    """
    recorded = facts.get(f"{paper}_received_on")
    if isinstance(recorded, date):
        note(trail, f"The {paper} was received: {words(recorded)}", recorded, "recorded")
        return recorded
    sent = day_of(facts, "letter_sent_on" if paper == "letter" else "certificate_issued_on")
    method = facts.get(f"{paper}_method")
    known = method or ("post" if paper == "letter" else "email")
    policy = reckoner.policy
    days = {"post": policy.post_working_days, "post_second_class": policy.post_second_class_working_days}
    assumed = reckoner.calendar.add_working_days(sent, days.get(str(known), 0))
    how = f"by {known}" if method else f"taken as sent by {known}, since no method is recorded"
    note(trail, f"No receipt of the {paper} is recorded: {how}, assumed {words(assumed)}", assumed, "policy")
    return assumed


def contacted_in_time(facts: Facts) -> bool | None:
    """Whether the family first contacted the adviser within 2 months of the sending (reg 33); None if never.

    None before the letter too: there is no time yet in which to make contact.
    """
    contacted = facts.get("adviser_contacted_on")
    if not isinstance(contacted, date) or "letter_sent_on" not in facts:
        return None
    directed = facts.get("contact_adviser_directed_on")
    if isinstance(directed, date):
        return contacted <= directed
    return contacted <= add_months(day_of(facts, "letter_sent_on"), CONTACT_ADVISER.length)


def is_section_i_alone(facts: Facts) -> bool:
    """An appeal about the school named in a plan and nothing else, which needs no certificate (CFA 2014 s.55(2))."""
    return facts.get("sections") == "I" and facts.get("decision") == "plan_issued"


def waits_for_certificate(facts: Facts) -> bool:
    """Whether no boundary runs, since the family contacted the adviser in time and the certificate is outstanding.

    The certificate, when it comes, brings its own month. A date that the Tribunal set runs all the same; and where the
    plan carries out a Tribunal's order, there is no window to wait for.
    """
    return (
        "certificate_issued_on" not in facts
        and "lodge_appeal_directed_on" not in facts
        and not facts.get("issued_on_tribunal_order")
        and contacted_in_time(facts) is True
    )
