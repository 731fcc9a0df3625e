"""Every database that a test opened is let go of at its end."""

from collections.abc import Iterator

import pytest

from tests.processes.running import OPENED


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
