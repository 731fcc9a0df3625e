"""One run of the command line: which database, what time it is there, and who is acting."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from persistence.database import Database
from persistence.meta import Hold, Meta, read_meta, reckoner_of, set_clock
from persistence.roles import role_of
from persistence.unit import Unit, unit_of_work
from states.calendar import england
from states.errors import DatabaseUnreachable, NotPermitted, WrongWords
from states.policy import Policy
from states.reckoner import Reckoner
from workflow.change import Actor
from workflow.words import known_name

DATABASE_VARIABLE = "REDRESS_DATABASE_URL"
EMBEDDED = "sqlite:///var/redress.db"


@dataclass(frozen=True, slots=True)
class Moment:
    """A unit of work with what holds while it runs: the database's settings, its clock, how dates are reckoned.

    `asker` is who runs the command, with the role that is his own: who asks, and who acts unless --actor is taken.
    """

    unit: Unit
    meta: Meta
    now: datetime
    reckoner: Reckoner
    asker: Actor


@dataclass(slots=True)
class Session:
    """The global options of one command. Nothing is opened until it is needed."""

    url: str | None = None
    as_at: str | None = None
    actor: str | None = None
    json: bool = False

    _database: Database | None = None

    @property
    def database(self) -> Database:
        """The database named by --database, by the environment, or the embedded one."""
        if self._database is None:
            self._database = Database(self.url or os.environ.get(DATABASE_VARIABLE) or EMBEDDED)
        return self._database

    def close(self) -> None:
        """Let go of the database's connections."""
        if self._database is not None:
            self._database.close()

    def ready(self) -> Database:
        """The database, the embedded one made on first use, with its simulated clock set where --as-at asks for it."""
        database = self.database
        instant = None if self.as_at is None else parse_instant(self.as_at)
        if self.is_embedded and database.path is not None and not database.path.is_file():
            from workflow.setup import make

            if instant is not None:
                raise WrongWords("there is no database yet: make a simulated one with `redress init --simulated`.")

            made = Session()
            make(made, simulated=False, window_basis=None)
            made.close()
        if instant is not None:
            with unit_of_work(database) as unit:
                set_clock(unit.connection, read_meta(unit.connection), instant)
                unit.commit()
        return database

    @property
    def is_embedded(self) -> bool:
        return not self.url and not os.environ.get(DATABASE_VARIABLE)

    @contextmanager
    def moment(self, *, writing: bool = False, alone: bool = False) -> Iterator[Moment]:
        """A unit of work at the database's present instant. The caller commits.

        What is written goes by the policy and the calendar that hold until it is committed. Who changes those must be
        `alone`: others wait.
        """
        hold = Hold.ALONE if alone else Hold.RECKONING if writing else None
        with unit_of_work(self.ready(), writing=writing or alone) as unit:
            yield self.moment_in(unit, hold)

    def moment_in(self, unit: Unit, hold: Hold | None = None) -> Moment:
        """What holds at the database's present instant, in a unit of work that is open."""
        meta = read_meta(unit.connection, hold)
        return Moment(unit, meta, meta.now(), meta.reckoner, self._asker(unit, meta))

    def reckoner_without_a_case(self) -> Reckoner:
        """The database's policy and calendar, where there is one; else those that are shipped.

        Reckoning needs no database, so one that is not there is no trouble, unless --database names it.
        """
        try:
            with unit_of_work(self.ready() if self.url else self.database, writing=False) as unit:
                return reckoner_of(unit.connection)
        except DatabaseUnreachable:
            if self.url:
                raise
            return Reckoner(Policy(), england())

    def _asker(self, unit: Unit, meta: Meta) -> Actor:
        """The database user on PostgreSQL, else the login user; in practice, on a simulated database, anybody.

        Where PostgreSQL itself holds each session to its user, it is that user in practice too.
        """
        user = unit.user() or login_user()
        if self.actor is not None:
            known_name(self.actor, "--actor")
        free = meta.simulated and meta.roles_prefix is None
        name = self.actor if self.actor is not None and free else user
        return Actor(name, role_of(unit.connection, meta, name))

    def acting(self, moment: Moment) -> Actor:
        """Who acts, under which name and in which role. Raises NotPermitted for a name of choice.

        Where the policy takes one, it is a name alone: the role stays that of who is logged in.
        """
        asker = moment.asker
        if self.actor is None or self.actor == asker.name:
            return asker
        if moment.meta.roles_prefix is not None:
            raise NotPermitted(
                "the database's roles are set up: an entry bears the name of the database's user; leave --actor out.",
                actor=asker.name,
            )
        if not moment.meta.policy.actor_override:
            raise NotPermitted(
                "the entry bears the name of who is logged in, and --actor is taken only where the policy lets it; "
                "leave it out.",
                actor=asker.name,
            )
        return Actor(self.actor, asker.role, lent=True)


def login_user() -> str:
    """The user that the operating system knows, not the one that the environment names."""
    try:
        import pwd
    except ImportError:
        import getpass

        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant with an offset. Raises WrongWords for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise WrongWords(
            f"--as-at {text[:40]!r} is not an instant: give one with its offset, such as 2026-03-02T09:00:00+00:00."
        )
    first, last = england().first_year, england().expected_to
    if not first <= instant.year <= last:
        raise WrongWords(f"--as-at {text} is outside the years that can be reckoned, {first} to {last}.")
    return instant
