"""The machine, driven by the table that it is made from: every row moves, and nothing else does."""

from dataclasses import replace
from datetime import datetime

import pytest
from cases import NOW, RECORDED, minimal
from given import day, facts, reckoner
from hypothesis import given
from hypothesis import strategies as st

from states import check, table
from states.calendar import LONDON
from states.decisions import DECISIONS, STATES, UNOPENED, WINDOW_STATES, Role
from states.errors import DefinitionFaulty, FactRefused, Refused, TransitionRefused, UnknownState, WrongWords
from states.facts import FACTS, FactRule, Type, Value
from states.machine import MACHINE, move, possible, require_trigger
from states.situation import Situation
from states.table import INTERNAL, SAME, TABLE, TRIGGERS, Row, rows_from

EACH = [(row, source) for row in TABLE for source in row.sources]
NAMES = [f"{row.trigger} {source} {row.dest} {row.choice}" for row, source in EACH]


@pytest.mark.parametrize(("row", "source"), EACH, ids=NAMES)
def test_every_row_moves_a_case_from_each_of_its_sources(row: Row, source: str) -> None:
    case = minimal(row, source)
    recorded = dict(case.recorded)
    assert move(row.trigger, case) is row
    assert case.state == (source if row.dest == SAME else row.dest)
    assert case.recorded == recorded
    if row.sets:
        assert case.facts[row.sets] == case.on
    assert not set(row.clears) & set(case.facts)
    assert case.facts.items() >= row.also.items()
    assert not {"duty", "recommended_to"} & set(case.facts)


@pytest.mark.parametrize(("row", "source"), [pair for pair in EACH if pair[0].needs])
def test_a_fact_that_is_needed_is_asked_for(row: Row, source: str) -> None:
    case = minimal(row, source)
    for name in set(row.needs) - set(case.recorded):
        without = replace(case, given={n: v for n, v in case.given.items() if n != name})
        with pytest.raises(TransitionRefused):
            move(row.trigger, without)
        assert without.state == source


@pytest.mark.parametrize(("row", "source"), EACH, ids=NAMES)
def test_the_other_role_is_refused_and_nothing_changes(row: Row, source: str) -> None:
    case = minimal(row, source)
    case.role = Role.CASEWORKER if row.who is Role.SYSTEM else Role.SYSTEM
    recorded, told = dict(case.recorded), dict(case.given)
    with pytest.raises(Refused):
        move(row.trigger, case)
    assert (case.state, case.recorded, case.given) == (source, recorded, told)


@pytest.mark.parametrize("source", WINDOW_STATES)
def test_a_caseworker_may_not_take_the_right_away(source: str) -> None:
    case = minimal(rows_from("expire_appeal", source)[0], source)
    case.role = Role.CASEWORKER
    with pytest.raises(TransitionRefused, match="only the daemon"):
        move("expire_appeal", case)
    assert case.state == source
    assert dict(possible(case))["expire_appeal"] is not None


def test_comply_and_recommend_date_the_facts_that_were_named() -> None:
    case = minimal(TRIGGERS["comply"][1], "order_made")
    move("comply", case)
    assert case.facts["order_name_school_met_on"] == case.on
    for to, bodies in (("both", {"health", "social_care"}), ("health", {"health"}), ("social_care", {"social_care"})):
        case = minimal(TRIGGERS["recommend"][0], "order_made")
        case.given = {"recommended_to": to}
        move("recommend", case)
        dated = {body for body in ("health", "social_care") if f"{body}_recommended_on" in case.facts}
        assert dated == bodies


# --- the table itself ------------------------------------------------------------------------------------------------


def test_every_state_is_reached_from_the_start_and_left_unless_it_is_final() -> None:
    moves = {(source, source if row.dest == SAME else row.dest) for row, source in EACH}
    reached, grown = {UNOPENED}, True
    while grown:
        found = {dest for source, dest in moves if source in reached} - reached
        reached, grown = reached | found, bool(found)
    assert sorted(reached) == sorted(STATES)
    left = {source for source, dest in moves if source != dest}
    assert {state.id for state in STATES.values() if state.id not in left} == {"closed"}
    assert {state.id for state in STATES.values() if state.final} == {"closed"}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.trigger} {row.dest}")
def test_every_row_has_its_source_and_its_words(row: Row) -> None:
    assert any(word in row.source for word in ("Regs 2014", "CFA 2014", "HESC Rules", "SI 20", "The office: "))
    assert row.words


def test_the_main_road_has_the_names_of_the_contract() -> None:
    triggers = (
        "send_letter advise_mediation decline_mediation request_mediation mediation_not_arranged conclude_mediation "
        "issue_certificate lodge_appeal expire_appeal concede close respond_to_appeal make_order recommend comply "
        "withdraw_appeal"
    )
    states = (
        "letter_sent mediation_advised mediation_declined mediation_requested mediation_concluded certificate_issued "
        "appeal_lodged appeal_expired agreement_reached closed"
    )
    assert set(triggers.split()) <= set(TRIGGERS)
    assert set(states.split()) | set(DECISIONS) <= set(STATES)
    assert "letter_sent" in TRIGGERS["lodge_appeal"][0].sources  # section I alone


def test_only_the_clock_s_own_triggers_are_the_system_s() -> None:
    assert {row.trigger for row in TABLE if row.who is Role.SYSTEM} == {"expire_appeal", "miss_duty", "reckon_again"}


def test_one_machine_knows_the_table_s_triggers_and_no_others() -> None:
    assert set(MACHINE.events) == set(TRIGGERS)
    assert set(MACHINE.states) == set(STATES)
    assert MACHINE.models == []


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", [t for t in TRIGGERS if t not in INTERNAL])
@pytest.mark.parametrize("state", STATES)
def test_a_trigger_from_a_state_that_it_does_not_know_is_refused(trigger: str, state: str) -> None:
    if rows_from(trigger, state):
        return
    case = Situation("T-1", state, facts(**RECORDED[state]), NOW, reckoner())
    with pytest.raises(TransitionRefused) as refused:
        move(trigger, case)
    assert (case.state, case.recorded) == (state, facts(**RECORDED[state]))
    assert (refused.value.reference, refused.value.trigger, refused.value.state) == ("T-1", trigger, state)


@pytest.mark.parametrize(
    ("on", "reason"), [("2026-12-02", "in the future"), ("2026-03-01", "before decided_on"), ("2010-03-01", "before")]
)
def test_a_day_that_cannot_be_is_refused(on: str, reason: str) -> None:
    case = replace(minimal(TRIGGERS["send_letter"][0], "plan_refused"), on=day(on))
    with pytest.raises(FactRefused, match=reason):
        move("send_letter", case)
    assert (case.state, case.recorded) == ("plan_refused", facts(**RECORDED["plan_refused"]))


def test_what_is_recorded_is_not_recorded_again() -> None:
    case = minimal(TRIGGERS["issue_certificate"][0], "appeal_expired")
    case.recorded = {**case.recorded, "certificate_issued_on": day("2026-03-23")}
    with pytest.raises(TransitionRefused, match="certificate_issued_on is recorded already"):
        move("issue_certificate", case)


def test_an_unknown_state_is_a_named_error() -> None:
    case = Situation("T-1", "appeal_mislaid", {}, NOW, reckoner())
    with pytest.raises(UnknownState, match="appeal_mislaid"):
        move("close", case)
    assert case.state == "appeal_mislaid"
    assert possible(case) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("send-leter", "send_letter"),
        ("fly", "it is one of"),
        *((name, "There is no") for name in INTERNAL),
        *((name, f"it is a command of its own, redress {name}") for name in ("open", "assign", "hold", "release")),
        ("holt", "it is one of"),
        ("erase", "it is one of"),
    ],
)
def test_an_unknown_trigger_is_met_with_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(WrongWords, match=hint):
        require_trigger(name)


def test_a_trigger_may_be_written_with_hyphens() -> None:
    assert require_trigger("send-letter") == "send_letter"


@pytest.mark.parametrize(("kind", "passes"), [("make_plan", True), ("amend_plan", False), ("reconsider", False)])
def test_only_what_reg_45_knows_can_be_conceded_after_lodging(kind: str, passes: bool) -> None:
    case = minimal(rows_from("concede", "appeal_lodged")[0], "appeal_lodged")
    case.given = {"kind": kind}
    if passes:
        move("concede", case)
    else:
        with pytest.raises(TransitionRefused, match="reg 45"):
            move("concede", case)
    assert case.state == ("appeal_conceded" if passes else "appeal_lodged")


def test_no_recommendation_follows_a_refusal_to_assess() -> None:
    for decision in DECISIONS:
        case = minimal(TRIGGERS["recommend"][0], "order_made")
        case.recorded = {**case.recorded, "decision": decision}
        if decision == "assessment_refused":
            with pytest.raises(TransitionRefused, match="refusal to assess"):
                move("recommend", case)
        else:
            move("recommend", case)


@pytest.mark.parametrize(
    ("on", "today", "passes"),
    [
        ("2026-06-26", datetime(2026, 6, 26, 23, 59, tzinfo=LONDON), False),
        ("2026-06-26", datetime(2026, 6, 27, 0, 0, tzinfo=LONDON), True),
        ("2026-06-19", datetime(2026, 12, 1, 0, 0, tzinfo=LONDON), False),
        ("2026-06-30", datetime(2026, 12, 1, 0, 0, tzinfo=LONDON), False),
    ],
)
def test_the_right_passes_when_the_last_friday_of_june_is_over(on: str, today: datetime, passes: bool) -> None:
    case = replace(minimal(TRIGGERS["pass_right"][0], "letter_sent"), on=day(on), now=today)
    if passes:
        move("pass_right", case)
        assert case.facts["party"] == "young_person"
    else:
        with pytest.raises(TransitionRefused):
            move("pass_right", case)


def test_nothing_closes_while_something_is_open() -> None:
    in_the_window = datetime(2026, 5, 5, 16, 59, tzinfo=LONDON)
    case = replace(minimal(TRIGGERS["close"][0], "letter_sent"), given={}, now=in_the_window)
    with pytest.raises(TransitionRefused, match="may still appeal until Tue 5 May 2026"):
        move("close", case)
    owed = replace(minimal(TRIGGERS["close"][0], "order_made"), given={})
    with pytest.raises(TransitionRefused, match="still owes order_name_school"):
        move("close", owed)
    untold = replace(minimal(TRIGGERS["close"][0], "plan_refused"), given={})
    with pytest.raises(TransitionRefused, match="not been told"):
        move("close", untold)


# --- asking what could be done ---------------------------------------------------------------------------------------


def as_told(case: Situation, trigger: str) -> str | None:
    return dict(possible(case))[trigger]


@pytest.mark.parametrize(("row", "source"), [p for p in EACH if p[0].trigger not in (*INTERNAL, "close")])
def test_what_moves_was_possible(row: Row, source: str) -> None:
    """As recorded, and asked at the same time: `close` is given its reason, which the asking cannot know."""
    case = replace(minimal(row, source), now=datetime(2026, 4, 14, 9, 0, tzinfo=LONDON))
    if row.who is Role.SYSTEM or row.choice == "contacted_adviser_late" or row.guard == "is_school_leaving_date":
        case.now = NOW
    before = (case.state, dict(case.recorded), dict(case.given))
    told = as_told(case, row.trigger)
    assert (case.state, dict(case.recorded), dict(case.given)) == before
    assert told is None


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_possible_does_not_move(state: str, role: Role) -> None:
    recorded = facts(**RECORDED[state])
    asked = Situation("T-1", state, recorded, NOW, reckoner(), role=role)
    listed = possible(asked)
    assert {trigger for trigger, _ in listed} == {t for t in TRIGGERS if t not in INTERNAL and rows_from(t, state)}
    for trigger, reason in listed:
        if reason is not None:
            case = Situation("T-1", state, recorded, NOW, reckoner(), role=role)
            with pytest.raises(Refused) as refused:
                move(trigger, case)
            assert case.state == state
            said = str(refused.value)
            assert reason in said or "must be given" in said or reason.removeprefix("it ") in said


ANY_FACT = st.sampled_from([name for name in FACTS if name != "decision"])


def values(name: str) -> st.SearchStrategy[Value]:
    rule = FACTS[name]
    by_type: dict[Type, st.SearchStrategy[Value]] = {
        Type.DATE: st.dates(day("2011-01-01"), day("2060-12-31")),
        Type.CHOICE: st.sampled_from(rule.values or ("",)),
        Type.YES_NO: st.booleans(),
        Type.SECTIONS: st.sampled_from(["I", "B,F,I"]),
        Type.REFERENCE: st.just("EH900/26/1"),
        Type.DIGEST: st.just("0" * 64),
        Type.OFFICE: st.sampled_from(["ann", "bob"]),
    }
    return by_type[rule.type]


@given(st.data(), st.sampled_from(list(STATES)), st.sampled_from(list(DECISIONS)), st.sampled_from(list(Role)))
def test_asking_never_raises_and_changes_nothing(data: st.DataObject, state: str, decision: str, role: Role) -> None:
    recorded: dict[str, Value] = {"decision": decision}
    for name in data.draw(st.lists(ANY_FACT, max_size=12, unique=True)):
        recorded[name] = data.draw(values(name))
    case = Situation("T-1", state, dict(recorded), NOW, reckoner(), role=role)
    possible(case)
    assert (case.state, case.recorded, case.given, case.row) == (state, recorded, {}, None)


@pytest.mark.parametrize("sent", ["2060-10-30", "2060-11-01", "2060-12-30"])
def test_asking_tells_that_a_window_cannot_be_reckoned(sent: str) -> None:
    case = Situation("T-1", "letter_sent", facts(decision="plan_refused", letter_sent_on=sent), NOW, reckoner())
    assert "bank holidays of 2061" in str(as_told(case, "expire_appeal"))
    assert as_told(case, "advise_mediation") is None


# --- a broken definition ---------------------------------------------------------------------------------------------

GOOD = TRIGGERS["withdraw_appeal"][0]


def test_the_shipped_definition_has_no_fault() -> None:
    assert check.faults() == []
    check.check_definition()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (replace(GOOD, source=""), "withdraw_appeal to closed: no source in law and no office reason"),
        (replace(GOOD, sources=()), "withdraw_appeal to closed: no source state"),
        (replace(GOOD, dest="lost"), "withdraw_appeal to lost: unknown state lost"),
        (replace(GOOD, sources=("lost",)), "withdraw_appeal to closed: unknown state lost"),
        (replace(GOOD, sets="moon_on"), "withdraw_appeal to closed: unknown fact moon_on"),
        (replace(GOOD, needs=("moon_on",)), "withdraw_appeal to closed: unknown fact moon_on"),
        (replace(GOOD, also={"moon": "full"}), "withdraw_appeal to closed: unknown fact moon"),
        (replace(GOOD, when={"moon": ("full",)}), "withdraw_appeal to closed: unknown fact moon"),
        (replace(GOOD, guard="moon_is_full"), "withdraw_appeal to closed: unknown guard moon_is_full"),
        (replace(GOOD, choice="moon_is_full"), "withdraw_appeal to closed: unknown choice moon_is_full"),
        (replace(GOOD, sources=("closed",), dest="appeal_lodged"), "closed: is final and can be left"),
    ],
)
def test_a_bad_row_is_a_fault(row: Row, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "TABLE", (*table.TABLE, row))
    assert fault in check.faults()
    with pytest.raises(DefinitionFaulty, match=fault):
        check.check_definition()


def test_a_state_that_cannot_be_reached_or_left_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    without = tuple(row for row in TABLE if row.dest != "agreement_reached")
    monkeypatch.setattr(check, "TABLE", without)
    assert check.faults() == ["agreement_reached: cannot be reached"]
    never_left = [replace(row, sources=tuple(s for s in row.sources if s != "decision_awaited")) for row in TABLE]
    monkeypatch.setattr(check, "TABLE", tuple(row for row in never_left if row.sources))
    assert check.faults() == ["decision_awaited: cannot be left and is not final"]


def test_a_fact_that_must_follow_an_unknown_one_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "FACTS", {**FACTS, "tide_on": FactRule("tide_on", "The tide", follows=("moon_on",))})
    assert check.faults() == ["tide_on: follows an unknown fact moon_on"]


def test_every_fault_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "TABLE", (*TABLE, replace(GOOD, source="", dest="lost", guard="moon_is_full")))
    assert len(check.faults()) == 3
