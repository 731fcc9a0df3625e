"""The daemon's metrics for Prometheus, on the loopback: how late, how much waits, how often it sweeps, what fails.

No number says anything of a case. What is counted here is this process's own; what waits is asked of the database when
the monitor asks, on a connection that refuses changes, so that a long sweep cannot hide its own backlog.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from persistence.database import Database
from persistence.meta import read_meta
from persistence.outbox import outbox
from persistence.queue import queue
from persistence.unit import unit_of_work
from scheduler.alarm import Watch
from scheduler.sweep import Swept
from states.calendar import london_day
from states.definition import version
from states.errors import DatabaseUnreachable, WrongWords

LOOPBACK = "127.0.0.1"
# In seconds: at once, within a minute, within the hour, a day, a week.
LATENESS = (1, 5, 15, 60, 300, 900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600)
SWEEP = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300)


class Metrics:
    """What one daemon counts. `report` is told of each committed batch."""

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self._lateness = Histogram(
            "redress_lateness_seconds", "How long after its instant a deadline was fired.", ["trigger"],
            buckets=LATENESS, registry=self.registry,
        )  # fmt: skip
        self._sweeps = Histogram(
            "redress_sweep_seconds", "How long a sweep took.", buckets=SWEEP, registry=self.registry
        )
        self._failures = Counter(
            "redress_failures",
            "What went wrong: case_set_aside, database_away, or fault (of ours).",
            ["what"],
            registry=self.registry,
        )
        self._last_sweep = Gauge(
            "redress_last_sweep_timestamp_seconds",
            "When the last sweep ended in order (real time).",
            registry=self.registry,
        )
        for what in ("case_set_aside", "database_away", "fault"):
            self._failures.labels(what)  # there from the start, so that the first failure is a rise
        self._looking = Database(database.url.render_as_string(hide_password=False), read_only=True)
        self.registry.register(_Waiting(self._looking))
        self._server: WSGIServer | None = None

    def report(self, swept: Swept) -> None:
        """Count a batch that is committed."""
        for fired in swept.fired:
            self._lateness.labels(fired.trigger).observe(fired.late_seconds)
        self._failures.labels("case_set_aside").inc(len(swept.failed))

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Round a sweep: how long it took, and how it ended."""
        start = time.perf_counter()
        with self.failing():
            yield
        self._sweeps.observe(time.perf_counter() - start)
        self._last_sweep.set_to_current_time()

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Round whatever may fail: the failure is counted and goes on its way."""
        try:
            yield
        except DatabaseUnreachable:
            self._failures.labels("database_away").inc()
            raise
        except Exception:
            self._failures.labels("fault").inc()
            raise

    def measured(self, watch: Watch) -> "MeasuredWatch":
        """The watch, counted."""
        return MeasuredWatch(watch, self)

    @property
    def port(self) -> int | None:
        """The port on which a monitor is answered."""
        return self._server.server_port if self._server is not None else None

    def serve(self, port: int) -> None:
        """Answer a monitor on this machine. Raises WrongWords where the port is taken."""
        try:
            self._server, _ = start_http_server(port, LOOPBACK, self.registry)
        except OSError as taken:
            raise WrongWords(
                f"{LOOPBACK} port {port} cannot be listened on ({taken.strerror}): give another --metrics-port."
            ) from taken

    def close(self) -> None:
        """Answer no more, and let go of the database."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._looking.close()


class _Waiting(Collector):
    """What waits, asked of the database anew each time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        return []  # so that nothing is asked of the database when it is registered

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("redress_database_up", "1 where the database answered.")
        try:
            found = list(self._found())
        except DatabaseUnreachable:
            found = []
        up.add_metric([], float(bool(found)))
        yield up
        yield from found

    def _found(self) -> Iterator[Metric]:
        with unit_of_work(self._database, writing=False) as unit:
            meta = read_meta(unit.connection)
            now = meta.now()
            waits = queue(unit.connection, now, version())
            post = outbox(unit.connection, london_day(now))
        late = (now - waits.oldest).total_seconds() if waits.oldest is not None else 0.0
        clock = meta.database_now
        skew = (datetime.now(UTC) - clock).total_seconds() if clock is not None else 0.0
        for name, says, value in (
            ("redress_deadlines_due", "Deadlines whose instant has passed and that nothing has fired.", waits.due),
            ("redress_oldest_due_seconds", "How long the oldest of them has waited.", late),
            ("redress_deadlines_armed", "Deadlines that run.", waits.armed),
            ("redress_cases_set_aside", "Cases that could not be handled and wait for a person.", waits.set_aside),
            ("redress_reminders_due", "Reminders whose day has come and that were not sent yet.", post.due),
            ("redress_reminders_stuck", "Reminders that could not be sent and wait for a person.", post.stuck),
            ("redress_clock_skew_seconds", "This machine's clock less the database's.", skew),
        ):
            yield GaugeMetricFamily(name, says, value)


@dataclass(frozen=True, slots=True)
class MeasuredWatch:
    """A watch whose sweeps and failures are counted."""

    watch: Watch
    metrics: Metrics

    def sweep(self, stopping: Callable[[], bool]) -> None:
        with self.metrics.sweeping():
            self.watch.sweep(stopping)

    def next_boundary(self) -> datetime | None:
        with self.metrics.failing():
            return self.watch.next_boundary()

    def wait_for_ring(self, seconds: float) -> bool | None:
        return self.watch.wait_for_ring(seconds)  # where it fails, the next look fails too and is counted

    def beat(self) -> None:
        with self.metrics.failing():
            self.watch.beat()

    def remind(self, stopping: Callable[[], bool]) -> object:
        with self.metrics.failing():
            return self.watch.remind(stopping)
