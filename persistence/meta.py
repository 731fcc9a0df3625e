"""What is true of the whole database: its clock, the council's policy, and the heartbeats of its daemons."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache

from sqlalchemy import ColumnElement, Connection, delete, func, literal_column, select

from persistence.database import BUSY_MILLISECONDS
from persistence.instants import instant_from, instant_text
from persistence.statements import Statement, own_insert, rows_of_all
from persistence.tables import MetaRow, table
from states.calendar import england
from states.errors import DatabaseUnreachable, WrongWords
from states.policy import Policy, WindowBasis
from states.reckoner import Reckoner
from states.reminders import read_plan

META = table(MetaRow)
_READ = Statement(select(META.c.key, META.c.value), takes=())
HEARTBEAT = "daemon:"
# The numbers of the policy: from nothing to so many.
MOST = {"post_working_days": 31, "post_second_class_working_days": 31, "undo_hours": 720}
# What the names of this database's roles on PostgreSQL begin with, once they were set up.
ROLES_PREFIX = "roles_prefix"
_RECKONING = select(META.c.key, META.c.value).where(META.c.key.in_(("policy", "holidays")))
_CLOCK_SET_ALONE = select(META.c.value).where(META.c.key == "simulated_now").with_for_update()
_CLOCK = Statement(select(func.clock_timestamp()), takes=())
# "reckon" as a number, for PostgreSQL's lock. Who waits to be alone lets no other change begin meanwhile, so that it is
# not waited for longer than SQLite waits for its turn.
_RECKON: ColumnElement[int] = literal_column(str(int.from_bytes(b"reckon", "big")))
_PATIENCE = func.set_config("lock_timeout", f"{BUSY_MILLISECONDS}ms", literal_column("true"))


class Hold(Enum):
    """What nobody else does until the transaction ends, from before the settings are read.

    Who changes a case holds what dates are reckoned with, so that they are still those when the case is kept. Who
    changes that is ALONE: every case that was changed before is kept by then, and no other is until the end. SQLite has
    one writer at a time, so there is nothing to hold.
    """

    RECKONING = Statement(select(func.pg_advisory_xact_lock_shared(_RECKON)), takes=())
    ALONE = Statement(select(_PATIENCE, func.pg_advisory_xact_lock(_RECKON)), takes=())


@dataclass(frozen=True, slots=True)
class Meta:
    """The database's own settings. `simulated_now` is None where the clock is the real one.

    `database_now` is PostgreSQL's own clock, which all its daemons go by: a machine whose clock is wrong fires nothing
    early. SQLite has none but the machine's.

    `made` is false for a moment only, between the migrations and the end of `redress init`.
    """

    simulated_now: datetime | None
    database_now: datetime | None
    clock_was_set: bool
    policy: Policy
    roles_prefix: str | None
    reckoner: Reckoner
    made: bool
    heartbeats: Mapping[str, dict[str, str]]

    @property
    def simulated(self) -> bool:
        return self.simulated_now is not None

    def now(self) -> datetime:
        """The instant that it is for this database, aware, in UTC."""
        return self.simulated_now or self.real_now()

    def real_now(self) -> datetime:
        """The real instant, aware, by the database's own clock where it has one: machines may differ."""
        return self.database_now or datetime.now(UTC)


@contextmanager
def _as_written() -> Iterator[None]:
    """Settings that were changed by hand into something else, or damaged, are named instead of guessed at."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, WrongWords) as other:
        raise DatabaseUnreachable(
            f"its settings (the table meta) are not as Redress writes them ({other}): restore them from a copy."
        ) from other


@_as_written()
def read_meta(connection: Connection, hold: Hold | None = None) -> Meta:
    """The settings as they stand, and as they stay for who holds them.

    Raises DatabaseUnreachable where they are not as Redress writes them, or where the others do not end.
    """
    found, database_now = _read(connection, hold)
    reckoner = _reckoner(found.get("policy", "{}"), found.get("holidays", "{}"))
    return Meta(
        database_now=database_now,
        simulated_now=instant_from(found["simulated_now"]) if "simulated_now" in found else None,
        clock_was_set="clock_set" in found,
        policy=reckoner.policy,
        roles_prefix=found.get(ROLES_PREFIX),
        reckoner=reckoner,
        made="policy" in found,
        heartbeats={
            key.removeprefix(HEARTBEAT): _heartbeat(value) for key, value in found.items() if key.startswith(HEARTBEAT)
        },
    )


@_as_written()
def reckoner_of(connection: Connection) -> Reckoner:
    """The council's policy and calendar alone, for the daemon's many changes."""
    found = {row.key: row.value for row in connection.execute(_RECKONING)}
    return _reckoner(found.get("policy", "{}"), found.get("holidays", "{}"))


@cache
def _reckoner(policy: str, holidays: str) -> Reckoner:
    """What dates are reckoned with: the policy, and the shipped calendar with the council's own changes."""
    changes = json.loads(holidays)
    added = {date.fromisoformat(day): title for day, title in changes.get("added", {}).items()}
    removed = [date.fromisoformat(day) for day in changes.get("removed", [])]
    return Reckoner(_policy(policy), england().changed(added, removed))


def change_holiday(connection: Connection, day: date, title: str | None) -> None:
    """Add a holiday to this database's calendar under a title, or remove one (None); in the caller's transaction."""
    found = {row.key: row.value for row in connection.execute(_RECKONING)}
    changes = {"added": {}, "removed": [], **json.loads(found.get("holidays", "{}"))}
    key = day.isoformat()
    changes["added"].pop(key, None)
    changes["removed"] = [other for other in changes["removed"] if other != key]
    if title is not None and day not in england().holidays:
        changes["added"][key] = title
    elif title is None and day in england().holidays:
        changes["removed"] = sorted([*changes["removed"], key])
    write_meta(connection, "holidays", json.dumps(changes, sort_keys=True))


@_as_written()
def stored_holidays(connection: Connection) -> tuple[dict[str, str], set[str]]:
    """The council's own changes of the calendar: the days added, each with its title, and the days removed."""
    changes = json.loads({row.key: row.value for row in connection.execute(_RECKONING)}.get("holidays", "{}"))
    return dict(changes.get("added", {})), set(changes.get("removed", []))


def _heartbeat(document: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(document)
    instant_from(found["beat_at"])
    return found


def _policy(document: str) -> Policy:
    policy = json.loads(document)
    if "window_basis" in policy:
        policy["window_basis"] = WindowBasis(policy["window_basis"])
    for name, most in MOST.items():
        if not 0 <= policy.get(name, 0) <= most:
            raise ValueError(f"{name} is {policy[name]}")
    read_plan(policy.get("reminders", ""))
    return Policy(**policy)


def _read(connection: Connection, hold: Hold | None) -> tuple[dict[str, str], datetime | None]:
    """The settings as they are stored, and PostgreSQL's own clock; it is asked all at once, and answers in order."""
    if connection.dialect.name != "postgresql":
        return dict(_READ.rows(connection, ())), None
    held = [hold.value] if hold is not None else []
    *_, settings, clock = rows_of_all(connection, [(statement, ()) for statement in (*held, _READ, _CLOCK)])
    return dict(settings), clock[0][0].astimezone(UTC)


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Set one key, in the caller's transaction; of two who set it first, the second waits for the first."""
    row = own_insert(connection, META).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=[META.c.key], set_={"value": row.excluded.value}))


def write_policy(connection: Connection, policy: Policy) -> None:
    """Set the policy, in the caller's transaction; the caller records the act."""
    write_meta(connection, "policy", json.dumps(asdict(policy)))


def start_simulated(connection: Connection, now: datetime) -> None:
    """Mark a new database as one whose clock is set by hand; it stands at `now` until it is set."""
    write_meta(connection, "simulated_now", instant_text(now))


def check_clock(meta: Meta, to: datetime) -> None:
    """Raises WrongWords where the clock could not be set so."""
    if meta.simulated_now is None:
        raise WrongWords(
            "--as-at is taken only on a simulated database (made with `redress init --simulated`); this one keeps real "
            "time: leave --as-at out."
        )
    if meta.clock_was_set and to < meta.simulated_now:
        raise WrongWords(
            f"--as-at {to.isoformat()} is before this database's clock, which stands at "
            f"{meta.simulated_now.isoformat()} and never goes back: give that instant or a later one."
        )


def set_clock(connection: Connection, meta: Meta, to: datetime) -> None:
    """Set a simulated database's clock. Raises WrongWords for a real database, and for a clock turned back."""
    check_clock(meta, to)
    connection.execute(_CLOCK_SET_ALONE)
    check_clock(read_meta(connection), to)  # again: another may have set it meanwhile
    write_meta(connection, "simulated_now", instant_text(to))
    write_meta(connection, "clock_set", "yes")


def beat(connection: Connection, daemon: str, heartbeat: Mapping[str, str]) -> None:
    """Leave a daemon's heartbeat."""
    write_meta(connection, HEARTBEAT + daemon, json.dumps(dict(heartbeat)))


def forget_heartbeat(connection: Connection, daemon: str) -> None:
    """Take back the heartbeat of a daemon that has stopped in order."""
    connection.execute(delete(META).where(META.c.key == HEARTBEAT + daemon))
