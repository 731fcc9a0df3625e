"""All that is held about a case, for the person whom it is about; and the warnings about what notes should not hold."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from persistence.database import Database
from persistence.refusals import Refusal, record_refusal
from persistence.sealing import seal
from persistence.unit import unit_of_work
from tests.acceptance.command import Redress

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20 --note 'rang at noon' --actor ann
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email --actor bob
    record H-1 certificate_reference=MED/4711 --actor ann
    open H-2 --decision plan_refused --decided 2026-02-20 --note 'not about this one'
"""
ASKED = '{"facts":{},"kind":"correct","note":null,"on":null,"trigger":""}'


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def with_rows_beside(redress: Redress) -> None:
    """A refused attempt, a proposal that waits, and the reason why the case was set aside."""
    key, token = redress.rows("SELECT key, token FROM case_keys JOIN cases ON id = case_id WHERE id = 1")[0]
    change = seal(key, token, 3, "proposal", ASKED)
    now = "(SELECT recorded_at FROM log WHERE case_id = 1 AND seq = 1)"
    with_a_refusal(redress)
    redress.behind_its_back(
        f"INSERT INTO proposals (case_id, version, proposed_at, actor, change) VALUES (1, 3, {now}, 'ann', '{change}')",
        "INSERT INTO set_aside (case_id, deadline, why, since, definition) "
        f"VALUES (1, 'lodge_appeal', 'no such rule', {now}, 'old')",
    )


def with_a_refusal(redress: Redress) -> None:
    refusal = Refusal(
        case="H-1", at=datetime(2026, 2, 24, 9, tzinfo=UTC), actor="bob", role="caseworker", kind="advance",
        trigger="close", state="letter_sent", guard="role", why="bob may not do this: ann must confirm it",
    )  # fmt: skip
    database = Database(redress.url)
    with unit_of_work(database) as unit:
        case = unit.case("H-1")
        assert case is not None
        record_refusal(unit, case, refusal)
        unit.commit()
    database.close()


def test_the_document_holds_everything(redress: Redress) -> None:
    with_rows_beside(redress)
    document = redress.does("subject-access H-1 --json").document
    shown = redress.case("H-1")
    assert (document["reference"], document["state"]) == ("H-1", "letter_sent")
    assert document["made_at"] == "2026-02-24T09:00:00+00:00"
    facts = {fact["name"]: (fact["value"], fact["means"], fact["value_means"]) for fact in document["facts"]}
    assert facts.keys() == shown["facts"].keys() | {"decision", "party"}
    assert facts["decision"] == (
        "plan_refused", "The decision that the case is about", "Plan refused after an assessment",
    )  # fmt: skip
    assert facts["certificate_reference"][0] == "MED/4711"
    assert [row["id"] for row in document["deadlines"]] == [row["id"] for row in shown["deadlines"]]
    assert all(row["source"] and row["words"] for row in document["deadlines"])
    log = redress.log("H-1")
    assert [{name: value for name, value in entry.items() if name != "says"} for entry in document["log"]] == log
    assert '"rang at noon"' in document["log"][0]["says"]
    (refused,) = document["refused_attempts"]
    assert (refused["actor"], refused["trigger"]) == ("bob", "close")
    assert refused["why"] == "bob may not do this: ann must confirm it"
    assert refused["at"].startswith("2026-02-24T09:00:00")
    assert document["waiting_proposal"]["change"] == ASKED
    assert document["set_aside"]["why"] == "no such rule"
    assert len(document["to_be_added_by_the_council"]) == 8
    assert "not about this one" not in json.dumps(document)


def test_without_staff_names_nobody_of_the_staff_is_named(redress: Redress) -> None:
    with_rows_beside(redress)
    answer = redress.does("subject-access H-1 --json --without-staff-names")
    for name in ("ann", "bob"):
        assert f'"{name}' not in answer.out
        assert f"[{name}" not in answer.out
    document = answer.document
    assert [entry["actor"] for entry in document["log"]] == [
        "member of staff 1", "member of staff 2", "member of staff 1",
    ]  # fmt: skip
    why = "member of staff 2 may not do this: member of staff 1 must confirm it"
    assert document["refused_attempts"][0]["why"] == why


def test_a_login_of_a_domain_is_renamed_as_any_other(after: Callable[[str], Redress]) -> None:
    redress = after(STORY.replace("ann", r"'COUNCIL\jsmith'").replace("bob", "smith"))
    redress.does(["record", "H-1", "letter_dated_on=2026-02-23", "--note", r"with COUNCIL\jsmith", "--actor", "jsmith"])
    redress.refuses(["advance", "H-1", "make_order", "--fact", "kind=assess", "--actor", r"COUNCIL\jsmith"])
    for names in ((), ("--without-staff-names",)):
        document = redress.does(["subject-access", "H-1", "--json", *names]).document
        called = "member of staff 1" if names else r"COUNCIL\jsmith"
        assert document["log"][3]["note"] == f"with {called}"
        assert document["refused_attempts"][0]["actor"] == called


def test_who_only_proposed_is_a_member_of_staff_too(after: Callable[[str], Redress]) -> None:
    redress = after(
        STORY
        + """
        policy --set second-person=on --actor ann
        record H-1 late_permission_on=2026-02-24 --actor cal
        """
    )
    redress.refuses("record H-1 late_permission_on=2026-02-23 --actor ann", "cal has proposed")
    redress.does("confirm H-1 --drop --actor ann")
    redress.does("record H-1 late_permission_on=2026-02-24 --note 'as told by staff' --actor staff")
    redress.does("confirm H-1 --actor bob")
    document = redress.does("subject-access H-1 --json --without-staff-names").document
    assert document["log"][-1]["note"] == "as told by member of staff 4 (proposed by member of staff 4)"
    assert document["refused_attempts"][0]["why"].startswith("H-1: member of staff 3 has proposed")


def test_the_daemon_is_no_member_of_staff(redress: Redress) -> None:
    redress.at("2026-04-23T19:00:00+01:00").does("daemon --once")
    document = redress.does("subject-access H-1 --json --without-staff-names").document
    assert document["log"][-1]["actor"] == "redress daemon"


def test_the_page_can_be_read_by_a_person(redress: Redress) -> None:
    with_rows_beside(redress)
    page = redress.does("subject-access H-1").out
    for line in (
        "All that is held about the case H-1\nas it stood on 24 February 2026 at 09:00 in London\n",
        "- The adviser's reference of the certificate: MED/4711\n",
        "- Lodge the appeal with the Tribunal, by 2026-04-23 (the family; HESC Rules 2008 r.20(1)(c)): still to come\n",
        'plan refused after an assessment -> plan_refused [ann, recorded Tue 24 Feb 2026] "rang at noon"\n',
        "- 24 February 2026 at 09:00 in London, close by bob: bob may not do this: ann must confirm it\n",
        f"\nWhat waits for a second person\n------------------------------\n- {ASKED}\n",
        "\nWhat could not be handled\n-------------------------\n- no such rule\n",
        "- the right to complain to the Information Commissioner (art 15(1)(f))\n",
    ):
        assert line in page


def test_what_there_is_none_of_has_no_heading(redress: Redress) -> None:
    page = redress.does("subject-access H-1").out
    assert "refused" not in page.replace("plan_refused", "").replace("lan refused", "")
    assert "second person" not in page


@pytest.mark.parametrize("form", ["", "--json"])
def test_the_file_is_new_and_for_its_owner_alone(redress: Redress, tmp_path: Path, form: str) -> None:
    file = tmp_path / "h-1.out"
    said = redress.does(f"subject-access H-1 --out {file} {form}")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text(encoding="utf-8") == redress.does(f"subject-access H-1 {form}").out
    if form:
        assert said.document == {"reference": "H-1", "written_to": str(file)}
    else:
        assert said.out == f"H-1: written to {file}, which only you can read.\n"
    redress.refuses(f"subject-access H-1 --out {file}", "is there already", code=2)


def test_there_must_be_such_a_case_and_such_a_folder(redress: Redress, tmp_path: Path) -> None:
    redress.refuses("subject-access H-9", "no case H-9", code=4)
    redress.refuses(f"subject-access H-1 --out {tmp_path}/none/h-1.txt", "cannot be written", code=2)


# --- notes -----------------------------------------------------------------------------------------------------------

NOTED = (
    "open H-7 --decision plan_refused --decided 2026-02-20 --note",
    "advance H-1 advise_mediation --note",
    "record H-1 letter_received_on=2026-02-24 --note",
    "correct H-1 letter_method=post --reason",
    "hold H-1 --for inquiry --note",
)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("command", NOTED)
def test_a_note_that_names_somebody_is_warned_about_and_taken(redress: Redress, command: str) -> None:
    answer = redress.does(f"{command} 'Mrs Khan rang from 07700 900123' --json")
    assert answer.err == (
        "redress: the note looks as if it held a name and a phone number, and it is kept with the case: name people by "
        "their references, and leave out what else could tell who they are.\n"
    )
    reference = answer.document["reference"]
    assert redress.log(reference)[-1]["note"] == "Mrs Khan rang from 07700 900123"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("command", NOTED)
def test_any_other_note_is_met_with_what_it_must_not_hold(redress: Redress, command: str) -> None:
    answer = redress.does(f"{command} 'by the panel'")
    kept = "the note is kept until the case is erased; it must hold no name, address or diagnosis."
    assert answer.err == f"redress: {kept}\n"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "command",
    [
        "open 943-476-5919 --decision plan_refused --decided 2026-02-20",
        "open AB123456C --decision plan_refused --decided 2026-02-20",
        "record H-2 certificate_reference=9434765919",
    ],
)
def test_somebody_s_own_number_is_warned_about_as_a_reference(redress: Redress, command: str) -> None:
    assert "looks like a person's own number" in redress.does(command).err


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_office_s_own_reference_is_not(redress: Redress) -> None:
    opened = redress.does("open H-10 --decision plan_refused --decided 2026-02-20")
    assert opened.err == ""
    assert redress.does("record H-2 certificate_reference=9434765918").err == ""
