"""Beside other libraries: one durable transition with a log row, each library in an environment of the bench's own.

None of them does what Redress does with a change (a hash, the deadlines that follow, the statute's reckoning), so
each line says what the other guarantees. The peers' scripts are in `peer_scripts`.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.cases import MORNING, example, fill, opening
from bench.change import by_engine
from bench.measure import Figure, Sizes, compared, timed, turn_by_turn
from bench.places import drop, new_database, new_url, require_intact
from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work

HERE = Path(__file__).parent
WANTED, VENV = HERE / "peers.txt", HERE / ".venv-peers"
MADE = VENV / "made-from.txt"
PATIENCE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, the script that runs it, and what it promises."""

    name: str
    script: str
    kind: str
    says: str
    target: float | None = None


PEERS = (
    Peer(
        "django-fsm-2 + django-fsm-log", "django_states.py", "SQLite",
        "durable (WAL, FULL); a log row in the same transaction; no proof, no deadlines; one appeal date set by hand",
        target=0.5,
    ),
    Peer(
        "python-statemachine + SQLModel", "state_machine.py", "SQLite",
        "durable (WAL, FULL), only since we commit: it keeps nothing itself; our log row; no proof, no deadlines",
    ),
    Peer(
        "procrastinate", "procrastinate_jobs.py", "PostgreSQL",
        "durable job; at least once (a job cut off is left for the caller to retry); our log row; no proof, no states",
    ),
    Peer(
        "DBOS, one transaction in a workflow", "dbos_steps.py", "PostgreSQL",
        "durable; the step's transaction exactly once, recorded beside it; our log row; no proof, no states",
    ),
)  # fmt: skip
NOT_COMPARED = (
    ("SpiffWorkflow", "runs BPMN in memory and leaves storing to the caller: its figure would be that of our own code"),
    ("Temporal, Camunda, Airflow", "need a server of their own beside the database: no fair figure on one machine"),
)


def figures(sizes: Sizes) -> Iterator[Figure]:
    missing = _made()
    for peer in PEERS:
        blank = Figure(
            "4 beside other libraries",
            f"{peer.kind}, one transition",
            peer.name,
            "us",
            target=peer.target,
            says=peer.says,
        )
        yield replace(blank, says=missing) if missing else _beside(peer, blank, sizes)
    for name, why in NOT_COMPARED:
        yield Figure("4 beside other libraries", "not compared", name, says=why)


def _made() -> str:
    """Make the environment, once for each list of versions; why it could not be made, or nothing."""
    wanted = WANTED.read_text(encoding="utf-8")
    if MADE.is_file() and MADE.read_text(encoding="utf-8") == wanted:
        return ""
    python = str(VENV / "bin" / "python")
    for words in (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [python, "-m", "pip", "install", "--quiet", "--requirement", str(WANTED)],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            return f"not compared: bench/{WANTED.name} could not be installed"
    MADE.write_text(wanted, encoding="utf-8")
    return ""


def _beside(peer: Peer, blank: Figure, sizes: Sizes) -> Figure:
    database = new_database(peer.kind, MORNING)
    fill(database, example(database, opening("E-1")), sizes.changes * (sizes.repeats + 1), prefix="C")
    numbers = iter(range(sizes.changes * (sizes.repeats + 1)))
    with unit_of_work(database, writing=False) as unit:
        meta = read_meta(unit.connection)

    def ours(_repeat: int) -> float:
        work = lambda: by_engine(database, numbers, sizes.changes, meta.now(), meta.reckoner)  # noqa: E731
        return timed(work) / sizes.changes

    try:
        costs = turn_by_turn(ours, lambda _repeat: _run(peer, sizes.changes), sizes.repeats)
    except (subprocess.SubprocessError, ValueError) as fault:
        return replace(blank, says=f"not compared: its script failed ({type(fault).__name__})")
    require_intact(database)
    drop(database)
    return compared(blank, *([seconds * 1e6 for seconds in side] for side in costs))


def _run(peer: Peer, changes: int) -> float:
    """The seconds that the library takes for a change, on a new database; it warms up before it counts."""
    place = Database(new_url(peer.kind))
    where = place.url.set(drivername="postgresql").render_as_string(hide_password=False)
    words = [str(VENV / "bin" / "python"), str(HERE / "peer_scripts" / peer.script)]
    words += [str(place.path or where), str(changes)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS)  # noqa: S603
    drop(place)
    return float(done.stdout.split()[-1])
