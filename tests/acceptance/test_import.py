"""The backlog from a spreadsheet: opened, replayed, brought on, or refused row by row; the same as by hand."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart

from tests.acceptance.command import Redress

NOW = "2026-06-02T09:00:00+01:00"

# Each life as the commands of an officer, and as the row that says the same.
LIVES: dict[str, tuple[str, dict[str, str]]] = {
    "decided": (
        "open R --decision plan_refused --decided 2026-05-20",
        {"decision": "plan_refused", "decided_on": "2026-05-20"},
    ),
    "owed": (
        "open R --decision assessment_refused --requested 2026-05-01",
        {"decision": "assessment_refused", "requested_on": "2026-05-01"},
    ),
    "sent": (
        """open R --decision plan_refused --decided 2026-05-20 --party young_person
        advance R send_letter --on 2026-05-22 --fact letter_method=post
        record R letter_received_on=2026-05-26""",
        {"decision": "plan_refused", "decided_on": "2026-05-20", "party": "young_person",
         "letter_sent_on": "2026-05-22", "letter_method": "post", "letter_received_on": "2026-05-26"},
    ),
    "mediated": (
        """open R --decision plan_refused --decided 2026-03-02
        advance R send_letter --on 2026-03-03 --fact letter_method=email
        advance R advise_mediation --on 2026-03-20
        advance R request_mediation --on 2026-03-21
        advance R conclude_mediation --on 2026-04-10 --fact outcome=none
        advance R issue_certificate --on 2026-04-13 --fact certificate_reference=MED/7
        advance R lodge_appeal --on 2026-05-01 --fact tribunal_reference=EH900/26/1""",
        {"decision": "plan_refused", "decided_on": "2026-03-02", "letter_sent_on": "2026-03-03",
         "letter_method": "email", "adviser_contacted_on": "2026-03-20", "mediation_requested_on": "2026-03-21",
         "mediation_concluded_on": "2026-04-10", "outcome": "none", "certificate_issued_on": "2026-04-13",
         "certificate_reference": "MED/7", "appeal_lodged_on": "2026-05-01", "tribunal_reference": "EH900/26/1"},
    ),
    "declined": (
        """open R --decision assessment_refused --requested 2026-01-12 --decided 2026-02-20
        advance R send_letter --on 2026-02-20
        advance R advise_mediation --on 2026-03-01
        advance R decline_mediation --on 2026-03-01
        advance R issue_certificate --on 2026-03-02""",
        {"decision": "assessment_refused", "requested_on": "2026-01-12", "decided_on": "2026-02-20",
         "letter_sent_on": "2026-02-20", "adviser_contacted_on": "2026-03-01", "mediation_declined_on": "2026-03-01",
         "certificate_issued_on": "2026-03-02"},
    ),
    "wanted-after-all": (
        """open R --decision assessment_refused --decided 2026-02-20
        advance R send_letter --on 2026-02-23 --fact letter_method=email
        advance R advise_mediation --on 2026-03-02
        advance R decline_mediation --on 2026-03-03
        advance R request_mediation --on 2026-03-05""",
        {"decision": "assessment_refused", "decided_on": "2026-02-20", "letter_sent_on": "2026-02-23",
         "letter_method": "email", "adviser_contacted_on": "2026-03-02", "mediation_declined_on": "2026-03-03",
         "mediation_requested_on": "2026-03-05"},
    ),
    "passed": (
        """open R --decision plan_refused --decided 2025-05-20 --party parent
        advance R pass_right --on 2025-06-27""",
        {"decision": "plan_refused", "decided_on": "2025-05-20", "party": "parent", "school_leaving_on": "2025-06-27"},
    ),
    "closed-undecided": (
        """open R --decision assessment_refused --requested 2026-05-20
        advance R close --on 2026-06-01 --fact closing_reason=moved_away""",
        {"decision": "assessment_refused", "requested_on": "2026-05-20", "closed_on": "2026-06-01",
         "closing_reason": "moved_away"},
    ),
    "granted": (
        """open R --decision assessment_refused --requested 2026-05-20
        advance R grant_request --on 2026-06-01""",
        {"decision": "assessment_refused", "requested_on": "2026-05-20", "closed_on": "2026-06-01"},
    ),
}  # fmt: skip


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(f"@ {NOW}\n open OLD-1 --decision plan_refused --decided 2026-05-20")


def sheet(file: Path, *rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """A CSV file of these rows; the columns are those that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(out.getvalue().encode(encoding))
    return file


def seen(redress: Redress, reference: str) -> dict[str, Any]:
    """A case without what tells who it is and how many entries it took."""
    shown = redress.case(reference)
    return {name: value for name, value in shown.items() if name not in ("reference", "version")}


def all_lives() -> list[dict[str, str]]:
    return [{"reference": f"I-{name}-1", **row} for name, (_, row) in LIVES.items()]


def test_a_row_leads_where_the_commands_lead(redress: Redress, tmp_path: Path) -> None:
    for name, (commands, _) in LIVES.items():
        redress.live(commands.replace(" R ", f" H-{name}-1 "))
    answer = redress.does(["import", str(sheet(tmp_path / "backlog.csv", *all_lives())), "--json"])
    assert answer.document == {
        "rows": len(LIVES), "opened": len(LIVES), "advanced": 0, "unchanged": 0, "waiting": 0, "applied": True,
        "errors": [],
    }  # fmt: skip
    redress.does("daemon --once")
    for name in LIVES:
        assert seen(redress, f"I-{name}-1") == seen(redress, f"H-{name}-1"), name
        by_hand, imported = redress.log(f"H-{name}-1"), redress.log(f"I-{name}-1")
        assert {(e["trigger"], e["on"]) for e in by_hand if e["trigger"] != "record"} == {
            (e["trigger"], e["on"]) for e in imported if e["trigger"] != "record"
        }
    assert redress.is_intact()


def test_twice_changes_nothing_and_later_steps_are_added(redress: Redress, tmp_path: Path) -> None:
    file = sheet(tmp_path / "backlog.csv", *all_lives())
    redress.does(["import", str(file)])
    before = redress.contents()
    assert redress.does(["import", str(file), "--json"]).document["unchanged"] == len(LIVES)
    assert redress.contents() == before
    more = {**all_lives()[2], "adviser_contacted_on": "2026-05-30", "mediation_declined_on": "2026-06-01"}
    answer = redress.does(["import", str(sheet(tmp_path / "more.csv", more)), "--json"])
    assert answer.document["advanced"] == 1
    assert redress.state("I-sent-1") == "mediation_declined"


def test_a_dry_run_says_every_error_by_line_and_column_and_changes_nothing(redress: Redress, tmp_path: Path) -> None:
    good = {"reference": "N-1", "decision": "plan_refused", "decided_on": "20/05/2026"}
    rows = [
        good,
        {**good, "reference": "N-2", "decided_on": "31/02/2026"},
        {**good, "reference": "N-3", "letter_sent_on": "2026-05-22", "letter_method": "pigeon"},
        {**good, "reference": "no reference!"},
        {**good, "reference": "N-1"},
        {**good, "reference": "N-6", "decided_on": "3/4/26"},
        {**good, "reference": "N-7", "letter_sent_on": "2026-05-01"},
        {**good, "reference": "N-8", "appeal_lodged_on": "2026-05-25"},
        {**good, "reference": "OLD-1", "decided_on": "2026-05-19"},
        {**good, "reference": "N-10", "decided_on": "2026-12-01"},
        {**good, "reference": "N-11", "decision": "\x1b[31mred"},
    ]
    file = sheet(tmp_path / "bad.csv", *rows)
    before = redress.contents()
    for words in (["--dry-run"], []):
        answer = redress.run(["import", str(file), "--json", *words])
        assert answer.code == 2
        assert answer.err == "redress: 10 errors in bad.csv: nothing was changed.\n"
        errors = {(each["line"], each["column"]): each["what"] for each in answer.document["errors"]}
        assert list(errors) == [
            (6, "reference"), (3, "decided_on"), (4, "letter_method"), (5, "reference"), (7, "decided_on"),
            (8, "letter_sent_on"), (9, "appeal_lodged_on"), (10, "decided_on"), (11, "decided_on"), (12, "decision"),
        ]  # fmt: skip
        assert "two digits" in errors[7, "decided_on"]
        assert "the case says 2026-05-20 and the file 2026-05-19" in errors[10, "decided_on"]
        assert all(what.isprintable() for what in errors.values())
        assert redress.contents() == before
    said = redress.run(["import", str(file)])
    assert "redress: line 4, letter_method: 'pigeon' is not one of" in said.err
    assert said.out.endswith("Nothing was changed.\n")
    some = redress.run(["import", str(file), "--each", "--json"])
    assert (some.code, some.err) == (0, "redress: 10 errors in bad.csv: the other rows were taken.\n")
    taken = some.document
    assert (taken["opened"], taken["applied"], len(taken["errors"])) == (1, True, 10)
    assert redress.state("N-1") == "plan_refused"
    again = redress.run(["import", str(file), "--each"])
    assert again.out == (
        "bad.csv: 11 rows: 0 opened, 0 advanced, 1 as they were, 10 errors. The other rows were taken.\n"
    )


def test_a_cell_under_no_heading_is_refused_with_its_row(redress: Redress, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(
        "reference,decision,decided_on,\n"
        "S-1,plan_refused,2026-05-20,,\n"
        "S-2,plan_refused,2026-05-20,,moved\n"
        "S-3,plan_refused,2026-05-20,\x1b[2J\n"
    )
    answer = redress.run(["import", str(tmp_path / "more.csv"), "--each", "--json"])
    assert answer.code == 0
    assert [(each["line"], each["column"], each["what"][:7]) for each in answer.document["errors"]] == [
        (3, None, "'moved'"), (4, None, "'\\x1b[2"),
    ]  # fmt: skip
    assert answer.document["opened"] == 1
    assert redress.state("S-1") == "plan_refused"


def test_a_formula_that_was_never_reckoned_is_named_by_its_cell(redress: Redress, tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.append(["Reference", "Decision", "Decided on", "Letter sent on"])
    page.append(["X-1", "plan_issued", "=TODAY()"])
    page.append(["X-2", "plan_issued", date(2026, 5, 20), '=IF(A1="","",A1)'])
    book.save(tmp_path / "made.xlsx")
    # As a spreadsheet saves it: the second formula was reckoned, and its value is an empty text.
    with ZipFile(tmp_path / "made.xlsx") as made, ZipFile(tmp_path / "f.xlsx", "w") as saved:
        for name in made.namelist():
            content = made.read(name)
            saved.writestr(name, content.replace(b'<c r="D3"', b'<c r="D3" t="str"'))
    answer = redress.run(["import", str(tmp_path / "f.xlsx"), "--each", "--json"])
    (fault,) = answer.document["errors"]
    assert (fault["line"], fault["column"]) == (2, "decided_on")
    assert "a formula whose value is not in the file" in fault["what"]
    assert "letter_sent_on" not in redress.case("X-2")["facts"]


def test_of_a_workbook_the_one_filled_sheet_is_read(redress: Redress, tmp_path: Path) -> None:
    book = Workbook()
    page = book.create_sheet("Cases")
    page.append(["Reference", "Decision", "Decided on"])
    page.append(["X-1", "plan_issued", date(2026, 5, 20)])
    book.save(tmp_path / "one.xlsx")
    redress.does(["import", str(tmp_path / "one.xlsx")])
    assert redress.state("X-1") == "plan_issued"
    book.create_sheet("Older").append([None, "X-2"])
    book.save(tmp_path / "two.xlsx")
    redress.refuses(["import", str(tmp_path / "two.xlsx")], "more than one filled sheet ('Cases', 'Older')", code=2)


def test_xlsx_as_a_spreadsheet_keeps_it(redress: Redress, tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.append(["Reference", "Decision", "Decided on", "Letter sent on", "Letter method", "Issued on tribunal order"])
    sent = datetime(2026, 5, 22)  # noqa: DTZ001  (a spreadsheet's date has no zone)
    page.append(["X-1", "plan_issued", date(2026, 5, 20), sent, "Email", False])
    page.append([])
    page.append(["X-2", "plan_issued", "20/5/2026", None, None, None])
    page.append([None, "", None])
    book.save(tmp_path / "backlog.xlsx")
    answer = redress.does(["import", str(tmp_path / "backlog.xlsx"), "--json"])
    assert (answer.document["rows"], answer.document["opened"]) == (2, 2)
    facts = redress.case("X-1")["facts"]
    assert (facts["letter_sent_on"], facts["letter_method"]) == ("2026-05-22", "email")
    assert redress.case("X-2")["facts"]["decided_on"] == "2026-05-20"


def test_a_chart_and_a_wrong_size_lose_no_row(redress: Redress, tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.append(["Reference", "Decision", "Decided on"])
    page.append(["X-1", "plan_issued", date(2026, 5, 20)])
    page.append(["X-2", "plan_issued", date(2026, 5, 20)])
    book.create_chartsheet("Chart").add_chart(BarChart())
    book.save(tmp_path / "made.xlsx")
    # As programs write it that do not reckon how far their rows go.
    with ZipFile(tmp_path / "made.xlsx") as made, ZipFile(tmp_path / "f.xlsx", "w") as saved:
        for name in made.namelist():
            saved.writestr(name, made.read(name).replace(b'<dimension ref="A1:C3"', b'<dimension ref="A1"'))
    assert redress.does(["import", str(tmp_path / "f.xlsx"), "--json"]).document["opened"] == 2


def test_a_day_that_is_none_is_named_as_it_stands_in_the_file(redress: Redress, tmp_path: Path) -> None:
    days = {"46162": "a spreadsheet's own number", "05/20/2026": "'05/20/2026' is not a day: write it as",
            "20 May 2026": "'20 May 2026' is not a day", "20-05-26": "two digits"}  # fmt: skip
    rows = [{"reference": f"D-{line}", "decision": "plan_refused", "decided_on": day} for line, day in enumerate(days)]
    rows.append({**rows[0], "reference": "D-9", "decided_on": "20-05-2026"})
    found = redress.run(["import", str(sheet(tmp_path / "days.csv", *rows)), "--each", "--json"]).document
    assert [(each["line"], each["column"]) for each in found["errors"]] == [(n, "decided_on") for n in range(2, 6)]
    for each, said in zip(found["errors"], days.values(), strict=True):
        assert said in each["what"]
    assert redress.case("D-9")["facts"]["decided_on"] == "2026-05-20"


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "cp1252"), ("\t", "utf-8-sig"), (",", "utf-8-sig"), ("\t", "utf-16")]
)
def test_csv_as_spreadsheets_write_it(redress: Redress, tmp_path: Path, delimiter: str, encoding: str) -> None:
    row = {"Reference": "C-1", "Decision": "plan-refused", "Decided On": " 20.5.2026 "}
    redress.does(["import", str(sheet(tmp_path / "c.csv", row, {}, delimiter=delimiter, encoding=encoding))])
    assert redress.case("C-1")["facts"]["decided_on"] == "2026-05-20"


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("empty.csv", b"", "is empty"),
        ("other.csv", b"reference,decision,Hair Colour\n", "'Hair Colour'"),
        ("title.csv", b"SEND backlog,,\nreference,decision,decided_on\n", "It must be the heading, with no title"),
        ("close.csv", b"reference,decision,leter_sent_on\n", "did you mean letter_sent_on"),
        ("short.csv", b"reference\nA-1\n", "no column decision"),
        ("twice.csv", b"reference,decision,Decision\n", "the column decision twice"),
        ("quote.csv", b'reference,decision\n"A-1,plan', "is no table of text"),
        ("no.xlsx", b"PK not a spreadsheet", "is no spreadsheet"),
        ("none.csv", None, "cannot be read"),
        ("book.csv", b"PK\x03\x04 and so on", "is a workbook"),
        ("old.csv", b"\xd0\xcf\x11\xe0 and so on", "is a workbook"),
        ("raw.csv", "reference,decision\n".encode("utf-16-le"), "bytes that are no letters"),
    ],
)
def test_a_file_that_will_not_do_is_refused(
    redress: Redress, tmp_path: Path, name: str, content: bytes | None, fragment: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    redress.refuses(["import", str(tmp_path / name)], fragment, code=2)


def test_the_template_is_a_heading_that_is_taken(redress: Redress, tmp_path: Path) -> None:
    heading = redress.does("import --template").out
    assert heading.startswith("reference,decision,party,requested_on,")
    assert "letter_sent_on,adviser_contacted_on," in heading
    (tmp_path / "t.csv").write_text(heading, encoding="utf-8")
    assert redress.does(["import", str(tmp_path / "t.csv"), "--json"]).document["rows"] == 0
    redress.refuses("import", "--template", code=2)


def test_a_step_for_a_second_person_waits_and_what_follows_it_too(redress: Redress, tmp_path: Path) -> None:
    redress.live("""
        policy --set second-person=on
        open W-1 --decision plan_refused --decided 2026-02-20
        advance W-1 send_letter --on 2026-02-20 --fact letter_method=email
        daemon --once
    """)
    assert redress.state("W-1") == "appeal_expired"
    row = {"reference": "W-1", "decision": "plan_refused", "certificate_issued_on": "2026-05-28",
           "late_permission_on": "2026-06-01", "appeal_lodged_on": "2026-06-01",
           "hearing_on": "2026-09-02"}  # fmt: skip
    new = {"reference": "N-1", "decision": "plan_refused", "decided_on": "2026-06-01"}
    file = str(sheet(tmp_path / "late.csv", row, new))
    before = redress.contents()
    assert "1 waiting for a second person" in redress.does(["import", file, "--dry-run"]).out
    assert redress.contents() == before
    said = redress.does(["import", file, "--json"]).document
    assert (said["opened"], said["advanced"], said["waiting"], said["errors"]) == (1, 1, 1, [])
    assert "late_permission_on" not in redress.case("W-1")["facts"]
    assert redress.case("W-1")["proposal"]["trigger"] == "lodge_appeal"
    before = redress.contents()
    assert redress.does(["import", file, "--json"]).document["waiting"] == 1
    assert redress.contents() == before
    redress.does("confirm W-1 --actor bob")
    said = redress.does(["import", file, "--json"]).document
    assert (said["advanced"], said["waiting"]) == (1, 0)
    assert redress.state("W-1") == "appeal_lodged"
    assert redress.is_intact()
