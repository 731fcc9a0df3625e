"""`python -m bench [--only NAME] [--quick] [--full] [--million]`: runs, prints a table, writes bench/results.json."""

import argparse
import json
import platform
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bench import change, daemon, due, pages, peers, places, startup, verify
from bench.measure import Figure, Sizes
from bench.table import heading, line

RESULTS = Path(__file__).parent / "results.json"
PARTS: dict[str, Callable[[Sizes], Iterator[Figure]]] = {
    "change": change.figures,
    "due": due.figures,
    "peers": peers.figures,
    "startup": startup.figures,
    "daemon": daemon.figures,
    "pages": pages.figures,
    "verify": verify.figures,
}


def sizes_of(words: argparse.Namespace) -> Sizes:
    if words.quick:
        return Sizes(
            repeats=3, changes=25, due=(1_000,), jobs=200, armed=(1_000, 10_000), verified=(3_000, 9_999), quick=True
        )
    extra = ((100_000,) if words.full or words.million else ()) + ((1_000_000,) if words.million else ())
    usual = Sizes()
    million = (1_000_000,) if words.million else ()
    return Sizes(due=usual.due + extra, armed=usual.armed + million, verified=usual.verified + million)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a look, in about a minute; too few repeats to rely on")
    parser.add_argument("--full", action="store_true", help="100,000 due deadlines too")
    parser.add_argument("--million", action="store_true", help="1,000,000 too")
    words = parser.parse_args()
    sizes, found = sizes_of(words), []
    print(heading(), flush=True)
    try:
        for name in words.only or PARTS:
            for figure in PARTS[name](sizes):
                found.append(figure)
                print(line(figure), flush=True)
    finally:
        places.remove()
    write(found, sizes)


def write(found: list[Figure], sizes: Sizes) -> None:
    """The figures as data, with what they were made with."""
    results = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "machine": platform.machine(),
        "repeats": sizes.repeats,
        "quick": sizes.quick,
        "figures": [{**asdict(figure), "met": figure.met} for figure in found],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    missed = [figure for figure in found if figure.met is False]
    print(f"\n{len(found)} figures, {len(missed)} outside their targets; written to bench/{RESULTS.name}")


if __name__ == "__main__":
    main()
