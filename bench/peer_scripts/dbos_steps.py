"""DBOS on PostgreSQL: `python dbos_steps.py URL COUNT`; prints the seconds for a change.

A workflow for each change, with one transaction of its datasource that moves a case and adds a row to a log.
"""

import sys
import time

from dbos import DBOS, SQLAlchemyDatasource
from sqlalchemy import create_engine, text

URL, COUNT = sys.argv[1].replace("postgresql://", "postgresql+psycopg://", 1), int(sys.argv[2])
WARM = 20
TABLES = (
    "CREATE TABLE cases (id serial PRIMARY KEY, reference text UNIQUE, state text, letter_sent_on date,"
    " appeal_by date)",
    "CREATE TABLE log (id serial PRIMARY KEY, case_id int REFERENCES cases, trigger text, source text, dest text,"
    " recorded_at timestamptz DEFAULT now())",
)
FILL = text(
    "INSERT INTO cases (reference, state) SELECT 'C-' || n, 'assessment_refused' FROM generate_series(0, :last) AS n"
)
MOVE = text(
    "UPDATE cases SET state = 'letter_sent', letter_sent_on = '2026-02-23', appeal_by = '2026-04-23' "
    "WHERE reference = :reference AND state = 'assessment_refused' RETURNING id"
)
LOG = text(
    "INSERT INTO log (case_id, trigger, source, dest) VALUES (:id, 'send_letter', 'assessment_refused', 'letter_sent')"
)
ENGINE = create_engine(URL)
with ENGINE.begin() as making:
    for statement in TABLES:
        making.execute(text(statement))
    making.execute(FILL, {"last": COUNT + WARM})
DBOS(config={"name": "bench", "system_database_url": URL, "log_level": "ERROR"})
SOURCE = SQLAlchemyDatasource.create(URL)


@SOURCE.transaction(isolation_level="READ COMMITTED")
def move(reference: str) -> None:
    session = SOURCE.sql_session()
    found = session.execute(MOVE, {"reference": reference}).scalar_one()
    session.execute(LOG, {"id": found})


@DBOS.workflow()
def send_letter(reference: str) -> None:
    move(reference)


DBOS.launch()
for number in range(WARM):
    send_letter(f"C-{number}")
start = time.perf_counter()
for number in range(WARM, WARM + COUNT):
    send_letter(f"C-{number}")
print((time.perf_counter() - start) / COUNT)
DBOS.destroy()
