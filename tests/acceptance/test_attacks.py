"""Attacks on a whole case or a whole table by somebody who may do anything to the database, each found and named.

What no verification of the database alone can find, because everything in it agrees again, is left to the checkpoints
(`audit verify --against`): a whole history written anew with every hash recomputed, and a case removed with all that
belongs to it.
"""

import json
from collections.abc import Callable

import pytest

from persistence.log import GENESIS
from persistence.sealing import new_key, seal, token_of
from tests.acceptance.command import Redress
from tests.acceptance.tampering import LAST, STORY, fault, kind, moved_to, other, tamper
from tests.backends import is_sqlite

A_KEY = new_key()


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def key_of(redress: Redress, case_id: int) -> str:
    return str(redress.rows(f"SELECT key FROM case_keys WHERE case_id = {case_id}")[0][0])


def token(redress: Redress, case_id: int) -> str:
    return str(redress.rows(f"SELECT token FROM cases WHERE id = {case_id}")[0][0])


# --- the keys ---------------------------------------------------------------------------------------------------------

KEYS = {
    "two cases' keys are exchanged": (
        "UPDATE case_keys SET case_id = -case_id WHERE case_id IN (2, 3)",
        "UPDATE case_keys SET case_id = 5 + case_id WHERE case_id < 0",
    ),
    "two keys are exchanged, each with its own reference": (
        "CREATE TEMP TABLE kept AS SELECT * FROM case_keys",
        "UPDATE case_keys SET key = (SELECT key FROM kept WHERE case_id = 5 - case_keys.case_id) "
        "WHERE case_id IN (2, 3)",
    ),
    "a key is replaced by a new one": (f"UPDATE case_keys SET key = '{A_KEY}' WHERE case_id = 2",),
    "a key is altered": (f"UPDATE case_keys SET key = {other('key')} WHERE case_id = 2",),
    "a key is cut short": ("UPDATE case_keys SET key = substr(key, 1, 63) WHERE case_id = 2",),
    "a key is no key": ("UPDATE case_keys SET key = 'no key' WHERE case_id = 2",),
    "a key is empty": ("UPDATE case_keys SET key = '' WHERE case_id = 2",),
    "a key is removed": ("DELETE FROM case_keys WHERE case_id = 2",),
    "a key is removed, and its case called an erased one": (
        "DELETE FROM case_keys WHERE case_id = 2",
        "UPDATE cases SET reference = 'erased-2' WHERE id = 2",
    ),
    "every key is removed": ("DELETE FROM case_keys",),
    "the reference beside the key is another": ("UPDATE case_keys SET reference = 'H-9' WHERE case_id = 2",),
    "a case and its key have another reference": (
        "UPDATE case_keys SET reference = 'H-9' WHERE case_id = 2",
        "UPDATE cases SET reference = 'H-9' WHERE id = 2",
    ),
    "a key of a case that never was": (f"INSERT INTO case_keys VALUES (9, 'H-9', '{A_KEY}')",),
}


@pytest.mark.parametrize("attack", KEYS)
def test_a_key_that_is_not_the_cases_own_is_found(redress: Redress, attack: str) -> None:
    tamper(redress, *KEYS[attack])
    named = "H-1" if "every" in attack else "number 9" if "never" in attack else "H-2"
    assert fault(redress)["case"] in (named, "H-9", "erased-2")


# --- sealed texts -----------------------------------------------------------------------------------------------------


def test_sealed_text_moved_to_another_entry_is_found_though_its_hash_is_recomputed(redress: Redress) -> None:
    (note,) = redress.rows("SELECT note FROM log WHERE case_id = 2 AND seq = 4")[0]
    tamper(redress, *moved_to(redress, 2, LAST, note=note))
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", LAST)


def test_a_note_sealed_with_another_key_is_found_though_its_hash_is_recomputed(redress: Redress) -> None:
    note = seal(A_KEY, token(redress, 2), LAST, "note", "a forged reason")
    tamper(redress, *moved_to(redress, 2, LAST, note=note))
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", LAST)


@pytest.mark.parametrize("text", ["sealed:", "sealed:AAAA", "sealed:é", "sealed:" + "A" * 4000])
def test_a_note_that_is_sealed_by_its_name_only_is_found(redress: Redress, text: str) -> None:
    tamper(redress, *moved_to(redress, 2, LAST, note=text))
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", LAST)


def test_a_sealed_fact_put_into_another_case_is_found_though_the_hash_is_recomputed(redress: Redress) -> None:
    (facts,) = redress.rows("SELECT facts FROM log WHERE case_id = 2 AND seq = 4")[0]
    stolen = json.loads(facts)["certificate_reference"]
    (own,) = redress.rows("SELECT facts FROM log WHERE case_id = 3 AND seq = 1")[0]
    forged = json.dumps({**json.loads(own), "certificate_reference": stolen})
    tamper(
        redress,
        *moved_to(redress, 3, 1, facts=forged),
        "INSERT INTO facts VALUES (3, 'certificate_reference', 'C-881', 1)",
    )
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-3", 1)


# --- a last entry written anew, its hash recomputed, the case's head made to match ------------------------------------

LAST_ENTRIES: dict[str, dict[str, object]] = {
    "another state": {"dest": "closed"},
    "another source": {"source": "closed"},
    "another fact": {"facts": '{"certificate_received_on":"2026-04-20"}'},
    "a fact taken back": {"facts": '{"letter_method":null}'},
    "another deadline": {
        "deadlines": '[{"id":"lodge_appeal","kind":"boundary","status":"armed","due_on":"2027-01-01",'
        '"fires_at":"2027-01-01T17:00:00.000000Z","missed":false,"ended_on":null}]'
    },
    "another token": {"token": "0" * 64},
    "another entry before it": {"previous": GENESIS},
    "facts that are a list": {"facts": "[]"},
    "facts that are a number": {"facts": "{\"decided_on\": 7}"},
    "facts as deep as a well": {"facts": "[" * 20_000},
    "deadlines that are none": {"deadlines": "null"},
    "deadlines without a name": {"deadlines": "[{}]"},
    "deadlines with a list for a name": {"deadlines": '[{"id": []}]'},
    "deadlines as deep as a well": {"deadlines": '{"a":' * 20_000},
}  # fmt: skip


@pytest.mark.parametrize("attack", LAST_ENTRIES)
def test_a_last_entry_with_its_hash_recomputed_is_found_where_it_says_what_the_rest_does_not(
    redress: Redress, attack: str
) -> None:
    tamper(redress, *moved_to(redress, 2, LAST, **LAST_ENTRIES[attack]))
    assert fault(redress)["case"] == "H-2"


# --- whole cases and whole tables -------------------------------------------------------------------------------------

COLUMNS_OF_A_CASE = "state, version, head, token"
WHOLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a log emptied, its case set back to its beginning": ("H-3", (
        "DELETE FROM log WHERE case_id = 3", "DELETE FROM facts WHERE case_id = 3",
        "DELETE FROM deadlines WHERE case_id = 3",
        f"UPDATE cases SET version = 0, head = '{GENESIS}', state = 'unopened' WHERE id = 3",
    )),
    "a log cut short and its case's version with it": ("H-2", (
        "DELETE FROM log WHERE case_id = 2 AND seq > 4", "UPDATE cases SET version = 4 WHERE id = 2",
    )),
    "a log, its version and its head cut short": ("H-2", (
        "DELETE FROM log WHERE case_id = 2 AND seq > 4",
        "UPDATE cases SET version = 4, head = (SELECT hash FROM log WHERE case_id = 2 AND seq = 4) WHERE id = 2",
    )),
    "the last two entries change places": ("H-2", (
        "UPDATE log SET seq = -seq WHERE case_id = 2 AND seq > 4",
        "UPDATE log SET seq = 11 + seq WHERE case_id = 2 AND seq < 0",
    )),
    "a whole log in the other order": ("H-2", (
        "UPDATE log SET seq = -seq WHERE case_id = 2", "UPDATE log SET seq = 7 + seq WHERE case_id = 2",
    )),
    "two cases' logs are exchanged": ("H-2", (
        "UPDATE log SET case_id = -case_id WHERE case_id IN (2, 3)",
        "UPDATE log SET case_id = 5 + case_id WHERE case_id < 0",
    )),
    "two cases' logs are exchanged, and their rows with them": ("H-2", (
        "UPDATE log SET case_id = -case_id WHERE case_id IN (2, 3)",
        "UPDATE log SET case_id = 5 + case_id WHERE case_id < 0",
        "CREATE TEMP TABLE kept AS SELECT * FROM cases",
        *(f"UPDATE cases SET {name} = (SELECT {name} FROM kept WHERE id = 5 - cases.id) WHERE id IN (2, 3)"
          for name in COLUMNS_OF_A_CASE.split(", ")),
    )),
    "an entry of one case put behind another's log": ("H-3", (
        "CREATE TEMP TABLE kept AS SELECT * FROM log WHERE case_id = 2 AND seq = 2",
        "UPDATE kept SET case_id = 3", "INSERT INTO log SELECT * FROM kept",
    )),
    "a case twice": ("H-9", (
        f"INSERT INTO cases (id, reference, {COLUMNS_OF_A_CASE}) "
        f"SELECT 9, 'H-9', {COLUMNS_OF_A_CASE} FROM cases WHERE id = 2",
        "CREATE TEMP TABLE kept AS SELECT * FROM log WHERE case_id = 2",
        "UPDATE kept SET case_id = 9", "INSERT INTO log SELECT * FROM kept",
    )),
    "a case twice, with its key": ("H-9", (
        f"INSERT INTO cases (id, reference, {COLUMNS_OF_A_CASE}) "
        f"SELECT 9, 'H-9', {COLUMNS_OF_A_CASE} FROM cases WHERE id = 3",
        "CREATE TEMP TABLE kept AS SELECT * FROM log WHERE case_id = 3",
        "UPDATE kept SET case_id = 9", "INSERT INTO log SELECT * FROM kept",
        "INSERT INTO case_keys SELECT 9, 'H-9', key FROM case_keys WHERE case_id = 3",
    )),
    "a case without a log": ("H-9", (
        "INSERT INTO cases (id, reference, state, version, head, token) "
        f"VALUES (9, 'H-9', 'plan_refused', 1, '{'a' * 64}', '{'b' * 64}')",
    )),
    "a case that was never opened": ("H-9", (
        "INSERT INTO cases (id, reference, state, version, head, token) "
        f"VALUES (9, 'H-9', 'unopened', 0, '{GENESIS}', 'H-9')",
    )),
    "a case removed from over its log, with its key": ("number 2", (
        "DELETE FROM cases WHERE id = 2", "DELETE FROM case_keys WHERE case_id = 2",
    )),
    "the first case removed, the log left": ("H-1", ("DELETE FROM cases WHERE id = 1",)),
    "every case removed": ("H-1", ("DELETE FROM cases",)),
    "the whole log removed": ("H-1", ("DELETE FROM log",)),
    "the whole log put in again one entry later": ("H-1", ("UPDATE log SET seq = seq + 100",)),
    "every entry of one day removed": ("H-2", ("DELETE FROM log WHERE happened_on = '2026-04-22'",)),
    "facts of two cases exchanged": ("H-2", (
        "UPDATE facts SET case_id = -case_id WHERE case_id IN (2, 3)",
        "UPDATE facts SET case_id = 5 + case_id WHERE case_id < 0",
    )),
    "every fact removed": ("H-1", ("DELETE FROM facts",)),
    "a fact said to be of another entry": ("H-2", (
        "UPDATE facts SET seq = 1 WHERE case_id = 2 AND name = 'certificate_received_on'",
    )),
    "deadlines of a case given to another": ("H-2", (
        "UPDATE deadlines SET case_id = 3 WHERE case_id = 2",
    )),
    "every deadline removed": ("H-2", ("DELETE FROM deadlines",)),
    "a deadline by another name": ("H-2", (
        "UPDATE deadlines SET deadline = 'order_cease' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    )),
    "a log that is a copy of itself, one note short": ("H-2", (
        "CREATE TEMP TABLE kept AS SELECT * FROM log", "UPDATE kept SET note = NULL", "DELETE FROM log",
        "INSERT INTO log SELECT * FROM kept",
    )),
}  # fmt: skip


@pytest.mark.parametrize("attack", WHOLE)
def test_a_whole_case_or_table_changed_is_found(redress: Redress, attack: str) -> None:
    named, statements = WHOLE[attack]
    tamper(redress, *statements)
    assert fault(redress)["case"] == named


def test_a_case_erased_by_hand_with_a_forged_last_entry_still_has_its_reference_gone(redress: Redress) -> None:
    """Its key removed and its log made to say so: the text that was sealed cannot be shown to be the log's own."""
    forged = moved_to(redress, 3, 1, trigger="erase")
    tamper(redress, *forged, "DELETE FROM case_keys WHERE case_id = 3")
    assert fault(redress)["case"] == "H-3"


def test_an_erased_case_twice_is_found(redress: Redress) -> None:
    columns = "state, version, head, token"
    tamper(
        redress,
        *moved_to(redress, 3, 1, trigger="erase"),
        "DELETE FROM case_keys WHERE case_id = 3",
        "UPDATE cases SET reference = 'erased-3' WHERE id = 3",
        f"INSERT INTO cases (id, reference, {columns}) SELECT 9, 'erased-9', {columns} FROM cases WHERE id = 3",
        *(f"CREATE TEMP TABLE kept_{name} AS SELECT * FROM {name} WHERE case_id = 3" for name in ("log", "facts")),
        *(f"UPDATE kept_{name} SET case_id = 9" for name in ("log", "facts")),
        *(f"INSERT INTO {name} SELECT * FROM kept_{name}" for name in ("log", "facts")),
    )
    assert fault(redress)["case"] in ("erased-3", "erased-9")


# --- the guards -------------------------------------------------------------------------------------------------------


def test_guards_taken_away_and_put_back_hide_nothing(redress: Redress) -> None:
    if is_sqlite(redress.url):
        guards = [sql for (sql,) in redress.rows("SELECT sql FROM sqlite_master WHERE name LIKE 'log_refuses%'")]
        away = ["DROP TRIGGER log_refuses_update", "DROP TRIGGER log_refuses_delete"]
    else:
        away, guards = ["ALTER TABLE log DISABLE TRIGGER USER"], ["ALTER TABLE log ENABLE TRIGGER USER"]
    redress.behind_its_back(*away, "UPDATE log SET actor = 'somebody' WHERE case_id = 2 AND seq = 4", *guards)
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", 4)


def test_a_log_replaced_by_a_table_of_the_same_name_is_found(redress: Redress) -> None:
    redress.behind_its_back(
        "ALTER TABLE log RENAME TO kept",
        "CREATE TABLE log AS SELECT * FROM kept",
        "UPDATE log SET actor = 'somebody' WHERE case_id = 1",
    )
    assert fault(redress)["case"] == "H-1"


def test_a_log_replaced_by_a_view_is_found(redress: Redress) -> None:
    redress.behind_its_back(
        "ALTER TABLE log RENAME TO kept", "CREATE VIEW log AS SELECT * FROM kept WHERE case_id <> 2"
    )
    assert fault(redress)["case"] == "H-2"


def test_a_truncated_log_is_found(redress: Redress) -> None:
    truncate = "DELETE FROM log" if is_sqlite(redress.url) else "TRUNCATE log"
    tamper(redress, truncate)
    assert fault(redress)["case"] == "H-1"


# --- the settings -----------------------------------------------------------------------------------------------------


def test_a_policy_changed_by_hand_is_found_and_what_it_would_move_is_named_by_the_doctor(
    after: Callable[[str], Redress],
) -> None:
    redress = after("""
        @ 2026-02-24T09:00:00+00:00
        open H-1 --decision plan_refused --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=post
    """)
    (policy,) = redress.rows("SELECT value FROM meta WHERE key = 'policy'")[0]
    changed = json.dumps({**json.loads(policy), "window_basis": "sent"})
    redress.behind_its_back(f"UPDATE meta SET value = '{changed}' WHERE key = 'policy'")
    assert not redress.is_intact()
    checks = redress.does("doctor --json").document["checks"]
    assert any("H-1: lodge_appeal" in check["says"] and not check["ok"] for check in checks)


def test_holidays_changed_by_hand_are_named_by_the_doctor(redress: Redress) -> None:
    redress.at("2026-04-23T19:00:01+01:00").does("open H-4 --decision plan_refused --decided 2026-02-20")
    redress.does("advance H-4 send_letter --on 2026-04-22 --fact letter_method=post")
    changed = json.dumps({"added": {"2026-04-24": "none"}, "removed": []})
    redress.behind_its_back(f"INSERT INTO meta (key, value) VALUES ('holidays', '{changed}')")
    assert not redress.is_intact()
    checks = redress.does("doctor --json").document["checks"]
    assert any("H-4" in check["says"] and not check["ok"] for check in checks), checks


SETTINGS = (
    ("policy", '{"posT_working_days": 2}'),
    ("policy", '{"post_working_days": "two"}'),
    ("policy", '{"post_working_days": 1000000000}'),
    ("policy", '{"window_basis": "posted"}'),
    ("policy", "{"),
    ("policy", "[" * 20_000),
    ("policy", "null"),
    ("holidays", '{"added": {"soon": "none"}}'),
    ("holidays", '{"removed": 7}'),
    ("holidays", "[]"),
    ("simulated_now", "noon"),
    ("daemon:1", "noon"),
    ("daemon:1", '{"beat_at": "noon"}'),
    ("daemon:1", "[]"),
)


@pytest.mark.parametrize(("name", "value"), SETTINGS, ids=lambda each: each[:30])
def test_settings_that_are_none_are_named(redress: Redress, name: str, value: str) -> None:
    redress.behind_its_back(
        f"DELETE FROM meta WHERE key = '{name}'", f"INSERT INTO meta (key, value) VALUES ('{name}', '{value}')"
    )
    for command in ("worklist", "audit verify", "open H-4 --decision plan_refused --decided 2026-02-20", "doctor"):
        redress.refuses(command, "settings", code=7)


def test_the_attacker_of_these_tests_may_do_anything(redress: Redress) -> None:
    assert kind(redress) in ("sqlite", "postgresql")
    assert token_of(key_of(redress, 2), "H-2") == token(redress, 2)
