"""A case that the code cannot handle is set aside, the others go on, and it is taken up again."""

import json

import pytest
from sqlalchemy import text

from persistence.database import Database
from tests.processes.running import entries, is_intact, letters_sent, new_database, redress_here, set_the_clock

SENT = "2026-02-23T10:00:00+00:00"
BOUNDARY = "2026-04-23T17:00:00+01:00"


def write_letter(database: Database, reference: str, day: str) -> None:
    """Change a stored fact behind the product's back."""
    with database.connect(writing=True) as connection:
        connection.execute(
            text(
                "UPDATE facts SET value = :day WHERE name = 'letter_sent_on' "
                "AND case_id = (SELECT id FROM cases WHERE reference = :reference)"
            ),
            {"day": day, "reference": reference},
        )
        connection.commit()


def test_one_poisoned_case_does_not_stop_the_others_and_is_retried(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 3)
    write_letter(database, "H-1", "no day at all")
    set_the_clock(database, BOUNDARY)
    swept = json.loads(redress_here(database, "daemon", "--once", "--json").stdout)
    assert sorted(fired["case"] for fired in swept["fired"]) == ["H-0", "H-2"]
    assert [failed["case"] for failed in swept["failed"]] == ["H-1"]
    assert "no day at all" in swept["failed"][0]["why"]

    assert json.loads(redress_here(database, "daemon", "--once", "--json").stdout) == {"fired": [], "failed": []}
    assert "LOOK  set aside: H-1: lodge_appeal" in redress_here(database, "doctor").stdout
    assert "H-1 is set aside" in redress_here(database, "worklist").stderr

    write_letter(database, "H-1", "2026-02-23")
    assert redress_here(database, "retry", "H-1").stdout == "H-1: taken up again.\n"
    swept = json.loads(redress_here(database, "daemon", "--once", "--json").stdout)
    assert [(fired["case"], fired["trigger"]) for fired in swept["fired"]] == [("H-1", "expire_appeal")]
    assert sorted(entries(database, "expire_appeal")) == [(f"H-{n}", "lodge_appeal") for n in range(3)]
    assert is_intact(database).intact
    assert redress_here(database, "retry", "H-1").stdout == "H-1: was not set aside.\n"


@pytest.mark.parametrize(
    ("backend", "column", "stored"),
    [
        ("sqlite", "fires_at", "0"),
        ("sqlite", "fires_at", "2026-04-23"),
        ("sqlite", "due_on", "20260423"),
        ("postgresql", "fires_at", "-infinity"),
        ("postgresql", "fires_at", "0044-03-15 00:00:00+00 BC"),
        ("postgresql", "due_on", "infinity"),
    ],
)
def test_a_date_that_is_none_stops_no_other_case(url: str, column: str, stored: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 3)

    def write(value: str) -> None:
        with database.connect(writing=True) as connection:
            of = "deadline = 'lodge_appeal' AND case_id = (SELECT id FROM cases WHERE reference = 'H-1')"
            connection.exec_driver_sql(f"UPDATE deadlines SET {column} = '{value}' WHERE {of}")
            connection.commit()

    write(stored)
    set_the_clock(database, BOUNDARY)
    swept = json.loads(redress_here(database, "daemon", "--once", "--json").stdout)
    assert sorted(fired["case"] for fired in swept["fired"]) == ["H-0", "H-2"]
    assert [failed["case"] for failed in swept["failed"]] == ["H-1"]
    why = swept["failed"][0]["why"]
    assert stored in why
    assert "where Redress writes something else; redress audit verify" in why
    assert "LOOK  set aside: H-1: lodge_appeal" in redress_here(database, "doctor").stdout
    listed = redress_here(database, "worklist", "--json")
    assert {line["reference"] for line in json.loads(listed.stdout)} == {"H-0", "H-2"}
    assert f"H-1 is left out: {why}" in listed.stderr
    assert "H-1 is set aside, its lodge_appeal not fired" in listed.stderr

    write({"fires_at": "2026-04-23T16:00:00.000000Z", "due_on": "2026-04-23"}[column])
    redress_here(database, "retry", "H-1")
    swept = json.loads(redress_here(database, "daemon", "--once", "--json").stdout)
    assert [(fired["case"], fired["trigger"]) for fired in swept["fired"]] == [("H-1", "expire_appeal")]
    assert is_intact(database).intact
