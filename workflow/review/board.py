"""The board: what is due by week, what is overdue on top; and each list behind it, page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from persistence.overview import Board, Step, count_steps, steps, steps_by_day
from persistence.owners import Which, known_names
from states.calendar import london_day
from states.counting import words
from states.errors import WrongWords
from states.rules import ADVISER, FAMILY, HEALTH, LA, RULES
from states.work import NOT_WORK_ONCE_MISSED
from workflow.ownership import with_nobody
from workflow.review import asked
from workflow.session import Moment

WEEKS = 6
ON_THE_BOARD, ON_A_PAGE = 8, 50
# So many officers and teams are offered by name; any other can be typed.
NAMES_OFFERED = 200
OVERDUE, LATER = "overdue", "later"
WHO: Mapping[str, str] = {"council": LA, "family": FAMILY, "adviser": ADVISER, "health": HEALTH}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the board: how the address names it, its heading, how many steps, and the first of them."""

    when: str
    heading: str
    count: int
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose steps are asked for: who is to do them, and which officer and team see to the case; None: all."""

    who: str | None
    owner: str | None
    team: str | None


def sought_in(said: asked.Asked) -> Sought:
    """Raises WrongWords for what no one can be called."""
    return Sought(asked.word(said, "who", WHO), asked.word(said, "owner"), asked.word(said, "team"))


def board_of(moment: Moment, sought: Sought) -> Board:
    """The board of those who are asked for, or of all."""
    only = None if sought.who is None else tuple(rule.id for rule in RULES.values() if rule.who == WHO[sought.who])
    today = london_day(moment.now)
    return Board(today, moment.now, NOT_WORK_ONCE_MISSED, only, sought.owner, sought.team)


def _heading_data(moment: Moment, sought: Sought) -> dict[str, Any]:
    """What the choices above each list are made from."""
    officers, teams = known_names(moment.unit.connection, NAMES_OFFERED)
    return {"sought": asdict(sought), "parties": WHO, "officers": officers, "teams": teams}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def board(moment: Moment, said: asked.Asked) -> dict[str, Any]:
    """What is due: overdue, then week by week, then all that is later."""
    sought = sought_in(said)
    of = board_of(moment, sought)
    parts = list(_parts(moment, of))
    nothing = not any(part.count for part in parts)
    strangers = list(with_nobody(moment, sought.owner, sought.team)) if nothing else []
    return {"today": of.today, "parts": parts, "strangers": strangers, **_heading_data(moment, sought)}


def _parts(moment: Moment, of: Board) -> Iterator[Part]:
    connection = moment.unit.connection
    first = monday(of.today)
    overdue = of.overdue()
    yield Part(OVERDUE, "Overdue", count_steps(connection, overdue), steps(connection, overdue, ON_THE_BOARD))
    counts = steps_by_day(connection, of.coming(of.today, None))
    for week in range(WEEKS):
        start = first + timedelta(weeks=week)
        end = start + timedelta(days=6)
        number = sum(count for day, count in counts.items() if start <= day <= end)
        found = steps(connection, of.coming(start, end), ON_THE_BOARD) if number else []
        yield Part(str(start), _week_words(start, week), number, found)
    later = first + timedelta(weeks=WEEKS)
    number = sum(count for day, count in counts.items() if day >= later)
    yield Part(LATER, f"From {words(later)}", number, [])


def _week_words(start: date, week: int) -> str:
    span = f"{words(start)} to {words(start + timedelta(days=6))}"
    return {0: f"This week: {span}", 1: f"Next week: {span}"}.get(week, f"Week of {words(start)}")


def due(moment: Moment, said: asked.Asked) -> dict[str, Any]:
    """One part of the board whole, page by page."""
    sought, after = sought_in(said), asked.step_place(said)
    when = asked.word(said, "when") or OVERDUE
    of = board_of(moment, sought)
    heading, which = _asked_for(of, when)
    found = steps(moment.unit.connection, which, ON_A_PAGE + 1, after)
    rest = found[ON_A_PAGE:]
    return {
        "today": of.today,
        "when": when,
        "heading": heading,
        "total": count_steps(moment.unit.connection, which),
        "steps": found[:ON_A_PAGE],
        "is_first": after is None,
        "next": asked.of_step(found[ON_A_PAGE - 1].place) if rest else None,
        **_heading_data(moment, sought),
    }


def _asked_for(of: Board, when: str) -> tuple[str, Which]:
    first = monday(of.today)
    if when == OVERDUE:
        return "Overdue", of.overdue()
    if when == LATER:
        start = first + timedelta(weeks=WEEKS)
        return f"From {words(start)}", of.coming(start, None)
    start = asked.day({"when": when}, "when") or of.today
    if start.weekday():
        raise WrongWords("when is overdue, later, or the Monday of a week.")
    week = (start - first).days // 7
    return _week_words(start, week), of.coming(start, start + timedelta(days=6))
