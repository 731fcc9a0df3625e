"""The dates as an iCalendar file, for Outlook and its like: what is due, on its day.

An event keeps its UID as long as its deadline lives, and its SEQUENCE grows with each entry of the case. So a date that
moves is moved in the calendar, and one that was met or fell away is taken out (STATUS:CANCELLED). Made again with
nothing changed, the file is the same, byte for byte.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from icalendar import Calendar, Event, Timezone

from persistence.agenda import AgendaRow
from states.calendar import ONE_DAY, london_day
from states.counting import words
from states.rules import LODGE_APPEAL, RULES

# Ended ones are said for so long, so that a calendar that reads the file now and then hears of it.
REMEMBERED = timedelta(days=60)
OPEN = ("armed", "missed")
# What a calendar without dates holds: RFC 5545 (3.6) wants a component in each, and this one shows nothing.
LONDON = """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
TZNAME:BST
DTSTART:19960331T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:GMT
DTSTART:19961027T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
"""


def as_icalendar(rows: Iterable[AgendaRow], name: str) -> bytes:
    """The file: an all-day event for each deadline, under a name that the calendar shows."""
    calendar = Calendar()
    calendar.add("prodid", "-//Redress//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for row in rows:
        calendar.add_component(_event(row))
    if not calendar.subcomponents:
        calendar.add_component(Timezone.from_ical(LONDON))
    return bytes(calendar.to_ical())


def _event(row: AgendaRow) -> Event:
    rule = RULES.get(row.deadline)
    event = Event()
    event.add("uid", f"{row.token}.{row.deadline}@redress")
    event.add("sequence", row.version)
    event.add("dtstamp", row.recorded_at.replace(microsecond=0))
    event.add("dtstart", row.due_on)
    event.add("dtend", row.due_on + ONE_DAY)
    event.add("summary", f"{row.reference}: {rule.words if rule else row.deadline}")
    event.add("description", _description(row))
    event.add("categories", [rule.who if rule else row.kind])
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED" if row.status in OPEN else "CANCELLED")
    return event


def _description(row: AgendaRow) -> str:
    """What the day means, with its source, and where to read how it was reckoned."""
    rule = RULES.get(row.deadline)
    lines = [f"redress explain {row.reference} {row.deadline}"]
    if rule is not None:
        lines.insert(0, f"{rule.who}; {rule.source}{'' if rule.verified else ' (check before relying on it)'}")
        if rule.tribunal:
            lines.insert(0, "Before 5 pm in London.")
        if rule is LODGE_APPEAL and london_day(row.fires_at) > row.due_on:
            lines.insert(1, f"The right is held to be gone only on {words(london_day(row.fires_at))}.")
    if row.status == "missed":
        lines.insert(0, "Missed.")
    return "\n".join(lines)


def within(rows: Iterable[AgendaRow], last: date | None, who: str | None) -> Iterable[AgendaRow]:
    """Those that are due by a day, and are somebody's to do; None: all."""
    for row in rows:
        rule = RULES.get(row.deadline)
        if (last is None or row.due_on <= last) and (who is None or (rule is not None and rule.who == who)):
            yield row
