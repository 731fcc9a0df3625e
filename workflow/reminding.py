"""Reminders as they are sent: what waits in the outbox is taken for a while, handed over, and noted as sent.

It is handed over outside any transaction, so that a slow mail server holds nobody up. A process that dies between the
handing over and the noting sends that one twice, under the same key: at least once, and no reminder is lost.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from persistence.database import Database
from persistence.meta import read_meta
from persistence.outbox import Reminder, any_due, claim, was_not_sent, was_sent
from persistence.unit import unit_of_work
from states.calendar import LONDON, london_day
from states.counting import words
from states.errors import NotPosted, WrongWords
from states.rules import RULES
from workflow.posting import Message, Post, post_of
from workflow.settings import Reminders, read_settings
from workflow.words import count

# Reminders go out from this hour in London on.
FROM_HOUR = 7
AT_ONCE = 20
LEASE = timedelta(minutes=30)
# Between tries: a minute, then twice as long each time up to six hours; after so many tries a person must look.
FIRST_PAUSE, LONGEST_PAUSE, MOST_TRIES = timedelta(minutes=1), timedelta(hours=6), 12


@dataclass(slots=True)
class Sent:
    """What one round did: the references whose reminders went out, and those that could not, each with why."""

    sent: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def send_due(database: Database, stopping: Callable[[], bool] = lambda: False) -> Sent:
    """Send what is to be sent by now. Raises DatabaseUnreachable, and WrongWords for settings that won't do."""
    done = Sent()
    with unit_of_work(database, writing=False) as unit:
        meta = read_meta(unit.connection)
    if not meta.policy.reminders or meta.now().astimezone(LONDON).hour < FROM_HOUR:
        return done
    settings = read_settings().reminders
    if settings is None or (meta.simulated and not settings.practice):
        return done
    while not stopping() and _any_due(database):
        try:
            # Before anything is taken: settings that won't do cost no reminder one of its tries.
            with post_of(settings) as post:
                taken, now = _claimed(database)
                _hand_over(database, settings, post, taken, now, done, stopping)
        except NotPosted as away:  # the way itself is closed: each of them was tried
            taken, now = _claimed(database)
            for reminder in taken:
                _failed(database, reminder, away.why, done)
        if not taken:
            break
    return done


def _any_due(database: Database) -> bool:
    """Whether there is something to send, so that no mail server is troubled for nothing."""
    with unit_of_work(database, writing=False) as unit:
        meta = read_meta(unit.connection)
        return any_due(unit.connection, london_day(meta.now()), _real(meta.database_now))


def _claimed(database: Database) -> tuple[list[Reminder], datetime]:
    """Some that are to be sent, taken for a while; and the instant at which they were (aware)."""
    with unit_of_work(database) as unit:
        meta = read_meta(unit.connection)
        taken = claim(unit.connection, london_day(meta.now()), _real(meta.database_now), LEASE, AT_ONCE)
        unit.commit()
    return taken, meta.now()


def _hand_over(
    database: Database,
    settings: Reminders,
    post: Post,
    taken: list[Reminder],
    now: datetime,
    done: Sent,
    stopping: Callable[[], bool],
) -> None:
    """Send each, and note what came of it at once. What is left when it stops is free again after the lease."""
    for reminder in taken:
        if stopping():
            return
        _send(database, settings, post, reminder, now, done)


def _send(database: Database, settings: Reminders, post: Post, reminder: Reminder, now: datetime, done: Sent) -> None:
    to = settings.address_of(reminder.owner, reminder.team)
    if to is None:
        why = f"no address is known for {reminder.owner or 'nobody'}: give one in [reminders.people], or a default"
        _failed(database, reminder, why, done)
        return
    try:
        post.send(message_of(reminder, to, now))
    except NotPosted as refused:
        _failed(database, reminder, refused.why, done)
        return
    with unit_of_work(database) as unit:
        was_sent(unit.connection, reminder, now)
        unit.commit()
    done.sent.append(reminder.reference)
    structlog.get_logger().info(
        "reminder sent", case=reminder.reference, deadline=reminder.deadline, due_on=str(reminder.due_on),
        days_before=reminder.days_before, attempt=reminder.attempts,
    )  # fmt: skip


def _failed(database: Database, reminder: Reminder, why: str, done: Sent) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(reminder.attempts - 1, MOST_TRIES), LONGEST_PAUSE)
    stuck = reminder.attempts >= MOST_TRIES
    with unit_of_work(database) as unit:
        now = _real(read_meta(unit.connection).database_now)
        was_not_sent(unit.connection, reminder, why, None if stuck else now + pause)
        unit.commit()
    done.failed.append((reminder.reference, why))
    log = structlog.get_logger()
    about: dict[str, Any] = {"case": reminder.reference, "deadline": reminder.deadline, "why": why}
    if stuck:
        log.error("reminder stuck", **about)
    else:
        log.warning("reminder not sent", **about, next_try_in_seconds=pause.total_seconds())


def _real(database_now: datetime | None) -> datetime:
    """Real time, of the database's own clock where it has one: pauses are real even where the clock is set by hand."""
    return database_now or datetime.now(UTC)


# --- what is said ----------------------------------------------------------------------------------------------------


def key_of(reminder: Reminder) -> str:
    """The reminder's own key: the same at each try, and for no other reminder. It says nothing of the case."""
    said = f"{reminder.token}|{reminder.deadline}|{reminder.due_on}|{reminder.days_before}"
    return hashlib.sha256(said.encode()).hexdigest()[:40]


def message_of(reminder: Reminder, to: str, now: datetime) -> Message:
    """What an officer is told: the case by its reference, what is due, whose it is, and where it comes from."""
    rule = RULES.get(reminder.deadline)
    what, day = (rule.words if rule else reminder.deadline), words(reminder.due_on)
    left = (reminder.due_on - london_day(now)).days
    when = "today" if left == 0 else f"in {count(left, 'day')}" if left > 0 else f"{count(-left, 'day')} ago"
    lines = [f"{what}: by {day}{', before 5 pm' if rule and rule.tribunal else ''} ({when})."]
    if rule is not None:
        check = "" if rule.verified else " Check before relying on it."
        lines.append(f"It is for {rule.who}. Source: {rule.source}.{check}")
    shown = f"redress explain {reminder.reference} {reminder.deadline}"
    lines += [
        f"Case: {reminder.reference}. How the day was reckoned: {shown}",
        "If it is done, record it, and no more reminders of it come.",
    ]
    return Message(
        key_of(reminder), to, f"{reminder.reference}: {what} by {day}", "\n\n".join(lines), now,
        tried_before=reminder.attempts > 1,
    )  # fmt: skip


def check_settings() -> str | None:
    """What is wrong with the settings for reminders; None where they could go out."""
    try:
        settings = read_settings().reminders
    except WrongWords as wrong:
        return str(wrong)
    return None if settings is not None else "the settings have no [reminders], so none goes out"
