"""One case in the hands of hypothesis: whatever is done to it, in whatever order, every rule holds after each step."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from states.calendar import london_day
from states.table import INTERNAL, TRIGGERS
from tests.simulation import sweeping
from tests.simulation.choosing import Chooser, Known
from tests.simulation.history import require
from tests.simulation.seen import armed, see
from tests.simulation.world import World

REFERENCE = "H-1"
LAST_DAY = datetime(2028, 6, 1, tzinfo=UTC)  # the calendar's data end with 2028
SEEDS = st.integers(0, 2**16)
CRASHES = st.one_of(st.none(), st.none(), st.integers(1, 8))


class OneCase(RuleBasedStateMachine):
    """Rules are what people and time do to a case; what each does in detail comes from a seed, so that it shrinks."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self._folder.name) / 'redress.db'}"
        self.world = World(url, Random(0), datetime(2026, 2, 2, 9, tzinfo=UTC))  # noqa: S311  (no secret)

    def teardown(self) -> None:
        self.world.close()
        self._folder.cleanup()

    def _chooser(self, seed: int) -> tuple[Chooser, Known]:
        known = Known.of(see(self.world.eyes, REFERENCE), self.world.now, self.world.reckoner)
        return Chooser(Random(seed)), known  # noqa: S311

    @initialize(seed=SEEDS)
    def open(self, seed: int) -> None:
        change = Chooser(Random(seed)).opening(REFERENCE, london_day(self.world.now))  # noqa: S311
        while self.world.change(change) != "made":
            seed += 1
            change = Chooser(Random(seed)).opening(REFERENCE, london_day(self.world.now))  # noqa: S311

    @rule(seed=SEEDS, crash_at=CRASHES)
    def advance(self, seed: int, crash_at: int | None) -> None:
        """A trigger, mostly a possible one."""
        choose, case = self._chooser(seed)
        self.world.change(choose.advance(case), crash_at=crash_at)

    @rule(seed=SEEDS, trigger=st.sampled_from([name for name in TRIGGERS if name not in INTERNAL]))
    def advance_by_any_trigger(self, seed: int, trigger: str) -> None:
        choose, case = self._chooser(seed)
        self.world.change(choose.advance(case, trigger))

    @rule(seed=SEEDS, crash_at=CRASHES)
    def record(self, seed: int, crash_at: int | None) -> None:
        choose, case = self._chooser(seed)
        self.world.change(choose.record(case), crash_at=crash_at)

    @rule(seed=SEEDS, crash_at=CRASHES)
    def correct(self, seed: int, crash_at: int | None) -> None:
        choose, case = self._chooser(seed)
        self.world.change(choose.correct(case), crash_at=crash_at)

    @rule(seed=SEEDS)
    def what_cannot_be(self, seed: int) -> None:
        choose, case = self._chooser(seed)
        require(self.world.change(choose.impossible(case)) != "made", "what cannot be was not refused")

    @rule(seed=SEEDS)
    def cut_off_everywhere(self, seed: int) -> None:
        choose, case = self._chooser(seed)
        self.world.crash_everywhere(choose.advance(case))

    @rule(seed=SEEDS)
    def wait(self, seed: int) -> None:
        boundaries = [at for at, _, _ in armed(self.world.eyes)]
        to = Chooser(Random(seed)).instant(self.world.now, boundaries)  # noqa: S311
        if self.world.now < to < LAST_DAY:
            self.world.set_clock(to)

    @rule(edges=st.sampled_from([(-1_000_000,), (0,), (-1, 0), (-1_000_000, 0)]))
    def the_next_boundary_comes(self, edges: tuple[int, ...]) -> None:
        """To its instant, or so many microseconds before it, or the one and then the other; a sweep each time."""
        ahead = [at for at, _, _ in armed(self.world.eyes) if at > self.world.now]
        for edge in edges if ahead and ahead[0] < LAST_DAY else ():
            to = ahead[0] + timedelta(microseconds=edge)
            if to > self.world.now:
                self.world.set_clock(to)
                sweeping.whole_sweep(self.world, self.world.daemons[0], 3)

    @rule(batch=st.integers(1, 3))
    def sweep(self, batch: int) -> None:
        sweeping.whole_sweep(self.world, self.world.daemons[0], batch)

    @rule(crash_at=st.integers(1, 20), batch=st.integers(1, 3))
    def cut_off_sweep(self, crash_at: int, batch: int) -> None:
        sweeping.cut_off_sweep(self.world, self.world.daemons[0], batch, crash_at)

    @rule(batch=st.integers(1, 3))
    def two_sweeps(self, batch: int) -> None:
        sweeping.two_sweeps(self.world, batch)

    @rule()
    def late_find(self) -> None:
        sweeping.stale_find(self.world, self.world.daemons[0])

    @rule(batch=st.integers(1, 3))
    def faulty_sweep(self, batch: int) -> None:
        sweeping.faulty_sweep(self.world, self.world.daemons[0], REFERENCE, batch)
        sweeping.take_back(self.world)

    @rule(batch=st.integers(1, 3))
    def sweep_cut_off_everywhere(self, batch: int) -> None:
        sweeping.cut_off_everywhere(self.world, self.world.daemons[0], batch)

    @invariant()
    def every_rule_holds(self) -> None:
        self.world.look_at_all()
        self.world.prove()


SETTINGS = settings(
    max_examples=5,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
OneCase.TestCase.settings = SETTINGS
test_whatever_is_done_to_one_case_every_rule_holds = OneCase.TestCase
