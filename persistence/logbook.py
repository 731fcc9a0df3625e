"""The log page by page, newest first: what happened lately, to whom, by whom.

A page that looks for something rare would read the whole log. So one page looks through so many entries and no more,
says how far back it has looked, and the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from persistence.log import Entry
from persistence.places import OF_LOG, Place, before
from persistence.queries import in_plain
from persistence.unit import CASES, KEYS, LOG

LOOKED_THROUGH = 10_000

_NEWEST_FIRST = tuple(column.desc() for column in OF_LOG)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: None asks for no more. The instants are aware, `until` is not counted in."""

    reference: str | None = None
    actor: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What is sought besides the time of recording, which bounds what a page looks through."""
        case = select(CASES.c.id).where(CASES.c.reference == self.reference).scalar_subquery()
        of_case = [LOG.c.case_id == case] if self.reference is not None else []
        asked = ((LOG.c.actor, self.actor), (LOG.c.trigger, self.trigger))
        return of_case + [column == value for column, value in asked if value is not None]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries in plain, newest first; where the next page goes on, None at the end.

    `looked_back_to` is set where the page stopped looking before it was full.
    """

    entries: Sequence[Entry]
    next: Place | None
    looked_back_to: datetime | None = None


def find(connection: Connection, sought: Sought, limit: int, place: Place | None = None) -> Found:
    """The newest entries that are sought, at most `limit` of those before a place."""
    within = _within(sought, place)
    last = None
    if sought.reference is None and sought.conditions():
        far = select(*OF_LOG).where(*within).order_by(*_NEWEST_FIRST).offset(LOOKED_THROUGH - 1).limit(1)
        row = connection.execute(far).first()
        if row is not None:
            last = Place(*row)
            within.append(~before(last, OF_LOG))
    rows = connection.execute(_in_plain(*within, *sought.conditions(), limit=limit + 1)).mappings().all()
    entries = [in_plain(row) for row in rows[:limit]]
    if len(rows) > limit:
        return Found(entries, Place(*(rows[limit - 1][column.name] for column in OF_LOG)))
    return Found(entries, last, last[0] if last else None)


def _in_plain(*conditions: ColumnElement[bool], limit: int) -> Select[Any]:
    """The newest entries with what opens them, which is looked up for these alone and not for all that were passed."""
    page = select(LOG).where(*conditions).order_by(*_NEWEST_FIRST).limit(limit).subquery()
    joined = page.outerjoin(CASES, CASES.c.id == page.c.case_id).outerjoin(KEYS, KEYS.c.case_id == page.c.case_id)
    known_as = func.coalesce(CASES.c.reference, KEYS.c.reference).label("reference")
    order = tuple(page.c[column.name].desc() for column in OF_LOG)
    return select(page, known_as, KEYS.c.key).select_from(joined).order_by(*order)


def count_entries(connection: Connection) -> int:
    """How many entries there are. None is ever removed, so while it stays no case, fact or deadline has changed.

    The newest instant would not say so: a change may be committed after another that was recorded later.
    """
    return int(connection.execute(select(func.count()).select_from(LOG)).scalar_one())


def _within(sought: Sought, place: Place | None) -> list[ColumnElement[bool]]:
    within: list[ColumnElement[bool]] = []
    if sought.since is not None:
        within.append(LOG.c.recorded_at >= sought.since)
    if sought.until is not None:
        within.append(LOG.c.recorded_at < sought.until)
    if place is not None:
        within.append(before(place, OF_LOG))
    return within
