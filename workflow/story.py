"""The log as a story for a person: when it happened and was recorded, by whom, what changed, which dates moved and why.

Words alone carry the meaning, and whatever the log holds comes out inert. The lines are wrapped to a width, so that
they read in a narrow terminal and in a pipe alike.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from persistence.instants import instant_from
from persistence.log import Entry
from persistence.refusals import Refusal
from persistence.sealing import ERASED_BY
from states.by_time import TIME_HAS_PASSED
from states.calendar import LONDON, london_day
from states.counting import words
from states.deadlines import bearing
from states.facts import parse_date
from states.rules import RULES, Kind
from states.table import row_of, words_of
from workflow.words import count, inert

NARROW = 30
_INDENT = 4
_LABEL = 10
_WHAT = {
    "record": "A fact is recorded",
    "correct": "A fact is corrected",
    "undo": "A slip is undone: the entry before",
    ERASED_BY: "What named the family is erased",
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entry or one refused attempt: its heading, and the lines below it, each behind its label."""

    heading: str
    lines: tuple[tuple[str, str], ...]

    def wrapped(self, width: int) -> tuple[str, str]:
        """The heading and the rest, as they fit a page so many columns wide."""
        width = max(width, NARROW)
        heading = textwrap.fill(self.heading, width, subsequent_indent=" " * _INDENT, break_on_hyphens=False)
        rest, before = [], ""
        for label, text in self.lines:
            shown = label if label != before else ""
            rest.append(
                textwrap.fill(
                    text,
                    width,
                    initial_indent=" " * _INDENT + shown.ljust(_LABEL),
                    subsequent_indent=" " * (_INDENT + _LABEL + 2),
                    break_on_hyphens=False,
                )
            )
            before = label
        return heading, "\n".join(rest)


def needs_the_past(entry: Entry) -> bool:
    """Whether the story of an entry tells what a fact was before: it corrects one, or takes one back."""
    return entry.trigger in ("correct", "undo") or None in entry.facts_set().values()


def chapter(entry: Entry, before: Mapping[str, str], *, named: bool) -> Chapter:
    """An entry as a chapter. `before` are the facts as they stood; `named` puts the case's reference in front."""
    what = _WHAT.get(entry.trigger) or words_of(entry.trigger, entry.source, entry.dest)
    about = f": {entry.deadline}" if entry.trigger == "miss_duty" else ""
    moved = f"{entry.source} -> {entry.dest}" if entry.source != entry.dest else f"stays {entry.dest}"
    place = f"{entry.case} #{entry.seq}" if named else f"#{entry.seq}"
    by_table = row_of(entry.trigger, entry.source, entry.dest)
    lines = [("Happened", words(entry.on)), ("Recorded", _recorded(entry))]
    lines += [("Facts", line) for line in _facts(entry, before)]
    lines += [("Note", f'"{entry.note}"')] if entry.note else []
    lines += [("Dates", _date(change, entry, before)) for change in entry.deadlines_changed()]
    lines += [("Source", by_table.source)] if by_table else []
    lines.append(("Hash", entry.hash[:12]))
    return _inert(f"{place}  {what} ({entry.trigger}){about}: {moved}", lines)


def refused_chapter(refusal: Refusal, *, named: bool) -> Chapter:
    """A refused attempt as a chapter of its own, which bears no number."""
    place = f"{refusal.case} --" if named else "--"
    kind = "" if refusal.kind == refusal.trigger else f" ({refusal.kind})"
    lines = [
        ("Tried", f"{_clock(refusal.at)} by {refusal.actor}, {refusal.role}"),
        ("Refused", f"by {_GUARDS.get(refusal.guard, f'the guard {refusal.guard}')}"),
        ("Why", refusal.why or "what was said is erased with the case"),
        ("Hash", refusal.hash[:12]),
    ]
    return _inert(f"{place}  REFUSED {refusal.trigger}{kind}: the case stays {refusal.state}", lines)


_GUARDS = {
    "state": "the state: it is not possible from there",
    "fact": "what was given with it",
    "role": "the role: it is not for this person",
}


def _inert(heading: str, lines: list[tuple[str, str]]) -> Chapter:
    return Chapter(inert(heading), tuple((label, inert(text)) for label, text in lines))


# --- when, and by whom -----------------------------------------------------------------------------------------------


def _recorded(entry: Entry) -> str:
    """The instant of recording in London, by whom, and how late it was."""
    said = f"{_clock(entry.recorded_at)} by {entry.actor}"
    if entry.late_seconds:
        due = entry.recorded_at - timedelta(seconds=entry.late_seconds)
        return f"{said}, {span_words(entry.late_seconds)} late: its instant was {_clock(due)}"
    days = (london_day(entry.recorded_at) - entry.on).days
    return f"{said}, {count(days, 'day')} later" if days > 0 else said


def _clock(instant: datetime) -> str:
    london = instant.astimezone(LONDON)
    return f"{words(london.date())} at {london:%H:%M}"


def span_words(seconds: int) -> str:
    """A span of time in its two largest units: "3 days 16 hours", "5 minutes", "12 seconds"."""
    parts: list[str] = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append(count(number, unit) if number else "")
    return " ".join(part for part in parts[:2] if part)


# --- what changed ----------------------------------------------------------------------------------------------------


def _facts(entry: Entry, before: Mapping[str, str]) -> Iterator[str]:
    for name, text in entry.facts_set().items():
        was = before.get(name)
        if text is None:
            yield f"{name}: {_value(was)} is taken back" if was is not None else f"{name}: taken back"
        elif was is not None and was != text:
            yield f"{name}: {_value(was)} -> {_value(text)}"
        else:
            yield f"{name}: {_value(text)}"


def _value(text: str) -> str:
    """A fact's value as a person reads it: a date with its weekday, else as it is recorded."""
    day = parse_date(text)
    return words(day) if day else text


def _date(change: Mapping[str, Any], entry: Entry, before: Mapping[str, str]) -> str:
    """What became of a deadline, why, and the rule's source in law."""
    rule = RULES.get(change["id"])
    source = ""
    if rule is not None:
        source = f" [{rule.source}{'' if rule.verified else '; check before relying on it'}]"
    return f"{change['id']} {_became(change)}; {_why(change, entry, before)}{source}"


def _became(change: Mapping[str, Any]) -> str:
    """What became of a deadline: armed, moved, met, missed, excused or ended, with the day before and now."""
    was, due, status = change["was"], _day(change["due_on"]), change["status"]
    old = _day(was["due_on"]) if was and was["due_on"] != change["due_on"] else None
    shifted = f", moved there from {old}" if old else ""
    if status == "armed":
        gone = _gone(change)
        if was is None:
            return f"runs: due {due}{gone}"
        if was["status"] != "armed":
            return f"runs again, it was {was['status']}: due {due}{shifted}{gone}"
        return f"moves from {old} to {due}{gone}" if old else f"stays due {due}{gone or ', its instant moves'}"
    if status == "met":
        on = _day(change["ended_on"]) if change["ended_on"] else "its day"
        return f"is met {'late, ' if change['missed'] else ''}on {on}: it was due {due}{shifted}"
    ended = {"missed": "is missed", "excused": "is excused", "superseded": "ends, it no longer applies"}
    return f"{ended.get(status, f'is {status}')}: it was due {due}{shifted}"


def _gone(change: Mapping[str, Any]) -> str:
    """When a right is held to be gone, where that is later than the law's day."""
    fires_at = instant_from(change["fires_at"])
    is_later = change["kind"] == Kind.BOUNDARY and london_day(fires_at).isoformat() > change["due_on"]
    return f", the right held to be gone only on {_clock(fires_at)}" if is_later else ""


def _day(text: str) -> str:
    return words(date.fromisoformat(text))


def _why(change: Mapping[str, Any], entry: Entry, before: Mapping[str, str]) -> str:
    """Why a deadline changed: the day that passed, the facts of this entry that bear on it, or the state."""
    if change["id"] == entry.deadline and entry.trigger in TIME_HAS_PASSED:
        return "its time passed and nothing had met it"
    rule = RULES.get(change["id"])
    changed = [name for name in entry.facts_set() if rule is None or name in bearing(rule)]
    if changed:
        return "since " + " and ".join(f"{name} {_did(name, entry, before)}" for name in changed)
    if entry.source != entry.dest:
        return f"since the case is now {entry.dest}"
    return f"since it was reckoned again, under {entry.definition}"


def _did(name: str, entry: Entry, before: Mapping[str, str]) -> str:
    if entry.facts_set()[name] is None:
        return "was taken back"
    return "changed" if name in before else "was recorded"
