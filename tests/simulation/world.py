"""The simulated office: a database, those who change it, the daemons that sweep it, and the one who checks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from persistence.database import Database
from persistence.meta import read_meta, set_clock
from persistence.proof import verify
from persistence.unit import Unit, unit_of_work
from states.calendar import london_day
from states.deadlines import deadlines
from states.errors import DatabaseUnreachable, LogNotIntact, RedressError
from states.policy import WindowBasis
from states.reminders import read_plan, reminder_days
from tests.simulation.crashes import Crash, Process
from tests.simulation.dates import check_deadlines
from tests.simulation.history import History, require
from tests.simulation.seen import Seen, armed, dump, moment, outbox, see, see_all, set_aside
from workflow.change import Actor, Change
from workflow.engine import apply
from workflow.office import set_policy
from workflow.session import Moment, Session
from workflow.setup import make
from workflow.views import explain, read_case

PLANS = ("", "7", "14,3,0", "30 lodge_appeal:14,1")
BROKEN = (DatabaseUnreachable, LogNotIntact)  # no refusal of the workflow: nothing here makes the database go away


@dataclass(slots=True)
class Tally:
    """How often what was tried, so that a run that tries nothing does not pass for a good one."""

    made: int = 0
    refused: int = 0
    crashed: int = 0
    fired: int = 0


class World:
    """One database under simulation. Every check raises AssertionError."""

    def __init__(self, url: str, random: Random, start: datetime) -> None:
        self.random, self.url = random, url
        basis = random.choice(list(WindowBasis)).value
        session = Session(url=url, as_at=start.isoformat())
        make(session, simulated=True, window_basis=basis)
        self.plan = random.choice(PLANS)
        if self.plan:
            with session.moment(alone=True) as instant:
                set_policy(instant, {"reminders": self.plan})
                instant.unit.commit()
        session.close()
        self.eyes = Database(url)
        self.office = Process(url)
        self.daemons = (Process(url), Process(url))
        self.histories: dict[str, History] = {}
        self.left_alone: set[str] = set()
        self.tally = Tally()
        self.now, self.reckoner = moment(self.eyes)
        self.stands = dump(self.eyes)

    @property
    def on_postgres(self) -> bool:
        return not self.eyes.is_sqlite

    def close(self) -> None:
        for process in (self.office, *self.daemons):
            process.close()
        self.eyes.close()

    # --- one transaction, which is made, refused or cut off -----------------------------------------------------------

    def attempt(self, work: Callable[[Unit], object], crash_at: int | None = None) -> str:
        """One unit of work of the office. Refused or cut off, it must leave the database as it was."""
        self.office.arm(crash_at, cut_the_line=self.random.random() < 0.5)
        try:
            with self.office.to_the_end(), unit_of_work(self.office.database) as unit:
                work(unit)
                unit.commit()
            self.office.point()
        except Crash:
            committed = self.office.committed
            self.office.restart()
            self.tally.crashed += 1
            self._settle(changed=committed, how="cut off")
            return "made" if committed else "crashed"
        except RedressError as refused:
            require(not isinstance(refused, BROKEN), f"{type(refused).__name__}: {refused}")
            self.tally.refused += 1
            self._settle(changed=False, how=f"refused ({refused})")
            return type(refused).__name__
        self.office.arm(None)
        self.tally.made += 1
        self._settle(changed=True, how="made")
        return "made"

    def _settle(self, *, changed: bool, how: str) -> None:
        stands = dump(self.eyes)
        what = "and the database is as before" if changed else "and yet the database has changed"
        require((stands != self.stands) == changed, f"the change was {how}, {what}")
        self.stands = stands

    def change(self, *changes: Change, crash_at: int | None = None) -> str:
        """Changes by the engine, in one transaction; then the cases are looked at."""

        def work(unit: Unit) -> None:
            for each in changes:
                meta = read_meta(unit.connection)
                apply(unit, each, meta.now(), meta.reckoner)

        outcome = self.attempt(work, crash_at)
        if outcome == "made":
            for reference in dict.fromkeys(each.reference for each in changes):
                self.look_at(reference)
            self._corrections_expire(changes)
        return outcome

    def crash_everywhere(self, *changes: Change) -> str:
        """The same, cut off at its first write, then at its second, and so on until it is made or refused."""
        outcome, writes = "crashed", 0
        while outcome == "crashed":
            writes += 1
            outcome = self.change(*changes, crash_at=writes)
        return outcome

    def _corrections_expire(self, changes: tuple[Change, ...]) -> None:
        """A correction by which the window is in truth past expires the case at once, not at the next sweep."""
        corrected = {each.reference for each in changes if each.kind in ("correct", "undo")}
        late = [
            (case, name) for at, case, name in armed(self.eyes)
            if case in corrected and name == "lodge_appeal" and at <= self.now
        ]  # fmt: skip
        require(not late, f"corrected, and not expired: {late}")

    def set_clock(self, to: datetime, crash_at: int | None = None) -> str:
        was = self.now
        outcome = self.attempt(lambda unit: set_clock(unit.connection, read_meta(unit.connection), to), crash_at)
        self.now, self.reckoner = moment(self.eyes)
        require(self.now == (to if outcome == "made" else was), f"the clock stands at {self.now}")
        return outcome

    # --- what must hold -----------------------------------------------------------------------------------------------

    def look_at(self, reference: str) -> None:
        """Read on in the log of a case, and hold its rows against it and against what its facts imply."""
        known = self.histories.get(reference)
        self._read_on(see(self.eyes, reference, after=known.version if known else 0))

    def look_at_all(self) -> None:
        known = {reference: history.version for reference, history in self.histories.items()}
        seen = see_all(self.eyes, known)
        require(known.keys() <= {case.reference for case in seen}, "a case is gone")
        for case in seen:
            self._read_on(case)
        require(set_aside(self.eyes) == sorted(self.left_alone), f"set aside: {set_aside(self.eyes)}")

    def _read_on(self, seen: Seen) -> None:
        history = self.histories.setdefault(seen.reference, History(seen.reference))
        for entry in seen.entries:
            history.take(entry)
            require(entry.recorded_at <= self.now, f"{seen.reference}: recorded at {entry.recorded_at}, now {self.now}")
        history.agrees_with(seen)
        check_deadlines(seen, self.now, self.reckoner)

    def prove(self) -> None:
        """The product's own proof, and that nothing has changed behind what was seen."""
        with unit_of_work(self.eyes, writing=False) as unit:
            verdict = verify(unit.connection)
        self.show_all()
        self._outbox_is_right()
        require(verdict.intact, f"the log is not intact: {verdict.fault}")
        require(dump(self.eyes) == self.stands, "the database has changed, and nobody changed it")

    def _outbox_is_right(self) -> None:
        """What waits is of a deadline that runs to that day, and no reminder that is still to come is missing."""
        waits, runs = outbox(self.eyes)
        plan, today = read_plan(self.plan), london_day(self.now)
        stray = [each for each in waits if runs.get(each[:2]) != each[2]]
        require(not stray, f"reminders of what does not run: {stray}")
        wanted = {
            (case, name, due, days)
            for (case, name), due in runs.items()
            for days, day in reminder_days(plan, name, due, today)
            if day > today
        }
        require(wanted <= waits, f"reminders that are missing: {wanted - waits}")

    def show_all(self) -> None:
        """Every case can be shown and each of its dates explained, whatever was done to it; nothing changes by it."""
        with unit_of_work(self.eyes, writing=False) as unit:
            meta = read_meta(unit.connection)
            for reference in self.histories:
                view = read_case(Moment(unit, meta, meta.now(), meta.reckoner, Actor("caseworker")), reference)
                view.as_data()
                for deadline in deadlines(view.stored.state, view.facts, meta.reckoner):
                    explain(view, deadline.rule)

    def nothing_due_is_armed(self) -> None:
        due = [row for row in armed(self.eyes) if row[0] <= self.now and row[1] not in self.left_alone]
        require(not due, f"at {self.now}, after a full sweep, still armed: {due}")

    def tell_again(self) -> None:
        """Every case once more from its first entry."""
        known, self.histories = self.histories, {}
        self.look_at_all()
        require(known == self.histories, "the log, read again from the beginning, tells another story")


@dataclass(slots=True)
class Journal:
    """The last steps of a run, for the message of a failure."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        self.lines = [*self.lines[-14:], line]
