"""Writes docs/reference.md from the tables of the code, so that the page and the product cannot disagree.

`python docs/make_reference.py` writes it; with `--check` it only says, by exit code 1, that the page is out of date.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from states import errors
from states.calendar import england
from states.counting import C1, C5, C6, C7, C8
from states.decisions import DECISIONS, STATES, UNOPENED
from states.definition import version
from states.facts import CLOSING_REASONS, FACTS, FactRule
from states.guards import CHOICES, GUARDS
from states.policy import Policy
from states.rules import CARRY_OUT, CONCEDED_ON, ORDERED_ON, RULES, Rule, Unit
from states.table import ANY, NOT_CLOSED, SAME, TABLE, Row
from workflow.diagram import mermaid

PAGE = Path(__file__).with_name("reference.md")

COUNTING = (
    (
        "C1",
        "The day of the event is not counted. A period of months ends on the day of the same number in its last month, "
        "or on that month's last day where there is none: 31 December and 2 months is 28 or 29 February, 28 February "
        "and 2 months is 28 April.",
        C1,
    ),
    (
        "C2",
        "A week is 7 days. The days of the SEND Regulations are calendar days.",
        "SI 2014/1530, not read as a whole; guidance",
    ),
    (
        "C3",
        "A working day is any day but Saturday, Sunday, Christmas Day, Good Friday and a bank holiday in England. The "
        "definition is that of the Tribunal's rules; it is taken for the working days of the SEND Regulations too.",
        "HESC Rules 2008 r.1(3); for the SEND Regulations, our assumption",
    ),
    ("C4", "What the Tribunal's rules require by a day is done before 5 pm in London.", "HESC Rules 2008 r.12(1)"),
    (
        "C5",
        "A time under those rules that ends on a day that is not a working day is kept on the next working day.",
        C5,
    ),
    (
        "C6",
        "In SEN cases a time for starting proceedings that ends in 25 December to 1 January, or in August, is kept on "
        "the first working day after 1 January or after 31 August.",
        C6,
    ),
    (
        "C7",
        "In SEN cases, for any other act under those rules, 25 December to 1 January and August are not counted at "
        "all. A date that the Tribunal directs is that date.",
        f"{C7}, (4)",
    ),
    (
        "C8",
        "C5 and C6 look once, at the day on which the time itself ends. One that ends on Saturday 31 July is kept on "
        "Monday 2 August: it did not end in August.",
        C8,
    ),
    (
        "C9",
        "C4 to C8 are for times under the Tribunal's rules only. Nothing moves a time of the SEND Regulations: not a "
        "weekend, not August, not Christmas.",
        "HESC Rules 2008 r.12; SI 2014/1530",
    ),
)

EXCUSES = {
    "school_closed": "Advice was asked of a school's head between one week before it closed for at least 4 weeks and "
    "one week before it reopens.",
    "early_years_closed": "The same, of the person responsible at an early-years provider.",
    "exceptional_circumstances": "Exceptional personal circumstances affect the child, the parent or the young person.",
    "absent_four_weeks": "The child, the parent or the young person is away from the area for at least 4 weeks.",
    "absent_two_weeks": "The same, for at least 2 weeks.",
    "wishes_representations": "The family wants to make further representations on the plan's content.",
}

# The exit codes of the contract that no named error has.
OTHER_EXITS = (
    (0, "Done."),
    (1, "A fault in Redress itself; repeat with `--debug` and report it."),
    (130, "Stopped by the keyboard."),
)
MEANINGS = {
    2: "The command's words are wrong.",
    3: "The workflow refuses it; the message says why, and what would be allowed.",
    4: "There is no such case.",
    5: "The case was changed meanwhile.",
    6: "The log is not intact.",
    7: "The database cannot be reached, or refuses what is written.",
}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield _line(headings)
    yield _line(["---"] * len(headings))
    yield from map(_line, rows)
    yield ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def page() -> str:
    """The whole page."""
    parts = (
        _head(), _decisions(), _states(), _triggers(), _guards(), _diagrams(), _counting(), _timetable(), _carry_out(),
        _excuses(), _facts(), _policy(), _exits(),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head() -> Iterator[str]:
    yield from (
        "# Reference",
        "",
        "<!-- Written by docs/make_reference.py from the tables of the code. Do not edit: run `make docs`. -->",
        "",
        f"Definition {version()}. The bank holidays are published up to {england().published_to}; those expected up to "
        f"{england().expected_to}",
        "are used with a warning. The commands and their options are in `redress --help`. How the law is read is",
        "explained in [law.md](law.md).",
        "",
    )


def _decisions() -> Iterator[str]:
    yield from ("## Decisions", "", "Each may be appealed. A case is opened with one of them.", "")
    yield from table(
        (
            "Id",
            "Decision",
            "Source",
            "Recommendations on health and care",
            "Conceded: the first unless said",
            "Ordered",
        ),
        (
            (
                f"`{d.id}`",
                d.words,
                d.source,
                "yes" if d.recommendations else "no",
                code(CONCEDED_ON[d.id]),
                code(ORDERED_ON[d.id]),
            )
            for d in DECISIONS.values()
        ),
    )


def _states() -> Iterator[str]:
    yield from ("## States", "")
    rows = ((f"`{s.id}`", s.words, "yes" if s.final else "") for s in STATES.values() if s.id != UNOPENED)
    yield from table(("Id", "Meaning", "Final"), rows)


def _triggers() -> Iterator[str]:
    yield from (
        "## Triggers",
        "",
        "One row of the workflow table each. The day of the trigger (`--on`) is recorded as the fact under *Sets*.",
        "*Needs* must be given unless recorded; *May take* is what else belongs to it. Of rows that share a trigger",
        "and a state, *Where* says which one is meant.",
        "",
    )
    headings = ("Trigger", "From", "To", "What happens", "Sets", "Needs", "May take", "Where", "Guard", "By", "Source")
    yield from table(headings, map(_trigger_cells, TABLE))


def _trigger_cells(row: Row) -> tuple[str, ...]:
    where = [f"`{fact}` is {code(values)}" for fact, values in (row.when or {}).items()]
    where += [row.choice.replace("_", " ")] if row.choice else []
    words = row.words + (f"; takes back {code(row.clears)}" if row.clears else "")
    return (
        f"`{row.trigger}`",
        _from(row.sources),
        "stays" if row.dest == SAME else f"`{row.dest}`",
        words,
        code([row.sets] if row.sets else []),
        code(row.needs),
        code(row.takes),
        "; ".join(where),
        f"`{row.guard}`" if row.guard else "",
        row.who.words,
        row.source,
    )


def _from(sources: tuple[str, ...]) -> str:
    if sources == (UNOPENED,):
        return "a new case"
    if sources == ANY:
        return "any state"
    if sources == NOT_CLOSED:
        return "any state but `closed`"
    others = [state for state in sources if state not in DECISIONS]
    return "; ".join(filter(None, ("a decision" if set(DECISIONS) <= set(sources) else "", code(others))))


def _guards() -> Iterator[str]:
    yield from ("### Guards", "")
    rows = ((f"`{name}`", _docstring(guard)) for name, guard in GUARDS.items())
    yield from table(("Guard", "What it asks"), rows)
    yield from ("### Choices", "")
    rows = ((name.replace("_", " "), _docstring(choice)) for name, choice in CHOICES.items() if choice.__doc__)
    yield from table(("Choice", "When"), rows)
    yield from ("The others say it by their name.", "")


def _docstring(function: object) -> str:
    """A guard's own sentence, or its name in words where that says it all."""
    text = getattr(function, "__doc__", None) or getattr(function, "__name__", "").replace("_", " ").capitalize() + "."
    return " ".join(str(text).split())


def _diagrams() -> Iterator[str]:
    yield from ("## Diagrams", "", "The six decisions are drawn as one state.", "", "The main road:", "")
    yield from ("```mermaid", mermaid(), "```", "", "The whole, without what stays in its state:", "")
    yield from ("```mermaid", mermaid(full=True), "```", "")


def _counting() -> Iterator[str]:
    yield from ("## How time is counted", "")
    yield from table(("Id", "Rule", "Source"), COUNTING)


def _timetable() -> Iterator[str]:
    yield from (
        "## The timetable",
        "",
        "Every deadline. A *boundary* changes the case's state when it passes; a *duty* is recorded as missed and",
        "shown until it is met. *Verified* means that the provision's own words were read. Every date that rests on a",
        "row that is not verified says: check before relying on it. *What was read* names what the row was checked",
        "against, where that was not the provision's own words or not all of them.",
        "",
        "Besides what stands under *Met by*, each duty is met by its id and `_met_on`. Each deadline is moved by its",
        "id and `_directed_on`. What ended by its day, by an event under *Ended by*, is not met by a later one.",
        "",
    )
    headings = (
        "Id", "What", "Who", "Clock starts", "Length", "Kind", "Source", "Verified", "What was read", "Met by",
        "Ended by", "Only where", "Excuses",
    )  # fmt: skip
    yield from table(headings, map(_rule_cells, RULES.values()))


def _rule_cells(rule: Rule) -> tuple[str, ...]:
    only = [
        f"`{fact}` is {' or '.join(_value(value) for value in values)}" for fact, values in (rule.when or {}).items()
    ]
    only += [f"not `{fact}`" for fact in rule.unless]
    only += [f"before `{rule.before}`"] if rule.before else []
    return (
        f"`{rule.id}`",
        rule.words,
        rule.who,
        f"when `{rule.after}` ends" if rule.after else " or ".join(f"`{fact}`" for fact in rule.clock),
        _length(rule),
        rule.kind.value,
        rule.source,
        "yes" if rule.verified else "**no**",
        rule.read,
        code(rule.met_by),
        code(rule.ended_by),
        "; ".join(only),
        code(rule.excuses),
    )


def _value(value: str) -> str:
    return f"`{value}`" if value else "not recorded"


def _length(rule: Rule) -> str:
    if rule.id == "lodge_appeal":
        return f"{rule.span}; C4 to C6, C8"
    counted = {Unit.TRIBUNAL_WORKING_DAYS: "; C7", Unit.WORKING_DAYS: "; C3"}.get(rule.unit, "")
    return rule.span + counted + ("; C4" if rule.tribunal else "")


def _carry_out() -> Iterator[str]:
    yield from (
        "## Carrying out",
        "",
        "What follows from an order, from not opposing an appeal, and from a mediation agreement, by its kind. The",
        "lengths are the same on the three routes. A dash: the regulation has no such kind.",
        "",
    )
    rows = (
        (
            f"`{row.kind}`",
            row.words,
            row.unit.value if row.unit is Unit.AT_ONCE else f"{row.length} {row.unit.value}",
            _paragraph(*row.ordered),
            _paragraph(*row.unopposed),
            _paragraph("42(2)", row.ordered[1]),
            row.read,
        )
        for row in CARRY_OUT
    )
    yield from table(("Kind", "What", "Length", "Ordered", "Unopposed", "Agreed", "What was read"), rows)


def _paragraph(paragraph: str, verified: bool) -> str:
    if not paragraph:
        return "-"
    return f"reg {paragraph}, {'verified' if verified else '**not verified**'}"


def _excuses() -> Iterator[str]:
    yield from (
        "## Excuses",
        "",
        "A ground excuses a duty only where it makes it impractical to keep the time. It does not move the date.",
        "Record it as the duty's id and `_excused`. The list for orders is not known to be complete.",
        "",
    )
    used = dict.fromkeys(excuse for rule in RULES.values() for excuse in rule.excuses)
    _require_words("excuses", used.keys() - EXCUSES.keys())
    rows = ((f"`{name}`", EXCUSES[name], _excused_by(name)) for name in used)
    yield from table(("Ground", "Meaning", "Excuses"), rows)


def _excused_by(name: str) -> str:
    return code(rule.id for rule in RULES.values() if name in rule.excuses)


def _facts() -> Iterator[str]:
    yield from (
        "## Facts",
        "",
        "What may be recorded. No fact is free text. No event may be before those that it *follows*, nor in the",
        "future unless it says so. Besides these, each deadline brings its own: `_directed_on`, and for a duty",
        "`_met_on` and, where it has grounds, `_excused`.",
        "",
    )
    derived = ("_directed_on", "_met_on", "_excused")
    written = (f for f in FACTS.values() if not any(f.name == f"{rule}{end}" for rule in RULES for end in derived))
    yield from table(("Fact", "Meaning", "Value", "Follows"), map(_fact_cells, written))
    yield from (f"Reasons to close a case while something is open: {code(CLOSING_REASONS)}.", "")


def _fact_cells(fact: FactRule) -> tuple[str, ...]:
    return f"`{fact.name}`", fact.words, fact.expected + (", may lie ahead" if fact.future else ""), code(fact.follows)


def _policy() -> Iterator[str]:
    policy = Policy()
    yield from ("## Policy", "", "The council's own choices, kept in the database.", "")
    rows = (
        ("`window_basis`", policy.window_basis.value, "The reading of the window that takes the right away."),
        ("`post_working_days`", str(policy.post_working_days), "Working days until a first class letter has arrived."),
        (
            "`post_second_class_working_days`",
            str(policy.post_second_class_working_days),
            "Working days until a second class letter has arrived.",
        ),
        (
            "`actor_override`",
            "yes" if policy.actor_override else "no",
            "Whether `--actor` is taken on a real database.",
        ),
    )
    yield from table(("Policy", "Unless set", "Meaning"), rows)


def _exits() -> Iterator[str]:
    yield from ("## Exit codes and errors", "")
    meanings = (*OTHER_EXITS, *MEANINGS.items())
    yield from table(("Code", "Meaning"), ((str(number), meaning) for number, meaning in sorted(meanings)))
    yield from ("The errors, with the sentence of each; what stands in braces is filled in.", "")
    named = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.RedressError)]
    _require_words("exit codes", {str(e.exit_code) for e in named} - {str(number) for number in MEANINGS})
    rows = ((f"`{e.__name__}`", str(e.exit_code), f"`` {_docstring(e)} ``") for e in named if e.__name__ not in _ROOTS)
    yield from table(("Error", "Code", "Sentence"), rows)


def _require_words(what: str, unsaid: Iterable[str]) -> None:
    """Stop where the tables have grown and this module has no words for the new row."""
    names = sorted(unsaid)
    if names:
        raise SystemExit(f"docs/make_reference.py does not say what these {what} mean: {', '.join(names)}")


_ROOTS = ("RedressError", "Refused")


def main(words: Sequence[str]) -> int:
    """Write the page, or with --check compare it; the exit code."""
    wanted = page()
    if "--check" not in words:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print("docs/reference.md is not what the tables say: run `make docs` and commit it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
