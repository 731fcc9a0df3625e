"""The commands that read the log: `redress audit log`, as a story or as JSON, and `redress audit export`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from states.calendar import ONE_DAY, end_of
from states.decisions import STATES
from states.errors import WrongWords
from states.table import BY_NO_ROW, TRIGGERS
from workflow.session import Moment, Session
from workflow.words import day, known_name, one_of, show_json

if TYPE_CHECKING:
    from persistence.history import Wanted

log_commands = typer.Typer()

From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Recorded on this day in London or later.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Recorded on this day in London or earlier.")]
By = Annotated[str | None, typer.Option("--actor", metavar="NAME", help="Recorded by this actor (put it last).")]
Triggers = Annotated[list[str] | None, typer.Option("--trigger", help="With this trigger; may be repeated.")]
InState = Annotated[str | None, typer.Option("--state", help="Starting or ending in this state.")]
Overdue = Annotated[bool, typer.Option("--overdue", help="By which a duty was missed, or was met late.")]


@log_commands.command("log")
def audit_log(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]")] = None,
    from_day: From = None,
    to_day: To = None,
    actor: By = None,
    trigger: Triggers = None,
    state: InState = None,
    overdue: Overdue = False,
    refused: Annotated[bool, typer.Option("--refused", help="The refused attempts too, in their place.")] = False,
) -> None:
    """The log, oldest first: of one case, or of all."""
    from persistence.history import entries_and_refusals, wanted_entries
    from workflow.views import require_case

    session: Session = context.obj
    wanted = _wanted(reference, from_day, to_day, actor, trigger, state, overdue)
    with session.moment() as moment:
        if reference is not None:
            require_case(moment.unit, reference)
        read = entries_and_refusals if refused else wanted_entries
        entries = read(moment.unit.connection, wanted)
        if session.json:
            _show_json_list(_data(each, refused) for each in entries)
        else:
            _tell(moment, reference, entries)


def _wanted(
    reference: str | None,
    from_day: str | None,
    to_day: str | None,
    actor: str | None,
    trigger: list[str] | None,
    state: str | None,
    overdue: bool,
) -> "Wanted":
    """The filters as the database is asked for them. Raises WrongWords for words that are none."""
    from persistence.history import Wanted

    first, last = day(from_day, "--from"), day(to_day, "--to")
    if first and last and first > last:
        raise WrongWords(f"--from {first} is after --to {last}: no day lies between them.")
    for each in trigger or ():
        one_of("--trigger", each, (*TRIGGERS, *BY_NO_ROW))
    if state is not None:
        one_of("--state", state, STATES)
    if actor is not None:
        known_name(actor, "--actor")
    return Wanted(
        reference=reference,
        since=end_of(first - ONE_DAY) if first else None,
        before=end_of(last) if last else None,
        actor=actor,
        triggers=tuple(each.replace("-", "_") for each in trigger or ()),
        state=state.replace("-", "_") if state else None,
        overdue=overdue,
    )


def _data(each: Any, with_refused: bool) -> dict[str, Any]:
    """An entry or a refused attempt; where both are listed, each says which it is."""
    from persistence.refusals import Refusal
    from workflow.views import entry_data, refusal_data

    if isinstance(each, Refusal):
        return refusal_data(each)
    return {**entry_data(each), "refused": False} if with_refused else entry_data(each)


def _show_json_list(documents: Iterable[Any]) -> None:
    """A JSON list, written as it is read, so that a long log takes no memory."""
    separator = "["
    for document in documents:
        print(separator, json.dumps(document, ensure_ascii=False), sep="\n" if separator == "[" else "", end="")
        separator = ",\n"
    print("[]" if separator == "[" else "\n]")


def _tell(moment: Moment, reference: str | None, entries: Iterable[Any]) -> None:
    """The story, chapter by chapter as it is read; under the case's own heading where one is named."""
    from rich.text import Text

    from persistence.history import facts_before
    from persistence.refusals import Refusal
    from workflow.pages import console
    from workflow.story import chapter, needs_the_past, refused_chapter
    from workflow.words import inert

    page = console()
    if reference is not None:
        page.print(Text(f"The log of {inert(reference)}, oldest first; times are London's", style="bold"))
    told = False
    for each in entries:
        if told or reference is not None:
            page.print()
        told = True
        if isinstance(each, Refusal):
            found = refused_chapter(each, named=reference is None)
        else:
            past = facts_before(moment.unit.connection, each.case, each.seq) if needs_the_past(each) else {}
            found = chapter(each, past, named=reference is None)
        heading, rest = found.wrapped(page.width)
        page.print(Text(heading, style="bold"), soft_wrap=True)
        page.print(Text(rest), soft_wrap=True)
    if not told:
        page.print("The log has no such entry.")


@log_commands.command("export")
def audit_export(
    context: typer.Context,
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="One JSON object a line, or a table.")
    ] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file; else standard output.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with FILE where it was interrupted.")] = False,
    from_day: From = None,
    to_day: To = None,
    actor: By = None,
    trigger: Triggers = None,
    state: InState = None,
    overdue: Overdue = False,
) -> None:
    """The log as JSON Lines or CSV, in the order of recording; an interrupted one goes on with --resume.

    With --json it is one JSON list; with --out besides, the file is JSON Lines, and what is printed says so.
    """
    from persistence.history import wanted_entries
    from workflow.export import Export

    session: Session = context.obj
    wanted = _wanted(None, from_day, to_day, actor, trigger, state, overdue)
    if resume and out is None:
        raise WrongWords("--resume goes on with a file: name it with --out FILE.")
    if form == "csv" and session.json:
        raise WrongWords("--format csv and --json are two forms of one answer: give one of them.")
    export = Export(form, out, wanted)
    with session.moment() as moment:
        if session.json and out is None:
            _show_json_list(_data(each, False) for each in wanted_entries(moment.unit.connection, wanted))
            return
        entries = export.write(moment.unit, resume=resume)
    if session.json:
        show_json({"file": str(out), "entries": entries})
