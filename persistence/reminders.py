"""The rows of the outbox, written in the same transaction as the change that calls for them.

A reminder is one row for a case, a deadline, its day and how many days before. While its deadline runs to that day it
waits; when the day moves it moves along, late as it may be, and when the deadline ends it goes, in that change's own
transaction. Once sent it stays, or is put back, so that a day that is moved away and back is not told of twice. No
address is kept here: it is looked up for each sending.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, select

from persistence.database import A_PAGE
from persistence.statements import own_insert
from persistence.tables import DeadlineRow, ReminderRow, table
from states.reminders import Plan, days_before, reminder_days

if TYPE_CHECKING:
    from persistence.unit import StoredDeadline

REMINDERS, _DEADLINES = table(ReminderRow), table(DeadlineRow)
WAITING, SENT, STUCK = "waiting", "sent", "stuck"
# What waits for a day that is no longer the deadline's; where it does not run any more, that is every day.
_FORGET = delete(REMINDERS).where(
    REMINDERS.c.case_id == bindparam("of_case"),
    REMINDERS.c.deadline == bindparam("named"),
    REMINDERS.c.due_on != bindparam("still_due", type_=REMINDERS.c.due_on.type),
    REMINDERS.c.status != SENT,
)
_UNPLAN = delete(REMINDERS).where(
    REMINDERS.c.deadline == bindparam("named"),
    REMINDERS.c.days_before == bindparam("so_many"),
    REMINDERS.c.status != SENT,
)
_UNSENT = select(REMINDERS.c.deadline, REMINDERS.c.days_before).where(
    REMINDERS.c.case_id == bindparam("of_case"), REMINDERS.c.status != SENT
)
_BATCH = 500

Row = dict[str, object]


def remind(connection: Connection, case_id: int, rows: Iterable["StoredDeadline"], plan: Plan, today: date) -> None:
    """Bring the reminders of a case's changed deadlines to what they now are. `today` is the day in London."""
    changed = list(rows)
    if not changed:
        return
    still = {row.deadline: row.due_on if row.status == "armed" else date.min for row in changed}
    unsent = connection.execute(_UNSENT, {"of_case": case_id}).all()
    made = [
        _row(case_id, name, due_on, days, day)
        for name, due_on in still.items()
        if due_on >= today
        for days, day in reminder_days(plan, name, due_on, today, {days for named, days in unsent if named == name})
    ]
    connection.execute(_FORGET, [{"of_case": case_id, "named": name, "still_due": day} for name, day in still.items()])
    _add(connection, made)


def plan_again(connection: Connection, plan: Plan, today: date) -> None:
    """Bring every waiting reminder to a new plan, in the caller's transaction.

    What the new plan asks for too stays as it is: it may just be handed over, and would be sent twice if it were new.
    """
    kept = select(REMINDERS.c.deadline, REMINDERS.c.days_before).where(REMINDERS.c.status != SENT).distinct()
    for deadline, days in list(connection.execute(kept)):
        if days not in days_before(plan, deadline):
            connection.execute(_UNPLAN, {"named": deadline, "so_many": days})
    query = select(_DEADLINES.c.case_id, _DEADLINES.c.deadline, _DEADLINES.c.due_on).where(
        _DEADLINES.c.status == "armed", _DEADLINES.c.due_on >= today
    )
    made: list[Row] = []
    for case_id, deadline, due_on in connection.execute(query, execution_options=A_PAGE) if plan else ():
        made += [_row(case_id, deadline, due_on, *each) for each in reminder_days(plan, deadline, due_on, today)]
        if len(made) >= _BATCH:
            _add(connection, made)
            made = []
    _add(connection, made)


def _row(case_id: int, deadline: str, due_on: date, days: int, day: date) -> Row:
    return {
        "case_id": case_id, "deadline": deadline, "due_on": due_on, "days_before": days, "send_on": day,
        "status": WAITING, "attempts": 0,
    }  # fmt: skip


def _add(connection: Connection, rows: Sequence[Row]) -> None:
    """What was sent already is not sent again."""
    if rows:
        connection.execute(own_insert(connection, REMINDERS).on_conflict_do_nothing(), list(rows))
