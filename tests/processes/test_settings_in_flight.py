"""Policy and calendar changed while cases are being changed: each case is kept with the dates of the new ones."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime
from typing import Any

import psycopg
import pytest

from persistence.erasure import scrub_is_due
from persistence.meta import change_holiday, read_meta, set_clock
from persistence.unit import unit_of_work
from scheduler.sweep import sweep
from states.definition import version
from states.errors import WrongWords
from tests.backends import new_postgres_url, path_of
from tests.processes.running import (
    PATIENCE_SECONDS,
    count_entries,
    is_intact,
    letters_sent,
    new_database,
    set_the_clock,
)
from workflow.calendar_changes import change_calendar, migrate_rules
from workflow.change import Change
from workflow.engine import apply
from workflow.firing import fire
from workflow.office import set_policy
from workflow.session import Moment, Session
from workflow.setup import make

SENT, FUNERAL = "2026-07-22T10:00:00+01:00", date(2026, 9, 21)
ENDS, ENDS_LATER = date(2026, 9, 21), date(2026, 9, 22)
LETTER = {"letter_method": "email", "letter_sent_on": "2026-07-21"}
DECIDED = {"decision": "assessment_refused", "party": "parent", "decided_on": "2026-07-20"}


class Others:
    """What other processes do at the same moment, in threads with connections of their own."""

    def __init__(self, url: str, threads: ThreadPoolExecutor) -> None:
        self._url, self._threads = url, threads
        self._sessions: list[Session] = []
        self._eyes = psycopg.connect(url, autocommit=True)

    def session(self) -> Session:
        self._sessions.append(Session(url=self._url))
        return self._sessions[-1]

    def begin(self, act: Callable[[Session], Any]) -> "Future[Any]":
        """Begin it; it has got to where it must wait for us, which it is asserted that it does."""
        begun = self._threads.submit(act, self.session())
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._waits():
            assert not begun.done(), begun.result()
            assert time.monotonic() < end, "it neither waits nor ends"
        return begun

    def _waits(self) -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        found = self._eyes.execute(asked).fetchone()
        return found is not None and found[0] > 0

    def close(self) -> None:
        self._eyes.close()
        for session in self._sessions:
            session.close()


@pytest.fixture
def others() -> Iterator[Others]:
    """Those who work on a database with a letter of 21 July, whose window ends on Monday 21 September."""
    url = new_postgres_url()
    letters_sent(new_database(url, SENT), 1, sent="2026-07-21")
    with ThreadPoolExecutor() as threads, closing(Others(url, threads)) as made:
        yield made


def due_on(session: Session, reference: str) -> date:
    with session.moment() as moment:
        case = moment.unit.case(reference)
    assert case is not None
    return case.deadlines["lodge_appeal"].due_on


def record(moment: Moment, day: str) -> None:
    facts = {"letter_received_on": day}
    apply(moment.unit, Change("record", "H-0", moment.asker, facts=facts), moment.now, moment.reckoner)


def send_letter(moment: Moment, reference: str) -> None:
    for change in (
        Change("open", reference, moment.asker, trigger="open", facts=DECIDED),
        Change("advance", reference, moment.asker, trigger="send_letter", facts=LETTER),
    ):
        apply(moment.unit, change, moment.now, moment.reckoner)


def test_a_holiday_waits_for_the_changes_that_were_begun_before_and_moves_their_cases_too(others: Others) -> None:
    mine = others.session()
    with mine.moment(writing=True) as moment:
        send_letter(moment, "NEW-1")
        holiday = others.begin(lambda session: change_calendar(session, FUNERAL, "State funeral", apply=True))
        record(moment, "2026-07-21")
        moment.unit.commit()
    assert holiday.result()["cases_changed"] == 2
    assert [due_on(mine, case) for case in ("H-0", "NEW-1")] == [ENDS_LATER, ENDS_LATER]
    assert is_intact(mine.database).intact


def test_a_change_that_is_begun_meanwhile_goes_by_the_new_calendar(others: Others) -> None:
    mine = others.session()

    def send(session: Session) -> None:
        with session.moment(writing=True) as moment:
            send_letter(moment, "NEW-1")
            moment.unit.commit()

    with mine.moment(alone=True) as moment:
        sent = others.begin(send)
        change_holiday(moment.unit.connection, FUNERAL, "State funeral")
        moment.unit.commit()
    sent.result()
    assert due_on(mine, "NEW-1") == ENDS_LATER


def test_new_rules_wait_as_a_holiday_does(others: Others) -> None:
    mine = others.session()
    with mine.moment(alone=True) as moment:  # a day that was added without anybody's dates being moved
        change_holiday(moment.unit.connection, FUNERAL, "State funeral")
        moment.unit.commit()
    with mine.moment(writing=True) as moment:
        migrated = others.begin(lambda session: migrate_rules(session, apply=True))
        moment.unit.commit()
    assert migrated.result()["cases_changed"] == 1


def test_a_dry_run_waits_for_nobody(others: Others) -> None:
    mine = others.session()
    with mine.moment(writing=True):
        assert change_calendar(others.session(), FUNERAL, "State funeral", apply=False)["applied"] is False


def test_the_daemon_fires_nothing_by_a_calendar_that_is_being_changed(others: Others) -> None:
    mine = others.session()
    set_the_clock(mine.database, "2026-09-21T17:00:00+01:00")
    with mine.moment(alone=True) as moment:
        swept = others.begin(lambda session: sweep(session.database, fire, version()))
        change_holiday(moment.unit.connection, FUNERAL, "State funeral")
        reckoner = read_meta(moment.unit.connection).reckoner
        apply(moment.unit, Change("reckon", "H-0", moment.asker), moment.now, reckoner)
        moment.unit.commit()
    swept.result()
    assert count_entries(mine.database, "expire_appeal") == 0


def test_of_two_who_change_the_policy_neither_undoes_what_the_other_set(others: Others) -> None:
    mine = others.session()

    def lengthen(session: Session) -> None:
        with session.moment(alone=True) as moment:
            set_policy(moment, {"undo_hours": "48"})
            moment.unit.commit()

    with mine.moment(alone=True) as moment:
        lengthened = others.begin(lengthen)
        set_policy(moment, {"second_person": "on"})
        moment.unit.commit()
    lengthened.result()
    with mine.moment() as moment:
        assert (moment.meta.policy.second_person, moment.meta.policy.undo_hours) == (True, 48)


def test_of_two_who_set_the_clock_neither_sets_it_back() -> None:
    url = new_postgres_url()
    made = Session(url=url)
    make(made, simulated=True, window_basis=None)
    made.close()
    early, late = (datetime.fromisoformat(f"2026-08-{day}T10:00:00+01:00") for day in ("01", "30"))

    def set_early(session: Session) -> None:
        with unit_of_work(session.database) as unit:
            set_clock(unit.connection, read_meta(unit.connection), early)
            unit.commit()

    with ThreadPoolExecutor() as threads, closing(Others(url, threads)) as others:
        mine = others.session()
        with unit_of_work(mine.database) as unit:
            set_clock(unit.connection, read_meta(unit.connection), late)
            begun = others.begin(set_early)
            unit.commit()
        with pytest.raises(WrongWords, match="never goes back"):
            begun.result()
        with mine.moment() as moment:
            assert moment.now == late


def test_of_two_who_erase_the_first_cases_of_a_database_neither_is_refused(others: Others) -> None:
    """Both would be the first to note that the files are to be rewritten."""
    mine = others.session()
    with mine.moment(writing=True) as moment:
        for reference in ("H-0", "H-1"):
            if reference == "H-1":
                send_letter(moment, reference)
            close = Change("advance", reference, moment.asker, trigger="close", facts={"closing_reason": "moved_away"})
            apply(moment.unit, close, moment.now, moment.reckoner)
        moment.unit.commit()

    def erase(moment: Moment, reference: str) -> None:
        apply(moment.unit, Change("erase", reference, moment.asker), moment.now, moment.reckoner)

    def erase_the_other(session: Session) -> None:
        with session.moment(writing=True) as moment:
            erase(moment, "H-1")
            moment.unit.commit()

    with mine.moment(writing=True) as moment:
        erase(moment, "H-0")
        erased = others.begin(erase_the_other)
        moment.unit.commit()
    erased.result()
    with mine.moment() as moment:
        assert scrub_is_due(moment.unit.connection)


def test_who_would_be_alone_waits_for_a_minute_at_most(others: Others) -> None:
    mine = others.session()

    def patience(moment: Moment) -> str:
        return str(moment.unit.connection.exec_driver_sql("SHOW lock_timeout").scalar_one())

    with mine.moment(alone=True) as moment:
        assert patience(moment) == "1min"
    with mine.moment(writing=True) as moment:
        assert patience(moment) == "0"


def test_on_sqlite_whoever_changes_a_case_is_the_only_writer_from_before_the_settings_are_read(sqlite_url: str) -> None:
    session = Session(url=new_database(sqlite_url, SENT).url.render_as_string())
    with (
        session.moment(writing=True),
        closing(sqlite3.connect(path_of(sqlite_url), timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    session.close()
