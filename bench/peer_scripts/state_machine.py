"""python-statemachine with SQLModel on SQLite: `python state_machine.py FILE COUNT`; prints the seconds for a change.

The library moves an object and keeps nothing, so the table, the log row and the commit are written here as its users
write them: a SQLModel session for each change.
"""

import sys
import time
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select
from statemachine import State, StateMachine

FILE, COUNT = sys.argv[1], int(sys.argv[2])
ENGINE = create_engine(f"sqlite:///{FILE}")


@event.listens_for(ENGINE, "connect")
def prepare(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


class Case(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    state: str = "assessment_refused"
    letter_sent_on: date | None = None
    letter_method: str | None = None
    appeal_by: date | None = None


class Log(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    trigger: str
    source: str
    dest: str
    recorded_at: datetime


class Life(StateMachine):
    assessment_refused = State(initial=True)
    letter_sent = State(final=True)
    send_letter = assessment_refused.to(letter_sent)


def change(number: int) -> None:
    with Session(ENGINE) as session:
        case = session.exec(select(Case).where(Case.reference == f"C-{number}")).one()
        source = case.state
        Life(case, state_field="state").send("send_letter")
        case.letter_sent_on, case.letter_method = date(2026, 2, 23), "email"
        case.appeal_by = date(2026, 4, 23)
        session.add(case)
        session.add(
            Log(case_id=case.id, trigger="send_letter", source=source, dest=case.state, recorded_at=datetime.now(UTC))
        )
        session.commit()


SQLModel.metadata.create_all(ENGINE)
WARM = 20
with Session(ENGINE) as filling:
    filling.add_all(Case(reference=f"C-{number}") for number in range(COUNT + WARM))
    filling.commit()
for each in range(WARM):
    change(each)
start = time.perf_counter()
for each in range(WARM, WARM + COUNT):
    change(each)
print((time.perf_counter() - start) / COUNT)
