"""The decision letter as a Word file: made, made by the council's own template, sent and looked at, or refused."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document

from states.decisions import DECISIONS
from tests.acceptance.command import REPOSITORY, Redress

# A letter is made from what the engine reads; which database that came from is another test's matter.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

SETTINGS = REPOSITORY / "docs" / "deploy" / "redress.toml"
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_issued --decided 2026-02-20
    open H-2 --decision assessment_refused --decided 2026-02-20 --party young_person
    open H-3 --decision assessment_refused --requested 2026-02-02
"""


@pytest.fixture
def redress(after: Callable[[str], Redress], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Redress:
    monkeypatch.setenv("REDRESS_SETTINGS", str(SETTINGS))
    monkeypatch.chdir(tmp_path)
    return after(STORY)


def text_of(file: Path) -> str:
    document = Document(str(file))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def finished(file: Path, to: Path) -> Path:
    """The letter as an officer finishes it in Word."""
    document = Document(str(file))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            for gap in ("[Name]", "[Address]", "[Your name and job]", "[Write the reasons here.]"):
                run.text = run.text.replace(gap, "written")
    document.save(str(to))
    return to


def template(to: Path, *lines: str) -> Path:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    document.save(str(to))
    return to


EVERY_PART = (
    "decision", "reasons", "right_to_appeal", "right_to_mediation", "certificate", "mediation_times",
    "telling_the_council", "disagreement_resolution", "information_and_advice", "local_offer",
)  # fmt: skip


def test_the_letter_says_what_the_law_wants_with_the_days_of_its_sending(redress: Redress, tmp_path: Path) -> None:
    said = redress.does("letter H-1 --on 2026-02-23 --out one.docx").out
    assert said.startswith(
        "one.docx: the letter of H-1, to be sent on Mon 23 Feb 2026.\nIt gives until Thu 23 Apr 2026"
    )
    text = text_of(tmp_path / "one.docx")
    for words in (
        "Example County Council", "Monday 23 February 2026", "Our reference: H-1", "Dear [Name]",
        "before 5 pm on Thursday 23 April 2026", "one month after the day on which it was issued, if that is later",
        "Example Mediation\nPhone: 01632 960001", "only about section I", "health care and social care for your child",
        "E-mail: ehc@council.example", "Example SENDIASS", "Website: localoffer.council.example",
        "[Write the reasons here.]",
    ):  # fmt: skip
        assert words in text, words
    assert "{{" not in text
    assert redress.case()["version"] == 1, "nothing was recorded"


def test_its_parts_and_its_hash_are_told(redress: Redress, tmp_path: Path) -> None:
    document = redress.does("letter H-2 --on 2026-06-20 --json --out two.docx").document
    assert (document["appeal_by"], document["contact_adviser_by"]) == ("2026-09-01", "2026-08-20")
    assert document["sha256"] == hashlib.sha256((tmp_path / "two.docx").read_bytes()).hexdigest()
    assert [part["id"] for part in document["parts"]] == list(EVERY_PART)
    assert "child" not in text_of(tmp_path / "two.docx"), "the right is the young person's"


def test_the_reasons_go_into_the_letter_and_nowhere_else(redress: Redress, tmp_path: Path) -> None:
    reasons = "Progress was 3 < 4 levels & rising.\nThe school's <b>own</b> help {{ 7 * 7 }} has begun."
    (tmp_path / "why.txt").write_text(reasons, encoding="utf-8")
    redress.does("letter H-1 --reasons why.txt --out one.docx")
    assert reasons in text_of(tmp_path / "one.docx")
    assert all("levels" not in repr(row) for rows in redress.contents().values() for row in rows)


@pytest.mark.parametrize("decision", DECISIONS)
def test_our_template_of_each_decision_makes_its_letter(redress: Redress, tmp_path: Path, decision: str) -> None:
    redress.does(f"open D-1 --decision {decision} --decided 2026-02-20")
    redress.does(f"letter --ours {decision} --out ours.docx")
    assert "{{ right_to_appeal }}" in text_of(tmp_path / "ours.docx")
    redress.does("letter D-1 --template ours.docx --out made.docx")
    redress.does("letter D-1 --out by-default.docx")
    assert text_of(tmp_path / "made.docx") == text_of(tmp_path / "by-default.docx")


def test_the_council_s_own_template_has_its_own_words_around(redress: Redress, tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Own heading of {{ council }}")
    table = document.add_table(rows=1, cols=1)
    table.cell(0, 0).text = "{{ certificate }}"
    document.sections[0].header.paragraphs[0].text = "{{ local_offer }}"
    for name in EVERY_PART:
        if name not in ("certificate", "local_offer"):
            document.add_paragraph(f"{{{{ {name} }}}}")
    document.save(str(tmp_path / "own.docx"))
    redress.does("letter H-2 --template own.docx --out made.docx")
    assert "Own heading of Example County Council" in text_of(tmp_path / "made.docx")
    assert "contact the mediation adviser" in text_of(tmp_path / "made.docx")


@pytest.mark.parametrize("lacking", EVERY_PART)
def test_a_template_without_a_part_is_refused_and_the_part_named(
    redress: Redress, tmp_path: Path, lacking: str
) -> None:
    template(tmp_path / "own.docx", *(f"{{{{ {name} }}}}" for name in EVERY_PART if name != lacking))
    redress.refuses("letter H-2 --template own.docx --out made.docx", "would lack", f"{{{{ {lacking} }}}}")
    assert not (tmp_path / "made.docx").exists()


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [
        ("{{ childs_name }}", "asks for what Redress does not have ('childs_name' is undefined)", 2),
        ("{{ decision", "braces cannot be read", 2),
        ("{{ decision | nothing }}", "braces cannot be read: No filter named 'nothing'.", 2),
        ("{{ decision + 1 }}", "braces cannot be read", 2),
        ("{{ decision() }}", "braces cannot be read", 2),
        ("{{ 1 / 0 }}", "braces cannot be read", 2),
        ("{% for one in range(1000000) %}{% endfor %}", "braces cannot be read", 2),
        ("{{ decision.__class__.__mro__ }}", "braces cannot be read", 2),
        ("{% if false %}{{ reasons }}{% endif %}", "would lack", 3),
    ],
)
def test_a_template_that_asks_for_other_things_is_refused(
    redress: Redress, tmp_path: Path, line: str, said: str, code: int
) -> None:
    others = (f"{{{{ {name} }}}}" for name in EVERY_PART if name != "reasons")
    template(tmp_path / "own.docx", line, *others)
    redress.refuses("letter H-2 --template own.docx --out made.docx", said, code=code)


def test_what_is_no_template_or_no_reason_is_refused(redress: Redress, tmp_path: Path) -> None:
    (tmp_path / "no.docx").write_text("not a Word file", encoding="utf-8")
    (tmp_path / "empty.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "escape.txt").write_text("\x1b[31m", encoding="utf-8")
    redress.refuses("letter H-1 --template no.docx", "is no Word file", code=2)
    redress.refuses("letter H-1 --template none.docx", "cannot be read", code=2)
    for bad in ("empty", "bad", "escape"):
        redress.refuses(f"letter H-1 --reasons {bad}.txt", "--reasons", code=2)
    redress.does("letter H-1 --out one.docx")
    redress.refuses("letter H-1 --out one.docx", "is there already", code=2)
    redress.refuses("letter", "name the case", code=2)
    redress.refuses("letter --ours nothing", "--ours", code=2)
    redress.refuses("letter H-1 --ours plan_issued", "--out alone", code=2)


def test_a_damaged_word_file_is_refused_as_a_template_and_as_a_letter(redress: Redress, tmp_path: Path) -> None:
    redress.does("letter --ours plan_issued --out mine.docx")
    (tmp_path / "book.docx").write_bytes(_made_anew(tmp_path / "mine.docx", b"wordprocessingml", b"spreadsheetml"))
    (tmp_path / "cut.docx").write_bytes(_made_anew(tmp_path / "mine.docx", b"</w:p>", b""))
    for name in ("book", "cut"):
        redress.refuses(f"letter H-1 --template {name}.docx", "is no Word file, or it is damaged: give", code=2)
        redress.refuses(f"advance H-1 send_letter --letter {name}.docx", "is no Word file, or it is damaged")


def _made_anew(file: Path, old: bytes, new: bytes) -> bytes:
    """A Word file of which something in every part is put in place of something else."""
    made = io.BytesIO()
    with ZipFile(file) as read, ZipFile(made, "w") as written:
        for name in read.namelist():
            written.writestr(name, read.read(name).replace(old, new))
    return made.getvalue()


def test_a_case_without_a_decision_or_a_right_has_no_letter(redress: Redress) -> None:
    redress.refuses("letter H-3", "no decision to write about yet")
    redress.refuses("letter H-9", "no case", code=4)
    redress.refuses("letter H-1 --on 2026-02-19", "before decided_on")
    redress.does("record H-1 issued_on_tribunal_order=true")
    redress.refuses("letter H-1", "no routine right of appeal")


def test_the_settings_are_read_strictly(redress: Redress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(text: str) -> None:
        (tmp_path / "s.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "s.toml"))

    settings('[council]\nname = "C"\n')
    redress.refuses("letter H-1", "would lack the right to appeal", "[contacts.tribunal]")
    settings("[contacts.tribunal]\nname = 'T'\n")
    redress.refuses("letter H-1", "[council] name")
    settings("[council]\nname = 'C'\nnmae = 'D'\n")
    redress.refuses("letter H-1", "council.nmae", "extra inputs", code=2)
    settings("[contacts.tribunl]\nname = 'T'\n")
    redress.refuses("letter H-1", "tribunl", "it is one of", code=2)
    settings("[council\n")
    redress.refuses("letter H-1", "are not TOML", code=2)
    settings("[council]\nname = ''\n")
    redress.refuses("letter H-1", "council.name", code=2)
    monkeypatch.setenv("REDRESS_SETTINGS", str(tmp_path / "none.toml"))
    redress.refuses("letter H-1", "cannot be read", code=2)
    monkeypatch.setenv("REDRESS_SETTINGS", "")  # as good as not set
    redress.refuses("letter H-1", "[council] name")
    monkeypatch.delenv("REDRESS_SETTINGS")
    redress.refuses("letter H-1", "[council] name")


# --- sending ---------------------------------------------------------------------------------------------------------


def test_the_hash_of_what_was_sent_is_recorded(redress: Redress, tmp_path: Path) -> None:
    redress.does("letter H-1 --out one.docx")
    sent = finished(tmp_path / "one.docx", tmp_path / "sent.docx")
    redress.does("advance H-1 send_letter --letter sent.docx")
    assert redress.case()["facts"]["letter_sha256"] == hashlib.sha256(sent.read_bytes()).hexdigest()
    assert redress.is_intact()
    redress.does("letter H-1 --out copy.docx")
    assert "Tuesday 24 February 2026" in text_of(tmp_path / "copy.docx"), "the recorded day of sending"


def test_a_letter_that_names_the_days_of_another_sending_is_refused(redress: Redress, tmp_path: Path) -> None:
    redress.does("letter H-1 --on 2026-02-23 --out one.docx")
    finished(tmp_path / "one.docx", tmp_path / "sent.docx")
    redress.refuses(
        "advance H-1 send_letter --letter sent.docx", "does not name Friday 24 April 2026, the last day to appeal",
        "redress letter H-1 --on 2026-02-24",
    )  # fmt: skip
    assert redress.state() == "plan_issued"
    redress.does("advance H-1 send_letter --on 2026-02-23 --letter sent.docx")


def test_a_letter_that_is_not_finished_is_refused(redress: Redress, tmp_path: Path) -> None:
    redress.does("letter H-1 --out one.docx")
    redress.refuses("advance H-1 send_letter --letter one.docx", "still has [Name] in it")
    (tmp_path / "no.docx").write_text("no", encoding="utf-8")
    redress.refuses("advance H-1 send_letter --letter no.docx", "is no Word file")
    redress.refuses("advance H-1 close --letter one.docx", "goes with send_letter", code=2)
    redress.refuses("advance H-1 send_letter --letter none.docx", "cannot be read", code=2)


def test_of_another_kind_of_file_only_the_hash_is_kept_and_that_is_said(redress: Redress, tmp_path: Path) -> None:
    (tmp_path / "sent.pdf").write_bytes(b"%PDF-1.7")
    answer = redress.does("advance H-1 send_letter --letter sent.pdf")
    assert "its dates were not looked at" in answer.err
    assert redress.case()["facts"]["letter_sha256"] == hashlib.sha256(b"%PDF-1.7").hexdigest()


def test_the_hash_is_sealed_and_erased_with_the_case(redress: Redress, tmp_path: Path) -> None:
    (tmp_path / "sent.pdf").write_bytes(b"%PDF-1.7")
    redress.does("advance H-1 send_letter --letter sent.pdf")
    digest = hashlib.sha256(io.BytesIO(b"%PDF-1.7").read()).hexdigest()
    assert all(digest not in repr(row) for row in redress.contents()["log"])
    redress.does("advance H-1 close --fact closing_reason=moved_away")
    redress.at("2033-01-05T09:00:00+00:00").does("retain --older-than 2y --apply")
    assert all(digest not in repr(row) for rows in redress.contents().values() for row in rows)
    assert redress.is_intact()


def test_a_letter_beside_what_waits_for_a_second_person_is_no_fault(redress: Redress, tmp_path: Path) -> None:
    (tmp_path / "sent.pdf").write_bytes(b"%PDF-1.7")
    redress.does("policy --set second-person=on")
    answer = redress.run("advance H-1 send_letter --letter sent.pdf --fact late_permission_on=2026-02-24")
    assert answer.code == 0, answer
    assert "waits for a second person" in answer.out
    assert redress.state() == "plan_issued"
