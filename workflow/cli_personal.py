"""The commands for personal data: erasing what is old, holding a case back from that, and what is held on a case."""

from pathlib import Path
from typing import Annotated, Any

import typer

from states.errors import WrongWords
from states.facts import HOLD_REASONS
from workflow.change import Change
from workflow.engine import apply
from workflow.refusing import kept_if_refused
from workflow.session import Session
from workflow.words import (
    PERSONAL,
    Note,
    Reference,
    count,
    one_of,
    show_json,
    warn,
    warn_of_note,
)

personal = typer.Typer(rich_markup_mode=None)


@personal.command(rich_help_panel=PERSONAL)
def retain(
    context: typer.Context,
    older_than: Annotated[str, typer.Option(metavar="PERIOD", help="Closed at least so long ago: 25y, 300m, 90d.")],
    apply: Annotated[bool, typer.Option("--apply", help="Erase them; without this they are only listed.")] = False,
) -> None:
    """Erase the references and notes of cases that were closed long ago, so that the log still verifies."""
    from workflow.retention import period
    from workflow.retention import retain as erase

    session: Session = context.obj
    answer = erase(session, period(older_than), apply=apply)
    if session.json:
        show_json(answer)
    else:
        _say_retained(answer)
    if answer["remains"]:
        warn(f"erased bytes may remain in the database's files: {answer['remains']}; repeat with --apply.")


def _say_retained(answer: dict[str, Any]) -> None:
    for case in answer["cases"]:
        print(f"{case['reference']}: closed on {case['closed_on']}, {_texts(case)}")
    for case in answer["left"]:
        print(f"{case['reference']} is left: {case['why']}")
    if answer["applied"]:
        print(f"{count(len(answer['cases']), 'case')} erased.")
    else:
        print(f"{count(len(answer['cases']), 'case')} would be erased: this was a dry run; --apply does it.")


def _texts(case: dict[str, Any]) -> str:
    return f"{count(case['notes'], 'note')}, {count(case['references'], 'reference')} of others"


@personal.command(rich_help_panel=PERSONAL)
def hold(
    context: typer.Context,
    reference: Reference,
    reason: Annotated[str, typer.Option("--for", metavar="REASON", help=f"One of {', '.join(HOLD_REASONS)}.")],
    note: Note = None,
) -> None:
    """Keep a case beyond its time: it is not erased until it is released."""
    one_of("--for", reason, HOLD_REASONS)
    _change(context.obj, "hold", reference, {"held_for": reason}, note)


@personal.command(rich_help_panel=PERSONAL)
def release(context: typer.Context, reference: Reference, note: Note = None) -> None:
    """End a hold: the case may be erased when its time is over."""
    _change(context.obj, "release", reference, {}, note)


def _change(session: Session, trigger: str, reference: str, facts: dict[str, object], note: str | None) -> None:
    from workflow.views import read_case

    with kept_if_refused(session, "advance", reference, trigger), session.moment(writing=True) as moment:
        change = Change("advance", reference, session.acting(moment), trigger=trigger, facts=facts, note=note)
        apply(moment.unit, change, moment.now, moment.reckoner)
        view = read_case(moment, reference)
        moment.unit.commit()
    warn_of_note(note, view.today)
    if session.json:
        show_json(view.as_data())
        return
    held_for = view.facts.get("held_for")
    print(f"{reference}: " + (f"held for {str(held_for).replace('_', ' ')}." if held_for else "not held any more."))


@personal.command("subject-access", rich_help_panel=PERSONAL)
def subject_access(
    context: typer.Context,
    reference: Reference,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a new file that only you can read.")] = None,
    without_staff_names: Annotated[
        bool, typer.Option("--without-staff-names", help="Number the members of staff in place of naming them.")
    ] = False,
) -> None:
    """All that is held about a case, for the person whom it is about (UK GDPR art 15)."""
    from workflow.subject_access import all_about, as_text, write_privately

    session: Session = context.obj
    with session.moment() as moment:
        document = all_about(moment, reference, with_staff_names=not without_staff_names)
    if out is None:
        if session.json:
            show_json(document)
        else:
            print(as_text(document), end="")
        return
    try:
        write_privately(out, document, as_json=session.json)
    except FileExistsError as exists:
        raise WrongWords(f"--out {str(out)[:60]!r} is there already: name a new file.") from exists
    except OSError as fault:
        raise WrongWords(f"--out {str(out)[:60]!r} cannot be written: {fault.strerror}.") from fault
    if session.json:
        show_json({"reference": reference, "written_to": str(out)})
    else:
        print(f"{reference}: written to {out}, which only you can read.")
