"""What the log says a date moved for: a fact that does not bear on a deadline leaves it as it is, whatever it says."""

from datetime import date, timedelta
from random import Random

import pytest

from states.calendar import england
from states.deadlines import bearing, reckon
from states.decisions import STATES
from states.facts import FACTS, FactRule, Type, Value
from states.policy import Policy
from states.reckoner import Reckoner
from states.rules import RULES, Rule

RECKONER = Reckoner(Policy(), england())


def some_value(rule: FactRule, random: Random) -> Value:
    match rule.type:
        case Type.DATE:
            return date(2026, 1, 1) + timedelta(days=random.randrange(200))
        case Type.YES_NO:
            return random.random() < 0.5
        case Type.CHOICE:
            return random.choice(rule.values)
        case Type.SECTIONS:
            return random.choice(("B", "F", "I", "B,F"))
        case Type.REFERENCE:
            return f"A{random.randrange(9)}"
        case Type.DIGEST:
            return "0" * 64
        case Type.OFFICE:
            return random.choice(("ann", "bob"))


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_no_other_fact_changes_a_deadline(rule: Rule) -> None:
    random = Random(rule.id)  # noqa: S311
    bears = bearing(rule)
    others = sorted(FACTS.keys() - bears)
    ran = 0
    for _ in range(150):
        facts = {name: some_value(FACTS[name], random) for name in FACTS if random.random() < 0.3}
        for name in (*rule.clock[:1], *(rule.when or {})):
            facts[name] = some_value(FACTS[name], random)
        state = random.choice(list(STATES))
        before = reckon(rule, state, facts, RECKONER)
        ran += before is not None
        for name in random.sample(others, 12):
            changed = {**facts, name: some_value(FACTS[name], random)}
            assert reckon(rule, state, changed, RECKONER) == before, name
            changed.pop(name)
            assert reckon(rule, state, changed, RECKONER) == before, name
    assert ran, "the rule never ran, so nothing was shown"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_each_fact_that_is_said_to_bear_is_a_fact(rule: Rule) -> None:
    derived = {f"{rule.id}_met_on", f"{rule.id}_excused"}
    assert bearing(rule) - derived <= FACTS.keys()


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_each_fact_that_is_said_to_bear_changes_the_deadline_somewhere(rule: Rule) -> None:
    random = Random(rule.id)  # noqa: S311
    unseen = bearing(rule) & FACTS.keys()
    for _ in range(4000):
        facts = {
            name: some_value(FACTS[name], random) for name in bearing(rule) & FACTS.keys() if random.random() < 0.4
        }
        for name in (random.choice(rule.clock), *(rule.when or {})):
            facts[name] = some_value(FACTS[name], random)
        state = random.choice(list(STATES))
        before = reckon(rule, state, facts, RECKONER)
        for name in sorted(unseen):
            if reckon(rule, state, {**facts, name: some_value(FACTS[name], random)}, RECKONER) != before:
                unseen -= {name}
        if not unseen:
            return
    pytest.fail(f"nothing in {rule.id} hangs on {', '.join(sorted(unseen))}")
