"""The simulation is worth something only if it finds what is broken: each of these breaks the product, and is found.

What is broken is the real code, by one small change in this process; the simulation is told nothing of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import scheduler.sweep
import states.deadlines
import states.window
import workflow.engine as engine
import workflow.kinds as kinds
from persistence.log import GENESIS
from persistence.unit import Unit
from states.deadlines import Status
from tests.simulation.choosing import CASEWORKER
from tests.simulation.simulation import run
from workflow.change import Step
from workflow.reconcile import Reconciled

# A rare fault is met by one seed in twelve; the first that meets it ends the search.
SEEDS, STEPS = range(1, 61), 120

Mend = pytest.MonkeyPatch
Break = Callable[[Mend], None]
BREAKS: dict[str, tuple[Break, str]] = {}


def found_as(words: str) -> Callable[[Break], Break]:
    """Something to break, and what the simulation must say of it."""

    def kept(function: Break) -> Break:
        BREAKS[function.__name__] = (function, words)
        return function

    return kept


def _before(mend: Mend, where: Any, name: str, otherwise: Callable[..., Any]) -> None:
    """Put `otherwise`, which is handed what stood there before, in its place."""
    was = getattr(where, name)
    mend.setattr(where, name, lambda *given, **named: otherwise(was, *given, **named))


@found_as("fired twice")
def fires_what_has_ended_or_was_fired(mend: Mend) -> None:
    was = kinds.STEPS["fire"]

    def fires_anyway(unit: Any, case: Any, change: Any, situation: Any) -> list[Any]:
        row = case.deadlines[change.deadline]
        told = {"deadline": row.deadline, "missed": frozenset((row.deadline,)), "late_seconds": 0}
        again = Step("miss_duty", case.state, row.due_on, situation.recorded, change.actor, **told)
        return was(unit, case, change, situation) or [again]

    mend.setitem(kinds.STEPS, "fire", fires_anyway)


@found_as("was not armed, but|led from appeal_expired to appeal_expired")
def enters_each_firing_twice(mend: Mend) -> None:
    was = kinds.STEPS["fire"]
    mend.setitem(kinds.STEPS, "fire", lambda *given: [*was(*given)] * 2)


@found_as("by the second")
def takes_the_right_away_an_hour_early(mend: Mend) -> None:
    for module in (states.deadlines, states.window):
        mend.setattr(module, "TRIBUNAL_CLOSES", time(16))


@found_as("a stored date was not what the facts gave")
def finds_what_is_due_an_hour_early(mend: Mend) -> None:
    hour = timedelta(hours=1)
    _before(mend, scheduler.sweep, "due", lambda was, on, now, *given, **named: was(on, now + hour, *given, **named))


@found_as("recorded at")
def fires_an_hour_early(mend: Mend) -> None:
    def read_meta(was: Any, *given: Any) -> Any:
        meta = was(*given)
        return SimpleNamespace(now=lambda: meta.now() + timedelta(hours=1), reckoner=meta.reckoner)

    _before(mend, scheduler.sweep, "read_meta", read_meta)


@found_as("after a full sweep, still armed")
def looks_only_for_what_is_an_hour_late(mend: Mend) -> None:
    hour = timedelta(hours=1)
    _before(mend, scheduler.sweep, "due", lambda was, on, now, *given, **named: was(on, now - hour, *given, **named))


@found_as("and runs no more|superseded by the facts, stored as armed|stored .*, reckoned")
def forgets_to_end_what_runs_no_more(mend: Mend) -> None:
    def reconcile(was: Any, *given: Any, **named: Any) -> Reconciled:
        found = was(*given, **named)
        kept = [n for n, row in enumerate(found.rows) if row.status != Status.SUPERSEDED]
        return Reconciled(tuple(found.rows[n] for n in kept), tuple(found.changes[n] for n in kept))

    _before(mend, engine, "reconcile", reconcile)


@found_as("by its log")
def tells_the_log_of_an_ending_and_not_the_row(mend: Mend) -> None:
    def reconcile(was: Any, *given: Any, **named: Any) -> Reconciled:
        found = was(*given, **named)
        return Reconciled(tuple(row for row in found.rows if row.status != Status.MET), found.changes)

    _before(mend, engine, "reconcile", reconcile)


@found_as("stored .*, reckoned|and runs no more")
def corrects_and_does_not_reckon_again(mend: Mend) -> None:
    def write(was: Any, unit: Any, case: Any, step: Any, *given: Any) -> Any:
        if step.trigger != "correct":
            return was(unit, case, step, *given)
        with pytest.MonkeyPatch.context() as within:
            within.setattr(engine, "reconcile", lambda *_given, **_named: Reconciled((), ()))
            return was(unit, case, step, *given)

    _before(mend, engine, "_write", write)


@found_as("corrected, and not expired")
def corrects_and_leaves_the_case_open_past_its_window(mend: Mend) -> None:
    was = kinds.STEPS["correct"]
    mend.setitem(kinds.STEPS, "correct", lambda *given: [*was(*given)][:1])


@found_as("before the slip")
def undoes_the_state_and_leaves_the_facts(mend: Mend) -> None:
    _before(mend, kinds, "facts_before", lambda _was, history: _told(history))


def _told(history: Any) -> dict[str, str]:
    told: dict[str, Any] = {}
    for entry in history:
        told |= entry.facts_set()
    return {name: text for name, text in told.items() if text is not None}


@found_as("reminders of what does not run|reminders that are missing")
def leaves_the_reminders_where_a_day_was(mend: Mend) -> None:
    mend.setattr(Unit, "remind", lambda *_given: None)


@found_as("is expired, and may be lodged")
def leaves_expired_what_a_recorded_fact_reinstates(mend: Mend) -> None:
    _before(mend, kinds, "_settled_state", lambda _was, _unit, case, _facts, _situation: case.state)


@found_as("does not name the entry before it")
def chains_nothing_to_the_entry_before(mend: Mend) -> None:
    def entry(was: Any, **named: Any) -> Any:
        return was(**{**named, "previous": GENESIS})

    _before(mend, engine, "Entry", entry)


@found_as("its log ends at|follows entry")
def expires_without_an_entry(mend: Mend) -> None:
    def write(was: Any, unit: Unit, case: Any, entry: Any, *given: Any) -> Any:
        written = was(unit, case, entry, *given)
        if entry.trigger == "expire_appeal":
            _behind_the_log(unit, f"DELETE FROM log WHERE case_id = {case.id} AND seq = {entry.seq}")
        return written

    _before(mend, Unit, "write", write)


@found_as("and yet the database has changed")
def keeps_half_of_what_was_cut_off_or_refused(mend: Mend) -> None:
    def write(was: Any, unit: Unit, case: Any, entry: Any, *given: Any) -> Any:
        written = was(unit, case, entry, *given)
        if entry.actor == CASEWORKER.name:
            unit.connection.exec_driver_sql("COMMIT")
            unit.connection.exec_driver_sql("BEGIN IMMEDIATE")
        return written

    _before(mend, Unit, "write", write)


@found_as("failed, and was changed")
def keeps_what_a_faulty_case_had_written(mend: Mend) -> None:
    @contextmanager
    def attempt(_unit: Unit) -> Iterator[None]:
        yield

    mend.setattr(Unit, "attempt", attempt)


@found_as("what was seen no more was not refused")
def writes_over_what_another_has_changed(mend: Mend) -> None:
    def write(was: Any, unit: Unit, case: Any, entry: Any, *given: Any) -> Any:
        stands = unit.case(case.reference) or case
        return was(unit, stands, entry._replace(seq=stands.version + 1, previous=stands.head), *given)

    _before(mend, Unit, "write", write)


@found_as("0 seconds late, in truth")
def says_that_the_daemon_was_in_time(mend: Mend) -> None:
    def entry(was: Any, **named: Any) -> Any:
        return was(**{**named, "late_seconds": 0 if named["late_seconds"] is not None else None})

    _before(mend, engine, "Entry", entry)


def _behind_the_log(unit: Unit, statement: str) -> None:
    """A change of the log that the database's own triggers would refuse."""
    triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'log'"
    stood = unit.connection.exec_driver_sql(triggers).all()
    for name, _ in stood:
        unit.connection.exec_driver_sql(f"DROP TRIGGER {name}")
    unit.connection.exec_driver_sql(statement)
    for _, made in stood:
        unit.connection.exec_driver_sql(made)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Dates that were reckoned by a broken product are not those of the next test, nor the other way round."""
    remembered = [
        reckoned
        for module in (states.deadlines, states.window)
        for name, reckoned in vars(module).items()
        if name.startswith("_remembered_")
    ]
    for reckoned in remembered:
        reckoned.cache_clear()
    yield
    for reckoned in remembered:
        reckoned.cache_clear()


@pytest.mark.parametrize(("broken", "words"), BREAKS.values(), ids=BREAKS.keys())
def test_the_simulation_finds_a_product_that(
    broken: Break, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=words):
        _live(tmp_path)


def _live(folder: Path) -> None:
    for seed in SEEDS:
        run(f"sqlite:///{folder / f'{seed}.db'}", seed, STEPS)
