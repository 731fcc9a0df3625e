"""A run: so many steps on one database, all out of one seed, every rule checked after each step."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from persistence.unit import StoredCase, Unit, unit_of_work
from states.calendar import london_day
from tests.simulation import sweeping
from tests.simulation.choosing import Chooser, Known
from tests.simulation.crashes import Process
from tests.simulation.history import LONDON, require
from tests.simulation.seen import armed, see
from tests.simulation.world import Journal, Tally, World
from workflow.change import Change

PROVE_EVERY = 50
FIRST_DAY, YEARS = datetime(2024, 1, 1, tzinfo=UTC), 6


def run(url: str, seed: int, steps: int, cases: int = 12) -> Tally:
    """Run a seed. Raises AssertionError with the seed, the step, and the steps before it."""
    random = Random(seed)  # noqa: S311  (a simulation, no secret)
    start = FIRST_DAY + timedelta(days=random.randint(0, 700), seconds=random.randint(0, 86_399))
    world = World(url, random, start)
    simulation = Simulation(world, Chooser(random), cases)
    step = 0
    try:
        for step in range(1, steps + 1):
            simulation.step(step)
        simulation.end()
    except Exception as fault:
        where = "" if isinstance(fault, AssertionError) else traceback.format_exc()
        steps_before = "\n  ".join(simulation.journal.lines)
        raise AssertionError(
            f"seed {seed}, {steps} steps of {cases} cases ({world.eyes.url.get_backend_name()}), step {step}: "
            f"{fault}\nThe steps before:\n  {steps_before}\n{where}"
        ) from fault
    finally:
        world.close()
    return world.tally


@dataclass(slots=True)
class _Choice:
    weight: float
    what: Callable[[], object]


class Simulation:
    """What may happen in a step, and how often."""

    def __init__(self, world: World, chooser: Chooser, cases: int) -> None:
        self.world, self.choose, self.cases = world, chooser, cases
        self.random = world.random
        self.opened: list[str] = []
        self._twins: dict[str, str] = {}
        self.journal = Journal()
        self.last_day = world.now + timedelta(days=365 * YEARS)
        self._choices = {
            "open": _Choice(8, self.open),
            "advance": _Choice(26, lambda: self.one(self.choose.advance)),
            "record": _Choice(8, lambda: self.one(self.choose.record)),
            "correct": _Choice(12, lambda: self.one(self.choose.correct)),
            "undo": _Choice(6, lambda: self.one(self.choose.undo)),
            "impossible": _Choice(4, self.impossible),
            "several": _Choice(3, self.several),
            "clock": _Choice(25, self.clock),
            "office hours": _Choice(3, self.office_hours),
            "whole sweep": _Choice(11, self.whole_sweep),
            "cut off sweep": _Choice(6, self.cut_off_sweep),
            "sweep cut off everywhere": _Choice(2, self.cut_off_everywhere),
            "stopped sweep": _Choice(2, self.stopped_sweep),
            "two sweeps": _Choice(4, self.two_sweeps),
            "stale find": _Choice(2, lambda: sweeping.stale_find(self.world, self.daemon())),
            "faulty sweep": _Choice(2, self.faulty_sweep),
            "take back": _Choice(2, lambda: sweeping.take_back(self.world)),
            "stale change": _Choice(3, self.stale_change),
        }

    def step(self, number: int) -> None:
        names = list(self._choices)
        name = self.random.choices(names, [self._choices[each].weight for each in names])[0]
        self.journal.note(f"{number} {name}")
        if not self.opened:
            name = "open"
        self._choices[name].what()
        if number % PROVE_EVERY == 0:
            self.world.look_at_all()
            self.world.prove()

    def end(self) -> None:
        """What was set aside is taken back, all that is due fires, and the whole log is read again."""
        self.journal.note("the end")
        sweeping.take_back(self.world)
        sweeping.whole_sweep(self.world, self.daemon(), 50)
        self.world.prove()
        self.world.tell_again()

    def daemon(self) -> Process:
        return self.random.choice(self.world.daemons)

    # --- changes by the office ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """A new case, while fewer are alive than there may be; else the reference of an old one, which is refused."""
        today = london_day(self.world.now)
        if len(self._alive()) < self.cases:
            first, second = (f"S-{len(self.opened) + each}" for each in (1, 2))
            change = self.choose.opening(first, today)
            if self.random.random() < 0.5:
                self.make(change)
            elif self.make(change, change._replace(reference=second)) == "made":
                self._twins |= {first: second, second: first}
        else:
            outcome = self.make(self.choose.opening(self.random.choice(self.opened), today))
            require(outcome != "made", "a reference was given twice")

    def _alive(self) -> list[str]:
        return [reference for reference in self.opened if self.world.histories[reference].state != "closed"]

    def known(self) -> Known:
        """A case, mostly one that is not closed."""
        reference = self.random.choice((self.random.random() < 0.93 and self._alive()) or self.opened)
        return Known.of(see(self.world.eyes, reference), self.world.now, self.world.reckoner)

    def one(self, chosen: Callable[[Known], Change]) -> None:
        """A change of one case; often the same of its twin, so that much falls due at one instant."""
        change = chosen(self.known())
        self.make(change)
        twin = self._twins.get(change.reference)
        if twin is not None and self.random.random() < 0.7:
            self.make(change._replace(reference=twin))

    def make(self, *changes: Change) -> str:
        """Make it: now and then cut off at one write, or at each in turn."""
        self.journal.note(f"  {_words(changes)}")
        luck = self.random.random()
        if luck < 0.06:
            outcome = self.world.crash_everywhere(*changes)
        else:
            outcome = self.world.change(*changes, crash_at=self.random.randint(1, 8) if luck < 0.2 else None)
        self.journal.note(f"    {outcome}")
        if outcome == "made":
            self.opened += [each.reference for each in changes if each.kind == "open"]
        return outcome

    def impossible(self) -> None:
        outcome = self.make(self.choose.impossible(self.known()))
        require(outcome != "made", "what cannot be was not refused")

    def several(self) -> None:
        """Two or three changes in one transaction: all of them, or none."""
        choices = (self.choose.advance, self.choose.record, self.choose.correct)
        self.make(*(self.random.choice(choices)(self.known()) for _ in range(self.random.randint(2, 3))))

    def stale_change(self) -> None:
        """Somebody asks for a change of a case that has moved on since it was read: refused, by either road."""
        case = self.known()
        with unit_of_work(self.world.eyes, writing=False) as unit:
            stale = unit.case(case.seen.reference)
        if stale is None or self.make(self.choose.advance(case)) != "made":
            return
        late = self.choose.record(case)._replace(if_version=stale.version)
        require(self.world.change(late) == "CaseChanged", "a change of what was seen no more was not refused")
        self._stale_write(stale)

    def _stale_write(self, stale: StoredCase) -> None:
        seen = see(self.world.eyes, stale.reference, after=stale.version)
        entry = seen.entries[0]._replace(seq=stale.version + 1, note="simulated")

        def work(unit: Unit) -> None:
            unit.write(stale, entry, [])

        require(self.world.attempt(work) == "CaseChanged", "a write of what was seen no more was not refused")

    # --- time ---------------------------------------------------------------------------------------------------------

    def clock(self) -> None:
        boundaries = [at for at, _, _ in armed(self.world.eyes)]
        self._set(self.choose.instant(self.world.now, boundaries))

    def office_hours(self) -> None:
        """To the last second before 5 pm in London, and to 5 pm."""
        now = self.world.now.astimezone(LONDON)
        day = now.date() + timedelta(days=self.random.choice((0, 1)))
        for at in ("16:59:59", "17:00:00"):
            to = datetime.combine(day, datetime.strptime(at, "%H:%M:%S").time(), LONDON)  # noqa: DTZ007
            if to > now:
                self._set(to)
                self.whole_sweep()

    def _set(self, to: datetime) -> None:
        now = self.world.now
        if now < to < self.last_day:
            self.journal.note(f"  {to.isoformat()}")
            self.world.set_clock(to, self.random.randint(1, 4) if self.random.random() < 0.1 else None)

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def batch(self) -> int:
        return self.random.choice((1, 1, 2, 3, 50))

    def whole_sweep(self) -> None:
        sweeping.whole_sweep(self.world, self.daemon(), self.batch())

    def cut_off_sweep(self) -> None:
        sweeping.cut_off_sweep(self.world, self.daemon(), self.batch(), self.random.randint(1, 30))

    def cut_off_everywhere(self) -> None:
        sweeping.cut_off_everywhere(self.world, self.daemon(), self.batch())

    def stopped_sweep(self) -> None:
        sweeping.stopped_sweep(self.world, self.daemon(), self.batch(), self.random.randint(0, 2))

    def two_sweeps(self) -> None:
        busy = (lambda: self.one(self.choose.correct)) if self.random.random() < 0.5 else None
        sweeping.two_sweeps(self.world, self.batch(), busy)

    def faulty_sweep(self) -> None:
        """At the next boundary, if nothing is due yet; then it is what is due that fails."""
        ahead = [at for at, _, _ in armed(self.world.eyes) if at > self.world.now]
        due = self._due()
        if not due and ahead:
            self._set(ahead[0])
            due = self._due()
        sweeping.faulty_sweep(self.world, self.daemon(), self.random.choice(due or self.opened), self.batch())

    def _due(self) -> list[str]:
        ready = {case for at, case, _ in armed(self.world.eyes) if at <= self.world.now}
        return sorted(ready - self.world.left_alone)


def _words(changes: tuple[Change, ...]) -> str:
    return "; ".join(
        f"{each.kind} {each.reference} {each.trigger} {dict(each.facts)}{f' on {each.on}' if each.on else ''}"
        for each in changes
    )
