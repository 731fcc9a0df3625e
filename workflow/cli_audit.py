"""The commands of `redress audit` that prove the log: verifying it, checkpoints, and the proof of one case."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from states.errors import LogNotIntact, RecordNotIntact, WrongWords
from workflow.cli_log import log_commands
from workflow.session import Session
from workflow.words import Reference, count, show_json, warn

if TYPE_CHECKING:
    from persistence.checkpoint_file import KeptCheckpoint
    from persistence.retold import Fault
    from workflow.checkpointing import Made

audit = typer.Typer(help="Reading and proving the log.", no_args_is_help=True, rich_markup_mode=None)
audit.add_typer(log_commands)

Kept = Annotated[
    Path | None,
    typer.Option("--against", metavar="CHECKPOINT", help="One that was kept; - is standard input."),
]
Within = Annotated[
    Path | None, typer.Option("--in", metavar="CHECKPOINT", help="One that was kept; else a new one is made.")
]
PublicKey = Annotated[
    str | None, typer.Option("--key", metavar="PUBLIC", help="The public key that must have signed the checkpoint.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file; else standard output.")]


@audit.command("verify")
def audit_verify(
    context: typer.Context,
    against: Kept = None,
    key: PublicKey = None,
) -> None:
    """Prove that nothing in the log was altered or lost, and that every case is where its log says."""
    from persistence.proof import verify

    session: Session = context.obj
    if key is not None and against is None:
        raise WrongWords("--key says who must have signed a checkpoint: name the checkpoint by --against.")
    with _kept(against, key) if against else nullcontext() as checkpoint, session.moment() as moment:
        verdict = verify(moment.unit.connection, checkpoint)
        beside = f" It agrees with checkpoint {checkpoint.header['number']}." if checkpoint else ""
    if verdict.fault is None:
        if session.json:
            show_json({"intact": True, "entries": verdict.entries, "cases": verdict.cases})
        else:
            print(f"The log is intact: {count(verdict.entries, 'entry')} of {count(verdict.cases, 'case')}.{beside}")
        return
    fault = verdict.fault
    if session.json:
        show_json({"intact": False, "first_fault": {"case": fault.case, "seq": fault.seq, "what": fault.what}})
    raise _named(fault)


def _named(fault: "Fault") -> LogNotIntact:
    if fault.case is None:
        return RecordNotIntact(fault.what)
    return LogNotIntact(fault.what, case=fault.case, seq=fault.seq if fault.seq is not None else "-")


@contextmanager
def _kept(file: Path, key: str | None) -> Iterator["KeptCheckpoint"]:
    """The checkpoint that was kept in a file, or comes on standard input (-)."""
    from persistence.checkpoint_file import KeptCheckpoint

    with closing(KeptCheckpoint.of(None if str(file) == "-" else file, sys.stdin, key)) as checkpoint:
        yield checkpoint


@audit.command("checkpoint")
def audit_checkpoint(context: typer.Context, out: Out = None) -> None:
    """Make a signed root over the whole log, to be kept where nobody who can change the database is."""
    session: Session = context.obj
    with _made(session, out) as made:
        header = made.header
        if out is None and session.json:
            show_json(made.as_data())
        elif out is None and not sys.stdout.isatty():
            made.write(sys.stdout)
        elif session.json:
            show_json({"header": dict(header)})
    said = (
        f"checkpoint {header['number']}: {count(header['entries'], 'entry')} of {count(header['cases'], 'case')}, "
        f"root {header['root']}, signed with {header['key']}"
    )
    warn(said + (f"; written to {out}; keep it elsewhere." if out else "; without --out only the database has it."
                 if sys.stdout.isatty() and not session.json else "."))  # fmt: skip


@contextmanager
def _made(session: Session, out: Path | None) -> Iterator["Made"]:
    """A new checkpoint, committed, and written to its file first where one is named."""
    from workflow.checkpointing import Made, signing_key, written_beside

    if out is not None and out.exists():
        raise WrongWords(f"--out {out} is there already: name another file.")
    key = signing_key(session.ready())
    with ExitStack() as open_until_read:
        with session.moment(writing=True) as moment:
            made = open_until_read.enter_context(closing(Made(moment.unit, moment.now, key)))
            if out is None:
                moment.unit.commit()
            else:
                try:
                    with written_beside(made, out):
                        moment.unit.commit()
                except OSError as refused:
                    raise WrongWords(f"--out {out} cannot be written: {refused.strerror}.") from refused
        yield made


@audit.command("prove")
def audit_prove(
    context: typer.Context,
    reference: Reference,
    within: Within = None,
    key: PublicKey = None,
) -> None:
    """One case's log as a proof for somebody else, as JSON; docs/check_proof.py checks it without Redress."""
    from workflow.proving import proof_of
    from workflow.views import require_case

    session: Session = context.obj
    with session.moment() as moment:  # before a checkpoint is made for it
        require_case(moment.unit, reference)
    with _kept(within, key) if within else _just_made(session) as checkpoint, session.moment() as moment:
        show_json(proof_of(moment.unit, reference, checkpoint))


@contextmanager
def _just_made(session: Session) -> Iterator["KeptCheckpoint"]:
    from persistence.checkpoint_file import KeptCheckpoint

    with _made(session, None) as made, tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        made.write(file)
        file.seek(0)
        with closing(KeptCheckpoint(file, "that was just made")) as checkpoint:
            yield checkpoint
