"""Who may do what: roles on both databases, and the second person where the policy wants one."""

from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress
from tests.backends import is_sqlite, straight_in

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    open H-2 --decision plan_refused --decided 2026-02-20
"""
ROLES = """
    roles give mia manager
    roles give cal caseworker --actor mia
    roles give aud auditor --actor mia
    roles give sys system --actor mia
"""


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


@pytest.fixture
def office(after: Callable[[str], Redress], backend: str) -> Redress:
    """Roles are given, on SQLite; on PostgreSQL they are the database's own (test_roles_postgresql.py)."""
    assert backend == "sqlite"
    return after(STORY + ROLES)


# --- without roles ---------------------------------------------------------------------------------------------------


def test_until_roles_are_given_everybody_may_do_what_a_manager_may(redress: Redress) -> None:
    assert redress.does("roles").out.startswith("No roles are given")
    assert redress.does("roles --json").document["you"]["role"] == "manager"
    redress.does("advance H-1 concede --actor anybody")


# --- on SQLite ------------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_a_role_that_is_no_word_of_ours_lets_nobody_do_anything_and_is_listed(office: Redress) -> None:
    with straight_in(office.url) as connection:
        connection.execute("INSERT INTO roles (actor, role) VALUES ('wes', 'wizard')")
    assert office.run("advance H-1 concede --actor wes").code == 3
    given = office.does("roles --json").document["given"]
    assert {"actor": "wes", "role": "stranger"} in given
    office.does("roles take wes --actor mia")


@ON_SQLITE
def test_roles_are_listed_changed_and_taken_and_each_act_is_recorded(office: Redress) -> None:
    listed = office.does("roles --json --actor aud").document
    assert [(each["actor"], each["role"]) for each in listed["given"]] == [
        ("aud", "auditor"), ("cal", "caseworker"), ("mia", "manager"), ("sys", "system"),
    ]  # fmt: skip
    assert listed["you"] == {"actor": "aud", "role": "auditor"}
    assert office.does("roles give cal auditor --actor mia").out == "cal: auditor, was caseworker.\n"
    assert office.does("roles take cal --actor mia").out == "cal: no role, was auditor.\n"
    acts = office.rows("SELECT actor, act, subject, was, became FROM office_log ORDER BY seq")
    assert acts[-2:] == [
        ("mia", "give_role", "cal", "caseworker", "auditor"),
        ("mia", "take_role", "cal", "auditor", None),
    ]
    assert office.is_intact()


@ON_SQLITE
@pytest.mark.parametrize(
    ("actor", "command", "fragments"),
    [
        ("aud", "open H-9 --decision plan_refused --decided 2026-02-20", ("aud is an auditor", "for a caseworker")),
        ("aud", "record H-1 letter_received_on=2026-02-21", ("record of H-1 in the state letter_sent",)),
        ("aud", "correct H-1 letter_sent_on=2026-02-23 --reason x", ("aud is an auditor",)),
        ("stranger", "advance H-1 advise_mediation", ("advise_mediation of H-1", "stranger has no role")),
        ("cal", "advance H-1 concede", ("concede of H-1 in the state letter_sent is for a manager", "cal is a casew")),
        ("cal", "roles give cal manager", ("giving and taking roles is for a manager",)),
        ("cal", "policy --set second-person=on", ("setting the policy is for a manager",)),
        ("cal", "holidays --add 2026-06-01 --apply", ("is for a manager",)),
        ("cal", "rules migrate --apply", ("is for a manager",)),
        ("sys", "advance H-1 advise_mediation", ("sys is the daemon",)),
        ("aud", "retry H-1", ("taking up a case",)),
        ("cal", "daemon --once", ("running the daemon is for a manager or the daemon",)),
    ],
)
def test_what_is_for_another_role_is_refused(
    office: Redress, actor: str, command: str, fragments: tuple[str, ...]
) -> None:
    office.refuses(f"{command} --actor {actor}", *fragments)


@ON_SQLITE
def test_each_role_may_do_its_own(office: Redress) -> None:
    office.does("advance H-1 advise_mediation --actor cal")
    office.does("audit verify --actor aud")
    office.does("show H-1 --actor aud")
    office.does("worklist --actor stranger")
    office.does("advance H-2 concede --actor mia")
    office.does("daemon --once --actor sys")
    shown = {each["trigger"]: each for each in office.does("next H-1 --json --actor cal").document["next"]}
    assert shown["concede"]["allowed"] is False
    assert "cal is a caseworker" in shown["concede"]["why_not"]


@ON_SQLITE
def test_to_close_what_is_open_all_the_same_is_for_a_manager(office: Redress) -> None:
    close = "advance H-1 close --fact closing_reason=moved_away --actor"
    office.refuses(f"{close} cal", "to close it all the same is for a manager")
    office.does(f"{close} mia")


@ON_SQLITE
def test_somebody_is_left_who_can_give_roles(office: Redress) -> None:
    office.refuses("roles give mia auditor --actor mia", "make somebody a manager first", code=2)
    office.refuses("roles take mia --actor mia", "make somebody a manager first", code=2)
    office.refuses("roles give cal king --actor mia", "one of caseworker, manager, auditor, system", code=2)
    office.refuses("roles take nobody --actor mia", "nobody has no role", code=2)
    office.refuses("roles setup --actor mia", "its permissions are the door", code=2)


@ON_SQLITE
def test_a_role_changed_behind_the_command_is_not_hidden_by_the_record(office: Redress) -> None:
    office.behind_its_back(
        "DROP TRIGGER office_log_refuse_update", "UPDATE office_log SET became = 'manager' WHERE seq = 3"
    )
    answer = office.run("audit verify --json")
    assert answer.code == 6
    assert answer.document["first_fault"]["what"] == "the office's log: act 3 is not as it was written"


# --- the policy ------------------------------------------------------------------------------------------------------


def test_the_policy_is_seen_and_set_and_kept_in_the_record(redress: Redress) -> None:
    assert "second-person: off" in redress.does("policy").out
    said = redress.does("policy --set post-working-days=3 --set second-person=on").err
    assert "redress rules migrate" in said, "the dates that are kept stay"
    assert redress.does("policy --json").document == {
        "window_basis": "received", "post_working_days": 3, "post_second_class_working_days": 4,
        "actor_override": False, "second_person": True, "undo_hours": 24, "reminders": "",
    }  # fmt: skip
    assert redress.rows("SELECT act, subject, was, became FROM office_log ORDER BY seq") == [
        ("set_policy", "window_basis", None, "received"),
        ("set_policy", "post_working_days", "2", "3"), ("set_policy", "second_person", "off", "on"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "fragment"),
    [
        ("window-basis=sent", "stays"), ("post-working-days=-1", "from 0 to 31"), ("post-working-days=32", "0 to 31"),
        ("second-person=maybe", "is on or off"), ("moon=full", "There is no policy"), ("second-person", "NAME=VALUE"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(redress: Redress, setting: str, fragment: str) -> None:
    redress.refuses(f"policy --set {setting}", fragment, code=2)


# --- the second person -----------------------------------------------------------------------------------------------


@pytest.fixture
def expired(after: Callable[[str], Redress]) -> Redress:
    """H-1 has expired, and the policy wants a second person."""
    return after(STORY + "    policy --set second-person=on\n    @ 2026-06-02T09:00:00+01:00\n    daemon --once\n")


def test_a_correction_after_the_expiry_waits_for_somebody_else(expired: Redress) -> None:
    assert expired.state() == "appeal_expired"
    before = expired.log("H-1")
    said = expired.does("correct H-1 letter_sent_on=2026-05-01 --reason 'post book' --actor ann").out
    assert "waits for a second person: redress confirm H-1" in said
    assert expired.log("H-1") == before
    assert expired.case()["proposal"]["proposed_by"] == "ann"
    warned = expired.does("worklist").err
    assert "H-1: ann proposed what waits for a second person: redress confirm H-1." in warned
    assert expired.does("confirm").out == "1 change for a second person:\nH-1: proposed by ann\n"
    expired.refuses("confirm H-1 --actor ann", "is confirmed by a second person")
    expired.refuses(
        "correct H-1 letter_sent_on=2026-05-02 --reason x --actor bob", "must be confirmed or dropped first"
    )
    assert expired.does("confirm H-1 --actor bob").out == "H-1: confirmed: correct (version 5).\n"
    assert expired.state() == "letter_sent"
    last = expired.log("H-1")[-1]
    assert (last["actor"], last["trigger"]) == ("bob", "correct")
    assert last["note"] == "post book (proposed by ann)"
    assert expired.does("confirm --json").document == []
    assert [row[0] for row in expired.rows("SELECT act FROM office_log ORDER BY seq")] == [
        "set_policy", "set_policy", "propose",
    ]  # fmt: skip
    assert expired.is_intact()


def test_a_late_appeals_permission_waits_too(expired: Redress) -> None:
    expired.does("advance H-1 issue_certificate --on 2026-06-01")
    expired.does("record H-1 late_permission_on=2026-06-01 --actor ann")
    assert "late_permission_on" not in expired.case()["facts"]
    expired.does("confirm H-1 --actor bob")
    assert expired.case()["facts"]["late_permission_on"] == "2026-06-01"


def test_a_case_that_has_changed_since_is_not_confirmed(expired: Redress) -> None:
    expired.does("correct H-1 letter_sent_on=2026-05-01 --reason x --actor ann")
    expired.does("record H-1 letter_dated_on=2026-02-20 --actor bob")
    expired.refuses("confirm H-1 --actor bob", code=5)
    assert expired.does("confirm --json").document[0]["stale"] is True
    assert "what cannot be confirmed any more: redress confirm H-1 --drop" in expired.does("worklist").err
    assert "dropped" in expired.does("confirm H-1 --drop --actor ann").out
    expired.refuses("confirm H-1 --actor bob", "nothing waits")
    assert expired.rows("SELECT act, actor FROM office_log ORDER BY seq DESC LIMIT 1") == [("drop_proposal", "ann")]


def test_proposed_twice_it_waits_once(expired: Redress) -> None:
    for _ in range(2):
        expired.does("correct H-1 letter_sent_on=2026-05-01 --reason x --actor ann")
    assert expired.rows("SELECT act FROM office_log WHERE act = 'propose'") == [("propose",)]


def test_what_is_proposed_is_sealed(expired: Redress) -> None:
    expired.does("correct H-1 letter_sent_on=2026-05-01 --reason x --actor ann")
    ((change,),) = expired.rows("SELECT change FROM proposals")
    assert change.startswith("sealed:")


def test_a_proposal_that_was_deleted_behind_the_command_is_missed(expired: Redress) -> None:
    said = "correct H-1 letter_sent_on=2026-05-01 --reason x --actor ann"
    expired.does(said)
    assert expired.is_intact()
    expired.behind_its_back("DELETE FROM proposals")
    answer = expired.run("audit verify --json")
    assert answer.code == 6
    assert answer.document["first_fault"] == {
        "case": "H-1", "seq": None, "what": "what waited for a second person is gone",
    }  # fmt: skip
    expired.does(said)
    assert expired.is_intact()
    expired.does("confirm H-1 --drop --actor ann")
    assert expired.is_intact()


def test_without_the_policy_nothing_waits(redress: Redress) -> None:
    redress.at("2026-06-02T09:00:00+01:00").does("daemon --once")
    redress.does("correct H-1 letter_sent_on=2026-05-01 --reason x")
    assert redress.state() == "letter_sent"
    assert is_sqlite(redress.url) or redress.rows("SELECT count(*) FROM proposals") == [(0,)]
