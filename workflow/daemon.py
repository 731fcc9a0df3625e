"""The daemon as a process: its log, its first lines, its signals."""

import gc
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from persistence.database import Database
from scheduler.alarm import Alarm
from scheduler.sweep import Swept, sweep
from states.definition import version
from states.errors import DatabaseUnreachable
from workflow.firing import DatabaseWatch, fire
from workflow.permission import check_act
from workflow.session import DATABASE_VARIABLE, Session

if TYPE_CHECKING:
    from workflow.metrics import Metrics


def configure_log() -> None:
    """One event a line on standard error: readable on a terminal, JSON elsewhere."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def run_once(session: Session) -> dict[str, Any]:
    """One sweep at the database's present instant; what it fired and what it could not."""
    configure_log()
    database = _permitted(session)
    watch = DatabaseWatch(database)
    fired: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []

    def report(swept: Swept) -> None:
        watch.report(swept)
        fired.extend(each._asdict() for each in swept.fired)
        failed.extend(asdict(each) for each in swept.failed)

    sweep(database, fire, version(), report=report)
    watch.make_checkpoint()
    sent = watch.remind()
    reminded = {"sent": sent.sent, "failed": [{"case": case, "why": why} for case, why in sent.failed]}
    return {"fired": fired, "failed": failed, **({"reminders": reminded} if sent.sent or sent.failed else {})}


def _permitted(session: Session) -> Database:
    """The session's database, for who may run the daemon. Raises NotPermitted."""
    with session.moment() as moment:
        check_act(moment.asker, "daemon")
    return session.database


def run(session: Session, metrics_port: int | None = None) -> None:
    """Fire deadlines until SIGTERM or SIGINT; the change in hand is finished first.

    With a port (0: any free one) a monitor on this machine is told how it goes.
    """
    gc.enable()  # this process lives for months, unlike the other commands
    configure_log()
    database = _permitted(session)
    log = structlog.get_logger()
    metrics = _metrics(database, metrics_port)
    watch = DatabaseWatch(database, metrics.report) if metrics is not None else DatabaseWatch(database)
    alarm = Alarm(metrics.measured(watch) if metrics is not None else watch)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: alarm.stop())
    _say_what_next(session)
    log.info("daemon started", database=database.shown, pid=os.getpid())
    if metrics is not None:
        log.info("metrics served", port=metrics.port)
    alarm.run()
    try:
        watch.leave()
    except DatabaseUnreachable as away:
        log.warning("heartbeat left behind", why=str(away))
    if metrics is not None:
        metrics.close()
    log.info("daemon stopped")


def _metrics(database: Database, port: int | None) -> "Metrics | None":
    """The metrics, already answering, where a port is asked for."""
    if port is None:
        return None
    from workflow.metrics import Metrics

    metrics = Metrics(database)
    metrics.serve(port)
    return metrics


def _say_what_next(session: Session) -> None:
    """What to type in another terminal, by the name under which this program was started. A password is not shown."""
    command = Path(sys.argv[0])
    if command.is_absolute() and command.is_relative_to(Path.cwd()):
        command = command.relative_to(Path.cwd())
    name = str(command) if command.name == "redress" and "/" in sys.argv[0] else "redress"
    database = session.database
    on = "" if session.is_embedded or session.url is None or database.has_password else f" --database {session.url}"
    where = f" (with the database's URL in {DATABASE_VARIABLE})" if session.url and database.has_password else ""
    print(
        f"Redress fires deadlines on {database.shown}; Ctrl-C stops it. In another terminal, type{where}:\n"
        f"  {name}{on} open H-1042 --decision assessment_refused --decided $(date +%F)\n"
        f"  {name}{on} advance H-1042 send_letter --fact letter_method=email\n"
        f"  {name}{on} show H-1042",
        flush=True,
    )
