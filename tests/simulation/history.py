"""A case told again from its log alone: where it is, what is known, what runs; and whether each firing was lawful."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from persistence.log import Entry
from states.decisions import EXPIRED, WINDOW_STATES
from states.table import SAME, TRIGGERS, rows_from
from tests.simulation.seen import Seen

LONDON = ZoneInfo("Europe/London")
FIRED = {"expire_appeal": "appeal_expired", "miss_duty": None}


def require(holds: bool, otherwise: str) -> None:
    """What must hold in every step. Raises AssertionError with what does not."""
    if not holds:
        raise AssertionError(otherwise)


@dataclass(frozen=True, slots=True)
class Told:
    """A deadline as the log last told of it."""

    kind: str
    status: str
    due_on: date
    fires_at: datetime
    missed: bool
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Stood:
    """How a case stood before an entry."""

    state: str
    facts: dict[str, str]
    rows: dict[str, Told]


@dataclass(slots=True)
class History:
    """One case, as far as its log was read."""

    reference: str
    state: str = "unopened"
    version: int = 0
    head: str = "0" * 64
    facts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Told] = field(default_factory=dict)
    last: datetime | None = None
    fired: int = 0
    missed_on: set[tuple[str, date]] = field(default_factory=set)
    before_last: "Stood | None" = None

    def take(self, entry: Entry) -> None:
        """Read the next entry."""
        where = f"{self.reference} entry {entry.seq} ({entry.trigger})"
        require(entry.seq == self.version + 1, f"{where}: follows entry {self.version}")
        require(entry.source == self.state, f"{where}: starts from {entry.source}, the case was in {self.state}")
        require(entry.previous == self.head, f"{where}: does not name the entry before it")
        require(self.last is None or entry.recorded_at >= self.last, f"{where}: recorded before the one before it")
        require(entry.trigger != "reckon_again", f"{where}: a stored date was not what the facts gave")
        if entry.trigger in TRIGGERS:
            led = {entry.source if row.dest == SAME else row.dest for row in rows_from(entry.trigger, entry.source)}
            # A fact that comes with a trigger may show that the window is open, as a recorded one may.
            reinstated = entry.source == EXPIRED and entry.dest in WINDOW_STATES
            require(
                entry.dest in led or reinstated,
                f"{where}: led from {entry.source} to {entry.dest}, by the table to {led}",
            )
        before, stood = dict(self.rows), Stood(self.state, dict(self.facts), dict(self.rows))
        for change in json.loads(entry.deadlines):
            self._change(change)
        if entry.trigger in FIRED:
            self._fired(entry, before, where)
        self._no_other_is_missed(entry, before, where)
        for name, value in json.loads(entry.facts).items():
            if value is None:
                del self.facts[name]
            else:
                self.facts[name] = value
        self.state, self.version, self.head, self.last = entry.dest, entry.seq, entry.hash, entry.recorded_at
        if entry.trigger == "undo":
            self._is_as_it_was(where)
        self.before_last = None if entry.trigger == "undo" else stood

    def _is_as_it_was(self, where: str) -> None:
        """What was undone has left nothing: the case is where it was, and knows what it knew."""
        was = self.before_last
        require(was is not None, f"{where}: nothing could be undone")
        assert was is not None
        same = (self.state, self.facts) == (was.state, was.facts)
        require(same, f"{where}: {self.state}, {self.facts}; before the slip {was.state}, {was.facts}")

    def _change(self, change: dict[str, object]) -> None:
        ended = change["ended_on"]
        self.rows[str(change["id"])] = Told(
            kind=str(change["kind"]),
            status=str(change["status"]),
            due_on=date.fromisoformat(str(change["due_on"])),
            fires_at=datetime.fromisoformat(str(change["fires_at"])),
            missed=bool(change["missed"]),
            ended_on=None if ended is None else date.fromisoformat(str(ended)),
        )

    def _fired(self, entry: Entry, before: dict[str, Told], where: str) -> None:
        """A firing uses up one arming, at or after its instant, and is entered at its boundary."""
        self.fired += 1
        row = before.get(str(entry.deadline))
        require(row is not None and row.status == "armed", f"{where}: {entry.deadline} was not armed, but {row}")
        assert row is not None
        require(row.fires_at <= entry.recorded_at, f"{where}: fired at {entry.recorded_at}, armed for {row.fires_at}")
        late = int((entry.recorded_at - row.fires_at).total_seconds())
        require(entry.late_seconds == late, f"{where}: {entry.late_seconds} seconds late, in truth {late}")
        boundary = row.kind == "boundary"
        require(boundary == (entry.trigger == "expire_appeal"), f"{where}: {entry.deadline} is a {row.kind}")
        day = row.fires_at.astimezone(LONDON).date() if boundary else row.due_on
        again = not boundary and (str(entry.deadline), day) in self.missed_on
        require(not again, f"{where}: {entry.deadline} was entered as missed on {day} before")
        self.missed_on.add((str(entry.deadline), day))
        require(entry.on == day, f"{where}: entered on {entry.on}, the boundary was {day}")
        require(entry.dest == (FIRED[entry.trigger] or entry.source), f"{where}: led to {entry.dest}")
        now = self.rows[str(entry.deadline)]
        require(now.status == "missed" and now.missed, f"{where}: {entry.deadline} is {now.status} after it")

    def _no_other_is_missed(self, entry: Entry, before: dict[str, Told], where: str) -> None:
        for name, row in self.rows.items():
            was = before.get(name)
            if row.status == "missed" and (was is None or was.status != "missed"):
                stood = self.before_last.rows.get(name) if self.before_last and entry.trigger == "undo" else None
                if stood is not None and stood.status == "missed":
                    continue
                if (name, row.due_on) in self.missed_on:
                    continue
                fired = entry.trigger in FIRED and entry.deadline == name
                require(fired, f"{where}: {name} became missed and was not fired")

    def agrees_with(self, seen: Seen) -> None:
        """The stored rows are where the log ends."""
        stands = (seen.state, seen.version, seen.head)
        ends = (self.state, self.version, self.head)
        require(stands == ends, f"{self.reference} stands at {stands}, its log ends at {ends}")
        require(dict(seen.facts) == self.facts, f"{self.reference}: facts {seen.facts}, by its log {self.facts}")
        stored = {
            name: Told(row.kind, row.status, row.due_on, row.fires_at, row.missed, row.ended_on)
            for name, row in seen.deadlines.items()
        }
        require(stored == self.rows, f"{self.reference}: deadlines {stored}, by its log {self.rows}")
