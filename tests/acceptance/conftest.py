"""Databases for the acceptance tests: made by the command itself, each kind once, then copied."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.command import Redress


@pytest.fixture(autouse=True)
def _nowhere_near_a_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test meets a database that it did not name."""
    monkeypatch.delenv("REDRESS_DATABASE_URL", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Redress]:
    """The database of a story, lived once; it must be copied before anything is done to it."""

    @cache
    def live(story: str) -> Redress:
        folder = tmp_path_factory.mktemp("lived")
        if story:
            return live("").copied_to(folder).live(story)
        new = Redress(folder / "redress.db")
        new.does("init --simulated")
        return new

    return live


@pytest.fixture
def after(lived: Callable[[str], Redress], tmp_path: Path) -> Callable[[str], Redress]:
    """A database of this test's own in which a story has been lived."""
    return lambda story: lived(story).copied_to(tmp_path)


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    """A new simulated database, whose clock has not been set yet."""
    return after("")
