"""Fixtures that every level of tests shares."""

from pathlib import Path

import pytest

from tests.backends import new_postgres_url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'redress.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    """A new and empty database, once of each kind."""
    return sqlite_url if request.param == "sqlite" else new_postgres_url()
