"""`redress calculate`: dates without a case, one by one and ten thousand in one process."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.acceptance.command import Answer, Redress, run_here, run_process

LINE = {
    "decision": "assessment_refused",
    "letter_sent_on": "2026-06-20",
    "letter_method": "email",
    "certificate_issued_on": "2026-07-10",
    "window_basis": "sent",
}


def calculate(*lines: object) -> Answer:
    """The command with these lines, each an object to be written as JSON, or text as it stands."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return run_here(["calculate", "--jsonl"], "\n".join(written) + "\n")


def test_the_contracts_own_example() -> None:
    answer = calculate(LINE)
    assert (answer.code, answer.err) == (0, "")
    (found,) = answer.lines
    assert found["lodge_appeal"]["due_on"] == "2026-09-01"
    assert found["lodge_appeal"]["fires_at"] == "2026-09-01T17:00:00+01:00"
    assert found["contact_adviser"]["due_on"] == "2026-08-20"


def test_ten_thousand_lines_in_one_process_in_their_order() -> None:
    first = date(2026, 1, 1)
    days = [first + timedelta(days=n % 700) for n in range(10_000)]
    lines = [json.dumps({"letter_sent_on": day.isoformat(), "letter_method": "email"}) for day in days]
    for n in range(0, 10_000, 100):
        lines[n] = f"no JSON on line {n}"
    answer = run_process(["calculate", "--jsonl"], "\n".join(lines) + "\n")
    assert (answer.code, answer.err) == (0, "")
    answers = answer.lines
    assert len(answers) == 10_000
    assert [n for n, found in enumerate(answers) if "error" in found] == list(range(0, 10_000, 100))
    for n in (1, 181, 9_999):
        (alone,) = calculate(lines[n]).lines
        assert answers[n] == alone
    for day, found in zip(days, answers, strict=True):
        if "error" not in found:
            assert found.keys() == {"lodge_appeal", "contact_adviser"}
            assert (day + timedelta(days=59)).isoformat() <= found["contact_adviser"]["due_on"]
            assert found["contact_adviser"]["due_on"] <= (day + timedelta(days=62)).isoformat()


BAD_LINES = (
    ("", "JSON"),
    ("{", "JSON"),
    ("nonsense", "JSON"),
    ("[]", "object"),
    ('["letter_sent_on"]', "object"),
    ("17", "object"),
    ("null", "object"),
    ('"letter_sent_on"', "object"),
    ("{}", "fact"),
    ('{"letter_sent_on": null}', "fact"),
    ('{"letter_sent_on": "20 June 2026"}', "letter_sent_on"),
    ('{"letter_sent_on": 20260620}', "letter_sent_on"),
    ('{"letter_sent_on": ["2026-06-20"]}', "letter_sent_on"),
    ('{"letter_sent_on": {"day": "2026-06-20"}}', "letter_sent_on"),
    ('{"letter_sent_on": true}', "letter_sent_on"),
    ('{"letter_sent_on": "2026-06-31"}', "letter_sent_on"),
    ('{"letter_sent_on": "1066-10-14"}', "letter_sent_on"),
    ('{"letter_sent_on": "9999-12-31"}', "letter_sent_on"),
    ('{"letter_sent_on": "2026-06-20", "shoe_size": "44"}', "shoe_size"),
    ('{"letter_sent_on": "2026-06-20", "letter_method": "pigeon"}', "letter_method"),
    ('{"letter_sent_on": "2026-06-20", "decision": "frob"}', "decision"),
    ('{"letter_sent_on": "2026-06-20", "window_basis": "posted"}', "window_basis"),
    ('{"letter_sent_on": "2026-06-20", "window_basis": 7}', "window_basis"),
    ('{"letter_sent_on": "2026-06-20", "certificate_issued_on": "2026-06-19"}', "certificate_issued_on"),
    ("[" * 100_000, "JSON"),
    ('{"letter_sent_on": NaN}', "letter_sent_on"),
)


def test_a_bad_line_is_answered_in_its_place_and_the_rest_go_on() -> None:
    mixed: list[object] = [LINE]
    for bad, _ in BAD_LINES:
        mixed += [bad, LINE]
    answer = calculate(*mixed)
    assert (answer.code, answer.err) == (0, "")
    answers = answer.lines
    assert len(answers) == len(mixed)
    assert all(found == answers[0] for found in answers[::2])
    for (bad, fragment), found in zip(BAD_LINES, answers[1::2], strict=True):
        assert found.keys() == {"error"}, bad[:80]
        assert fragment in found["error"], (bad[:80], found)


@pytest.mark.parametrize(
    "bad", ['{"\\ud800": "2026-06-20"}', '{"letter_method": "\\ud800"}', '{"letter_sent_on": "\udcff"}']
)
def test_a_line_with_what_is_no_text_is_answered_in_its_place(bad: str) -> None:
    line = json.dumps(LINE)
    answer = run_process(
        ["calculate", "--jsonl"], f"{line}\n{bad}\n{line}\n", environment={"PYTHONIOENCODING": "utf-8:strict"}
    )
    assert (answer.code, answer.err) == (0, "")
    before, faulty, behind = answer.lines
    assert faulty.keys() == {"error"}
    assert before == behind


def test_null_means_not_known() -> None:
    unknown = {**LINE, "certificate_received_on": None, "letter_received_on": None, "sections": None}
    plain, with_nulls = calculate(LINE, unknown).lines
    assert with_nulls == plain


@pytest.mark.parametrize(
    ("basis", "fires_at"),
    [("sent", "2026-04-23T17:00:00+01:00"), ("received", "2026-04-27T17:00:00+01:00")],
)
def test_the_basis_moves_the_instant_and_never_the_day(basis: str, fires_at: str) -> None:
    (found,) = calculate({"letter_sent_on": "2026-02-23", "letter_method": "post", "window_basis": basis}).lines
    assert (found["lodge_appeal"]["due_on"], found["lodge_appeal"]["fires_at"]) == ("2026-04-23", fires_at)


# When the letter of Monday 23 February was received, by how it was sent, and so when the reading from receipt ends.
RECEIPTS = (
    ({"letter_method": "email"}, "2026-04-23"),
    ({"letter_method": "portal"}, "2026-04-23"),
    ({"letter_method": "hand"}, "2026-04-23"),
    ({"letter_method": "post"}, "2026-04-27"),  # Wednesday 25; 25 April is a Saturday
    ({}, "2026-04-27"),
    ({"letter_method": "post_second_class"}, "2026-04-27"),  # Friday 27
    ({"letter_method": "post", "letter_received_on": "2026-03-02"}, "2026-05-05"),  # 2 May: Saturday; 4 May: holiday
    ({"letter_method": "post", "letter_received_on": "2026-02-23"}, "2026-04-23"),
    ({"letter_method": "email", "certificate_issued_on": "2026-04-01"}, "2026-05-01"),
    ({"letter_method": "email", "certificate_issued_on": "2026-04-01", "certificate_method": "post"}, "2026-05-07"),
    (
        {"letter_method": "email", "certificate_issued_on": "2026-04-01", "certificate_received_on": "2026-04-20"},
        "2026-05-20",
    ),
)


@pytest.mark.parametrize(("facts", "gone_on"), RECEIPTS)
def test_by_default_both_readings_must_have_passed(facts: dict[str, str], gone_on: str) -> None:
    (found,) = calculate({"letter_sent_on": "2026-02-23", **facts}).lines
    assert found["lodge_appeal"]["fires_at"] == f"{gone_on}T17:00:00+01:00"


def test_hyphens_and_true_and_false_are_taken() -> None:
    under, hyphens = calculate(
        {"letter_sent_on": "2026-06-20", "letter_method": "post_second_class", "issued_on_tribunal_order": False},
        {"letter-sent-on": "2026-06-20", "letter-method": "post-second-class", "issued-on-tribunal-order": "false"},
    ).lines
    assert under == hyphens
    (none,) = calculate({"letter_sent_on": "2026-06-20", "issued_on_tribunal_order": True}).lines
    assert "lodge_appeal" not in none


def test_a_contact_in_time_leaves_no_instant_at_which_the_right_goes() -> None:
    waiting, late = calculate(
        {"letter_sent_on": "2026-06-20", "letter_method": "email", "adviser_contacted_on": "2026-08-20"},
        {"letter_sent_on": "2026-06-20", "letter_method": "email", "adviser_contacted_on": "2026-08-21"},
    ).lines
    assert (waiting["lodge_appeal"]["due_on"], waiting["lodge_appeal"]["fires_at"]) == ("2026-09-01", None)
    assert late["lodge_appeal"]["fires_at"] == "2026-09-01T17:00:00+01:00"


def test_every_date_says_whether_its_source_was_read() -> None:
    (found,) = calculate({"requested_on": "2026-06-15", "decision": "reassessment_refused", **LINE}).lines
    (order,) = calculate({"order_made_on": "2026-07-24", "kind": "reconsider"}).lines
    assert found["lodge_appeal"]["verified"] is True
    assert order["order_reconsider"]["verified"] is False
    assert any("Check before relying on it" in warning for warning in order["order_reconsider"]["warnings"])
    assert all(each["source"] for each in [*found.values(), *order.values()])


def test_a_directed_date_beats_the_reckoned_one() -> None:
    (found,) = calculate({"appeal_received_on": "2026-07-20", "respond_to_appeal_directed_on": "2026-08-14"}).lines
    assert (found["respond_to_appeal"]["due_on"], found["respond_to_appeal"]["fires_at"]) == (
        "2026-08-14", "2026-08-14T17:00:00+01:00",
    )  # fmt: skip


def test_beyond_the_published_holidays_it_says_so() -> None:
    (found,) = calculate({"letter_sent_on": "2029-01-15", "letter_method": "email"}).lines
    assert any("not published" in warning for warning in found["lodge_appeal"]["warnings"])


def test_words_on_the_line_instead_of_json() -> None:
    answer = run_here(["calculate", "letter_sent_on=2026-06-20", "letter_method=email", "--json"])
    assert (answer.code, answer.document["lodge_appeal"]["due_on"]) == (0, "2026-09-01")
    page = run_here(["calculate", "letter_sent_on=2026-06-20"]).out
    assert "Tue 1 Sep 2026" in page
    refused = run_here(["calculate", "letter_sent_on=soon"])
    assert (refused.code, refused.out) == (3, "")


def test_without_a_database_it_reckons_and_makes_none(tmp_path: Path) -> None:
    answer = run_process(["calculate", "--jsonl"], json.dumps(LINE) + "\n", cwd=tmp_path)
    assert (answer.code, answer.lines[0]["lodge_appeal"]["due_on"]) == (0, "2026-09-01")
    assert list(tmp_path.rglob("*.db")) == []


def test_with_a_database_it_reckons_by_its_policy_and_changes_nothing(url: str) -> None:
    redress = Redress(url)
    redress.does("init --simulated --window-basis sent")
    before = redress.contents()
    line = {"letter_sent_on": "2026-02-23", "letter_method": "post"}
    answer = redress.run(
        "calculate --jsonl", json.dumps(line) + "\n" + json.dumps({**line, "window_basis": "received"})
    )
    by_policy, as_said = (found["lodge_appeal"]["fires_at"] for found in answer.lines)
    assert (by_policy, as_said) == ("2026-04-23T17:00:00+01:00", "2026-04-27T17:00:00+01:00")
    assert redress.contents() == before


def test_without_a_fact_or_a_date_that_follows_it_says_what_to_give() -> None:
    refused = run_here(["calculate"])
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "redress: give at least one FACT=VALUE, such as letter_sent_on=2026-06-20.\n"
    none = run_here(["calculate", "outcome=agreement"])
    assert " ".join(none.out.split()).startswith("No date follows from that: give the day")
    assert run_here(["calculate", "outcome=agreement", "--json"]).document == {}
