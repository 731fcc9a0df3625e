"""Starting the real command and the real daemon as processes, and waiting for what they say instead of for time."""

import io
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from typing import Any

from sqlalchemy import text

from persistence.database import Database
from persistence.meta import read_meta, set_clock
from persistence.proof import Verdict, verify
from persistence.queries import log_entries
from persistence.unit import unit_of_work
from states.calendar import england
from states.reckoner import Reckoner
from tests import forked
from workflow.change import Actor, Change
from workflow.engine import apply
from workflow.main import globals_first, run
from workflow.session import Session
from workflow.setup import make

PATIENCE_SECONDS = 60.0
OPENED: list[Database] = []
CASEWORKER = Actor("caseworker")


def new_database(url: str, now: str) -> Database:
    """A simulated database whose clock stands at `now`."""
    session = Session(url=url, as_at=now)
    make(session, simulated=True, window_basis=None)
    OPENED.append(session.database)
    return session.database


def set_the_clock(database: Database, now: str) -> None:
    with unit_of_work(database) as unit:
        set_clock(unit.connection, read_meta(unit.connection), datetime.fromisoformat(now))
        unit.commit()


def change(database: Database, *changes: Change) -> None:
    """Changes by the engine itself, in one transaction."""
    with unit_of_work(database) as unit:
        meta = read_meta(unit.connection)
        for each in changes:
            apply(unit, each, meta.now(), Reckoner(meta.policy, england()))
        unit.commit()


def letters_sent(database: Database, count: int, sent: str = "2026-02-23", prefix: str = "H") -> list[str]:
    """So many cases in letter_sent, their letters e-mailed on one day; their references."""
    references = [f"{prefix}-{number}" for number in range(count)]
    changes = []
    for reference in references:
        facts = {"decision": "assessment_refused", "party": "parent", "decided_on": "2026-02-20"}
        changes.append(Change("open", reference, CASEWORKER, trigger="open", facts=facts))
        method = {"letter_method": "email", "letter_sent_on": sent}
        changes.append(Change("advance", reference, CASEWORKER, trigger="send_letter", facts=method))
    change(database, *changes)
    return references


def command(database: Database, *words: str) -> list[str]:
    """A command line on the database, for an interpreter of its own."""
    return [sys.executable, "-m", "workflow.main", *on(database, *words)]


def on(database: Database, *words: str) -> list[str]:
    """The words of a command on the database."""
    return ["--database", database.url.render_as_string(hide_password=False), *words]


def redress(database: Database, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return forked.run(on(database, *words), timeout=PATIENCE_SECONDS)


def redress_here(database: Database, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command without a process of its own, where it is not the process that is tested."""
    line = on(database, *words)
    shown, said = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(said):
        code = run(globals_first(line))
    return subprocess.CompletedProcess(line, code, shown.getvalue(), said.getvalue())


def is_intact(database: Database) -> Verdict:
    with unit_of_work(database, writing=False) as unit:
        return verify(unit.connection)


def entries(database: Database, trigger: str) -> list[tuple[str, str]]:
    """The case and the deadline of every entry of one trigger."""
    with unit_of_work(database, writing=False) as unit:
        return [(e.case, str(e.deadline)) for e in log_entries(unit.connection) if e.trigger == trigger]


def count_entries(database: Database, trigger: str) -> int:
    """How many entries of one trigger there are, asked cheaply, for those who ask again and again."""
    with database.connect() as connection:
        asked = text("SELECT count(*) FROM log WHERE trigger = :trigger")
        return int(connection.execute(asked, {"trigger": trigger}).scalar_one())


class Daemon:
    """A running daemon, and the events that it logs."""

    def __init__(self, process: "forked.Forked | subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next event of its log that is wanted; fails where it ends, or says nothing for a minute."""
        while (line := self._lines.get(timeout=PATIENCE_SECONDS)) is not None:
            event: dict[str, Any] = json.loads(line)
            if wanted(event):
                return event
        raise AssertionError("the daemon ended before it said so")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_SECONDS)


def says(event: str, **fields: object) -> Callable[[dict[str, Any]], bool]:
    return lambda found: found["event"] == event and all(found.get(name) == value for name, value in fields.items())


@contextmanager
def daemon(
    database: Database, *words: str, by_interpreter: bool = False, stdout: int | None = None
) -> Iterator[Daemon]:
    """A real daemon on the database, started and ready; killed at the end if it still runs.

    With `by_interpreter` it is started as a service manager would start it, and not forked. `stdout` is the descriptor
    of a file for its standard output, where that is looked at.
    """
    process: forked.Forked | subprocess.Popen[str]
    if by_interpreter:
        process = subprocess.Popen(
            command(database, "daemon", *words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    else:
        process = forked.start(on(database, "daemon", *words), stdout=stdout, stderr=subprocess.PIPE)
    running = Daemon(process)
    try:
        running.wait_for(says("daemon started"))
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE_SECONDS)
        if process.stderr is not None:
            process.stderr.close()
