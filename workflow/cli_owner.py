"""The commands about who sees to a case: giving it to an officer or a team, and handing over all that one has."""

from typing import Annotated

import typer

from states.calendar import london_day
from states.errors import WrongWords
from states.facts import parse
from workflow.completion import references
from workflow.refusing import kept_if_refused
from workflow.session import Session
from workflow.words import CHANGES, Note, Owner, Team, count, known_name, show_json, warn, warn_of_note

owners = typer.Typer(rich_markup_mode=None)


@owners.command(rich_help_panel=CHANGES)
def assign(
    context: typer.Context,
    reference: Annotated[list[str], typer.Argument(metavar="REF...", autocompletion=references)],
    owner: Owner = None,
    team: Team = None,
    note: Note = None,
) -> None:
    """Give cases to an officer, a team or both; each case's log says so. All are given, or none."""
    from workflow.ownership import assign as give

    session: Session = context.obj
    if owner is None and team is None:
        raise WrongWords("give --owner LOGIN, --team TEAM, or both.")
    if len(set(reference)) != len(reference):
        raise WrongWords("a case is named twice: name each once.")
    with kept_if_refused(session, "advance", "", "assign") as attempt, session.moment(writing=True) as moment:
        for each in reference:
            attempt.reference = each
            give(session, moment, each, owner, team, note)
        today = london_day(moment.now)
        moment.unit.commit()
    warn_of_note(note, today)
    _say(session, reference, owner, team)


@owners.command("hand-over", rich_help_panel=CHANGES)
def hand_over(
    context: typer.Context,
    from_owner: Annotated[str, typer.Option("--from", metavar="LOGIN", help="Who hands over all open cases.")],
    to: Annotated[str, typer.Option("--to", metavar="LOGIN", help="Who takes them.")],
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Only those of this team.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which, and change nothing.")] = False,
    note: Note = None,
) -> None:
    """Hand over all open cases of an officer to another: for leave, or for good. All are, or none."""
    from workflow.ownership import assign as give
    from workflow.ownership import cases_of, with_nobody

    session: Session = context.obj
    known_name(from_owner, "--from")
    parse("owner", to)  # refused at once, though there were no case to hand over
    if team is not None:
        known_name(team, "--team")
    if from_owner == to:
        raise WrongWords("--from and --to are the same officer: name two.")
    with (
        kept_if_refused(session, "advance", "", "assign") as attempt,
        session.moment(writing=not dry_run) as moment,
    ):
        found = cases_of(moment, from_owner, team)
        for sentence in () if found else with_nobody(moment, from_owner, team):
            warn(sentence)
        today = london_day(moment.now)
        if not dry_run:
            for each in found:
                attempt.reference = each
                give(session, moment, each, to, None, note)
            moment.unit.commit()
    if not dry_run:
        warn_of_note(note, today)
    if session.json:
        show_json({"from": from_owner, "to": to, "cases": found, "applied": not dry_run})
    elif dry_run:
        for each in found:
            print(each)
        print(f"{count(len(found), 'case')} would be handed over from {from_owner} to {to}.")
    else:
        print(f"{count(len(found), 'case')} handed over from {from_owner} to {to}.")


def _say(session: Session, references: list[str], owner: str | None, team: str | None) -> None:
    if session.json:
        show_json({"cases": references, "owner": owner, "team": team})
        return
    to = " of ".join(filter(None, (owner, f"team {team}" if team else None)))
    for each in references:
        print(f"{each}: with {to}.")
