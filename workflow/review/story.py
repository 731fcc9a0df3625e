"""The story of a case, told from its log: what happened, on which day, by whom, and what followed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from persistence.log import Entry
from states.calendar import LONDON
from states.counting import words
from states.table import TRIGGERS, words_of
from workflow.review.rendering import fact_value, fact_words, status_words, step_words
from workflow.views import HEADINGS


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as a person reads it.

    `on` is the day in London on which it happened; `recorded` is said where it was written down on another. `moved_to`
    is the state it led to, where it led to another. `by_time` is true where the clock did it. `facts` and `dates` are
    sentences.
    """

    seq: int
    case: str
    on: date
    what: str
    actor: str
    recorded_at: datetime
    recorded: str
    moved_to: str | None
    by_time: bool
    facts: tuple[str, ...]
    dates: tuple[str, ...]
    note: str | None
    hash: str


def tell(entries: Iterable[Entry]) -> list[Told]:
    """The entries of a log as a person reads them, in the order in which they are given."""
    return [_told(entry) for entry in entries]


def _told(entry: Entry) -> Told:
    return Told(
        seq=entry.seq,
        case=entry.case,
        on=entry.on,
        what=_what(entry),
        actor=entry.actor,
        recorded_at=entry.recorded_at,
        recorded=_recorded(entry),
        moved_to=entry.dest if entry.dest != entry.source else None,
        by_time=entry.deadline is not None,
        facts=tuple(_facts(entry)),
        dates=tuple(map(_date, entry.deadlines_changed())),
        note=entry.note,
        hash=entry.hash,
    )


def _what(entry: Entry) -> str:
    what = words_of(entry.trigger, entry.source, entry.dest)
    return f"{what}: {step_words(str(entry.deadline))}" if entry.trigger == "miss_duty" else what


def _recorded(entry: Entry) -> str:
    there = entry.recorded_at.astimezone(LONDON)
    when = "" if there.date() == entry.on else f"recorded {words(there.date())}"
    late = f"{timedelta(seconds=entry.late_seconds)} after its instant" if entry.late_seconds else ""
    return ", ".join(filter(None, (when, late)))


def _facts(entry: Entry) -> list[str]:
    """What it set or took back, without what its line says already."""
    days = {row.sets for row in TRIGGERS.get(entry.trigger, ())}
    told = []
    for name, text in entry.facts_set().items():
        if name in days or (entry.trigger == "open" and name in HEADINGS):
            continue
        told.append(f"{fact_words(name)}: {'taken back' if text is None else fact_value(text)}")
    return told


def _date(change: dict[str, Any]) -> str:
    """A deadline that it armed, moved or ended."""
    was, due = change["was"], words(date.fromisoformat(change["due_on"]))
    if was is None:
        return f"{step_words(change['id'])}: by {due}"
    if was["due_on"] != change["due_on"]:
        return f"{step_words(change['id'])}: now by {due}, before by {words(date.fromisoformat(was['due_on']))}"
    return f"{step_words(change['id'])}: {status_words(change['status'])}"
