"""What happened in a period, for the monthly meeting and the yearly return: counted from the record as it stands now.

A date that is corrected afterwards moves between periods, so the same report asked for later may differ; what the
record said on a day is in the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from persistence.reporting import (
    DutyKept,
    beside,
    cases_with,
    duties_kept,
    events,
    lodged_late,
    recorded_beside,
    windows_closed,
)
from states.calendar import ONE_DAY, london_day
from states.counting import words
from states.decisions import DECISIONS
from states.facts import OUTCOMES
from states.rules import DISMISSED, LODGE_APPEAL, RULES
from workflow.session import Moment

# The columns of the first table: each event, and what it is called there.
EVENTS: Mapping[str, str] = {
    "decided_on": "Decided",
    "letter_sent_on": "Letters sent",
    "adviser_contacted_on": "Adviser contacted",
    "certificate_issued_on": "Certificates",
    "appeal_lodged_on": "Appeals",
}
_OTHER_EVENTS = ("mediation_not_arranged_on", "appeal_withdrawn_on")
CLOSED = "Windows closed unused"
CERTIFICATES = tuple(rule for rule in RULES if rule.startswith("certificate_after"))


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to another, both counted."""

    first: date
    last: date

    @property
    def words(self) -> str:
        return words(self.first) if self.first == self.last else f"{words(self.first)} to {words(self.last)}"


def month(year: int, number: int) -> Period:
    """A calendar month."""
    behind = date(year + number // 12, number % 12 + 1, 1)
    return Period(date(year, number, 1), behind - ONE_DAY)


def last_month(today: date) -> Period:
    """The calendar month before this day's."""
    end = today.replace(day=1) - ONE_DAY
    return Period(end.replace(day=1), end)


@dataclass(frozen=True, slots=True)
class Line:
    """A number of a report, under its heading: `id` is its name in JSON and CSV."""

    id: str
    words: str
    number: int


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period.

    `by_decision` has, for each decision, the number of each event of EVENTS and of the windows that closed unused, in
    that order. `duties` are those of everybody that fell due in the period.
    """

    period: Period
    by_decision: Mapping[str, tuple[int, ...]]
    mediation: tuple[Line, ...]
    appeals: tuple[Line, ...]
    duties: tuple[DutyKept, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(sum(column) for column in zip(*self.by_decision.values(), strict=True))

    @property
    def certificates(self) -> tuple[DutyKept, ...]:
        """How the mediation adviser kept its days."""
        return tuple(duty for duty in self.duties if duty.duty in CERTIFICATES)

    def as_data(self) -> dict[str, Any]:
        """The document of `report --json`."""
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "decisions": {
                decision: dict(zip(_IDS, numbers, strict=True)) for decision, numbers in self.by_decision.items()
            },
            "mediation": {line.id: line.number for line in self.mediation},
            "appeals": {line.id: line.number for line in self.appeals},
            "duties": [duty_data(duty) for duty in self.duties],
        }

    def rows(self) -> Iterator[tuple[str, str, str, int]]:
        """The rows of `report --csv`: part, measure, of what, and the number."""
        for decision, numbers in self.by_decision.items():
            for name, number in zip(_IDS, numbers, strict=True):
                yield "decisions", name, decision, number
        for part, lines in (("mediation", self.mediation), ("appeals", self.appeals)):
            for line in lines:
                yield part, line.id, "", line.number
        for duty in self.duties:
            for name, value in duty_data(duty).items():
                if isinstance(value, int):
                    yield "duties", name, duty.duty, value


ROWS = ("part", "measure", "of", "number")
_IDS = (
    "decided",
    "letters_sent",
    "adviser_contacted",
    "certificates_issued",
    "appeals_lodged",
    "windows_closed_unused",
)


def duty_data(duty: DutyKept) -> dict[str, Any]:
    """How a duty was kept, as a document: its numbers with what it is and whose. The days late are calendar days."""
    rule = RULES.get(duty.duty)
    return {
        "id": duty.duty,
        "who": rule.who if rule else None,
        "words": rule.words if rule else None,
        "in_time": duty.in_time,
        "late": duty.late,
        "missed": duty.missed,
        "excused": duty.excused,
        "running": duty.running,
        "days_late": duty.days_late,
        "days_late_most": duty.days_late_most,
    }


def report(moment: Moment, period: Period) -> Report:
    """The figures of a period, from the record as it stands."""
    connection, first, last = moment.unit.connection, period.first, period.last
    happened = events(connection, (*EVENTS, *_OTHER_EVENTS), DECISIONS, first, last)
    closed = windows_closed(connection, LODGE_APPEAL.id, first, last)
    table = {
        decision: (*(happened[name].get(decision, 0) for name in EVENTS), closed.get(decision, 0))
        for decision in DECISIONS
    }
    counts = {name: sum(found.values()) for name, found in happened.items()}
    duties = duties_kept(connection, LODGE_APPEAL.id, first, last, london_day(moment.now))
    return Report(period, table, _mediation(moment, period, counts), _appeals(moment, period, counts), tuple(duties))


def _mediation(moment: Moment, period: Period, counts: Mapping[str, int]) -> tuple[Line, ...]:
    """Of the families that first contacted the adviser in the period: what they wanted, as the record stands. Of the
    mediations that ended in it: how."""
    connection, first, last = moment.unit.connection, period.first, period.last
    contacted = counts["adviser_contacted_on"]
    asked = ("mediation_requested_on", "mediation_declined_on")
    wanted, declined = recorded_beside(connection, "adviser_contacted_on", asked, first, last).values()
    ended = beside(connection, "mediation_concluded_on", "outcome", first, last)
    names = {"agreement": "all was agreed", "partial": "something was left", "none": "nothing was agreed"}
    return (
        Line("contacted", "Families that first contacted the adviser", contacted),
        Line("wanted", "of them, who wanted mediation", wanted),
        Line("declined", "of them, who did not", declined),
        Line("undecided", "of them, who have not said", contacted - wanted - declined),
        Line("not_arranged", "Mediations that could not be arranged in time", counts["mediation_not_arranged_on"]),
        Line("ended", "Mediations that ended", sum(ended.values())),
        *(Line(f"ended_{outcome}", f"of them, {names[outcome]}", ended.get(outcome, 0)) for outcome in OUTCOMES),
    )


def _appeals(moment: Moment, period: Period, counts: Mapping[str, int]) -> tuple[Line, ...]:
    """What came of appeals in the period: each by the day on which it happened."""
    connection, first, last = moment.unit.connection, period.first, period.last
    late = lodged_late(connection, LODGE_APPEAL.id, "appeal_lodged_on", "late_permission_on", first, last)
    conceded = beside(connection, "conceded_on", "conceded_kind", first, last)
    before = conceded.pop(None, 0)
    orders = beside(connection, "order_made_on", "kind", first, last)
    dismissed = orders.pop(DISMISSED, 0)
    return (
        Line("lodged", "Appeals lodged", counts["appeal_lodged_on"]),
        Line("lodged_late", "of them, late with the Tribunal's permission", late),
        Line("conceded_before", "Given way to before an appeal", before),
        Line("conceded", "Appeals not opposed", sum(conceded.values())),
        Line("withdrawn", "Appeals withdrawn", counts["appeal_withdrawn_on"]),
        Line("ordered", "Appeals that ended with an order to the council", sum(orders.values())),
        Line("dismissed", "Appeals dismissed", dismissed),
    )


# --- the yearly return to the Department for Education ---------------------------------------------------------------

# The items of the SEN2 person level survey that concern mediation and the Tribunal, by the names that the Department
# publishes (Special educational needs survey 2026: guide, modules 2 and 3). Of each decision: the items that bear its
# outcome's date, its mediation and its appeal.
SEN2_ITEMS = (
    "ReceivedDate", "RequestOutcomeDate", "RequestMediation", "RequestTribunal", "AssessmentOutcomeDate",
    "AssessmentMediation", "AssessmentTribunal", "OtherMediation", "OtherTribunal",
)  # fmt: skip
_REQUEST = ("RequestOutcomeDate", "RequestMediation", "RequestTribunal")
_ASSESSMENT = ("AssessmentOutcomeDate", "AssessmentMediation", "AssessmentTribunal")
SEN2_OF: Mapping[str, tuple[str, str, str]] = {
    "assessment_refused": _REQUEST,
    "plan_refused": _ASSESSMENT,
    "plan_issued": ("AssessmentOutcomeDate", "OtherMediation", "OtherTribunal"),
}
# What is decided of a plan that is there already: no outcome of a request or an assessment is returned with it.
_OF_A_PLAN = ("", "OtherMediation", "OtherTribunal")
_SEN2_FACTS = ("decision", "requested_on", "decided_on", "mediation_concluded_on", "appeal_lodged_on")


def sen2(moment: Moment, year: int) -> Iterator[dict[str, str]]:
    """One row for each case that was decided, mediated or appealed in a calendar year: its reference, its decision, and
    the items of the return; an item that is none of its decision's is empty. Mediation held and appeal lodged are 1,
    else 0, each by the end of the year.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    asked = ("decided_on", "mediation_concluded_on", "appeal_lodged_on")
    for case in cases_with(moment.unit.connection, asked, _SEN2_FACTS, first, last):
        decision = case.facts.get("decision", "")
        outcome_date, mediation, tribunal = SEN2_OF.get(decision, _OF_A_PLAN)
        row = dict.fromkeys(SEN2_ITEMS, "")
        row["ReceivedDate"] = case.facts.get("requested_on", "")
        if outcome_date:
            row[outcome_date] = case.facts.get("decided_on", "")
        for item, fact in ((mediation, "mediation_concluded_on"), (tribunal, "appeal_lodged_on")):
            row[item] = "1" if "" < case.facts.get(fact, "") <= last.isoformat() else "0"
        yield {"reference": case.reference, "decision": decision, **row}
