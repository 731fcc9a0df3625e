"""Who sees to a case, and giving it to somebody else: an ordinary change, through the engine and into the log."""

from collections.abc import Iterator

from persistence.owners import Which, known_names, open_cases_of, seen_to_by
from states.decisions import FINAL
from states.errors import WrongWords
from states.nearest import did_you_mean
from workflow.change import Applied, Change
from workflow.engine import apply
from workflow.session import Moment, Session
from workflow.words import known_name

# So many officers and teams are looked at for the name that may have been meant.
LOOKED_AT = 1000


def assign(
    session: Session, moment: Moment, reference: str, owner: str | None, team: str | None, note: str | None
) -> Applied:
    """Give a case to an officer, a team or both. The caller commits. Raises what the engine raises."""
    facts = {name: value for name, value in (("owner", owner), ("team", team)) if value is not None}
    change = Change("advance", reference, session.acting(moment), trigger="assign", facts=facts, note=note)
    return apply(moment.unit, change, moment.now, moment.reckoner)


def cases_of(moment: Moment, owner: str, team: str | None) -> list[str]:
    """The open cases that an officer sees to, of one team or of all."""
    return open_cases_of(moment.unit.connection, owner, team, FINAL)


def whose_cases(moment: Moment, *, mine: bool = False, owner: str | None, team: str | None) -> Which | None:
    """The cases that somebody sees to, as the database is asked for them; None: all. Raises WrongWords."""
    if mine and owner is not None:
        raise WrongWords("--mine is your own, and --owner somebody's: give one of them.")
    for option, name in (("--owner", owner), ("--team", team)):
        if name is not None:
            known_name(name, option)
    who = moment.asker.name if mine else owner
    return None if who is None and team is None else seen_to_by(who, team)


def with_nobody(moment: Moment, owner: str | None, team: str | None) -> Iterator[str]:
    """A sentence for an officer's or a team's name that no case was ever with; of use where nothing was found."""
    known = known_names(moment.unit.connection, LOOKED_AT) if owner or team else ([], [])
    for what, name, names in (("an officer", owner, known[0]), ("a team", team, known[1])):
        if name and name not in names and len(names) < LOOKED_AT:
            yield f"no case is with {what} called {name!r}; {did_you_mean(name, names, 'check the name.')}"
