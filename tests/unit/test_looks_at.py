"""What a deadline depends on: no fact that its reckoning looks at is left out of what it is remembered by."""

from collections.abc import Iterator, Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states import deadlines
from states.deadlines import reckon
from states.decisions import STATES
from states.facts import FACTS, Type, Value
from states.rules import RULES, Rule
from tests.unit.given import reckoner

DAYS = st.dates(date(2025, 12, 1), date(2026, 8, 31))
RECKONER = reckoner()


class Watched(Mapping[str, Value]):
    """Facts that keep which of them was asked for, whether or not it was there."""

    def __init__(self, facts: Mapping[str, Value]) -> None:
        self.facts, self.asked = facts, set[str]()

    def __getitem__(self, name: str) -> Value:
        self.asked.add(name)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("facts are asked for by their names")

    def __len__(self) -> int:
        raise AssertionError("facts are asked for by their names")


def values_of(name: str, wanted: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[Value]:
    """Of a fact: mostly the values with which the rule runs, where it asks for some."""
    rule = FACTS[name]
    if rule.type is Type.DATE:
        return DAYS
    if rule.type is Type.YES_NO:
        return st.booleans()
    usual = [value for value in wanted.get(name, ()) if value]
    return st.sampled_from([*usual, *(rule.values or ("B,F",))])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
@settings(max_examples=25)
@given(data=st.data(), state=st.sampled_from(list(STATES)))
def test_all_that_is_looked_at_is_what_it_is_remembered_by(rule: Rule, data: st.DataObject, state: str) -> None:
    wanted = {name: values_of(name, rule.when or {}) for name in deadlines._LOOKS_AT[rule] if name in FACTS}
    facts = data.draw(st.fixed_dictionaries({}, optional=wanted))
    watched = Watched(facts)
    found = deadlines._reckoned(rule, state, watched, RECKONER, None)
    assert watched.asked <= set(deadlines._LOOKS_AT[rule])
    assert reckon(rule, state, facts, RECKONER) == found
    assert reckon(rule, state, facts, RECKONER, []) == found
