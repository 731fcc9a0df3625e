"""The log as a reviewer reads it: as a story, filtered, with what was refused, exported, as known on a day."""

import csv
import io
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from persistence.refusals import refusal_hash
from states.calendar import london_day
from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision assessment_refused --requested 2026-01-05 --decided 2026-02-20 --note '=2+2' --actor ann
    open H-2 --decision plan_refused --decided 2026-02-20 --actor bob
    open H-3 --decision plan_refused --decided 2026-02-20 --actor bob
    advance H-3 send_letter --on 2026-02-20 --fact letter_method=email --actor bob
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email --actor ann
    @ 2026-03-01T23:30:00+00:00
    correct H-1 letter_sent_on=2026-02-23 --reason 'the post book says so' --actor bob
    @ 2026-03-29T00:30:00+00:00
    advance H-1 advise_mediation --on 2026-03-27 --actor ann
    record H-1 certificate_reference=MED/1 --actor ann
    @ 2026-06-02T10:00:00+01:00
    daemon --once
    advance H-1 issue_certificate --on 2026-06-01 --actor ann
    correct H-1 certificate_reference= --reason 'of another case' --actor ann
"""
# Behind it: a bank holiday that moves dates, and advice with them, then a duty that is missed.
LIFE = f"""{STORY}
    @ 2026-06-04T10:00:00+01:00
    advance H-2 send_letter --on 2026-06-02 --fact letter_method=post --actor bob
    advance H-2 advise_mediation --on 2026-06-03 --actor bob
    advance H-2 decline_mediation --on 2026-06-04 --actor bob
    @ 2026-06-05T00:30:00+01:00
    record H-2 letter_dated_on=2026-06-01 --actor ann
    @ 2026-06-05T10:00:00+01:00
    holidays --add 2026-06-08 --title 'Royal event' --apply
    holidays --add 2026-09-01 --title 'Royal event' --apply
    holidays --remove 2026-08-31 --apply
    @ 2026-06-12T10:00:00+01:00
    daemon --once
"""
DAYS = (
    "2026-02-24", "2026-03-01", "2026-03-02", "2026-03-28", "2026-03-29", "2026-05-01", "2026-06-02", "2026-06-04",
    "2026-06-05", "2026-06-12",
)  # fmt: skip


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def entries(redress: Redress, words: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = redress.does(f"audit log --json {words}").document
    return found


# --- the story -------------------------------------------------------------------------------------------------------


def test_the_story_says_when_by_whom_what_and_which_dates_moved_and_why(redress: Redress) -> None:
    told = " ".join(redress.does("audit log H-1").out.split())
    for words in (
        "#2 The decision letter is sent, with reasons and rights (send_letter): assessment_refused -> letter_sent "
        "Happened Fri 20 Feb 2026 Recorded Tue 24 Feb 2026 at 09:00 by ann, 4 days later",
        "#3 A fact is corrected (correct): stays letter_sent Happened Sun 1 Mar 2026 "
        "Recorded Sun 1 Mar 2026 at 23:30 by bob Facts letter_sent_on: Fri 20 Feb 2026 -> Mon 23 Feb 2026 "
        'Note "the post book says so"',
        "contact_adviser moves from Mon 20 Apr 2026 to Thu 23 Apr 2026; since letter_sent_on changed "
        "[SEND Regs 2014 reg 33]",
        "contact_adviser is met on Fri 27 Mar 2026: it was due Thu 23 Apr 2026; since adviser_contacted_on was "
        "recorded [SEND Regs 2014 reg 33]",
        "notify_assessment_refusal is met late, on Fri 20 Feb 2026: it was due Mon 16 Feb 2026",
        "certificate_reference: MED/1 is taken back",
    ):
        assert words in told
    told = " ".join(redress.does("audit log H-3").out.split())
    assert "Happened Mon 20 Apr 2026 Recorded Tue 2 Jun 2026 at 10:00 by redress daemon, 42 days 10 hours late" in told
    assert "contact_adviser is missed: it was due Mon 20 Apr 2026; its time passed and nothing had met it" in told


def test_the_story_of_all_cases_names_each(redress: Redress) -> None:
    told = redress.does("audit log").out
    assert "H-2 #1  Open a case" in told
    assert told.count("#1  Open a case") == 3


# --- what was refused ------------------------------------------------------------------------------------------------


def test_a_refused_attempt_is_kept_with_who_tried_what_and_which_guard_said_no(redress: Redress) -> None:
    before = entries(redress)
    said = {
        "advance H-2 lodge_appeal --actor bob": ("state", "advance", "lodge_appeal"),
        "record H-2 decided_on=2026-02-19 --actor bob": ("fact", "record", "record"),
        "advance H-2 close --actor bob": ("nothing_open", "advance", "close"),
        "correct H-2 decided_on=2030-01-01 --reason slip --actor bob": ("fact", "correct", "correct"),
    }
    sentences = [redress.refuses(command) for command in said]
    redress.refuses("advance H-9 close --actor bob", code=4)  # there is no such case, so nobody's record
    assert entries(redress) == before
    refused = [each for each in entries(redress, "H-2 --refused") if each["refused"]]
    assert [(each["guard"], each["kind"], each["trigger"]) for each in refused] == list(said.values())
    for each, sentence in zip(refused, sentences, strict=True):
        assert (each["case"], each["actor"], each["role"], each["state"]) == (
            "H-2",
            "bob",
            "manager",
            "plan_refused",
        )
        assert each["at"].startswith("2026-06-02T09:00:00")
        assert each["why"] in sentence
    told = redress.does("audit log H-2 --refused").out
    assert "--  REFUSED close (advance): the case stays plan_refused" in told
    assert "Refused   by the guard nothing_open" in told


def test_what_has_a_command_of_its_own_is_kept_too(redress: Redress) -> None:
    redress.live("hold H-2 --for inquiry --actor ann\nassign H-1 --owner ann --actor ann")
    for command, trigger, reference in (
        ("hold H-2 --for inquiry", "hold", "H-2"),
        ("release H-3", "release", "H-3"),
        ("assign H-3 H-1 --owner ann", "assign", "H-1"),
        ("hand-over --from bob --to cal --note '\x1b[1m'", "assign", "H-2"),
    ):
        redress.refuses(f"{command} --actor bob")
        last = [each for each in entries(redress, "--refused") if each["refused"]][-1]
        assert (last["case"], last["actor"], last["trigger"]) == (reference, "bob", trigger), command
    assert redress.is_intact()


def test_what_was_refused_is_sealed_and_proved_by_its_hash(redress: Redress) -> None:
    redress.refuses("record H-2 tribunal_reference=nobody --actor bob")
    (row,) = redress.rows("SELECT * FROM refusals")
    names = ("id", "case_id", "at", "actor", "role", "kind", "trigger", "state", "guard", "why", "hash")
    stored = dict(zip(names, row, strict=True))
    assert stored["why"].startswith("sealed:")
    assert refusal_hash(stored) == stored["hash"]
    assert refusal_hash({**stored, "actor": "ann"}) != stored["hash"]
    for statement in ("UPDATE refusals SET actor = 'ann'", "DELETE FROM refusals"):
        with pytest.raises(Exception, match="append-only"):
            redress.behind_its_back(statement)


def test_a_refusal_that_cannot_be_kept_is_said_all_the_same(redress: Redress) -> None:
    redress.behind_its_back("ALTER TABLE refusals RENAME TO gone")
    answer = redress.run("advance H-2 lodge_appeal")
    assert answer.code == 3
    first, last = answer.err.splitlines()
    assert first.startswith("redress: this refused attempt could not be recorded: ")
    assert last.startswith("redress: H-2: lodge_appeal is refused in the state plan_refused")


# --- filters ---------------------------------------------------------------------------------------------------------

Kept = Callable[[dict[str, Any]], bool]
FILTERS: dict[str, Kept] = {
    "": lambda entry: True,
    "--from 2026-03-01": lambda entry: _recorded_on(entry) >= "2026-03-01",
    "--to 2026-03-01": lambda entry: _recorded_on(entry) <= "2026-03-01",
    "--actor ann": lambda entry: entry["actor"] == "ann",
    "--trigger send-letter --trigger correct": lambda entry: entry["trigger"] in ("send_letter", "correct"),
    "--state letter_sent": lambda entry: "letter_sent" in (entry["source"], entry["dest"]),
    "--overdue": lambda entry: any(d["kind"] == "duty" and d["missed"] for d in entry["deadlines"]),
}


def _recorded_on(entry: dict[str, Any]) -> str:

    return london_day(datetime.fromisoformat(entry["recorded_at"])).isoformat()


def test_each_filter_and_each_two_of_them_keep_what_they_say(redress: Redress) -> None:
    everything = entries(redress)
    for one, other in itertools.combinations_with_replacement(FILTERS, 2):
        if one and one == other:
            continue
        kept = [entry for entry in everything if FILTERS[one](entry) and FILTERS[other](entry)]
        assert entries(redress, f"{one} {other}") == kept, f"{one} {other}"
        if not other:
            assert kept
    for words in list(FILTERS)[1:]:
        assert 0 < len(entries(redress, words)) < len(everything), f"{words} keeps all or nothing"


@pytest.mark.parametrize(
    ("words", "fragments"),
    [
        ("--from 2026-03-02 --to 2026-03-01", ("is after",)),
        ("--from 0001-01-01", ("from 1900 to 2100",)),
        ("--to 9999-12-31", ("from 1900 to 2100",)),
        ("--actor \udcc3\udc28", ("printable characters",)),
        ("--from yesterday", ("yesterday",)),
        ("--trigger send_leter", ("send_leter", "send_letter")),
        ("--state nowhere", ("nowhere",)),
    ],
)
def test_words_that_are_no_filter_are_refused(redress: Redress, words: str, fragments: tuple[str, ...]) -> None:
    redress.refuses(f"audit log {words}", *fragments, code=2)


# --- export ----------------------------------------------------------------------------------------------------------


def test_json_lines_are_the_log(redress: Redress) -> None:
    answer = redress.does("audit export")
    assert answer.lines == entries(redress)
    assert answer.err == f"redress: {len(answer.lines)} entries exported.\n"
    assert redress.does("audit export --actor ann --from 2026-03-01").lines == entries(
        redress, "--actor ann --from 2026-03-01"
    )


def test_csv_holds_the_same_and_no_cell_of_it_is_a_formula(redress: Redress, tmp_path: Path) -> None:
    for number, nasty in enumerate(("@SUM(1)", "+1-1", "-1+1", "＝1＋1")):
        redress.does(["open", f"N-{number}", "--decision", "plan_refused", "--decided", "2026-02-20", "--note", nasty])
    file = tmp_path / "log.csv"
    redress.does(f"audit export --format csv --out {file}")
    text = file.read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]
    everything = entries(redress)
    assert len(rows) == len(everything)
    for row, entry in zip(rows, everything, strict=True):
        assert json.loads(row["facts"]) == entry["facts"]
        assert json.loads(row["deadlines"]) == entry["deadlines"]
        assert row["note"].removeprefix("'") == (entry["note"] or "")
        assert (row["case"], int(row["seq"]), row["hash"]) == (entry["case"], entry["seq"], entry["hash"])


def _cuts(size: int) -> Iterator[int]:
    yield from (0, 1, 50, size // 2, size - 1, size)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_interrupted_export_goes_on_to_what_it_would_have_been(redress: Redress, form: str, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    redress.does(f"audit export --format {form} --out {whole}")
    expected = whole.read_bytes()
    for cut in _cuts(len(expected)):
        part.write_bytes(expected[:cut])
        redress.does(f"audit export --format {form} --out {part} --resume")
        assert part.read_bytes() == expected, cut


def test_with_json_an_export_is_one_document(redress: Redress, tmp_path: Path) -> None:
    entries = redress.does("audit export").lines
    assert len(entries) > 1
    assert redress.does("audit export --json").document == entries
    file = tmp_path / "log.jsonl"
    answer = redress.does(f"audit export --json --out {file}")
    assert answer.document == {"file": str(file), "entries": len(entries)}
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == entries
    redress.refuses("audit export --format csv --json", "give one of them", code=2)
    redress.refuses(f"audit export --format csv --json --out {tmp_path / 'log.csv'}", "give one of them", code=2)
    assert not (tmp_path / "log.csv").exists()


def test_an_export_goes_on_with_what_was_recorded_since(redress: Redress, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    redress.does(f"audit export --out {file}")
    redress.at("2026-06-03T09:00:00+01:00").does("record H-2 letter_dated_on=2026-02-20")
    redress.does(f"audit export --out {file} --resume")
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == entries(redress)


def test_a_file_that_is_not_the_export_is_left_as_it_is(redress: Redress, tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("my own\nlines\n", encoding="utf-8")
    redress.refuses(f"audit export --out {file}", "is there already", code=2)
    redress.refuses(f"audit export --out {file} --resume", "is no export of Redress as jsonl", code=2)
    redress.refuses(f"audit export --out {file} --resume --format csv", "is no export of Redress", code=2)
    redress.refuses("audit export --resume", "--out FILE", code=2)
    redress.refuses(f"audit export --out {tmp_path}/none/log", "cannot be written", code=2)
    assert file.read_text(encoding="utf-8") == "my own\nlines\n"
    for mine in ("my own words, and no end of the line", '{"case": "H-1", "seq": 1, "hash": "0"}\n'):
        file.write_text(mine, encoding="utf-8")
        redress.refuses(f"audit export --out {file} --resume", "this log" if mine[-1] == "\n" else "no export", code=2)
        assert file.read_text(encoding="utf-8") == mine


# A case with very many entries: the same one again and again, which no proof would take and the export does.
MORE = """
    WITH RECURSIVE number(n) AS (VALUES({first}) UNION ALL SELECT n + 1 FROM number WHERE n < {last})
    INSERT INTO log SELECT case_id, 1000 + n, token, trigger, source, dest, happened_on, recorded_at, actor, note,
        facts, deadlines, deadline, late_seconds, definition, previous, hash
    FROM number, log WHERE seq = 1 AND case_id = (SELECT id FROM cases WHERE reference = 'H-3')
"""


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_long_log_takes_no_more_memory_than_a_short_one(redress: Redress, tmp_path: Path) -> None:
    most = {}
    for rows in (1_500, 4_500):
        there = len(redress.rows("SELECT 1 FROM log"))
        redress.behind_its_back(MORE.format(first=there + 1, last=rows))
        tracemalloc.start()
        try:
            redress.does(f"audit export --out {tmp_path}/{rows}")
            most[rows] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (tmp_path / str(rows)).read_bytes().count(b"\n") == rows
    assert most[4_500] < 1.3 * most[1_500]


# --- as it was known -------------------------------------------------------------------------------------------------


def test_as_known_on_a_day_is_what_show_said_at_its_end(after: Callable[[str], Redress]) -> None:
    """The same life, stopped at the end of each day: what `show` says there is what is said of that day later."""
    redress = after("")
    lines = [line.strip() for line in LIFE.splitlines() if line.strip()]
    snapshots: dict[tuple[str, str], dict[str, Any]] = {}
    for day in DAYS:
        end = f"{day}T23:59:59.999999{'+01:00' if day >= '2026-03-29' else '+00:00'}"
        while lines and (not lines[0].startswith("@") or lines[0].split()[1] <= end):
            line = lines.pop(0)
            if line.startswith("@"):
                redress.at(line.removeprefix("@ "))
            else:
                redress.does(line)
        redress.at(end)
        for case in ("H-1", "H-2") if day >= "2026-06-02" else ("H-1",):
            snapshots[case, day] = redress.does(f"show {case} --json").document
    assert not lines
    thursday, friday, last = (snapshots["H-2", day] for day in DAYS[-3:])
    assert "not before Tue 1 Sep" in thursday["advice"][0]
    assert "not before Wed 2 Sep" in friday["advice"][0]
    assert [row["due_on"] for row in thursday["deadlines"]] != [row["due_on"] for row in friday["deadlines"]]
    assert friday != last
    redress.at("2026-12-01T09:00:00+00:00").does("correct H-1 letter_sent_on=2026-02-24 --reason 'later knowledge'")
    redress.does("holidays --remove 2026-06-08 --apply")
    for (case, day), snapshot in snapshots.items():
        known = redress.does(f"show {case} --json --as-known-on {day}").document
        assert known.pop("as_known_on") == day
        assert known == snapshot, (case, day)
    assert redress.case()["facts"] != snapshots["H-1", DAYS[-1]]["facts"]


def test_a_day_before_the_first_entry_and_one_to_come_are_refused(redress: Redress) -> None:
    redress.refuses("show H-1 --as-known-on 2026-02-23", "Tue 24 Feb 2026", code=4)
    redress.refuses("show H-1 --as-known-on 2026-06-03", "has not come yet", code=2)
    redress.refuses("show H-9 --as-known-on 2026-02-24", code=4)
    page = redress.does("show H-1 --as-known-on 2026-02-24").out
    assert page.startswith("As the record stood at the end of Tue 24 Feb 2026 in London\nH-1  Assessment refused\n")
