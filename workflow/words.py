"""The words of the command line: what its arguments and options mean, and how its answers are shown."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import typer

from states.errors import WrongWords
from states.facts import parse_date

CHANGES, QUESTIONS, UPKEEP = "Changing a case", "Looking", "Keeping it running"

Reference = Annotated[str, typer.Argument(metavar="REF", help="The case's reference.")]
FactWords = Annotated[list[str] | None, typer.Option("--fact", metavar="FACT=VALUE", help="A fact; may be repeated.")]
Note = Annotated[str | None, typer.Option(help="One line kept for good in the log: no names, no diagnoses.")]
OnDay = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it happened; today unless given.")]
IfVersion = Annotated[int | None, typer.Option(help="Refuse (exit 5) if the case is no longer at this version.")]


def day(text: str | None, option: str) -> date | None:
    """A date of the command line. Raises WrongWords for anything but YYYY-MM-DD."""
    if text is None:
        return None
    found = parse_date(text)
    if found is None:
        raise WrongWords(f"{option} {text[:40]!r} is not a date: write it as YYYY-MM-DD, such as 2026-03-02.")
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
    print(json.dumps(document, indent=2, ensure_ascii=False))


def show_page(page: Any) -> None:
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


def count(number: int, thing: str) -> str:
    """A number of things in words: "1 case", "2 cases"."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing[:-1]}ies" if thing.endswith("ry") else f"{number} {thing}s"


def one_of(option: str, word: str, known: Mapping[str, object] | Sequence[str]) -> None:
    """Raises WrongWords for a word that is none of the known ones."""
    if word.replace("-", "_") not in known:
        raise WrongWords(f"{option} {word[:40]!r} is not known: it is one of {', '.join(known)}.")
