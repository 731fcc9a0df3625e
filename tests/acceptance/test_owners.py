"""Who sees to a case: given, handed over, asked for; each step in the log."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.asking import looking
from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20 --owner ann --team North
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    open H-2 --decision assessment_refused --requested 2026-02-02 --actor bob
    open H-3 --decision assessment_refused --requested 2026-02-03 --owner ann --team South
    open H-4 --decision plan_refused --decided 2026-02-20 --owner ann
    advance H-4 close --fact closing_reason=moved_away
"""


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def listed(redress: Redress, words: str) -> list[str]:
    found = redress.does(f"worklist {words} --json").document
    return sorted({line["reference"] for line in found})


def test_the_worklist_is_somebody_s_or_a_team_s(redress: Redress) -> None:
    assert listed(redress, "") == ["H-1", "H-2", "H-3"]
    assert listed(redress, "--owner ann") == ["H-1", "H-3"]
    assert listed(redress, "--owner ann --team North") == ["H-1"]
    assert listed(redress, "--team South") == ["H-3"]
    assert listed(redress, "--mine --actor ann") == ["H-1", "H-3"]
    assert listed(redress, "--mine --actor carl") == []
    line = redress.does("worklist --owner ann --team North --json").document[0]
    assert (line["owner"], line["team"]) == ("ann", "North")
    redress.refuses("worklist --mine --owner ann", "give one of them", code=2)


def test_the_worklist_names_the_officers_where_they_are_not_one(redress: Redress) -> None:
    heading, *lines = redress.does("worklist").out.splitlines()
    assert heading.split()[-1] == "Officer"
    assert [line.split()[-1] for line in lines if "decision_awaited" in line and "H-2" in line] == ["bob"]
    alone = redress.does("worklist --owner ann --team North").out.splitlines()
    assert alone[0].split()[-1] == "State"


def test_a_name_that_no_case_is_with_is_said_to_be_one_with_the_nearest(redress: Redress) -> None:
    for words, sentence in (
        ("worklist --owner Ann", "no case is with an officer called 'Ann'; did you mean ann?"),
        ("worklist --owner anne", "no case is with an officer called 'anne'; did you mean ann?"),
        ("worklist --team Nort", "no case is with a team called 'Nort'; did you mean North?"),
        ("worklist --owner zoe", "no case is with an officer called 'zoe'; check the name."),
    ):
        answer = redress.does(words)
        assert (answer.out, answer.err) == ("", f"redress: {sentence}\n")
    assert redress.does("worklist --owner anne --json").document == []
    assert "did you mean ann?" in redress.does("calendar --owner anne").err
    assert "did you mean ann?" in redress.does("hand-over --from anne --to bob").err
    with looking(redress.url) as browser:
        assert "No case is with an officer called 'anne'; did you mean ann?" in browser.sees("/?owner=anne").words
        assert "No case is" not in browser.sees("/?owner=ann").words
    for words in ("--owner bob --team North", "--mine --actor zoe", "--overdue --owner ann"):
        answer = redress.does(f"worklist {words}")
        assert (answer.out, answer.err) == ("Nothing is due.\n", ""), "it is with somebody, or nobody was named"


def test_a_case_is_his_who_opened_it_until_it_is_given(redress: Redress) -> None:
    assert listed(redress, "--mine --actor bob") == ["H-2"]
    assert redress.case("H-2")["owner"] == "bob"
    assert "owner" not in redress.case("H-2")["facts"]
    assert redress.does("assign H-2 --owner carl --team North").out == "H-2: with carl of team North.\n"
    assert (redress.case("H-2")["owner"], redress.case("H-2")["team"]) == ("carl", "North")
    assert listed(redress, "--mine --actor bob") == []
    assert listed(redress, "--state decision_awaited --owner carl") == ["H-2"]


def test_giving_is_an_entry_and_moves_no_state_and_no_date(redress: Redress) -> None:
    before = redress.case()
    redress.does("assign H-1 --owner bob")
    entry = redress.log()[-1]
    assert (entry["trigger"], entry["facts"], entry["deadlines"]) == ("assign", {"owner": "bob"}, [])
    assert (redress.state(), redress.deadlines()) == (before["state"], {d["id"]: d for d in before["deadlines"]})
    assert redress.case()["team"] == "North"
    assert "bob sees to it, team North." in redress.does("show H-1").out
    redress.at("2026-02-25T08:59:00+00:00")
    assert "bob sees to it, team North." in redress.does("show H-1 --as-known-on 2026-02-24").out
    assert redress.is_intact()
    redress.does("undo H-1")
    assert redress.case()["owner"] == "ann"


def test_many_are_given_at_once_or_none(redress: Redress) -> None:
    redress.refuses("assign H-1 H-2 H-9 --owner bob", "There is no case H-9", code=4)
    redress.refuses("assign H-1 H-1 --owner bob", "named twice", code=2)
    redress.refuses("assign H-3 H-2 --owner ann", "it is with ann already")
    redress.refuses("assign H-1", "give --owner", code=2)
    redress.refuses("assign H-4 --owner bob", "assign")
    redress.refuses(["assign", "H-1", "--owner", "Ann Smith"], "owner: 'Ann Smith' is not a login")
    assert redress.does("assign H-1 H-2 --team West --json").document["cases"] == ["H-1", "H-2"]
    assert listed(redress, "--team West") == ["H-1", "H-2"]


def test_all_open_cases_are_handed_over(redress: Redress) -> None:
    assert redress.does("hand-over --from ann --to bob --dry-run").out == (
        "H-1\nH-3\n2 cases would be handed over from ann to bob.\n"
    )
    assert listed(redress, "--owner ann") == ["H-1", "H-3"]
    assert redress.does("hand-over --from ann --to bob --team South").out == "1 case handed over from ann to bob.\n"
    done = redress.does("hand-over --from ann --to bob --json").document
    assert done == {"from": "ann", "to": "bob", "cases": ["H-1"], "applied": True}
    assert listed(redress, "--mine --actor bob") == ["H-1", "H-2", "H-3"]
    assert redress.case("H-4")["owner"] == "ann", "a closed case stays with who closed it"
    assert redress.does("hand-over --from bob --to carl").out == "3 cases handed over from bob to carl.\n", (
        "what he opened himself, too"
    )
    redress.refuses("hand-over --from ann --to ann", "name two", code=2)
    for words in ("", " --dry-run"):
        redress.refuses(["hand-over", "--from", "nobody", "--to", "Ann \x1b[1m", *words.split()], "is not a login")
    assert redress.does("hand-over --from ann --to bob").out == "0 cases handed over from ann to bob.\n"


def test_the_calendar_is_an_officer_s_or_a_team_s(redress: Redress) -> None:
    def cases(words: str) -> set[str]:
        return {line["reference"] for line in redress.does(f"calendar {words} --json").document}

    assert cases("") == {"H-1", "H-2", "H-3"}
    assert cases("--owner ann") == {"H-1", "H-3"}
    assert cases("--team North") == {"H-1"}


def test_the_backlog_says_who_sees_to_each_case(redress: Redress, tmp_path: Path) -> None:
    file = tmp_path / "backlog.csv"
    file.write_text(
        "reference,decision,decided on,owner,team\nB-1,plan_refused,20/02/2026,dora,North\n", encoding="utf-8"
    )
    redress.does(f"import {file}")
    assert (redress.case("B-1")["owner"], redress.case("B-1")["team"]) == ("dora", "North")


def test_the_page_of_a_case_says_it(redress: Redress) -> None:
    with looking(redress.url) as browser:
        assert "ann sees to it, team North." in browser.sees("/case?reference=H-1").words
        assert "bob sees to it." in browser.sees("/case?reference=H-2").words


def test_the_board_is_an_officer_s_or_a_team_s(redress: Redress) -> None:
    """The steps of H-1 are the family's and come later, those of the others are the council's; H-4 is closed."""
    with looking(redress.url) as browser:

        def listed_on(*paths: str) -> list[str]:
            text = "".join(browser.sees(path).text for path in paths)
            return sorted(set(re.findall(r"reference=(H-\d)", text)))

        def cases(asked: str) -> list[str]:
            return listed_on(f"/?{asked}", f"/due?when=later&{asked}")

        assert cases("") == ["H-1", "H-2", "H-3"]
        assert cases("owner=ann") == cases("owner=ann&team=") == ["H-1", "H-3"]
        assert cases("owner=ann&team=North") == cases("team=North") == ["H-1"]
        assert cases("owner=bob") == ["H-2"], "who opened a case that nobody was given sees to it"
        assert cases("owner=ann&who=family") == ["H-1"]
        assert cases("owner=nobody") == []
        week = next(link for link in browser.sees("/?owner=ann").links if "when=2026-03" in link)
        assert "owner=ann" in week
        assert set(listed_on(week)) <= {"H-3"}
        page = browser.sees("/?owner=ann")
        assert 'value="ann"' in page.text
        assert "Only cases that ann sees to." in page.words
        assert "Only cases that ann sees to, of team North." in browser.sees("/due?owner=ann&team=North").words
        assert "Only cases" not in browser.sees("/").words
        assert [re.search(f'<option value="{name}">', page.text) is not None for name in ("bob", "South", "carl")] == [
            True, True, False,
        ]  # fmt: skip
        assert " ann " in page.words.partition("H-3")[2], "each step names the officer"
    redress.does("assign H-2 --owner carl")
    with looking(redress.url) as browser:
        assert cases("owner=bob") == []
        assert cases("owner=carl") == ["H-2"]


def test_the_owner_is_staff_and_numbered_as_the_others_are(redress: Redress) -> None:
    redress.does("assign H-1 --owner zed --actor yan")
    document = redress.does("subject-access H-1 --without-staff-names --json").out
    for name in ('"ann"', '"zed"', '"yan"', "zed", "yan"):
        assert name not in document
    assert "member of staff" in document
    assert "zed" in redress.does("subject-access H-1 --json").out
