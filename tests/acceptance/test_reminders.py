"""Reminders: an outbox that every change keeps right, sent at least once under one key, shown when it is stuck."""

from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import Answer, Redress
from tests.postal import NOTIFY_KEY, MailServer, NotifyServer, mail_server, notify_server, silent_port

PEOPLE = """
[reminders]
from = "redress@council.example"
default = "send@council.example"
practice = true
[reminders.people]
ann = "ann@council.example"
[reminders.teams]
North = "north@council.example"
"""
STORY = """
    @ 2026-02-24T09:00:00+00:00
    policy --set reminders="14,3 contact_adviser:7"
    open H-1 --decision plan_refused --decided 2026-02-20 --owner ann
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
"""
Settle = Callable[[str], None]
# How a message is handed over has nothing to do with the database.
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settle:
    """Writes the office's settings: who is reminded, and by which way."""

    def settle(way: str, people: str = PEOPLE) -> None:
        (tmp_path / "s.toml").write_text(people + way, encoding="utf-8")
        monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "s.toml"))

    return settle


@pytest.fixture
def mail(settings: Settle) -> Iterator[MailServer]:
    with mail_server() as server:
        settings(server.settings)
        yield server


@pytest.fixture
def notify(settings: Settle, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifyServer]:
    monkeypatch.setenv("REDRESS_NOTIFY_API_KEY", NOTIFY_KEY)
    with notify_server() as server:
        settings(server.settings)
        yield server


def waiting(redress: Redress) -> set[tuple[str, int, str, str]]:
    """What waits: the deadline, how many days before, the day, and the status."""
    found = redress.does("reminders --json").document["next"]
    return {(each["deadline"], each["days_before"], each["send_on"], each["status"]) for each in found}


def once(redress: Redress) -> dict[str, Any]:
    """One sweep by the daemon; what became of the reminders."""
    swept = redress.does("daemon --once --json").document
    found: dict[str, Any] = swept.get("reminders", {"sent": [], "failed": []})
    return found


def at_once(redress: Redress) -> None:
    """Let no pause hold a reminder back: the pauses are real time."""
    redress.behind_its_back("UPDATE reminders SET try_at = NULL")


def text(message: Message) -> str:
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


# --- the outbox ------------------------------------------------------------------------------------------------------


def test_each_running_deadline_has_its_reminders(redress: Redress) -> None:
    assert waiting(redress) == {
        ("lodge_appeal", 14, "2026-04-09", "waiting"),
        ("lodge_appeal", 3, "2026-04-20", "waiting"),
        ("contact_adviser", 7, "2026-04-16", "waiting"),
    }


def test_a_day_that_moves_takes_its_reminders_along(redress: Redress) -> None:
    redress.does("correct H-1 letter_sent_on=2026-02-20 --reason 'the post book'")
    assert waiting(redress) == {
        ("lodge_appeal", 14, "2026-04-06", "waiting"),
        ("lodge_appeal", 3, "2026-04-17", "waiting"),
        ("contact_adviser", 7, "2026-04-13", "waiting"),
    }


def test_what_is_met_or_runs_no_more_is_not_reminded_of(redress: Redress) -> None:
    redress.does("advance H-1 advise_mediation --on 2026-02-24")
    assert waiting(redress) == set(), "no boundary runs until the certificate comes"
    redress.does("undo H-1")
    assert len(waiting(redress)) == 3
    redress.does("advance H-1 concede --on 2026-02-24")
    assert waiting(redress) == set()


def test_a_day_that_has_passed_is_not_reminded_of(after: Callable[[str], Redress]) -> None:
    redress = after(STORY.replace("2026-02-24", "2026-04-15").replace("+00:00", "+01:00"))
    assert waiting(redress) == {
        ("lodge_appeal", 3, "2026-04-20", "waiting"),
        ("contact_adviser", 7, "2026-04-16", "waiting"),
    }


def test_what_is_late_and_unsent_moves_with_its_day_and_stays_with_a_new_plan(redress: Redress) -> None:
    redress.at("2026-04-17T09:00:00+01:00").does("correct H-1 letter_sent_on=2026-02-24 --reason 'the post book'")
    late = {("lodge_appeal", 14, "2026-04-10", "waiting"), ("contact_adviser", 7, "2026-04-17", "waiting")}
    assert waiting(redress) == late | {("lodge_appeal", 3, "2026-04-21", "waiting")}
    redress.does('policy --set reminders="14,3 contact_adviser:7 order_cease:1"')
    assert waiting(redress) == late | {("lodge_appeal", 3, "2026-04-21", "waiting")}


def test_a_day_that_moves_closer_is_reminded_of_at_once_but_not_when_it_has_passed(redress: Redress) -> None:
    redress.at("2026-04-08T09:00:00+01:00").does("correct H-1 letter_sent_on=2026-02-20 --reason 'the post book'")
    assert ("lodge_appeal", 14, "2026-04-06", "waiting") in waiting(redress)
    redress.at("2026-04-22T09:00:00+01:00").does("correct H-1 letter_sent_on=2026-02-21 --reason 'the post book'")
    assert waiting(redress) == set(), "Tue 21 Apr is past"


def test_a_refused_change_leaves_the_outbox_as_it_was(redress: Redress) -> None:
    redress.refuses("advance H-1 lodge_appeal")
    redress.refuses("correct H-1 letter_sent_on=2027-01-01 --reason no")
    assert len(waiting(redress)) == 3


def test_a_new_plan_is_for_what_runs_already(redress: Redress) -> None:
    redress.does('policy --set reminders="lodge_appeal:1"')
    assert waiting(redress) == {("lodge_appeal", 1, "2026-04-22", "waiting")}
    redress.does("policy --set reminders=off")
    assert waiting(redress) == set()
    assert redress.does("policy --json").document["reminders"] == ""
    assert redress.does("reminders").out.startswith("Reminders: off")
    redress.does("policy --set reminders=2")
    assert {(name, days) for name, days, *_ in waiting(redress)} == {("lodge_appeal", 2), ("contact_adviser", 2)}


@ON_SQLITE
@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("soon", "is not DAYS"), ("61", "from 0 to 60"), ("-1", "is not DAYS"), ("1,,2", "is not DAYS"),
        ("lodge:3", "no deadline 'lodge'"), ("3 4", "named twice"), ("1,2,3,4,5,6", "more than 5"),
        ("٣", "is not DAYS"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused(redress: Redress, plan: str, said: str) -> None:
    redress.refuses(["policy", "--set", f"reminders={plan}"], said, code=2)


# --- by mail ---------------------------------------------------------------------------------------------------------


def test_a_reminder_goes_to_the_officer_on_its_day_and_once(redress: Redress, mail: MailServer) -> None:
    assert once(redress.at("2026-04-08T23:00:00+01:00"))["sent"] == []
    assert once(redress.at("2026-04-09T06:59:59+01:00"))["sent"] == []
    assert once(redress.at("2026-04-09T07:00:00+01:00"))["sent"] == ["H-1"]
    assert once(redress)["sent"] == []
    (message,) = mail.taken
    assert message["To"] == "ann@council.example"
    assert message["From"] == "redress@council.example"
    assert message["Subject"] == "H-1: Lodge the appeal with the Tribunal by Thu 23 Apr 2026"
    assert message["Auto-Submitted"] == "auto-generated"
    said = text(message)
    for words in ("by Thu 23 Apr 2026, before 5 pm (in 14 days).", "It is for the family. Source: HESC Rules 2008",
                  "redress explain H-1 lodge_appeal"):  # fmt: skip
        assert words in said
    assert redress.does("reminders --json").document["sent"] == 1
    assert redress.is_intact()


def test_without_an_own_address_it_goes_to_the_team_or_the_office(redress: Redress, mail: MailServer) -> None:
    redress.does("assign H-1 --owner bob --team North")
    redress.does("open H-2 --decision plan_refused --decided 2026-02-20 --owner carl")
    redress.does("advance H-2 send_letter --on 2026-02-23 --fact letter_method=email")
    once(redress.at("2026-04-09T09:00:00+01:00"))
    assert {(m["Subject"].partition(":")[0], m["To"]) for m in mail.taken} == {
        ("H-1", "north@council.example"), ("H-2", "send@council.example"),
    }  # fmt: skip


def test_after_an_outage_what_still_runs_is_reminded_of(redress: Redress, mail: MailServer) -> None:
    assert sorted(once(redress.at("2026-04-21T09:00:00+01:00"))["sent"]) == ["H-1", "H-1", "H-1"]
    assert "(in 2 days)" in text(mail.taken[0])


def test_a_receipt_recorded_meanwhile_loses_no_reminder_that_is_late(redress: Redress, mail: MailServer) -> None:
    redress.at("2026-04-10T09:00:00+01:00").does("record H-1 letter_received_on=2026-02-25")
    assert once(redress)["sent"] == ["H-1"]


def test_a_day_that_is_moved_away_and_back_is_not_told_of_twice(redress: Redress, mail: MailServer) -> None:
    once(redress.at("2026-04-09T09:00:00+01:00"))
    redress.does("correct H-1 letter_sent_on=2026-02-24 --reason 'a typo'")
    redress.does("correct H-1 letter_sent_on=2026-02-23 --reason 'no typo'")
    assert once(redress)["sent"] == []
    assert len(mail.taken) == 1
    redress.does("correct H-1 letter_sent_on=2026-02-24 --reason 'the post book'")
    once(redress.at("2026-04-10T09:00:00+01:00"))
    assert [m["Subject"][-15:] for m in mail.taken] == ["Thu 23 Apr 2026", "Fri 24 Apr 2026"]


def test_one_that_is_late_is_sent_once_for_the_day_it_moved_to(redress: Redress, mail: MailServer) -> None:
    redress.at("2026-04-13T09:00:00+01:00").does("correct H-1 letter_sent_on=2026-02-24 --reason 'the post book'")
    assert once(redress)["sent"] == ["H-1"]
    redress.does("policy --set reminders=14")
    redress.does("correct H-1 letter_sent_on=2026-02-23 --reason 'no'")
    redress.does("correct H-1 letter_sent_on=2026-02-24 --reason 'after all'")
    assert once(redress)["sent"] == []
    assert [m["Subject"][-15:] for m in mail.taken] == ["Fri 24 Apr 2026"]


def test_one_that_is_not_taken_is_tried_again_under_the_same_key(redress: Redress, mail: MailServer) -> None:
    tried = []

    def busy(message: Message) -> str:
        tried.append(message["Message-ID"])
        return "451 try later"

    mail.answer = busy
    failed = once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]
    assert failed[0]["case"] == "H-1"
    assert "did not take it" in failed[0]["why"]
    assert once(redress) == {"sent": [], "failed": []}, "not before its pause is over"
    mail.answer = lambda _: "250 OK"
    at_once(redress)
    assert once(redress)["sent"] == ["H-1"]
    assert [message["Message-ID"] for message in mail.taken] == tried
    assert "H-1" not in tried[0]


def test_one_that_is_never_taken_is_stuck_and_shown_until_it_is_retried(redress: Redress, mail: MailServer) -> None:
    mail.answer = lambda _: "550 no such user"
    redress.at("2026-04-09T09:00:00+01:00")
    for _ in range(12):
        assert len(once(redress)["failed"]) == 1
        at_once(redress)
    assert once(redress) == {"sent": [], "failed": []}
    document = redress.does("reminders --json").document
    assert (document["stuck"], document["next"][0]["attempts"]) == (1, 12)
    assert "550" in document["next"][0]["why"]
    assert "stuck" in redress.does("reminders").out
    assert "1 reminder could not be sent: redress reminders" in redress.does("doctor").out
    mail.answer = lambda _: "250 OK"
    assert redress.does("reminders --retry").out == "1 reminder will be tried again.\n"
    assert once(redress)["sent"] == ["H-1"]


@ON_SQLITE
def test_one_that_was_tried_very_often_is_stuck_as_any_other(redress: Redress, mail: MailServer) -> None:
    mail.answer = lambda _: "550 no such user"
    redress.behind_its_back("UPDATE reminders SET attempts = 60")
    assert len(once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]) == 1
    assert redress.does("reminders --json").document["stuck"] == 1


@ON_SQLITE
def test_the_mail_server_away_loses_nothing(redress: Redress, settings: Settle) -> None:
    with silent_port() as port:
        settings(MailServer(port).settings)
        failed = once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]
    assert "does not answer" in failed[0]["why"]
    with mail_server() as server:
        settings(server.settings)
        at_once(redress)
        assert once(redress)["sent"] == ["H-1"]


@ON_SQLITE
def test_nothing_goes_out_unencrypted_unasked(redress: Redress, mail: MailServer, settings: Settle) -> None:
    settings(mail.settings.replace('security = "none"\n', ""))
    failed = once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]
    assert "STARTTLS" in failed[0]["why"]
    assert mail.taken == []


@ON_SQLITE
def test_a_server_that_refuses_the_goodbye_has_taken_them_all_the_same(redress: Redress, mail: MailServer) -> None:
    mail.goodbye = "421 4.4.2 idle too long"
    assert redress.does("reminders --test ann").out == "Handed over for ann.\n"
    assert once(redress.at("2026-04-09T09:00:00+01:00")) == {"sent": ["H-1"], "failed": []}


@ON_SQLITE
def test_a_server_that_hangs_up_costs_the_others_no_try(redress: Redress, mail: MailServer) -> None:
    said = iter(["421 4.7.0 too many in one go"])
    mail.answer = lambda _: next(said, "250 OK")
    found = once(redress.at("2026-04-21T09:00:00+01:00"))
    assert [each["why"] for each in found["failed"]] == [
        "the mail server did not take it: 421 4.7.0 too many in one go"
    ]
    assert len(found["sent"]) == len(mail.taken) == 2


@ON_SQLITE
def test_what_the_mail_server_says_against_an_address_is_shown_in_its_own_words(
    redress: Redress, mail: MailServer
) -> None:
    mail.to_address = "450-4.2.0 <ann@council.example> greylisted,\r\n450 4.2.0 try in 300 seconds"
    (failed,) = once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]
    assert (
        failed["why"] == "the mail server did not take it: 450 4.2.0 <the address> greylisted, 4.2.0 try in 300 seconds"
    )


@ON_SQLITE
def test_a_practice_database_reminds_nobody_unless_it_is_asked_for(
    redress: Redress, mail: MailServer, settings: Settle
) -> None:
    settings(mail.settings, PEOPLE.replace("practice = true\n", ""))
    assert once(redress.at("2026-04-09T09:00:00+01:00")) == {"sent": [], "failed": []}
    assert mail.taken == []
    assert ("lodge_appeal", 14, "2026-04-09", "waiting") in waiting(redress)


@ON_SQLITE
def test_a_test_message_shows_whether_they_come(redress: Redress, mail: MailServer) -> None:
    assert redress.does("reminders --test ann").out == "Handed over for ann.\n"
    assert "went to the default" in redress.does("reminders --test zed").err
    assert [m["To"] for m in mail.taken] == ["ann@council.example", "send@council.example"]
    mail.answer = lambda _: "550 no"
    answer = redress.run("reminders --test ann")
    assert (answer.code, "550" in answer.err) == (3, True)


# --- by GOV.UK Notify ------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_notify_is_handed_the_message_and_the_key_as_its_reference(redress: Redress, notify: NotifyServer) -> None:
    assert once(redress.at("2026-04-09T09:00:00+01:00"))["sent"] == ["H-1"]
    (taken,) = notify.taken
    assert (taken["email_address"], taken["template_id"]) == ("ann@council.example", "t-1")
    assert taken["personalisation"]["subject"].startswith("H-1: Lodge the appeal")
    assert "before 5 pm" in taken["personalisation"]["message"]
    assert len(taken["reference"]) == 40
    assert notify.asked_for == [], "the first try need not ask"


def test_notify_took_it_and_its_answer_was_lost_so_it_is_not_sent_twice(redress: Redress, notify: NotifyServer) -> None:
    notify.cut = True
    assert len(once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]) == 1
    notify.cut = False
    at_once(redress)
    assert once(redress)["sent"] == ["H-1"]
    assert len(notify.taken) == 1
    assert notify.asked_for == [notify.taken[0]["reference"]]


@ON_SQLITE
def test_what_notify_says_against_it_is_shown(redress: Redress, notify: NotifyServer) -> None:
    notify.status = 400
    failed = once(redress.at("2026-04-09T09:00:00+01:00"))["failed"]
    assert failed[0]["why"] == "GOV.UK Notify did not take it: 400, no such template"
    assert NOTIFY_KEY[-36:] not in repr(redress.contents())


# --- settings --------------------------------------------------------------------------------------------------------


@ON_SQLITE
@pytest.mark.parametrize(
    ("people", "way", "said"),
    [
        (PEOPLE, "", "must have either [reminders.smtp] or [reminders.notify]"),
        (PEOPLE, '[reminders.smtp]\nhost = "h"\n[reminders.notify]\ntemplate_id = "t"\n', "must have either"),
        ("[reminders]\n", '[reminders.smtp]\nhost = "h"\n', "from which address"),
        (PEOPLE.replace("ann@", "ann"), '[reminders.smtp]\nhost = "h"\n', "reminders.people.ann"),
        (PEOPLE, '[reminders.smtp]\nhost = "h"\nport = 0\n', "reminders.smtp.port"),
        (PEOPLE, '[reminders.smtp]\nhost = "h"\npassword = "p"\n', "reminders.smtp.password"),
        (PEOPLE.replace("send@", "a@b\\nBcc: x@"), '[reminders.smtp]\nhost = "h"\n', "reminders.default"),
        (PEOPLE, '[reminders.notify]\ntemplate_id = "t"\n', "does not hold a key of GOV.UK Notify"),
    ],
)
def test_settings_that_will_not_do_are_named_and_nothing_is_lost(
    redress: Redress, settings: Settle, people: str, way: str, said: str
) -> None:
    settings(way, people)
    answer: Answer = redress.at("2026-04-09T09:00:00+01:00").does("daemon --once")
    assert "reminders not sent" in answer.err
    assert said in answer.err
    assert ("lodge_appeal", 14, "2026-04-09", "waiting") in waiting(redress)
    assert {each["attempts"] for each in redress.does("reminders --json").document["next"]} == {0}, "none was tried"
    refused = redress.run("reminders --test ann")
    assert (refused.code, said in refused.err) == (2, True)
    if "key of GOV.UK" not in said:
        assert said in redress.does("doctor").out.replace("\n", " ")


@ON_SQLITE
def test_without_settings_the_doctor_says_that_none_goes_out(
    redress: Redress, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REDRESS_SETTINGS", raising=False)
    assert "so none goes out" in redress.does("doctor").out
    assert once(redress.at("2026-04-09T09:00:00+01:00")) == {"sent": [], "failed": []}
