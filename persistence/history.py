"""Reading the log by what is asked of it: a span of days, an actor, triggers, a state, duties that were missed."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from persistence.log import Entry, facts_told
from persistence.places import OF_LOG, Place, behind
from persistence.queries import log_entries
from persistence.refusals import REFUSALS, Refusal, refused_attempts
from persistence.unit import CASES, LOG

# In the canonical JSON of an entry's deadlines these stand side by side, and no other status begins with an m: a duty
# that was missed, or met after its day.
_OVERDUE = '"kind":"duty","missed":true,"status":"m'


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is not set leaves nothing out.

    `since` and `before` are aware instants of recording, the second one not included. `state` keeps the entries that
    start or end in it. `overdue` keeps those by which a duty was missed or was met late.
    """

    reference: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    actor: str | None = None
    triggers: tuple[str, ...] = ()
    state: str | None = None
    overdue: bool = False

    def of_log(self) -> list[Any]:
        """The conditions on the log and its cases."""
        found = self._on(LOG.c.recorded_at, LOG.c.actor, LOG.c.trigger)
        if self.state is not None:
            found.append(or_(LOG.c.source == self.state, LOG.c.dest == self.state))
        if self.overdue:
            found.append(LOG.c.deadlines.contains(_OVERDUE, autoescape=True))
        return found

    def of_refusals(self) -> list[Any]:
        """The conditions on the refused attempts and their cases."""
        found = self._on(REFUSALS.c.at, REFUSALS.c.actor, REFUSALS.c.trigger)
        if self.state is not None:
            found.append(REFUSALS.c.state == self.state)
        return found

    def _on(self, instant: Any, actor: Any, trigger: Any) -> list[Any]:
        found = []
        if self.reference is not None:
            found.append(CASES.c.reference == self.reference)
        if self.since is not None:
            found.append(instant >= self.since)
        if self.before is not None:
            found.append(instant < self.before)
        if self.actor is not None:
            found.append(actor == self.actor)
        if self.triggers:
            found.append(trigger.in_(self.triggers))
        return found


_PLACE = (
    select(*OF_LOG)
    .join(CASES, CASES.c.id == LOG.c.case_id)
    .where(
        CASES.c.reference == bindparam("of_reference"),
        LOG.c.seq == bindparam("of_seq"),
        LOG.c.hash == bindparam("of_hash"),
    )
)


def wanted_entries(connection: Connection, wanted: Wanted, after: Place | None = None) -> Iterator[Entry]:
    """The entries that are wanted, oldest first, a page at a time; those behind a place alone where one is given."""
    conditions = wanted.of_log()
    if after is not None:
        conditions.append(behind(after, OF_LOG))
    return log_entries(connection, *conditions, of_one=wanted.reference is not None)


def count_wanted(connection: Connection, wanted: Wanted, after: Place | None = None) -> int:
    """How many entries `wanted_entries` has."""
    query = select(func.count()).select_from(LOG.outerjoin(CASES, CASES.c.id == LOG.c.case_id))
    query = query.where(*wanted.of_log())
    if after is not None:
        query = query.where(behind(after, OF_LOG))
    return int(connection.execute(query).scalar_one())


def place_of(connection: Connection, reference: str, seq: int, entry_hash: str) -> Place | None:
    """The place of an entry that is named by its case, number and hash; None where the log has no such entry."""
    asked = {"of_reference": reference, "of_seq": seq, "of_hash": entry_hash}
    found = connection.execute(_PLACE, asked).one_or_none()
    return None if found is None else Place(*found)


def facts_before(connection: Connection, reference: str, seq: int) -> Mapping[str, str]:
    """The facts of a case in plain as they stood before one of its entries."""
    return facts_told(log_entries(connection, CASES.c.reference == reference, LOG.c.seq < seq, of_one=True))


def entries_and_refusals(connection: Connection, wanted: Wanted) -> Iterator[Entry | Refusal]:
    """The entries that are wanted with the refused attempts between them, by the time of their recording."""
    refused = iter(()) if wanted.overdue else refused_attempts(connection, *wanted.of_refusals())
    return heapq.merge(wanted_entries(connection, wanted), refused, key=_recorded)


def _recorded(each: Entry | Refusal) -> datetime:
    return each.recorded_at if isinstance(each, Entry) else each.at
