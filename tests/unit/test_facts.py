"""What may be recorded: each type with good and bad input, the order of events, and no place for a name."""

from datetime import date

import pytest
from given import day, facts

from states.errors import FactRefused, Refused
from states.facts import FACTS, METHODS, FactRule, Type, Value, check_order, fact_rule, parse, text_of
from states.rules import RULES, Kind

TODAY = day("2026-03-31")
ONE_OF_EACH = {Type.DATE: "letter_sent_on", Type.CHOICE: "letter_method", Type.YES_NO: "other_issues_agreed"}
ONE_OF_EACH |= {Type.SECTIONS: "sections", Type.REFERENCE: "tribunal_reference"}
ONE_OF_EACH |= {Type.OFFICE: "owner", Type.DIGEST: "letter_sha256"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("letter_sent_on", "2026-03-02", date(2026, 3, 2)),
        ("letter_sent_on", "2028-02-29", date(2028, 2, 29)),
        ("letter_sent_on", "2011-01-01", date(2011, 1, 1)),
        ("letter_sent_on", "2060-12-31", date(2060, 12, 31)),
        ("letter-sent-on", "2026-03-02", date(2026, 3, 2)),
        ("lodge_appeal_directed_on", "2026-08-22", date(2026, 8, 22)),
        ("decision", "plan_refused", "plan_refused"),
        ("decision", "plan-refused", "plan_refused"),
        ("letter_method", "Post-Second-Class", "post_second_class"),
        ("finalise_plan_excused", "school_closed", "school_closed"),
        ("duty", "order_name_school", "order_name_school"),
        ("owner", "COUNCIL\\ann.smith", "COUNCIL\\ann.smith"),
        ("letter_sha256", "AB" * 32, "ab" * 32),
        ("team", "SEND-North", "SEND-North"),
        ("other_issues_agreed", "true", True),
        ("other_issues_agreed", "Yes", True),
        ("other_issues_agreed", "no", False),
        ("other_issues_agreed", "FALSE", False),
        ("sections", "I", "I"),
        ("sections", "i, f,B", "B,F,I"),
        ("sections", "I,I", "I"),
        ("tribunal_reference", "EH900/26/00123", "EH900/26/00123"),
        ("certificate_reference", "9", "9"),
        ("certificate_reference", "A" * 39 + "1", "A" * 39 + "1"),
    ],
)
def test_what_is_taken(name: str, text: str, value: Value) -> None:
    found = parse(name, text)
    assert (found, type(found)) == (value, type(value))
    assert parse(name, text_of(found)) == found


@pytest.mark.parametrize(("given", "value"), [(True, True), (False, False)])
def test_yes_and_no_are_taken_from_json(given: bool, value: bool) -> None:
    assert parse("other_issues_agreed", given) is value


DATES = (
    "2026-02-29", "2026-13-01", "2026-00-10", "2026-3-2", "02/03/2026", "20260302", "2026-W10-1", "2026-061", "today",
    " 2026-03-02", "2026-03-02 ", "2026-03-02\n", "2026-03-02T10:00", "٢٠٢٦-٠٣-٠٢", "-026-03-02",
)  # fmt: skip
BAD = {
    "letter_sent_on": DATES,
    "lodge_appeal_directed_on": DATES,
    "letter_method": ("pigeon", "e mail", "post,email", "post second class", "'post'"),
    "decision": ("assessment", "refused", "plan_issued; plan_ceased"),
    "duty": ("lodge_appeal", "every_duty"),
    "finalise_plan_excused": ("absent_two_weeks", "the school was closed"),
    "other_issues_agreed": ("1", "0", "y", "maybe", "tru", "yes please"),
    "sections": ("L", "B,L", "B;F", "B F", "BF", "B,,F", ",", "the whole plan", "1"),
    "tribunal_reference": ("EH 900", "/1", "-1", "_1", ".1", "1" * 41, "1\n", "1;2", "É1", "1@2", "1'2", "1,2"),
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in ("", *texts)])
def test_what_is_refused(name: str, text: str) -> None:
    with pytest.raises(FactRefused) as refused:
        parse(name, text)
    assert refused.value.fact == name
    assert str(refused.value).startswith(f"{name}: ")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ONE_OF_EACH.values())
@pytest.mark.parametrize("given", [None, 5, 2026.5, ["2026-03-02"], {"on": "2026-03-02"}, date(2026, 3, 2), b"true"])
def test_what_is_no_text_is_refused(name: str, given: object) -> None:
    with pytest.raises(FactRefused):
        parse(name, given)


# An office may be called true.
@pytest.mark.parametrize("name", [n for type_, n in ONE_OF_EACH.items() if type_ not in (Type.YES_NO, Type.OFFICE)])
def test_true_is_no_date_word_section_or_reference(name: str) -> None:
    with pytest.raises(FactRefused):
        parse(name, True)


@pytest.mark.parametrize("type_", Type)
def test_a_refusal_says_what_was_expected_and_is_short(type_: Type) -> None:
    rule = FACTS[ONE_OF_EACH[type_]]
    with pytest.raises(FactRefused) as refused:
        parse(rule.name, "\x1b[31m" + "x" * 5000)
    assert rule.expected in str(refused.value)
    assert len(str(refused.value)) < 250
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("text", ["2010-12-31", "2061-01-01", "0001-01-01", "9999-12-31"])
def test_a_year_that_cannot_be_reckoned_is_refused(text: str) -> None:
    with pytest.raises(FactRefused, match="2011 to 2060"):
        parse("letter_sent_on", text)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("leter_sent_on", "letter_sent_on"),
        ("letter_sent", "letter_sent_on"),
        ("certificate-issued", "certificate_issued_on"),
        ("lodge_appeal_directed", "lodge_appeal_directed_on"),
        ("section", "sections"),
        ("Tribunal", "tribunal_reference"),
        ("sent", "letter_sent_on"),
    ],
)
def test_an_unknown_fact_is_met_with_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(FactRefused, match=rf"did you mean .*\b{meant}\b") as refused:
        parse(name, "2026-03-02")
    assert refused.value.fact == name
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("name", ["xyzzy", "", "child", "surname"])
def test_an_unknown_fact_without_a_neighbour_is_told_where_to_look(name: str) -> None:
    with pytest.raises(FactRefused, match="no such fact"):
        fact_rule(name)


# --- no place for a name ---------------------------------------------------------------------------------------------

NAMES = ("Jane Smith", "Smith, Jane", "Zoë", "O'Brien", "Jane Smith 2014", "jane@example.org", "J. Smith", "李小龍")


@pytest.mark.parametrize("name", FACTS)
def test_no_fact_takes_a_name(name: str) -> None:
    for person in NAMES:
        with pytest.raises(FactRefused):
            parse(name, person)


def test_every_fact_is_of_one_of_the_seven_types_and_a_choice_is_of_single_words() -> None:
    for rule in FACTS.values():
        assert rule.type in ONE_OF_EACH
        assert (rule.type is Type.CHOICE) is bool(rule.values)
        assert all(value.isidentifier() and value.islower() for value in rule.values)
        assert (rule.type is Type.DATE) is rule.name.endswith("_on")


def test_a_reference_without_a_digit_could_be_a_name_and_is_refused() -> None:
    """A surname is not a reference: a reference of the Tribunal's or of an adviser's has a number in it."""
    taken = []
    for person in ("Smith", "JaneSmith", "Jane.Smith", "jane-smith", "JANE_SMITH"):
        try:
            taken.append(parse("certificate_reference", person))
        except FactRefused:
            continue
    assert taken == []


def test_the_only_references_are_the_tribunal_s_and_the_adviser_s() -> None:
    found = {rule.name for rule in FACTS.values() if rule.type is Type.REFERENCE}
    assert found == {"tribunal_reference", "certificate_reference"}


# --- the order of events ---------------------------------------------------------------------------------------------

FOLLOWS = [(rule.name, earlier) for rule in FACTS.values() for earlier in rule.follows]


@pytest.mark.parametrize(("later", "earlier"), FOLLOWS)
def test_what_follows_may_be_on_the_same_day_and_not_before(later: str, earlier: str) -> None:
    check_order({earlier: day("2026-03-02"), later: day("2026-03-02")}, TODAY)
    check_order({later: day("2026-03-01")}, TODAY)
    with pytest.raises(FactRefused, match=f"before {earlier}") as refused:
        check_order({earlier: day("2026-03-02"), later: day("2026-03-01")}, TODAY)
    assert refused.value.fact == later


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("decided_on", "requested_on"),
        ("letter_sent_on", "decided_on"),
        ("letter_received_on", "letter_sent_on"),
        ("adviser_contacted_on", "letter_sent_on"),
        ("mediation_declined_on", "adviser_contacted_on"),
        ("mediation_requested_on", "adviser_contacted_on"),
        ("la_told_of_mediation_on", "letter_sent_on"),
        ("mediation_not_arranged_on", "mediation_requested_on"),
        ("mediation_concluded_on", "mediation_requested_on"),
        ("certificate_issued_on", "adviser_contacted_on"),
        ("certificate_issued_on", "letter_sent_on"),
        ("certificate_received_on", "certificate_issued_on"),
        ("appeal_lodged_on", "letter_sent_on"),
        ("appeal_received_on", "appeal_lodged_on"),
        ("appeal_responded_on", "appeal_lodged_on"),
        ("order_made_on", "appeal_lodged_on"),
        ("order_name_school_met_on", "order_made_on"),
    ],
)
def test_the_order_of_the_main_events(later: str, earlier: str) -> None:
    assert (later, earlier) in FOLLOWS


@pytest.mark.parametrize("rule", [r for r in FACTS.values() if r.type is Type.DATE], ids=lambda rule: rule.name)
def test_only_a_date_that_is_set_for_later_may_lie_in_the_future(rule: FactRule) -> None:
    name = rule.name
    check_order({name: TODAY}, TODAY)
    if name.endswith("_directed_on") or name in ("evidence_due_on", "hearing_on"):
        check_order({name: day("2026-04-01")}, TODAY)
    else:
        with pytest.raises(FactRefused, match="in the future"):
            check_order({name: day("2026-04-01")}, TODAY)


def test_words_and_answers_have_no_order() -> None:
    check_order(facts(decision="plan_refused", sections="I", other_issues_agreed="true"), TODAY)


# --- what every deadline brings with it -----------------------------------------------------------------------------


@pytest.mark.parametrize("id_", RULES)
def test_every_deadline_can_be_directed_met_and_excused_as_its_rule_says(id_: str) -> None:
    assert FACTS[f"{id_}_directed_on"].type is Type.DATE
    assert (f"{id_}_met_on" in FACTS) is (RULES[id_].kind is Kind.DUTY)
    assert (f"{id_}_excused" in FACTS) is bool(RULES[id_].excuses)
    if RULES[id_].excuses:
        assert FACTS[f"{id_}_excused"].values == RULES[id_].excuses


def test_the_contract_s_facts_are_there() -> None:
    dates = (
        "requested decided letter_sent letter_received adviser_contacted mediation_declined mediation_requested "
        "mediation_concluded la_told_of_mediation certificate_issued certificate_received appeal_lodged "
        "appeal_received order_made late_permission"
    )
    others = "sections outcome certificate_reference tribunal_reference letter_method certificate_method kind party"
    assert {f"{name}_on" for name in dates.split()} | set(others.split()) <= set(FACTS)
    assert FACTS["letter_method"].values == FACTS["certificate_method"].values == METHODS
    assert METHODS == ("email", "portal", "hand", "post", "post_second_class")
    assert FACTS["outcome"].values == ("agreement", "partial", "none")


def test_a_refusal_is_a_refusal_of_the_workflow() -> None:
    assert issubclass(FactRefused, Refused)
    assert FactRefused("why", fact="x").exit_code == 3


def test_a_duty_that_there_is_not_is_met_with_those_that_may_be_meant() -> None:
    with pytest.raises(FactRefused, match=r"'order_amend' is not the id of a duty.*; did you mean order_amend_plan\?"):
        parse("duty", "order_amend")
    with pytest.raises(FactRefused, match=r"reference\.md lists$"):
        parse("duty", "xyzzy")
