"""What the simulation has found in the product, each as short as it can be told."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from tests.simulation import sweeping
from tests.simulation.choosing import CASEWORKER
from tests.simulation.world import World
from workflow.engine import Change

OPENED = {"decision": "plan_refused", "party": "parent", "decided_on": "2026-02-01"}


@pytest.mark.parametrize("fact", [{"letter_received_on": "2026-02-12"}, {"lodge_appeal_directed_on": "2026-06-01"}])
@pytest.mark.parametrize("trigger", ["start_disagreement_resolution", "advise_mediation"])
def test_a_fact_that_reopens_the_window_does_not_leave_the_case_expired_when_it_comes_with_a_trigger(
    sqlite_url: str, fact: dict[str, str], trigger: str
) -> None:
    """Found with seed 4 (200 steps): with `record` the same fact reinstates the case (law.md, lodge_appeal 7).

    The world checks it: an expired case is one whose window has passed. Whether the fact is refused with such a
    trigger, or reinstates the case, is for the product to choose.
    """
    world = World(sqlite_url, Random(1), datetime(2026, 2, 2, 9, tzinfo=UTC))  # noqa: S311  (no secret)
    world.change(Change("open", "H-1", CASEWORKER, trigger="open", facts=OPENED))
    sent = Change("advance", "H-1", CASEWORKER, "send_letter", on=date(2026, 2, 2), facts={"letter_method": "email"})
    world.change(sent)
    world.set_clock(datetime(2026, 4, 8, 9, tzinfo=UTC))
    sweeping.whole_sweep(world, world.daemons[0], 10)
    assert world.histories["H-1"].state == "appeal_expired"
    try:
        world.change(Change("advance", "H-1", CASEWORKER, trigger=trigger, on=date(2026, 4, 8), facts=fact))
    finally:
        world.close()
