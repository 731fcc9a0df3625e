"""Checkpoints: what only a copy kept elsewhere can find, and the proof of one case for somebody else."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from persistence.checkpoints import signed_content
from persistence.database import Database
from persistence.log import FORM, GENESIS, canonical, chain_hash
from persistence.office import acts
from persistence.signing import SigningKey
from persistence.unit import unit_of_work
from tests.acceptance.command import Redress
from tests.acceptance.tampering import STORY, past_the_guards, unguarded

SCRIPT = Path(__file__).parents[2] / "docs" / "check_proof.py"
OTHER_KEY = "ab" * 32


@pytest.fixture
def redress(after: Callable[[str], Redress], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Redress:
    monkeypatch.setenv("REDRESS_SIGNING_KEY", str(tmp_path / "signing-key"))
    monkeypatch.delenv("REDRESS_CHECKPOINTS", raising=False)
    return after(STORY + "    record H-1 letter_dated_on=2026-02-20\n")


@pytest.fixture
def kept(redress: Redress, tmp_path: Path) -> Path:
    """A checkpoint of the story, kept where the attacker is not, with a refused attempt and an act of the office."""
    redress.refuses("advance H-1 lodge_appeal")
    redress.does("policy --set actor-override=on")
    file = tmp_path / "kept.jsonl"
    redress.does(f"audit checkpoint --out {file}")
    return file


def header(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    return found


def found_against(redress: Redress, kept: Path) -> dict[str, Any]:
    """What `--against` finds first; both forms exit with 6."""
    spoken = redress.run(f"audit verify --against {kept}")
    assert (spoken.code, spoken.out) == (6, "")
    answer = redress.run(f"audit verify --json --against {kept}")
    assert answer.code == 6
    fault: dict[str, Any] = answer.document["first_fault"]
    assert fault["what"] in spoken.err
    return fault


# --- what is made ----------------------------------------------------------------------------------------------------


def test_a_log_that_has_grown_since_agrees_with_its_checkpoint(redress: Redress, kept: Path) -> None:
    redress.does("open H-4 --decision plan_refused --decided 2026-02-20")
    redress.does("record H-2 letter_received_on=2026-02-24")
    redress.refuses("advance H-1 lodge_appeal")
    redress.at("2026-04-24T09:00:00+01:00").does("daemon --once")
    answer = redress.does(f"audit verify --against {kept}")
    assert answer.out == "The log is intact: 11 entries of 4 cases. It agrees with checkpoint 2.\n"
    assert redress.does(f"audit verify --json --against {kept}").document == {
        "intact": True, "entries": 11, "cases": 4,
    }  # fmt: skip


def test_a_checkpoint_counts_what_there_is_and_follows_the_one_before_it(redress: Redress, kept: Path) -> None:
    document = redress.does("audit checkpoint --json").document
    first, second = header(kept), document["header"]
    assert (first["number"], first["cases"], first["entries"], first["refusals"]) == (2, 3, 9, 1)  # 1 is the daemon's
    assert (second["number"], second["root"]) == (3, first["root"])
    assert second["previous"] != first["previous"] != GENESIS
    assert [row[2] for row in document["heads"]] == [2, 6, 1]
    assert len(document["refused"]) == 1


def test_one_document_from_standard_input_will_do_too(redress: Redress) -> None:
    made = redress.does("audit checkpoint --json").out
    assert redress.run("audit verify --against -", made).code == 0
    lines = redress.does("audit checkpoint").out
    assert redress.run("audit verify --against -", lines).code == 0


def test_erased_cases_agree_with_a_checkpoint_from_before(redress: Redress, kept: Path) -> None:
    redress.does("advance H-1 concede")
    redress.at("2036-05-01T09:00:00+01:00").does("retain --older-than 6y --apply")
    assert redress.state("erased-1") == "closed"
    redress.does(f"audit verify --against {kept}")


def test_the_key_is_made_once_and_nobody_else_can_read_it(redress: Redress, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "signing-key"
    assert file.stat().st_mode & 0o777 == 0o600
    redress.does(f"audit verify --against {kept} --key {header(kept)['key'].upper()}")
    redress.refuses(f"audit verify --against {kept} --key {OTHER_KEY}", "signed with another key", code=2)
    file.write_text("no key\n", encoding="utf-8")
    redress.refuses("audit checkpoint", "The signing key", "cannot be used", code=2)


def test_the_daemon_makes_one_each_day_in_london(redress: Redress, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("REDRESS_CHECKPOINTS", str(tmp_path / "elsewhere"))
    for instant, number in (
        ("2026-04-23T23:59:59+01:00", None),  # the story's own sweep has made that day's
        ("2026-04-24T00:00:00+01:00", 2),
        ("2026-04-24T23:30:00+01:00", None),
        ("2026-04-26T12:00:00+01:00", 3),
    ):
        log = [json.loads(line) for line in redress.at(instant).does("daemon --once").err.splitlines()]
        assert [event["number"] for event in log if event["event"] == "checkpoint made"] == [number] * bool(number)
    files = sorted((tmp_path / "elsewhere").iterdir())
    assert [file.name for file in files] == ["checkpoint-000002.jsonl", "checkpoint-000003.jsonl"]
    for file in files:
        redress.does(f"audit verify --against {file}")


def test_a_file_that_a_kill_left_without_its_name_gets_it_at_the_next_beat(
    redress: Redress, tmp_path: Path, monkeypatch: Any
) -> None:
    folder = tmp_path / "elsewhere"
    monkeypatch.setenv("REDRESS_CHECKPOINTS", str(folder))
    redress.at("2026-04-24T09:00:00+01:00").does("daemon --once")
    (made,) = folder.iterdir()
    made.rename(f"{made}.part")  # as it stands between the commit and the file's name
    not_committed = folder / "checkpoint-000003.jsonl.part"
    not_committed.write_text(Path(f"{made}.part").read_text(encoding="utf-8")[:400], encoding="utf-8")
    redress.does("daemon --once")
    assert list(folder.iterdir()) == [made]
    redress.does(f"audit verify --against {made}")
    assert redress.rows("SELECT count(*) FROM checkpoints") == [(2,)]
    made.rename(tmp_path / "taken-away")
    redress.does("daemon --once")
    assert list(folder.iterdir()) == [], "what somebody took away is not made again"


def test_a_folder_that_cannot_be_written_stops_no_sweep_and_is_said(
    redress: Redress, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("REDRESS_CHECKPOINTS", str(tmp_path / "file"))
    log = redress.at("2026-04-24T09:00:00+01:00").does("daemon --once").err
    assert json.loads(log)["event"] == "checkpoint not made"
    assert redress.rows("SELECT count(*) FROM checkpoints") == [(1,)]


def test_a_checkpoint_that_is_none_any_more_stops_no_sweep_and_is_said(redress: Redress, kept: Path) -> None:
    ruin = "UPDATE checkpoints SET document = 'none'"
    past_the_guards(redress, *unguarded(redress, "checkpoints"), ruin)
    swept = redress.at("2026-04-24T09:00:00+01:00").does("daemon --once")
    assert json.loads(swept.err)["event"] == "checkpoint not made"
    assert "fired" in swept.out
    assert redress.rows("SELECT count(*) FROM checkpoints") == [(2,)]


# --- what is no checkpoint -------------------------------------------------------------------------------------------


def changed(file: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(change(lines)), encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace('"entries":9', '"entries":8'), *lines[1:]],
        lambda lines: [lines[0].replace('"made_at":"2026', '"made_at":"2025'), *lines[1:]],
        lambda lines: [*lines[:2], lines[2].replace(",6,", ",5,"), *lines[3:]],
        lambda lines: lines[:-2],
        lambda lines: lines[:1],
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        lambda lines: [re.sub(r'"key":"[0-9a-f]+"', f'"key":"{OTHER_KEY}"', lines[0]), *lines[1:]],
        # The number of a case is in no hash: were two cases called by one, the removal of the second would be hidden.
        lambda lines: [*lines[:3], lines[3].replace("[3,", "[2,"), *lines[4:]],
        lambda lines: [*lines[:3], lines[3].replace("[3,", "[2.5,"), *lines[4:]],
        lambda lines: [lines[0], lines[1].replace("[1,", "[true,"), *lines[2:]],
        lambda lines: [*lines[:4], lines[4].replace("[1,", "[null,")],
    ],
    ids=[
        "count",
        "day",
        "head",
        "cut",
        "header-alone",
        "order",
        "key",
        "number-twice",
        "number-between",
        "number-no-number",
        "refusal-no-number",
    ],
)
def test_a_checkpoint_that_was_changed_is_not_used(
    redress: Redress, kept: Path, change: Callable[[list[str]], list[str]]
) -> None:
    before = kept.read_text(encoding="utf-8")
    changed(kept, change)
    assert kept.read_text(encoding="utf-8") != before
    redress.refuses(f"audit verify --against {kept}", "is not as it was signed", code=2)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "no json", '{"form":1}', "{}\n[]", "\x00\x00", '{"header":1}'])
def test_what_is_no_checkpoint_is_refused(redress: Redress, tmp_path: Path, text: str) -> None:
    file = tmp_path / "other"
    file.write_text(text, encoding="utf-8")
    redress.refuses(f"audit verify --against {file}", "is no checkpoint of Redress", code=2)


def test_words_that_do_not_go_together_are_refused(redress: Redress, kept: Path, tmp_path: Path) -> None:
    redress.refuses(f"audit verify --against {tmp_path}/none", "cannot be read", code=2)
    redress.refuses(f"audit verify --key {OTHER_KEY}", "--against", code=2)
    redress.refuses(f"audit checkpoint --out {kept}", "is there already", code=2)
    redress.refuses(f"audit checkpoint --out {tmp_path}/none/kept", "cannot be written", code=2)


# --- what only a copy kept elsewhere finds --------------------------------------------------------------------------


def rewritten(redress: Redress, case_id: int, change: Callable[[dict[str, Any]], None]) -> list[str]:
    """SQL that writes a case's whole log anew, every hash recomputed, and the case's row after it."""
    columns = (
        "token, seq, trigger, source, dest, happened_on, recorded_at, actor, note, facts, deadlines, deadline, "
        "late_seconds, definition"
    )
    names = columns.split(", ")
    head, statements = GENESIS, []
    for row in redress.rows(f"SELECT {columns} FROM log WHERE case_id = {case_id} ORDER BY seq"):
        entry = dict(zip(names, row, strict=True))
        change(entry)
        content = [
            value if value is None or isinstance(value, int | str) else _as_text(value) for value in entry.values()
        ]
        stored = chain_hash(*content, head)
        statements.append(
            f"UPDATE log SET actor = '{entry['actor']}', previous = '{head}', hash = '{stored}' "
            f"WHERE case_id = {case_id} AND seq = {entry['seq']}"
        )
        head = stored
    assert FORM == 1
    return [*statements, f"UPDATE cases SET head = '{head}' WHERE id = {case_id}"]


def _as_text(value: Any) -> str:
    from datetime import datetime

    from persistence.instants import instant_text

    return instant_text(value) if isinstance(value, datetime) else str(value.isoformat())


def by_somebody_else(entry: dict[str, Any]) -> None:
    if entry["seq"] >= 3:
        entry["actor"] = "somebody else"


def act_by_somebody_else(redress: Redress) -> str:
    with closing(Database(redress.url)) as database, unit_of_work(database, writing=False) as unit:
        *_, act = acts(unit.connection)
    forged = replace(act, actor="somebody else")
    return f"UPDATE office_log SET actor = '{forged.actor}', hash = '{forged.content_hash()}' WHERE seq = {act.seq}"


GONE = [f"DELETE FROM {table} WHERE case_id = 3" for table in ("log", "facts", "deadlines", "case_keys")]
ATTACKS: dict[str, tuple[Callable[[Redress], list[str]], str | None, str]] = {
    "a history written anew, every hash recomputed": (
        lambda redress: rewritten(redress, 2, by_somebody_else), "H-2",
        "it is not the checkpoint's entry: it or one before it was written anew",
    ),
    "a case removed with all its rows": (
        lambda redress: [*GONE, "DELETE FROM cases WHERE id = 3"], "number 3",
        "the case is gone: the checkpoint has it, with 1 entries",
    ),
    "the last entry removed, and the case put back to the one before": (
        lambda redress: [
            "UPDATE cases SET version = 1 WHERE id = 1",
            "UPDATE cases SET head = (SELECT previous FROM log WHERE case_id = 1 AND seq = 2) WHERE id = 1",
            "DELETE FROM log WHERE case_id = 1 AND seq = 2",
            "DELETE FROM facts WHERE case_id = 1 AND name = 'letter_dated_on'",
        ],
        "H-1", "the log ends at entry 1, the checkpoint has entry 2",
    ),
    "a refused attempt removed": (
        lambda redress: [*unguarded(redress, "refusals"), "DELETE FROM refusals"], None,
        "the refused attempt 1 is gone: the checkpoint has it",
    ),
    "an act of the office removed": (
        lambda redress: [*unguarded(redress, "office_log"), "DELETE FROM office_log"], None,
        "the office's log: it ends at act 0, the checkpoint has act 2",
    ),
    "an act of the office written anew, its hash recomputed": (
        lambda redress: [*unguarded(redress, "office_log"), act_by_somebody_else(redress)], None,
        "the office's log: act 2 is not the one that the checkpoint has",
    ),
    "the checkpoints removed": (
        lambda redress: [*unguarded(redress, "checkpoints"), "DELETE FROM checkpoints WHERE number = 2"], None,
        "the checkpoint 2 is gone from the database: it may be an old copy that was put back",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_only_a_copy_kept_elsewhere_finds(redress: Redress, kept: Path, attack: str) -> None:
    statements, case, what = ATTACKS[attack]
    past_the_guards(redress, *statements(redress))
    assert redress.does("audit verify --json").document["intact"] is True, "it is found without the checkpoint too"
    assert found_against(redress, kept) | {"seq": None} == {"case": case, "seq": None, "what": what}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_old_copy_put_back_is_found(redress: Redress, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    with_wal = sorted(redress.path.parent.glob(f"{redress.path.name}*"))
    assert with_wal
    redress.behind_its_back("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(redress.path, copy)
    redress.does("record H-2 letter_received_on=2026-02-24")
    kept = tmp_path / "kept.jsonl"
    redress.does(f"audit checkpoint --out {kept}")
    for file in redress.path.parent.glob(f"{redress.path.name}-*"):
        file.unlink()
    shutil.copyfile(copy, redress.path)
    assert redress.does("audit verify").code == 0
    assert found_against(redress, kept)["what"] == "the log ends at entry 6, the checkpoint has entry 7"


CHECKPOINT_ATTACKS = {
    "UPDATE checkpoints SET document = replace(document, '\"entries\":9', '\"entries\":8') WHERE number = 2":
        "the checkpoint 2 in the database is not as it was signed",
    "UPDATE checkpoints SET document = 'none' WHERE number = 1":
        "the checkpoint 1 in the database is not as it was signed",
    "UPDATE checkpoints SET document = replace(document, '\"entries\":9', '\"entries\":\"\\ud800\"') WHERE number = 2":
        "the checkpoint 2 in the database is not as it was signed",
    "DELETE FROM checkpoints WHERE number = 1": "the checkpoint 1 is gone from the database",
    "UPDATE refusals SET actor = 'nobody'": "the refused attempt 1 is not as it was written",
}  # fmt: skip


@pytest.mark.parametrize("statement", CHECKPOINT_ATTACKS)
def test_a_checkpoint_or_refusal_changed_in_the_database_is_found_without_a_copy(
    redress: Redress, kept: Path, statement: str
) -> None:
    past_the_guards(redress, *unguarded(redress, "checkpoints"), *unguarded(redress, "refusals"), statement)
    answer = redress.run("audit verify --json")
    assert answer.code == 6
    assert answer.document["first_fault"] == {"case": None, "seq": None, "what": CHECKPOINT_ATTACKS[statement]}
    assert f"The record is not intact: {CHECKPOINT_ATTACKS[statement]}." in answer.err


def test_a_checkpoint_signed_by_somebody_else_that_names_none_before_it_is_found(
    redress: Redress, kept: Path, tmp_path: Path
) -> None:
    forged, key = header(kept), SigningKey(tmp_path / "their-key")
    del forged["previous"]
    forged["key"] = key.public
    forged["signature"] = key.sign(signed_content(forged))
    statement = f"UPDATE checkpoints SET document = '{canonical(forged)}' WHERE number = 2"
    past_the_guards(redress, *unguarded(redress, "checkpoints"), statement)
    answer = redress.run("audit verify")
    assert (answer.code, answer.out) == (6, "")
    assert "the checkpoint 2 in the database does not follow the one before it" in answer.err


# --- the proof of one case ------------------------------------------------------------------------------------------


def checked(proof: str, folder: Path, *words: str) -> tuple[int, str]:
    """What the stand-alone script says, run where nothing of Redress can be imported."""
    file = folder / "proof.json"
    file.write_text(proof, encoding="utf-8")
    return run_script(folder, str(file), *words)


def run_script(folder: Path, *words: str) -> tuple[int, str]:
    script = shutil.copyfile(SCRIPT, folder / "check_proof.py")
    done = subprocess.run(
        [sys.executable, "-P", str(script), *words], capture_output=True, text=True, check=False, cwd=folder
    )
    return done.returncode, done.stdout + done.stderr


def test_a_case_is_proved_to_somebody_who_has_no_redress(redress: Redress, kept: Path, tmp_path: Path) -> None:
    redress.does("record H-2 letter_received_on=2026-02-24")
    key = header(kept)["key"]
    proof = redress.does(f"audit prove H-2 --in {kept} --key {key}").out
    assert checked(proof, tmp_path, key) == (0, "Proved: 6 of 7 entries of H-2, by checkpoint 2.\n")
    assert checked(proof, tmp_path, OTHER_KEY) == (1, "NOT PROVED: the checkpoint is signed with another key\n")
    assert checked(redress.does("audit prove H-3").out, tmp_path)[1] == (
        "Proved: 1 of 1 entries of H-3, by checkpoint 3.\n"
    )


@pytest.mark.parametrize("content", ["{}", "[]", "null", "", "no JSON", '{"log": [], "hashes": [], "checkpoint": {}}'])
def test_what_is_no_proof_is_named_in_a_sentence(tmp_path: Path, content: str) -> None:
    code, said = checked(content, tmp_path)
    assert code == 2
    assert said.endswith("is no proof as `redress audit prove` writes one.\n")
    assert len(said.splitlines()) == 1


def test_without_a_proof_the_script_says_what_it_needs(tmp_path: Path) -> None:
    needed = "Name the proof: python check_proof.py PROOF.json [PUBLIC_KEY]\n"
    assert run_script(tmp_path) == (2, needed)
    assert run_script(tmp_path, "none.json") == (2, "none.json cannot be read: No such file or directory.\n")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda proof: proof["log"][3].__setitem__(8, "nobody"), "entry 4 is not as it was written"),
        (lambda proof: proof["log"].__setitem__(2, proof["log"][3]), "entry 3 is not this case's"),
        (lambda proof: (proof["log"].pop(), proof["hashes"].pop()), "the log is shorter than the checkpoint has it"),
        (lambda proof: proof.update(reference="H-1"), "the log is of another case"),
        (lambda proof: proof.update(entries=5), "the case is not in the checkpoint"),
        (lambda proof: proof.update(place=0), "the case is not in the checkpoint"),
        (lambda proof: proof["path"].pop(), "the path is too short"),
        (lambda proof: proof["checkpoint"].update(root="00" * 32), "the case is not in the checkpoint"),
        (lambda proof: proof["checkpoint"].update(made_at="2020"), "the checkpoint is not as it was signed"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_proof_that_was_changed_proves_nothing(
    redress: Redress, tmp_path: Path, change: Callable[[dict[str, Any]], object], what: str
) -> None:
    proof = redress.does("audit prove H-2").document
    change(proof)
    code, said = checked(json.dumps(proof), tmp_path)
    assert code == 1
    assert what in said


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_proof_without_its_key_proves_no_reference(redress: Redress, tmp_path: Path) -> None:
    proof = redress.does("audit prove H-2").document
    proof.update(key=None, reference="H-1")  # as if the case had been erased, and called H-1
    code, said = checked(json.dumps(proof), tmp_path)
    token, number = proof["log"][0][1], proof["checkpoint"]["number"]
    assert (code, said) == (
        0, f"Proved: 6 of 6 entries of {token} (erased: its reference cannot be proved), by checkpoint {number}.\n"
    )  # fmt: skip


def test_only_a_case_of_the_checkpoint_is_proved_by_it(redress: Redress, kept: Path) -> None:
    redress.refuses(f"audit prove H-9 --in {kept}", code=4)
    redress.refuses("audit prove H-9", code=4)
    redress.does("open H-4 --decision plan_refused --decided 2026-02-20")
    redress.refuses(f"audit prove H-4 --in {kept}", "does not have H-4", code=2)
