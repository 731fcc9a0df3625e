"""Which deadlines an officer is reminded of, and how many days before: the council's own choice, kept in its policy.

It is written as "14,3", for every deadline, or with others by their id: "7 lodge_appeal:14,3 order_cease:0". An id
counts before what is said for all; "off" is nothing. A reminder is a help to the office and moves no date.
"""

from collections.abc import Container, Mapping
from datetime import date, timedelta
from functools import lru_cache

from states.errors import WrongWords
from states.rules import RULES

LONGEST_DAYS = 60
MOST_TIMES = 5
# What is said for every deadline that is not named.
ALL = ""

Plan = Mapping[str, tuple[int, ...]]


@lru_cache(maxsize=64)
def read_plan(text: str) -> Plan:
    """The days before, most first, by a deadline's id. Raises WrongWords for what is no plan."""
    plan: dict[str, tuple[int, ...]] = {}
    for word in text.split():
        name, colon, days = word.rpartition(":")
        name = name.replace("-", "_")
        if colon and name not in RULES:
            raise WrongWords(f"reminders: there is no deadline {name[:40]!r}: docs/reference.md lists them.")
        if name in plan:
            raise WrongWords(f"reminders: {name or 'every deadline'} is named twice: name it once.")
        plan[name] = _days(days, word)
    return plan


def _days(text: str, word: str) -> tuple[int, ...]:
    days = text.split(",")
    if not all(day.isascii() and day.isdigit() and len(day) <= 2 and int(day) <= LONGEST_DAYS for day in days):
        raise WrongWords(
            f"reminders: {word[:40]!r} is not DAYS or DEADLINE:DAYS, with days from 0 to {LONGEST_DAYS}, such as "
            "14,3 or lodge_appeal:14,3."
        )
    if len(set(days)) > MOST_TIMES:
        raise WrongWords(f"reminders: {word[:40]!r} asks for more than {MOST_TIMES} reminders of one deadline.")
    return tuple(sorted({int(day) for day in days}, reverse=True))


def plan_words(text: str) -> str:
    """A plan as it is kept: its words with one blank between them; nothing where it is off."""
    return "" if text.strip().lower() in ("off", "") else " ".join(text.split())


def days_before(plan: Plan, deadline: str) -> tuple[int, ...]:
    """How many days before a deadline somebody is reminded, most first."""
    return plan.get(deadline, plan.get(ALL, ()))


def reminder_days(
    plan: Plan, deadline: str, due_on: date, today: date, waited: Container[int] = ()
) -> list[tuple[int, date]]:
    """The reminders of a deadline that are to be sent: how many days before, and the day.

    One whose day has passed is not, unless it `waited` unsent already and the deadline is still to come.
    """
    found = ((days, due_on - timedelta(days=days)) for days in days_before(plan, deadline))
    return [(days, day) for days, day in found if day >= today or (days in waited and due_on >= today)]
