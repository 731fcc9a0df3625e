"""Many writers on few cases at one moment, beside two daemons: nothing is lost, and nobody meets a deadlock."""

from tests.processes.fleet import SENT
from tests.processes.running import new_database
from tests.processes.writers import WRITERS, writers_lose_nothing

CHANGES_EACH = 4


def test_every_change_of_fifty_writers_is_in_the_log_once_beside_two_daemons(url: str) -> None:
    written = writers_lose_nothing(new_database(url, SENT), 100, lambda made: made < CHANGES_EACH)
    assert written.changes == WRITERS * CHANGES_EACH
