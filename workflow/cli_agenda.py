"""`redress calendar`: the dates as a file for Outlook and its like."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from persistence.files import write_over
from states.calendar import london_day
from states.errors import WrongWords
from workflow.session import Session
from workflow.words import QUESTIONS, Owner, Team, count, show_json, warn

agenda = typer.Typer(rich_markup_mode=None)


@agenda.command(rich_help_panel=QUESTIONS)
def calendar(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.ics", help="Written whole, over an older one; else printed.")
    ] = None,
    within_days: Annotated[int | None, typer.Option("--within", metavar="DAYS", min=0, max=3660)] = None,
    who: Annotated[Literal["council", "family"] | None, typer.Option(help="Whose dates; all unless given.")] = None,
    owner: Owner = None,
    team: Team = None,
    name: Annotated[str, typer.Option(help="What the calendar is called.")] = "Redress",
) -> None:
    """The dates as an iCalendar file; read again, a date that moved is moved in the calendar."""
    from persistence.agenda import agenda as rows_of
    from states.rules import FAMILY, LA
    from workflow.agenda import REMEMBERED, as_icalendar, within
    from workflow.ownership import whose_cases, with_nobody

    session: Session = context.obj
    if not (name.isprintable() and 0 < len(name) <= 60):
        raise WrongWords("--name takes up to 60 printable characters.")
    with session.moment() as moment:
        today = london_day(moment.now)
        last = today + timedelta(days=within_days) if within_days is not None else None
        asked = {"council": LA, "family": FAMILY}.get(who or "")
        whose = whose_cases(moment, owner=owner, team=team)
        rows = list(within(rows_of(moment.unit.connection, today - REMEMBERED, whose), last, asked))
        for sentence in () if rows else with_nobody(moment, owner, team):
            warn(sentence)
    content = as_icalendar(rows, name)
    if out is not None:
        _write(out, content)
        warn(f"{count(len(rows), 'date')} written to {out}.")
    elif not session.json:
        sys.stdout.write(content.decode().replace("\r\n", "\n"))
    if session.json:
        show_json([{"reference": r.reference, "id": r.deadline, "due_on": r.due_on.isoformat(), "status": r.status}
                   for r in rows])  # fmt: skip


def _write(file: Path, content: bytes) -> None:
    """Write a calendar whole, over an older one and nothing else. Raises WrongWords."""
    try:
        if file.exists() and not file.read_bytes().startswith(b"BEGIN:VCALENDAR"):
            raise WrongWords(f"--out {file} is there and no calendar: name another file.")
        write_over(file, content)
    except OSError as refused:
        raise WrongWords(f"--out {file} cannot be written: {refused.strerror}.") from refused
