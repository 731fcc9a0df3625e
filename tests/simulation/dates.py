"""What the stored deadlines of a case must be: by `states.deadlines`, and by a reckoning that shares nothing."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from persistence.unit import StoredDeadline
from states.deadlines import Deadline, Status, deadlines
from states.facts import parse
from states.policy import WindowBasis
from states.reckoner import Reckoner
from tests.simulation.history import LONDON, require
from tests.simulation.seen import Seen
from tests.unit import second_reckoning

BEFORE_THE_TRIBUNAL = ("lodge_appeal", "respond_to_appeal", "submit_evidence")
POST = {"post": 2, "post_second_class": 4}
Case = Mapping[str, date | str | bool]


def check_deadlines(seen: Seen, now: datetime, reckoner: Reckoner) -> None:
    """The stored rows are what state and facts imply, no more and no less, by both reckonings."""
    facts = {name: parse(name, text) for name, text in seen.facts.items()}
    due = second_reckoning.due_dates(facts)
    found = {deadline.id: deadline for deadline in deadlines(seen.state, facts, reckoner)}
    require(found.keys() == due.keys(), f"{seen.reference}: {sorted(found)} run, by the second reckoning {sorted(due)}")
    if seen.state == "appeal_expired" and (window := found.get("lodge_appeal")):
        require(window.fires_at <= now, f"{seen.reference} is expired, and may be lodged until {window.fires_at}")
    for name, deadline in found.items():
        row = seen.deadlines.get(name)
        where = f"{seen.reference} in {seen.state}, {name}"
        if row is None:
            require(deadline.status is Status.SUPERSEDED, f"{where}: {deadline.status} and not stored")
            continue
        _check_row(row, deadline, now, where)
        second = due[name], _instant(name, due[name], facts, reckoner)
        require((row.due_on, row.fires_at) == second, f"{where}: {row.due_on}, {row.fires_at}; by the second {second}")
    for name, row in seen.deadlines.items():
        if name not in found:
            require(row.status not in ("armed", "missed"), f"{seen.reference}: {name} is {row.status} and runs no more")


def _check_row(row: StoredDeadline, deadline: Deadline, now: datetime, where: str) -> None:
    told = (row.due_on, row.fires_at, row.ended_on, row.kind)
    wanted = (deadline.due_on, deadline.fires_at, deadline.ended_on, deadline.rule.kind.value)
    require(told == wanted, f"{where}: stored {told}, reckoned {wanted}")
    duty_missed = row.status == "missed" and row.kind == "duty" and row.fires_at <= now
    if deadline.status is Status.ARMED:
        require(row.status == "armed" or duty_missed, f"{where}: armed by the facts, stored as {row.status}")
        require(row.missed == duty_missed, f"{where}: {row.status}, and missed is {row.missed}")
        return
    require(row.status == deadline.status, f"{where}: {deadline.status} by the facts, stored as {row.status}")
    require(deadline.status is not Status.EXCUSED or not row.missed, f"{where}: excused, and missed")
    if deadline.status is Status.SUPERSEDED and row.kind == "duty" and deadline.ended_on is not None:
        late = deadline.ended_on > row.due_on and not deadline.not_taken
        require(row.missed == late, f"{where}: ended on {deadline.ended_on}, and missed is {row.missed}")
    if deadline.status is Status.MET and deadline.ended_on is not None:
        last = row.due_on if row.kind == "duty" else row.fires_at.astimezone(LONDON).date()
        require(row.missed == (deadline.ended_on > last), f"{where}: met, and missed is {row.missed}")
    require(not row.missed or row.fires_at <= now or deadline.status is Status.MET, f"{where}: missed before its day")


def _instant(name: str, due_on: date, facts: Case, reckoner: Reckoner) -> datetime:
    """When the daemon acts: 5 pm before the Tribunal, the end of the day elsewhere."""
    day = _gone_on(due_on, facts, reckoner.policy.window_basis) if name == "lodge_appeal" else due_on
    if name in BEFORE_THE_TRIBUNAL:
        return datetime.combine(day, time(17), LONDON)
    return datetime.combine(day + timedelta(days=1), time(0), LONDON)


def _gone_on(due_on: date, facts: Case, basis: WindowBasis) -> date:
    """The day on which both readings of the window have passed."""
    if basis is WindowBasis.SENT or "lodge_appeal_directed_on" in facts:
        return due_on
    ends = [_received(facts, "letter", "letter_sent_on", "post") + relativedelta(months=2)]
    if "certificate_issued_on" in facts:
        ends.append(_received(facts, "certificate", "certificate_issued_on", "email") + relativedelta(months=1))
    return max(due_on, second_reckoning.kept_on(max(ends)))


def _received(facts: Case, paper: str, sent: str, method: str) -> date:
    recorded, posted = facts.get(f"{paper}_received_on"), facts[sent]
    if isinstance(recorded, date):
        return recorded
    assert isinstance(posted, date)
    return second_reckoning.working_days(POST.get(str(facts.get(f"{paper}_method", method)), 0))(posted)
