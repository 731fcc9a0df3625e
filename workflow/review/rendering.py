"""How a page is drawn: the templates, and how days, numbers and words are written in them."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from states.calendar import LONDON
from states.counting import words
from states.decisions import STATES
from states.facts import FACTS
from states.rules import RULES, is_read
from workflow.words import count, days_left, inert


def address(path: str, **said: object) -> str:
    """A page's address with what is asked of it; what is None is left out."""
    asked = urlencode({name: str(value) for name, value in said.items() if value is not None})
    return f"{path}?{asked}" if asked else path


def clock(instant: datetime) -> str:
    """An instant as the office writes it, in London's time: Mon 2 Mar 2026, 17:00."""
    there = instant.astimezone(LONDON)
    return f"{words(there.date())}, {there:%H:%M}"


def number(value: int) -> str:
    return f"{value:,}"


def state_words(state: str) -> str:
    known = STATES.get(state)
    return known.words if known else f"{state} (not known to this version)"


def in_short(name: str) -> str:
    """A state's or trigger's own name without its underscores, with a capital: Letter sent."""
    return name[:1].upper() + name[1:].replace("_", " ")


def step_words(deadline: str) -> str:
    rule = RULES.get(deadline)
    return rule.words if rule else deadline


def who(deadline: str) -> str:
    """Whose step a deadline is."""
    rule = RULES.get(deadline)
    return rule.who if rule else ""


STATUSES = {"armed": "running", "superseded": "no longer applies"}


def status_words(status: str) -> str:
    return STATUSES.get(status, status)


def fact_words(name: str) -> str:
    """What a fact means, without what the reference page says of it further."""
    rule = FACTS.get(name)
    return rule.words.partition(";")[0] if rule else name


def fact_value(value: object) -> str:
    """A fact's value in words, from its value or its text: a day, yes or no, or the word without its underscores."""
    if isinstance(value, date):
        return words(value)
    text = {True: "yes", False: "no", "true": "yes", "false": "no"}.get(value, str(value))
    try:
        return words(date.fromisoformat(text))
    except ValueError:
        return text if any(map(str.isdigit, text)) else text.replace("_", " ")


def _shown(value: object) -> object:
    """What a page is handed is text and nothing else: what cannot be printed is written as its escape."""
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def environment() -> Environment:
    """The templates; all that is put into them is escaped, and what they are not handed is a fault."""
    made = Environment(
        loader=PackageLoader("workflow.review"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(address=address, is_read=is_read, count=count)
    made.filters.update(
        day=words, clock=clock, days_left=days_left, number=number, state_words=state_words, in_short=in_short,
        step_words=step_words, who=who, status_words=status_words, fact_words=fact_words, fact_value=fact_value,
    )  # fmt: skip
    return made


def make_ready() -> None:
    """Read every template now, so that the first page is as fast as the others."""
    for name in environment().list_templates():
        environment().get_template(name)


def draw(template: str, context: Mapping[str, Any]) -> str:
    """A page as HTML."""
    return environment().get_template(template).render(context)
