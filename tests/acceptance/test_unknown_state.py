"""A case in a state that this version does not know is named, left as it is, and stops nobody else."""

from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    open H-2 --decision plan_refused --decided 2026-02-20
    open H-3 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    advance H-2 send_letter --on 2026-02-23 --fact letter_method=email
    advance H-3 send_letter --on 2026-02-23 --fact letter_method=email
"""
STRANGE = "adjudicated_by_owl"


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


@pytest.fixture
def strange(redress: Redress) -> Redress:
    """Three cases, the second in a state from another version."""
    redress.behind_its_back(f"UPDATE cases SET state = '{STRANGE}' WHERE reference = 'H-2'")
    return redress


def is_unchanged(redress: Redress, before: dict[str, list[tuple[object, ...]]]) -> bool:
    """Whether every row of H-2, which is the second case, is as it was."""
    now = redress.contents()
    return all(
        [row for row in before[name] if row[0] == 2] == [row for row in now[name] if row[0] == 2]
        for name in ("cases", "facts", "log", "deadlines")
    )


@pytest.mark.parametrize(
    "command",
    [
        "show H-2",
        "show H-2 --json",
        "next H-2",
        "explain H-2 lodge_appeal",
        "diagram H-2",
        "advance H-2 advise_mediation",
        "advance H-2 close --fact closing_reason=moved_away",
        "advance H-2 expire_appeal",
        "record H-2 letter_received_on=2026-02-24",
        "correct H-2 letter_method=post --reason misread",
    ],
)
def test_whatever_asks_for_it_is_refused_by_name(strange: Redress, command: str) -> None:
    strange.refuses(command, "H-2", STRANGE, "newer")


def test_the_worklist_goes_on_and_names_it(strange: Redress) -> None:
    before = strange.contents()
    answer = strange.does("worklist --json")
    assert [line["reference"] for line in answer.document] == ["H-1", "H-1", "H-3", "H-3"]
    assert "H-2" in answer.err
    assert STRANGE in answer.err
    assert strange.contents() == before


def test_the_doctor_names_it(strange: Redress) -> None:
    before = strange.contents()
    document = strange.does("doctor --json").document
    assert document["ok"] is False
    (check,) = [each for each in document["checks"] if each["name"] == "case"]
    assert check["ok"] is False
    assert "H-2" in check["says"]
    assert STRANGE in check["says"]
    assert strange.contents() == before


def test_the_log_is_still_read_and_the_proof_names_it(strange: Redress) -> None:
    assert [entry["trigger"] for entry in strange.log("H-2")] == ["open", "send_letter"]
    answer = strange.run("audit verify --json")
    assert (answer.code, answer.document["first_fault"]["case"]) == (6, "H-2")


def test_the_daemon_fires_the_others_and_reports_it(strange: Redress) -> None:
    before = strange.contents()
    answer = strange.at("2026-04-23T17:00:00+01:00").does("daemon --once --json")
    assert {each["case"] for each in answer.document["fired"]} == {"H-1", "H-3"}
    (failed,) = answer.document["failed"]
    assert (failed["case"], failed["deadline"]) == ("H-2", "lodge_appeal")
    assert STRANGE in failed["why"]
    assert (strange.state("H-1"), strange.state("H-3")) == ("appeal_expired", "appeal_expired")
    assert is_unchanged(strange, before)


def test_the_daemon_says_so_without_json_too(strange: Redress) -> None:
    answer = strange.at("2026-04-23T17:00:00+01:00").does("daemon --once")
    assert "2 fired, 1 not." in answer.out
    assert "H-2" in answer.err
    assert STRANGE in answer.err


def test_it_stays_reported_until_it_is_mended_and_tried_again(strange: Redress) -> None:
    strange.at("2026-04-23T17:00:00+01:00").does("daemon --once")
    strange.does("daemon --once")
    assert any("H-2" in check["says"] and "lodge_appeal" in check["says"] and not check["ok"]
               for check in strange.does("doctor --json").document["checks"])  # fmt: skip
    strange.behind_its_back("UPDATE cases SET state = 'letter_sent' WHERE reference = 'H-2'")
    strange.does("retry H-2")
    strange.at("2026-04-23T18:00:00+01:00")
    assert strange.sweep() == [("H-2", "lodge_appeal", "expire_appeal")]
    assert strange.log("H-2")[-1]["late_seconds"] == 3600
    assert strange.is_intact()


@pytest.mark.parametrize("column", ["deadline", "kind", "status"])
def test_a_deadline_of_another_version_stops_nobody_else(redress: Redress, column: str) -> None:
    redress.behind_its_back(
        f"UPDATE deadlines SET {column} = 'of_another_version' WHERE case_id = 2 AND deadline = 'lodge_appeal'"
    )
    for command in ("worklist --json", "doctor --json", "show H-1", "audit log"):
        redress.does(command)
    redress.at("2026-04-23T17:00:00+01:00").does("daemon --once")
    assert (redress.state("H-1"), redress.state("H-3")) == ("appeal_expired", "appeal_expired")


@pytest.mark.parametrize(("name", "value"), [("decision", "owl_refused"), ("wand", "2026-02-20")])
def test_a_fact_of_another_version_stops_nobody_else(redress: Redress, name: str, value: str) -> None:
    redress.behind_its_back(
        f"DELETE FROM facts WHERE case_id = 2 AND name = '{name}'",
        f"INSERT INTO facts VALUES (2, '{name}', '{value}', 1)",
    )
    redress.refuses("show H-2", name)
    assert len(redress.does("worklist --json").document) == 6
    answer = redress.at("2026-04-23T17:00:00+01:00").does("daemon --once --json")
    assert {each["case"] for each in answer.document["failed"]} == {"H-2"}
    assert (redress.state("H-1"), redress.state("H-3")) == ("appeal_expired", "appeal_expired")
