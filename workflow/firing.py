"""What a due deadline means: the daemon's wiring of the engine to the alarm clock."""

import os
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from persistence.database import Database
from persistence.instants import instant_text
from persistence.listen import Bell
from persistence.meta import beat, forget_heartbeat, read_meta
from persistence.queries import DueDeadline, next_boundary
from persistence.unit import Unit, unit_of_work
from scheduler.sweep import Fired, Swept, sweep
from states.definition import version
from states.errors import RecordNotIntact, WrongWords
from states.reckoner import Reckoner
from workflow.change import DAEMON, Change
from workflow.checkpointing import make_daily
from workflow.engine import apply
from workflow.reminding import Sent, send_due


def fire(unit: Unit, due: DueDeadline, /, now: datetime, reckoner: Reckoner) -> list[Fired]:
    """Hand a due deadline to the engine, and say what it did."""
    change = Change(kind="fire", reference=due.reference, actor=DAEMON, deadline=due.deadline)
    applied = apply(unit, change, now, reckoner)
    return [
        Fired(entry.case, str(entry.deadline), entry.trigger, entry.dest, entry.late_seconds or 0)
        for entry in applied.entries
    ]


class DatabaseWatch:
    """One daemon's view of a database: its sweeps, its next boundary and its heartbeat.

    `told` hears of each batch that is committed, besides the log.
    """

    def __init__(self, database: Database, told: Callable[[Swept], None] = lambda swept: None) -> None:
        self._database, self._told = database, told
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._started: datetime | None = None
        self._log = structlog.get_logger()
        self._bell = Bell(database)
        self._no_reminders = ""

    def sweep(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Fire what is due, and log each firing once it is committed."""
        sweep(self._database, fire, version(), stopping=stopping, report=self.report)

    def report(self, swept: Swept) -> None:
        """Log a batch that is committed."""
        self._told(swept)
        for fired in swept.fired:
            self._log.info(
                "deadline fired",
                case=fired.case,
                trigger=fired.trigger,
                deadline=fired.deadline,
                state=fired.state,
                late_seconds=fired.late_seconds,
            )
        for failed in swept.failed:
            self._log.error("case set aside", case=failed.case, deadline=failed.deadline, why=failed.why)

    def wait_for_ring(self, seconds: float) -> bool | None:
        """Wait until another process says that something is due at once; whether it did, None where none can say so."""
        return self._bell.wait(seconds)

    def next_boundary(self) -> datetime | None:
        """The instant to wake at; None where nothing is armed, or where the clock is set by hand."""
        with unit_of_work(self._database, writing=False) as unit:
            meta = read_meta(unit.connection)
            return None if meta.simulated else next_boundary(unit.connection, meta.now())

    def beat(self) -> None:
        """Leave a heartbeat, in real time even where the clock is set by hand."""
        with unit_of_work(self._database) as unit:
            meta = read_meta(unit.connection)
            self._started = self._started or meta.real_now()
            heartbeat: dict[str, Any] = {
                "beat_at": instant_text(meta.real_now()),
                "started_at": instant_text(self._started),
                "definition": version(),
            }
            for name in meta.heartbeats:
                if name != self._name and _is_a_dead_process_of_this_machine(name):
                    forget_heartbeat(unit.connection, name)
            beat(unit.connection, self._name, heartbeat)
            unit.commit()
        self.make_checkpoint()

    def make_checkpoint(self) -> None:
        """Make the day's checkpoint where it is wanting; what stands in the way is logged, and tried again."""
        try:
            made = make_daily(self._database)
        except (WrongWords, RecordNotIntact) as refused:
            self._log.error("checkpoint not made", why=str(refused))
            return
        if made is not None:
            self._log.info("checkpoint made", number=made["number"], root=made["root"], entries=made["entries"])

    def remind(self, stopping: Callable[[], bool] = lambda: False) -> Sent:
        """Send the reminders whose day has come; settings that won't do are logged once, and tried again."""
        try:
            sent = send_due(self._database, stopping)
        except WrongWords as refused:
            if str(refused) != self._no_reminders:
                self._log.error("reminders not sent", why=str(refused))
            self._no_reminders = str(refused)
            return Sent()
        self._no_reminders = ""
        return sent

    def leave(self) -> None:
        """Take the heartbeat back: this daemon has stopped in order."""
        self._bell.close()
        with unit_of_work(self._database) as unit:
            forget_heartbeat(unit.connection, self._name)
            unit.commit()


def _is_a_dead_process_of_this_machine(name: str) -> bool:
    """Whether a heartbeat was left here by a daemon that was killed."""
    host, _, number = name.rpartition(":")
    if host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it runs, as another user
    return False
