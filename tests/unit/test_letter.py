"""What a decision letter must tell of, for each decision and each party, and the days that it names."""

import pytest
from given import day, facts

from states.calendar import england
from states.decisions import DECISIONS
from states.errors import FactRefused, TransitionRefused
from states.letter import CONTACTS, RECOMMENDATIONS, Contact, dates_of, long_words, parts_of, sentences
from states.policy import Policy, WindowBasis
from states.reckoner import Reckoner

ALL = {name: Contact((f"the {name}", "Phone: 01632 960000")) for name in CONTACTS}


def reckoner(basis: WindowBasis = WindowBasis.RECEIVED) -> Reckoner:
    return Reckoner(Policy(window_basis=basis), england())


def said(decision: str, party: str = "parent", sent: str = "2026-02-23") -> dict[str, str]:
    told = facts(decision=decision, party=party, decided_on="2026-02-20")
    return sentences(told, dates_of("H-1", told, day(sent), reckoner()), ALL, "The reports say so.")


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=lambda decision: decision.id)
@pytest.mark.parametrize("party", ["parent", "young_person"])
def test_each_part_is_there_and_says_something(decision: object, party: str) -> None:
    decision_id = str(getattr(decision, "id", ""))
    told = said(decision_id, party)
    parts = parts_of(DECISIONS[decision_id])
    assert list(told) == [part.id for part in parts]
    for part in parts:
        assert len(told[part.id]) > 15, part.id
        assert part.source, part.id
        if part.contact:
            assert str(ALL[part.contact]) in told[part.id]
    assert ("child" in " ".join(told.values())) is (party == "parent")


@pytest.mark.parametrize("decision", DECISIONS)
def test_recommendations_are_told_of_in_all_but_refusals_to_assess(decision: str) -> None:
    assert (RECOMMENDATIONS.id in said(decision)) is (decision != "assessment_refused")


@pytest.mark.parametrize("decision", DECISIONS)
def test_section_i_alone_is_told_of_where_a_plan_is_issued_and_nowhere_else(decision: str) -> None:
    assert ("section I" in said(decision)["certificate"]) is (decision == "plan_issued")


@pytest.mark.parametrize(
    ("sent", "appeal_by", "adviser_by"),
    [
        ("2026-06-20", "Tuesday 1 September 2026", "Thursday 20 August 2026"),
        ("2026-10-31", "Monday 4 January 2027", "Thursday 31 December 2026"),
        ("2027-12-31", "Tuesday 29 February 2028", "Tuesday 29 February 2028"),
        ("2026-02-03", "Tuesday 7 April 2026", "Friday 3 April 2026"),
        ("2026-02-20", "Monday 20 April 2026", "Monday 20 April 2026"),
    ],
)
def test_the_days_are_the_law_s_counted_from_sending(sent: str, appeal_by: str, adviser_by: str) -> None:
    """August, Christmas and Easter move the Tribunal's day, not the adviser's (C9). Receipt counts nowhere."""
    for basis in WindowBasis:
        told = facts(
            decision="plan_refused", party="parent", decided_on="2026-02-03", letter_method="post_second_class",
            letter_received_on="2028-03-01",
        )  # fmt: skip
        dates = dates_of("H-1", told, day(sent), reckoner(basis))
        assert (long_words(dates.appeal_by), long_words(dates.contact_adviser_by)) == (appeal_by, adviser_by)
        told_of = sentences(told, dates, ALL, "-")
        assert f"before 5 pm on {appeal_by}" in told_of["right_to_appeal"]
        assert f"by {adviser_by}" in told_of["certificate"]
        assert f"by {adviser_by}" in told_of["mediation_times"]
        assert "5 pm" not in told_of["certificate"] + told_of["mediation_times"]


def test_a_day_that_the_tribunal_set_is_named() -> None:
    told = facts(decision="plan_refused", decided_on="2026-02-20", lodge_appeal_directed_on="2026-06-30")
    assert long_words(dates_of("H-1", told, day("2026-02-23"), reckoner()).appeal_by) == "Tuesday 30 June 2026"


@pytest.mark.parametrize("contact", CONTACTS)
def test_a_contact_that_is_not_known_is_named_with_the_part_that_lacks_it(contact: str) -> None:
    told = facts(decision="plan_issued", decided_on="2026-02-20")
    known = {name: found for name, found in ALL.items() if name != contact}
    with pytest.raises(FactRefused, match=rf"would lack .*\[contacts\.{contact}\]"):
        sentences(told, dates_of("H-1", told, day("2026-02-23"), reckoner()), known, "-")


def test_a_plan_on_the_tribunal_s_order_offers_no_right() -> None:
    told = facts(decision="plan_issued", decided_on="2026-02-20", issued_on_tribunal_order="true")
    with pytest.raises(TransitionRefused, match="no routine right of appeal"):
        dates_of("H-1", told, day("2026-02-23"), reckoner())


def test_it_is_not_sent_before_the_decision() -> None:
    with pytest.raises(FactRefused, match="before decided_on"):
        dates_of("H-1", facts(decision="plan_refused", decided_on="2026-02-20"), day("2026-02-19"), reckoner())
