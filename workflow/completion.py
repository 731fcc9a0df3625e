"""What the shell offers at its Tab key: the cases that there are, and the words of the tables.

Nothing is changed by it, and nothing is said: where the database cannot be asked, no case is offered.
"""

from collections.abc import Callable, Iterable

import typer

from states.decisions import DECISIONS, STATES
from states.errors import RedressError
from states.rules import RULES
from states.table import INTERNAL, TRIGGERS

# More than these help nobody to choose.
OFFERED = 50


def _words(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Those of the known words that begin as was typed, with hyphens where hyphens were typed."""

    def beginning(incomplete: str) -> list[str]:
        typed = (word.replace("_", "-") if "-" in incomplete else word for word in known)
        return [word for word in typed if word.startswith(incomplete)]

    return beginning


triggers = _words([name for name in TRIGGERS if name not in INTERNAL])
deadlines = _words([*RULES])
states = _words([*STATES])
decisions = _words([*DECISIONS])


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
