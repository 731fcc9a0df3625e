"""`redress letter`: the decision letter as a Word file, with the dates, the contacts and what the law wants in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from persistence.files import write_new
from states.calendar import london_day
from states.decisions import DECISIONS
from states.errors import WrongWords
from states.facts import day_of
from workflow import completion
from workflow.completion import references
from workflow.session import Session
from workflow.words import QUESTIONS, day, one_of, show_json, warn

if TYPE_CHECKING:
    from workflow.letters import Letter

letters = typer.Typer(rich_markup_mode=None)


Sent = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day on which it is sent; as recorded, else today.")
]
Template = Annotated[
    Path | None, typer.Option("--template", metavar="FILE.docx", help="The council's own template; ours else.")
]
Reasons = Annotated[
    Path | None, typer.Option("--reasons", metavar="FILE.txt", help="The reasons; they go into the letter only.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE.docx", help="A new file.")]
Ours = Annotated[
    str | None,
    typer.Option(
        "--ours", metavar="DECISION", help="Our template, to make it yours.", autocompletion=completion.decisions
    ),
]


@letters.command(rich_help_panel=QUESTIONS)
def letter(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]", autocompletion=references)] = None,
    on: Sent = None,
    template: Template = None,
    reasons: Reasons = None,
    out: Out = None,
    ours: Ours = None,
) -> None:
    """The decision letter as a Word file; nothing is recorded. `advance REF send_letter --letter FILE` records it."""
    session: Session = context.obj
    if ours is not None:
        if reference is not None or template is not None or reasons is not None or on is not None:
            raise WrongWords("--ours writes a template and takes --out alone.")
        one_of("--ours", ours, DECISIONS)
        _write_ours(session, ours.replace("-", "_"), out)
        return
    if reference is None:
        raise WrongWords("name the case: redress letter REF.")
    decision, made = _made(session, reference, on, template, reasons)
    file = out or Path(f"{reference.replace('/', '_')}-{decision}.docx")
    _write_new(file, made.content)
    if session.json:
        show_json({"reference": reference, "decision": decision, "file": str(file), **made.as_data()})
    else:
        _say(reference, made, file, with_reasons=reasons is not None)


def _made(
    session: Session, reference: str, on: str | None, template: Path | None, reasons: Path | None
) -> tuple[str, "Letter"]:
    """The decision of a case, and its letter."""
    from states.facts import stored_facts
    from workflow.letters import REASONS, make_letter, read_file, read_reasons
    from workflow.settings import read_settings
    from workflow.views import require_case

    said, asked = read_reasons(reasons) if reasons else REASONS, day(on, "--on")
    content = read_file(template, "--template") if template else None
    with session.moment() as moment:
        case = require_case(moment.unit, reference)
        facts = stored_facts(case.facts)
        recorded = day_of(facts, "letter_sent_on") if "letter_sent_on" in facts else None
        sent_on = asked or recorded or london_day(moment.now)
        made = make_letter(case, facts, sent_on, moment.reckoner, read_settings(), template=content, reasons=said)
    return str(facts["decision"]), made


def _say(reference: str, made: "Letter", file: Path, *, with_reasons: bool) -> None:
    """What was written, and what is still to be done or checked."""
    from states.counting import words
    from states.letter import SPOKEN_OF

    print(f"{file}: the letter of {reference}, to be sent on {words(made.dates.sent_on)}.")
    print(f"It gives until {words(made.dates.appeal_by)} to appeal, or a month from the certificate if that is later.")
    unread = sorted({rule.source for rule in SPOKEN_OF if not rule.verified})
    if unread:
        warn(f"its times for mediation were not held against their provisions' own words: {'; '.join(unread)}.")
    if not with_reasons:
        warn("the reasons are still to be written into it, with the name and the address.")


def _write_ours(session: Session, decision: str, out: Path | None) -> None:
    from workflow.letters import our_template

    file = out or Path(f"{decision}.docx")
    _write_new(file, our_template(DECISIONS[decision]))
    if session.json:
        show_json({"decision": decision, "file": str(file)})
    else:
        print(f"{file}: our template for {decision}. Change it in Word; keep the names in double braces.")


def _write_new(file: Path, content: bytes) -> None:
    """Write a file that is not there yet. Raises WrongWords."""
    try:
        write_new(file, content)
    except FileExistsError as there:
        raise WrongWords(f"{file} is there already: name another file with --out.") from there
    except OSError as refused:
        raise WrongWords(f"{file} cannot be written: {refused.strerror}.") from refused
