"""What is tried next, out of a seed: mostly what a caseworker would do, sometimes what cannot be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from persistence.unit import StoredDeadline
from states.decisions import DECISIONS, EXPIRED
from states.facts import FACTS, Facts, Type, Value, parse, text_of
from states.guards import still_owed
from states.machine import possible
from states.reckoner import Reckoner
from states.situation import Situation
from states.table import INTERNAL, MOVING, TRIGGERS, rows_from
from tests.simulation.seen import Seen
from workflow.change import Actor, Change

CASEWORKER = Actor("caseworker")
SPANS = (0, 0, 0, 1, 1, 2, 3, 7, 14, 15, 28, 30, 31, 35, 42, 56, 59, 60, 61, 62, 70, 77, 98, 112, 140)
NONSENSE = ("", "nonsense", "2026-02-30", "20260203", "1066-10-14", "2099-01-01", "perhaps", "Z,9")
COMMON = (
    "letter_received_on", "certificate_received_on", "appeal_received_on", "lodge_appeal_directed_on",
    "contact_adviser_directed_on", "letter_method", "certificate_method", "issued_on_tribunal_order",
    "health_agreement_on", "la_told_of_mediation_on", "mediation_arranged_on", "draft_plan_served_on",
    "amendment_notice_sent_on", "evidence_due_on", "evidence_submitted_on", "plan_to_be_made", "health_issues_told_on",
    "health_body_informed_on", "health_issues_alone", "agreement_kind", "other_issues_agreed", "late_permission_on",
)  # fmt: skip
# They move the end of the window, so that a case that has expired may be in time after all.
WINDOW = (
    "letter_received_on", "letter_received_on", "certificate_received_on", "lodge_appeal_directed_on", "letter_method",
    "contact_adviser_directed_on", "issued_on_tribunal_order",
)  # fmt: skip
# They are possible nearly always, and would else be most of what happens.
SELDOM = {
    "close": 1, "concede": 1, "grant_request": 2, "start_disagreement_resolution": 1, "end_disagreement_resolution": 1,
    "pass_right": 2, "withdraw_appeal": 3,
}  # fmt: skip
CERTAIN = ("correct_unrecorded", "correct_nonsense", "correct_same", "correct_future", "by_hand", "unknown_fact")


@dataclass(frozen=True, slots=True)
class Known:
    """A case as the one who chooses sees it."""

    seen: Seen
    facts: Facts
    situation: Situation

    @classmethod
    def of(cls, seen: Seen, now: datetime, reckoner: Reckoner) -> "Known":
        facts = {name: parse(name, text) for name, text in seen.facts.items()}
        return cls(seen, facts, Situation(seen.reference, seen.state, facts, now, reckoner))


class Chooser:
    """All choices of one run; the same seed chooses the same."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def opening(self, reference: str, today: date) -> Change:
        """A new case: at the decision, or at the request that a decision is owed for."""
        facts: dict[str, object] = {
            "decision": self.random.choice(list(DECISIONS)),
            "party": self.random.choice(("parent", "young_person")),
        }
        day = today - timedelta(days=self.random.choice(SPANS))
        if self.chance(0.6):
            facts["decided_on"] = day.isoformat()
        if self.chance(0.5):
            earlier = day - timedelta(days=self.random.choice(SPANS))
            facts[self.random.choice(("requested_on", "review_meeting_on"))] = earlier.isoformat()
        return Change("open", reference, CASEWORKER, trigger="open", facts=facts)

    def advance(self, case: Known, trigger: str | None = None) -> Change:
        """A trigger, mostly one that is possible, with the facts that it needs and some that it takes."""
        trigger = trigger or self._trigger(case)
        rows = rows_from(trigger, case.seen.state) or TRIGGERS[trigger]
        row = self.random.choice(rows)
        names = [*row.needs, *(name for name in row.takes if self.chance(0.4))]
        if self.chance(0.5 if case.seen.state == EXPIRED else 0.1):
            names.append(self.random.choice(self._common(case)))
        facts: dict[str, object] = {name: self.value(name, case) for name in names}
        facts |= {name: self.random.choice(values) for name, values in (row.when or {}).items() if name in facts}
        on = self._on(case, row.sets or trigger) if self.chance(0.85) else None
        return Change("advance", case.seen.reference, CASEWORKER, trigger=trigger, facts=facts, on=on)

    def _trigger(self, case: Known) -> str:
        can = [name for name, why in possible(case.situation) if why is None]
        if can and self.chance(0.93):
            seldom = {} if case.seen.state == EXPIRED else SELDOM
            return self.random.choices(can, [seldom.get(name, 20) for name in can])[0]
        return self.random.choice([name for name in TRIGGERS if name not in INTERNAL])

    def _on(self, case: Known, name: str) -> date:
        if name == "school_leaving_on":
            june = date(case.situation.today.year - self.random.randint(0, 1), 6, 30)
            return june - timedelta(days=(june.weekday() - 4) % 7)
        return self.day(name, case)

    def record(self, case: Known) -> Change:
        """One or two facts that were not recorded, mostly."""
        known = self._common(case) if self.chance(0.6) else tuple(FACTS)
        free = [name for name in known if name not in case.facts and name not in MOVING] or list(known)
        names = self.random.sample(free, min(len(free), self.random.choice((1, 1, 1, 2))))
        if self.chance(0.4) and (open_ := [row.deadline for row in self._open(case)]):
            ending = self.random.choice(("_met_on", "_met_on", "_excused", "_directed_on"))
            names = [self.random.choice(open_) + ending]
        facts = {name: self.value(name, case) for name in names if name in FACTS} or {"letter_method": "email"}
        return Change("record", case.seen.reference, CASEWORKER, facts=facts, on=self._sometimes_on(case))

    def _common(self, case: Known) -> tuple[str, ...]:
        return WINDOW if case.seen.state == EXPIRED and self.chance(0.7) else COMMON

    def _open(self, case: Known) -> list[StoredDeadline]:
        return [row for row in case.seen.deadlines.values() if row.status in ("armed", "missed")]

    def correct(self, case: Known) -> Change:
        """One or two recorded facts mended or withdrawn; whether that can be is for the engine to say."""
        facts = {}
        for name in self.random.sample(sorted(case.facts), min(len(case.facts), self.random.choice((1, 1, 1, 2)))):
            facts[name] = "" if self.chance(0.12) else self._mended(name, case)
        return Change("correct", case.seen.reference, CASEWORKER, facts=facts, note="simulated")

    def undo(self, case: Known) -> Change:
        """The last entry as a slip; whether it was one is for the engine to say."""
        return Change("undo", case.seen.reference, CASEWORKER)

    def _mended(self, name: str, case: Known) -> str:
        value = case.facts[name]
        if not isinstance(value, date):
            return self.value(name, case)
        if self.chance(0.3):
            return self.day(name, case).isoformat()
        return (value + timedelta(days=self.random.choice((-1, 1)) * self.random.choice(SPANS[3:]))).isoformat()

    def impossible(self, case: Known) -> Change:
        """A change that must be refused, whatever the case."""
        name = self.random.choice(sorted(case.facts))
        reference, future = case.seen.reference, case.situation.today + timedelta(days=self.random.randint(1, 60))
        dates = [n for n in sorted(case.facts) if isinstance(case.facts[n], date) and not FACTS[n].future]
        match self.random.choice(CERTAIN):
            case "correct_unrecorded":
                free = [other for other in FACTS if other not in case.facts]
                other = self.random.choice(free)
                return Change("correct", reference, CASEWORKER, facts={other: self.value(other, case)})
            case "correct_nonsense":
                rule = FACTS[name]
                bad = "nonsense" if rule.type is not Type.DATE else self.random.choice(NONSENSE[1:])
                return Change("correct", reference, CASEWORKER, facts={name: bad})
            case "correct_future" if dates:
                return Change("correct", reference, CASEWORKER, facts={self.random.choice(dates): future.isoformat()})
            case "by_hand":
                hand = self.random.choice(("expire_appeal", "miss_duty", "reckon_again"))
                return Change("advance", reference, CASEWORKER, trigger=hand)
            case "unknown_fact":
                return Change("record", reference, CASEWORKER, facts={"diagnosis": "autism"})
        return Change("correct", reference, CASEWORKER, facts={name: text_of(case.facts[name])})

    def value(self, name: str, case: Known) -> str:
        """A value of the fact's type, mostly."""
        rule = FACTS.get(name)
        if rule is None or self.chance(0.02):
            return self.random.choice(NONSENSE)
        match rule.type:
            case Type.DATE:
                return self.day(name, case).isoformat()
            case Type.YES_NO:
                return self.random.choice(("true", "false"))
            case Type.SECTIONS:
                return self.random.choice(("I", "B,F", "B,F,I", "F"))
            case Type.REFERENCE:
                return f"R-{self.random.randint(1, 999)}"
            case Type.DIGEST:
                return f"{self.random.getrandbits(256):064x}"
            case Type.OFFICE:
                return self.random.choice(("ann", "bob", "North"))
            case Type.CHOICE if name == "duty" and (owed := still_owed(case.situation, case.facts)):
                return self.random.choice(owed)
        return self.random.choice(rule.values)

    def day(self, name: str, case: Known) -> date:
        """A day on which it may have happened: behind what it follows, and not in the future; mostly."""
        today, rule = case.situation.today, FACTS.get(name)
        if rule is not None and rule.future:
            return today + timedelta(days=self.random.randint(-30, 150))
        if self.chance(0.03):
            return today + timedelta(days=self.random.choice(SPANS))
        earliest = _latest(case.facts, rule.follows if rule else ())
        if earliest is None or self.chance(0.25):
            return today - timedelta(days=self.random.choice(SPANS[:8]))
        if self.chance(0.04):
            return earliest - timedelta(days=1)
        day = earliest + timedelta(days=self.random.choice(SPANS))
        return max(earliest, min(day, today))

    def _sometimes_on(self, case: Known) -> date | None:
        return case.situation.today - timedelta(days=self.random.choice(SPANS[:8])) if self.chance(0.3) else None

    def instant(self, now: datetime, boundaries: list[datetime]) -> datetime:
        """The clock's next stand: a little later, months later, or at the very edge of a boundary."""
        ahead = [at for at in boundaries if at > now]
        edge = self.random.choice((-1_000_000, -1, 0, 0, 0, 1, 1_000_000))
        if ahead and self.chance(0.6):
            at = ahead[0] if self.chance(0.7) else self.random.choice(ahead[:10])
            return max(now, at + timedelta(microseconds=edge))
        seconds = self.random.choice((1, 60, 3600, 86_400, 86_400, 5 * 86_400, 20 * 86_400, 60 * 86_400))
        return now + timedelta(seconds=self.random.randint(1, seconds))


def _latest(facts: Mapping[str, Value], names: tuple[str, ...]) -> date | None:
    return max((value for name in names if isinstance(value := facts.get(name), date)), default=None)
