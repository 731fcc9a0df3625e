"""`redress report`: the figures of a period, and the items of the yearly return."""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from states.calendar import london_day
from states.counting import words
from states.errors import WrongWords
from states.facts import parse_date
from workflow.session import Moment, Session
from workflow.words import QUESTIONS, YEARS, count, day, show_json, show_page, warn

if TYPE_CHECKING:
    from workflow.report import Period

reports = typer.Typer(rich_markup_mode=None)


@reports.command(rich_help_panel=QUESTIONS)
def report(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="A calendar month; the last one unless a period is given.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="Another period's first day.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Its last day; today unless given.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, one figure a row.")] = False,
    sen2: Annotated[
        int | None, typer.Option(metavar="YEAR", help="In place of the figures, each case's items of the SEN2 return.")
    ] = None,
) -> None:
    """What happened in a period: decisions, mediation, certificates, appeals, duties met and missed."""
    session: Session = context.obj
    if as_csv and session.json:
        raise WrongWords("--csv and --json are two forms of one answer: give one of them.")
    if sen2 is not None:
        if month is not None or first is not None or last is not None:
            raise WrongWords("--sen2 takes a calendar year and no other period: leave --month, --from and --to out.")
        _show_return(session, sen2, as_csv=as_csv)
        return
    from workflow.report import ROWS
    from workflow.report import report as figures

    with session.moment() as moment:
        found = figures(moment, _period(moment, month, first, last))
        today = london_day(moment.now)
    if session.json:
        show_json(found.as_data())
    elif as_csv:
        _print_csv(ROWS, found.rows())
    else:
        from workflow.pages_report import report_page

        show_page(report_page(found))
    if found.period.last >= today:
        warn(f"the period is not over: what happens until the end of {words(found.period.last)} is still to come.")


def _period(moment: Moment, month_words: str | None, first: str | None, last: str | None) -> "Period":
    """The period that was asked for. Raises WrongWords for one that is none, or lies ahead."""
    from workflow.report import Period, last_month, month

    today = london_day(moment.now)
    if month_words is not None:
        if first is not None or last is not None:
            raise WrongWords("give --month, or --from and --to, and not both.")
        found = parse_date(f"{month_words}-01")
        if found is None:
            raise WrongWords(f"--month {month_words[:40]!r} is not a month: write it as YYYY-MM, such as 2026-03.")
        if found.year not in YEARS:
            raise WrongWords(f"--month {month_words} is no month of a case: give one from {YEARS[0]} to {YEARS[-1]}.")
        asked = month(found.year, found.month)
    elif first is None:
        if last is not None:
            raise WrongWords("--to needs --from: give the first day of the period too.")
        asked = last_month(today)
    else:
        asked = Period(day(first, "--from") or date.min, day(last, "--to") or today)
    if asked.first > today:
        raise WrongWords(f"the period begins on {asked.first}, which has not come yet: give one that has begun.")
    if asked.first > asked.last:
        raise WrongWords(f"the period ends ({asked.last}) before it begins ({asked.first}): check both days.")
    return asked


def _show_return(session: Session, year: int, *, as_csv: bool) -> None:
    from workflow.report import SEN2_ITEMS
    from workflow.report import sen2 as rows_of

    if year not in YEARS:
        raise WrongWords(f"--sen2 takes a calendar year from {YEARS[0]} to {YEARS[-1]}, such as 2025.")
    with session.moment() as moment:
        this_year = london_day(moment.now).year
        if year > this_year:
            raise WrongWords(f"--sen2: {year} has not begun yet: give a year that has.")
        rows = list(rows_of(moment, year))
    columns = ("reference", "decision", *SEN2_ITEMS)
    if session.json:
        show_json(rows)
    elif as_csv:
        _print_csv(columns, ([row[name] for name in columns] for row in rows))
    else:
        from workflow.pages_report import return_page

        show_page(return_page(rows, year))
    warn(f"{count(len(rows), 'case')}; hold the items against the Department's guide of the year before sending.")
    if year == this_year:
        warn(f"{year} is not over: what happens until its end is still to come.")


def _print_csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV on standard output. They hold ids, numbers, days and references, none of which begins a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
