"""The alarm clock itself, with a watch that only notes when it was woken."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

import scheduler.alarm
from scheduler.alarm import Alarm
from states.errors import DatabaseUnreachable
from tests.processes.running import PATIENCE_SECONDS


class NotedWatch:
    """Notes the instant of each sweep; its one boundary lies a little ahead of the first."""

    def __init__(self, away: int = 0) -> None:
        self.swept: list[datetime] = []
        self.boundary: datetime | None = None
        self.enough = threading.Event()
        self.beaten = threading.Event()
        self.reminded = threading.Event()
        self.away = away

    def sweep(self, stopping: Callable[[], bool]) -> None:
        self.swept.append(datetime.now(UTC))
        if len(self.swept) <= self.away:
            raise DatabaseUnreachable("it is away.")
        if len(self.swept) == self.away + 1:
            self.boundary = datetime.now(UTC) + timedelta(seconds=0.3)
        elif self.boundary is not None and datetime.now(UTC) >= self.boundary:
            self.enough.set()

    def next_boundary(self) -> datetime | None:
        """The boundary until a sweep has come behind it, though it may have passed before this is asked."""
        return None if self.enough.is_set() else self.boundary

    def wait_for_ring(self, seconds: float) -> bool | None:
        return None

    def beat(self) -> None:
        self.beaten.set()

    def remind(self, stopping: Callable[[], bool]) -> None:
        self.reminded.set()


def run_until(alarm: Alarm, *events: threading.Event) -> None:
    running = threading.Thread(target=alarm.run)
    running.start()
    try:
        for event in events:
            assert event.wait(PATIENCE_SECONDS)
    finally:
        alarm.stop()
        running.join(PATIENCE_SECONDS)
    assert not running.is_alive()


def test_it_wakes_at_the_earliest_boundary_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler.alarm, "LOOK_SECONDS", 3600.0)  # so that only the boundary can wake it
    watch = NotedWatch()
    run_until(Alarm(watch), watch.enough, watch.beaten, watch.reminded)
    assert len(watch.swept) == 2
    assert watch.boundary is not None
    assert watch.swept[1] >= watch.boundary


def test_it_waits_longer_each_time_while_the_database_is_away_and_then_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler.alarm, "LOOK_SECONDS", 0.05)
    watch = NotedWatch(away=2)
    run_until(Alarm(watch), watch.enough)
    first, second = watch.swept[1] - watch.swept[0], watch.swept[2] - watch.swept[1]
    assert first >= timedelta(seconds=1)
    assert second >= timedelta(seconds=2)


def test_a_fault_that_stays_as_it_is_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler.alarm, "LOOK_SECONDS", 0.02)
    looks = iter(("a", "a", "a", "b", "b", "", "b", "b"))  # the empty one finds nothing wrong

    class FaultyWatch(NotedWatch):
        def next_boundary(self) -> datetime | None:
            fault = next(looks, None)
            if fault:
                raise ValueError(fault)
            if fault is None:
                self.enough.set()
            return None

    watch = FaultyWatch()
    with capture_logs() as said:
        run_until(Alarm(watch), watch.enough)
    assert [event["why"] for event in said if event["event"] == "fault"] == [f"ValueError('{why}')" for why in "abb"]
