"""The daemon's metrics, asked of the real process by HTTP as Prometheus asks, and read by its own parser."""

import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from persistence.database import Database
from persistence.unit import unit_of_work
from states.definition import version
from states.errors import DatabaseUnreachable
from tests.processes.running import (
    PATIENCE_SECONDS,
    daemon,
    letters_sent,
    new_database,
    redress_here,
    says,
    set_the_clock,
)  # fmt: skip
from workflow.firing import DatabaseWatch
from workflow.metrics import Metrics

ROOT = Path(__file__).parents[2]
SENT = "2026-02-23T10:00:00+00:00"
TWO_MINUTES_LATE = "2026-04-23T17:02:00+01:00"
Read = dict[str, float]


def scraped(port: int) -> Read:
    """Every sample by its name, with its labels where it has any."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_SECONDS) as answer:
        text = answer.read().decode()
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def counting(database: Database) -> Iterator[Metrics]:
    metrics = Metrics(database)
    yield metrics
    metrics.close()


def read(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def until(wanted: Callable[[Read], bool], port: int) -> Read:
    """What is scraped once it is as wanted; a sweep is counted a moment after its firings are logged."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not wanted(found := scraped(port)):
        assert time.monotonic() < end, found
    return found


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_monitor_sees_how_late_it_was_what_waits_and_what_was_set_aside(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 3)
    with unit_of_work(database) as unit:
        case = unit.case("H-2")
        assert case is not None
        unit.set_aside(case.id, "lodge_appeal", "a fault", case.deadlines["lodge_appeal"].fires_at, version())
        unit.commit()
    with daemon(database, "--metrics", "--metrics-port", "0") as running:
        port = int(running.wait_for(says("metrics served"))["port"])
        before = until(lambda found: found["redress_last_sweep_timestamp_seconds"] > 0, port)
        assert (before["redress_database_up"], before["redress_deadlines_armed"]) == (1, 6)
        assert (before["redress_deadlines_due"], before["redress_oldest_due_seconds"]) == (0, 0)
        assert before["redress_cases_set_aside"] == 1
        assert before["redress_failures_total database_away"] == 0
        assert abs(before["redress_clock_skew_seconds"]) < 5
        set_the_clock(database, TWO_MINUTES_LATE)
        for case_fired in ("H-0", "H-1"):
            running.wait_for(says("deadline fired", case=case_fired))
        swept = before["redress_last_sweep_timestamp_seconds"]
        found = until(lambda found: found["redress_last_sweep_timestamp_seconds"] > swept, port)
        assert found["redress_deadlines_due"] == 0
        assert found["redress_lateness_seconds_count expire_appeal"] == 2
        assert found["redress_lateness_seconds_sum expire_appeal"] == 240
        assert found["redress_lateness_seconds_bucket 60.0 expire_appeal"] == 0
        assert found["redress_lateness_seconds_bucket 300.0 expire_appeal"] == 2
        assert found["redress_deadlines_armed"] == 4
        assert found["redress_sweep_seconds_count"] >= 2
        assert running.stop() == 0


def test_what_waits_is_seen_while_nothing_sweeps(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 2)
    set_the_clock(database, TWO_MINUTES_LATE)
    with counting(database) as metrics:
        assert read(metrics, "redress_deadlines_due") == 2
        assert read(metrics, "redress_oldest_due_seconds") == 120
        skew = read(metrics, "redress_clock_skew_seconds")
    assert skew is not None
    assert abs(skew) < 5


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_database_that_is_away_is_counted_and_said(url: str) -> None:
    database = new_database(url, SENT)
    with counting(database) as metrics:
        watch = metrics.measured(DatabaseWatch(database, metrics.report))
        watch.sweep(lambda: False)
        assert read(metrics, "redress_database_up") == 1
        assert database.path is not None
        database.path.rename(f"{database.path}.away")
        for work in (lambda: watch.sweep(lambda: False), watch.beat, watch.next_boundary):
            with pytest.raises(DatabaseUnreachable):
                work()
        assert read(metrics, "redress_database_up") == 0
        assert read(metrics, "redress_deadlines_due") is None
        assert read(metrics, "redress_failures_total", what="database_away") == 3
        assert read(metrics, "redress_sweep_seconds_count") == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_case_that_is_set_aside_is_counted(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 1)
    with database.connect(writing=True) as connection:
        connection.exec_driver_sql("UPDATE facts SET value = 'never' WHERE name = 'letter_sent_on'")
        connection.commit()
    set_the_clock(database, TWO_MINUTES_LATE)
    with counting(database) as metrics:
        metrics.measured(DatabaseWatch(database, metrics.report)).sweep(lambda: False)
        assert read(metrics, "redress_failures_total", what="case_set_aside") == 1
        assert read(metrics, "redress_cases_set_aside") == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_fault_of_ours_is_counted_and_goes_on_its_way(url: str) -> None:
    with counting(new_database(url, SENT)) as metrics:
        with pytest.raises(ZeroDivisionError), metrics.sweeping():
            raise ZeroDivisionError
        assert read(metrics, "redress_failures_total", what="fault") == 1
        assert read(metrics, "redress_last_sweep_timestamp_seconds") == 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_page_for_who_watches_names_what_there_is(url: str) -> None:
    with counting(new_database(url, SENT)) as metrics:
        served = {f"{each.name}_total" if each.type == "counter" else each.name for each in metrics.registry.collect()}
    page = (ROOT / "docs" / "how-to" / "watch-the-daemon.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(redress_\w+)`", page, re.MULTILINE)) == served
    rules = re.findall(r"expr: (.*)", page)
    assert len(rules) == 7
    assert all(name in served for rule in rules for name in re.findall(r"redress_\w+", rule))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_port_that_is_taken_and_once_are_refused(url: str) -> None:
    database = new_database(url, SENT)
    with counting(database) as metrics:
        metrics.serve(0)
        refused = redress_here(database, "daemon", "--metrics-port", str(metrics.port))
        assert (refused.returncode, "cannot be listened on" in refused.stderr) == (2, True)
        assert redress_here(database, "daemon", "--once", "--metrics").returncode == 2
