"""The commands of `redress audit`: reading and proving the log."""

import typer

from states.errors import LogNotIntact
from workflow.cli_log import log_commands
from workflow.session import Session
from workflow.words import count, show_json

audit = typer.Typer(help="Reading and proving the log.", no_args_is_help=True, rich_markup_mode=None)
audit.add_typer(log_commands)


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
