"""The dashboard: four plots of the whole office, each with a table of the same numbers."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from persistence.overview import Board, cases_by_state, days_to_lodging, duties_by_month, steps_by_day
from states.calendar import london_day
from states.counting import words
from states.decisions import STATES
from states.rules import LA, LODGE_APPEAL, RULES
from states.work import NOT_WORK_ONCE_MISSED
from workflow.review.asked import Asked
from workflow.review.board import monday
from workflow.review.counting import PATIENCE_SECONDS, Counting
from workflow.review.plots import Series, bars, columns, legend
from workflow.review.rendering import in_short
from workflow.session import Moment, Session

WEEKS, MONTHS = 12, 12
COUNCILS = tuple(rule.id for rule in RULES.values() if rule.who == LA)
# The last class of the plot of days holds all that took longer.
CLASSES = ((0, 3), (4, 7), (8, 14), (15, 21), (22, 28), (29, 31), (32, None))


class Dashboard:
    """How the office stands today. What closes in the next weeks is counted at each look, the rest when it changed."""

    def __init__(self, session: Session, patience: float | None = PATIENCE_SECONDS) -> None:
        self._counting = Counting(session, _counts, patience)

    def make_ready(self) -> None:
        self._counting.count(None)

    def close(self) -> None:
        self._counting.close()

    def __call__(self, moment: Moment, _said: Asked) -> dict[str, Any]:
        counted = self._counting.of(moment, None)
        return {"counted": counted, "windows": _windows(moment, london_day(moment.now))}


def _counts(moment: Moment, _all: None) -> dict[str, Any]:
    today = london_day(moment.now)
    return {"states": _states(moment), "duties": _duties(moment, today), "lodging": _lodging(moment, today)}


def _states(moment: Moment) -> dict[str, Any]:
    found = cases_by_state(moment.unit.connection)
    order = [*STATES, *sorted(found.keys() - STATES.keys())]
    rows = [(state, found[state]) for state in order if state in found]
    total = sum(number for _, number in rows)
    said = f"Most are in: {in_short(max(rows, key=lambda row: row[1])[0])}." if rows else "There are no cases yet."
    plot = bars("states", "Cases by state", said, [(in_short(state), number) for state, number in rows])
    return {"plot": plot, "rows": rows, "total": total, "says": said}


def _windows(moment: Moment, today: date) -> dict[str, Any]:
    """The windows to appeal that close, by the week of the law's day."""
    first = monday(today)
    last = first + timedelta(weeks=WEEKS, days=-1)
    board = Board(today, moment.now, NOT_WORK_ONCE_MISSED, (LODGE_APPEAL.id,))
    counts = steps_by_day(moment.unit.connection, board.coming(first, last))
    rows = [(start, _between(counts, start)) for start in (first + timedelta(weeks=week) for week in range(WEEKS))]
    total = sum(number for _, number in rows)
    said = f"Windows that close in the {WEEKS} weeks from {words(first)}: {total:,}."
    series = Series("windows that close", "one", [number for _, number in rows])
    labels = [f"{start.day} {start:%b}" for start, _ in rows]
    return {"plot": columns("windows", "Windows closing per week", said, labels, [series], "week of"),
            "rows": rows, "says": said}  # fmt: skip


def _between(counts: Mapping[date, int], start: date) -> int:
    return sum(number for day, number in counts.items() if start <= day < start + timedelta(weeks=1))


def _duties(moment: Moment, today: date) -> dict[str, Any]:
    """The council's duties that fell due in each of the last months, as they stand now."""
    months = _months(today)
    first = date.fromisoformat(f"{months[0]}-01")
    found = {kept.month: kept for kept in duties_by_month(moment.unit.connection, COUNCILS, first, today)}
    kinds = {"in_time": "met in time", "late": "met late", "missed": "missed, not met", "excused": "excused"}
    series = [
        Series(name, kind, [getattr(found[month], kind) if month in found else 0 for month in months])
        for kind, name in kinds.items()
    ]
    sums = {each.kind: sum(each.numbers) for each in series}
    total = sum(sums.values())
    said = f"Of {total:,} duties of the council that fell due since {words(first)}: " + ", ".join(
        f"{sums[kind]:,} {name}" for kind, name in kinds.items()
    )
    labels = [f"{date.fromisoformat(f'{month}-01'):%b %Y}" for month in months]
    rows = [(label, [each.numbers[at] for each in series]) for at, label in enumerate(labels)]
    plot = columns("duties", "The council's duties, met and missed, by month", f"{said}.", labels, series)
    return {"plot": plot, "rows": rows, "names": list(kinds.values()), "legend": legend(series), "says": f"{said}."}


def _months(today: date) -> list[str]:
    """The last months with this one, oldest first, as YYYY-MM."""
    at = today.year * 12 + today.month - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(at - MONTHS + 1, at + 1)]


def _lodging(moment: Moment, today: date) -> dict[str, Any]:
    """How many days families take from the mediation certificate to the appeal, over the last year."""
    since = today - timedelta(days=365)
    found = days_to_lodging(moment.unit.connection, since)
    rows = [
        (_days_words(low, high), sum(n for days, n in found if low <= days and (high is None or days <= high)))
        for low, high in CLASSES
    ]
    total = sum(number for _, number in found)
    said = f"Appeals lodged with a certificate since {words(since)}: {total:,}"
    said += f"; half of them within {_median(found)} days of it." if total else "."
    series = Series("appeals", "one", [number for _, number in rows])
    labels = [label for label, _ in rows]
    plot = columns("lodging", "Days from the certificate to the appeal", said, labels, [series], "days")
    return {"plot": plot, "rows": rows, "says": said}


def _days_words(low: int, high: int | None) -> str:
    return f"over {low - 1}" if high is None else f"{low}–{high}"


def _median(found: list[tuple[int, int]]) -> int:
    """The number of days within which half of the appeals came."""
    half, so_far = sum(number for _, number in found) / 2, 0
    for days, number in found:
        so_far += number
        if so_far >= half:
            return days
    return 0
