"""Whether the definition hangs together: checked at import, every fault listed at once."""

from states.decisions import STATES, UNOPENED
from states.errors import DefinitionFaulty
from states.facts import FACTS
from states.guards import CHOICES, GUARDS
from states.rules import RULES
from states.situation import FILLS
from states.table import SAME, TABLE


def faults() -> list[str]:
    """Every fault of the workflow table, the rule table and the facts, in words; none for a sound definition."""
    return [*_faults_of_rows(), *_faults_of_states(), *_faults_of_rules(), *_faults_of_facts()]


def check_definition() -> None:
    """Raises DefinitionFaulty with all the faults, so that a broken table never runs."""
    found = faults()
    if found:
        raise DefinitionFaulty("\n".join(found))


def _faults_of_rows() -> list[str]:
    found = []
    for row in TABLE:
        where = f"{row.trigger} to {row.dest}"
        if not row.source:
            found.append(f"{where}: no source in law and no office reason")
        if not row.sources:
            found.append(f"{where}: no source state")
        found += [f"{where}: unknown state {s}" for s in (*row.sources, row.dest) if s not in STATES and s != SAME]
        names = (row.sets, *row.needs, *row.takes, *row.clears, *row.also, *(row.when or ()))
        found += [f"{where}: unknown fact {name}" for name in names if name and name not in FACTS]
        if row.guard and row.guard not in GUARDS:
            found.append(f"{where}: unknown guard {row.guard}")
        if row.fills and row.fills not in FILLS:
            found.append(f"{where}: unknown fill {row.fills}")
        if row.choice and row.choice not in CHOICES:
            found.append(f"{where}: unknown choice {row.choice}")
    return found


def _faults_of_states() -> list[str]:
    reached, left = {UNOPENED}, set()
    grown = True
    while grown:
        grown = False
        for row in TABLE:
            for source in row.sources:
                dest = source if row.dest == SAME else row.dest
                if dest != source:
                    left.add(source)
                if source in reached and dest not in reached:
                    reached.add(dest)
                    grown = True
    found = [f"{state}: cannot be reached" for state in STATES if state not in reached]
    found += [f"{s.id}: cannot be left and is not final" for s in STATES.values() if s.id not in left and not s.final]
    found += [f"{s.id}: is final and can be left" for s in STATES.values() if s.id in left and s.final]
    return found


def _faults_of_rules() -> list[str]:
    found = []
    for rule in RULES.values():
        if not rule.source:
            found.append(f"{rule.id}: no source")
        if not rule.clock:
            found.append(f"{rule.id}: no clock")
        before = (rule.before,) if rule.before else ()
        names = (*rule.clock, *rule.met_by, *rule.ended_by, *rule.unless, *before, *(rule.when or ()))
        found += [f"{rule.id}: a fact that nobody sets: {name}" for name in names if name not in FACTS]
        if rule.after is not None and rule.after not in RULES:
            found.append(f"{rule.id}: runs after an unknown deadline {rule.after}")
    return found


def _faults_of_facts() -> list[str]:
    return [
        f"{fact.name}: follows an unknown fact {earlier}"
        for fact in FACTS.values()
        for earlier in fact.follows
        if earlier not in FACTS
    ]
