"""What was done to the whole database and not to a case: roles given and taken, policy set, proposals made and dropped.

It is kept like the log: a row says who did what, its hash covers it and the row before it, and the database refuses to
change or delete one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal_column, select

from persistence.instants import instant_as_text, instant_text
from persistence.log import GENESIS, chain_hash
from persistence.strict import as_stored
from persistence.tables import ActRow, table

OFFICE = table(ActRow)
_LAST = select(OFFICE.c.seq, OFFICE.c.hash).order_by(OFFICE.c.seq.desc()).limit(1)
# "office" as a number: two who write at one moment on PostgreSQL do it one after the other.
_LOCK = int.from_bytes(b"office", "big")


@dataclass(frozen=True, slots=True)
class Act:
    """One row: who did what to whom, and what that was before and after; `at` is an instant as text.

    A row that somebody else wrote may hold anything.
    """

    seq: int
    at: str
    actor: str
    act: str
    subject: str
    was: str | None
    became: str | None
    previous: str
    hash: str

    def content_hash(self) -> str:
        """The hash that this content must have; none for a content that Redress cannot have written."""
        content = (self.seq, self.at, self.actor, self.act, self.subject, self.was, self.became, self.previous)
        try:
            return chain_hash("office", *content)
        except TypeError:  # it holds bytes
            return ""


def write_act(
    connection: Connection,
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    *,
    was: str | None = None,
    became: str | None = None,
) -> None:
    """Record an act, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last, previous = last_act(connection)
    row = Act(last + 1, instant_text(at), actor, act, subject, was, became, previous, "")
    values: dict[str, Any] = {name: getattr(row, name) for name in row.__slots__}
    connection.execute(insert(OFFICE), values | {"at": at, "hash": row.content_hash()})


def acts(connection: Connection) -> Iterator[Act]:
    """Every act, oldest first."""
    at: ColumnElement[str] = literal_column(instant_as_text("at", connection.dialect.name))
    columns = [at if column is OFFICE.c.at else as_stored(column) for column in OFFICE.c]
    return (Act(*row) for row in connection.execute(select(*columns).order_by(OFFICE.c.seq)))


def acted_about(connection: Connection, subject: str) -> list[str]:
    """Who did something to a subject, in the order of their acts; of a case that is its token."""
    query = select(OFFICE.c.actor).where(OFFICE.c.subject == subject).order_by(OFFICE.c.seq)
    return [str(actor) for actor in connection.execute(query).scalars()]


def last_act(connection: Connection) -> tuple[int, str]:
    """How many acts there are, and the hash of the last one."""
    last = connection.execute(_LAST).one_or_none()
    return (last.seq, last.hash) if last else (0, GENESIS)


def broken_act(connection: Connection, known: tuple[int, str] | None = None) -> str | None:
    """What is wrong with the first act that is not as it was written; None where the chain is whole.

    `known` is how many acts a checkpoint has, and the hash of the last of them.
    """
    head, seq = GENESIS, 0
    for seq, act in enumerate(acts(connection), 1):
        if act.seq != seq:
            return f"act {seq} is missing"
        if act.previous != head:
            return f"act {seq} does not follow the one before it"
        if act.hash != act.content_hash():
            return f"act {seq} is not as it was written"
        head = act.hash
        if known is not None and seq == known[0] and head != known[1]:
            return f"act {seq} is not the one that the checkpoint has"
    if known is not None and seq < known[0]:
        return f"it ends at act {seq}, the checkpoint has act {known[0]}"
    return None
