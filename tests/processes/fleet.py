"""Four daemons on one PostgreSQL, two of them killed while they work: the proof, at any size."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from persistence.database import Database
from tests.processes.running import (
    PATIENCE_SECONDS,
    count_entries,
    daemon,
    entries,
    is_intact,
    letters_sent,
    set_the_clock,
)

SENT = "2026-02-23T10:00:00+00:00"
A_DAY_LATER = "2026-02-24T10:00:00+00:00"
BOUNDARY = "2026-04-23T17:00:00+01:00"
DAEMONS, KILLED, AT_ONCE = 4, 2, 500


@dataclass(frozen=True, slots=True)
class Fired:
    """What the fleet did: how many it fired, when its members were killed, and how long it took."""

    cases: int
    killed_after: tuple[int, ...]
    seconds: float


def wait_until_fired(database: Database, count: int) -> None:
    """Fails where nothing has been fired for a minute."""
    seen, until = -1, time.monotonic() + PATIENCE_SECONDS
    while (fired := count_entries(database, "expire_appeal")) < count:
        if fired > seen:
            seen, until = fired, time.monotonic() + PATIENCE_SECONDS
        assert time.monotonic() < until, f"the daemons stopped firing at {fired} of {count}"


def many_letters_sent(database: Database, count: int, **told: str) -> list[str]:
    """The same as `letters_sent`, in more than one transaction; the references."""
    prefix = told.pop("prefix", "H")
    return [
        reference
        for number, start in enumerate(range(0, count, AT_ONCE))
        for reference in letters_sent(database, min(AT_ONCE, count - start), prefix=f"{prefix}{number}", **told)
    ]


def fleet_fires_all(database: Database, cases: int, random: Random) -> Fired:
    """So many cases due at one instant are fired once each, none of those that are due a day later, whoever dies.

    Raises AssertionError.
    """
    due = many_letters_sent(database, cases)
    set_the_clock(database, A_DAY_LATER)
    many_letters_sent(database, max(1, cases // 50), sent="2026-02-24", prefix="LATER")
    deaths = tuple(sorted(random.randint(1, cases // 2) for _ in range(KILLED)))
    with ExitStack() as running:
        fleet = [running.enter_context(daemon(database)) for _ in range(DAEMONS)]
        random.shuffle(fleet)
        started = time.monotonic()
        set_the_clock(database, BOUNDARY)
        for after, dying in zip(deaths, fleet, strict=False):
            wait_until_fired(database, after)
            dying.process.kill()
        wait_until_fired(database, cases)
        took = time.monotonic() - started
        assert [survivor.stop() for survivor in fleet[KILLED:]] == [0] * (DAEMONS - KILLED)
    assert sorted(entries(database, "expire_appeal")) == sorted((reference, "lodge_appeal") for reference in due)
    assert is_intact(database).intact
    return Fired(cases, deaths, took)
