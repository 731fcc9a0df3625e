"""The commands. Each reads its words, asks the engine or a view, and shows the answer as a page or as JSON."""

import io
import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import typer

from states.calendar import london_day
from states.counting import words
from states.decisions import DECISIONS, STATES
from states.errors import WrongWords
from states.facts import PARTIES
from states.machine import require_trigger
from states.table import INTERNAL, TRIGGERS, Row
from workflow import completion
from workflow.cli_agenda import agenda
from workflow.cli_audit import audit
from workflow.cli_import import importing
from workflow.cli_office import office
from workflow.cli_personal import personal
from workflow.cli_report import reports
from workflow.cli_review import review_pages
from workflow.cli_upkeep import upkeep
from workflow.engine import Change, apply
from workflow.refusing import kept_if_refused
from workflow.session import Session
from workflow.words import (
    CHANGES,
    QUESTIONS,
    FactWords,
    IfVersion,
    Note,
    OnDay,
    Reference,
    day,
    fact_words,
    one_of,
    show_json,
    show_page,
    warn,
    warn_of_note,
    warn_of_references,
)

app = typer.Typer(
    name="redress",
    help="Decisions on special educational needs, their appeals, and every date that the law sets for them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(audit, name="audit")
app.add_typer(personal)
app.add_typer(office)
app.add_typer(importing)
app.add_typer(agenda)
app.add_typer(reports)
app.add_typer(upkeep)
app.add_typer(review_pages)


@app.callback()
def options(
    context: typer.Context,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="The database; else REDRESS_DATABASE_URL.")
    ] = None,
    as_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="Set a simulated database's clock.")] = None,
    actor: Annotated[str | None, typer.Option(help="Act under another name, where policy lets you.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
) -> None:
    session = Session(url=database, as_at=as_at, actor=actor, json=as_json)
    context.call_on_close(session.close)
    context.obj = session


# --- changing a case -------------------------------------------------------------------------------------------------


def _change(
    session: Session, kind: Literal["open", "advance", "record", "correct"], reference: str, **said: Any
) -> None:
    """One change through the engine, committed, and what came of it."""
    from workflow.views import read_case

    trigger = str(said.get("trigger", kind))
    with kept_if_refused(session, kind, reference, trigger), session.moment(writing=True) as moment:
        change = Change(kind=kind, reference=reference, actor=session.acting(moment), **said)
        applied = apply(moment.unit, change, moment.now, moment.reckoner)
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


@app.command("open", rich_help_panel=CHANGES)
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
    fact: FactWords = None,
    note: Note = None,
) -> None:
    """Open a case at its decision, or at the request with the decision still owed."""
    facts = fact_words(fact)
    one_of("--decision", decision, DECISIONS)
    one_of("--party", party, PARTIES)
    said = {"decision": decision, "party": party, "decided_on": decided, "requested_on": requested}
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


@app.command(rich_help_panel=CHANGES, help=_advance_help())
def advance(
    context: typer.Context,
    reference: Reference,
    trigger: Annotated[str, typer.Argument(metavar="TRIGGER", autocompletion=completion.triggers)],
    on: OnDay = None,
    fact: FactWords = None,
    note: Note = None,
    if_version: IfVersion = None,
) -> None:
    said = {"on": day(on, "--on"), "facts": fact_words(fact), "note": note, "if_version": if_version}
    _change(context.obj, "advance", reference, trigger=require_trigger(trigger), **said)


@app.command(rich_help_panel=CHANGES)
def record(
    context: typer.Context,
    reference: Reference,
    fact: Annotated[list[str], typer.Argument(metavar="FACT=VALUE")],
    note: Note = None,
    if_version: IfVersion = None,
) -> None:
    """Record a fact that moves no state: a receipt, a date the Tribunal set, a duty done or excused."""
    _change(context.obj, "record", reference, facts=fact_words(fact), note=note, if_version=if_version)


@app.command(rich_help_panel=CHANGES)
def correct(
    context: typer.Context,
    reference: Reference,
    fact: Annotated[list[str], typer.Argument(metavar="FACT=VALUE")],
    reason: Annotated[str, typer.Option(help="Why; kept in the log.")],
    if_version: IfVersion = None,
) -> None:
    """Correct a recorded fact (FACT= withdraws it); dates and state follow, and the log keeps both."""
    if not reason.strip():
        raise WrongWords("--reason must say why the fact is corrected.")
    _change(context.obj, "correct", reference, facts=fact_words(fact), note=reason, if_version=if_version)


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
) -> None:
    """What is due, soonest first, overdue on top."""
    from persistence.proposals import waiting
    from persistence.queries import cases_in_other_states, set_aside_cases
    from persistence.queries import worklist as query
    from workflow.views import is_work, worklist_data

    session: Session = context.obj
    if state is not None:
        one_of("--state", state, STATES)
    if within is not None and within > 36500:
        raise WrongWords("--within takes a number of days up to 36500.")
    with session.moment() as moment:
        rows = query(
            moment.unit.connection,
            due_by=None if within is None else london_day(moment.now) + timedelta(days=within),
            overdue_at=moment.now if overdue else None,
            state=state.replace("-", "_") if state else None,
        )
        strangers = cases_in_other_states(moment.unit.connection, tuple(STATES))
        set_aside = set_aside_cases(moment.unit.connection)
        proposals = waiting(moment.unit.connection)
        lines = [worklist_data(row, moment) for row in rows if row.state in STATES and is_work(row)]
    for reference, unknown in strangers:
        warn(f"{reference} is left out: this version does not know its state, {unknown}.")
    for case in set_aside:
        warn(f"{case.reference} is set aside, its {case.deadline} not fired: {case.why}")
    for proposal in proposals:
        what = "what cannot be confirmed any more" if proposal.stale else "what waits for a second person"
        warn(f"{proposal.reference}: {proposal.actor} proposed {what}: redress confirm {proposal.reference}"
             f"{' --drop' if proposal.stale else ''}.")  # fmt: skip
    if session.json:
        show_json(lines)
    else:
        from workflow.pages import worklist_page

        show_page(worklist_page(lines))


@app.command(rich_help_panel=QUESTIONS)
def calculate(
    context: typer.Context,
    fact: Annotated[list[str] | None, typer.Argument(metavar="[FACT=VALUE]...")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line in, one out.")] = False,
) -> None:
    """Reckon dates without a case: `redress calculate letter_sent_on=2026-06-20`."""
    from workflow.calculate import calculate as reckon
    from workflow.calculate import calculate_lines

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
