"""Reckoning dates without a case: one JSON object in, one out, for spreadsheets, letters and checks."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from states.deadlines import Deadline, Status, reckon, running_rules
from states.errors import FactRefused, RedressError
from states.facts import Value, check_follows, fact_rule, parse
from states.policy import WindowBasis
from states.reckoner import Reckoner
from states.rules import LODGE_APPEAL, RULES, Rule

# Said on a line besides the facts of a case: the policy to reckon with.
BASIS = "window_basis"


def calculate_lines(lines: Iterable[str], reckoner: Reckoner) -> Iterator[dict[str, Any]]:
    """One answer a line, in order; `{"error": ...}` for a line that cannot be taken, and the rest go on."""
    for line in lines:
        try:
            yield calculate(_object(line), reckoner)
        except RedressError as refused:
            yield {"error": str(refused)}


def _object(line: str) -> dict[str, Any]:
    """The JSON object of a line. Raises FactRefused for anything else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise FactRefused(f"not JSON ({fault}); give one object a line", fact="line") from fault
    if not isinstance(found, dict):
        raise FactRefused("not a JSON object; give one object a line", fact="line")
    return found


def calculate(given: Mapping[str, object], reckoner: Reckoner) -> dict[str, Any]:
    """The deadlines that these facts start, by id. Raises FactRefused or CannotReckon.

    Where a fact that chooses between rules is not given (`kind`, `agreement_kind`, the decision for what runs from the
    request), all of them are reckoned: whoever asks without a case wants to see the dates there could be.
    """
    facts, reckoner = read_facts(given, reckoner)
    answer = {}
    for rule in _rules(facts):
        deadline = reckon(rule, "letter_sent", _as_if(rule, facts), reckoner)
        if deadline is not None:
            answer[rule.id] = shown(deadline)
    return answer


def read_facts(given: Mapping[str, object], reckoner: Reckoner) -> tuple[dict[str, Value], Reckoner]:
    """The facts of a line, with the policy that it asks for."""
    facts: dict[str, Value] = {}
    for name, value in given.items():
        if name == BASIS:
            reckoner = _with_basis(value, reckoner)
        elif value is not None:
            facts[fact_rule(name).name] = parse(name, value)
    if not facts:
        raise FactRefused("no fact is given; give at least one, such as letter_sent_on", fact="line")
    check_follows(facts)
    return facts, reckoner


def _with_basis(value: object, reckoner: Reckoner) -> Reckoner:
    try:
        basis = WindowBasis(str(value))
    except ValueError as unknown:
        raise FactRefused(f"{str(value)[:40]!r} is not one of received, sent", fact=BASIS) from unknown
    return replace(reckoner, policy=replace(reckoner.policy, window_basis=basis))


def _rules(facts: Mapping[str, Value]) -> Iterator[Rule]:
    """The rules whose clock the facts start, each once."""
    running = set(running_rules(facts))
    for rule in RULES.values():
        if rule in running or (any(fact in facts for fact in rule.clock) and _could_apply(rule, facts)):
            yield rule


def _could_apply(rule: Rule, facts: Mapping[str, Value]) -> bool:
    """Whether a rule could run: what chooses it is not given, or it runs from the request, whose end is not known."""
    if rule is LODGE_APPEAL:
        return "letter_sent_on" in facts
    when = rule.when or {}
    return rule.clock == ("requested_on",) or all(fact not in facts or _says(facts[fact], when[fact]) for fact in when)


def _says(value: Value, values: tuple[str, ...]) -> bool:
    return (str(value).lower() if isinstance(value, bool) else value) in values


def _as_if(rule: Rule, facts: Mapping[str, Value]) -> Mapping[str, Value]:
    """The facts with those laid over them that the rule needs to run."""
    if rule.when is None or rule is LODGE_APPEAL:
        return facts
    needed = {fact: parse(fact, values[0]) for fact, values in rule.when.items() if not _given_as(facts, fact, values)}
    return {**facts, **needed}


def _given_as(facts: Mapping[str, Value], fact: str, values: tuple[str, ...]) -> bool:
    return fact in facts and _says(facts[fact], values)


def shown(deadline: Deadline) -> dict[str, Any]:
    """A deadline as an answer carries it; while a certificate is awaited no boundary runs, so nothing fires."""
    waits = deadline.rule is LODGE_APPEAL and deadline.status is Status.SUPERSEDED
    return {
        "due_on": deadline.due_on.isoformat(),
        "fires_at": None if waits else deadline.fires_at.isoformat(),
        "kind": deadline.rule.kind.value,
        "who": deadline.rule.who,
        "source": deadline.rule.source,
        "verified": deadline.rule.verified,
        "warnings": [*(["Waiting for the certificate: no boundary runs."] if waits else []), *deadline.warnings],
    }
