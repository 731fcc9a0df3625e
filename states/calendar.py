"""The working days of England.

A working day is any day but Saturday, Sunday, Christmas Day, Good Friday and a bank holiday in England
(HESC Rules 2008 r.1(3)). The days are shipped as data, in the form in which gov.uk publishes them, with the date
of their capture. Beyond the last published year the *expected* bank holidays are used, and every date that
depends on them carries a warning: a one-off holiday may still be added.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from states.errors import CannotReckon

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)

# HESC Rules 2008 r.12(1): what must be done by a day must be done before 5 pm on that day.
TRIBUNAL_CLOSES = time(17, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The bank holidays of England, the years for which they are published, and the version of the list.

    One calendar is equal to itself alone, so that what was reckoned with it can be kept.
    """

    version: str
    holidays: Mapping[date, str]
    first_year: int
    published_to: int
    expected_to: int

    def why_not_working(self, day: date) -> str | None:
        """Why the Tribunal does not work on this day, in words; None for a working day (r.1(3)).

        Raises CannotReckon for a day outside the years of the list, where the answer would be a guess.
        """
        if not self.first_year <= day.year <= self.expected_to:
            raise CannotReckon(
                f"the bank holidays of {day.year} are not known (only {self.first_year} to {self.expected_to}); "
                "check the dates, or update Redress"
            )
        if day.weekday() >= 5:
            return f"a {day:%A}"
        return self.holidays.get(day)

    def is_working_day(self, day: date) -> bool:
        """Whether the Tribunal works on this day. Raises CannotReckon, as `why_not_working` does."""
        return self.why_not_working(day) is None

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        day += ONE_DAY
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`th working day after `day`, `day` itself not counted (C1, C3)."""
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def changed(self, added: Mapping[date, str], removed: Iterable[date]) -> "Calendar":
        """The calendar with holidays added (a royal funeral, a jubilee) or removed by hand; its version says so."""
        gone = set(removed)
        if not added and not gone:
            return self
        marks = [*(f"+{day}" for day in sorted(added)), *(f"-{day}" for day in sorted(gone))]
        kept = {day: title for day, title in self.holidays.items() if day not in gone}
        return replace(self, version=f"{self.version} {' '.join(marks)}", holidays=kept | dict(added))

    def as_in(self, version: str) -> "Calendar":
        """The calendar with the holidays that one of its versions names; itself for a version of another list."""
        shipped = england()
        if version.split(" +")[0].split(" -")[0] != shipped.version:
            return self
        marks = version.removeprefix(shipped.version).split()
        added = [date.fromisoformat(mark[1:]) for mark in marks if mark[0] == "+"]
        removed = [date.fromisoformat(mark[1:]) for mark in marks if mark[0] == "-"]
        return shipped.changed({day: self.holidays.get(day, "Bank holiday") for day in added}, removed)

    def warning(self, day: date) -> str | None:
        """What to say of a date that was reckoned with days beyond the last published year."""
        if day.year <= self.published_to:
            return None
        return (
            f"The bank holidays of {day.year} are not published yet (known up to {self.published_to}): reckoned with "
            "those expected, and a one-off holiday may still move it; check before relying on it."
        )


def read_calendar(document: str) -> Calendar:
    """A calendar from the gov.uk JSON form, with our date of capture, published years and expected days."""
    data = json.loads(document)
    listed = {
        division: {date.fromisoformat(event["date"]): str(event["title"]) for event in data[division]["events"]}
        for division in ("england-and-wales", "expected")
    }
    first_year, published_to = data["published_years"]
    return Calendar(
        version=f"gov.uk {data['captured']}",
        holidays=listed["england-and-wales"] | listed["expected"],
        first_year=first_year,
        published_to=published_to,
        expected_to=max(listed["expected"]).year,
    )


@cache
def england() -> Calendar:
    """The calendar that is shipped with this version."""
    return read_calendar(files("states").joinpath("bank_holidays.json").read_text(encoding="utf-8"))


def at(day: date, clock: time) -> datetime:
    """The instant at which London's clocks show `clock` on `day`, with London's offset."""
    return datetime.combine(day, clock, LONDON)


def end_of(day: date) -> datetime:
    """The instant at which `day` is over in London: the midnight that follows it."""
    return at(day + ONE_DAY, time(0, 0))


@lru_cache(maxsize=4096)
def in_utc(instant: datetime) -> datetime:
    """The same instant, by the clock that databases keep: two of one zone compare at a fraction of the cost."""
    return instant.astimezone(UTC)


@lru_cache(maxsize=4096)
def london_day(instant: datetime) -> date:
    """The day that it is in London at this instant (aware, any zone)."""
    return instant.astimezone(LONDON).date()
