"""The commands. Each reads its words, asks the engine or a view, and shows the answer as a page or as JSON."""

import io
import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Annotated

import typer

from states.calendar import london_day
from states.counting import words
from states.decisions import STATES, UNOPENED
from states.errors import RecordNotIntact, WrongWords
from workflow import completion
from workflow.cli_agenda import agenda
from workflow.cli_audit import audit
from workflow.cli_changes import changes
from workflow.cli_import import importing
from workflow.cli_letter import letters
from workflow.cli_office import office
from workflow.cli_owner import owners
from workflow.cli_personal import personal
from workflow.cli_reminders import reminding
from workflow.cli_report import reports
from workflow.cli_review import review_pages
from workflow.cli_upkeep import upkeep
from workflow.session import Moment, Session
from workflow.words import (
    QUESTIONS,
    Owner,
    Reference,
    Team,
    day,
    fact_words,
    one_of,
    show_json,
    show_page,
    warn,
)

app = typer.Typer(
    name="redress",
    help="Decisions on special educational needs, their appeals, and every date that the law sets for them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(changes)
app.add_typer(owners)
app.add_typer(audit, name="audit")
app.add_typer(personal)
app.add_typer(office)
app.add_typer(importing)
app.add_typer(agenda)
app.add_typer(letters)
app.add_typer(reminding)
app.add_typer(reports)
app.add_typer(upkeep)
app.add_typer(review_pages)


def _say_version(context: typer.Context, asked: bool) -> None:
    """The version of the package, and of what decides: the workflow and the schema that it keeps cases in."""
    if asked:
        from importlib.metadata import version

        from persistence.schema import SCHEMA
        from states.definition import WORKFLOW

        if context.params.get("as_json"):
            show_json({"redress": version("redress"), "workflow": WORKFLOW, "schema": SCHEMA})
        else:
            print(f"redress {version('redress')} (workflow {WORKFLOW}, schema {SCHEMA})")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="The database; else REDRESS_DATABASE_URL.")
    ] = None,
    as_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="Set a simulated database's clock.")] = None,
    actor: Annotated[str | None, typer.Option(help="Act under another name, where policy lets you.")] = None,
    # It is eager, so that --version knows of it wherever it stands.
    as_json: Annotated[
        bool, typer.Option("--json", is_eager=True, help="One JSON document on standard output.")
    ] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, help="Say which Redress this is.")
    ] = False,
) -> None:
    session = Session(url=database, as_at=as_at, actor=actor, json=as_json)
    context.call_on_close(session.close)
    context.obj = session


# --- looking ---------------------------------------------------------------------------------------------------------


@app.command(rich_help_panel=QUESTIONS)
def show(
    context: typer.Context,
    reference: Reference,
    as_known_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="As the record stood at the end of this day in London.")
    ] = None,
) -> None:
    """A case at a glance: its state, its dates, what can be done, its story."""
    from workflow.views import read_case

    session: Session = context.obj
    if as_known_on is not None:
        _show_as_known(session, reference, as_known_on)
        return
    with session.moment() as moment:
        view = read_case(moment, reference)
        entries = [] if session.json else moment.unit.entries(view.stored)
    if session.json:
        show_json(view.as_data())
    else:
        from workflow.pages import case_page

        show_page(case_page(view, entries))


def _show_as_known(session: Session, reference: str, said: str) -> None:
    from workflow.as_known import as_known_on

    known_on = day(said, "--as-known-on") or date.min
    with session.moment() as moment:
        known = as_known_on(moment, reference, known_on)
    if session.json:
        show_json(known.as_data())
        return
    from rich.text import Text

    from workflow.pages import case_page

    show_page(Text(f"As the record stood at the end of {words(known_on)} in London", style="bold"))
    show_page(case_page(known.view, known.entries))


@app.command("next", rich_help_panel=QUESTIONS)
def next_triggers(context: typer.Context, reference: Reference) -> None:
    """What can be done now with a case, and why the rest cannot."""
    from workflow.views import read_case

    session: Session = context.obj
    with session.moment() as moment:
        view = read_case(moment, reference)
    if session.json:
        found = {"reference": reference, "state": view.stored.state}
        show_json({**found, "next": [*view.next_data(), *view.elsewhere_data()]})
    else:
        from workflow.pages import next_page

        show_page(next_page(view))


@app.command(rich_help_panel=QUESTIONS)
def explain(
    context: typer.Context,
    reference: Reference,
    deadline: Annotated[str, typer.Argument(autocompletion=completion.deadlines)],
) -> None:
    """How a date was reckoned, step by step, with the source of each rule."""
    from workflow.views import explain as explained
    from workflow.views import read_case, require_deadline

    session: Session = context.obj
    rule = require_deadline(deadline)
    with session.moment() as moment:
        explanation = explained(read_case(moment, reference), rule)
    if session.json:
        show_json(explanation.as_data(reference))
    else:
        from workflow.pages import explain_page

        show_page(explain_page(explanation, reference))


@app.command(rich_help_panel=QUESTIONS)
def worklist(
    context: typer.Context,
    within: Annotated[
        int | None, typer.Option(metavar="DAYS", min=0, help="Only what is due within so many days.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    state: Annotated[
        str | None,
        typer.Option(help="Only cases in this state, with or without a date.", autocompletion=completion.states),
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only the cases that you see to.")] = False,
    owner: Owner = None,
    team: Team = None,
) -> None:
    """What is due, soonest first, overdue on top."""
    from persistence.queries import worklist as query
    from states.work import NOT_WORK_ONCE_MISSED
    from workflow.ownership import whose_cases, with_nobody
    from workflow.views import worklist_data

    session: Session = context.obj
    if state is not None:
        one_of("--state", state, [name for name in STATES if name != UNOPENED])
    if within is not None and within > 36500:
        raise WrongWords("--within takes a number of days up to 36500.")
    with session.moment() as moment:
        asked = partial(
            query,
            moment.unit.connection,
            NOT_WORK_ONCE_MISSED,
            due_by=None if within is None else london_day(moment.now) + timedelta(days=within),
            overdue_at=moment.now if overdue else None,
            state=state.replace("-", "_") if state else None,
            whose=whose_cases(moment, mine=mine, owner=owner, team=team),
        )
        try:
            rows = asked()
        except RecordNotIntact:
            rows = asked(left_out=_warn_of_damaged_cases(moment))
        lines = [worklist_data(row, moment) for row in rows if row.state in STATES]
        _warn_of_what_waits(moment)
        strangers = [] if lines else list(with_nobody(moment, owner, team))
    for sentence in strangers:
        warn(sentence)
    if session.json:
        show_json(lines)
    elif not strangers:
        from workflow.pages import worklist_page

        show_page(worklist_page(lines))


def _warn_of_damaged_cases(moment: Moment) -> list[int]:
    """One case that was damaged does not hide the others; the ids of those that are left out."""
    from persistence.damage import damaged_cases

    found = damaged_cases(moment.unit.connection)
    for case in found:
        warn(f"{case.reference} is left out: {case.why}.")
    return [case.case_id for case in found]


def _warn_of_what_waits(moment: Moment) -> None:
    """What a person must see to besides: states that are not known, cases set aside, changes to be confirmed.

    What cannot be read of the one hides neither the worklist nor the others.
    """
    for what_waits in (_unknown_states, _set_aside, _proposals):
        try:
            for sentence in what_waits(moment):
                warn(sentence)
        except RecordNotIntact as damaged:
            warn(str(damaged))


def _unknown_states(moment: Moment) -> Iterator[str]:
    from persistence.queries import cases_in_other_states

    for reference, unknown in cases_in_other_states(moment.unit.connection, tuple(STATES)):
        yield f"{reference} is left out: this version does not know its state, {unknown}."


def _set_aside(moment: Moment) -> Iterator[str]:
    from persistence.queries import set_aside_cases

    for case in set_aside_cases(moment.unit.connection):
        yield f"{case.reference} is set aside, its {case.deadline} not fired: {case.why}"


def _proposals(moment: Moment) -> Iterator[str]:
    """The changes that are to be confirmed."""
    from persistence.proposals import waiting

    for proposal in waiting(moment.unit.connection):
        what = "what cannot be confirmed any more" if proposal.stale else "what waits for a second person"
        yield (f"{proposal.reference}: {proposal.actor} proposed {what}: redress confirm {proposal.reference}"
               f"{' --drop' if proposal.stale else ''}.")  # fmt: skip


@app.command(rich_help_panel=QUESTIONS)
def calculate(
    context: typer.Context,
    fact: Annotated[
        list[str] | None, typer.Argument(metavar="[FACT=VALUE]...", autocompletion=completion.facts)
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line in, one out.")] = False,
) -> None:
    """Reckon dates without a case: `redress calculate letter_sent_on=2026-06-20`."""
    from workflow.calculate import calculate as reckon
    from workflow.calculate import calculate_lines

    if not jsonl and not fact:
        raise WrongWords("give at least one FACT=VALUE, such as letter_sent_on=2026-06-20.")
    reckoner = context.obj.reckoner_without_a_case()
    if jsonl:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # a line that is no text is answered like any bad line
        for answer in calculate_lines(sys.stdin, reckoner):
            print(json.dumps(answer))  # ASCII, since a line may hold what no output could
        return
    answer = reckon(fact_words(fact), reckoner)
    if context.obj.json:
        show_json(answer)
    else:
        from workflow.pages import calculation_page

        show_page(calculation_page(answer))


@app.command(rich_help_panel=QUESTIONS)
def diagram(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]", autocompletion=completion.references)] = None,
    full: Annotated[bool, typer.Option("--full", help="Every state, not the main road alone.")] = False,
    as_svg: Annotated[bool, typer.Option("--svg", help="A picture in place of the Mermaid text.")] = False,
) -> None:
    """The state diagram as Mermaid text; with a case, its own path marked."""
    from workflow.diagram import mermaid, svg
    from workflow.views import read_case

    session: Session = context.obj
    path = []
    if reference is not None:
        with session.moment() as moment:
            path = moment.unit.entries(read_case(moment, reference).stored)
    text = mermaid(full=full, path=path)
    picture = svg(text) if as_svg else None
    if session.json:
        show_json({"mermaid": text} if picture is None else {"mermaid": text, "svg": picture})
    else:
        print(picture or text)
