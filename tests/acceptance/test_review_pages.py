"""What the review pages show: the board by weeks, a case with its reckonings and its story, the log, the dashboard."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from persistence import logbook
from persistence.proof import Fault, Verdict
from tests.acceptance.asking import looking
from tests.acceptance.command import Redress
from workflow.review import board, logpage
from workflow.review.proved import Proved

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'twice' \u2019"
STORY = f"""
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_issued --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    record H-1 letter_received_on=2026-02-24 --note "{HOSTILE.replace('"', chr(92) + '"')}"
    open A/../H-2 --decision assessment_refused --requested 2026-01-19
    open H-3 --decision assessment_refused --requested 2026-01-13 --decided 2026-02-23
    advance H-3 send_letter --fact letter_method=email
    open H-4 --decision assessment_refused --requested 2025-12-29 --decided 2026-02-20
    advance H-4 send_letter --on 2026-02-20 --fact letter_method=email
    advance H-4 advise_mediation --on 2026-02-20
    advance H-4 decline_mediation --on 2026-02-20
    advance H-4 issue_certificate --on 2026-02-20 --fact certificate_reference=MC-7
    @ 2026-03-03T09:00:00+00:00
    advance H-4 lodge_appeal --on 2026-03-02 --fact tribunal_reference=EH1/26/7
    daemon --once
"""
Lived = Callable[[str], Redress]


def test_the_board_has_overdue_on_top_and_then_week_by_week(after: Lived) -> None:
    with looking(after(STORY).url) as browser:
        page = browser.sees("/")
        found = re.findall(r'class="big">([\d,]+)</span> ([^<]*)</a>', page.text)
        assert found[:3] == [("1", "Overdue"), ("0", "This week"), ("0", "Next week")]
        assert "Today is Tue 3 Mar 2026." in page.words
        overdue = page.words.index("Overdue (1)")
        late = page.words.index("Mon 2 Mar 2026 1 day late A/../H-2 Tell the family that there will be no assessment")
        assert overdue < late < page.words.index("This week: Mon 2 Mar 2026 to Sun 8 Mar 2026 (0)")
        assert "missed the council Decision awaited" in page.words
        later = browser.sees("/due?when=2026-04-20")
        assert "Thu 23 Apr 2026 51 days left H-1 Contact the mediation adviser the family Letter sent" in later.words
        assert "H-2" not in later.words
        assert "4 steps, the soonest first" in later.words
        assert "Nothing." in browser.sees("/due?when=2026-04-20&who=adviser").words
        assert page.text.count('class="overdue"') == 2
        assert 'class="overdue"' not in browser.sees("/?owner=nobody").text, "nothing is nothing to be alarmed about"


def test_what_is_due_at_an_hour_of_today_is_overdue_from_that_hour_on(after: Lived) -> None:
    redress = after(STORY)
    redress.at("2026-04-24T16:59:59+01:00").does("daemon --once")
    with looking(redress.url) as browser:
        assert "today H-3 Lodge the appeal" in browser.sees("/due?when=2026-04-20").words
        assert "H-3 Lodge" not in browser.sees("/due?when=overdue").words
    redress.at("2026-04-24T17:00:00+01:00").does("show H-1")
    with looking(redress.url) as browser:
        assert "today H-3 Lodge the appeal" in browser.sees("/due?when=overdue").words
        assert "H-3 Lodge" not in browser.sees("/due?when=2026-04-20").words
    redress.does("daemon --once")
    with looking(redress.url) as browser:
        assert "H-3 Lodge" not in browser.sees("/due?when=overdue").words, "a passed boundary is nobody's work"


def test_every_list_is_turned_page_by_page_and_loses_nothing(after: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "ON_A_PAGE", 3)
    monkeypatch.setattr(logpage, "ON_A_PAGE", 5)
    with looking(after(STORY).url) as browser:
        for path, link, expected in (("/due?when=2026-04-20", "after=", 4), ("/log", "before=", 13)):
            seen: list[str] = []
            while path:
                page = browser.sees(path)
                seen += re.findall(r'<tr>\s*<td class="due">.*?</tr>', page.text, re.DOTALL)
                path = next((each for each in page.links if link in each), "")
            assert len(seen) == len(set(seen)) == expected


def test_a_case_shows_where_it_stands_how_its_dates_were_reckoned_and_its_story(after: Lived) -> None:
    redress = after(STORY)
    with looking(redress.url) as browser:
        page = browser.sees("/case?reference=H-1")
        for said in (
            "H-1 Plan issued (sections B, F, I)",
            "Letter sent: the family has not contacted a mediation adviser yet. The right is the parent's.",
            "Next: Lodge the appeal with the Tribunal by Thu 23 Apr 2026 , before 5 pm 51 days left",
            "2 months from letter_sent_on (Mon 23 Feb 2026): Thu 23 Apr 2026 Interpretation Act 1978 Sch 1",
            "The daemon acts at Fri 24 Apr 2026, 17:00.",
            "The family contacts the mediation adviser advise_mediation",
            "Mon 23 Feb 2026 entry 2 The decision letter is sent, with reasons and rights → Letter sent",
            "The family received the letter Tue 24 Feb 2026",
        ):
            assert said in page.words
        assert "The case went through: Plan issued, then Letter sent." in page.text
        steps = redress.does("explain H-1 lodge_appeal --json").document["steps"]
        assert all(step["text"] in page.words for step in steps)
        assert "Tell the family that there will be no assessment" in browser.sees("/case?reference=A/../H-2").words
        assert "MC-7" in browser.sees("/case?reference=H-4").words


def test_what_was_written_by_others_is_words_and_nothing_else(after: Lived) -> None:
    with looking(after(STORY).url) as browser:
        for path in ("/case?reference=H-1", "/log"):
            page = browser.sees(path)
            assert HOSTILE in page.words
            assert "<script" not in page.text
        for path in ("/log?actor=%3Cscript%3E", "/case?reference=%3Cscript%3E", "/log?trigger=%22%3E%3Cscript%3E"):
            assert "<script" not in browser.ask(path).text


def test_the_log_is_filtered_newest_first_with_its_proof(after: Lived) -> None:
    redress = after(STORY)
    intact = Proved(datetime(2026, 3, 3, 9, tzinfo=UTC), Verdict(13, 4, None))
    with looking(redress.url, intact) as browser:
        page = browser.sees("/log")
        assert "The log is intact: 13 entries of 4 cases, proved Tue 3 Mar 2026, 09:00." in page.words
        newest = redress.log(None)[-1]
        assert page.text.index(newest["hash"][:12]) == min(
            page.text.index(entry["hash"][:12]) for entry in redress.log(None)
        )
        entries = {
            "/log?reference=H-4": 6, "/log?trigger=open": 4, "/log?since=2026-03-03": 2, "/log?until=2026-03-02": 11,
            "/log?actor=redress+daemon": 1, "/log?actor=nobody": 0, "/log?reference=H-1&trigger=record": 1,
        }  # fmt: skip
        for path, expected in entries.items():
            assert browser.sees(path).text.count('<td class="due">') == expected, path


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("H-1", 2, "the entry is not as it was"), "H-1 entry 2: the entry is not as it was"),
        (Fault("H-1", None, "it has the log of another"), "H-1: it has the log of another"),
        (Fault(None, None, "the checkpoint 3 is gone"), "the checkpoint 3 is gone"),
    ],
)
def test_what_is_not_intact_is_named_of_a_case_or_of_none(after: Lived, fault: Fault, said: str) -> None:
    broken = Proved(datetime(2026, 3, 3, 9, tzinfo=UTC), Verdict(1, 1, fault))
    with looking(after(STORY).url, broken) as browser:
        for path in ("/log", "/"):
            assert f"The log is not intact: {said} (found" in browser.sees(path).words


def test_a_rare_entry_is_looked_for_so_far_and_then_further(after: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "LOOKED_THROUGH", 4)
    with looking(after(STORY).url) as browser:
        pages, path, found = 0, "/log?trigger=record", 0
        while path:
            page = browser.sees(path)
            pages, found = pages + 1, found + page.text.count('<td class="due">')
            path = next((each for each in page.links if "before=" in each), "")
            assert bool(path) == ("Looked back to" in page.words)
        assert (found, pages) == (1, 4)


def test_the_dashboard_counts_what_is_there(after: Lived) -> None:
    with looking(after(STORY).url) as browser:
        page = browser.sees("/dashboard")
        assert "4 cases, as they stand on Tue 3 Mar 2026." in page.words
        assert "Letter sent 2" in page.words
        assert "Windows that close in the 12 weeks from Mon 2 Mar 2026: 2." in page.words
        assert "Mon 20 Apr 2026 2" in page.words
        assert "1 met in time, 1 met late, 1 missed, not met, 0 excused" in page.words
        assert re.search(r"Feb 2026 1 1 0 0 Mar 2026 0 0 1 0", page.words), page.words
        assert "Appeals lodged with a certificate since Mon 3 Mar 2025: 1; half of them within 10 days" in page.words
        assert "8–14 1" in page.words
        listed = browser.sees("/cases?state=letter_sent")
        assert re.findall(r"reference=(H-\d)", listed.text) == ["H-1", "H-3"]


def test_the_dashboard_counts_no_duty_whose_day_is_not_over(after: Lived) -> None:
    redress = after(STORY)
    redress.does("open H-5 --decision assessment_refused --requested 2026-01-20")
    assert redress.deadlines("H-5")["notify_assessment_refusal"]["due_on"] == "2026-03-03"
    with looking(redress.url) as browser:
        page = browser.sees("/dashboard")
        assert re.search(r"Feb 2026 1 1 0 0 Mar 2026 0 0 1 0", page.words), page.words


def test_the_dashboard_is_of_now_whatever_it_keeps(after: Lived) -> None:
    redress = after(STORY)
    with looking(redress.url) as browser:
        assert "Letter sent 2" in browser.sees("/dashboard").words
        redress.does("advance H-1 advise_mediation")
        page = browser.sees("/dashboard")
        assert "Letter sent 1 Mediation advised 1" in page.words
        redress.at("2027-03-03T09:00:00+00:00").does("show H-1")
        assert "Appeals lodged with a certificate since Tue 3 Mar 2026: 0." in browser.sees("/dashboard").words


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/case?reference=H-99", 404, "There is no case H-99"),
        ("/case", 400, "Which case?"),
        ("/case?reference=a%20b", 400, "A reference is up to 40 letters"),
        ("/nowhere", 404, "nothing at this address"),
        ("/due?when=2026-03-03", 400, "the Monday of a week"),
        ("/due?when=2026-02-30", 400, "is not a date"),
        ("/due?who=nobody", 400, "who is none of council, family"),
        ("/due?after=2026-03-02~x~y", 400, "no place in the list"),
        ("/log?before=2026~1~1", 400, "no place in the list"),
        ("/log?since=yesterday", 400, "is not a date"),
        ("/log?actor=%00", 400, "cannot be printed"),
        ("/cases?state=letter_sent&after=-1", 400, "no place in the list"),
        ("/cases", 400, "Which state?"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(after: Lived, path: str, status: int, said: str) -> None:
    with looking(after("").url) as browser:
        page = browser.ask(path)
        assert (page.status, said in page.words) == (status, True), page.words


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_state_that_this_version_does_not_know_stops_one_case_only(after: Lived) -> None:
    redress = after(STORY)
    redress.behind_its_back("UPDATE cases SET state = 'tomorrows' WHERE reference = 'H-1'")
    with looking(redress.url) as browser:
        assert browser.ask("/case?reference=H-1").status == 409
        assert "Tomorrows" in browser.sees("/due?when=2026-04-20").words
        assert "Tomorrows 1" in browser.sees("/dashboard").words
        redress.path.unlink()
        away = browser.ask("/")
        assert (away.status, "The database is away" in away.words) == (503, True)


@pytest.mark.parametrize(
    "path",
    ["/", "/due?when=overdue", "/case?reference=H-1", "/cases?state=letter_sent", "/log", "/dashboard", "/report"],
)
def test_every_page_bears_the_proof_once_there_is_one(after: Lived, path: str) -> None:
    with looking(after(STORY).url, Proved(datetime(2026, 3, 3, 9, tzinfo=UTC), Verdict(13, 4, None))) as browser:
        assert "The log is intact: 13 entries of 4 cases" in browser.sees(path).words
