"""`python -m tests.fuzz.soak --inputs 100000`: bad input for as long as is wanted, in this process.

Each thousand of command lines is given to one database, whose log must be intact at the end, with everything in it that
was ever there. Where atheris is installed (`pip install '.[fuzz]'`), the parsers are fuzzed by coverage as well. The
first fault ends it, with the seed and the last lines that reproduce it.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.acceptance.command import Redress
from tests.backends import copied
from tests.fuzz import corpus
from tests.fuzz.lines import command_line, standard_input
from tests.fuzz.properties import STORY, Watched

A_BATCH = 1000


def batch(watched: Watched, names: list[str], number: int, size: int) -> Counter[int]:
    """So many command lines on one database; how often each exit code came."""
    random = Random(number)  # noqa: S311
    return Counter(watched.try_(command_line(random, names), standard_input(random)).code for _ in range(size))


def fuzz_commands(inputs: int, first_seed: int) -> None:
    began, done, number = time.monotonic(), 0, first_seed
    codes: Counter[int] = Counter()
    entries = 0
    with tempfile.TemporaryDirectory() as folder:
        deep = Path(folder) / "a" / "b" / "c"
        (deep / "copy").mkdir(parents=True)
        os.chdir(deep)
        lived = Redress(deep / "lived.db")
        lived.does("init --simulated")
        lived.live(STORY)
        while done < inputs:
            names = corpus.write_files(deep)[:-1]
            watched = Watched(Redress(copied(lived.url, deep / "copy")))
            codes += batch(watched, names, number, min(A_BATCH, inputs - done))
            verdict = watched.redress.does("audit verify --json").document
            assert verdict["intact"], f"seed {number}"
            entries += verdict["entries"]
            watched.close()
            done, number = sum(codes.values()), number + 1
            print(f"{done} inputs, {time.monotonic() - began:.0f} s, exit codes {dict(sorted(codes.items()))}, "
                  f"{entries} entries, every log intact", flush=True)  # fmt: skip
        os.chdir("/")


def fuzz_parsers(seconds: int) -> int:
    """The parsers under atheris; its exit code. Says so where it is not installed."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed, so the parsers are not fuzzed by coverage: pip install '.[fuzz]'")
        return 0
    words = [sys.executable, "-m", "tests.fuzz.atheris_parsers", f"-max_total_time={seconds}", "-max_len=4096"]
    return subprocess.run(words, check=False, cwd=Path(__file__).parents[2]).returncode


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--inputs", type=int, default=20_000)
    words.add_argument("--seed", type=int, default=int(time.time()))
    words.add_argument("--parsers", type=int, default=60, metavar="SECONDS", help="how long atheris is let run")
    said = words.parse_args()
    print(f"the first seed is {said.seed}")
    fuzz_commands(said.inputs, said.seed)
    sys.exit(fuzz_parsers(said.parsers) if said.parsers else 0)


if __name__ == "__main__":
    main()
