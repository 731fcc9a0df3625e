"""The report as a page: a month, or any other period, with the way to the months beside it."""

from datetime import date
from typing import Any

from states.calendar import ONE_DAY, london_day
from states.errors import WrongWords
from workflow.report import CLOSED, EVENTS, Period, last_month, month
from workflow.report import report as figures
from workflow.review.asked import Asked, day
from workflow.review.counting import PATIENCE_SECONDS, Counting
from workflow.session import Moment, Session


class ReportPage:
    """A period's figures; the last whole month unless days are given."""

    def __init__(self, session: Session, patience: float | None = PATIENCE_SECONDS) -> None:
        self._counting = Counting(session, figures, patience)

    def make_ready(self, moment: Moment) -> None:
        self._counting.count(last_month(london_day(moment.now)))

    def close(self) -> None:
        self._counting.close()

    def __call__(self, moment: Moment, asked: Asked) -> dict[str, Any]:
        today = london_day(moment.now)
        period = _period(asked, today)
        return {
            "period": period,
            "is_over": period.last < today,
            "before": _month_of(period.first - ONE_DAY),
            "behind": _month_of(period.last + ONE_DAY) if period.last < today else None,
            "columns": (*EVENTS.values(), CLOSED),
            "counted": self._counting.of(moment, period),
        }


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
