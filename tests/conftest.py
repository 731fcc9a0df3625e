"""Fixtures that every level of tests shares."""

from pathlib import Path

import pytest

from tests.backends import KINDS, new_postgres_url


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database that a test runs on: each of them, unless it is parametrized with one."""
    return str(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet, nor is its folder."""
    return f"sqlite:///{tmp_path / 'new' / 'redress.db'}"


@pytest.fixture
def url(backend: str, sqlite_url: str) -> str:
    """A new and empty database, once of each kind."""
    return sqlite_url if backend == "sqlite" else new_postgres_url()
