"""The commands that keep a database running: making it, its daemon, its calendar and rules, its health."""

from typing import Annotated

import typer

from states.errors import DatabaseUnreachable, WrongWords
from workflow.session import Session
from workflow.words import UPKEEP, Reference, count, day, show_json, show_page, warn

upkeep = typer.Typer(rich_markup_mode=None)
rules = typer.Typer(help="The version of the rules that cases run under.", no_args_is_help=True, rich_markup_mode=None)
upkeep.add_typer(rules, name="rules", rich_help_panel=UPKEEP)

TITLE_LENGTH = 100
METRICS_PORT = 9464
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only said what would move.")]


@upkeep.command(rich_help_panel=UPKEEP)
def init(
    context: typer.Context,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="New databases only: the clock is set by hand.")
    ] = False,
    window_basis: Annotated[str | None, typer.Option(help="New databases only: received (default) or sent.")] = None,
) -> None:
    """Make the database or upgrade it; done twice, it changes nothing."""
    from workflow.setup import make

    made = make(context.obj, simulated=simulated, window_basis=window_basis)
    if context.obj.json:
        show_json(made)
    else:
        print(f"{made['database']}: {made['done']}{', simulated' if made['simulated'] else ''}.")


@upkeep.command(rich_help_panel=UPKEEP)
def daemon(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One sweep, then exit.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Prometheus metrics on the loopback.")] = False,
    metrics_port: Annotated[
        int | None, typer.Option(metavar="PORT", min=0, max=65535, help=f"The same, not on {METRICS_PORT}.")
    ] = None,
) -> None:
    """Fire deadlines at their instants, until stopped."""
    from workflow.daemon import run, run_once

    session: Session = context.obj
    if not once:
        run(session, METRICS_PORT if metrics and metrics_port is None else metrics_port)
        return
    if metrics or metrics_port is not None:
        raise WrongWords("--metrics is for a daemon that runs, and --once ends at once: leave one of them out.")
    swept = run_once(session)
    if session.json:
        show_json(swept)
        return
    for line in swept["fired"]:
        print(
            f"{line['case']}: {line['trigger']} ({line['deadline']}), {line['late_seconds']} seconds after its instant"
        )
    for line in swept["failed"]:
        warn(f"{line['case']}: {line['deadline']} was not fired: {line['why']}")
    reminders = swept.get("reminders", {"sent": [], "failed": []})
    for line in reminders["failed"]:
        warn(f"{line['case']}: a reminder was not sent: {line['why']}")
    sent = reminders["sent"]
    said = f"{len(swept['fired'])} fired, {len(swept['failed'])} not"
    print(f"{said}; {count(len(sent), 'reminder')} sent." if sent else f"{said}.")


@upkeep.command(rich_help_panel=UPKEEP)
def retry(context: typer.Context, reference: Reference) -> None:
    """Take up again a case that was set aside; the daemon then fires what is due in it."""
    from workflow.permission import check_act
    from workflow.views import read_case

    session: Session = context.obj
    with session.moment(writing=True) as moment:
        check_act(session.acting(moment), "retry")
        taken_up = moment.unit.retry(read_case(moment, reference).stored.id)
        moment.unit.commit()
    if session.json:
        show_json({"reference": reference, "taken_up": taken_up})
    else:
        print(f"{reference}: {'taken up again' if taken_up else 'was not set aside'}.")


@upkeep.command(rich_help_panel=UPKEEP)
def doctor(context: typer.Context) -> None:
    """Check the set-up: database, schema, clock, holidays, the daemon's heartbeat."""
    from workflow.doctor import as_data, examine, unreachable

    session: Session = context.obj
    try:
        with session.moment() as moment:
            checks = examine(moment, session.database)
    except DatabaseUnreachable as away:  # which is what was asked for; the exit code is that of every command
        if session.json:
            show_json(as_data(unreachable(away)))
        raise
    if session.json:
        show_json(as_data(checks))
        return
    for check in checks:
        print(f"{'ok   ' if check.ok else 'LOOK '} {check.name}: {check.says}")


@upkeep.command(rich_help_panel=UPKEEP)
def holidays(
    context: typer.Context,
    add: Annotated[str | None, typer.Option(metavar="DATE", help="A bank holiday that was proclaimed.")] = None,
    title: Annotated[str, typer.Option(help="What the holiday that is added is for.")] = "Bank holiday",
    remove: Annotated[str | None, typer.Option(metavar="DATE", help="A day that is no bank holiday after all.")] = None,
    apply: Apply = False,
) -> None:
    """The bank holidays that dates are reckoned with; add or remove one, first seeing whose dates would move."""
    from workflow.calendar_changes import change_calendar, list_holidays

    session: Session = context.obj
    if add is not None and remove is not None:
        raise WrongWords("give --add or --remove: one day at a time.")
    if not (title.isprintable() and 0 < len(title.strip()) <= TITLE_LENGTH):
        raise WrongWords(f"--title takes up to {TITLE_LENGTH} printable characters.")
    added, removed = day(add, "--add"), day(remove, "--remove")
    changed = added or removed
    if changed is None:
        answer = list_holidays(session)
    else:
        answer = change_calendar(session, changed, title if added else None, apply=apply)
    _show_moves(session, answer)


@rules.command()
def migrate(context: typer.Context, apply: Apply = False) -> None:
    """Move running cases to this version of the rules and the calendar, as logged changes."""
    from workflow.calendar_changes import migrate_rules

    session: Session = context.obj
    _show_moves(session, migrate_rules(session, apply=apply))


def _show_moves(session: Session, answer: dict[str, object]) -> None:
    if session.json:
        show_json(answer)
        return
    from workflow.pages import moves_page

    show_page(moves_page(answer))
