"""`make soak`: seed after seed, as long as wanted; the first failure ends it, with all that reproduces it."""

import argparse
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.simulation.simulation import run


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--seed", type=int, default=1000, help="the first seed; each life takes the next one")
    words.add_argument("--steps", type=int, default=1000)
    said = words.parse_args()
    until = time.monotonic() + 60 * said.minutes
    for seed in count(said.seed):
        if time.monotonic() > until:
            print("No seed failed.")
            return
        with tempfile.TemporaryDirectory() as folder:
            tally = run(f"sqlite:///{Path(folder) / 'redress.db'}", seed, said.steps)
        print(f"seed {seed}: {tally}", flush=True)


if __name__ == "__main__":
    main()
