"""The words of the command line: what its arguments and options mean, and how its answers are shown."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import typer

from states.errors import WrongWords
from states.facts import FACTS, Type, day_meant, parse_date
from states.nearest import did_you_mean
from workflow.completion import facts_of_trigger, references

CHANGES, QUESTIONS, UPKEEP, PERSONAL = "Changing a case", "Looking", "Keeping it running", "Personal data"

# So many words are read at a glance.
FEW = 8
# What can be asked about; a case's own dates are held to narrower bounds.
YEARS = range(1900, 2101)

Reference = Annotated[str, typer.Argument(metavar="REF", help="The case's reference.", autocompletion=references)]
FactWords = Annotated[
    list[str] | None,
    typer.Option("--fact", metavar="FACT=VALUE", help="A fact; may be repeated.", autocompletion=facts_of_trigger),
]
Note = Annotated[str | None, typer.Option(help="One line, kept until the case is erased: no names, no diagnoses.")]
OnDay = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it happened; today unless given.")]
IfVersion = Annotated[int | None, typer.Option(help="Refuse (exit 5) if the case is no longer at this version.")]

Owner = Annotated[str | None, typer.Option(metavar="LOGIN", help="The officer who sees to the case.")]
Team = Annotated[str | None, typer.Option(metavar="TEAM", help="The team that sees to the case, by its short name.")]


def day(text: str | None, option: str) -> date | None:
    """A date of the command line. Raises WrongWords for anything but YYYY-MM-DD, or a year that no case can have."""
    if text is None:
        return None
    found = parse_date(text)
    if found is None:
        meant = day_meant(text) or "write it as YYYY-MM-DD, such as 2026-03-02"
        raise WrongWords(f"{option} {text[:40]!r} is not a date: {meant}.")
    if found.year not in YEARS:
        raise WrongWords(f"{option} {text} is no day of a case: give one from {YEARS[0]} to {YEARS[-1]}.")
    return found


def fact_words(words: Sequence[str] | None) -> dict[str, object]:
    """FACT=VALUE words as facts. Raises WrongWords for a word without "=", or a fact given twice."""
    facts: dict[str, object] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise WrongWords(f"{word[:40]!r} is not FACT=VALUE, such as letter_method=email.")
        if name.replace("-", "_") in facts:
            raise WrongWords(f"{name} is given twice: give it once.")
        facts[name.replace("-", "_")] = value
    return facts


def show_json(document: object) -> None:
    """Print a document as JSON, as the answer on standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def show_page(page: Any) -> None:
    """Print a page, as the answer on standard output."""
    from workflow.pages import console

    console().print(page)


def inert(text: str) -> str:
    """Text in which nothing moves a terminal: what cannot be printed is written as its escape."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode() for letter in text
    )


def warn(sentence: str) -> None:
    """Say something beside the answer, on standard error."""
    try:
        print(f"redress: {inert(sentence)}", file=sys.stderr)
    except OSError:  # nobody can be told but by the exit code, which Python must not spoil by trying again at its exit
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def warn_of_note(note: str | None, today: date) -> None:
    """Say what a note must not hold, and what this one looks as if it held; `today` is the day in London."""
    if not note:
        return
    from states.personal import looks_personal

    found = looks_personal(note, today)
    if found:
        warn(
            f"the note looks as if it held {listed(found)}, and it is kept with the case: name people by their "
            "references, and leave out what else could tell who they are."
        )
    else:
        warn("the note is kept until the case is erased; it must hold no name, address or diagnosis.")


def warn_of_references(references: Sequence[str], facts: Mapping[str, object]) -> None:
    """Say where a reference is somebody's own number, which is no reference of a case."""
    from states.personal import is_national_insurance_number, is_nhs_number

    given = [*references, *(str(value) for name, value in facts.items() if _is_reference(name))]
    for reference in given:
        if is_nhs_number(reference) or is_national_insurance_number(reference):
            warn(f"{reference} looks like a person's own number: a reference must be one that the office gave.")


def _is_reference(name: str) -> bool:
    return name in FACTS and FACTS[name].type is Type.REFERENCE


def listed(things: Sequence[str]) -> str:
    """Things in a sentence: "a name", "a name and a postcode", "a name, a postcode and a phone number"."""
    return " and ".join(filter(None, (", ".join(things[:-1]), things[-1])))


def known_name(text: str, option: str) -> str:
    """Somebody's or a team's name as the database may be asked for it. Raises WrongWords for what can be no name."""
    if not (text.isprintable() and 0 < len(text) <= 64):
        raise WrongWords(f"{option} takes a name of at most 64 printable characters.")
    return text


def count(number: int, thing: str) -> str:
    """A number of things in words: "1 case", "2 cases"."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing[:-1]}ies" if thing.endswith("ry") else f"{number} {thing}s"


def days_left(due_on: date, today: date) -> str:
    """How far a day is: "58 days left", "today", "3 days late"."""
    days = (due_on - today).days
    if days == 0:
        return "today"
    return f"{count(days, 'day')} left" if days > 0 else f"{count(-days, 'day')} late"


def one_of(option: str, word: str, known: Mapping[str, object] | Sequence[str]) -> None:
    """Raises WrongWords for a word that is none of the known ones; of many, the nearest are named."""
    if word.replace("-", "_") not in known:
        listing = f"it is one of {', '.join(known)}."
        hint = listing if len(known) <= FEW else did_you_mean(word, known, listing)
        raise WrongWords(f"{option} {word[:40]!r} is not known: {hint}")
