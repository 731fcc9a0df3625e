"""Many writers on few cases at one moment, beside two daemons: nothing is lost, and nobody meets a deadlock."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from persistence.meta import read_meta
from persistence.queries import log_entries
from persistence.unit import unit_of_work
from scheduler.sweep import sweep
from states.definition import version
from tests.processes.running import CASEWORKER, OPENED, Database, is_intact, letters_sent, new_database, set_the_clock
from workflow.engine import Change, apply
from workflow.firing import fire

SENT = "2026-02-23T10:00:00+00:00"
BOUNDARY = "2026-04-23T17:00:00+01:00"
WRITERS, CHANGES_EACH, CASES = 50, 6, 5


def start_and_end(database: Database, writer: int) -> int:
    """One writer's changes, each a transaction of its own, in one case or another."""
    for number in range(CHANGES_EACH):
        reference = f"H-{(writer + number) % CASES}"
        with unit_of_work(database) as unit:
            meta = read_meta(unit.connection)
            change = Change(
                "advance", reference, CASEWORKER, trigger="start_disagreement_resolution", note=f"w{writer}"
            )
            apply(unit, change, meta.now(), meta.reckoner)
            unit.commit()
    return CHANGES_EACH


def test_every_change_of_fifty_writers_is_in_the_log_once_beside_two_daemons(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, CASES)
    due = letters_sent(database, 100, prefix="DUE")
    set_the_clock(database, BOUNDARY)
    pools = [Database(database.url.render_as_string(hide_password=False)) for _ in range(6)]
    OPENED.extend(pools)
    done = threading.Event()

    def run_a_daemon(mine: Database) -> None:
        while not done.is_set():
            sweep(mine, fire, version(), batch=7)
        sweep(mine, fire, version())

    daemons = [threading.Thread(target=run_a_daemon, args=(pools[number],)) for number in range(2)]
    for daemon in daemons:
        daemon.start()
    try:
        with ThreadPoolExecutor(WRITERS) as writers:
            made = list(writers.map(lambda writer: start_and_end(pools[2 + writer % 4], writer), range(WRITERS)))
    finally:
        done.set()
        for daemon in daemons:
            daemon.join()

    assert sum(made) == WRITERS * CHANGES_EACH
    with unit_of_work(database, writing=False) as unit:
        log = list(log_entries(unit.connection))
    by_writer = Counter(entry.note for entry in log if entry.trigger == "start_disagreement_resolution")
    assert by_writer == Counter({f"w{writer}": CHANGES_EACH for writer in range(WRITERS)})
    fired = Counter(entry.case for entry in log if entry.trigger == "expire_appeal")
    assert fired == Counter([*due, *(f"H-{number}" for number in range(CASES))])
    assert is_intact(database).intact
