"""The commands of `redress audit`: reading and proving the log."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from states.errors import LogNotIntact, NoSuchCase
from workflow.session import Session
from workflow.words import count, show_json

audit = typer.Typer(help="Reading and proving the log.", no_args_is_help=True, rich_markup_mode=None)


@audit.command("log")
def audit_log(context: typer.Context, reference: Annotated[str | None, typer.Argument(metavar="[REF]")] = None) -> None:
    """The log, oldest first: of one case, or of all."""
    from persistence.queries import log_entries
    from workflow.views import entry_data

    session: Session = context.obj
    with session.moment() as moment:
        if reference is not None and moment.unit.case(reference) is None:
            raise NoSuchCase(reference=reference)
        entries = log_entries(moment.unit.connection, reference)
        if session.json:
            _show_json_list(entry_data(entry) for entry in entries)
        else:
            from workflow.pages import console, log_line

            page = console()
            for entry in entries:
                page.print(log_line(entry))


def _show_json_list(documents: Iterable[Any]) -> None:
    """A JSON list, written as it is read, so that a long log takes no memory."""
    separator = "["
    for document in documents:
        print(separator, json.dumps(document, ensure_ascii=False), sep="\n" if separator == "[" else "", end="")
        separator = ",\n"
    print("[]" if separator == "[" else "\n]")


@audit.command("verify")
def audit_verify(context: typer.Context) -> None:
    """Prove that nothing in the log was altered or lost, and that every case is where its log says."""
    from persistence.proof import verify

    session: Session = context.obj
    with session.moment() as moment:
        verdict = verify(moment.unit.connection)
    fault = verdict.fault
    if session.json and fault is None:
        show_json({"intact": True, "entries": verdict.entries, "cases": verdict.cases})
    elif session.json and fault is not None:
        show_json({"intact": False, "first_fault": {"case": fault.case, "seq": fault.seq, "what": fault.what}})
    elif fault is None:
        print(f"The log is intact: {count(verdict.entries, 'entry')} of {count(verdict.cases, 'case')}.")
    if fault is not None:
        raise LogNotIntact(fault.what, case=fault.case, seq=fault.seq if fault.seq is not None else "-")
