"""The dates in Outlook: one event as long as its deadline lives, moved when the date moves, taken out at its end."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=post
    open H-2 --decision assessment_refused --requested 2026-02-02
"""


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def events(redress: Redress, tmp_path: Path, words: str = "") -> dict[str, Any]:
    """The events of the file, each by its case and deadline."""
    file = tmp_path / "dates.ics"
    redress.does(f"calendar --out {file} {words}")
    found = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert len({str(event["uid"]) for event in found}) == len(found)
    return {_named(event): event for event in found}


def _named(event: Any) -> str:
    case, _, _ = str(event["summary"]).partition(":")
    _, _, rest = str(event["uid"]).partition(".")
    return f"{case} {rest.removesuffix('@redress')}"


def test_each_date_is_an_event_of_its_whole_day(redress: Redress, tmp_path: Path) -> None:
    found = events(redress, tmp_path)
    assert set(found) == {"H-1 contact_adviser", "H-1 lodge_appeal", "H-2 notify_assessment_refusal"}
    event = found["H-1 lodge_appeal"]
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 4, 20), date(2026, 4, 21))
    assert str(event["summary"]) == "H-1: Lodge the appeal with the Tribunal"
    assert "Before 5 pm in London." in str(event["description"])
    assert "The right is held to be gone only on Fri 24 Apr 2026." in str(event["description"])
    assert (str(event["status"]), event["dtstamp"].dt.isoformat()) == ("CONFIRMED", "2026-02-24T09:00:00+00:00")
    assert "H-1" not in str(event["uid"])


def test_a_moved_date_is_the_same_event_with_a_higher_sequence(redress: Redress, tmp_path: Path) -> None:
    before = events(redress, tmp_path)["H-1 lodge_appeal"]
    redress.does("correct H-1 letter_sent_on=2026-02-23 --reason 'post book'")
    after = events(redress, tmp_path)["H-1 lodge_appeal"]
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert (before["dtstart"].dt, after["dtstart"].dt) == (date(2026, 4, 20), date(2026, 4, 23))


def test_a_right_that_is_held_for_a_day_longer_says_so(redress: Redress, tmp_path: Path) -> None:
    redress.does("record H-1 letter_received_on=2026-02-21")
    described = {name: str(event["description"]) for name, event in events(redress, tmp_path).items()}
    assert "The right is held to be gone only on Tue 21 Apr 2026." in described["H-1 lodge_appeal"]
    assert "held to be gone" not in described["H-1 contact_adviser"]


def test_with_nothing_changed_it_is_the_same_file(redress: Redress, tmp_path: Path) -> None:
    redress.does(f"calendar --out {tmp_path / 'a.ics'}")
    redress.at("2026-02-25T09:00:00+00:00").does(f"calendar --out {tmp_path / 'b.ics'}")
    assert (tmp_path / "a.ics").read_bytes() == (tmp_path / "b.ics").read_bytes()


def test_a_calendar_without_dates_holds_what_shows_nothing(redress: Redress, tmp_path: Path) -> None:
    """RFC 5545 wants a component in each calendar; one that shows nothing is the zone."""
    file = tmp_path / "none.ics"
    redress.does(f"calendar --within 0 --out {file}")
    (zone,) = Calendar.from_ical(file.read_bytes()).subcomponents
    assert (zone.name, str(zone["tzid"])) == ("VTIMEZONE", "Europe/London")
    for month, hours in ((1, 0), (7, 1)):
        assert datetime(2026, month, 15, tzinfo=zone.to_tz()).utcoffset() == timedelta(hours=hours)
    redress.does(f"calendar --out {file}")
    assert "VTIMEZONE" not in file.read_text(encoding="utf-8"), "a day of its own knows no zone"


def test_what_was_met_is_taken_out(redress: Redress, tmp_path: Path) -> None:
    redress.does("advance H-1 advise_mediation --on 2026-02-23")
    assert str(events(redress, tmp_path)["H-1 contact_adviser"]["status"]) == "CANCELLED"
    found = events(redress.at("2026-07-01T09:00:00+01:00"), tmp_path)
    assert "H-1 contact_adviser" not in found
    assert str(found["H-2 notify_assessment_refusal"]["status"]) == "CONFIRMED", "still owed"


def test_only_whose_and_only_within(redress: Redress, tmp_path: Path) -> None:
    assert set(events(redress, tmp_path, "--who council")) == {"H-2 notify_assessment_refusal"}
    assert set(events(redress, tmp_path, "--within 30")) == {"H-2 notify_assessment_refusal"}
    assert len(redress.does("calendar --json").document) == 3
    assert redress.does("calendar --name SEND").out.splitlines()[0] == "BEGIN:VCALENDAR"
    redress.refuses(f"calendar --out {tmp_path}/none/x.ics", "cannot be written", code=2)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    redress.refuses(f"calendar --out {tmp_path}/mine.txt", "is there and no calendar", code=2)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    redress.refuses(["calendar", "--name", "\x1b[31m"], "printable", code=2)
