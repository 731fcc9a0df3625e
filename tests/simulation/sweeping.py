"""Sweeps under simulation: whole, stopped, cut off, by two daemons in turn, with a find that is stale, with a fault."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from persistence.meta import read_meta
from persistence.queries import DueDeadline, due
from persistence.unit import Unit, unit_of_work
from scheduler.sweep import Fire, Fired, Swept, sweep
from states.definition import version
from states.reckoner import Reckoner
from tests.simulation.crashes import Crash, Process
from tests.simulation.history import require
from tests.simulation.seen import dump, set_aside
from tests.simulation.world import World
from workflow.firing import fire


@dataclass(slots=True)
class Round:
    """One sweep of one daemon: how it is disturbed, and what came of it."""

    world: World
    daemon: Process
    batch: int
    stop_after: int | None = None
    between: Callable[[], None] | None = None
    fire: Fire = fire
    crash_at: int | None = None
    cut_the_line: bool = False
    batches: int = 0
    fired: list[Fired] = field(default_factory=list)
    stopped: bool = False
    crashed: bool = False
    failed: list[str] = field(default_factory=list)

    def go(self) -> None:
        """Sweep until nothing is due, or it is stopped or cut off; the batch in hand is then undone, no other one."""
        self.daemon.arm(self.crash_at, cut_the_line=self.cut_the_line)
        try:
            with self.daemon.to_the_end():
                sweep(
                    self.daemon.database, self.fire, version(),
                    stopping=self._stopping, report=self._report, batch=self.batch,
                )  # fmt: skip
        except Crash:
            self.crashed = True
            self.daemon.restart()
            self.world.tally.crashed += 1
            require(dump(self.world.eyes) == self.world.stands, "a batch that was cut off has left something behind")
        self.daemon.arm(None)

    def _stopping(self) -> bool:
        require(dump(self.world.eyes) == self.world.stands, "between two batches the database has changed")
        if self.between is not None:
            self.between()
        self.stopped = self.stop_after is not None and self.batches >= self.stop_after
        return self.stopped

    def _report(self, swept: Swept) -> None:
        self.batches += 1
        self.world.stands = dump(self.world.eyes)
        again = [each.case for each in swept.fired if each.case in self.world.left_alone]
        require(not again, f"set aside, and yet fired: {again}")
        self.world.tally.fired += len(swept.fired)
        self.fired += swept.fired
        self.failed += [each.case for each in swept.failed]
        self.daemon.point()


def whole_sweep(world: World, daemon: Process, batch: int) -> None:
    """A sweep that nothing disturbs: then nothing that is due is armed, and each firing is in the log."""
    before = _firings(world)
    calm = Round(world, daemon, batch)
    calm.go()
    _after(world, [calm])
    require(_firings(world) - before == len(calm.fired), f"reported {len(calm.fired)}, logged {_firings(world)}")
    world.nothing_due_is_armed()


def cut_off_sweep(world: World, daemon: Process, batch: int, crash_at: int) -> bool:
    """A sweep that is cut off at one of its writes; the next one does what was left, once. Whether it came so far."""
    cut = Round(world, daemon, batch, crash_at=crash_at, cut_the_line=world.random.random() < 0.5)
    cut.go()
    _after(world, [cut])
    return cut.crashed


def cut_off_everywhere(world: World, daemon: Process, batch: int) -> None:
    """A sweep that is cut off at its first write, the next at its second, and so on until one is whole."""
    writes = 1
    while cut_off_sweep(world, daemon, batch, writes):
        writes += 1
    world.nothing_due_is_armed()


def stopped_sweep(world: World, daemon: Process, batch: int, after: int) -> None:
    """A sweep that is told to stop after so many batches."""
    stopped = Round(world, daemon, batch, stop_after=after)
    stopped.go()
    _after(world, [stopped])
    require(stopped.batches <= after, f"told to stop after {after} batches, it did {stopped.batches}")


def two_sweeps(world: World, batch: int, meanwhile: Callable[[], None] | None = None) -> None:
    """Two daemons in turn, a batch each; on PostgreSQL the other also comes while a batch is in hand.

    `meanwhile` is what the office does between two batches.
    """
    first, second = world.daemons
    rounds: list[Round] = []
    crash_at = world.random.randint(1, 25) if world.random.random() < 0.3 else None

    def other(stop_after: int | None = 1) -> None:
        rival = Round(world, second, max(1, batch - 1), stop_after=stop_after)
        rival.go()
        rounds.append(rival)
        if meanwhile is not None:
            meanwhile()

    def fire_and_be_met(unit: Unit, row: DueDeadline, /, now: datetime, reckoner: Reckoner) -> list[Fired]:
        fired = fire(unit, row, now, reckoner)
        if world.on_postgres and world.random.random() < 0.3:
            rival = Round(world, second, batch)
            rival.go()
            rounds.append(rival)
        return fired

    one = Round(world, first, batch, between=other, fire=fire_and_be_met, crash_at=crash_at)
    one.go()
    _after(world, [one, *rounds])
    if not one.crashed and meanwhile is None:
        world.nothing_due_is_armed()


def stale_find(world: World, daemon: Process) -> None:
    """A daemon comes late with what it found before another swept: nothing is fired twice."""
    with unit_of_work(world.eyes, writing=False) as unit:
        found = due(unit.connection, world.now, 1000, version(), claim=False)
    whole_sweep(world, daemon, 3)
    for row in found:
        if row.reference not in world.left_alone:
            with unit_of_work(world.daemons[1].database) as unit:
                again = fire(unit, row, world.now, read_meta(unit.connection).reckoner)
                unit.commit()
            require(not again, f"fired twice: {again}")
    require(dump(world.eyes) == world.stands, "a late daemon has changed what another had fired")


def faulty_sweep(world: World, daemon: Process, reference: str, batch: int) -> None:
    """The code fails on one case, after it has written: that case is set aside as it was, the others go on."""

    def fails(unit: Unit, row: DueDeadline, /, now: datetime, reckoner: Reckoner) -> list[Fired]:
        fired = fire(unit, row, now, reckoner)
        if row.reference == reference:
            raise ValueError("simulated")
        return fired

    before = world.histories[reference].version
    faulty = Round(world, daemon, batch, fire=fails)
    faulty.go()
    world.left_alone |= set(faulty.failed)
    require(set(faulty.failed) <= {reference}, f"set aside without a fault: {faulty.failed}")
    require(reference not in {fired.case for fired in faulty.fired}, f"{reference} failed, and was fired")
    faulty.failed = []
    _after(world, [faulty])
    require(world.histories[reference].version == before, f"{reference} failed, and was changed")
    world.nothing_due_is_armed()


def take_back(world: World) -> None:
    """What was set aside is tried again."""

    def work(unit: Unit) -> None:
        for reference in sorted(world.left_alone):
            case = unit.case(reference)
            require(case is not None and unit.retry(case.id), f"{reference} was not set aside")

    if world.left_alone:
        require(world.attempt(work) == "made", "what was set aside could not be taken back")
        world.left_alone = set()
    require(set_aside(world.eyes) == [], "something is still set aside")


def _after(world: World, rounds: list[Round]) -> None:
    failed = [case for each in rounds for case in each.failed]
    require(not failed, f"set aside without a fault: {failed}")
    world.look_at_all()


def _firings(world: World) -> int:
    return sum(history.fired for history in world.histories.values())
