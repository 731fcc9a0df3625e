"""The report as a page: a month, or any other period, with the way to the months beside it."""

from datetime import date
from typing import Any

from persistence.logbook import count_entries
from states.calendar import ONE_DAY, london_day
from states.errors import WrongWords
from workflow.report import CLOSED, EVENTS, Period, Report, last_month, month
from workflow.report import report as figures
from workflow.review.asked import Asked, day
from workflow.session import Moment

KEPT = 12


class ReportPage:
    """A period's figures; the last whole month unless days are given.

    The last few are kept until something is recorded or the day is over, since in a large office a year's are counted
    from many rows.
    """

    def __init__(self) -> None:
        self._as_of: Any = None
        self._kept: dict[Period, Report] = {}

    def __call__(self, moment: Moment, asked: Asked) -> dict[str, Any]:
        today = london_day(moment.now)
        period = _period(asked, today)
        return {
            "period": period,
            "before": _month_of(period.first - ONE_DAY),
            "behind": _month_of(period.last + ONE_DAY) if period.last < today else None,
            "columns": (*EVENTS.values(), CLOSED),
            "report": self._figures(moment, period, today),
            "today": today,
        }

    def _figures(self, moment: Moment, period: Period, today: date) -> Report:
        as_of = (today, count_entries(moment.unit.connection))
        if as_of != self._as_of or len(self._kept) >= KEPT:
            self._as_of, self._kept = as_of, {}
        if period not in self._kept:
            self._kept[period] = figures(moment, period)
        return self._kept[period]


def _month_of(day_in_it: date) -> Period:
    return month(day_in_it.year, day_in_it.month)


def _period(asked: Asked, today: date) -> Period:
    first, last = day(asked, "from"), day(asked, "to")
    if first is None and last is None:
        return last_month(today)
    if first is None:
        raise WrongWords("Give the first day of the period too.")
    period = Period(first, last or today)
    if period.first > period.last:
        raise WrongWords("The period ends before it begins: check both days.")
    return period
