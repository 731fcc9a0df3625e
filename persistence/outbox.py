"""The outbox as the daemon empties it, and as a person looks at it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from persistence.database import A_PAGE
from persistence.owners import OWNER, TEAM
from persistence.reminders import REMINDERS, SENT, STUCK, WAITING
from persistence.statements import own_insert
from persistence.tables import CaseRow, DeadlineRow, table

_CASES, _DEADLINES = table(CaseRow), table(DeadlineRow)
_KEY = (REMINDERS.c.case_id, REMINDERS.c.deadline, REMINDERS.c.due_on, REMINDERS.c.days_before)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is to be sent now: its case and who sees to it, the deadline, its day, how many days before.

    `token` is the case's name in the log. `attempts` counts this one.
    """

    case_id: int
    deadline: str
    due_on: date
    days_before: int
    attempts: int
    reference: str
    token: str
    owner: str | None
    team: str | None


# --- sent by the daemon ----------------------------------------------------------------------------------------------

_THAT_RUN = REMINDERS.join(
    _DEADLINES,
    and_(
        _DEADLINES.c.case_id == REMINDERS.c.case_id,
        _DEADLINES.c.deadline == REMINDERS.c.deadline,
        _DEADLINES.c.due_on == REMINDERS.c.due_on,
        _DEADLINES.c.status == "armed",
    ),
)


def _to_be_sent(today: date, now: datetime) -> ColumnElement[bool]:
    return and_(
        REMINDERS.c.status == WAITING,
        REMINDERS.c.send_on <= today,
        or_(REMINDERS.c.try_at.is_(None), REMINDERS.c.try_at <= now),
    )


def any_due(connection: Connection, today: date, now: datetime) -> bool:
    """Whether `claim` would find something to be sent by this day. `now` is aware, and real time."""
    query = select(exists().select_from(_THAT_RUN).where(_to_be_sent(today, now)))
    return bool(connection.execute(query).scalar_one())


def claim(connection: Connection, today: date, now: datetime, lease: timedelta, most: int) -> list[Reminder]:
    """Take up to so many reminders that are to be sent by this day, for as long as the lease lasts.

    `now` is aware, and real time. Nobody else takes them until then; if this process dies, somebody does afterwards.
    """
    query = (
        select(*_KEY, (REMINDERS.c.attempts + 1).label("attempts"), _CASES.c.reference, _CASES.c.token, OWNER, TEAM)
        .select_from(_THAT_RUN.join(_CASES, _CASES.c.id == REMINDERS.c.case_id))
        .where(_to_be_sent(today, now))
        .order_by(REMINDERS.c.send_on, *_KEY)
        .limit(most)
        .with_for_update(of=REMINDERS, skip_locked=True)
    )
    found = [Reminder(*row) for row in connection.execute(query)]
    for reminder in found:
        _set(connection, reminder, attempts=reminder.attempts, try_at=now + lease)
    return found


def was_sent(connection: Connection, reminder: Reminder, now: datetime) -> None:
    """It was handed over, at an aware instant.

    Where its day has moved away meanwhile, or the plan changed, its row is gone; that it was told is kept all the same.
    """
    noted: dict[str, Any] = {"status": SENT, "attempts": reminder.attempts, "sent_at": now, "try_at": None, "why": None}
    values = {column.name: getattr(reminder, column.name) for column in _KEY}
    values["send_on"] = reminder.due_on - timedelta(days=reminder.days_before)
    row = own_insert(connection, REMINDERS).values(**values, **noted)
    connection.execute(row.on_conflict_do_update(index_elements=_KEY, set_=noted))


def was_not_sent(connection: Connection, reminder: Reminder, why: str, again_at: datetime | None) -> None:
    """It could not be handed over: it is tried again at an instant, or it is stuck (None) until a person looks.

    One that is not wanted any more is gone, and stays so.
    """
    if again_at is None:
        _set(connection, reminder, status=STUCK, try_at=None, why=why)
    else:
        _set(connection, reminder, try_at=again_at, why=why)


def _set(connection: Connection, reminder: Reminder, **values: object) -> None:
    key = (reminder.case_id, reminder.deadline, reminder.due_on, reminder.days_before)
    which = and_(*(column == value for column, value in zip(_KEY, key, strict=True)))
    connection.execute(update(REMINDERS).where(which).values(**values))


# --- looked at -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the outbox stands: how many wait, of them for a day that has come, how many were sent, how many are stuck."""

    waiting: int
    due: int
    sent: int
    stuck: int


def outbox(connection: Connection, today: date) -> Outbox:
    """How the outbox stands on a day in London."""
    counts = {
        str(status): int(number)
        for status, number in connection.execute(select(REMINDERS.c.status, func.count()).group_by(REMINDERS.c.status))
    }
    late = select(func.count()).where(REMINDERS.c.status == WAITING, REMINDERS.c.send_on <= today)
    due = int(connection.execute(late).scalar_one())
    return Outbox(counts.get(WAITING, 0), due, counts.get(SENT, 0), counts.get(STUCK, 0))


@dataclass(frozen=True, slots=True)
class Listed:
    """A reminder as a person looks at it; `why` is what stood in the way the last time."""

    reference: str
    deadline: str
    due_on: date
    days_before: int
    send_on: date
    status: str
    attempts: int
    why: str | None


def listed(connection: Connection, status: str, most: int) -> list[Listed]:
    """Reminders with this status, the next ones first."""
    query = (
        select(
            _CASES.c.reference, REMINDERS.c.deadline, REMINDERS.c.due_on, REMINDERS.c.days_before, REMINDERS.c.send_on,
            REMINDERS.c.status, REMINDERS.c.attempts, REMINDERS.c.why,
        )
        .join(_CASES, _CASES.c.id == REMINDERS.c.case_id)
        .where(REMINDERS.c.status == status)
        .order_by(REMINDERS.c.send_on, _CASES.c.reference, REMINDERS.c.deadline)
        .limit(most)
    )  # fmt: skip
    return [Listed(*row) for row in connection.execute(query)]


def try_again(connection: Connection) -> int:
    """Let what is stuck be tried again; how many there were."""
    freed = update(REMINDERS).where(REMINDERS.c.status == STUCK).values(status=WAITING, attempts=0, try_at=None)
    return int(connection.execute(freed).rowcount)


def read_through(connection: Connection) -> None:
    """Read every reminder that is yet to be sent. Raises RecordNotIntact where one has no day or instant in its place.

    It would wait for ever, since its day never comes. PostgreSQL keeps nothing else in such a column.
    """
    if connection.dialect.name == "sqlite":
        days = (REMINDERS.c.due_on, REMINDERS.c.send_on, REMINDERS.c.try_at, REMINDERS.c.sent_at)
        for _row in connection.execute(select(*days).where(REMINDERS.c.status != SENT), execution_options=A_PAGE):
            pass
