"""By when: the deadlines that follow from a case's state and facts.

`deadlines` is a pure function. Nothing stores a date that it did not give, so a corrected fact, a new bank holiday
and a new version of the rules are one operation: reckon again. Handed a trail, it writes down every step.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from states.calendar import TRIBUNAL_CLOSES, Calendar, at, end_of, in_utc
from states.counting import (
    C1,
    C7,
    Trail,
    add_days,
    add_months,
    add_tribunal_working_days,
    note,
    set_by_direction,
    words,
)
from states.decisions import EXPIRED, WINDOW_STATES
from states.facts import Facts, Values, day_of, facts_of, text_of
from states.reckoner import Reckoner
from states.rules import LODGE_APPEAL, RULES, Rule, Unit
from states.window import OF_THE_WINDOW, waits_for_certificate, window


class Status(StrEnum):
    """Where a deadline stands. Armed: it runs. Superseded: it ended without being met, since it no longer applies."""

    ARMED = "armed"
    MET = "met"
    MISSED = "missed"
    EXCUSED = "excused"
    SUPERSEDED = "superseded"


class Deadline(NamedTuple):
    """A deadline as reckoned: `due_on` is the law's day in London, `fires_at` the instant when the daemon acts.

    `ended_on` is the day of the fact that met or ended it. `started_by` and `started_on` are the event whose day is
    not counted. `status` is what the facts alone say: that a duty was missed is for the clock to find. While it
    `waits`, the window to appeal is neither open nor over: the certificate to come brings a month of its own. What is
    `not_taken` is a limit of the other of two roads, and never was to be kept.
    """

    rule: Rule
    status: Status
    started_by: str
    started_on: date
    due_on: date
    fires_at: datetime
    ended_on: date | None = None
    directed: bool = False
    excused: bool = False
    warnings: tuple[str, ...] = ()
    waits: bool = False
    not_taken: bool = False

    @property
    def id(self) -> str:
        return self.rule.id

    def late_by(self, now: datetime) -> timedelta:
        """How long after its instant `now` (aware) is; less than nothing before it."""
        return now - in_utc(self.fires_at)

    def is_due(self, now: datetime) -> bool:
        """Whether it runs and its instant has come."""
        return self.status is Status.ARMED and in_utc(self.fires_at) <= now


def _rules_by_clock() -> Mapping[str, tuple[Rule, ...]]:
    by_clock: dict[str, list[Rule]] = defaultdict(list)
    for rule in RULES.values():
        if rule is not LODGE_APPEAL:
            for fact in rule.clock:
                by_clock[fact].append(rule)
    return {fact: tuple(rules) for fact, rules in by_clock.items()}


_BY_CLOCK = _rules_by_clock()


def deadlines(state: str, facts: Facts, reckoner: Reckoner) -> tuple[Deadline, ...]:
    """Every deadline that the facts of a case have started, whether it runs, was met or has ended.

    Raises CannotReckon where a day lies outside the calendar.
    """
    reckoned = [reckon(rule, state, facts, reckoner) for rule in _started(tuple(facts))]
    return tuple([deadline for deadline in reckoned if deadline is not None])


def running_rules(facts: Facts) -> Iterator[Rule]:
    """The rules whose clock a fact has started and that apply, each once."""
    return (rule for rule in _started(tuple(facts)) if applies(rule, facts))


@lru_cache(maxsize=4096)
def _started(names: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules whose clock one of these facts starts, each once; the window to appeal comes last."""
    rules = dict.fromkeys(rule for name in names for rule in _BY_CLOCK.get(name, ()))
    return (*rules, LODGE_APPEAL) if "letter_sent_on" in names else tuple(rules)


def applies(rule: Rule, facts: Facts) -> bool:
    """Whether the facts are of the kind for which the rule runs at all."""
    for fact in rule.unless:
        if facts.get(fact) is True:
            return False
    if rule.when is not None:
        for fact, values in rule.when.items():
            value = facts.get(fact, "")
            if (text_of(value) if isinstance(value, bool) else value) not in values:
                return False
    return True


def reckon(rule: Rule, state: str, facts: Facts, reckoner: Reckoner, trail: Trail = None) -> Deadline | None:
    """One deadline of a case, or None where it does not run. A trail, when given, receives the steps in order."""
    if trail is None:
        return _remembered_deadline(rule, state, tuple(map(facts.get, _LOOKS_AT[rule])), reckoner)
    return _reckoned(rule, state, facts, reckoner, trail)


# A change asks for the same deadline several times, and cases share their days.
@lru_cache(maxsize=8192)
def _remembered_deadline(rule: Rule, state: str, values: Values, reckoner: Reckoner) -> Deadline | None:
    return _reckoned(rule, state, facts_of(_LOOKS_AT[rule], values), reckoner, None)


def _reckoned(rule: Rule, state: str, facts: Facts, reckoner: Reckoner, trail: Trail) -> Deadline | None:
    if rule is LODGE_APPEAL:
        return _boundary(state, facts, reckoner, trail)
    for started_by in rule.clock:
        if started_by in facts:
            break
    else:
        return None
    if not applies(rule, facts):
        return None
    started_on = day_of(facts, started_by)
    if rule.before and rule.before in facts and day_of(facts, rule.before) <= started_on:
        return None
    directed = facts.get(rule.directed_on)
    if isinstance(directed, date):
        end = _End(set_by_direction(directed, trail), _fires_at(rule, directed), ())
    elif trail is None and rule.after is None:
        end = _remembered_end(rule, started_on, reckoner)
    else:
        end = _end(rule, facts, started_on, reckoner, trail, started_by)
    due_on, fires_at, warnings = end
    if trail is not None:
        _note_the_hour(rule, fires_at, trail)
    status, ended_on = _standing(rule, state, facts, due_on)
    return Deadline(
        rule, status, started_by, started_on, due_on, fires_at, ended_on,
        directed=directed is not None, excused=rule.excused in facts, warnings=warnings,
        not_taken=_decided_otherwise(rule, facts) and status is Status.SUPERSEDED,
    )  # fmt: skip


class _End(NamedTuple):
    """When a rule's time ends, and what to say of that day."""

    due_on: date
    fires_at: datetime
    warnings: tuple[str, ...]


def _end(rule: Rule, facts: Facts, start: date, reckoner: Reckoner, trail: Trail = None, started_by: str = "") -> _End:
    due_on = span_end(rule, facts, start, reckoner, trail, started_by)
    return _End(due_on, _fires_at(rule, due_on), _warnings(rule, due_on, reckoner.calendar))


# Cases share their days, and one case is reckoned again and again.
@lru_cache(maxsize=16384)
def _remembered_end(rule: Rule, start: date, reckoner: Reckoner) -> _End:
    """The end of a rule's time that depends on the day it starts and on nothing else."""
    return _end(rule, {}, start, reckoner)


def _fires_at(rule: Rule, due_on: date) -> datetime:
    return at(due_on, TRIBUNAL_CLOSES) if rule.tribunal else end_of(due_on)


def span_end(
    rule: Rule, facts: Facts, start: date, reckoner: Reckoner, trail: Trail = None, started_by: str = ""
) -> date:
    """The day on which a rule's time ends, reckoned from the day of the event."""
    if rule.after is not None:
        earlier = RULES[rule.after]
        directed = facts.get(earlier.directed_on)
        if isinstance(directed, date):
            end = set_by_direction(directed, trail)
        else:
            end = span_end(earlier, facts, start, reckoner, trail, started_by)
        note(trail, f"{rule.words}: {rule.span} when that time ends", end, rule.source)
        return end
    note(trail, f"The clock starts: {started_by}", start, rule.source)
    calendar = reckoner.calendar
    match rule.unit:
        case Unit.MONTHS:
            end = add_months(start, rule.length)
        case Unit.WEEKS:
            end = add_days(start, 7 * rule.length)
        case Unit.DAYS:
            end = add_days(start, rule.length)
        case Unit.DAYS_WITH_THE_FIRST:
            end = add_days(start, rule.length - 1)
        case Unit.WORKING_DAYS:
            end = calendar.add_working_days(start, rule.length)
        case Unit.TRIBUNAL_WORKING_DAYS:
            end = add_tribunal_working_days(start, rule.length, calendar)
        case Unit.AT_ONCE:
            end = start
    if trail is not None:
        _note_the_count(rule, start, end, reckoner, trail)
    return end


def _note_the_count(rule: Rule, start: date, end: date, reckoner: Reckoner, trail: Trail) -> None:
    """Write down how the length was counted, with each weekday that was passed over."""
    note(trail, f"{rule.span[0].upper()}{rule.span[1:]} from {words(start)}: {words(end)}", end, rule.source)
    if rule.unit in (Unit.WORKING_DAYS, Unit.TRIBUNAL_WORKING_DAYS):
        for day in (add_days(start, n) for n in range(1, (end - start).days)):
            reason = reckoner.calendar.why_not_working(day)
            if reason and day.weekday() < 5:
                note(trail, f"Not counted: {words(day)} ({reason})", None, "HESC Rules 2008 r.1(3)")
        if rule.unit is Unit.TRIBUNAL_WORKING_DAYS:
            note(trail, "August and 25 December to 1 January are not counted at all", None, C7)
        return
    if rule.unit in (Unit.MONTHS, Unit.WEEKS, Unit.DAYS):
        note(trail, "The day of the event is not counted", None, C1)
    note(
        trail,
        "An end on a weekend, a holiday or in August is not moved: the SEND Regulations have no such rule (C9)",
        end,
        "SI 2014/1530; HESC Rules 2008 r.12 does not reach it",
    )


def _note_the_hour(rule: Rule, fires_at: datetime, trail: Trail) -> None:
    if rule.tribunal:
        note(trail, f"Before 5 pm in London: {fires_at.isoformat()}", fires_at.date(), "HESC Rules 2008 r.12(1)")
    else:
        note(trail, f"The day is over at {fires_at.isoformat()}", None, "London's clocks")


def _standing(rule: Rule, state: str, facts: Facts, due_on: date) -> tuple[Status, date | None]:
    """Whether a duty runs, was met, is excused or has ended, by the facts; and the day of the fact that says so.

    What was done after its day stays excused where a ground excuses it. What ended by its day is not met by an event
    that came afterwards.
    """
    ended = [day_of(facts, fact) for fact in rule.ended_by if fact in facts]
    met = [day_of(facts, fact) for fact in rule.shows_it_met if fact in facts]
    if ended and min(ended) <= due_on and rule.shows_it_met[0] not in facts:
        met = [day for day in met if day <= min(ended)]
    if met:
        excused = rule.excused in facts and min(met) > due_on
        return Status.EXCUSED if excused else Status.MET, min(met)
    if rule.excused in facts:
        return Status.EXCUSED, None
    if ended:
        return Status.SUPERSEDED, min(ended)
    if state == "closed" or _decided_otherwise(rule, facts):
        return Status.SUPERSEDED, None
    return Status.ARMED, None


# After an assessment that was ordered, conceded or agreed there are two roads: a plan is made, or none is.
_NO_PLAN = "assess_no_plan"


def _decided_otherwise(rule: Rule, facts: Facts) -> bool:
    """Whether this is the limit for the road that was not taken."""
    if not rule.instead:
        return False
    return rule.instead in facts or facts.get("plan_to_be_made") is rule.id.endswith(_NO_PLAN)


def _warnings(rule: Rule, due_on: date, calendar: Calendar) -> tuple[str, ...]:
    found = [] if rule.verified else [unverified(rule)]
    if rule.unit in (Unit.WORKING_DAYS, Unit.TRIBUNAL_WORKING_DAYS) or rule.tribunal:
        unpublished = calendar.warning(due_on)
        found += [unpublished] if unpublished else []
    return tuple(found)


def unverified(rule: Rule) -> str:
    """What to say of a rule that was not held against its provision's own words."""
    checked = f" (checked against {rule.read})" if rule.read else ""
    return f"Check before relying on it: the text of {rule.source} has not been read{checked}."


# All that the boundary of the window depends on.
_OF_THE_BOUNDARY = (*OF_THE_WINDOW, "appeal_lodged_on", "adviser_contacted_on", "contact_adviser_directed_on")


def bearing(rule: Rule) -> frozenset[str]:
    """The names of the facts that bear on a deadline: a change of any other leaves it as it is."""
    return frozenset(_LOOKS_AT[rule])


def _looks_at(rule: Rule) -> Iterator[str]:
    if rule is LODGE_APPEAL:
        yield from _OF_THE_BOUNDARY
        return
    yield from (*rule.clock, *rule.unless, *(rule.when or ()), *filter(None, (rule.before,)))
    yield from (rule.directed_on, rule.excused, *rule.shows_it_met, *rule.ended_by)
    if rule.instead:
        yield "plan_to_be_made"
    while rule.after is not None:
        rule = RULES[rule.after]
        yield rule.directed_on


_LOOKS_AT: Mapping[Rule, tuple[str, ...]] = {rule: tuple(dict.fromkeys(_looks_at(rule))) for rule in RULES.values()}


def _boundary(state: str, facts: Facts, reckoner: Reckoner, trail: Trail) -> Deadline | None:
    if "letter_sent_on" not in facts:
        return None
    found = window(facts, reckoner, trail)
    if found is None:
        note(trail, "No routine right of appeal: the plan was issued to carry out a Tribunal's order", None, "advice")
        return None
    if trail is not None:
        _note_the_hour(LODGE_APPEAL, found.fires_at, trail)
    lodged = facts.get("appeal_lodged_on")
    waits = state in WINDOW_STATES and waits_for_certificate(facts)
    if isinstance(lodged, date):
        status = Status.MET
    elif state == EXPIRED:
        status = Status.MISSED
    elif waits or state not in WINDOW_STATES:
        status = Status.SUPERSEDED
        note(trail, "No boundary runs now: " + _why_no_boundary(state), None, "SEND Regs 2014 reg 33; CFA 2014 s.55")
    else:
        status = Status.ARMED
    return Deadline(
        LODGE_APPEAL, status, "letter_sent_on", day_of(facts, "letter_sent_on"), found.due_on, found.fires_at,
        lodged if isinstance(lodged, date) else None,
        directed=found.directed,
        warnings=() if found.directed else _warnings(LODGE_APPEAL, found.gone_on, reckoner.calendar),
        waits=waits,
    )  # fmt: skip


def _why_no_boundary(state: str) -> str:
    if state in WINDOW_STATES:
        return "the certificate is awaited, and will bring a month of its own"
    return "the case is closed" if state == "closed" else "the case is past the window"
