"""What is in force for the whole database and what waits for a second person: `audit verify` holds it to the record."""

import json
from collections.abc import Callable

import pytest

from persistence.log import chain_hash
from tests.acceptance.command import Redress
from tests.acceptance.tampering import as_hashed, fault, past_the_guards, unguarded

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    policy --set second-person=on
    policy --set undo-hours=12
    policy --set undo-hours=8
    holidays --add 2026-06-03 --title Jubilee --apply
    holidays --add 2026-06-04 --apply
    holidays --remove 2026-06-04 --apply
    holidays --remove 2026-05-25 --apply
    holidays --remove 2026-08-31 --apply
    holidays --add 2026-08-31 --apply
    @ 2026-06-02T09:00:00+01:00
    daemon --once
"""
ROLES = """
    roles give mia manager
    roles give cal caseworker --actor mia
    roles give ann caseworker --actor mia
    roles take ann --actor mia
"""
PROPOSED = "    correct H-1 letter_sent_on=2026-05-01 --reason x --actor cal\n"


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY + PROPOSED)


def what(redress: Redress) -> object:
    """What `audit verify` says, of no case; the doctor must say it too."""
    found = fault(redress)
    assert (found["case"], found["seq"]) == (None, None)
    checks = redress.does("doctor --json").document["checks"]
    assert any(str(found["what"]) in check["says"] and not check["ok"] for check in checks), checks
    return found["what"]


def setting(redress: Redress, key: str) -> dict[str, object]:
    ((value,),) = redress.rows(f"SELECT value FROM meta WHERE key = '{key}'")
    found: dict[str, object] = json.loads(value)
    return found


def put(redress: Redress, key: str, value: object) -> None:
    redress.behind_its_back(f"UPDATE meta SET value = '{json.dumps(value)}' WHERE key = '{key}'")


def test_what_the_command_did_is_in_order(redress: Redress) -> None:
    assert redress.is_intact()
    assert not any(check["name"] == "office" for check in redress.does("doctor --json").document["checks"])


# --- roles, the policy, holidays -------------------------------------------------------------------------------------


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE roles SET role = 'manager' WHERE actor = 'cal'", "the role of cal is manager, by the office's log"),
        ("UPDATE roles SET role = 'king' WHERE actor = 'cal'", "the role of cal is king"),
        ("DELETE FROM roles WHERE actor = 'cal'", "the role of cal is none, by the office's log caseworker"),
        ("INSERT INTO roles (actor, role) VALUES ('ann', 'caseworker')", "the role of ann is caseworker"),
        ("INSERT INTO roles (actor, role) VALUES ('eve', 'manager')", "the role of eve is manager, by the office"),
        ("DELETE FROM roles", "the role of cal is none"),
        ("INSERT INTO meta (key, value) VALUES ('roles_prefix', 'x')", "not set up as the office's log says"),
    ],
)  # fmt: skip
def test_a_role_that_no_act_gave_is_found(after: Callable[[str], Redress], statement: str, said: str) -> None:
    office = after(STORY + ROLES)
    assert office.is_intact()
    office.behind_its_back(statement)
    assert said in str(what(office))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("second_person", False, "the policy second_person is off, by the office's log on"),
        ("undo_hours", 12, "the policy undo_hours is 12, by the office's log 8"),
        ("post_working_days", 3, "the policy post_working_days is 3, by the office's log 2"),
        ("window_basis", "sent", "the policy window_basis is sent, by the office's log received"),
    ],
)
def test_a_policy_that_nobody_set_is_found(redress: Redress, name: str, value: object, said: str) -> None:
    put(redress, "policy", {**setting(redress, "policy"), name: value})
    assert what(redress) == said


@pytest.mark.parametrize(
    ("added", "removed", "day"),
    [
        ({"2026-06-03": "Jubilee", "2026-06-05": "none"}, ["2026-05-25"], "2026-06-05"),
        ({}, ["2026-05-25"], "2026-06-03"),
        ({"2026-06-03": "Coronation"}, ["2026-05-25"], "2026-06-03"),
        ({"2026-06-03": "Jubilee", "2026-06-04": "Bank holiday"}, ["2026-05-25"], "2026-06-04"),
        ({"2026-06-03": "Jubilee"}, [], "2026-05-25"),
        ({"2026-06-03": "Jubilee"}, ["2026-05-25", "2026-08-31"], "2026-08-31"),
        ({"2026-06-03": "Jubilee"}, ["2026-05-25", "2026-12-25"], "2026-12-25"),
    ],
)
def test_a_holiday_that_nobody_set_is_found(
    redress: Redress, added: dict[str, str], removed: list[str], day: str
) -> None:
    put(redress, "holidays", {"added": added, "removed": removed})
    assert what(redress) == f"the bank holiday of {day} is not as the office's log says"


def test_a_database_from_before_its_beginning_was_recorded_is_taken_as_it_is(redress: Redress) -> None:
    """There a policy or a holiday may have been set without an act; what an act names is held to it all the same."""
    past_the_guards(redress, *unguarded(redress, "office_log"), "DELETE FROM office_log", "DELETE FROM proposals")
    put(redress, "holidays", {"added": {"2026-06-05": "none"}, "removed": []})
    assert redress.is_intact()
    redress.does("policy --set undo-hours=6")
    put(redress, "policy", {**setting(redress, "policy"), "undo_hours": 7})
    assert what(redress) == "the policy undo_hours is 7, by the office's log 6"


def test_the_reading_of_the_window_is_recorded_when_the_database_is_made(url: str) -> None:
    made = Redress(url)
    made.does("init --window-basis sent")
    made.does("init")
    assert made.rows("SELECT seq, act, subject, was, became FROM office_log") == [
        (1, "set_policy", "window_basis", None, "sent")
    ]
    assert made.is_intact()


# --- the office's log itself -----------------------------------------------------------------------------------------


@ON_SQLITE
@pytest.mark.parametrize("value", ["'2026-02-24T09:00:00.000000Zx'", "''", "x'00'", "7"])
def test_an_act_whose_instant_is_none_is_found(redress: Redress, value: str) -> None:
    past_the_guards(redress, *unguarded(redress, "office_log"), f"UPDATE office_log SET at = {value} WHERE seq = 2")
    assert fault(redress)["what"] == "the office's log: act 2 is not as it was written"


@ON_SQLITE
@pytest.mark.parametrize("column", ["actor", "act", "subject", "became"])
def test_an_act_that_holds_bytes_is_found(redress: Redress, column: str) -> None:
    past_the_guards(redress, *unguarded(redress, "office_log"), f"UPDATE office_log SET {column} = x'00' WHERE seq = 2")
    assert fault(redress)["what"] == "the office's log: act 2 is not as it was written"


@pytest.mark.parametrize("value", ["'2026-02-25T09:00:00.000000Z'", "'garbage'"])
def test_a_checkpoints_own_instant_is_held_to_what_was_signed(redress: Redress, value: str, backend: str) -> None:
    if value == "'garbage'" and backend == "postgresql":
        pytest.skip("there a column of instants holds nothing else")
    redress.does("audit checkpoint")
    past_the_guards(redress, *unguarded(redress, "checkpoints"), f"UPDATE checkpoints SET made_at = {value}")
    assert fault(redress)["what"] == "the checkpoint 1 in the database is not as it was signed"


def test_a_checkpoint_that_is_none_is_not_built_upon(redress: Redress) -> None:
    redress.does("audit checkpoint")
    past_the_guards(redress, *unguarded(redress, "checkpoints"), "UPDATE checkpoints SET document = 'garbage'")
    redress.refuses("audit checkpoint", "the checkpoint 2", "redress audit verify", code=6)


# --- what waits for a second person ----------------------------------------------------------------------------------

ALTERED = (
    "UPDATE proposals SET change = 'sealed:xx'",
    "UPDATE proposals SET change = 'garbage'",
    "UPDATE proposals SET actor = 'ann'",
    "UPDATE proposals SET version = 3",
    "UPDATE proposals SET proposed_at = '2026-06-02T08:00:01.000000Z'",
)


@pytest.mark.parametrize("statement", ALTERED)
def test_a_proposal_altered_past_the_command_is_found_not_confirmed_and_dropped(
    redress: Redress, statement: str
) -> None:
    assert redress.is_intact()
    past_the_guards(redress, statement)
    assert fault(redress) == {
        "case": "H-1", "seq": None, "what": "what waits for a second person is not as it was proposed",
    }  # fmt: skip
    assert any(check["name"] == "proposals" for check in redress.does("doctor --json").document["checks"])
    if "version" not in statement:  # then it is stale besides
        redress.refuses("confirm H-1 --actor bob", "what waits on H-1", "redress confirm H-1 --drop", code=6)
        redress.refuses("confirm H-1 --actor cal", "what waits on H-1", code=6)
    assert "dropped" in redress.does("confirm H-1 --drop --actor bob").out
    assert redress.is_intact()
    redress.does(PROPOSED.strip())
    redress.does("confirm H-1 --actor bob")
    assert redress.is_intact()


@ON_SQLITE
@pytest.mark.parametrize("column", ["proposed_at", "change", "actor"])
@pytest.mark.parametrize("value", ["'garbage'", "x'00'", "''"])
def test_a_proposal_that_cannot_be_read_is_dropped(redress: Redress, column: str, value: str) -> None:
    redress.behind_its_back(f"UPDATE proposals SET {column} = {value}")
    assert fault(redress)["case"] == "H-1"
    assert redress.run("confirm H-1 --actor bob").code == 6
    redress.does("confirm H-1 --drop --actor bob")
    assert redress.rows("SELECT act, actor FROM office_log ORDER BY seq DESC LIMIT 1") == [("drop_proposal", "bob")]
    assert redress.is_intact()


def test_a_proposal_put_back_after_it_was_dropped_is_found(redress: Redress) -> None:
    kept = "CREATE TABLE kept AS SELECT * FROM proposals"
    redress.behind_its_back(kept)
    redress.does("confirm H-1 --drop --actor cal")
    assert redress.is_intact()
    past_the_guards(redress, "INSERT INTO proposals SELECT * FROM kept", "DROP TABLE kept")
    assert fault(redress)["case"] == "H-1"
    redress.refuses("confirm H-1 --actor bob", "what waits on H-1", code=6)


def test_a_proposal_of_an_earlier_version_has_no_hash_in_its_act_and_is_held_to_its_seal(redress: Redress) -> None:
    (act,) = redress.rows("SELECT seq, at, actor, act, subject, was, became, previous FROM office_log "
                          "WHERE act = 'propose'")  # fmt: skip
    *content, became, previous = map(as_hashed, act)
    plain = str(became).partition(" ")[0]
    stored = chain_hash("office", *content, plain, previous)
    past_the_guards(
        redress, *unguarded(redress, "office_log"),
        f"UPDATE office_log SET became = '{plain}', hash = '{stored}' WHERE seq = {act[0]}",
    )  # fmt: skip
    assert redress.is_intact()
    redress.behind_its_back("UPDATE proposals SET change = 'sealed:xx'")
    assert fault(redress)["case"] == "H-1"
