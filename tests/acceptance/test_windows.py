"""The window to appeal as time and late news find it: the last second, expiry, reinstatement, corrections, outages."""

import pytest

from tests.acceptance.command import Redress

# A letter of Monday 23 February 2026, e-mailed: the window closes on Thursday 23 April at 5 pm (BST).
SENT = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
"""
CERTIFIED = f"""{SENT}
    @ 2026-03-10T09:00:00+00:00
    advance H-1 advise_mediation --on 2026-03-02
    advance H-1 issue_certificate --on 2026-03-09
"""
EXPIRED = f"{SENT}\n@ 2026-05-20T09:00:00+01:00\ndaemon --once"
CERTIFIED_AND_EXPIRED = f"{CERTIFIED}\n@ 2026-05-20T09:00:00+01:00\ndaemon --once"


# (sent, the instant before, the instant): in winter, in summer, and right after each change of the clocks.
LAST_SECONDS = (
    ("2026-01-02", "2026-03-02T16:59:59+00:00", "2026-03-02T17:00:00+00:00"),
    ("2026-05-04", "2026-07-06T16:59:59+01:00", "2026-07-06T17:00:00+01:00"),  # 4 July is a Saturday
    ("2026-01-30", "2026-03-30T15:59:59+00:00", "2026-03-30T16:00:00+00:00"),  # BST since the day before
    ("2026-08-26", "2026-10-26T16:59:59+00:00", "2026-10-26T17:00:00+00:00"),  # GMT since the day before
)


@pytest.mark.parametrize(("sent", "before", "instant"), LAST_SECONDS)
def test_the_window_closes_at_five_in_london_and_not_a_second_before(
    redress: Redress, sent: str, before: str, instant: str
) -> None:
    redress.at(f"{sent}T12:00:00+00:00").live(f"""
        open H-1 --decision plan_refused --decided {sent}
        advance H-1 send_letter --fact letter_method=email
    """)
    redress.at(before)
    assert ("H-1", "lodge_appeal", "expire_appeal") not in redress.sweep()
    assert redress.state() == "letter_sent"
    redress.at(instant)
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert redress.sweep() == []
    entry = redress.log()[-1]
    assert (entry["source"], entry["dest"], entry["on"]) == ("letter_sent", "appeal_expired", before[:10])
    assert entry["late_seconds"] == 0


# (sent, the last instant of the duty's day, the midnight that ends it): the clocks change on those very days.
MIDNIGHTS = (
    ("2026-01-29", "2026-03-29T23:59:59+01:00", "2026-03-30T00:00:00+01:00"),
    ("2026-08-25", "2026-10-25T23:59:59+00:00", "2026-10-26T00:00:00+00:00"),
)


@pytest.mark.parametrize(("sent", "before", "midnight"), MIDNIGHTS)
def test_a_duty_is_missed_when_its_day_is_over_in_london(
    redress: Redress, sent: str, before: str, midnight: str
) -> None:
    redress.at(f"{sent}T12:00:00+00:00").live(f"""
        open H-1 --decision plan_refused --decided {sent}
        advance H-1 send_letter --fact letter_method=email
    """)
    redress.at(before)
    assert redress.sweep() == []
    redress.at(midnight)
    assert redress.sweep() == [("H-1", "contact_adviser", "miss_duty")]
    assert (redress.state(), redress.statuses()["contact_adviser"]) == ("letter_sent", "missed")
    assert redress.sweep() == []


def test_after_an_outage_the_expiry_is_entered_at_its_boundary_with_the_lateness(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-25T18:30:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal"), ("H-1", "contact_adviser", "miss_duty")]
    expired, missed = redress.log()[-2:]
    assert (expired["trigger"], expired["on"], expired["late_seconds"]) == (
        "expire_appeal", "2026-04-23", 2 * 86400 + 90 * 60,
    )  # fmt: skip
    assert expired["recorded_at"] == "2026-04-25T17:30:00+00:00"
    assert (missed["trigger"], missed["on"], missed["deadline"]) == ("miss_duty", "2026-04-23", "contact_adviser")
    assert missed["late_seconds"] == 86400 + 18 * 3600 + 30 * 60
    assert redress.is_intact()


def test_what_was_lodged_before_the_daemon_looked_does_not_expire(redress: Redress) -> None:
    redress.live(f"{CERTIFIED}\n@ 2026-05-20T09:00:00+01:00\nadvance H-1 lodge_appeal --on 2026-04-23")
    assert redress.sweep() == []
    assert redress.state() == "appeal_lodged"


def test_a_case_out_of_time_is_listed_with_its_state_though_nothing_of_it_is_to_be_done(redress: Redress) -> None:
    redress.live(EXPIRED)
    (line,) = redress.does("worklist --state appeal_expired --json").document
    assert (line["reference"], line["deadline"]) == ("H-1", None)
    assert redress.does("worklist --json").document == []


# --- both readings of the window --------------------------------------------------------------------------------------


def test_the_right_is_gone_only_when_the_reading_from_receipt_has_passed_too(redress: Redress) -> None:
    redress.live(SENT.replace("email", "post"))  # received on Wednesday 25 February
    window = redress.deadline("lodge_appeal")
    assert (window["due_on"], window["fires_at"]) == ("2026-04-23", "2026-04-27T17:00:00+01:00")  # 25 Apr: Saturday
    redress.at("2026-04-27T16:59:59+01:00")
    assert redress.sweep() == [("H-1", "contact_adviser", "miss_duty")]
    redress.at("2026-04-27T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert redress.log()[-1]["on"] == "2026-04-27"


def test_by_the_policy_sent_the_statutes_day_alone_counts(url: str) -> None:
    redress = Redress(url)
    redress.does("init --simulated --window-basis sent")
    redress.live(SENT.replace("email", "post"))
    assert redress.deadline("lodge_appeal")["fires_at"] == "2026-04-23T17:00:00+01:00"
    redress.at("2026-04-23T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]


def test_a_recorded_receipt_beats_the_assumed_one_and_reinstates(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-24T09:00:00+01:00\ndaemon --once\nrecord H-1 letter_received_on=2026-03-09")
    assert redress.state() == "letter_sent"
    window = redress.deadline("lodge_appeal")
    assert (window["due_on"], window["fires_at"], window["status"]) == (
        "2026-04-23", "2026-05-11T17:00:00+01:00", "armed",
    )  # fmt: skip


@pytest.mark.parametrize(
    "fact", ["letter_received_on=2026-03-09", "lodge_appeal_directed_on=2026-06-12", "issued_on_tribunal_order=true"]
)
@pytest.mark.parametrize("trigger", ["start_disagreement_resolution", "advise_mediation"])
def test_a_fact_that_reinstates_is_recorded_by_itself_and_not_beside_a_trigger(
    redress: Redress, trigger: str, fact: str
) -> None:
    redress.live(f"{SENT}\n@ 2026-04-24T09:00:00+01:00\ndaemon --once")
    name = fact.partition("=")[0]
    redress.refuses(f"advance H-1 {trigger} --fact {fact}", name, f"record REF {fact}")
    redress.live(f"advance H-1 {trigger} --fact letter_dated_on=2026-02-20\nrecord H-1 {fact}")
    assert redress.state() in ("letter_sent", "mediation_advised")


def test_a_date_that_the_tribunal_set_beats_the_reckoned_one(redress: Redress) -> None:
    redress.live(f"{CERTIFIED}\nrecord H-1 lodge_appeal_directed_on=2026-06-13")  # a Saturday: directed, so not moved
    window = redress.deadline("lodge_appeal")
    assert (window["due_on"], window["fires_at"]) == ("2026-06-13", "2026-06-13T17:00:00+01:00")
    redress.at("2026-06-13T16:59:59+01:00")
    assert redress.sweep() == []
    redress.live("advance H-1 lodge_appeal --on 2026-06-13")
    assert redress.state() == "appeal_lodged"


# --- late news --------------------------------------------------------------------------------------------------------


def test_before_the_letter_nobody_is_told_that_there_is_no_right_of_appeal(redress: Redress) -> None:
    redress.at("2026-02-24T09:00:00+00:00").live("open H-1 --decision assessment_refused --decided 2026-02-20")
    said = redress.refuses("explain H-1 lodge_appeal", "its clock starts with letter_sent_on")
    assert "right of appeal" not in said


def test_an_appeal_lodged_in_time_and_told_of_late_is_taken(redress: Redress) -> None:
    redress.live(CERTIFIED_AND_EXPIRED)
    assert redress.state() == "appeal_expired"
    redress.live("advance H-1 lodge_appeal --on 2026-04-23 --fact appeal_received_on=2026-05-20")
    assert (redress.state(), redress.statuses()["lodge_appeal"]) == ("appeal_lodged", "met")
    assert redress.story()[-2:] == ["expire_appeal", "lodge_appeal"]
    assert redress.log()[-1]["on"] == "2026-04-23"
    assert redress.is_intact()


def test_an_appeal_lodged_after_the_window_wants_the_tribunals_leave(redress: Redress) -> None:
    redress.live(CERTIFIED_AND_EXPIRED)
    redress.refuses("advance H-1 lodge_appeal --on 2026-04-24", "23 Apr 2026", "late_permission_on", "r.5(3)(a)")
    redress.live("advance H-1 lodge_appeal --on 2026-04-24 --fact late_permission_on=2026-05-18")
    assert redress.state() == "appeal_lodged"
    assert any("leave" in sentence for sentence in redress.case()["advice"])


def test_the_tribunals_leave_may_be_recorded_before_the_lodging(redress: Redress) -> None:
    redress.live(CERTIFIED_AND_EXPIRED)
    redress.live("record H-1 late_permission_on=2026-05-18")
    assert redress.state() == "appeal_expired"
    redress.live("advance H-1 lodge_appeal --on 2026-05-19")
    assert redress.state() == "appeal_lodged"


def test_between_the_two_readings_an_appeal_is_taken_and_pointed_out(redress: Redress) -> None:
    redress.live(CERTIFIED.replace("email", "post") + "@ 2026-05-20T09:00:00+01:00\ndaemon --once")
    assert redress.state() == "appeal_expired"
    redress.refuses("advance H-1 lodge_appeal --on 2026-04-28", "27 Apr 2026")
    redress.live("advance H-1 lodge_appeal --on 2026-04-27")
    assert redress.state() == "appeal_lodged"
    assert any("23 Apr 2026" in sentence for sentence in redress.case()["advice"])


def test_a_certificate_issued_in_time_and_recorded_late_reopens_the_window(redress: Redress) -> None:
    redress.live(EXPIRED)
    redress.live("advance H-1 issue_certificate --on 2026-04-22")
    assert redress.state() == "certificate_issued"
    window = redress.deadline("lodge_appeal")
    assert (window["due_on"], window["status"]) == ("2026-05-22", "armed")
    redress.live("advance H-1 lodge_appeal --on 2026-05-20")
    assert redress.state() == "appeal_lodged"
    assert redress.story()[2:] == ["expire_appeal", "miss_duty", "issue_certificate", "lodge_appeal"]


def test_a_certificate_recorded_after_its_month_opens_no_window_again(redress: Redress) -> None:
    redress.live(f"{EXPIRED}\nadvance H-1 issue_certificate --on 2026-04-17")
    assert redress.deadline("lodge_appeal")["due_on"] == "2026-05-18"  # 17 May is a Sunday
    assert (redress.state(), redress.story().count("expire_appeal")) == ("appeal_expired", 1)
    redress.live("advance H-1 advise_mediation --on 2026-04-10")  # in time, and the certificate is there already
    assert redress.state() == "appeal_expired"
    assert redress.sweep() == []
    redress.live("advance H-1 lodge_appeal --on 2026-05-18")
    assert redress.state() == "appeal_lodged"


def test_a_contact_in_time_recorded_late_reinstates_and_waits_for_the_certificate(redress: Redress) -> None:
    redress.live(f"{EXPIRED}\nadvance H-1 advise_mediation --on 2026-04-23")
    assert (redress.state(), redress.case()["waiting_for_certificate"]) == ("mediation_advised", True)
    assert (redress.statuses()["contact_adviser"], redress.deadline("contact_adviser")["missed"]) == ("met", False)
    redress.at("2027-05-20T09:00:00+01:00")
    assert redress.sweep() == []
    redress.live("advance H-1 issue_certificate --on 2027-05-20")
    assert redress.dates(running=True) == {"lodge_appeal": "2027-06-21"}  # 20 June is a Sunday


def test_a_contact_in_time_opens_no_window_that_the_tribunal_closed(redress: Redress) -> None:
    redress.live(f"{EXPIRED}\nrecord H-1 lodge_appeal_directed_on=2026-05-01\ndaemon --once")
    redress.live("advance H-1 advise_mediation --on 2026-04-10")
    assert (redress.state(), redress.story().count("expire_appeal")) == ("appeal_expired", 1)


def test_late_papers_of_a_closed_window_are_mended_like_any_others(redress: Redress) -> None:
    redress.live(
        f"{EXPIRED}\nadvance H-1 issue_certificate --on 2026-04-17\nadvance H-1 advise_mediation --on 2026-04-10"
    )
    redress.live("correct H-1 certificate_issued_on=2026-04-22 --reason 'it was the 22nd'")
    assert (redress.state(), redress.deadline("lodge_appeal")["due_on"]) == ("certificate_issued", "2026-05-22")
    assert redress.is_intact()


def test_a_contact_too_late_after_expiry_says_that_leave_is_needed(redress: Redress) -> None:
    redress.live(f"{EXPIRED}\nadvance H-1 advise_mediation --on 2026-04-24")
    assert redress.state() == "appeal_expired"
    assert redress.case()["facts"]["adviser_contacted_on"] == "2026-04-24"
    assert any("leave" in each and "certificate" in each for each in redress.case()["advice"])
    redress.live("advance H-1 issue_certificate --on 2026-05-19")  # it comes all the same, and counts
    assert (redress.state(), redress.dates(running=True)) == ("certificate_issued", {"lodge_appeal": "2026-06-19"})


def test_a_contact_too_late_within_the_window_does_not_stop_it(redress: Redress) -> None:
    redress.live("""
        @ 2026-08-25T09:00:00+01:00
        open H-1 --decision plan_refused --decided 2026-06-19
        advance H-1 send_letter --on 2026-06-20 --fact letter_method=email
        advance H-1 advise_mediation --on 2026-08-21
    """)  # reg 33 ended on 20 August; r.12 moves the window to 1 September
    assert (redress.state(), redress.case()["waiting_for_certificate"]) == ("mediation_advised", False)
    assert any("leave" in sentence for sentence in redress.case()["advice"])
    redress.at("2026-09-01T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert redress.state() == "appeal_expired"


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_that_opens_the_window_reinstates(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-24T09:00:00+01:00\ndaemon --once")
    assert redress.state() == "appeal_expired"
    redress.live("correct H-1 letter_sent_on=2026-03-23 --reason 'posted a month later'")
    assert (redress.state(), redress.deadline("lodge_appeal")["status"]) == ("letter_sent", "armed")
    assert redress.dates(running=True) == {"lodge_appeal": "2026-05-26", "contact_adviser": "2026-05-23"}
    assert redress.story() == ["open", "send_letter", "expire_appeal", "miss_duty", "correct"]
    redress.at("2026-05-26T17:00:00+01:00")
    assert ("H-1", "lodge_appeal", "expire_appeal") in redress.sweep()
    assert redress.is_intact()


def test_a_correction_that_closes_the_window_expires_now(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-22T09:00:00+01:00\ncorrect H-1 letter_sent_on=2026-02-20 --reason misread")
    assert redress.state() == "appeal_expired"
    corrected, expired = redress.log()[-2:]
    assert (corrected["trigger"], corrected["dest"], corrected["on"]) == ("correct", "letter_sent", "2026-04-22")
    assert (expired["trigger"], expired["dest"], expired["on"]) == ("expire_appeal", "appeal_expired", "2026-04-20")
    assert expired["late_seconds"] == 86400 + 16 * 3600
    assert ("H-1", "lodge_appeal", "expire_appeal") not in redress.sweep()


def test_a_correction_that_leaves_the_window_past_leaves_the_case_expired(redress: Redress) -> None:
    redress.live(f"{EXPIRED}\ncorrect H-1 letter_sent_on=2026-02-24 --reason misread")
    assert (redress.state(), redress.deadline("lodge_appeal")["status"]) == ("appeal_expired", "missed")
    assert redress.sweep() == []
    assert redress.story().count("expire_appeal") == 1


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        ("agreement", "partial", "mediation_concluded"),
        ("agreement", "none", "mediation_concluded"),
        ("partial", "agreement", "agreement_reached"),
    ],
)
def test_a_corrected_outcome_takes_the_state_with_it(redress: Redress, first: str, then: str, state: str) -> None:
    redress.live(f"""{SENT}
        @ 2026-03-20T09:00:00+00:00
        advance H-1 advise_mediation --on 2026-03-02
        advance H-1 request_mediation --on 2026-03-02
        advance H-1 conclude_mediation --on 2026-03-19 --fact outcome={first}
        correct H-1 outcome={then} --reason misread
    """)
    assert (redress.state(), redress.case()["facts"]["outcome"]) == (state, then)
    assert redress.is_intact()


def test_a_corrected_contact_that_was_late_in_truth_lets_the_window_run(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-04-23T09:00:00+01:00\nadvance H-1 advise_mediation --on 2026-03-02")
    redress.at("2026-05-20T09:00:00+01:00")
    assert redress.sweep() == []
    redress.live("correct H-1 adviser_contacted_on=2026-05-02 --reason misread")
    assert (redress.state(), redress.log()[-1]["on"]) == ("appeal_expired", "2026-04-23")


def test_the_log_keeps_both_values_of_a_correction(redress: Redress) -> None:
    redress.live(f"{SENT}\ncorrect H-1 letter_sent_on=2026-02-24 --reason 'the post book says so'")
    sent, corrected = redress.log()[-2:]
    assert (sent["facts"]["letter_sent_on"], corrected["facts"]) == ("2026-02-23", {"letter_sent_on": "2026-02-24"})
    assert corrected["note"] == "the post book says so"
    assert redress.case()["facts"]["letter_sent_on"] == "2026-02-24"


def test_a_withdrawn_fact_is_taken_back_and_the_dates_follow(redress: Redress) -> None:
    redress.live(f"{SENT}\nrecord H-1 lodge_appeal_directed_on=2026-06-13")
    redress.live("correct H-1 lodge_appeal_directed_on= --reason 'another case'")
    assert "lodge_appeal_directed_on" not in redress.case()["facts"]
    assert redress.dates()["lodge_appeal"] == "2026-04-23"
    assert redress.log()[-1]["facts"] == {"lodge_appeal_directed_on": None}
