"""How time is counted: months, weeks, days, working days, and the two ways in which the Tribunal moves an end.

Each function is one rule of the timetable (C1 to C8 in docs/reference.md) and, when handed a trail, writes down the
step that it took with its source, so that `redress explain` shows the reckoning that really happened.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from states.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reckoning: what was done, the day it led to (None where it led to none), and the source."""

    text: str
    day: date | None
    source: str


Trail = list[Step] | None

C1 = "Interpretation Act 1978 Sch 1; Dodds v Walker [1981] UKHL 4"
C5 = "HESC Rules 2008 r.12(2)"
C6 = "HESC Rules 2008 r.12(3)(a)"
C7 = "HESC Rules 2008 r.12(3)(b)"
C8 = "HESC Rules 2008 r.12(2), (3)(a): our reading"


@lru_cache(maxsize=4096)
def words(day: date) -> str:
    """A day as the office writes it: Tue 1 Sep 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def note(trail: Trail, text: str, day: date | None, source: str) -> None:
    """Write down a step, where a trail is kept."""
    if trail is not None:
        trail.append(Step(text, day, source))


def set_by_direction(day: date, trail: Trail) -> date:
    """The end of a time for which a date was set: that date, whatever would be reckoned (HESC Rules 2008 r.12(4))."""
    source = "the Tribunal's direction (HESC r.12(4)), or an agreement in writing (SEND Regs 2014 reg 42(5))"
    note(trail, f"A date was set, which beats the reckoning: {words(day)}", day, source)
    return day


def add_months(start: date, months: int) -> date:
    """The end of a period of months: the same number in the last month, or that month's last day (C1).

    The day of the event is not counted, so 31 December and two months is 28 or 29 February, and 28 February and
    two months is 28 April. Source: Interpretation Act 1978 Sch 1; Dodds v Walker [1981] UKHL 4.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def add_days(start: date, days: int) -> date:
    """The end of a period of calendar days, the day of the event not counted (C1, C2)."""
    return start + timedelta(days=days)


def is_christmas_or_august(day: date) -> bool:
    """Whether a day is in 25 December to 1 January, or in August (HESC Rules 2008 r.12(3))."""
    return day.month == 8 or (day.month, day.day) in CHRISTMAS


CHRISTMAS = frozenset({*((12, day) for day in range(25, 32)), (1, 1)})


def roll_start_of_proceedings(end: date, calendar: Calendar, trail: Trail = None) -> date:
    """The day on which a time for starting proceedings is kept, given the day on which it ends (C5, C6, C8).

    Looks once at the day on which the time itself ends: in 25 December to 1 January or in August it is kept on the
    first working day after 1 January or 31 August; on another non-working day, on the next working day. A time
    that ends on Saturday 31 July did not end in August, so it is kept on Monday 2 August.
    Source: HESC Rules 2008 r.12(2), (3)(a).
    """
    if end.month == 8:
        kept = calendar.next_working_day(date(end.year, 8, 31))
        note(trail, f"{words(end)} is in August: kept on the first working day after 31 August", kept, C6)
        return kept
    if is_christmas_or_august(end):
        kept = calendar.next_working_day(date(end.year + (end.month == 12), 1, 1))
        note(trail, f"{words(end)} is in 25 December to 1 January: kept on the first working day after it", kept, C6)
        return kept
    reason = calendar.why_not_working(end)
    if reason is None:
        note(trail, f"{words(end)} is a working day: it is not moved", end, C5)
        return end
    kept = calendar.next_working_day(end)
    note(trail, f"{words(end)} is not a working day ({reason}): kept on the next working day", kept, C5)
    if is_christmas_or_august(kept):
        note(
            trail,
            f"The time itself ended on {words(end)}, outside August and 25 December to 1 January, so "
            "r.12(3)(a) is not reached: the day is not moved again",
            kept,
            C8,
        )
    return kept


def add_tribunal_working_days(start: date, count: int, calendar: Calendar) -> date:
    """The `count`th working day after `start`, with August and 25 December to 1 January not counted at all (C7).

    For acts before the Tribunal other than starting proceedings. Source: HESC Rules 2008 r.12(3)(b).
    """
    day = start
    while count:
        day = calendar.next_working_day(day)
        count -= not is_christmas_or_august(day)
    return day


def last_friday_of_june(year: int) -> date:
    """The day on which a pupil whose 16th birthday falls in the school year stops being of compulsory school age.

    Source: Education (School Leaving Date) Order 1997 (SI 1997/1970) art 2.
    """
    end = date(year, 6, 30)
    return end - timedelta(days=(end.weekday() - 4) % 7)
