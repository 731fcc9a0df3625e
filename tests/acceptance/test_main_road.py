"""Whole cases on the main road: from each decision, through mediation in all its endings, to an appeal."""

import pytest

from tests.acceptance.command import Redress

DECISIONS = (
    "assessment_refused", "plan_refused", "plan_issued", "reassessment_refused", "amendment_refused", "plan_ceased",
)  # fmt: skip

# A letter of Monday 23 February 2026, e-mailed: the window closes on Thursday 23 April.
SENT = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_issued --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
"""
ADVISED = f"""{SENT}
    @ 2026-03-02T09:00:00+00:00
    advance H-1 advise_mediation
"""
REQUESTED = f"""{ADVISED}
    advance H-1 request_mediation --fact la_told_of_mediation_on=2026-03-02
"""


@pytest.mark.parametrize("decision", DECISIONS)
def test_each_decision_comes_to_an_appeal(redress: Redress, decision: str) -> None:
    redress.at("2026-02-20T09:00:00+00:00").live(f"open H-1 --decision {decision} --decided 2026-02-20")
    assert redress.state() == decision
    assert redress.deadlines() == {}
    redress.at("2026-02-23T09:00:00+00:00").live("advance H-1 send_letter --fact letter_method=email")
    assert redress.state() == "letter_sent"
    assert redress.dates() == {"lodge_appeal": "2026-04-23", "contact_adviser": "2026-04-23"}
    redress.at("2026-03-02T09:00:00+00:00").live("advance H-1 advise_mediation")
    assert (redress.state(), redress.statuses()["contact_adviser"]) == ("mediation_advised", "met")
    redress.at("2026-03-10T09:00:00+00:00").live("advance H-1 issue_certificate --on 2026-03-09")
    assert redress.state() == "certificate_issued"
    assert redress.dates(running=True) == {"lodge_appeal": "2026-04-23"}
    redress.at("2026-04-24T09:00:00+01:00").live(
        "advance H-1 lodge_appeal --on 2026-04-23 --fact tribunal_reference=EH000/26/00001"
    )
    assert (redress.state(), redress.statuses()["lodge_appeal"]) == ("appeal_lodged", "met")
    assert redress.sweep() == []
    assert redress.story() == ["open", "send_letter", "advise_mediation", "issue_certificate", "lodge_appeal"]
    assert redress.is_intact()


@pytest.mark.parametrize("decision", DECISIONS)
def test_each_decision_expires_without_an_appeal(redress: Redress, decision: str) -> None:
    redress.at("2026-02-23T09:00:00+00:00").live(f"""
        open H-1 --decision {decision} --decided 2026-02-20
        advance H-1 send_letter --fact letter_method=email
        @ 2026-04-23T17:00:00+01:00
    """)
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert any("Out of time unless the Tribunal extends it" in each for each in redress.case()["advice"])
    assert "no right" not in str(redress.case()).lower()


def test_mediation_declined_waits_for_the_certificate(redress: Redress) -> None:
    redress.live(f"{ADVISED}\nadvance H-1 decline_mediation --on 2026-03-02".replace("plan_issued", "plan_refused"))
    assert redress.state() == "mediation_declined"
    assert redress.dates(running=True) == {"certificate_after_decline": "2026-03-05"}
    assert redress.case()["waiting_for_certificate"] is True
    assert "certificate" in str(redress.why_not("lodge_appeal"))
    redress.refuses("advance H-1 lodge_appeal", "certificate", "issue_certificate")
    redress.at("2026-04-30T09:00:00+01:00")
    assert redress.sweep() == [("H-1", "certificate_after_decline", "miss_duty")]
    assert redress.state() == "mediation_declined"
    redress.live("advance H-1 issue_certificate --on 2026-04-30 --fact certificate_reference=C-881")
    assert redress.statuses()["certificate_after_decline"] == "met"
    assert redress.deadline("certificate_after_decline")["missed"] is True
    assert (redress.case()["waiting_for_certificate"], redress.why_not("lodge_appeal")) == (False, None)
    assert redress.dates(running=True) == {"lodge_appeal": "2026-06-01"}  # 30 May is a Saturday


def test_a_family_that_declined_may_ask_for_mediation_after_all(redress: Redress) -> None:
    redress.live(f"{ADVISED}\nadvance H-1 decline_mediation\nadvance H-1 request_mediation")
    assert redress.state() == "mediation_requested"
    assert "mediation_declined_on" not in redress.case()["facts"]
    assert redress.statuses()["certificate_after_decline"] == "superseded"
    redress.live("advance H-1 decline_mediation")
    assert redress.state() == "mediation_declined"
    assert redress.dates(running=True) == {"certificate_after_decline": "2026-03-05"}


def test_mediation_requested_and_not_arranged(redress: Redress) -> None:
    redress.live(REQUESTED)
    assert redress.state() == "mediation_requested"
    assert redress.dates(running=True) == {
        "arrange_mediation": "2026-04-01",
        "tell_adviser_no_mediation": "2026-04-01",
    }
    redress.at("2026-04-02T09:00:00+01:00")
    assert {deadline for _, deadline, _ in redress.sweep()} == {"arrange_mediation", "tell_adviser_no_mediation"}
    redress.live("advance H-1 mediation_not_arranged --on 2026-04-02")
    assert redress.state() == "mediation_requested"
    statuses = redress.statuses()
    assert (statuses["arrange_mediation"], statuses["tell_adviser_no_mediation"]) == ("missed", "met")
    assert redress.dates()["certificate_after_no_mediation"] == "2026-04-09"  # Easter lies between
    redress.at("2026-04-09T09:00:00+01:00").live("advance H-1 issue_certificate")
    assert redress.state() == "certificate_issued"
    assert redress.statuses()["certificate_after_no_mediation"] == "met"
    assert redress.dates()["lodge_appeal"] == "2026-05-11"  # 9 May is a Saturday
    redress.live("advance H-1 lodge_appeal")
    assert redress.state() == "appeal_lodged"


def test_the_thirty_days_run_from_the_family_telling_the_council(redress: Redress) -> None:
    redress.live(f"{ADVISED}\nadvance H-1 request_mediation --on 2026-03-02")
    assert redress.dates()["arrange_mediation"] == "2026-04-01"
    redress.at("2026-03-04T09:00:00+00:00").live("record H-1 la_told_of_mediation_on=2026-03-04")
    assert redress.dates()["arrange_mediation"] == "2026-04-03"
    assert any("2 Mar 2026" in each and "4 Mar 2026" in each for each in redress.case()["advice"])


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("agreement", "agreement_reached"), ("partial", "mediation_concluded"), ("none", "mediation_concluded")],
)
def test_mediation_concluded_each_way(redress: Redress, outcome: str, state: str) -> None:
    redress.live(f"{REQUESTED}\n@ 2026-03-20T09:00:00+00:00")
    redress.refuses("advance H-1 conclude_mediation", "outcome")
    redress.refuses("advance H-1 conclude_mediation --fact outcome=settled", "agreement, partial, none")
    redress.live(f"advance H-1 conclude_mediation --on 2026-03-19 --fact outcome={outcome}")
    assert redress.state() == state
    assert redress.case()["facts"]["outcome"] == outcome
    statuses = redress.statuses()
    assert (statuses["arrange_mediation"], statuses["tell_adviser_no_mediation"]) == ("met", "superseded")
    assert redress.dates(running=True) == {"certificate_after_mediation": "2026-03-24"}
    redress.live("advance H-1 issue_certificate")
    assert redress.state() == "certificate_issued"
    redress.live("advance H-1 lodge_appeal")
    assert redress.state() == "appeal_lodged"


def test_section_i_alone_needs_no_certificate(redress: Redress) -> None:
    redress.live(SENT)
    assert redress.why_not("lodge_appeal") is None
    redress.refuses("advance H-1 lodge_appeal", "certificate", "sections=I")
    redress.refuses("advance H-1 lodge_appeal --fact sections=B,F,I", "certificate")
    redress.live("advance H-1 lodge_appeal --on 2026-02-24 --fact sections=I")
    assert redress.state() == "appeal_lodged"
    assert redress.case()["facts"]["sections"] == "I"


def test_section_i_alone_is_for_a_plan_that_was_issued(redress: Redress) -> None:
    redress.live(SENT.replace("plan_issued", "plan_refused"))
    redress.refuses("advance H-1 lodge_appeal --fact sections=I", "certificate")
    assert "certificate" in str(redress.why_not("lodge_appeal"))


def test_section_i_alone_is_held_to_the_window_too(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-24T09:00:00+01:00\ndaemon --once")
    redress.refuses("advance H-1 lodge_appeal --fact sections=I", "23 Apr 2026", "late_permission_on")
    redress.live("advance H-1 lodge_appeal --on 2026-04-23 --fact sections=I")
    assert redress.state() == "appeal_lodged"


def test_lodging_before_the_certificate_was_issued_is_refused(redress: Redress) -> None:
    redress.live(f"{ADVISED}\n@ 2026-03-10T09:00:00+00:00\nadvance H-1 issue_certificate --on 2026-03-10")
    redress.refuses("advance H-1 lodge_appeal --on 2026-03-09", "10 Mar 2026", "9 Mar 2026")


def test_a_plan_issued_on_a_tribunals_order_has_no_window(redress: Redress) -> None:
    redress.at("2026-02-24T09:00:00+00:00").live("""
        open H-1 --decision plan_issued --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email --fact issued_on_tribunal_order=true
    """)
    assert redress.deadlines() == {}
    assert any("advice" in sentence and "Tribunal's order" in sentence for sentence in redress.case()["advice"])
    redress.refuses("explain H-1 lodge_appeal", "Tribunal's order")
    redress.refuses("advance H-1 lodge_appeal --fact sections=I", "Tribunal's order", "advice")
    redress.at("2027-02-24T09:00:00+00:00")
    assert redress.sweep() == []
    assert redress.state() == "letter_sent"
    redress.live("advance H-1 close")
    assert redress.state() == "closed"


def test_a_plan_issued_on_a_tribunals_order_waits_for_no_certificate(redress: Redress) -> None:
    """A family that contacts the adviser all the same is promised no month to appeal, and keeps no case open."""
    redress.live("""
        @ 2026-03-02T09:00:00+00:00
        open H-1 --decision plan_issued --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email --fact issued_on_tribunal_order=true
        advance H-1 advise_mediation --on 2026-02-25
    """)
    assert redress.case()["waiting_for_certificate"] is False
    assert redress.why_not("close") is None
    redress.live("advance H-1 close")
    assert redress.state() == "closed"


def test_mediation_two_years_long_does_not_expire_until_its_certificate_has(redress: Redress) -> None:
    redress.live(f"{REQUESTED}\n@ 2028-03-02T09:00:00+00:00")
    assert {trigger for _, _, trigger in redress.sweep()} == {"miss_duty"}
    assert (redress.state(), redress.case()["waiting_for_certificate"]) == ("mediation_requested", True)
    assert redress.sweep() == []
    redress.live("advance H-1 issue_certificate --on 2028-03-02")
    assert redress.dates(running=True) == {"lodge_appeal": "2028-04-03"}  # 2 April 2028 is a Sunday
    redress.at("2028-04-03T16:59:59+01:00")
    assert redress.sweep() == []
    redress.at("2028-04-03T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert redress.state() == "appeal_expired"


def test_a_late_request_for_mediation_stops_no_clock(redress: Redress) -> None:
    redress.live(f"{ADVISED}\nadvance H-1 issue_certificate --on 2026-03-02")
    redress.refuses("advance H-1 request_mediation", "certificate_issued", "mediation_advised")
    assert redress.dates(running=True) == {"lodge_appeal": "2026-04-23"}


@pytest.mark.parametrize("state", ["decided", "sent", "expired"])
def test_a_council_that_gives_way_before_an_appeal_closes_the_case(redress: Redress, state: str) -> None:
    redress.live({
        "decided": "@ 2026-03-02T09:00:00+00:00\nopen H-1 --decision plan_issued --decided 2026-02-20",
        "sent": SENT,
        "expired": f"{SENT}\n@ 2026-04-24T09:00:00+01:00\ndaemon --once",
    }[state])  # fmt: skip
    redress.live("advance H-1 concede")
    assert redress.state() == "closed"
    assert redress.dates(running=True) == {}
    assert redress.sweep() == []


def test_closing_needs_nothing_open_or_a_reason(redress: Redress) -> None:
    redress.live(SENT)
    redress.refuses("advance H-1 close", "may still appeal until Thu 23 Apr 2026", "closing_reason")
    redress.live("advance H-1 close --fact closing_reason=moved_away")
    assert redress.state() == "closed"
    assert set(redress.statuses().values()) == {"superseded"}
    redress.refuses("advance H-1 send_letter", "now possible")


@pytest.mark.parametrize("step", ["", "advance H-1 decline_mediation"])
def test_a_case_that_waits_for_its_certificate_is_not_closed_without_a_reason(redress: Redress, step: str) -> None:
    """The family contacted the adviser in time: its window is still to run, so closing takes a right away."""
    redress.live(f"{ADVISED}\n{step}")
    assert redress.case()["waiting_for_certificate"] is True
    redress.refuses("advance H-1 close", "closing_reason")
    redress.live("advance H-1 close --fact closing_reason=right_withdrawn")
    assert redress.state() == "closed"


def test_what_expired_is_closed_by_a_person_alone(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2027-04-24T09:00:00+01:00\ndaemon --once\ndaemon --once")
    assert redress.state() == "appeal_expired"
    redress.live("advance H-1 close")
    assert redress.state() == "closed"


def test_a_letter_dated_on_one_day_and_sent_on_another_counts_from_the_sending(redress: Redress) -> None:
    redress.at("2026-02-24T09:00:00+00:00").live("""
        open H-1 --decision plan_issued --decided 2026-02-18
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email --fact letter_dated_on=2026-02-19
    """)
    assert redress.dates()["lodge_appeal"] == "2026-04-23"
    assert any("19 Feb 2026" in each and "23 Feb 2026" in each for each in redress.case()["advice"])


def test_what_may_follow_an_expiry_says_both_what_reinstates_and_what_does_not(redress: Redress) -> None:
    """Whether a contact recorded late opens the window again depends on its day, which is still to be given."""
    redress.live(f"{SENT}\n@ 2026-06-01T09:00:00+01:00\ndaemon --once")
    said = " ".join(redress.does("next H-1").out.split())
    assert "contacted the adviser in time; or recorded late: the family contacted the adviser, which opens no" in said
    assert "the window is open again; or recorded late: the certificate was issued, and the window is over" in said
