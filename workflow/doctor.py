"""Whether the set-up is sound: what `redress doctor` checks and says."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from persistence.database import Database
from persistence.erasure import scrub_is_due
from persistence.in_force import not_as_recorded
from persistence.instants import instant_from
from persistence.outbox import outbox, read_through
from persistence.proposals import proposed_otherwise
from persistence.queries import cases_in_other_states, count_cases, due, furthest_due, set_aside_cases
from persistence.schema import SCHEMA
from scheduler.alarm import HEARTBEAT_SECONDS
from states.calendar import london_day
from states.counting import words
from states.decisions import STATES
from states.definition import version
from states.errors import DatabaseUnreachable, RecordNotIntact
from workflow.office import never_set_up, without_rights
from workflow.reminding import check_settings
from workflow.rereckon import find_moved
from workflow.session import Moment
from workflow.words import count

SKEW_SECONDS = 5
SHOWN = 20
STALE_SECONDS = 4 * HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, whether it is as it should be, and what was found."""

    name: str
    ok: bool
    says: str


def examine(moment: Moment, database: Database) -> list[Check]:
    """Every check, in the order in which a person would want them; one that meets a damaged row says so."""
    found = [
        Check("database", True, f"{database.shown}, {count(count_cases(moment.unit.connection), 'case')}"),
        Check("schema", True, f"{SCHEMA}; definition {version(moment.reckoner.calendar)}"),
        _clock(moment),
    ]
    checks = (
        _holidays, _heartbeats, _overdue_work, _set_aside, _differing, _unknown_states, _reminders, _erasure, _roles,
        _office,
    )  # fmt: skip
    for check in checks:
        try:
            found += check(moment)
        except RecordNotIntact as damaged:
            found.append(Check("record", False, str(damaged)))
    return list(dict.fromkeys([*found, *_file_permissions(database)]))


def unreachable(why: DatabaseUnreachable) -> list[Check]:
    """What is said of a database that cannot be used at all."""
    return [Check("database", False, str(why))]


def as_data(checks: list[Check]) -> dict[str, Any]:
    """The document of `doctor --json`."""
    found = [{"name": check.name, "ok": check.ok, "says": check.says} for check in checks]
    return {"ok": all(check.ok for check in checks), "checks": found}


def _office(moment: Moment) -> Iterator[Check]:
    """Whether what is in force, and what waits, is what the office's log says; `audit verify` proves the log itself."""
    if other := not_as_recorded(moment.unit.connection):
        yield Check("office", False, f"{other}: somebody changed it past the command; redress audit verify")
    if other := proposed_otherwise(moment.unit.connection):
        yield Check("proposals", False, f"{other}: what waits for a second person is not as it was proposed")


def _roles(moment: Moment) -> Iterator[Check]:
    if missing := without_rights(moment):
        yield Check("roles", False, f"the database's roles cannot use {', '.join(missing)} yet: redress roles setup")
    if never_set_up(moment):
        yield Check("roles", True, "none in the database: whoever can log in to it can write; redress roles setup")


def _clock(moment: Moment) -> Check:
    if moment.meta.simulated:
        return Check("clock", True, f"simulated: it stands at {moment.now.isoformat()} until --as-at sets it")
    skew = (datetime.now(UTC) - moment.now).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        return Check(
            "clock", False, f"this machine's clock is {skew:+.0f} seconds off the database's, which alone decides"
        )
    return Check("clock", True, f"real: {moment.now.isoformat(timespec='seconds')}")


def _holidays(moment: Moment) -> Iterator[Check]:
    calendar = moment.reckoner.calendar
    yield Check("holidays", True, f"{calendar.version}: published up to {calendar.published_to}")
    furthest = furthest_due(moment.unit.connection)
    if furthest and furthest.year > calendar.published_to:
        yield Check(
            "holidays ahead", False,
            f"the furthest open deadline is {words(furthest)}, beyond the last published year: update Redress",
        )  # fmt: skip


def _heartbeats(moment: Moment) -> Iterator[Check]:
    if not moment.meta.heartbeats:
        yield Check("daemon", False, "none is running: start one with `redress daemon`, or deadlines will not fire")
    for name, heartbeat in sorted(moment.meta.heartbeats.items()):
        age = (moment.meta.real_now() - instant_from(heartbeat["beat_at"])).total_seconds()
        if age > STALE_SECONDS:
            yield Check(
                "daemon", False, f"{name} has not been heard of for {age:.0f} seconds: see whether it is running"
            )
        else:
            yield Check("daemon", True, f"{name}, heard of {max(age, 0):.0f} seconds ago")


def _overdue_work(moment: Moment) -> Iterator[Check]:
    """Deadlines whose instant has passed and that nothing has fired yet."""
    waiting = due(moment.unit.connection, moment.now, 1000, version(), claim=False)
    if waiting:
        late = (moment.now - waiting[0].fires_at).total_seconds()
        how_many = f"{len(waiting)}{' or more' if len(waiting) == 1000 else ''}"
        names = ", ".join(dict.fromkeys(row.reference for row in waiting[:5]))
        yield Check("deadlines", False, f"{how_many} not fired yet ({names}), the oldest {late:.0f} seconds late")
    else:
        yield Check("deadlines", True, "nothing that is due is waiting")


def _differing(moment: Moment) -> Iterator[Check]:
    """Open cases whose stored dates are not what their facts imply: the calendar or the rules have changed."""
    found = list(islice(find_moved(moment, moment.reckoner), SHOWN + 1))
    for moved in found[:SHOWN]:
        todo = "expired by the old date: a person must look" if moved.for_a_person else "redress rules migrate moves it"
        yield Check("dates", False, f"{moved.reference}: {moved.deadline} is not as its facts imply; {todo}")
    if len(found) > SHOWN:
        yield Check("dates", False, f"and more than {SHOWN} others: `redress rules migrate` lists them all")


def _set_aside(moment: Moment) -> Iterator[Check]:
    for case in set_aside_cases(moment.unit.connection):
        yield Check(
            "set aside", False,
            f"{case.reference}: {case.deadline} could not be fired since {case.since:%Y-%m-%d %H:%M} UTC ({case.why}); "
            f"mend it, then redress retry {case.reference}",
        )  # fmt: skip


def _unknown_states(moment: Moment) -> Iterator[Check]:
    for reference, state in cases_in_other_states(moment.unit.connection, tuple(STATES)):
        yield Check("case", False, f"{reference} is in a state that this version does not know: {state}")


def _reminders(moment: Moment) -> Iterator[Check]:
    """Whether reminders go out, where the policy asks for any."""
    read_through(moment.unit.connection)
    if not moment.meta.policy.reminders:
        return
    stands = outbox(moment.unit.connection, london_day(moment.now))
    if wrong := check_settings():
        yield Check("reminders", False, wrong)
    if stands.stuck:
        yield Check("reminders", False, f"{count(stands.stuck, 'reminder')} could not be sent: redress reminders")
    yield Check("reminders", True, f"{stands.waiting} wait, {stands.due} of them for a day that has come")


def _erasure(moment: Moment) -> Iterator[Check]:
    if scrub_is_due(moment.unit.connection):
        yield Check("erasure", False, "what was erased may remain in the files: repeat redress retain with --apply")


def _file_permissions(database: Database) -> Iterator[Check]:
    """On SQLite the permissions of the file and of its folder are the door; who may write the folder may replace it."""
    if database.path is None or os.name != "posix":
        return
    file = database.path.resolve()
    for name, path in (("file", file), ("folder", file.parent)):
        mode = path.stat().st_mode
        if mode & stat.S_ISVTX:
            continue  # in such a folder each may replace only what is his own
        if mode & stat.S_IWOTH:
            yield Check(name, False, f"{path} can be written by every user of this machine: chmod o-w it")
        if mode & stat.S_IWGRP:
            yield Check(
                name, False,
                f"{path} can be written by its group: if others than the officers are in it, chmod g-w it",
            )  # fmt: skip
