"""Checkpoints: one signed root over the heads of all cases, to be kept where nobody who can change the database is.

The root is a Merkle tree's (RFC 6962) over each case's token, number of entries and last hash, in the order in which
the cases were opened. The header, with the root, the counts, the last hash of the office's log and the hash of the
checkpoint before it, is signed and written to the database; the heads themselves go to a file, so that a case that
differs can be named.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal_column, select

from persistence.database import A_PAGE
from persistence.instants import damaged, instant_as_text, instant_text
from persistence.log import GENESIS, canonical, canonical_hash
from persistence.merkle import Tree
from persistence.office import last_act
from persistence.signing import SigningKey, is_signed
from persistence.tables import CheckpointRow, RefusalRow, table
from persistence.unit import CASES, Unit
from states.calendar import london_day

FORM = 1
# The lock that lets one checkpoint be made at a time on PostgreSQL; SQLite has one writer anyway.
_LOCK = 0x5EDC4EC4
_CHECKPOINTS, _REFUSALS = table(CheckpointRow), table(RefusalRow)
_HEADS = select(CASES.c.id, CASES.c.token, CASES.c.version, CASES.c.head).order_by(CASES.c.id)
_REFUSED = select(_REFUSALS.c.id, _REFUSALS.c.hash).order_by(_REFUSALS.c.id)
_LAST = (
    select(_CHECKPOINTS.c.number, _CHECKPOINTS.c.made_at, _CHECKPOINTS.c.document)
    .order_by(_CHECKPOINTS.c.number.desc())
    .limit(1)
)
_ONE = select(_CHECKPOINTS.c.document).where(_CHECKPOINTS.c.number == bindparam("number"))

Header = Mapping[str, Any]


class Last(NamedTuple):
    """The newest checkpoint of a database; `made_at` is aware, `hash` the one that the next one names."""

    number: int
    made_at: datetime
    hash: str

    @property
    def day(self) -> date:
        """The day in London on which it was made."""
        return london_day(self.made_at)


def last_checkpoint(connection: Connection) -> Last | None:
    """The newest checkpoint that the database has. Raises RecordNotIntact where it is none that Redress writes."""
    found = connection.execute(_LAST).one_or_none()
    if found is None:
        return None
    header = _header(found.document)
    if header is None:
        raise damaged(f"the checkpoint {found.number}")
    return Last(found.number, found.made_at, canonical_hash(header))


def stored_checkpoint(connection: Connection, number: int) -> str | None:
    """The header of a checkpoint as the database has it: the first line of its file. None where there is none."""
    document = connection.execute(_ONE, {"number": number}).scalar_one_or_none()
    return None if document is None else str(document)


def leaf(token: str, seq: int, head: str) -> bytes:
    """What a case is in the tree."""
    return canonical([token, seq, head]).encode()


def hold_the_lock(unit: Unit) -> None:
    """Be the only one that makes a checkpoint, until the transaction ends."""
    if unit.connection.dialect.name == "postgresql":
        unit.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def make_checkpoint(unit: Unit, now: datetime, definition: str, key: SigningKey, heads: IO[str]) -> Header:
    """Make the next checkpoint in the unit's transaction, and write its heads, a line each; the caller commits.

    Under each case's number its token, its entries and its last hash; then each refused attempt's number and hash.
    """
    hold_the_lock(unit)
    last = last_checkpoint(unit.connection)
    cases, refusals, entries = Tree(), Tree(), 0
    for case_id, token, version, head in unit.connection.execute(_HEADS, execution_options=A_PAGE):
        cases.add(leaf(token, version, head))
        entries += version
        heads.write(canonical([case_id, token, version, head]) + "\n")
    for number, stored in unit.connection.execute(_REFUSED, execution_options=A_PAGE):
        refusals.add(stored.encode())
        heads.write(canonical([number, stored]) + "\n")
    acts, acts_head = last_act(unit.connection)
    header = {
        "form": FORM,
        "number": last.number + 1 if last else 1,
        "made_at": instant_text(now),
        "definition": definition,
        "entries": entries,
        "cases": cases.size,
        "root": cases.root.hex(),
        "refusals": refusals.size,
        "refusals_root": refusals.root.hex(),
        "acts": acts,
        "acts_head": acts_head,
        "previous": last.hash if last else GENESIS,
        "key": key.public,
    }
    header["signature"] = key.sign(signed_content(header))
    document = {"number": header["number"], "made_at": now, "document": canonical(header)}
    unit.connection.execute(insert(_CHECKPOINTS), document)
    return header


def signed_content(header: Header) -> bytes:
    """What the signature of a header covers: all of it but the signature."""
    return canonical({name: value for name, value in header.items() if name != "signature"}).encode()


def is_genuine(header: Header) -> bool:
    """Whether the header is as the holder of its key signed it."""
    return is_signed(str(header.get("key")), str(header.get("signature")), signed_content(header))


def fault_of_checkpoints(connection: Connection, kept: Header | None) -> str | None:
    """What is wrong with the database's own checkpoints, or with its copy of the one that was kept; None: nothing."""
    previous, expected = GENESIS, 1
    for number, made_at, header in _headers(connection):
        if number != expected:
            return f"the checkpoint {expected} is gone from the database"
        said = header and (header.get("number"), header.get("made_at"))
        if header is None or said != (number, made_at) or not is_genuine(header):
            return f"the checkpoint {number} in the database is not as it was signed"
        if header.get("previous") != previous:
            return f"the checkpoint {number} in the database does not follow the one before it"
        previous, expected = canonical_hash(header), number + 1
    return None if kept is None else _fault_of_its_copy(connection, kept)


def _headers(connection: Connection) -> Iterator[tuple[int, str, Header | None]]:
    """Each checkpoint's number, its instant as text, and its header; None where that is none."""
    made_at: ColumnElement[str] = literal_column(instant_as_text("made_at", connection.dialect.name))
    query = select(_CHECKPOINTS.c.number, made_at, _CHECKPOINTS.c.document).order_by(_CHECKPOINTS.c.number)
    for number, said, document in connection.execute(query):
        yield number, said, _header(document)


def _header(document: str) -> Header | None:
    """A header as it is stored; None for what is none, or can't be hashed as Redress hashes one."""
    try:
        header = json.loads(document)
        canonical(header).encode()
    except (ValueError, TypeError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _fault_of_its_copy(connection: Connection, kept: Header) -> str | None:
    number = kept["number"]
    document = stored_checkpoint(connection, number)
    if document is None:
        return f"the checkpoint {number} is gone from the database: it may be an old copy that was put back"
    return (
        None if _header(document) == kept else f"the checkpoint {number} in the database is not the one that was kept"
    )
