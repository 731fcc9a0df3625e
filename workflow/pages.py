"""What a person sees: pages drawn with Rich from the same data as the JSON."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from persistence.log import Entry
from persistence.unit import StoredDeadline
from states.calendar import LONDON
from states.counting import words
from states.decisions import DECISIONS, STATES
from states.guards import could_be_section_i_alone
from states.rules import LODGE_APPEAL, RULES, is_read
from states.table import TRIGGERS, rows_from, what_it_does, words_of
from workflow.views import HEADINGS, CaseView, Explanation
from workflow.words import count, days_left

UNREAD = "check before relying on it: the provision's own words have not been read"
# What is added to a status where the day passed first.
AFTER_ITS_DAY = {"met": " late", "superseded": ", was missed"}
STATUS_STYLE = {"armed": "", "met": "green", "missed": "bold red", "excused": "yellow", "superseded": "dim"}


def console() -> Console:
    """Standard output; plain and as wide as a page where it is no terminal. Nothing shown is taken as markup."""
    made = Console(highlight=False, markup=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, markup=False, emoji=False, width=110)


def plain_table(*headings: str, style: str = "bold", show_header: bool = True) -> Table:
    """A table without lines. What is too wide for the terminal is folded: nothing of it is cut off."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=show_header)
    for heading in headings:
        table.add_column(heading, header_style=style, overflow="fold")
    return table


def case_page(view: CaseView, entries: Sequence[Entry]) -> RenderableType:
    """A case at a glance: its state in words, the next date, what can be done now, the story so far."""
    case = view.stored
    decision = DECISIONS.get(case.facts.get("decision", ""))
    title = Text.assemble((case.reference, "bold"), "  ", decision.words if decision else "")
    parts: list[RenderableType] = [
        title,
        Text.assemble((STATES[case.state].words, "bold"), f"  ({case.state}, version {case.version})"),
        Text(f"The right is the {case.facts.get('party', 'parent').replace('_', ' ')}'s. {_seen_to_by(view)}"),
        Text(""),
        next_date(view),
    ]
    parts += [Padding(Text(f"! {sentence}", style="yellow"), (0, 0, 0, 2)) for sentence in view.advice()]
    if case.deadlines:
        parts += [Text("\nDates", style="bold"), _deadline_table(case.deadlines.values(), view.today)]
    parts += [Text("\nWhat can be done now", style="bold"), *_possible_lines(view, refused=False)]
    parts += [Text("\nThe story so far", style="bold"), _story(entries)]
    return Group(*parts)


def _seen_to_by(view: CaseView) -> str:
    """Who sees to the case."""
    team = f", team {view.team}" if view.team else ""
    return f"{view.owner or 'Nobody'} sees to it{team}."


def next_date(view: CaseView) -> Text:
    """The next open date in bold, with the days left, and when the daemon acts where that is later."""
    row = view.next_date
    if row is None:
        return Text("No date is running.", style="bold")
    rule = RULES.get(row.deadline)
    what = rule.words if rule else row.deadline
    line = Text.assemble(
        ("Overdue: " if row.due_on < view.today else "Next: "),
        what,
        " by ",
        (words(row.due_on), "bold"),
        (", before 5 pm" if rule and rule.tribunal else ""),
        "  ",
        (days_left(row.due_on, view.today), "bold red" if row.due_on < view.today else "bold"),
    )
    gone_on = row.fires_at.astimezone(LONDON)
    if rule is LODGE_APPEAL and gone_on.date() > row.due_on:
        line.append(
            f"\n      (the right is held to be gone only at {_clock(gone_on)}, when the reading from receipt ends)"
        )
    if not is_read(row.deadline):
        line.append(f"\n      ({UNREAD})")
    return line


def _clock(instant: datetime) -> str:
    return f"{instant:%H:%M} on {words(instant.date())}"


def _deadline_table(rows: Iterable[StoredDeadline], today: date) -> Table:
    table = plain_table("  Due", "", "What", "Who", "Status", style="dim")
    for row in rows:
        rule = RULES.get(row.deadline)
        status = row.status + (AFTER_ITS_DAY.get(row.status, "") if row.missed else "")
        table.add_row(
            f"  {words(row.due_on)}",
            days_left(row.due_on, today) if row.status in ("armed", "missed") else "",
            (rule.words if rule else row.deadline) + _mark(row.deadline),
            rule.who if rule else "",
            Text(status, style=STATUS_STYLE.get(row.status, "")),
        )
    return _with_what_the_mark_means(table, (row.deadline for row in rows))


def _mark(deadline: str | None) -> str:
    """What stands behind a deadline whose provision has not been read."""
    return "" if deadline is None or is_read(deadline) else " *"


def _with_what_the_mark_means(table: Table, shown: Iterable[str | None]) -> Table:
    """The table with a line under it, where a deadline that it shows bears the mark."""
    if any(map(_mark, shown)):
        table.caption = f"* {UNREAD}"
        table.caption_justify = "left"
    return table


def _possible_lines(view: CaseView, *, refused: bool) -> list[RenderableType]:
    found: list[RenderableType] = []
    for line in view.next_data():
        if line["allowed"]:
            does = Text.assemble((line["trigger"], "bold"), f"  {_what_it_does(line['trigger'], view)}")
            found.append(Padding(does, (0, 0, 0, 2)))
    if not found:
        found.append(Text("  nothing"))
    if refused:
        found.append(Text("\nNot now, and why", style="bold"))
        for line in [*view.next_data(), *view.elsewhere_data()]:
            if not line["allowed"]:
                found.append(Padding(Text.assemble((line["trigger"], "dim"), f"  {line['why_not']}"), (0, 0, 0, 2)))
    return found


def next_page(view: CaseView) -> RenderableType:
    """What can be done now with a case, and why the rest can't."""
    title = Text.assemble((view.stored.reference, "bold"), f"  {STATES[view.stored.state].words}")
    return Group(title, Text("\nWhat can be done now", style="bold"), *_possible_lines(view, refused=True))


def _what_it_does(trigger: str, view: CaseView) -> str:
    """The words of a trigger's rows here, with what must be given along with it."""
    state = view.stored.state
    needs = [name for name in rows_from(trigger, state)[0].needs if name not in view.facts]
    certified = "certificate_issued_on" in view.facts
    if trigger == "lodge_appeal" and not certified and could_be_section_i_alone(view.situation):
        return f"{what_it_does(trigger, state)} (on section I alone, without a certificate: --fact sections=I)"
    return what_it_does(trigger, state) + (f" (--fact {needs[0]}=...)" if needs else "")


def _story(entries: Sequence[Entry]) -> Table:
    table = plain_table("", "", show_header=False)
    for entry in entries:
        table.add_row(f"  {words(entry.on)}", entry_words(entry))
    return table


def entry_words(entry: Entry) -> Text:
    """An entry as a sentence of the story: what, by whom, and when it was recorded if that was another day."""
    facts = ", ".join(
        f"{name}={value}" if value is not None else f"{name} taken back"
        for name, value in entry.facts_set().items()
        if not (_is_the_entry_s_own_day(entry, name) or (entry.trigger == "open" and name in HEADINGS))
    )
    what = words_of(entry.trigger, entry.source, entry.dest)
    if entry.trigger == "miss_duty":
        what = f"{what}: {entry.deadline}"
    if entry.trigger == "reckon_again":
        what = f"{what}: {', '.join(map(_change_words, entry.deadlines_changed()))}"
    line = Text(what + (f" ({facts})" if facts else ""))
    if entry.dest != entry.source:
        line.append(f" -> {entry.dest}")
    recorded = entry.recorded_at.astimezone(LONDON)
    when = "" if recorded.date() == entry.on else f", recorded {words(recorded.date())}"
    late = f", {timedelta(seconds=entry.late_seconds)} after its instant" if entry.late_seconds else ""
    line.append(f"  [{entry.actor}{when}{late}]", style="dim")
    if entry.note:
        line.append(f'\n"{entry.note}"', style="italic")
    return line


def _is_the_entry_s_own_day(entry: Entry, name: str) -> bool:
    """Whether a fact says no more than the day that stands before the entry."""
    return any(row.sets == name for row in TRIGGERS.get(entry.trigger, ())) or (
        entry.trigger == "open" and entry.facts_set()[name] == entry.on.isoformat()
    )


def _change_words(change: dict[str, Any]) -> str:
    was = change["was"]
    return f"{change['id']} {was['due_on'] if was else 'not running'} -> {change['due_on']}"


def explain_page(explanation: Explanation, reference: str) -> RenderableType:
    """The reckoning of a date, line by line, each with its source."""
    deadline = explanation.deadline
    table = plain_table("", "", "", "", show_header=False)
    for number, step in enumerate(explanation.steps, 1):
        table.add_row(f"  {number}.", step.text, words(step.day) if step.day else "", Text(step.source, style="dim"))
    status = explanation.stored.status if explanation.stored else deadline.status.value
    parts: list[RenderableType] = [
        Text.assemble((reference, "bold"), f"  {deadline.rule.words} ({deadline.id})"),
        Text(f"Who: {deadline.rule.who}. Time: {deadline.rule.span}. Source: {deadline.rule.source}."),
        Text(""),
        table,
        Text(""),
        Text.assemble(
            "Due on ", (words(deadline.due_on), "bold"), f"; status {status}; fires at {deadline.fires_at.isoformat()}"
        ),
    ]
    parts += [Text(f"! {warning}", style="yellow") for warning in deadline.warnings]
    return Group(*parts)


def worklist_page(lines: Sequence[dict[str, Any]]) -> RenderableType:
    """What is due, soonest first, what is overdue in red on top; who sees to it, where that is not one and the same."""
    if not lines:
        return Text("Nothing is due.")
    officers = len({(line["owner"], line["team"]) for line in lines}) > 1
    table = plain_table("Due", "Days", "Case", "What", "Who", "State", *(("Officer",) if officers else ()))
    for line in lines:
        late = line["days_left"] is not None and (line["days_left"] < 0 or line["overdue"])
        table.add_row(
            words(date.fromisoformat(line["due_on"])) if line["due_on"] else "-",
            _days_words(line["days_left"]),
            line["reference"],
            (line["words"] or line["deadline"] or "no date is running") + _mark(line["deadline"]),
            line["who"] or "",
            line["state"],
            *((_officer(line["owner"], line["team"]),) if officers else ()),
            style="red" if late else "",
        )
    return _with_what_the_mark_means(table, (line["deadline"] for line in lines))


def _officer(owner: str | None, team: str | None) -> str:
    return " / ".join(name for name in (owner, team) if name)


def _days_words(days: int | None) -> str:
    if days is None:
        return ""
    return "today" if days == 0 else f"{-days} late" if days < 0 else str(days)


def calculation_page(answer: dict[str, Any]) -> RenderableType:
    """The dates that follow from facts without a case."""
    if not answer:
        return Text("No date follows from that: give the day on which something happened, such as letter_sent_on.")
    table = plain_table("Due", "What", "Id", "Source")
    for name, line in sorted(answer.items(), key=lambda each: (each[1]["due_on"], each[0])):
        table.add_row(
            words(date.fromisoformat(line["due_on"])),
            RULES[name].words + _mark(name),
            name,
            line["source"],
        )
    return _with_what_the_mark_means(table, answer)


def reminders_page(found: dict[str, Any]) -> RenderableType:
    """How the outbox stands, what is stuck on top."""
    plan = found["plan"] or 'off (redress policy --set reminders="14,3" turns them on)'
    lines: list[RenderableType] = [Text.assemble("Reminders: ", (plan, "bold"), f"; settings: {found['settings']}.")]
    lines.append(
        Text(f"{found['waiting']} waiting, {found['due']} of them for a day that has come; {found['sent']} sent.")
    )
    if not found["next"]:
        return Group(*lines)
    table = plain_table("To be sent", "Case", "What", "Due", "Tried", "Why not")
    for each in found["next"]:
        stuck = each["status"] == "stuck"
        rule = RULES.get(each["deadline"])
        table.add_row(
            "stuck" if stuck else words(date.fromisoformat(each["send_on"])), each["reference"],
            rule.words if rule else each["deadline"], words(date.fromisoformat(each["due_on"])),
            str(each["attempts"] or ""), each["why"] or "", style="red" if stuck else "",
        )  # fmt: skip
    return Group(*lines, table)


def moves_page(answer: dict[str, Any]) -> RenderableType:
    """What a change of the calendar or the rules moves; or the list of bank holidays."""
    if "holidays" in answer:
        lines = [Text(f"{answer['calendar']}: published up to {answer['published_to']}, expected after that.")]
        lines += [
            Text(f"  {words(date.fromisoformat(day['date'])):<16} {day['title']}" + ("" if day["published"] else " *"))
            for day in answer["holidays"]
        ]
        return Group(*lines, Text("* expected; a one-off holiday may still be added"))
    parts: list[RenderableType] = []
    for heading, key in (("Dates that move", "moved"), ("Expired under the old date: for a person", "for_a_person")):
        if answer[key]:
            parts += [Text(heading, style="bold"), *(Text(f"  {_move_words(move)}") for move in answer[key])]
    if not parts:
        parts.append(Text("No open case's date moves."))
    elif answer["applied"]:
        parts.append(Text(f"{count(answer['cases_changed'], 'case')} changed, each with an entry in its log."))
    if not answer["applied"]:
        parts.append(Text("Nothing was changed: this was a dry run; --apply does it."))
    return Group(*parts)


def _move_words(move: dict[str, Any]) -> str:
    was, now = move["was"], move["now"]
    if was == now:
        return f"{move['reference']}: {move['deadline']} is open by its facts until {now['fires_at']}"
    # Where the day stays, it is the instant that moves: the right is held to be gone by the reading from receipt.
    day = "fires_at" if was and was["due_on"] == now["due_on"] and was["status"] == now["status"] else "due_on"
    before = f"{was[day]} ({was['status']})" if was else "not running"
    return f"{move['reference']}: {move['deadline']} {before} -> {now[day]} ({now['status']})"
