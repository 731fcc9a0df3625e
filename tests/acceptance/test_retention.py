"""Erasing what is old: what names a person goes, from the rows and from the files, and the log still verifies."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import persistence.erasure as erasure
from persistence.database import Database
from persistence.sealing import ERASED_BY, erased_reference, is_erased_reference, seal
from states.table import INTERNAL
from tests.acceptance.command import Redress
from tests.acceptance.test_schema import opened_under_the_first_schema
from tests.backends import is_sqlite, straight_in
from tests.processes.running import change
from workflow.change import Actor, Change

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])

# K-1 and K-2 are closed on 24 March; K-3 is open, K-4 has expired.
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open K-1 --decision plan_refused --decided 2026-02-20 --note 'rang at noon'
    advance K-1 send_letter --on 2026-02-23 --fact letter_method=email
    record K-1 certificate_reference=MED/4711 --note 'from the adviser'
    open K-2 --decision plan_refused --decided 2026-02-20
    open K-3 --decision plan_refused --decided 2026-02-20 --note 'stays as it is'
    open K-4 --decision plan_refused --decided 2026-02-20
    advance K-4 send_letter --on 2026-02-23 --fact letter_method=email
    @ 2026-03-24T09:00:00+00:00
    advance K-1 close --fact closing_reason=moved_away
    advance K-2 concede
    @ 2026-06-21T23:30:00+01:00
    daemon --once
"""
LATER = "--as-at 2026-06-22T00:30:00+01:00"
APPLY = f"{LATER} retain --older-than 90d --apply"


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def stored_bytes(redress: Redress) -> bytes:
    """All that is in the database's own files, what was deleted and not yet overwritten too."""
    if is_sqlite(redress.url):
        files = [redress.path, Path(f"{redress.path}-wal")]
        return b"".join(file.read_bytes() for file in files if file.is_file())
    with straight_in(redress.url) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE relkind IN ('r', 'i') "
            "AND (relnamespace = 'public'::regnamespace OR relname = 'pg_statistic')"
        ).fetchall()
    return b"".join(bytes(content) for (content,) in found)


def fault(redress: Redress) -> dict[str, object]:
    """The first fault that `audit verify` names."""
    answer = redress.run("audit verify --json")
    assert answer.code == 6, answer
    found: dict[str, object] = answer.document["first_fault"]
    return found


def references(answer: object) -> list[str]:
    assert isinstance(answer, list)
    return [case["reference"] for case in answer]


# --- which cases -----------------------------------------------------------------------------------------------------


def test_a_dry_run_lists_and_changes_nothing(redress: Redress) -> None:
    before = redress.contents()
    answer = redress.does(f"{LATER} retain --older-than 90d --json").document
    assert answer == {
        "applied": False,
        "cases": [
            {"reference": "K-1", "closed_on": "2026-03-24", "notes": 2, "references": 1},
            {"reference": "K-2", "closed_on": "2026-03-24", "notes": 0, "references": 0},
        ],
        "left": [],
        "remains": None,
    }
    assert redress.contents() == before
    said = redress.does("retain --older-than 90d").out
    assert said == (
        "K-1: closed on 2026-03-24, 2 notes, 1 reference of others\n"
        "K-2: closed on 2026-03-24, 0 notes, 0 references of others\n"
        "2 cases would be erased: this was a dry run; --apply does it.\n"
    )


@ON_SQLITE
@pytest.mark.parametrize(
    ("period", "at", "is_due"),
    [
        ("90d", "2026-06-21T23:59:59+01:00", False),
        ("90d", "2026-06-22T00:00:00+01:00", True),
        ("3m", "2026-06-23T23:59:59+01:00", False),
        ("3m", "2026-06-24T00:00:00+01:00", True),
        ("1y", "2027-03-23T23:59:59+00:00", False),
        ("1y", "2027-03-24T00:00:00+00:00", True),
    ],
)
def test_the_time_is_over_by_the_day_in_london(redress: Redress, period: str, at: str, is_due: bool) -> None:
    answer = redress.does(f"--as-at {at} retain --older-than {period} --json").document
    assert references(answer["cases"]) == (["K-1", "K-2"] if is_due else [])


@ON_SQLITE
@pytest.mark.parametrize("words", ["", "25", "y", "0d", "1.5y", "25 y", "101y", "99999d", "-1y", "25w"])
def test_what_is_no_period_is_wrong_words(redress: Redress, words: str) -> None:
    answer = redress.run(["retain", f"--older-than={words}", "--apply"])
    assert (answer.code, answer.out) == (2, "")
    assert "25y, 300m or 90d" in answer.err


def test_a_corrected_day_of_closing_counts(redress: Redress) -> None:
    redress.does("correct K-1 closed_on=2026-04-20 --reason misread")
    assert references(redress.does(f"{LATER} retain --older-than 90d --json").document["cases"]) == ["K-2"]


def test_only_closed_cases_are_touched(redress: Redress) -> None:
    before = redress.contents()
    redress.does(f"{LATER} retain --older-than 1d --apply")
    after = redress.contents()
    others = [row for row in before["cases"] if row[1] in ("K-3", "K-4")]
    assert [row[2] for row in others] == ["plan_refused", "appeal_expired"]
    assert [row for row in after["cases"] if row[1] in ("K-3", "K-4")] == others
    assert [row for row in after["facts"] if row[0] in (3, 4)] == [row for row in before["facts"] if row[0] in (3, 4)]
    assert redress.does("audit log K-3 --json").document[0]["note"] == "stays as it is"


def test_a_held_case_is_left_until_it_is_released(redress: Redress) -> None:
    assert redress.does("hold K-1 --for ombudsman-complaint").out == "K-1: held for ombudsman complaint.\n"
    redress.refuses("hold K-1 --for inquiry", "it is held already, for ombudsman complaint")
    answer = redress.does(f"{APPLY} --json").document
    assert (references(answer["cases"]), references(answer["left"])) == (["K-2"], ["K-1"])
    assert answer["left"][0]["why"] == "it is held for ombudsman complaint"
    assert redress.does("audit log K-1 --json").document[-1]["facts"] == {"held_for": "ombudsman_complaint"}
    assert redress.does("release K-1").out == "K-1: not held any more.\n"
    redress.refuses("release K-1", "it is not held")
    assert references(redress.does(f"{APPLY} --json").document["cases"]) == ["K-1"]
    assert redress.is_intact()


@ON_SQLITE  # on PostgreSQL they are the database's own (test_roles_postgresql.py)
def test_a_caseworker_sees_what_would_be_erased_and_erases_nothing(redress: Redress) -> None:
    redress.live("roles give mia manager\nroles give cal caseworker --actor mia")
    listed = redress.does(f"{LATER} retain --older-than 90d --json --actor cal").document
    assert [case["reference"] for case in listed["cases"]] == ["K-1", "K-2"]
    redress.refuses(f"{APPLY} --actor cal", "erase of K-1 in the state closed is for a manager, and cal is a casew")
    assert "REFUSED erase" in redress.does("audit log K-1 --refused").out


def test_a_case_that_is_set_aside_is_left(redress: Redress) -> None:
    redress.behind_its_back(
        "INSERT INTO set_aside SELECT id, 'lodge_appeal', 'why', recorded_at, 'none' FROM cases JOIN log "
        "ON case_id = id WHERE reference = 'K-1' AND seq = 1"
    )
    answer = redress.does(f"{APPLY} --json").document
    assert references(answer["cases"]) == ["K-2"]
    assert "set aside" in answer["left"][0]["why"]
    redress.does("retry K-1")
    assert references(redress.does(f"{APPLY} --json").document["cases"]) == ["K-1"]


def test_a_case_whose_date_still_runs_is_left(redress: Redress) -> None:
    redress.behind_its_back(
        "INSERT INTO deadlines SELECT 2, deadline, kind, 'armed', due_on, fires_at, missed, ended_on, definition "
        "FROM deadlines WHERE case_id = 1 AND deadline = 'lodge_appeal'"
    )
    answer = redress.does(f"{APPLY} --json").document
    assert (references(answer["cases"]), answer["left"][0]["why"]) == (["K-1"], "a date of it still runs")


def test_a_case_of_the_first_schema_is_left_and_said_so(url: str) -> None:
    opened_under_the_first_schema(url)
    redress = Redress(url)
    redress.does("init")
    redress.does("advance H-1 concede --on 2026-02-20")
    before = redress.contents()
    answer = redress.does("retain --older-than 90d --apply")
    assert "H-1 is left: it was opened under schema 0001" in answer.out
    assert redress.contents() == before


# --- what is left of a case ------------------------------------------------------------------------------------------


def test_what_named_a_person_is_gone_and_the_log_verifies(redress: Redress) -> None:
    before = redress.contents()
    assert "2 cases erased." in redress.does(APPLY).out
    assert redress.is_intact()
    after = redress.contents()
    assert after["deadlines"] == before["deadlines"]
    assert [row[1] for row in after["cases"]] == ["erased-1", "erased-2", "K-3", "K-4"]
    assert [row[0] for row in after["case_keys"]] == [3, 4]
    assert not [row for row in after["facts"] if row[1] == "certificate_reference"]
    log = redress.does("audit log erased-1 --json").document
    assert [entry["note"] for entry in log] == ["(erased)", None, "(erased)", None, None]
    assert {entry["case"] for entry in log} == {"erased-1"}
    last = log[-1]
    assert (last["trigger"], last["source"], last["dest"], last["on"]) == ("erase", "closed", "closed", "2026-06-22")
    assert last["facts"] == {"certificate_reference": None}
    assert last["deadlines"] == []
    assert last["actor"] == log[0]["actor"]


def test_everything_that_looks_at_cases_works_on(redress: Redress) -> None:
    redress.does(APPLY)
    shown = redress.does("show erased-1 --json").document
    assert (shown["reference"], shown["state"], shown["next"]) == ("erased-1", "closed", [])
    assert "certificate_reference" not in shown["facts"]
    assert '"(erased)"' in redress.does("show erased-1").out
    assert references(redress.does("worklist --state closed --json").document) == ["erased-1", "erased-2"]
    for command in ("audit log", "next erased-1", "worklist", "rules migrate", "daemon --once", "diagram erased-1"):
        redress.does(command)
    assert {check["name"] for check in redress.does("doctor --json").document["checks"] if not check["ok"]} <= {
        "daemon"
    }
    redress.refuses("show K-1", "no case K-1", code=4)


@pytest.mark.parametrize(
    "command",
    [
        "record erased-1 letter_received_on=2026-02-24",
        "correct erased-1 letter_sent_on=2026-02-24 --reason late",
        "advance erased-1 start_disagreement_resolution",
        "hold erased-1 --for inquiry",
    ],
)
def test_nothing_more_is_written_about_it(redress: Redress, command: str) -> None:
    redress.does(APPLY)
    redress.refuses(command, "erased-1 was erased, as the council's retention rule asks")


def test_done_twice_it_changes_nothing(redress: Redress) -> None:
    redress.does(APPLY)
    before = redress.contents()
    answer = redress.does(f"{APPLY} --json").document
    assert answer == {"applied": True, "cases": [], "left": [], "remains": None}
    assert redress.contents() == before


def test_the_reference_can_be_used_again_and_that_of_an_erased_case_cannot(redress: Redress) -> None:
    redress.does(APPLY)
    redress.does("open K-1 --decision plan_refused --decided 2026-02-20")
    redress.refuses("open erased-9 --decision plan_refused --decided 2026-02-20", "an erased case is called so")
    assert redress.is_intact()


def test_dates_stay_as_they_were_reckoned_at_the_time(redress: Redress) -> None:
    redress.does("holidays --add 2026-04-23 --apply")
    before = redress.contents()["deadlines"]
    redress.does(APPLY)
    assert redress.contents()["deadlines"] == before
    assert redress.is_intact()


def test_a_proposal_that_waits_goes_with_its_case(redress: Redress) -> None:
    asked = '{"facts":{},"kind":"correct","note":null,"on":null,"trigger":""}'
    for case_id in (1, 3):
        key, token = redress.rows(f"SELECT key, token FROM case_keys JOIN cases ON id = case_id WHERE id = {case_id}")[
            0
        ]
        change = seal(key, token, 1, "proposal", asked)
        redress.behind_its_back(
            "INSERT INTO proposals (case_id, version, proposed_at, actor, change) "
            f"SELECT case_id, seq, recorded_at, actor, '{change}' FROM log WHERE case_id = {case_id} AND seq = 1"
        )
    redress.does(APPLY)
    assert redress.rows("SELECT case_id FROM proposals") == [(3,)]


# --- the bytes -------------------------------------------------------------------------------------------------------


def test_the_bytes_are_gone_from_the_files(redress: Redress) -> None:
    """Those that were deleted before, by whatever wrote to the database, too."""
    redress.does("correct K-1 certificate_reference=MED/0815 --reason misread")
    key = redress.rows("SELECT key FROM case_keys WHERE case_id = 1")[0][0]
    redress.behind_its_back(
        *(["PRAGMA secure_delete = OFF"] if is_sqlite(redress.url) else []),
        "INSERT INTO facts VALUES (3, 'x', 'left-behind', 1)",
        "DELETE FROM facts WHERE name = 'x'",
        "INSERT INTO set_aside SELECT 1, 'lodge_appeal', 'could-not-be-read', recorded_at, 'none' FROM log "
        "WHERE case_id = 1 AND seq = 1",
        "DELETE FROM set_aside",
    )
    secrets = [b"K-1", b"MED/4711", b"MED/0815", key.encode(), b"left-behind", b"could-not-be-read"]
    before = stored_bytes(redress)
    assert [secret for secret in secrets if secret not in before] in ([], [b"MED/4711"])
    assert b"rang at noon" not in before  # it is sealed with the key
    redress.does(APPLY)
    after = stored_bytes(redress)
    assert [secret for secret in secrets if secret in after] == []
    assert b"K-3" in after


# Connected, and in the middle of nothing, until its standard input ends.
IDLE = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM cases').fetchall(); "
IDLE += "print(flush=True); sys.stdin.read()"


@ON_SQLITE
def test_the_write_ahead_log_that_another_process_keeps_open_is_emptied(redress: Redress) -> None:
    idle = [sys.executable, "-c", IDLE, str(redress.path)]
    with subprocess.Popen(idle, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for command in ("hold K-3 --for inquiry", "release K-3"):  # so that what follows is not at the log's start
            redress.does(command)
        redress.does("correct K-1 certificate_reference=MED/0815 --reason misread")
        log = Path(f"{redress.path}-wal")
        assert b"MED/0815" in log.read_bytes()
        redress.does(APPLY)
        found = log.read_bytes()
        other.communicate()
    assert found
    assert not [secret for secret in (b"K-1", b"MED/0815") if secret in found + stored_bytes(redress)]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_the_planner_keeps_no_samples_of_what_will_be_erased(redress: Redress) -> None:
    redress.behind_its_back("ANALYZE")
    sampled = redress.rows("SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'")
    assert ("cases", "state") in sampled
    private = {("cases", "reference"), ("case_keys", "reference"), ("case_keys", "key"), ("facts", "value")}
    assert private.isdisjoint(sampled)


# --- cut off ---------------------------------------------------------------------------------------------------------


def trigger(redress: Redress, name: str, case_id: str, act: str) -> None:
    """Let the database do something of its own when it forgets a case's key."""
    if is_sqlite(redress.url):
        redress.behind_its_back(
            f"CREATE TRIGGER {name} AFTER DELETE ON case_keys WHEN OLD.case_id = {case_id} BEGIN {act}; END"
        )
        return
    redress.behind_its_back(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.case_id = {case_id} THEN {act}; END IF; RETURN OLD; END $$",
        f"CREATE TRIGGER {name} AFTER DELETE ON case_keys FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def cut_off(redress: Redress) -> None:
    """The database refuses to forget the key of the second case: as good as a crash between the two."""
    act = "SELECT RAISE(ABORT, 'cut off')" if is_sqlite(redress.url) else "RAISE EXCEPTION 'cut off'"
    trigger(redress, "cut_off", "2", act)


def test_what_is_cut_off_leaves_whole_cases_and_is_finished_by_the_next_run(redress: Redress) -> None:
    cut_off(redress)
    of_the_second = redress.does("audit log K-2 --json").document
    assert redress.run(APPLY).code == 7
    assert redress.is_intact()
    assert sorted(row[1] for row in redress.contents()["cases"]) == ["K-2", "K-3", "K-4", "erased-1"]
    assert redress.does("audit log K-2 --json").document == of_the_second
    redress.behind_its_back("DROP TRIGGER cut_off" + ("" if is_sqlite(redress.url) else " ON case_keys"))
    assert "may remain in the database's files" in redress.does("retain --older-than 25y").err
    assert "erasure" in {check["name"] for check in redress.does("doctor --json").document["checks"] if not check["ok"]}
    answer = redress.does(f"{APPLY} --json")
    assert (references(answer.document["cases"]), answer.document["remains"], answer.err) == (["K-2"], None, "")
    assert b"K-1" not in stored_bytes(redress)
    assert "erasure" not in {check["name"] for check in redress.does("doctor --json").document["checks"]}


def test_what_is_erased_while_the_files_are_rewritten_is_rewritten_by_the_next_run(
    redress: Redress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run erases the second case when the files were rewritten, and dies before it rewrites them itself."""
    way = "_scrub_sqlite" if is_sqlite(redress.url) else "_scrub_postgresql"
    rewrite = getattr(erasure, way)

    def rewrite_and_be_overtaken(database: Database) -> str | None:
        left: str | None = rewrite(database)
        monkeypatch.setattr(erasure, way, rewrite)
        change(database, Change("erase", "K-2", Actor("another")))
        return left

    monkeypatch.setattr(erasure, way, rewrite_and_be_overtaken)
    with closing(Database(redress.url)) as database:
        change(database, Change("erase", "K-1", Actor("one")))
        assert erasure.scrub(database) is None
    assert "may remain in the database's files" in redress.does("retain --older-than 25y").err
    assert redress.does(f"{APPLY} --json").document["remains"] is None
    assert "may remain" not in redress.does("retain --older-than 25y").err
    assert b"K-2" not in stored_bytes(redress)


@pytest.mark.parametrize("backend", ["postgresql"])  # SQLite would wait for the reader, a minute long
def test_while_another_can_still_read_what_was_erased_it_is_not_called_gone(redress: Redress) -> None:
    with straight_in(redress.url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT * FROM meta").fetchall()
        assert "read" in redress.does(f"{APPLY} --json").document["remains"]
        assert b"K-1" in stored_bytes(redress)
    assert redress.does(f"{APPLY} --json").document["remains"] is None
    assert b"K-1" not in stored_bytes(redress)


def test_a_case_that_was_changed_meanwhile_is_left(redress: Redress) -> None:
    """The database itself changes the second case while the first is erased."""
    trigger(redress, "meanwhile", "1", "UPDATE cases SET version = version + 1 WHERE id = 2")
    answer = redress.does(f"{APPLY} --json").document
    assert (references(answer["cases"]), references(answer["left"])) == (["K-1"], ["K-2"])
    assert "changed by somebody else meanwhile" in answer["left"][0]["why"]


# --- tampering -------------------------------------------------------------------------------------------------------


def test_a_key_that_is_gone_without_the_log_saying_so_is_found(redress: Redress) -> None:
    redress.behind_its_back("DELETE FROM case_keys WHERE case_id = 1")
    assert fault(redress) == {
        "case": "K-1",
        "seq": None,
        "what": "the case's key is gone, and its log does not say that it was erased",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET reference = 'K-1' WHERE id = 1",
        "UPDATE cases SET reference = 'erased-7' WHERE id = 1",
        "INSERT INTO case_keys SELECT 1, 'erased-1', key FROM case_keys WHERE case_id = 3",
        "INSERT INTO case_keys SELECT 1, 'K-1', key FROM case_keys WHERE case_id = 3",
        "INSERT INTO facts VALUES (1, 'certificate_reference', 'MED/4711', 3)",
    ],
)
def test_what_is_put_back_after_an_erasure_is_found(redress: Redress, statement: str) -> None:
    redress.does(APPLY)
    assert redress.is_intact()
    redress.behind_its_back(statement)
    assert fault(redress)["case"] in ("K-1", "erased-1", "erased-7")


def test_the_log_s_proof_and_the_workflow_mean_the_same_erasure() -> None:
    assert ERASED_BY in INTERNAL
    assert is_erased_reference(erased_reference(17))
    assert not is_erased_reference("erased-17a")
