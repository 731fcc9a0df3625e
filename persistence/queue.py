"""How much waits for the daemon: what a monitor asks of the database, each from an index."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from persistence.queries import due
from persistence.unit import DEADLINES, SET_ASIDE

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """The armed deadlines, those due now and not set aside (counted up to COUNTED), and the cases set aside.

    `oldest` is the instant (aware) of the one that has waited longest; None where nothing waits.
    """

    armed: int
    due: int
    oldest: datetime | None
    set_aside: int


def queue(connection: Connection, now: datetime, definition: str) -> Queue:
    """What waits at an instant, under a version of the definition."""
    waiting = due(connection, now, COUNTED, definition, claim=False)
    armed = select(func.count()).select_from(DEADLINES).where(DEADLINES.c.status == "armed")
    aside = select(func.count()).select_from(SET_ASIDE)
    return Queue(
        armed=int(connection.execute(armed).scalar_one()),
        due=len(waiting),
        oldest=waiting[0].fires_at if waiting else None,
        set_aside=int(connection.execute(aside).scalar_one()),
    )
