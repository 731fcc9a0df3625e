"""Two hundred cases, reckoned twice: by the engine, and by a second reckoning that shares no code with it."""

import ast
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
import second_reckoning
from dateutil.easter import easter
from given import day, reckoner
from timetable_rows import IN_LAW_MD

from states.deadlines import deadlines
from states.facts import Facts, Value

CASES, SEED = 200, 2
FIRST, LAST = date(2014, 1, 1), date(2028, 12, 31)

DECISIONS = (
    "assessment_refused", "plan_refused", "plan_issued", "reassessment_refused", "amendment_refused", "plan_ceased",
)  # fmt: skip
KINDS = tuple(second_reckoning.BY_KIND)
CLOCKS = (
    "requested_on", "draft_plan_served_on", "review_meeting_on", "amendment_notice_sent_on", "letter_sent_on",
    "mediation_declined_on", "mediation_requested_on", "mediation_not_arranged_on", "mediation_concluded_on",
    "certificate_issued_on", "appeal_received_on", "conceded_on", "order_made_on", "health_recommended_on",
    "social_care_recommended_on", "health_agreement_on", "evidence_due_on",
)  # fmt: skip
METHODS = ("email", "portal", "hand", "post", "post_second_class")


def an_edge(random: Random) -> date:
    """A day from which a month, two months, some weeks or some days end near one that the law treats apart."""
    year = random.randint(FIRST.year, LAST.year)
    edges = [
        date(year, 7, 31), date(year, 8, 1), date(year, 8, 31), date(year, 12, 24), date(year, 12, 25),
        date(year, 12, 31), date(year, 1, 1), date(year, 2, 28), date(year, 3, 31), date(year, 4, 30),
        date(year, 5, 31), date(year, 6, 30), date(year, 10, 31), date(year, 11, 30), easter(year), date(2022, 6, 2),
        date(2022, 9, 19), date(2023, 5, 8), date(2020, 5, 8),
    ]  # fmt: skip
    before = random.choice([0, 3, 14, 30, 31, 35, 42, 59, 61, 62, 70])
    found = random.choice(edges) - timedelta(days=before) + timedelta(days=random.randint(-3, 3))
    return min(max(found, FIRST), LAST)


KIND_FACTS = {
    "kind": (*KINDS, "dismiss"),
    "conceded_kind": KINDS,
    "agreement_kind": KINDS,
    "letter_method": METHODS,
}


def a_case(random: Random) -> dict[str, Value]:
    """Facts that start many deadlines, each from a day of its own. The order of events does not matter here."""
    case: dict[str, Value] = {"decision": random.choice(DECISIONS)}
    for clock in CLOCKS:
        if random.random() < 0.6:
            case[clock] = an_edge(random)
    for name, values in KIND_FACTS.items():
        if random.random() < 0.9:
            case[name] = random.choice(values)
    for name in ("other_issues_agreed", "issued_on_tribunal_order"):
        if random.random() < 0.3:
            case[name] = random.random() < 0.5
    about_health = random.random()
    if about_health < 0.3:
        case["health_issues_alone"] = about_health < 0.2
        case["health_body_informed_on"] = an_edge(random)
    elif about_health < 0.8:
        case["la_told_of_mediation_on"] = an_edge(random)
    if random.random() < 0.5:
        case["health_issues_told_on"] = an_edge(random)
    if "letter_sent_on" in case and random.random() < 0.3:
        case["letter_received_on"] = an_edge(random)
    for id_ in random.sample(sorted(IN_LAW_MD), 3):
        if random.random() < 0.3:
            case[f"{id_}_directed_on"] = an_edge(random)
    return case


@cache
def the_cases() -> tuple[dict[str, Value], ...]:
    random = Random(SEED)  # noqa: S311  (examples, not secrets)
    return tuple(a_case(random) for _ in range(CASES))


def reckoned(case: Facts) -> dict[str, date]:
    return {deadline.id: deadline.due_on for deadline in deadlines("letter_sent", case, reckoner())}


@pytest.mark.parametrize("number", range(CASES))
def test_both_reckonings_agree(number: int) -> None:
    case = the_cases()[number]
    assert reckoned(case) == second_reckoning.due_dates(case)


def test_the_cases_reach_every_deadline_and_the_days_that_matter() -> None:
    seen = Counter(id_ for case in the_cases() for id_ in second_reckoning.due_dates(case))
    assert {id_: seen[id_] for id_ in IN_LAW_MD if seen[id_] < 5} == {}
    letters = [sent for case in the_cases() if isinstance(sent := case.get("letter_sent_on"), date)]
    ends = [second_reckoning.months(2)(sent) for sent in letters]
    assert sum(end.month == 8 for end in ends) >= 5
    assert sum(second_reckoning.in_recess(end) and end.month != 8 for end in ends) >= 3
    assert sum(not second_reckoning.works(end) for end in ends) >= 20
    assert {sent.year for sent in letters} >= set(range(2014, 2029))


def test_the_second_reckoning_knows_nothing_of_the_first() -> None:
    tree = ast.parse(Path(second_reckoning.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections", "datetime", "holidays", "dateutil"}


@pytest.mark.parametrize(
    ("case", "id_", "due_on"),
    [
        ({"letter_sent_on": "2026-06-20"}, "lodge_appeal", "2026-09-01"),
        ({"letter_sent_on": "2027-05-31"}, "lodge_appeal", "2027-08-02"),
        ({"letter_sent_on": "2026-10-31"}, "lodge_appeal", "2027-01-04"),
        ({"letter_sent_on": "2026-12-31"}, "lodge_appeal", "2027-03-01"),
        ({"letter_sent_on": "2026-06-30", "certificate_issued_on": "2026-08-20"}, "lodge_appeal", "2026-09-21"),
        ({"appeal_received_on": "2026-07-20"}, "respond_to_appeal", "2026-09-29"),
        ({"appeal_received_on": "2026-12-01"}, "respond_to_appeal", "2027-01-20"),
        ({"mediation_declined_on": "2026-12-23"}, "certificate_after_decline", "2026-12-30"),
    ],
)
def test_the_second_reckoning_gives_the_worked_examples(case: dict[str, str], id_: str, due_on: str) -> None:
    assert second_reckoning.due_dates({name: day(text) for name, text in case.items()})[id_] == day(due_on)
