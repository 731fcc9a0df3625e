"""The tables. The migrations make them; a test holds the two against each other."""

from datetime import date, datetime

from sqlalchemy import Column, Index, Table, Text, text
from sqlmodel import Field, SQLModel

from persistence.instants import Day, UtcInstant


def table(row: type) -> Table:
    """The Core table of a SQLModel class."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


# The events that are counted and searched by their day: the index of facts holds these and no others.
_EVENTS = (
    "decided_on", "letter_sent_on", "adviser_contacted_on", "mediation_requested_on", "mediation_declined_on",
    "mediation_not_arranged_on", "mediation_concluded_on", "certificate_issued_on", "appeal_lodged_on",
    "appeal_withdrawn_on", "conceded_on", "order_made_on",
)  # fmt: skip
EVENTS = ", ".join(f"'{name}'" for name in _EVENTS)
# Who sees to a case; and the entry that opened it, by whom. Questions that want an index say it in these words.
WHOSE, OPENING = "name IN ('owner', 'team')", "seq = 1"


class CaseRow(SQLModel, table=True):
    """A case: its reference, its state (text, never rewritten by a reader), its version and the head of its chain.

    `token` is its name in the log. That of a case opened under the schema 0001 is its reference.
    """

    __tablename__ = "cases"

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    state: str = Field(index=True)
    version: int
    head: str
    token: str


class KeyRow(SQLModel, table=True):
    """The key of a case (hexadecimal), with which its texts in the log are sealed. Erasing it erases them.

    The reference stands here again, so that a case that was removed from under its log is still named.
    """

    __tablename__ = "case_keys"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    reference: str
    key: str


class FactRow(SQLModel, table=True):
    """A fact as it stands now; what it was before is in the log. `seq` is the entry that recorded it."""

    __tablename__ = "facts"
    __table_args__ = (
        Index("facts_dated", "name", "value", "case_id", sqlite_where=text(f"name IN ({EVENTS})"),
              postgresql_where=text(f"name IN ({EVENTS})")),
        Index("facts_whose", "name", "value", "case_id", sqlite_where=text(WHOSE), postgresql_where=text(WHOSE)),
    )  # fmt: skip

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    name: str = Field(primary_key=True)
    value: str
    seq: int


class EntryRow(SQLModel, table=True):
    """An entry of the log. The database refuses to change or delete one.

    `facts` and `deadlines` are the canonical JSON that the hash covers; `token` names the case, so that a case removed
    from under its log is still told from others. `deadline` and `late_seconds` are set where the clock made the entry.
    """

    __tablename__ = "log"
    __table_args__ = (
        Index("log_recorded", "recorded_at", "case_id", "seq"),
        Index("log_opened", "actor", "case_id", sqlite_where=text(OPENING), postgresql_where=text(OPENING)),
    )

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    seq: int = Field(primary_key=True)
    token: str
    trigger: str
    source: str
    dest: str
    happened_on: date = Field(sa_type=Day)
    recorded_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    actor: str
    note: str | None = None
    facts: str = Field(sa_column=Column(Text, nullable=False))
    deadlines: str = Field(sa_column=Column(Text, nullable=False))
    deadline: str | None = None
    late_seconds: int | None = None
    definition: str
    previous: str
    hash: str


class DeadlineRow(SQLModel, table=True):
    """A deadline as last reckoned. `missed` stays true when a missed duty is met late or ends."""

    __tablename__ = "deadlines"
    __table_args__ = (
        Index("deadlines_armed", "fires_at", "case_id", "deadline", sqlite_where=text("status = 'armed'"),
              postgresql_where=text("status = 'armed'")),
        # It holds all that the board counts, so that counting reads no row.
        Index("deadlines_due", "due_on", "case_id", "deadline", "status", "fires_at",
              sqlite_where=text("status IN ('armed', 'missed')"),
              postgresql_where=text("status IN ('armed', 'missed')")),
        # How duties were kept, by month.
        Index("deadlines_kept", "due_on", "deadline", "status", "missed",
              sqlite_where=text("status IN ('met', 'excused')"), postgresql_where=text("status IN ('met', 'excused')")),
        # What was missed and ended undone.
        Index("deadlines_lapsed", "due_on", "deadline", sqlite_where=text("status = 'superseded' AND missed"),
              postgresql_where=text("status = 'superseded' AND missed")),
    )  # fmt: skip

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    deadline: str = Field(primary_key=True)
    kind: str
    status: str
    due_on: date = Field(sa_type=Day)
    fires_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    missed: bool
    ended_on: date | None = Field(default=None, sa_type=Day)
    definition: str


class SetAsideRow(SQLModel, table=True):
    """A due deadline of a case that the code could not handle: it is left as it is until somebody retries it.

    A version of Redress with another definition tries it again by itself.
    """

    __tablename__ = "set_aside"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    deadline: str
    why: str
    since: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    definition: str


class RefusalRow(SQLModel, table=True):
    """An attempt that was refused: who tried what, and which guard said no. It is never changed or deleted.

    `guard` is the guard's name, or state, fact or role. `why` is sealed with the case's key. `hash` covers the row;
    checkpoints cover the hashes.
    """

    __tablename__ = "refusals"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    at: datetime = Field(sa_column=Column(UtcInstant, nullable=False, index=True))
    actor: str
    role: str
    kind: str
    trigger: str
    state: str
    guard: str
    why: str
    hash: str


class CheckpointRow(SQLModel, table=True):
    """A signed root over the whole log as it stood. `document` is the signed text. It is never changed or deleted."""

    __tablename__ = "checkpoints"

    number: int | None = Field(default=None, primary_key=True)
    made_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    document: str = Field(sa_column=Column(Text, nullable=False))


class RoleRow(SQLModel, table=True):
    """What a person may do, on SQLite; on PostgreSQL the database's own roles say it."""

    __tablename__ = "roles"

    actor: str = Field(primary_key=True)
    role: str


class ActRow(SQLModel, table=True):
    """Something done to the whole database and not to a case: a role given, the policy set. Chained like the log.

    `subject` is whom or what it was done to; of a proposal, the case's token. It is never changed or deleted.
    """

    __tablename__ = "office_log"

    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    actor: str
    act: str
    subject: str
    was: str | None = None
    became: str | None = None
    previous: str
    hash: str


class ProposalRow(SQLModel, table=True):
    """A change that waits for a second person. `change` is what was asked, sealed with the case's key."""

    __tablename__ = "proposals"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    version: int
    proposed_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    actor: str
    change: str


class ReminderRow(SQLModel, table=True):
    """A reminder of a deadline: it waits for its day, was sent, or is stuck. `try_at` is when it may be tried again."""

    __tablename__ = "reminders"
    __table_args__ = (
        Index("reminders_waiting", "send_on", sqlite_where=text("status = 'waiting'"),
              postgresql_where=text("status = 'waiting'")),
    )  # fmt: skip

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    deadline: str = Field(primary_key=True)
    due_on: date = Field(primary_key=True, sa_type=Day)
    days_before: int = Field(primary_key=True)
    send_on: date = Field(sa_type=Day)
    status: str
    attempts: int
    try_at: datetime | None = Field(default=None, sa_column=Column(UtcInstant, nullable=True))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcInstant, nullable=True))
    why: str | None = None


class MetaRow(SQLModel, table=True):
    """What is true of the whole database: whether its clock is set by hand, the policy, the daemons' heartbeats."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str
