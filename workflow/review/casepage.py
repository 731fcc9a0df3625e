"""The page of one case: where it stands, its dates with how each was reckoned, its path, its story, its facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from persistence.overview import cases_in
from persistence.unit import StoredDeadline
from states.decisions import DECISIONS, STATES
from states.errors import RedressError, WrongWords
from states.facts import Value
from states.rules import RULES, Rule, is_read
from states.table import what_it_does
from workflow.review import asked
from workflow.review.path import path_of
from workflow.review.story import tell
from workflow.session import Moment
from workflow.views import HEADINGS, CaseView, Explanation, explain, is_open, read_case

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Dated:
    """A deadline of a case as the page shows it; `why_not` where its reckoning cannot be shown now."""

    row: StoredDeadline
    rule: Rule | None
    reckoning: Explanation | None
    why_not: str

    @property
    def is_open(self) -> bool:
        """Whether somebody can still do it."""
        return is_open(self.row)


def case(moment: Moment, said: asked.Asked) -> dict[str, Any]:
    """A case by its reference. Raises NoSuchCase, UnknownState, or WrongWords where no reference is given."""
    reference = asked.reference(said)
    if reference is None:
        raise WrongWords("Which case? Give its reference, such as H-1042.")
    view = read_case(moment, reference)
    entries = moment.unit.entries(view.stored)
    dates = [_dated(view, row) for row in view.stored.deadlines.values()]
    next_date = view.next_date
    decision = DECISIONS.get(view.stored.facts.get("decision", ""))
    return {
        "case": view.stored,
        "today": view.today,
        "decision": decision.words if decision else "",
        "party": view.stored.facts.get("party", "parent"),
        "owner": view.owner,
        "team": view.team,
        "advice": view.advice(),
        "dates": dates,
        "next": next((each for each in dates if each.row is next_date), None),
        "unverified": not all(is_read(each.row.deadline) for each in dates),
        "possible": list(_possible(view)),
        "path": path_of(entries),
        "story": tell(entries),
        "facts": sorted(_facts(view), key=_by_day),
    }


def _facts(view: CaseView) -> Iterator[tuple[str, Value]]:
    yield from ((name, value) for name, value in view.facts.items() if name not in HEADINGS)


def _by_day(fact: tuple[str, Value]) -> tuple[bool, str, str]:
    """The days in their order, and then what is no day."""
    name, value = fact
    return not isinstance(value, date), str(value) if isinstance(value, date) else "", name


def _dated(view: CaseView, row: StoredDeadline) -> Dated:
    rule = RULES.get(row.deadline)
    if rule is None:
        return Dated(row, None, None, "This version of Redress does not know this deadline.")
    try:
        return Dated(row, rule, explain(view, rule), "")
    except RedressError as refused:  # it does not run any more: the page says why in place of how
        return Dated(row, rule, None, str(refused))


def _possible(view: CaseView) -> Iterator[tuple[str, str]]:
    """What can be done now, and in which words."""
    for line in view.next_data():
        if line["allowed"]:
            yield line["trigger"], what_it_does(line["trigger"], view.stored.state)


def cases(moment: Moment, said: asked.Asked) -> dict[str, Any]:
    """The cases of a state, in the order in which they were opened, page by page."""
    state = asked.word(said, "state")
    if state is None:
        raise WrongWords(f"Which state? It is one of {', '.join(STATES)}.")
    found = cases_in(moment.unit.connection, state, ON_A_PAGE + 1, asked.number(said, "after"))
    return {
        "state": state,
        "cases": found[:ON_A_PAGE],
        "is_first": "after" not in said,
        "next": found[ON_A_PAGE - 1][0] if found[ON_A_PAGE:] else None,
    }
