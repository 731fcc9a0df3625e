"""The contract of the command line: names, fields, and where things are said; its exit codes have their own file."""

import json
import pwd
import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from os import getuid
from pathlib import Path

import pytest

from persistence.database import Database
from persistence.migrate import upgrade
from tests.acceptance.asking import looking
from tests.acceptance.command import Redress, run_here, run_process
from tests.backends import is_sqlite

# The contract's own example: show --json, word for word.
EXAMPLE = {
    "reference": "H-1042",
    "decision": "assessment_refused",
    "state": "letter_sent",
    "version": 2,
    "facts": {"decided_on": "2026-02-20", "letter_sent_on": "2026-02-23", "letter_method": "email"},
}
EXAMPLE_DEADLINE = {
    "id": "lodge_appeal",
    "kind": "boundary",
    "status": "armed",
    "due_on": "2026-04-23",
    "fires_at": "2026-04-23T17:00:00+01:00",
    "source": "HESC Rules 2008 r.20(1)(c)",
    "verified": True,
}
EXAMPLE_STORY = """
    @ 2026-02-24T09:30:00+00:00
    open H-1042 --decision assessment_refused --decided 2026-02-20
    advance H-1042 send_letter --on 2026-02-23 --fact letter_method=email
"""
ENTRY_FIELDS = {
    "case", "seq", "trigger", "source", "dest", "on", "recorded_at", "actor", "note", "facts", "previous", "hash",
}  # fmt: skip

# Every command of the contract that shows something, on a database with the example in it.
SHOWS = (
    "init",
    "open H-2 --decision plan_ceased --decided 2026-02-20",
    "advance H-1042 advise_mediation --on 2026-02-24",
    "record H-1042 letter_received_on=2026-02-24",
    "correct H-1042 letter_method=post --reason misread",
    "show H-1042",
    "next H-1042",
    "explain H-1042 lodge_appeal",
    "worklist",
    "worklist --within 90",
    "worklist --overdue",
    "worklist --state letter_sent",
    "calculate letter_sent_on=2026-06-20",
    "daemon --once",
    "audit log",
    "audit log H-1042",
    "audit verify",
    "diagram",
    "diagram H-1042",
    "doctor",
)


@pytest.fixture
def example(after: Callable[[str], Redress]) -> Redress:
    return after(EXAMPLE_STORY)


def test_show_gives_the_documented_document(example: Redress) -> None:
    case = example.case("H-1042")
    assert {name: case[name] for name in EXAMPLE} == EXAMPLE
    assert {**example.deadline("lodge_appeal", "H-1042"), **EXAMPLE_DEADLINE} == example.deadline(
        "lodge_appeal", "H-1042"
    )
    assert {"trigger": "advise_mediation", "allowed": True, "why_not": None} in case["next"]


def test_every_deadline_and_every_next_step_has_the_documented_fields(example: Redress) -> None:
    case = example.case("H-1042")
    assert {"lodge_appeal", "contact_adviser"} == {each["id"] for each in case["deadlines"]}
    assert all(each.keys() >= EXAMPLE_DEADLINE.keys() for each in case["deadlines"])
    assert all(each.keys() == {"trigger", "allowed", "why_not"} for each in case["next"])
    assert all(each["allowed"] == (each["why_not"] is None) for each in case["next"])
    assert {each["trigger"] for each in case["next"] if not each["allowed"]} >= {"lodge_appeal", "expire_appeal"}


def test_next_answers_why_not_for_triggers_of_other_states_too(example: Redress) -> None:
    document = example.does("next H-1042 --json").document
    assert document["reference"] == "H-1042"
    assert document["state"] == "letter_sent"
    reasons = {each["trigger"]: each["why_not"] for each in document["next"]}
    assert reasons["advise_mediation"] is None
    assert "certificate" in reasons["lodge_appeal"]
    assert "mediation_requested" in reasons["conclude_mediation"]
    assert "plan_refused" in reasons["send_letter"]


@pytest.mark.parametrize("command", SHOWS)
def test_json_is_one_document_and_nothing_else(example: Redress, command: str) -> None:
    behind = example.does(f"{command} --json")
    assert json.loads(behind.out) is not None
    if command.startswith("daemon"):  # its log
        assert [json.loads(line)["event"] for line in behind.err.splitlines()] == ["checkpoint made"]
    else:
        assert behind.err == "" or "--reason" in command  # then a word of warning about what a note may hold


@pytest.mark.parametrize("command", [each for each in SHOWS if each.split()[0] not in ("open", "advance", "record")])
def test_global_options_may_stand_in_front(example: Redress, command: str) -> None:
    assert json.loads(example.does(f"--json {command}").out) is not None


def test_without_json_a_page_is_shown_without_terminal_codes(example: Redress) -> None:
    for command in ("show H-1042", "next H-1042", "explain H-1042 lodge_appeal", "worklist", "audit log", "doctor"):
        page = example.does(command).out
        assert len(page.splitlines()) > 1
        assert "\x1b" not in page


def test_the_log_of_the_daemon_goes_to_standard_error(example: Redress) -> None:
    answer = example.at("2026-04-23T17:00:00+01:00").does("daemon --once --json")
    assert answer.document["fired"] == [
        {
            "case": "H-1042",
            "deadline": "lodge_appeal",
            "trigger": "expire_appeal",
            "state": "appeal_expired",
            "late_seconds": 0,
        }
    ]
    events = [json.loads(line) for line in answer.err.splitlines()]
    assert [(event["event"], event.get("case")) for event in events] == [
        ("deadline fired", "H-1042"),
        ("checkpoint made", None),
    ]


def test_audit_log_has_the_documented_fields_oldest_first(example: Redress) -> None:
    example.does(["correct", "H-1042", "letter_method=hand", "--reason", "the receipt says so"])
    opened, sent, corrected = example.log("H-1042")
    assert all(entry.keys() >= ENTRY_FIELDS for entry in (opened, sent, corrected))
    assert [entry["seq"] for entry in (opened, sent, corrected)] == [1, 2, 3]
    assert (opened["trigger"], opened["source"], opened["dest"]) == ("open", "unopened", "assessment_refused")
    assert (sent["case"], sent["trigger"], sent["on"]) == ("H-1042", "send_letter", "2026-02-23")
    assert (sent["source"], sent["dest"]) == ("assessment_refused", "letter_sent")
    assert sent["facts"] == {"letter_sent_on": "2026-02-23", "letter_method": "email"}
    logged_in = pwd.getpwuid(getuid()).pw_name
    assert sent["actor"] == (logged_in if is_sqlite(example.url) else example.rows("SELECT session_user")[0][0])
    assert (sent["note"], corrected["note"]) == (None, "the receipt says so")
    assert corrected["facts"] == {"letter_method": "hand"}


def test_instants_bear_an_offset_and_days_are_iso(example: Redress) -> None:
    for entry in example.log("H-1042"):
        assert datetime.fromisoformat(entry["recorded_at"]) == datetime.fromisoformat("2026-02-24T09:30:00+00:00")
        assert len(entry["on"]) == len("2026-02-24")
    for each in example.case("H-1042")["deadlines"]:
        assert datetime.fromisoformat(each["fires_at"]).utcoffset() is not None


def test_the_entries_of_a_case_are_chained(example: Redress) -> None:
    opened, sent = example.log("H-1042")
    assert opened["previous"] == "0" * 64
    assert sent["previous"] == opened["hash"]
    assert len({opened["hash"], sent["hash"]}) == 2


def test_audit_log_without_a_reference_is_of_every_case(example: Redress) -> None:
    example.live("open H-2 --decision plan_ceased --decided 2026-02-20")
    assert [(entry["case"], entry["seq"]) for entry in example.log(None)] == [("H-1042", 1), ("H-1042", 2), ("H-2", 1)]
    assert [entry["case"] for entry in example.log("H-2")] == ["H-2"]


def test_audit_verify_counts_what_it_read(example: Redress) -> None:
    example.live("open H-2 --decision plan_ceased --decided 2026-02-20")
    assert example.does("audit verify --json").document == {"intact": True, "entries": 3, "cases": 2}


def test_open_takes_requested_party_facts_and_a_note(redress: Redress) -> None:
    redress.at("2026-03-02T09:00:00+00:00").does(
        "open H-1 --decision plan_issued --requested 2025-10-01 --decided 2026-02-20 --party young_person "
        "--fact draft_plan_served_on=2026-01-05 --fact review_meeting_on=2025-12-01 --note 'by the panel'"
    )
    case = redress.case()
    assert (case["decision"], case["party"], case["state"], case["version"]) == (
        "plan_issued", "young_person", "plan_issued", 1,
    )  # fmt: skip
    assert case["facts"] == {
        "requested_on": "2025-10-01",
        "decided_on": "2026-02-20",
        "draft_plan_served_on": "2026-01-05",
        "review_meeting_on": "2025-12-01",
    }
    assert redress.log()[0]["note"] == "by the panel"


def test_hyphens_are_taken_for_underscores_everywhere(redress: Redress) -> None:
    redress.live("""
        @ 2026-03-02T09:00:00+00:00
        open H-1 --decision plan-refused --decided 2026-02-20 --party young-person
        advance H-1 send-letter --on 2026-02-23 --fact letter-method=post-second-class
        record H-1 letter-received-on=2026-02-27
        advance H-1 advise-mediation
        correct H-1 adviser-contacted-on=2026-03-01 --reason misread
        explain H-1 lodge-appeal
        worklist --state mediation-advised
        calculate letter-sent-on=2026-06-20
    """)
    case = redress.case()
    assert (case["decision"], case["party"], case["state"]) == ("plan_refused", "young_person", "mediation_advised")
    assert case["facts"] == {
        "decided_on": "2026-02-20",
        "letter_sent_on": "2026-02-23",
        "letter_method": "post_second_class",
        "letter_received_on": "2026-02-27",
        "adviser_contacted_on": "2026-03-01",
    }
    assert redress.log()[1]["trigger"] == "send_letter"


def test_without_on_a_trigger_happened_today_in_london(redress: Redress) -> None:
    redress.live("""
        @ 2026-06-30T23:30:00+00:00
        open H-1 --decision plan_refused --decided 2026-06-30
        advance H-1 send_letter
    """)
    assert redress.case()["facts"]["letter_sent_on"] == "2026-07-01"


def test_explain_gives_each_step_with_its_source(example: Redress) -> None:
    document = example.does("explain H-1042 lodge_appeal --json").document
    assert (document["due_on"], document["fires_at"]) == ("2026-04-23", "2026-04-23T17:00:00+01:00")
    assert len(document["steps"]) > 3
    assert all(step["source"] for step in document["steps"])
    assert any("2 months" in step["text"] and step["day"] == "2026-04-23" for step in document["steps"])


def test_a_date_whose_provision_was_not_read_says_so_wherever_it_is_shown(redress: Redress) -> None:
    redress.live("""
        @ 2026-02-24T09:00:00+00:00
        open M-1 --decision plan_refused --decided 2026-02-20
        advance M-1 send_letter --on 2026-02-23 --fact letter_method=email
    """)
    check = "check before relying on it"
    for command in ("show M-1", "worklist"):
        assert check not in redress.does(command).out, "these dates were held against the provisions' own words"
    redress.does("advance M-1 advise_mediation --on 2026-02-24")
    said = redress.does("advance M-1 decline_mediation --on 2026-02-24").out
    assert check in said.partition("\n")[2]
    for command in ("show M-1", "worklist"):
        page = redress.does(command).out
        assert re.search(r"^.*Fri 27 Feb 2026 .*Issue the certificate: .*\n?.*wanted \*", page, re.MULTILINE), page
        assert check in page
    verified = {line["deadline"]: line["verified"] for line in redress.does("worklist --json").document}
    assert verified["certificate_after_decline"] is False
    with looking(redress.url) as browser:
        for path in ("/", "/due?when=2026-02-23", "/case?reference=M-1"):
            assert f"Issue the certificate: mediation is not wanted {check}" in browser.sees(path).words, path


def test_the_worklist_is_soonest_first_and_filters(redress: Redress) -> None:
    redress.live("""
        @ 2026-03-02T09:00:00+00:00
        open H-1 --decision plan_refused --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
        open H-2 --decision plan_refused --decided 2026-01-20
        advance H-2 send_letter --on 2026-01-20 --fact letter_method=email
        open H-3 --decision plan_refused --decided 2026-01-20
        open H-4 --decision plan_refused --requested 2025-10-20
    """)

    def lines(options: str) -> list[tuple[str, str]]:
        found = redress.does(f"worklist {options} --json").document
        return [(line["reference"], line["due_on"]) for line in found]

    every = [("H-4", "2026-02-09"), ("H-2", "2026-03-20"), ("H-2", "2026-03-20"), ("H-1", "2026-04-23")]
    assert lines("") == [*every, every[-1]]
    assert lines("--within 18") == every[:3]
    assert lines("--within 17") == every[:1]
    assert lines("--overdue") == every[:1]
    assert lines("--state letter_sent") == [*every[1:], every[-1]]
    assert lines("--state plan_refused") == [("H-3", None)]


def test_the_worklist_says_of_each_date_whether_its_provision_was_read(redress: Redress) -> None:
    redress.live("""
        @ 2026-03-02T09:00:00+00:00
        open H-1 --decision plan_refused --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
        open H-2 --decision plan_refused --decided 2026-02-20
        advance H-2 send_letter --on 2026-02-23 --fact letter_method=email
        advance H-2 advise_mediation --on 2026-02-24
        advance H-2 decline_mediation --on 2026-02-25
        open H-3 --decision plan_refused --decided 2026-02-20
    """)
    lines = redress.does("worklist --json").document + redress.does("worklist --state plan_refused --json").document
    assert {(line["reference"], line["deadline"]): line["verified"] for line in lines} == {
        ("H-1", "contact_adviser"): True, ("H-1", "lodge_appeal"): True, ("H-2", "certificate_after_decline"): False,
        ("H-3", None): None,
    }  # fmt: skip


def test_diagram_is_mermaid_with_the_path_of_the_case(example: Redress) -> None:
    assert example.does("diagram").out.startswith("stateDiagram-v2\n")
    main_road = example.does("diagram --json").document["mermaid"]
    assert "letter_sent --> mediation_advised : advise_mediation" in main_road
    assert "class letter_sent here" in example.does("diagram H-1042").out
    assert "class letter_sent" not in main_road


# --- which database ---------------------------------------------------------------------------------------------------


def test_init_twice_changes_nothing(url: str) -> None:
    made = Redress(url)
    made.does("init")
    made.live("open H-1 --decision plan_refused --decided 2026-03-02")
    before = made.contents()
    assert made.does("init --json").document["simulated"] is False
    assert made.contents() == before
    assert made.is_intact()


def test_simulated_is_for_new_databases_only(url: str) -> None:
    real = Redress(url)
    real.does("init")
    real.refuses("init --simulated", "new databases only", code=2)
    real.refuses("--as-at 2026-03-02T09:00:00+00:00 worklist", "simulated", code=2)


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("init --as-at 2026-02-23T09:00:00+00:00", "init --simulated --as-at 2026-02-23T09:00:00+00:00"),
        ("init --simulated --as-at 2026-02-24T09:00", "init --simulated --as-at 2026-02-24T09:00:00+00:00"),
        ("init --window-basis posted", "init --window-basis sent"),
    ],
)
def test_an_init_that_is_refused_makes_nothing_and_is_then_typed_rightly(url: str, words: str, right: str) -> None:
    made = Redress(url)
    answer = made.run(words)
    assert (answer.code, answer.out) == (2, "")
    assert made.run("worklist").code == 7  # there is none yet
    assert not is_sqlite(url) or not made.path.exists()
    made.does(right)
    assert made.is_intact()


def test_an_init_that_is_refused_upgrades_nothing(url: str) -> None:
    old = Redress(url)
    with closing(Database(old.url)) as database:
        upgrade(database, to="0001")
    policy = json.dumps({"window_basis": "received"})
    old.behind_its_back(f"INSERT INTO meta (key, value) VALUES ('policy', '{policy}')")
    for words in ("--simulated", "--window-basis sent", "--as-at 2026-02-24T09:00:00+00:00"):
        assert old.run(f"init {words}").code == 2
        assert old.rows("SELECT version_num FROM alembic_version") == [("0001",)]
    assert old.does("init --json").document["done"] == "upgraded"


def test_the_embedded_database_is_not_made_by_a_clock_that_it_cannot_take(tmp_path: Path) -> None:
    refused = run_process(["--as-at", "2026-03-02T09:00:00+00:00", "worklist"], cwd=tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert "redress init --simulated" in refused.err
    assert not (tmp_path / "var").exists()


def test_a_simulated_database_stays_simulated(redress: Redress) -> None:
    redress.live("""
        @ 2026-03-02T09:00:00+00:00
        init
        init --simulated
        open H-1 --decision plan_refused --decided 2026-03-02
    """)
    assert redress.log()[0]["recorded_at"].startswith("2026-03-02T09:00:00")


def test_the_embedded_database_is_made_under_var_on_first_use(tmp_path: Path) -> None:
    opened = run_process(["open", "H-1", "--decision", "plan_refused", "--decided", "2026-03-02"], cwd=tmp_path)
    assert (opened.code, opened.err) == (0, "")
    assert [path.parent for path in tmp_path.rglob("*.db")] == [tmp_path / "var"]
    shown = run_process(["show", "H-1", "--json"], cwd=tmp_path)
    assert (shown.document["state"], shown.err) == ("plan_refused", "")


def test_the_embedded_database_can_be_made_simulated(tmp_path: Path) -> None:
    made = run_process(["init", "--simulated"], cwd=tmp_path)
    assert (made.code, made.err) == (0, "")
    words = ["--as-at", "2026-03-02T09:00:00+00:00", "open", "H-1", "--decision", "plan_refused"]
    assert run_process([*words, "--decided", "2026-03-02"], cwd=tmp_path).code == 0


def test_the_environment_names_the_database_and_the_option_beats_it(redress: Redress, url: str, tmp_path: Path) -> None:
    redress.live(EXAMPLE_STORY)
    environment = {"REDRESS_DATABASE_URL": redress.url}
    assert run_process(["show", "H-1042", "--json"], cwd=tmp_path, environment=environment).document["version"] == 2
    other = Redress(url)
    other.does("init")
    beaten = run_process(["--database", other.url, "worklist", "--json"], cwd=tmp_path, environment=environment)
    assert beaten.document == []
    assert not (tmp_path / "var").exists()


# --- the simulated clock ----------------------------------------------------------------------------------------------


def test_the_clock_stands_where_it_was_set_for_every_later_command(redress: Redress) -> None:
    redress.at("2024-01-15T10:00:00+00:00").does("worklist")  # in the past, as the first one may be
    redress.live("open H-1 --decision plan_refused --decided 2024-01-15")
    redress.live("advance H-1 send_letter")
    assert {entry["recorded_at"] for entry in redress.log()} == {"2024-01-15T10:00:00+00:00"}
    assert redress.case()["facts"]["letter_sent_on"] == "2024-01-15"


def test_the_clock_never_goes_back(example: Redress) -> None:
    example.at("2026-02-24T09:29:59+00:00").refuses("worklist", "never goes back", "2026-02-24T09:30", code=2)
    example.at("2026-02-24T09:30:00+00:00").does("worklist")
    example.at("2026-02-24T10:30:01+01:00").does("worklist")  # one second on, told with another offset
    example.at("2026-02-24T09:30:00+00:00").refuses("worklist", "never goes back", code=2)


def test_a_refused_command_leaves_the_clock_where_it_was_set(example: Redress) -> None:
    example.at("2026-03-09T12:00:00+00:00").refuses("advance H-1042 lodge_appeal", "certificate")
    example.live("advance H-1042 advise_mediation")
    assert example.log("H-1042")[-1]["recorded_at"] == "2026-03-09T12:00:00+00:00"


@pytest.mark.parametrize("instant", ["2026-03-02", "2026-03-02T09:00:00", "tomorrow", "", "2026-13-02T09:00:00Z"])
def test_as_at_wants_an_instant_with_its_offset(example: Redress, instant: str) -> None:
    example.refuses(["--as-at", instant, "worklist"], "offset", code=2)


def test_a_simulated_database_starts_at_the_real_now(redress: Redress) -> None:
    before = datetime.now().astimezone()
    redress.live("open H-1 --decision plan_refused --decided 2026-03-02")
    recorded = datetime.fromisoformat(redress.log()[0]["recorded_at"])
    assert abs((before - recorded).total_seconds()) < 3600


def test_daemon_once_sweeps_as_the_clock_will_then_stand(example: Redress) -> None:
    example.at("2026-04-23T17:00:00+01:00")
    assert example.sweep() == [("H-1042", "lodge_appeal", "expire_appeal")]
    assert example.state("H-1042") == "appeal_expired"


def test_the_actor_may_be_named_only_where_policy_lets_it(example: Redress, url: str) -> None:
    example.live("advance H-1042 advise_mediation --actor clerk")
    assert example.log("H-1042")[-1]["actor"] == "clerk"
    real = Redress(url)
    real.does("init")
    real.refuses("--actor clerk open H-1 --decision plan_refused --decided 2026-03-02", "--actor")


def test_help_names_every_command_and_trigger() -> None:
    page = run_here(["--help"]).out
    for name in ("init", "open", "advance", "record", "correct", "show", "next", "explain", "worklist", "calculate",
                 "daemon", "audit", "diagram", "doctor"):  # fmt: skip
        assert f"\n  {name}" in page
    triggers = run_here(["advance", "--help"]).out
    for name in ("send_letter", "advise_mediation", "decline_mediation", "request_mediation", "mediation_not_arranged",
                 "conclude_mediation", "issue_certificate", "lodge_appeal", "expire_appeal", "concede", "close",
                 "respond_to_appeal", "make_order", "recommend", "comply", "withdraw_appeal"):  # fmt: skip
        assert name in triggers
