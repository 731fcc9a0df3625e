"""The commands that change a case: open it, advance it, record and correct facts, undo a slip."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from persistence.unit import StoredCase
from states.decisions import DECISIONS
from states.errors import WrongWords
from states.facts import PARTIES, day_of
from states.machine import require_trigger
from states.table import INTERNAL, TRIGGERS, Row
from workflow import completion
from workflow.change import Change
from workflow.engine import apply
from workflow.refusing import kept_if_refused
from workflow.session import Moment, Session
from workflow.words import (
    CHANGES,
    FactWords,
    IfVersion,
    Note,
    OnDay,
    Owner,
    Reference,
    Team,
    day,
    fact_words,
    one_of,
    show_json,
    show_page,
    warn,
    warn_of_note,
    warn_of_references,
)

changes = typer.Typer(rich_markup_mode=None)


# Looks at a case as a change would leave it, and may refuse it.
Look = Callable[[Moment, StoredCase], None]


def _change(
    session: Session,
    kind: Literal["open", "advance", "record", "correct", "undo"],
    reference: str,
    look: Look | None = None,
    **said: Any,
) -> None:
    """One change through the engine, committed, and what came of it. What `look` refuses is not made."""
    from workflow.views import read_case

    trigger = str(said.get("trigger", kind))
    with kept_if_refused(session, kind, reference, trigger), session.moment(writing=True) as moment:
        change = Change(kind=kind, reference=reference, actor=session.acting(moment), **said)
        applied = apply(moment.unit, change, moment.now, moment.reckoner)
        if look is not None and applied.proposal is None:
            look(moment, applied.case)
        view = read_case(moment, reference)
        moment.unit.commit()
    warn_of_note(said.get("note"), view.today)
    if kind == "open" and not any(map(str.isdigit, reference)):
        warn(f"{reference} has no number in it; a reference must not be a name.")
    warn_of_references([reference] if kind == "open" else [], said.get("facts", {}))
    if session.json:
        show_json(view.as_data())
        return
    from rich.text import Text

    from workflow.pages import next_date

    if applied.proposal is not None:
        print(f"{reference}: {applied.proposal.words} waits for a second person: redress confirm {reference}.")
    for entry in applied.entries:
        moved = f"{entry.source} -> {entry.dest}" if entry.source != entry.dest else f"still {entry.dest}"
        show_page(Text.assemble((reference, "bold"), f"  {entry.trigger}: {moved} (version {entry.seq})"))
    show_page(next_date(view))
    for sentence in view.advice():
        show_page(Text(f"! {sentence}", style="yellow"))


@changes.command("open", rich_help_panel=CHANGES)
def open_case(
    context: typer.Context,
    reference: Reference,
    decision: Annotated[
        str,
        typer.Option(metavar="ID", help=f"One of {', '.join(DECISIONS)}.", autocompletion=completion.decisions),
    ],
    decided: Annotated[
        str | None, typer.Option(metavar="DATE", help="When it was decided; leave out if still owed.")
    ] = None,
    requested: Annotated[str | None, typer.Option(metavar="DATE", help="When the request was received.")] = None,
    party: Annotated[str, typer.Option(help="Whose right it is: parent or young_person.")] = "parent",
    owner: Owner = None,
    team: Team = None,
    fact: FactWords = None,
    note: Note = None,
) -> None:
    """Open a case at its decision, or at the request with the decision still owed."""
    facts = fact_words(fact)
    one_of("--decision", decision, DECISIONS)
    one_of("--party", party, PARTIES)
    said = {"decision": decision, "party": party, "decided_on": decided, "requested_on": requested}
    said |= {"owner": owner, "team": team}
    day(decided, "--decided")
    day(requested, "--requested")
    for name, value in said.items():
        if value is not None:
            if name in facts:
                raise WrongWords(f"{name} is given by its option and by --fact: give it once.")
            facts[name] = value.replace("-", "_") if name in ("decision", "party") else value
    if not facts.keys() & {"decided_on", "requested_on", "review_meeting_on"}:
        raise WrongWords(
            "give --decided DATE; where the decision is still owed, --requested DATE, or after a review "
            "--fact review_meeting_on=DATE."
        )
    _change(context.obj, "open", reference, trigger="open", facts=facts, note=note)


def _advance_help() -> str:
    """The triggers with what they do and need, from the workflow table."""
    lines = ["Apply a trigger to a case: what happened, on the day it happened.", "", "\b", "Triggers:"]
    for trigger, rows in TRIGGERS.items():
        if trigger not in INTERNAL:
            lines.append(f"  {trigger:<30} {rows[0].words}{_needs(rows)}")
    return "\n".join(lines)


def _needs(rows: Sequence[Row]) -> str:
    needs = dict.fromkeys(name for row in rows for name in row.needs)
    return f" (--fact {', '.join(needs)}=...)" if needs else ""


@changes.command(rich_help_panel=CHANGES, help=_advance_help())
def advance(
    context: typer.Context,
    reference: Reference,
    trigger: Annotated[str, typer.Argument(metavar="TRIGGER", autocompletion=completion.triggers)],
    on: OnDay = None,
    fact: FactWords = None,
    note: Note = None,
    if_version: IfVersion = None,
    letter: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With send_letter: the file that was sent; its hash is recorded."),
    ] = None,
) -> None:
    facts, look = fact_words(fact), None
    if reference.replace("-", "_") in TRIGGERS and trigger.replace("-", "_") not in TRIGGERS:
        raise WrongWords(f"the case comes first, then the trigger: redress advance {trigger[:40]} {reference}.")
    if letter is not None:
        facts["letter_sha256"], look = _letter(require_trigger(trigger), letter)
    said = {"on": day(on, "--on"), "facts": facts, "note": note, "if_version": if_version}
    _change(context.obj, "advance", reference, look, trigger=require_trigger(trigger), **said)


def _letter(trigger: str, file: Path) -> tuple[str, Look]:
    """The hash of the letter that was sent, and what looks at its dates."""
    from states.facts import stored_facts
    from workflow.letters import check_sent, digest_of, read_file

    if trigger != "send_letter":
        raise WrongWords(f"--letter is the file of a decision letter and goes with send_letter, not with {trigger}.")
    content = read_file(file, "--letter")

    def look(moment: Moment, case: StoredCase) -> None:
        facts = stored_facts(case.facts)
        sent_on = day_of(facts, "letter_sent_on")
        unseen = check_sent(content, file.name, case, facts, sent_on, moment.reckoner)
        if unseen is not None:
            warn(f"{unseen}.")

    return digest_of(content), look


@changes.command(rich_help_panel=CHANGES)
def record(
    context: typer.Context,
    reference: Reference,
    fact: Annotated[list[str], typer.Argument(metavar="FACT=VALUE", autocompletion=completion.recordable)],
    note: Note = None,
    if_version: IfVersion = None,
) -> None:
    """Record a fact that moves no state: a receipt, a date the Tribunal set, a duty done or excused."""
    _change(context.obj, "record", reference, facts=fact_words(fact), note=note, if_version=if_version)


@changes.command(rich_help_panel=CHANGES)
def correct(
    context: typer.Context,
    reference: Reference,
    fact: Annotated[list[str], typer.Argument(metavar="FACT=VALUE", autocompletion=completion.facts)],
    reason: Annotated[str, typer.Option(help="Why; kept in the log.")],
    if_version: IfVersion = None,
) -> None:
    """Correct a recorded fact (FACT= withdraws it); dates and state follow, and the log keeps both."""
    if not reason.strip():
        raise WrongWords("--reason must say why the fact is corrected.")
    _change(context.obj, "correct", reference, facts=fact_words(fact), note=reason, if_version=if_version)


@changes.command(rich_help_panel=CHANGES)
def undo(
    context: typer.Context,
    reference: Reference,
    note: Note = None,
    if_version: IfVersion = None,
) -> None:
    """Undo a slip: the case's last entry is reversed by another one, soon after it and by who made it."""
    _change(context.obj, "undo", reference, trigger="undo", note=note, if_version=if_version)
