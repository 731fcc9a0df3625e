"""Some seeds of the simulation; a failure names its seed, its step and the steps before it."""

import pytest

from tests.simulation.simulation import run

STEPS = 250


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_simulated_life_keeps_every_rule_on_sqlite(sqlite_url: str, seed: int) -> None:
    tally = run(sqlite_url, seed, STEPS)
    assert min(tally.made, tally.refused, tally.crashed, tally.fired) > 0


@pytest.mark.parametrize("seed", [101, 102])
def test_a_simulated_life_keeps_every_rule_on_both_databases(url: str, seed: int) -> None:
    assert run(url, seed, STEPS).made > 0
