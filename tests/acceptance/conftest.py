"""Databases for the acceptance tests: made by the command itself, each kind once, then copied.

Every test that asks for one runs on SQLite and on PostgreSQL. A module that is about one of them, or about words that
are refused before any database is asked, says so: `pytestmark = pytest.mark.parametrize("backend", ["sqlite"])`.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.command import Redress
from tests.backends import copied, new_postgres_url, removed


@pytest.fixture(autouse=True)
def _nowhere_near_a_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test meets a database that it did not name."""
    monkeypatch.delenv("REDRESS_DATABASE_URL", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """The URL of the database of a story, lived once on a kind of database; it must be copied before it is used."""
    made = []

    @cache
    def live(story: str, kind: str) -> str:
        folder = tmp_path_factory.mktemp("lived")
        if story:
            url = copied(live("", kind), folder)
        else:
            url = new_postgres_url() if kind == "postgresql" else f"sqlite:///{folder / 'redress.db'}"
        made.append(url)
        new = Redress(url)
        if story:
            new.live(story)
        else:
            new.does("init --simulated")
        return url

    yield live
    for url in made:
        removed(url)


@pytest.fixture
def after(lived: Callable[[str, str], str], backend: str, tmp_path: Path) -> Iterator[Callable[[str], Redress]]:
    """A database of this test's own in which a story has been lived."""
    made: list[Redress] = []

    def copy(story: str) -> Redress:
        made.append(Redress(copied(lived(story, backend), tmp_path)))
        return made[-1]

    yield copy
    for redress in made:
        removed(redress.url)


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    """A new simulated database, whose clock has not been set yet."""
    return after("")
