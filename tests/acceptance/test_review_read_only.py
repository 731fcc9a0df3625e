"""Nothing can be changed by the review pages: the database that they are handed refuses it."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from persistence.database import Database
from persistence.unit import unit_of_work
from states.errors import DatabaseUnreachable
from tests.acceptance.asking import looking
from tests.acceptance.command import Redress
from tests.acceptance.test_main_road import SENT
from workflow.change import Actor, Change
from workflow.engine import apply
from workflow.session import Session

CHANGES = (
    "UPDATE cases SET state = 'closed'",
    "DELETE FROM facts",
    "INSERT INTO meta (key, value) VALUES ('a', 'b')",
    "CREATE TABLE more (id INTEGER)",
    "DROP TABLE deadlines",
)


def _run(database: Database, statement: str) -> None:
    with database.connect() as connection:
        connection.execute(text(statement))
        connection.commit()


def _advance(database: Database) -> None:
    """A change by the engine itself, which knows nothing of the pages."""
    with Session(url=str(database.url), _database=database).moment(writing=True) as moment:
        change = Change("advance", "H-1", Actor("ann"), trigger="advise_mediation")
        apply(moment.unit, change, moment.now, moment.reckoner)
        moment.unit.commit()


def test_a_read_only_database_refuses_every_change(after: Callable[[str], Redress]) -> None:
    redress = after(SENT)
    before = redress.contents()
    database = Database(redress.url, read_only=True)
    for change in CHANGES:
        with pytest.raises(DatabaseUnreachable):
            _run(database, change)
    with pytest.raises(DatabaseUnreachable):
        _advance(database)
    with unit_of_work(database, writing=False) as unit:
        assert unit.case("H-1") is not None
    database.close()
    assert redress.contents() == before


def test_looking_at_every_page_changes_nothing(after: Callable[[str], Redress]) -> None:
    redress = after(SENT)
    before = redress.contents()
    with looking(redress.url) as browser:
        for path in ("/", "/due", "/case?reference=H-1", "/cases?state=letter_sent", "/log", "/dashboard"):
            browser.sees(path)
    assert redress.contents() == before
