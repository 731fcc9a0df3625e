"""lodge_appeal, the one that takes a right away: both readings of the window, and when no window runs."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta
from given import day, facts, reckoner, the_deadline
from hypothesis import given
from hypothesis import strategies as st

from states.advice import advice, waiting_for_certificate
from states.calendar import LONDON, england
from states.deadlines import Deadline, Status
from states.decisions import WINDOW_STATES, Role
from states.errors import TransitionRefused
from states.facts import METHODS, Facts
from states.machine import move
from states.policy import WindowBasis
from states.situation import Situation
from states.window import contacted_in_time, receipt

SENT, RECEIVED = WindowBasis.SENT, WindowBasis.RECEIVED


def boundary(given_facts: Facts, state: str = "letter_sent", basis: WindowBasis = RECEIVED) -> Deadline:
    found = the_deadline("lodge_appeal", given_facts, state, reckoner(basis))
    assert found is not None
    return found


# law.md, worked examples: letter sent, certificate issued, due_on
EXAMPLES = [
    ("2026-06-20", None, "2026-09-01"),
    ("2026-06-20", "2026-07-10", "2026-09-01"),
    ("2026-06-30", "2026-08-20", "2026-09-21"),
    ("2025-10-01", "2025-11-29", "2026-01-02"),
    ("2026-10-31", None, "2027-01-04"),
    ("2026-12-31", None, "2027-03-01"),
    ("2027-12-31", None, "2028-02-29"),
    ("2027-05-31", None, "2027-08-02"),
    ("2026-02-03", None, "2026-04-07"),
    ("2026-04-30", "2026-06-30", "2026-07-30"),
    ("2026-04-30", "2026-07-01", "2026-09-01"),
    ("2026-01-02", None, "2026-03-02"),
]


@pytest.mark.parametrize(("sent", "certificate", "due_on"), EXAMPLES)
@pytest.mark.parametrize("basis", [SENT, RECEIVED])
def test_worked_examples(sent: str, certificate: str | None, due_on: str, basis: WindowBasis) -> None:
    given_facts = facts(letter_sent_on=sent) | (facts(certificate_issued_on=certificate) if certificate else {})
    found = boundary(given_facts, basis=basis)
    assert found.due_on == day(due_on)
    if basis is SENT:
        assert found.fires_at == datetime.combine(day(due_on), datetime.min.time(), LONDON).replace(hour=17)


@pytest.mark.parametrize(
    ("sent", "fires_at"),
    [
        ("2026-02-23", "2026-04-23T17:00:00+01:00"),  # the contract's example, in summer time
        ("2026-01-30", "2026-03-30T17:00:00+01:00"),  # the clocks went forward the day before
        ("2026-01-26", "2026-03-26T17:00:00+00:00"),
        ("2026-08-23", "2026-10-23T17:00:00+01:00"),
        ("2026-08-25", "2026-10-26T17:00:00+00:00"),  # 25 October is a Sunday; the clocks went back on it
        ("2026-11-16", "2027-01-18T17:00:00+00:00"),
    ],
)
def test_it_fires_at_five_in_london_in_summer_and_winter(sent: str, fires_at: str) -> None:
    assert boundary(facts(letter_sent_on=sent, letter_method="email")).fires_at.isoformat() == fires_at


@pytest.mark.parametrize(
    ("letter", "gone_on"),
    [
        ({"letter_method": "email"}, "2026-05-11"),
        ({"letter_method": "portal"}, "2026-05-11"),
        ({"letter_method": "hand"}, "2026-05-11"),
        ({"letter_method": "post"}, "2026-05-12"),  # assumed Thu 12 March
        ({"letter_method": "post_second_class"}, "2026-05-18"),  # assumed Mon 16 March; 16 May is a Saturday
        ({}, "2026-05-12"),  # taken as posted
        ({"letter_received_on": "2026-03-20"}, "2026-05-20"),
        ({"letter_received_on": "2026-03-20", "letter_method": "email"}, "2026-05-20"),
        ({"letter_received_on": "2026-03-11", "letter_method": "post_second_class"}, "2026-05-11"),
    ],
)
def test_the_letter_s_receipt_moves_the_instant_and_not_the_date(letter: dict[str, str], gone_on: str) -> None:
    given_facts = facts(letter_sent_on="2026-03-10", **letter)
    by_receipt, by_sending = boundary(given_facts), boundary(given_facts, basis=SENT)
    assert by_receipt.due_on == by_sending.due_on == day("2026-05-11")
    assert by_receipt.fires_at.isoformat() == f"{gone_on}T17:00:00+01:00"
    assert by_sending.fires_at.isoformat() == "2026-05-11T17:00:00+01:00"


@pytest.mark.parametrize(
    ("certificate", "gone_on"),
    [
        ({"certificate_method": "email"}, "2026-05-18"),
        ({"certificate_method": "portal"}, "2026-05-18"),
        ({"certificate_method": "hand"}, "2026-05-18"),
        ({"certificate_method": "post"}, "2026-05-21"),  # assumed Tue 21 April
        ({"certificate_method": "post_second_class"}, "2026-05-26"),  # 23 April; a Saturday, then a bank holiday
        ({}, "2026-05-18"),  # taken as e-mailed
        ({"certificate_received_on": "2026-04-24"}, "2026-05-26"),
    ],
)
def test_the_certificate_s_receipt_moves_the_instant_and_not_the_date(
    certificate: dict[str, str], gone_on: str
) -> None:
    given_facts = facts(
        letter_sent_on="2026-03-10", letter_method="email", certificate_issued_on="2026-04-17", **certificate
    )
    found = boundary(given_facts, "certificate_issued")
    assert found.due_on == day("2026-05-18")
    assert found.fires_at.isoformat() == f"{gone_on}T17:00:00+01:00"


def test_a_receipt_of_a_certificate_that_was_not_issued_moves_nothing() -> None:
    """Found by the simulation: somebody records a receipt, and no certificate was issued."""
    letter = {"decision": "plan_refused", "letter_sent_on": "2026-02-23", "letter_method": "email"}
    plain, with_receipt = facts(**letter), facts(**letter, certificate_received_on="2026-05-15")
    assert boundary(with_receipt).fires_at == boundary(plain).fires_at


def test_the_days_of_the_post_are_policy() -> None:
    letter = facts(letter_sent_on="2026-12-23", letter_method="post")
    assert receipt(letter, "letter", reckoner()) == day(
        "2026-12-29"
    )  # 24, then 29: Boxing Day's substitute is the 28th
    assert receipt(letter, "letter", reckoner(post_working_days=3)) == day("2026-12-30")
    slow = facts(letter_sent_on="2026-12-23", letter_method="post_second_class")
    assert receipt(slow, "letter", reckoner(post_second_class_working_days=1)) == day("2026-12-24")


# --- waiting for a certificate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contacted", "waits"),
    [("2026-06-20", True), ("2026-07-01", True), ("2026-08-20", True), ("2026-08-21", False), ("2026-09-01", False)],
)
def test_who_contacted_in_time_waits_and_the_2_months_of_reg_33_are_not_moved(contacted: str, waits: bool) -> None:
    given_facts = facts(letter_sent_on="2026-06-20", letter_method="email", adviser_contacted_on=contacted)
    for state in WINDOW_STATES:
        found = boundary(given_facts, state)
        assert found.status is (Status.SUPERSEDED if waits else Status.ARMED)
        assert found.due_on == day("2026-09-01")
        assert waiting_for_certificate(state, given_facts) is waits


def test_who_never_contacted_the_adviser_has_the_boundary_running() -> None:
    assert boundary(facts(letter_sent_on="2026-06-20")).status is Status.ARMED


def test_the_certificate_ends_the_waiting_and_brings_its_own_month() -> None:
    given_facts = facts(
        letter_sent_on="2026-03-10", adviser_contacted_on="2026-05-10", certificate_issued_on="2026-06-15"
    )
    found = boundary(given_facts, "certificate_issued")
    assert (found.status, found.due_on) == (Status.ARMED, day("2026-07-15"))


def test_a_certificate_counts_even_where_the_contact_was_late() -> None:
    late = facts(letter_sent_on="2026-03-10", adviser_contacted_on="2026-06-01")
    assert any("leave is needed" in line for line in advice("mediation_advised", late, reckoner()))
    with_certificate = late | facts(certificate_issued_on="2026-06-05")
    assert boundary(with_certificate, "certificate_issued").due_on == day("2026-07-06")
    assert not any("leave is needed" in s for s in advice("certificate_issued", with_certificate, reckoner()))


def test_a_directed_date_runs_although_the_certificate_is_awaited() -> None:
    given_facts = facts(
        letter_sent_on="2026-06-20", adviser_contacted_on="2026-07-01", lodge_appeal_directed_on="2026-08-22"
    )
    found = boundary(given_facts)
    assert (found.status, found.due_on, found.directed) == (Status.ARMED, day("2026-08-22"), True)
    assert found.fires_at.isoformat() == "2026-08-22T17:00:00+01:00"  # a Saturday in August: not moved (C7, r.12(4))


@pytest.mark.parametrize(
    ("state", "more", "status"),
    [
        ("appeal_expired", {}, Status.MISSED),
        ("appeal_lodged", {"appeal_lodged_on": "2026-04-01"}, Status.MET),
        ("order_made", {"appeal_lodged_on": "2026-04-01"}, Status.MET),
        ("agreement_reached", {"adviser_contacted_on": "2026-03-12"}, Status.SUPERSEDED),
        ("agreement_reached", {"adviser_contacted_on": "2026-05-11"}, Status.ARMED),
        ("closed", {}, Status.SUPERSEDED),
        ("letter_sent", {}, Status.ARMED),
    ],
)
def test_where_the_boundary_stands(state: str, more: dict[str, str], status: Status) -> None:
    assert boundary(facts(letter_sent_on="2026-03-10", **more), state).status is status


def test_a_plan_issued_on_a_tribunal_s_order_has_no_window() -> None:
    given_facts = facts(letter_sent_on="2026-03-10", decision="plan_issued", issued_on_tribunal_order="true")
    assert the_deadline("lodge_appeal", given_facts) is None
    assert any("no routine right of appeal" in line for line in advice("letter_sent", given_facts, reckoner()))
    assert the_deadline("lodge_appeal", {**given_facts, "issued_on_tribunal_order": False}) is not None


# --- lodging and expiring, on the machine ------------------------------------------------------------------------


def case(state: str, on: str, *, given_facts: dict[str, str] | None = None, **recorded: str) -> Situation:
    by_default = {
        "decision": "plan_issued",
        "party": "parent",
        "letter_sent_on": "2026-03-10",
        "letter_method": "email",
    }
    return Situation(
        reference="T-1",
        state=state,
        recorded=facts(**by_default | recorded),
        now=datetime(2026, 12, 1, 9, 0, tzinfo=LONDON),
        reckoner=reckoner(),
        on=day(on),
        given=facts(**given_facts or {}),
    )


LODGED_IN_TIME, LODGED_LATE = "2026-05-11", "2026-05-12"


def test_section_i_alone_is_lodged_without_a_certificate() -> None:
    found = case("letter_sent", LODGED_IN_TIME, given_facts={"sections": "I"})
    move("lodge_appeal", found)
    assert found.state == "appeal_lodged"
    assert found.facts["appeal_lodged_on"] == day(LODGED_IN_TIME)


@pytest.mark.parametrize(
    ("decision", "given_facts"),
    [
        ("plan_issued", {"sections": "B,F,I"}),
        ("plan_issued", {"sections": "B,I"}),
        ("plan_issued", {"sections": "B"}),
        ("plan_issued", {}),
        ("assessment_refused", {"sections": "I"}),
        ("plan_ceased", {"sections": "I"}),
    ],
)
def test_everything_else_needs_a_certificate(decision: str, given_facts: dict[str, str]) -> None:
    found = case("letter_sent", LODGED_IN_TIME, given_facts=given_facts, decision=decision)
    with pytest.raises(TransitionRefused, match="certificate is needed"):
        move("lodge_appeal", found)
    assert found.state == "letter_sent"


def test_a_certificate_issued_after_the_lodging_is_none() -> None:
    found = case("certificate_issued", "2026-04-01", certificate_issued_on="2026-04-02")
    with pytest.raises(TransitionRefused, match="after the day of lodging"):
        move("lodge_appeal", found)
    the_same_day = case("certificate_issued", "2026-04-02", certificate_issued_on="2026-04-02")
    move("lodge_appeal", the_same_day)
    assert the_same_day.state == "appeal_lodged"


@pytest.mark.parametrize("state", ["certificate_issued", "appeal_expired"])
def test_the_day_of_lodging_decides_and_not_the_day_of_recording(state: str) -> None:
    in_time = case(state, LODGED_IN_TIME, certificate_issued_on="2026-04-01")
    move("lodge_appeal", in_time)
    assert in_time.state == "appeal_lodged"
    late = case(state, LODGED_LATE, certificate_issued_on="2026-04-01")
    with pytest.raises(TransitionRefused, match="late_permission_on"):
        move("lodge_appeal", late)
    allowed = case(
        state, LODGED_LATE, certificate_issued_on="2026-04-01", given_facts={"late_permission_on": "2026-06-01"}
    )
    move("lodge_appeal", allowed)
    assert allowed.state == "appeal_lodged"


def test_a_plan_issued_on_an_order_is_appealed_only_when_the_tribunal_registered_it() -> None:
    recorded = {"issued_on_tribunal_order": "true", "certificate_issued_on": "2026-04-01"}
    refused = case("certificate_issued", LODGED_IN_TIME, **recorded)
    with pytest.raises(TransitionRefused, match="no routine right of appeal"):
        move("lodge_appeal", refused)
    taken = case("certificate_issued", LODGED_IN_TIME, given_facts={"tribunal_reference": "EH900/26/1"}, **recorded)
    move("lodge_appeal", taken)
    assert taken.state == "appeal_lodged"


@pytest.mark.parametrize("state", WINDOW_STATES)
def test_the_right_goes_at_the_instant_and_not_a_second_before(state: str) -> None:
    found = case(state, "2026-05-11")
    found.role = Role.SYSTEM
    five = datetime(2026, 5, 11, 17, 0, tzinfo=LONDON)
    found.now = five - timedelta(seconds=1)
    with pytest.raises(TransitionRefused, match="may appeal until 2026-05-11T17:00:00"):
        move("expire_appeal", found)
    assert found.state == state
    found.now = five
    move("expire_appeal", found)
    assert found.state == "appeal_expired"


def test_the_right_does_not_go_while_the_certificate_is_awaited() -> None:
    found = case("mediation_requested", "2026-05-11", adviser_contacted_on="2026-05-10")
    found.role = Role.SYSTEM
    with pytest.raises(TransitionRefused, match="no window"):
        move("expire_appeal", found)


# --- for every case ----------------------------------------------------------------------------------------------

LETTERS = st.dates(date(2012, 1, 1), date(2057, 12, 31))
DELAYS = st.none() | st.integers(0, 200)
METHOD = st.none() | st.sampled_from(METHODS)
BASIS = st.sampled_from([SENT, RECEIVED])


def a_window(sent: date, certificate: int | None, letter_method: str | None, certificate_method: str | None) -> Facts:
    found: dict[str, date | str] = {"letter_sent_on": sent}
    if certificate is not None:
        found["certificate_issued_on"] = sent + timedelta(days=certificate)
    for name, method in (("letter_method", letter_method), ("certificate_method", certificate_method)):
        if method is not None:
            found[name] = method
    return found


@given(LETTERS, DELAYS, METHOD, METHOD, BASIS)
def test_never_earlier_than_the_raw_end_and_always_a_working_day(
    sent: date, certificate: int | None, letter_method: str | None, certificate_method: str | None, basis: WindowBasis
) -> None:
    found = boundary(a_window(sent, certificate, letter_method, certificate_method), basis=basis)
    ends = [sent + relativedelta(months=2)]
    if certificate is not None:
        ends.append(sent + timedelta(days=certificate) + relativedelta(months=1))
    assert found.due_on >= max(ends)
    assert england().is_working_day(found.due_on)
    assert found.fires_at.date() >= found.due_on
    assert england().is_working_day(found.fires_at.date())
    assert (found.fires_at.hour, found.fires_at.minute) == (17, 0)


@given(LETTERS, DELAYS, st.integers(0, 90), METHOD, BASIS)
def test_a_later_letter_never_moves_it_earlier(
    sent: date, certificate: int | None, later: int, method: str | None, basis: WindowBasis
) -> None:
    at_first = a_window(sent, certificate, method, None)
    then = {**at_first, "letter_sent_on": sent + timedelta(days=later)}
    before, after = boundary(at_first, basis=basis), boundary(then, basis=basis)
    assert before.due_on <= after.due_on
    assert before.fires_at <= after.fires_at


@given(LETTERS, st.lists(st.integers(0, 200), min_size=2, max_size=5), METHOD, BASIS)
def test_a_later_certificate_never_moves_it_earlier(
    sent: date, delays: list[int], method: str | None, basis: WindowBasis
) -> None:
    found = [boundary(a_window(sent, delay, None, method), basis=basis) for delay in (None, *sorted(delays))]
    assert all(a.due_on <= b.due_on and a.fires_at <= b.fires_at for a, b in pairwise(found))


RECEIPTS = st.none() | st.integers(-90, 200)  # a wrong one, from before the sending, must not end the right early


@given(LETTERS, DELAYS, RECEIPTS, RECEIPTS, METHOD)
def test_the_date_does_not_depend_on_the_receipts(
    sent: date, certificate: int | None, letter_came: int | None, certificate_came: int | None, method: str | None
) -> None:
    plain = a_window(sent, certificate, None, None)
    told = dict(a_window(sent, certificate, method, method))
    if letter_came is not None:
        told["letter_received_on"] = sent + timedelta(days=letter_came)
    if certificate is not None and certificate_came is not None:
        told["certificate_received_on"] = sent + timedelta(days=certificate + certificate_came)
    assert boundary(plain).due_on == boundary(told).due_on == boundary(told, basis=SENT).due_on
    assert boundary(told).fires_at >= boundary(told, basis=SENT).fires_at


def test_a_contact_before_the_letter_is_neither_in_time_nor_late() -> None:
    """Nothing to ask about yet; asking what can be done then must not fail."""
    assert contacted_in_time({"adviser_contacted_on": date(2026, 3, 2)}) is None
