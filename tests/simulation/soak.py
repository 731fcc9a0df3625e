"""`make soak`: the simulation for as long as wanted, and the proofs at their full size.

Life after life of the simulation on both databases, each from its seed; the state machine with many examples; four
daemons on PostgreSQL of which two are killed, with 10,000 cases due; fifty writers for a minute beside two daemons, on
both databases. The first failure ends it, and what it prints reproduces it.
"""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from states.errors import RedressError
from tests.backends import new_postgres_url
from tests.processes.fleet import SENT, fleet_fires_all
from tests.processes.running import OPENED, new_database
from tests.processes.writers import WRITERS, writers_lose_nothing
from tests.simulation.simulation import run
from tests.simulation.test_one_case import SETTINGS, OneCase

PARTS = ("lives", "machine", "fleet", "writers")
DATABASES = ("sqlite", "postgresql")


@contextmanager
def new_url(kind: str) -> Iterator[str]:
    """The URL of a new and empty database; what a test opened on it is let go of at the end."""
    with tempfile.TemporaryDirectory(prefix="redress-soak-") as folder:
        yield new_postgres_url() if kind == "postgresql" else f"sqlite:///{Path(folder) / 'redress.db'}"
        while OPENED:
            OPENED.pop().close()


def lives(said: argparse.Namespace) -> None:
    """One life after another, the databases in turn, each life from the next seed; at least one on each."""
    until = time.monotonic() + 60 * said.minutes
    for number, seed in enumerate(count(said.seed)):
        if number >= len(said.database) and time.monotonic() >= until:
            break
        kind = said.database[number % len(said.database)]
        with new_url(kind) as url:
            try:
                tally = run(url, seed, said.steps)
            except AssertionError:
                print(f"Again: python -m tests.simulation.soak lives --minutes 0 --seed {seed} --steps {said.steps} "
                      f"--database {kind}")  # fmt: skip
                raise
        say(f"seed {seed} on {kind}: {tally}")


def machine(said: argparse.Namespace) -> None:
    """The state machine with many examples; hypothesis prints the shortest failure."""
    larger = settings(SETTINGS, max_examples=said.examples, stateful_step_count=50, derandomize=False)
    run_state_machine_as_test(OneCase, settings=larger)  # type: ignore[no-untyped-call]
    say(f"the state machine: {said.examples} examples")


def fleet(said: argparse.Namespace) -> None:
    """Four daemons on PostgreSQL, of which two are killed."""
    with new_url("postgresql") as url:
        say(f"fleet: {fleet_fires_all(new_database(url, SENT), said.due, Random(said.seed))}")  # noqa: S311


def writers(said: argparse.Namespace) -> None:
    """Fifty writers beside two daemons."""
    for kind in said.database:
        with new_url(kind) as url:
            database = new_database(url, SENT)
            done = writers_lose_nothing(database, said.due // 5, for_so_long(said.seconds))
            say(f"{WRITERS} writers on {kind}: {done}")


def for_so_long(seconds: float) -> Callable[[int], bool]:
    """Go on until so many seconds have passed since the first asked."""
    started: list[float] = []

    def goes_on(_made: int) -> bool:
        now = time.monotonic()
        started[:] = started or [now]
        return now < started[0] + seconds

    return goes_on


def say(line: str) -> None:
    print(line, flush=True)


def asked(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them unless said")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to live, life after life (10)")
    parser.add_argument("--seed", type=int, help="the first seed, each life taking the next; by chance unless given")
    parser.add_argument("--steps", type=int, default=400, help="steps of a life (400, about two years)")
    parser.add_argument("--examples", type=int, default=300, help="examples of the state machine (300)")
    parser.add_argument("--due", type=int, default=10_000, help="cases that fall due under the fleet (10000)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the writers write (60)")
    parser.add_argument("--database", nargs="*", choices=DATABASES, default=DATABASES, help="both unless said")
    said = parser.parse_args(words)
    said.parts = said.parts or PARTS
    if unknown := set(said.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)}: it is one of {', '.join(PARTS)}")
    if said.seed is None:
        said.seed = secrets.randbelow(10**9)
    return said


def main() -> int:
    said = asked()
    for part in said.parts:
        try:
            {"lives": lives, "machine": machine, "fleet": fleet, "writers": writers}[part](said)
        except (AssertionError, RedressError) as fault:
            say(f"FAILED in {part} (seed {said.seed}): {type(fault).__name__}: {fault}")
            return 1
    say("Nothing failed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
