"""The same rows written by hand: sqlite3 or psycopg and plain SQL, nothing in between, at the same durability.

This is what a change would cost if the workflow were free. It reads the case, checks its version, hashes the entry,
and writes the entry, the facts and the deadlines in one committed transaction, as the engine does.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

import psycopg

from persistence.database import BUSY_MILLISECONDS, Database
from persistence.instants import instant_text
from persistence.log import Entry
from persistence.unit import StoredDeadline

Rows = list[tuple[Any, ...]]

COLUMNS = {
    "cases": ("id", "reference", "state", "version", "head", "token"),
    "case_keys": ("case_id", "reference", "key"),
    "log": (
        "case_id", "seq", "token", "trigger", "source", "dest", "happened_on", "recorded_at", "actor", "note",
        "facts", "deadlines", "deadline", "late_seconds", "definition", "previous", "hash",
    ),
    "facts": ("case_id", "name", "value", "seq"),
    "deadlines": (
        "case_id", "deadline", "kind", "status", "due_on", "fires_at", "missed", "ended_on", "definition",
    ),
}  # fmt: skip
INSERT = {
    name: f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    for name, columns in COLUMNS.items()
}
READ = "SELECT id, version, head FROM cases WHERE reference = ?"
MOVE = "UPDATE cases SET state = ?, version = ?, head = ? WHERE id = ? AND version = ?"
END = (
    "UPDATE deadlines SET status = ?, due_on = ?, fires_at = ?, missed = ?, ended_on = ?, definition = ? "
    "WHERE case_id = ? AND deadline = ?"
)
DUE = (
    "SELECT d.case_id, d.deadline, c.reference, c.version, c.head FROM deadlines d JOIN cases c ON c.id = d.case_id "
    "WHERE d.status = 'armed' AND d.fires_at <= ? ORDER BY d.fires_at, d.case_id, d.deadline LIMIT ?"
)


def log_row(key: int, entry: Entry) -> tuple[Any, ...]:
    return (
        key, entry.seq, entry.case, entry.trigger, entry.source, entry.dest, entry.on.isoformat(),
        instant_text(entry.recorded_at), entry.actor, entry.note, entry.facts, entry.deadlines, entry.deadline,
        entry.late_seconds, entry.definition, entry.previous, entry.hash,
    )  # fmt: skip


def fact_rows(key: int, entry: Entry) -> Rows:
    return [(key, name, value, entry.seq) for name, value in entry.facts_set().items() if value is not None]


def deadline_row(key: int, row: StoredDeadline) -> tuple[Any, ...]:
    ended = row.ended_on.isoformat() if row.ended_on else None
    fires_at = instant_text(row.fires_at)
    return (
        key, row.deadline, row.kind, row.status, row.due_on.isoformat(), fires_at, row.missed, ended, row.definition,
    )  # fmt: skip


class Raw:
    """A connection of the bare driver, set as Redress sets its own."""

    def __init__(self, database: Database) -> None:
        self.is_sqlite = database.is_sqlite
        self.connection: Any
        if database.path is not None:
            self.connection = sqlite3.connect(database.path, isolation_level=None)
            for pragma in ("foreign_keys = ON", f"busy_timeout = {BUSY_MILLISECONDS}", "synchronous = FULL"):
                self.connection.execute(f"PRAGMA {pragma}")
        else:
            url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self.connection = psycopg.connect(url, autocommit=True)
        self.cursor = self.connection.cursor()

    def close(self) -> None:
        self.connection.close()

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        return self.cursor.execute(statement if self.is_sqlite else statement.replace("?", "%s"), values)

    def run_many(self, statement: str, rows: Rows) -> None:
        if rows:
            self.cursor.executemany(statement if self.is_sqlite else statement.replace("?", "%s"), rows)

    def begin(self) -> None:
        self.cursor.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def commit(self) -> None:
        self.cursor.execute("COMMIT")

    def change(self, reference: str, last: Entry, armed: list[StoredDeadline]) -> None:
        """One durable change of one case: that of `last`, made for it."""
        self.begin()
        key, version, head = self.run(READ if self.is_sqlite else READ + " FOR UPDATE", (reference,)).fetchone()
        entry = last._replace(case=reference, seq=version + 1, previous=head)
        entry = entry._replace(hash=entry.sealed_hash())
        moved = self.run(MOVE, (entry.dest, entry.seq, entry.hash, key, version))
        if moved.rowcount != 1:
            raise SystemExit("bench: another process changes the database that is measured")
        self.run(INSERT["log"], log_row(key, entry))
        self.run_many(INSERT["facts"], fact_rows(key, entry))
        self.run_many(INSERT["deadlines"], [deadline_row(key, row) for row in armed])
        self.commit()

    def sweep(self, now: str, batch: int, fired: Entry, ended: Mapping[str, StoredDeadline]) -> int:
        """Fire all that is due, a batch a transaction, each as `fired` was and its row left as in `ended`."""
        count = 0
        while True:
            self.begin()
            found = self.run(DUE if self.is_sqlite else DUE + " FOR UPDATE OF c SKIP LOCKED", (now, batch)).fetchall()
            self._fire(found, fired, ended)
            self.commit()
            count += len(found)
            if len(found) < batch:
                return count

    def _fire(self, found: Rows, fired: Entry, ended: Mapping[str, StoredDeadline]) -> None:
        moves, entries, ends = [], [], []
        for key, deadline, reference, version, head in found:
            entry = fired._replace(case=reference, seq=version + 1, previous=head)
            entry = entry._replace(hash=entry.sealed_hash())
            moves.append((entry.dest, entry.seq, entry.hash, key, version))
            entries.append(log_row(key, entry))
            _, _, _, *stands = deadline_row(key, ended[deadline])
            ends.append((*stands, key, deadline))
        self.run_many(MOVE, moves)
        self.run_many(INSERT["log"], entries)
        self.run_many(END, ends)

    # --- filling, which is not measured ------------------------------------------------------------------------------

    def insert_cases(self, rows: Mapping[str, Rows]) -> None:
        """Whole cases in bulk."""
        self.begin()
        for name in COLUMNS:
            if self.is_sqlite:
                self.run_many(INSERT[name], rows[name])
            else:
                self._copy(name, rows[name])
        self.commit()

    def _copy(self, name: str, rows: Rows) -> None:
        with self.cursor.copy(f"COPY {name} ({', '.join(COLUMNS[name])}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def finish_bulk(self) -> None:
        """Leave the database as one that grew by itself would be."""
        if self.is_sqlite:
            self.run("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        self.run("SELECT setval(pg_get_serial_sequence('cases', 'id'), (SELECT max(id) FROM cases))")
        self.run("VACUUM ANALYZE")
