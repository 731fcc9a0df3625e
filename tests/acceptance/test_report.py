"""The report: each figure by the day on which it happened, and the SEN2 return's items by their published names."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.asking import looking
from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --requested 2025-10-20 --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    open H-2 --decision assessment_refused --requested 2025-12-01 --decided 2026-01-20
    advance H-2 send_letter --on 2026-02-02 --fact letter_method=email
    advance H-2 advise_mediation --on 2026-02-10
    advance H-2 request_mediation --on 2026-02-12
    open H-3 --decision plan_issued --requested 2025-10-06 --decided 2026-02-20
    advance H-3 send_letter --on 2026-02-20 --fact letter_method=email
    advance H-3 advise_mediation --on 2026-02-23
    advance H-3 decline_mediation --on 2026-02-24
    open H-4 --decision plan_ceased --decided 2026-02-20
    advance H-4 send_letter --on 2026-02-20 --fact letter_method=email
    advance H-4 advise_mediation --on 2026-02-23
    open H-5 --decision assessment_refused --requested 2026-01-19
    @ 2026-03-01T09:00:00+00:00
    advance H-2 conclude_mediation --on 2026-02-26 --fact outcome=none
    @ 2026-03-20T09:00:00+00:00
    advance H-2 issue_certificate --on 2026-03-19
    advance H-2 lodge_appeal --on 2026-03-20
    advance H-3 issue_certificate --on 2026-02-27
    @ 2026-05-05T09:00:00+01:00
    daemon --once
    advance H-2 make_order --on 2026-05-05 --fact kind=assess
"""


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def figures(redress: Redress, words: str) -> dict[str, Any]:
    found: dict[str, Any] = redress.does(f"report {words} --json").document
    return found


def kept(redress: Redress, words: str) -> dict[str, dict[str, Any]]:
    return {duty["id"]: duty for duty in figures(redress, words)["duties"]}


def test_each_event_is_counted_on_its_day_under_its_decision(redress: Redress) -> None:
    february = figures(redress, "--month 2026-02")
    assert (february["from"], february["to"]) == ("2026-02-01", "2026-02-28")
    assert february["decisions"]["assessment_refused"] == {
        "decided": 0, "letters_sent": 1, "adviser_contacted": 1, "certificates_issued": 0, "appeals_lodged": 0,
        "windows_closed_unused": 0,
    }  # fmt: skip
    assert february["decisions"]["plan_issued"]["certificates_issued"] == 1
    assert figures(redress, "--month 2026-01")["decisions"]["assessment_refused"]["decided"] == 1
    assert figures(redress, "--from 2026-03-20 --to 2026-03-20")["decisions"]["assessment_refused"][
        "appeals_lodged"
    ] == 1  # fmt: skip
    assert figures(redress, "--from 2026-03-21")["appeals"]["lodged"] == 0
    april = figures(redress, "--month 2026-04")["decisions"]
    assert (april["plan_refused"]["windows_closed_unused"], april["plan_ceased"]["windows_closed_unused"]) == (1, 0)


def test_a_period_that_is_not_over_is_said_to_be_so(redress: Redress) -> None:
    """The clock stands at 5 May."""
    still_to_come = "the period is not over: what happens until the end of {} is still to come."
    for words, last in (("--month 2026-05", "Sun 31 May 2026"), ("--from 2026-04-01", "Tue 5 May 2026")):
        for form in ("", " --json", " --csv"):
            assert redress.does(f"report {words}{form}").err == f"redress: {still_to_come.format(last)}\n"
    for words in ("", "--month 2026-04", "--from 2026-04-01 --to 2026-05-04"):
        assert redress.does(f"report {words}").err == ""
    with looking(redress.url) as browser:
        assert (
            still_to_come.format("Sun 31 May 2026")[1:] in browser.sees("/report?from=2026-05-01&to=2026-05-31").words
        )
        assert "not over" not in browser.sees("/report?from=2026-04-01&to=2026-04-30").words


def test_mediation_is_told_of_those_who_first_contacted_the_adviser_then(redress: Redress) -> None:
    assert figures(redress, "--month 2026-02")["mediation"] == {
        "contacted": 3, "wanted": 1, "declined": 1, "undecided": 1, "not_arranged": 0,
        "ended": 1, "ended_agreement": 0, "ended_partial": 0, "ended_none": 1,
    }  # fmt: skip
    assert figures(redress, "--month 2026-03")["mediation"]["contacted"] == 0


def test_an_appeal_s_end_is_counted_once(redress: Redress) -> None:
    assert figures(redress, "--month 2026-03")["appeals"]["lodged"] == 1
    may = figures(redress, "--from 2026-05-01")["appeals"]
    assert may == {
        "lodged": 0, "lodged_late": 0, "conceded_before": 0, "conceded": 0, "withdrawn": 0, "ordered": 1,
        "dismissed": 0,
    }  # fmt: skip
    redress.does("advance H-1 concede --on 2026-05-05")
    redress.does("advance H-3 lodge_appeal --on 2026-05-05 --fact late_permission_on=2026-05-05")
    may = figures(redress, "--from 2026-05-01")["appeals"]
    assert (may["lodged"], may["lodged_late"], may["conceded_before"], may["conceded"]) == (1, 1, 1, 0)
    assert figures(redress, "--month 2026-04")["appeals"]["lodged_late"] == 0
    redress.does("advance H-3 concede --on 2026-05-05 --fact kind=amend_plan")
    assert figures(redress, "--from 2026-05-01")["appeals"]["lodged_late"] == 1
    assert figures(redress, "--from 2026-05-01")["appeals"]["conceded"] == 1


def test_leave_for_an_appeal_that_was_lodged_in_time_makes_it_no_late_one(redress: Redress) -> None:
    redress.does("record H-2 late_permission_on=2026-03-20")
    march = figures(redress, "--month 2026-03")["appeals"]
    assert (march["lodged"], march["lodged_late"]) == (1, 0)
    redress.does("correct H-2 appeal_lodged_on=2026-04-21 --reason 'the stamp'")
    assert figures(redress, "--month 2026-04")["appeals"]["lodged_late"] == 1


def test_duties_are_met_in_time_late_or_missed_with_the_days(redress: Redress) -> None:
    duties = kept(redress, "--from 2026-01-01 --to 2026-04-30")
    late = duties["certificate_after_mediation"]
    assert (late["in_time"], late["late"], late["days_late"], late["days_late_most"]) == (0, 1, 16, 16), (
        "due Tue 3 March, issued Thu 19 March"
    )
    told = duties["notify_assessment_refusal"]
    assert (told["late"], told["missed"]) == (1, 1), "H-2 told on 2 February, due 12 January; H-5 never, due 2 March"
    assert (told["days_late"], told["days_late_most"]) == (21 + 64, 64)
    assert duties["certificate_after_decline"]["in_time"] == 1
    redress.does("record H-5 notify_assessment_refusal_excused=absent_four_weeks")
    assert kept(redress, "--month 2026-03")["notify_assessment_refusal"]["excused"] == 1


def test_what_was_missed_stays_missed_in_the_figures_when_its_case_is_closed(redress: Redress) -> None:
    words, year = "--month 2026-03", "--from 2026-01-01 --to 2026-12-31"
    before, windows = kept(redress, words)["notify_assessment_refusal"], closed_unused(redress, year)
    assert (before["missed"], before["days_late"]) == (1, 64)
    redress.does("advance H-5 close --fact closing_reason=moved_away")
    redress.does("advance H-3 close")
    assert kept(redress, words)["notify_assessment_refusal"] == before
    assert closed_unused(redress, year) == windows
    assert "superseded, was missed" in redress.does("show H-5").out
    redress.at("2026-06-05T09:00:00+01:00").does("show H-5")
    assert kept(redress, words)["notify_assessment_refusal"] == before, "no day is late after the closing"


def test_a_window_that_was_opened_again_did_not_close(redress: Redress) -> None:
    year = "--from 2026-01-01 --to 2026-12-31"
    windows = closed_unused(redress, year)
    redress.does("advance H-1 advise_mediation --on 2026-02-23")
    assert redress.case("H-1")["waiting_for_certificate"]
    assert closed_unused(redress, year) == windows - 1
    redress.does("advance H-1 close --fact closing_reason=moved_away")
    assert closed_unused(redress, year) == windows - 1


def closed_unused(redress: Redress, words: str) -> int:
    return sum(row["windows_closed_unused"] for row in figures(redress, words)["decisions"].values())


def test_a_duty_belongs_to_the_period_of_its_day_and_the_window_is_no_duty(redress: Redress) -> None:
    assert "lodge_appeal" not in kept(redress, "--from 2026-01-01 --to 2026-12-31")
    of_its_day = kept(redress, "--from 2026-03-02 --to 2026-03-02")["notify_assessment_refusal"]
    assert (of_its_day["missed"], of_its_day["days_late"]) == (1, 64)
    for words in ("--from 2026-02-01 --to 2026-03-01", "--from 2026-03-03 --to 2026-04-30"):
        assert "notify_assessment_refusal" not in kept(redress, words)


def test_a_corrected_date_is_counted_where_it_belongs(redress: Redress) -> None:
    redress.does("correct H-2 appeal_lodged_on=2026-04-01 --reason 'the stamp'")
    assert figures(redress, "--month 2026-03")["appeals"]["lodged"] == 0
    assert figures(redress, "--month 2026-04")["appeals"]["lodged"] == 1


def test_the_last_month_is_meant_unless_a_period_is_given(redress: Redress) -> None:
    assert figures(redress, "") == figures(redress, "--month 2026-04")
    assert figures(redress, "--from 2026-04-10")["to"] == "2026-05-05"


def test_csv_says_the_same_as_json_one_figure_a_row(redress: Redress) -> None:
    rows = list(csv.reader(io.StringIO(redress.does("report --month 2026-02 --csv").out)))
    assert rows[0] == ["part", "measure", "of", "number"]
    told = {tuple(row[:3]): int(row[3]) for row in rows[1:]}
    document = figures(redress, "--month 2026-02")
    assert told["decisions", "letters_sent", "plan_issued"] == 1
    assert {name: told["mediation", name, ""] for name in document["mediation"]} == document["mediation"]
    for duty in document["duties"]:
        assert told["duties", "days_late", duty["id"]] == duty["days_late"]


def test_a_page_says_the_same(redress: Redress) -> None:
    out = redress.does("report --month 2026-02").out
    assert "Sun 1 Feb 2026 to Sat 28 Feb 2026" in out
    with looking(redress.url) as browser:
        page = browser.sees("/report?from=2026-02-01&to=2026-02-28")
        assert "Report Sun 1 Feb 2026 to Sat 28 Feb 2026" in page.words
        assert "Families that first contacted the adviser 3 of them, who wanted mediation 1" in page.words
        assert "Plan refused 1 1 0 0 0 0" in page.words
        assert "from=2026-01-01&amp;to=2026-01-31" in page.text
        assert "Wed 1 Apr 2026 to Thu 30 Apr 2026" in browser.sees("/report").words
        assert "Report Mon 2 Feb 2026 Counted" in browser.sees("/report?from=2026-02-02&to=2026-02-02").words
        assert "ends before it begins" in browser.ask("/report?from=2026-02-02&to=2026-02-01").words
        assert "first day" in browser.ask("/report?to=2026-02-01").words


def test_the_return_has_each_case_s_items_by_their_published_names(redress: Redress) -> None:
    rows = {row["reference"]: row for row in redress.does("report --sen2 2026 --json").document}
    assert set(rows) == {"H-1", "H-2", "H-3", "H-4"}, "H-5 is not decided"
    said = {name: {item: value for item, value in row.items() if value} for name, row in rows.items()}
    assert said["H-2"] == {
        "reference": "H-2", "decision": "assessment_refused", "ReceivedDate": "2025-12-01",
        "RequestOutcomeDate": "2026-01-20", "RequestMediation": "1", "RequestTribunal": "1",
    }  # fmt: skip
    assert said["H-1"] == {
        "reference": "H-1", "decision": "plan_refused", "ReceivedDate": "2025-10-20",
        "AssessmentOutcomeDate": "2026-02-20", "AssessmentMediation": "0", "AssessmentTribunal": "0",
    }  # fmt: skip
    assert (said["H-3"]["OtherMediation"], said["H-3"]["OtherTribunal"]) == ("0", "0")
    assert "AssessmentOutcomeDate" not in said["H-4"]
    assert redress.does("report --sen2 2025 --json").document == []
    heading, *lines = redress.does("report --sen2 2026 --csv").out.splitlines()
    assert heading.startswith("reference,decision,ReceivedDate,RequestOutcomeDate,RequestMediation,RequestTribunal")
    assert len(lines) == 4
    assert "RequestMediation=1, RequestTribunal=1" in redress.does("report --sen2 2026").out.replace("\n", " ")


def test_a_return_of_a_year_that_is_not_over_says_so(redress: Redress) -> None:
    assert "2026 is not over: what happens until its end is still to come" in redress.does("report --sen2 2026").err
    assert "is not over" not in redress.at("2027-01-01T00:00:00+00:00").does("report --sen2 2026").err


def test_what_happens_after_the_year_is_the_next_return_s(redress: Redress) -> None:
    redress.at("2027-01-05T09:00:00+00:00").does("daemon --once")
    redress.does("advance H-4 request_mediation --on 2026-12-01")
    redress.does("advance H-4 conclude_mediation --on 2027-01-04 --fact outcome=partial")
    assert _other(redress, 2026) == "0"
    assert _other(redress, 2027) == "1"


def _other(redress: Redress, year: int) -> str:
    rows = redress.does(f"report --sen2 {year} --json").document
    return str({row["reference"]: row for row in rows}["H-4"]["OtherMediation"])


def test_an_erased_case_is_counted_and_not_named(redress: Redress) -> None:
    redress.does("advance H-1 close --on 2026-05-05")
    redress.at("2033-01-05T09:00:00+00:00").does("retain --older-than 2y --apply")
    assert "H-1" not in redress.does("report --sen2 2026 --json").out
    assert figures(redress, "--month 2026-02")["decisions"]["plan_refused"]["letters_sent"] == 1


@pytest.mark.parametrize("reference", ["Erased-7", "erased-7a", "erased-in-error-7"])
def test_a_case_that_is_called_nearly_as_an_erased_one_is_named(redress: Redress, reference: str) -> None:
    redress.does(f"open {reference} --decision plan_refused --decided 2026-02-20")
    rows = redress.does("report --sen2 2026 --json").document
    assert reference in [row["reference"] for row in rows]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--month 2026-13", "is not a month: write it as YYYY-MM"),
        ("--month 2200-01", "from 1900 to 2100"),
        ("--month March", "YYYY-MM"),
        ("--month 2026-02 --from 2026-02-01", "not both"),
        ("--to 2026-02-01", "--to needs --from"),
        ("--from 2026-03-01 --to 2026-02-01", "before it begins"),
        ("--from 2026-06-01", "has not come yet"),
        ("--sen2 2026 --month 2026-02", "leave --month"),
        ("--sen2 1000000", "a calendar year"),
        ("--sen2 2027", "2027 has not begun yet"),
        ("--csv --json", "one of them"),
    ],
)
def test_a_period_that_is_none_is_refused(redress: Redress, words: str, said: str) -> None:
    redress.refuses(f"report {words}", said, code=2)


def test_the_page_says_what_was_recorded_since_it_was_last_looked_at(redress: Redress) -> None:
    with looking(redress.url) as browser:
        assert "Appeals lodged 1" in browser.sees("/report?from=2026-03-01&to=2026-03-31").words
        redress.does("correct H-2 appeal_lodged_on=2026-04-01 --reason 'the stamp'")
        assert "Appeals lodged 0" in browser.sees("/report?from=2026-03-01&to=2026-03-31").words
        assert "Appeals lodged 1" in browser.sees("/report?from=2026-04-01&to=2026-04-30").words
