"""`redress import`: the backlog from a spreadsheet."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from states.errors import WrongWords
from workflow.session import Session
from workflow.words import CHANGES, count, inert, show_json, warn

importing = typer.Typer(rich_markup_mode=None)
SHOWN = 50


@importing.command("import", rich_help_panel=CHANGES)
def import_cases(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE.csv|xlsx")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing: say what would be done.")] = False,
    each: Annotated[bool, typer.Option("--each", help="Take the good rows; else all or none.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Print the heading that a file needs.")] = False,
) -> None:
    """Open or advance many cases from a spreadsheet; done twice, it changes nothing."""
    from workflow.importing import columns, import_file
    from workflow.importing import template as heading

    session: Session = context.obj
    if template:
        if session.json:
            show_json(list(columns()))
        else:
            print(heading())
        return
    if file is None:
        raise WrongWords("name the file: redress import FILE.csv; --template prints the heading that it needs.")
    with _progress() as done:
        found = import_file(session, file, dry_run=dry_run, each=each, done=done)
    if session.json:
        show_json(found.as_data())
        if found.errors:
            kept = "the other rows were taken" if found.applied else "nothing was changed"
            warn(f"{count(len(found.errors), 'error')} in {file.name}: {kept}.")
    else:
        for fault in found.errors[:SHOWN]:
            warn(f"line {fault.line}{f', {fault.column}' if fault.column else ''}: {fault.what}")
        if len(found.errors) > SHOWN:
            warn(f"and {len(found.errors) - SHOWN} more (--json lists them all).")
        did = (found.opened, "opened"), (found.advanced, "advanced"), (found.unchanged, "as they were")
        said = ", ".join(f"{number} {what}" for number, what in did)
        end = "This was a dry run." if dry_run else "" if found.applied or not found.rows else "Nothing was changed."
        if found.applied and found.errors:
            end = "The other rows were taken."
        said += f", {found.waiting} waiting for a second person (redress confirm)" if found.waiting else ""
        errors = count(len(found.errors), "error")
        print(f"{inert(file.name)}: {count(found.rows, 'row')}: {said}, {errors}. {end}".strip())
    if found.errors and not each:  # what a refused command leaves is nothing, so that one that took rows is not refused
        raise typer.Exit(2)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda number, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)
        yield lambda number, total: bar.update(task, completed=number, total=total)
