"""Reminders by the real daemon: beside its firing, through its death, and by two at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from email.message import Message
from pathlib import Path

import pytest

from persistence.database import Database
from persistence.outbox import outbox
from persistence.unit import unit_of_work
from tests import forked
from tests.postal import NOTIFY_KEY, MailServer, mail_server, notify_server
from tests.processes.running import (
    PATIENCE_SECONDS,
    Daemon,
    daemon,
    letters_sent,
    new_database,
    on,
    redress,
    says,
    set_the_clock,
)

SETTINGS = '[reminders]\nfrom = "redress@council.example"\ndefault = "send@council.example"\npractice = true\n'
MANY = 45


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        (tmp_path / "s.toml").write_text(SETTINGS + server.settings, encoding="utf-8")
        monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "s.toml"))
        yield server


def reminding(url: str, cases: int) -> Database:
    """A database in which so many reminders have come due."""
    database = new_database(url, "2026-02-24T09:00:00+00:00")
    assert redress(database, "policy", "--set", "reminders=lodge_appeal:14").returncode == 0
    letters_sent(database, cases)
    set_the_clock(database, "2026-04-09T09:00:00+01:00")
    return database


def counts(database: Database) -> tuple[int, int, int]:
    """How many wait, were sent, and are stuck."""
    with unit_of_work(database, writing=False) as unit:
        found = outbox(unit.connection, date(2026, 4, 9))
    return found.waiting, found.sent, found.stuck


def test_a_slow_mail_server_delays_no_firing(url: str, mail: MailServer) -> None:
    """The reminder that is on its way is of a deadline that ends meanwhile: nothing is left of it."""
    database = reminding(url, 1)
    letters_sent(database, 1, sent="2026-02-20", prefix="EARLIER")
    with handing_over(database, mail) as running:
        set_the_clock(database, "2026-04-21T09:00:00+01:00")
        running.wait_for(says("deadline fired", case="EARLIER-0", deadline="contact_adviser"))
    assert counts(database) == (0, 1, 0)


def test_killed_between_handing_over_and_noting_it_is_sent_again_under_the_same_key(url: str, mail: MailServer) -> None:
    database = reminding(url, 1)
    keys, arrived, dead = [], threading.Event(), threading.Event()

    def taken(message: Message) -> str:
        keys.append(message["Message-ID"])
        arrived.set()
        assert dead.wait(PATIENCE_SECONDS)
        return "250 OK"

    mail.answer = taken
    with daemon(database) as running:
        assert arrived.wait(PATIENCE_SECONDS)
        running.process.kill()
        running.process.wait(PATIENCE_SECONDS)
    dead.set()
    assert counts(database) == (1, 0, 0), "nobody noted it"
    assert "1 reminder sent" not in redress(database, "daemon", "--once").stdout, "it is taken until its lease is over"
    with database.connect(writing=True) as connection:
        connection.exec_driver_sql("UPDATE reminders SET try_at = NULL")
        connection.commit()
    assert "1 reminder sent" in redress(database, "daemon", "--once").stdout
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert counts(database) == (0, 1, 0)


OFF, ON = ("policy", "--set", "reminders=off"), ("policy", "--set", "reminders=lodge_appeal:14")
AWAY, BACK = (("correct", "H-0", f"letter_sent_on=2026-02-{day}", "--reason", "a typo") for day in (24, 23))


@pytest.mark.parametrize(("meanwhile", "afterwards"), [(OFF, ON), (AWAY, BACK)], ids=["the plan", "the day"])
def test_what_changes_away_while_it_is_handed_over_and_back_is_not_told_of_twice(
    url: str, mail: MailServer, meanwhile: tuple[str, ...], afterwards: tuple[str, ...]
) -> None:
    database = reminding(url, 1)
    with handing_over(database, mail):
        assert redress(database, *meanwhile).returncode == 0
    assert redress(database, *afterwards).returncode == 0
    assert counts(database) == (0, 1, 0)
    assert redress(database, "daemon", "--once").stdout == "0 fired, 0 not.\n"
    assert len(mail.taken) == 1


def test_a_new_plan_leaves_what_is_handed_over_to_who_has_it(
    url: str, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = reminding(url, 1)
    with handing_over(database, mail), mail_server() as other:
        assert redress(database, "policy", "--set", "reminders=lodge_appeal:14,7").returncode == 0
        (tmp_path / "other.toml").write_text(SETTINGS + other.settings, encoding="utf-8")
        monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "other.toml"))
        assert redress(database, "daemon", "--once").stdout == "0 fired, 0 not.\n"
    assert (len(mail.taken), len(other.taken)) == (1, 0)
    assert counts(database) == (1, 1, 0)


@contextmanager
def handing_over(database: Database, mail: MailServer) -> Iterator[Daemon]:
    """While a daemon hands over the first reminder; at the end the mail server takes it, and the daemon notes that."""
    arrived, go_on = threading.Event(), threading.Event()

    def slow(_: Message) -> str:
        arrived.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return "250 OK"

    mail.answer = slow
    with daemon(database) as running:
        try:
            assert arrived.wait(PATIENCE_SECONDS)
            yield running
        finally:
            go_on.set()
        running.wait_for(says("reminder sent", case="H-0"))
        assert running.stop() == 0


def test_what_notify_refuses_is_logged_by_us_alone(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the daemon's log is an event, and none has an officer's address."""
    database = reminding(url, 1)
    monkeypatch.setenv("REDRESS_NOTIFY_API_KEY", NOTIFY_KEY)
    monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "s.toml"))
    with notify_server() as server:
        server.status, server.why = 400, "send@council.example is not in your team"
        (tmp_path / "s.toml").write_text(SETTINGS + server.settings, encoding="utf-8")
        with daemon(database) as running:
            said = running.wait_for(says("reminder not sent", case="H-0"))
            assert running.stop() == 0
        once = redress(database, "reminders", "--test", "ann")
    assert said["why"] == "GOV.UK Notify did not take it: 400, the address is not in your team"
    assert once.stderr == f"redress: The message could not be handed over: {said['why']}\n"


def test_two_at_once_send_each_reminder_once(url: str, mail: MailServer) -> None:
    database = reminding(url, MANY)
    both = [forked.start(on(database, "daemon", "--once")) for _ in range(2)]
    for process in both:
        assert process.wait(PATIENCE_SECONDS) == 0
    assert counts(database) == (0, MANY, 0)
    assert len(mail.taken) == MANY
    assert len({message["Message-ID"] for message in mail.taken}) == MANY
