"""What the shell offers at its Tab key: the cases that there are, and the words of the tables.

Nothing is changed by it, and nothing is said: where the database cannot be asked, no case is offered.
"""

import os
from collections.abc import Callable, Iterable

import typer

from states.decisions import DECISIONS, STATES, UNOPENED, Role
from states.errors import RedressError
from states.facts import FACTS, Type
from states.rules import RULES
from states.table import INTERNAL, MOVING, TRIGGERS

# More than these help nobody to choose.
OFFERED = 50
# The fact whose value is completed by itself, while the shell asks.
FACT = "_REDRESS_FACT"


def _words(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Those of the known words that begin as was typed, with hyphens where hyphens were typed."""

    def beginning(incomplete: str) -> list[str]:
        typed = (word.replace("_", "-") if "-" in incomplete else word for word in known)
        return [word for word in typed if word.startswith(incomplete)]

    return beginning


triggers = _words([name for name, rows in TRIGGERS.items() if name not in INTERNAL and rows[0].who is not Role.SYSTEM])
deadlines = _words([*RULES])
states = _words([name for name in STATES if name != UNOPENED])
decisions = _words([*DECISIONS])


def _facts(known: Iterable[str]) -> Callable[[str], list[str]]:
    """The facts that begin as was typed, each with its "="; behind that, the words that the fact may be."""
    names = _words([f"{name}=" for name in known])

    def beginning(incomplete: str) -> list[str]:
        name, equals, _ = incomplete.partition("=")
        apart = os.environ.get(FACT)
        if not equals and apart is None:
            return names(incomplete)
        rule = FACTS.get((apart or name).replace("-", "_"))
        values = () if rule is None else ("true", "false") if rule.type is Type.YES_NO else rule.values
        front = f"{name}=" if equals else ""
        return [front + value for value in values if (front + value).startswith(incomplete)]

    return beginning


facts = _facts(FACTS)
recordable = _facts([name for name in FACTS if name not in MOVING])


def facts_of_trigger(context: typer.Context, incomplete: str) -> list[str]:
    """The facts of the trigger that was typed; where it has none that begins so, of all."""
    typed = (word.replace("-", "_") for word in context.args)  # where an option lacks its value, arguments stay here
    rows = next((TRIGGERS[word] for word in typed if word in TRIGGERS), ())
    own = dict.fromkeys(name for row in rows for name in (*row.needs, *row.takes))
    return _facts(own)(incomplete) or facts(incomplete)


def mend_bash_words() -> None:
    """Bash breaks a word at its "=" and completes what is behind it: keep that, and the fact in front apart."""
    words, at = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
    equals = at if words[at:] == ["="] else at - 1
    if words[equals] == "=":
        named, value = words[equals - 1], words[equals + 1 :]
        kept = [*words[: equals - 1], *([named] if named.startswith("-") else [])]
        os.environ[FACT] = named
        os.environ |= {"COMP_WORDS": "\n".join([*kept, *value]), "COMP_CWORD": str(len(kept))}


def references(context: typer.Context, incomplete: str) -> list[str]:
    """The references of cases that begin so, in the database that the command line names."""
    from persistence.queries import references_from
    from persistence.unit import unit_of_work
    from workflow.session import Session

    session = Session(url=context.find_root().params.get("database"))
    try:
        with unit_of_work(session.database, writing=False) as unit:
            return references_from(unit.connection, incomplete, OFFERED)
    except RedressError:
        return []
    finally:
        session.close()
