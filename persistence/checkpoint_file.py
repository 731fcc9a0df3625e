"""A checkpoint as it is kept elsewhere: JSON Lines, its header first, or one JSON document of the same.

Below the header stands a line for each case (its number, token, entries and last hash), then one for each refused
attempt (its number and hash). A checkpoint is read twice: first to see that it is as it was signed, then side by side
with the database.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from persistence.checkpoints import FORM, Header, is_genuine, leaf
from persistence.log import canonical
from persistence.merkle import Tree
from states.errors import WrongWords

_SPOOL_BYTES = 1 << 22
_CHANGED = "is not as it was signed: it was changed or cut short; use another copy of it"
_FIELDS = frozenset(
    ("form", "number", "made_at", "definition", "entries", "cases", "root", "refusals", "refusals_root", "acts",
     "acts_head", "previous", "key", "signature")
)  # fmt: skip


class KeptCheckpoint:
    """A checkpoint that was kept, found to be as it was signed. Its content is a file of this object's own."""

    def __init__(self, source: IO[str], name: str, key: str | None = None) -> None:
        """Read and check it. `key` is the public key that must have signed it, where that is known.

        Raises WrongWords for what is no checkpoint, is not as it was signed, or was signed by another key.
        """
        self._name = name
        self._lines: IO[str] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8")  # noqa: SIM115
        with ExitStack() as on_fault:
            on_fault.callback(self.close)
            self.header = self._checked(source, key)
            on_fault.pop_all()

    def _checked(self, source: IO[str], key: str | None) -> Header:
        try:
            header = self._read(source)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as other:
            raise self._wrong(
                "is no checkpoint of Redress: name a file that `redress audit checkpoint` wrote"
            ) from other
        if key is not None and header["key"] != key.lower():
            raise self._wrong(f"was signed with another key, {header['key']}: it is not the council's, or --key is")
        return header

    @classmethod
    def of(cls, file: Path | None, standard_input: IO[str], key: str | None = None) -> "KeptCheckpoint":
        """From a file, or from standard input. Raises WrongWords, for a file that can't be read too."""
        if file is None:
            return cls(standard_input, "standard input", key)
        try:
            with file.open(encoding="utf-8") as source:
                return cls(source, str(file), key)
        except OSError as away:
            raise WrongWords(f"{file} cannot be read: {away.strerror}.") from away

    def heads(self) -> Iterator[tuple[int, int, str]]:
        """Each case's number, its entries and its last hash."""
        return ((row[0], row[2], row[3]) for row in self._rows() if len(row) == 4)

    def leaves(self) -> Iterator[tuple[str, int, str]]:
        """Each case as it is in the tree: its token, its entries and its last hash."""
        return ((row[1], row[2], row[3]) for row in self._rows() if len(row) == 4)

    def refusals(self) -> Iterator[tuple[int, str]]:
        """Each refused attempt's number and hash."""
        return ((row[0], row[1]) for row in self._rows() if len(row) == 2)

    def close(self) -> None:
        """Let go of the copy of its content."""
        self._lines.close()

    def _rows(self) -> Iterator[list[Any]]:
        self._lines.seek(0)
        return map(json.loads, self._lines)

    def _read(self, source: IO[str]) -> Header:
        first = source.readline()
        if first.strip() in ("{", ""):
            document = json.loads(first + source.read())
            header, rows = document["header"], [*document["heads"], *document["refused"]]
            self._lines.writelines(canonical(row) + "\n" for row in rows)
        else:
            header = json.loads(first)
            shutil.copyfileobj(source, self._lines)
        if set(header) != _FIELDS or header["form"] != FORM:
            raise ValueError(header)
        self._require_signed(header)
        return dict(header)

    def _require_signed(self, header: Header) -> None:
        cases, refusals, entries = Tree(), Tree(), 0
        numbers = {4: 0, 2: 0}  # the last case's and the last refused attempt's, by what their lines have
        for row in self._rows():
            # No hash covers them. Two of one number would be compared with one thing of the database, and hide another.
            if type(row[0]) is not int or row[0] <= numbers[len(row)]:
                raise self._wrong(_CHANGED)
            numbers[len(row)] = row[0]
            if len(row) == 4:
                cases.add(leaf(*row[1:]))
                entries += row[2]
            else:
                _, stored = row
                refusals.add(stored.encode())
        said = (header["cases"], header["root"], header["entries"], header["refusals"], header["refusals_root"])
        found = (cases.size, cases.root.hex(), entries, refusals.size, refusals.root.hex())
        if not is_genuine(header) or said != found:
            raise self._wrong(_CHANGED)

    def _wrong(self, what: str) -> WrongWords:
        return WrongWords(f"The checkpoint {self._name} {what}.")
