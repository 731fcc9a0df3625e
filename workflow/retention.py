"""Erasing closed cases when their time is over: first a dry run, then each case as one logged change.

The council says how long it keeps a case; how long is for its retention schedule to say, not for Redress.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from persistence.erasure import ClosedCase, closed_cases, count_texts, scrub, scrub_is_due, why_it_must_stay
from states.calendar import london_day
from states.counting import add_days, add_months
from states.decisions import FINAL
from states.errors import CaseChanged, CaseErased, FactRefused, NoSuchCase, TransitionRefused, UnknownState, WrongWords
from states.machine import why_not
from states.table import TRIGGERS
from workflow.change import Change
from workflow.engine import apply
from workflow.refusing import kept_if_refused
from workflow.session import Moment, Session
from workflow.views import read_case

# What may be against erasing one case; the others go on.
_AGAINST = (TransitionRefused, FactRefused, UnknownState, CaseChanged, CaseErased, NoSuchCase)
_PERIOD = re.compile(r"([1-9][0-9]{0,4})([ymd])")
_LONGEST_YEARS = 100


@dataclass(frozen=True, slots=True)
class Period:
    """How long a closed case is kept: months and days of the calendar."""

    months: int
    days: int

    def ends(self, start: date) -> date:
        """The day on which a case that was closed on `start` has been closed for so long."""
        return add_days(add_months(start, self.months), self.days)


@dataclass(frozen=True, slots=True)
class Due:
    """A case whose time is over: when it was closed, what there is to erase, and why it is left (None: it is not)."""

    case: ClosedCase
    closed_on: date
    notes: int
    references: int
    why_left: str | None

    def as_data(self) -> dict[str, Any]:
        return {
            "reference": self.case.reference,
            "closed_on": self.closed_on.isoformat(),
            "notes": self.notes,
            "references": self.references,
        }


def period(words: str) -> Period:
    """A period such as 25y, 300m or 90d. Raises WrongWords for anything else."""
    found = _PERIOD.fullmatch(words)
    number, unit = (int(found[1]), found[2]) if found else (0, "")
    months, days = {"y": (12 * number, 0), "m": (number, 0), "d": (0, number)}.get(unit, (0, 0))
    if not 0 < months + days / 31 <= 12 * _LONGEST_YEARS:
        raise WrongWords(
            f"--older-than {words[:40]!r} is not a period: write years, months or days, such as 25y, 300m or 90d, of "
            f"at most {_LONGEST_YEARS} years."
        )
    return Period(months, days)


def closed_on(case: ClosedCase) -> date:
    """The day on which a case was closed: as corrected since, where its closing is a fact; else its entry's day."""
    sets = next((row.sets for row in TRIGGERS.get(case.trigger, ()) if row.dest in FINAL), "")
    return date.fromisoformat(case.facts.get(sets) or case.happened_on.isoformat())


def retain(session: Session, kept_for: Period, *, apply: bool) -> dict[str, Any]:
    """Say which cases have been closed for so long, or erase them, each in a transaction of its own.

    A case that must not be erased is left, with the reason. What was erased is taken out of the files at the end.
    """
    with session.moment() as moment:
        found = list(_due(moment, kept_for))
        was_cut_off = scrub_is_due(moment.unit.connection)
    erased: list[dict[str, Any]] = []
    left = [{**due.as_data(), "why": due.why_left} for due in found if due.why_left is not None]
    for due in found if apply else ():
        if due.why_left is None:
            why = _erase(session, due)
            if why is None:
                erased.append(due.as_data())
            else:
                left.append({**due.as_data(), "why": why})
    scrubbing = apply and (bool(erased) or was_cut_off)
    return {
        "applied": apply,
        "cases": erased if apply else [due.as_data() for due in found if due.why_left is None],
        "left": left,
        "remains": scrub(session.database) if scrubbing else _unfinished(was_cut_off),
    }


def _unfinished(was_cut_off: bool) -> str | None:
    return "an earlier run was cut off before it rewrote the files" if was_cut_off else None


def _due(moment: Moment, kept_for: Period) -> Iterator[Due]:
    today = london_day(moment.now)
    for case in closed_cases(moment.unit.connection, FINAL):
        day = closed_on(case)
        if kept_for.ends(day) <= today:
            yield Due(case, day, *count_texts(moment.unit.connection, case.id), _why_left(moment, case))


def _why_left(moment: Moment, case: ClosedCase) -> str | None:
    """What the erasure itself would be refused for, asked without side effects."""
    try:
        view = read_case(moment, case.reference)
    except _AGAINST as against:
        return str(against)
    row = TRIGGERS["erase"][0]
    view.situation.role = row.who  # who may only look sees the list too; the erasure itself asks who erases
    return why_it_must_stay(moment.unit, view.stored) or why_not(row, view.situation)


def _erase(session: Session, due: Due) -> str | None:
    """Erase one case; why it was left (None: it was done). Raises NotPermitted, which is kept as a refused attempt."""
    reference = due.case.reference
    with kept_if_refused(session, "erase", reference, "erase"), session.moment(writing=True) as moment:
        change = Change("erase", reference, session.acting(moment), if_version=due.case.version)
        try:
            apply(moment.unit, change, moment.now, moment.reckoner)
        except _AGAINST as against:
            return str(against)
        moment.unit.commit()
    return None
