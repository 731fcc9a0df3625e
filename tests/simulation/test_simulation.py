"""Some seeds of the simulation; a failure names its seed, its step and the steps before it."""

import pytest

from tests.simulation.simulation import run

STEPS = 200


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_simulated_life_keeps_every_rule(sqlite_url: str, seed: int) -> None:
    tally = run(sqlite_url, seed, STEPS)
    assert min(tally.made, tally.refused, tally.crashed, tally.fired) >= 5


@pytest.mark.parametrize("seed", [101, 102])
def test_a_simulated_life_keeps_every_rule_on_either_database(url: str, seed: int) -> None:
    tally = run(url, seed, STEPS // 2)
    assert min(tally.made, tally.refused, tally.crashed, tally.fired) > 0


def test_a_seed_lives_the_same_life_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    first, second = (run(f"sqlite:///{tmp_path_factory.mktemp('life') / 'redress.db'}", 7, 80) for _ in range(2))
    assert first == second
