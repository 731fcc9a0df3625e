"""The report and the return as a person sees them, drawn with Rich."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from persistence.reporting import DutyKept
from states.decisions import DECISIONS
from states.rules import RULES
from workflow.pages import plain_table
from workflow.report import CLOSED, EVENTS, SEN2_ITEMS, Line, Report

# Of each duty: what a column is called, and its number.
DUTY_COLUMNS = {
    "in time": "in_time", "late": "late", "missed": "missed", "excused": "excused", "running": "running",
    "days late": "days_late", "the most": "days_late_most",
}  # fmt: skip


def report_page(report: Report) -> RenderableType:
    """The figures of a period, as the record stands now."""
    parts: list[RenderableType] = [
        Text.assemble((report.period.words, "bold"), "  (as the record stands today)"),
        Text("\nDecisions and what followed", style="bold"),
        _decisions(report),
    ]
    for heading, lines in (("Mediation", report.mediation), ("Appeals", report.appeals)):
        parts += [Text(f"\n{heading}", style="bold"), _lines(lines)]
    parts.append(Text("\nDuties that fell due", style="bold"))
    parts.append(_duties(report.duties) if report.duties else Text("  none"))
    return Group(*parts)


def _table(first: str, others: Iterable[str]) -> Table:
    table = plain_table(f"  {first}", *others, style="dim")
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _decisions(report: Report) -> Table:
    table = _table("Decision", (*EVENTS.values(), CLOSED))
    for decision, numbers in report.by_decision.items():
        if any(numbers):
            table.add_row(f"  {DECISIONS[decision].words}", *map(_figure, numbers))
    table.add_row("  All", *map(_figure, report.totals), style="bold")
    return table


def _lines(lines: Sequence[Line]) -> Table:
    table = plain_table("", "", show_header=False)
    table.columns[1].justify = "right"
    for line in lines:
        table.add_row(f"  {'  ' if line.words.startswith('of them') else ''}{line.words}", _figure(line.number))
    return table


def _duties(duties: Sequence[DutyKept]) -> Table:
    table = _table("Duty, and whose", DUTY_COLUMNS)
    for duty in duties:
        rule = RULES.get(duty.duty)
        table.add_row(
            f"  {rule.words} ({rule.who})" if rule else f"  {duty.duty}",
            *(_figure(getattr(duty, name)) for name in DUTY_COLUMNS.values()),
            style="red" if duty.missed else "",
        )
    return table


def _figure(number: int) -> str:
    return f"{number:,}" if number else "-"


def return_page(rows: Sequence[Mapping[str, str]], year: int) -> RenderableType:
    """The items of the return, a case a row."""
    title = Text.assemble((f"SEN2 items on mediation and the Tribunal, {year}", "bold"))
    if not rows:
        return Group(title, Text("No case was decided, mediated or appealed in that year."))
    table = plain_table("  Case", "Decision", "Received", "Outcome", "Items", style="dim")
    for row in rows:
        outcome = row["RequestOutcomeDate"] or row["AssessmentOutcomeDate"]
        flags = ", ".join(f"{name}={row[name]}" for name in SEN2_ITEMS if row[name] in ("0", "1"))
        table.add_row(f"  {row['reference']}", row["decision"], row["ReceivedDate"] or "-", outcome or "-", flags)
    return Group(title, table)
