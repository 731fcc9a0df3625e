"""A new bank holiday: first only said, then logged changes of each open case whose date moves."""

import json

import pytest

from persistence.database import Database
from tests.processes.running import entries, is_intact, letters_sent, new_database, redress_here, set_the_clock

SENT = "2026-07-22T10:00:00+01:00"
FUNERAL = ("holidays", "--add", "2026-09-21", "--title", "State funeral")


@pytest.fixture
def database(url: str) -> Database:
    """Two letters of 21 July, whose windows end on Monday 21 September, and one of the 22nd."""
    made = new_database(url, SENT)
    letters_sent(made, 2, sent="2026-07-21")
    letters_sent(made, 1, sent="2026-07-22", prefix="LATER")
    return made


def answer(database: Database, *words: str) -> dict[str, object]:
    done = redress_here(database, *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def due_on(database: Database, reference: str) -> str:
    shown = json.loads(redress_here(database, "show", reference, "--json").stdout)
    return next(str(row["due_on"]) for row in shown["deadlines"] if row["id"] == "lodge_appeal")


def test_a_dry_run_names_the_cases_and_changes_nothing(database: Database) -> None:
    said = answer(database, *FUNERAL)
    assert [move["reference"] for move in said["moved"]] == ["H-0", "H-1"]  # type: ignore[attr-defined]
    assert said["applied"] is False
    assert due_on(database, "H-0") == "2026-09-21"
    assert entries(database, "reckon_again") == []
    assert "2026-09-21" not in json.dumps(answer(database, "holidays"))


def test_applied_it_moves_them_with_an_entry_each_and_the_daemon_goes_by_it(database: Database) -> None:
    assert answer(database, *FUNERAL, "--apply")["cases_changed"] == 2
    assert [due_on(database, case) for case in ("H-0", "H-1", "LATER-0")] == ["2026-09-22"] * 3
    assert [case for case, _ in entries(database, "reckon_again")] == ["H-0", "H-1"]
    set_the_clock(database, "2026-09-21T17:00:00+01:00")
    assert redress_here(database, "daemon", "--once").returncode == 0
    assert entries(database, "expire_appeal") == []
    set_the_clock(database, "2026-09-22T17:00:00+01:00")
    assert redress_here(database, "daemon", "--once").returncode == 0
    assert len(entries(database, "expire_appeal")) == 3
    assert is_intact(database).intact


def test_a_holiday_that_is_taken_back_moves_the_dates_back(database: Database) -> None:
    answer(database, *FUNERAL, "--apply")
    answer(database, "holidays", "--remove", "2026-09-21", "--apply")
    assert due_on(database, "H-0") == "2026-09-21"
    assert answer(database, "rules", "migrate")["moved"] == []


def test_a_case_that_expired_under_the_old_date_is_left_for_a_person(database: Database) -> None:
    set_the_clock(database, "2026-09-21T17:00:00+01:00")
    redress_here(database, "daemon", "--once")
    said = answer(database, *FUNERAL, "--apply")
    assert [move["reference"] for move in said["for_a_person"]] == ["H-0", "H-1"]  # type: ignore[attr-defined]
    shown = json.loads(redress_here(database, "show", "H-0", "--json").stdout)
    assert shown["state"] == "appeal_expired"
    assert "LOOK  dates: H-0: lodge_appeal" in redress_here(database, "doctor").stdout
    assert is_intact(database).intact


def test_of_a_case_that_expired_the_duties_move_and_the_window_alone_is_for_a_person(database: Database) -> None:
    """The family came to the adviser a day late; its health issues are to be passed on in 3 working days."""
    set_the_clock(database, "2026-09-22T18:00:00+01:00")
    redress_here(database, "daemon", "--once")
    for words in (("advance", "H-0", "advise_mediation"), ("record", "H-0", "health_issues_told_on=2026-09-22")):
        assert redress_here(database, *words).returncode == 0
    said = answer(database, "holidays", "--add", "2026-09-24", "--title", "State funeral", "--apply")
    moved: list[dict[str, object]] = said["moved"]  # type: ignore[assignment]
    assert [(move["reference"], move["deadline"]) for move in moved] == [("H-0", "inform_health_body")]
    assert said["for_a_person"] == []
    shown = json.loads(redress_here(database, "show", "H-0", "--json").stdout)
    assert shown["state"] == "appeal_expired"
    assert {row["id"]: row["due_on"] for row in shown["deadlines"]}["inform_health_body"] == "2026-09-28"
    assert answer(database, "rules", "migrate")["moved"] == []
    assert is_intact(database).intact


def test_it_is_named_as_long_as_its_window_is_open_whatever_is_recorded_meanwhile(database: Database) -> None:
    set_the_clock(database, "2026-09-21T17:00:00+01:00")
    redress_here(database, "daemon", "--once")
    answer(database, *FUNERAL, "--apply")
    assert redress_here(database, "assign", "H-0", "--team", "north").returncode == 0
    said = answer(database, "rules", "migrate")["for_a_person"]
    assert [move["reference"] for move in said] == ["H-0", "H-1"]  # type: ignore[attr-defined]
    assert "is open by its facts until 2026-09-22T17:00:00+01:00" in redress_here(database, "rules", "migrate").stdout
    assert "LOOK  dates: H-0: lodge_appeal" in redress_here(database, "doctor").stdout
    set_the_clock(database, "2026-09-22T17:00:00+01:00")
    assert "H-0: lodge_appeal" not in redress_here(database, "doctor").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--add", "2026-08-31"),
        ("--remove", "2026-09-21"),
        ("--add", "2026-09-21", "--remove", "2026-08-31"),
        ("--add", "soon"),
        ("--add", "2077-09-21"),
    ],
)
def test_a_change_that_cannot_be_is_refused(database: Database, words: tuple[str, ...]) -> None:
    refused = redress_here(database, "holidays", *words, "--apply")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1
