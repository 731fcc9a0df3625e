"""`make soak`: life after life of the simulation, each with its seed, as long as wanted.

The first failure ends it, with all that reproduces it: `python -m tests.simulation.soak --seed S --minutes 0` lives
that one life again.
"""

import argparse
import secrets
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.backends import new_postgres_url
from tests.simulation.simulation import run


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--seed", type=int, help="the first seed, each life taking the next; one by chance unless given")
    words.add_argument("--steps", type=int, default=1000)
    words.add_argument("--postgresql", action="store_true", help="on PostgreSQL; on SQLite unless said")
    said = words.parse_args()
    until = time.monotonic() + 60 * said.minutes
    for seed in count(secrets.randbelow(10**9) if said.seed is None else said.seed):
        with tempfile.TemporaryDirectory() as folder:
            url = new_postgres_url() if said.postgresql else f"sqlite:///{Path(folder) / 'redress.db'}"
            try:
                tally = run(url, seed, said.steps)
            except AssertionError as fault:
                print(f"FAILED: {fault}")
                print(f"Again: python -m tests.simulation.soak --minutes 0 --seed {seed} --steps {said.steps}"
                      + (" --postgresql" if said.postgresql else ""))  # fmt: skip
                return 1
        print(f"seed {seed}: {tally}", flush=True)
        if time.monotonic() >= until:
            print("No seed failed.")
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
