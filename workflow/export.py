"""The log as a file: JSON Lines or CSV, written as it is read, in the order of recording.

Entries are only ever added at the end of that order, so a file that was interrupted goes on behind its last whole row,
and is then what an uninterrupted export would have been. (An entry that was being committed by another at the very
moment when the export ended may be missing at the seam; export anew where that matters.)
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal

from persistence.history import Wanted, count_wanted, place_of, wanted_entries
from persistence.log import Entry
from persistence.places import Place
from persistence.unit import Unit
from states.errors import WrongWords
from workflow.views import entry_data
from workflow.words import count, warn

# Where standard error is no terminal, so many rows are one line of progress.
A_REPORT = 50_000
_BLOCK = 1 << 16

COLUMNS = (
    "case", "seq", "trigger", "source", "dest", "on", "recorded_at", "actor", "note", "facts", "deadlines", "deadline",
    "late_seconds", "definition", "previous", "hash",
)  # fmt: skip

# A spreadsheet takes a cell that begins so for a formula, the wide forms too where it is set to an Asian language.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_BREAKS = str.maketrans({"\r": "\\r", "\n": "\\n", "\0": "\\0"})


def cell(value: object) -> object:
    """A value as a cell of CSV: nothing in it is taken for a formula, and a row is always one line.

    Texts that begin like a formula get an apostrophe in front; numbers stay as they are.
    """
    if not isinstance(value, str):
        return "" if value is None else value
    return ("'" + value if value.startswith(_FORMULA) else value).translate(_BREAKS)


def json_row(entry: Entry) -> str:
    """An entry as a line of JSON Lines."""
    return json.dumps(entry_data(entry), ensure_ascii=False) + "\n"


def csv_row(entry: Entry) -> str:
    """An entry as a line of CSV, its facts and deadlines as JSON."""
    data = {**entry_data(entry), "facts": entry.facts, "deadlines": entry.deadlines}
    return _line(cell(data[name]) for name in COLUMNS)


def _line(cells: Iterable[object]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerow(cells)
    return made.getvalue()


@dataclass(frozen=True, slots=True)
class Export:
    """One export: its form, its file (None: standard output) and the entries that are wanted."""

    form: Literal["jsonl", "csv"]
    out: Path | None
    wanted: Wanted

    @property
    def _heading(self) -> str:
        return _line(COLUMNS) if self.form == "csv" else ""

    def write(self, unit: Unit, *, resume: bool) -> int:
        """Write the file; with `resume`, go on behind its last whole row. Raises WrongWords for a file that won't do.

        How many entries it has is answered, and said on standard error.
        """
        if self.out is None:
            written = self._stream(unit, sys.stdout, None)
            sys.stdout.flush()
            warn(f"{count(written, 'entry')} exported.")
            return written
        kept, place = 0, None
        going_on = resume and self.out.exists()
        with _said_of(self.out), self.out.open("r+b" if going_on else "xb") as file:
            if going_on:
                kept, place = self._kept(unit, file)
            with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
                written = self._stream(unit, text, place, begun=file.tell() > 0)
        of_them = f", {kept} of them before it was interrupted" if kept else ""
        warn(f"{count(kept + written, 'entry')} exported to {self.out}{of_them}.")
        return kept + written

    def _stream(self, unit: Unit, file: IO[str], place: Place | None, *, begun: bool = False) -> int:
        """Write the entries behind a place; how many there were."""
        row = csv_row if self.form == "csv" else json_row
        if not begun:
            file.write(self._heading)
        written = 0
        with _progress(unit, self.wanted, place, file) as report:
            for written, entry in enumerate(wanted_entries(unit.connection, self.wanted, place), 1):
                file.write(row(entry))
                report(written)
        return written

    def _kept(self, unit: Unit, file: BinaryIO) -> tuple[int, Place | None]:
        """Cut the file behind its last whole row, and stand there; its entries' number, and the last one's place."""
        lines, end = _whole_lines(file)
        heading = self._heading.encode()
        if not _begins_as(file, heading or b'{"case": "'):
            raise WrongWords(f"--out {self.out} is no export of Redress as {self.form}: name the file that was begun.")
        entries = lines - bool(heading) if lines else 0
        place = None
        if entries:
            place = self._place(unit, _last_line(file, end).decode("utf-8", "replace"))
            if place is None:
                raise WrongWords(
                    f"--out {self.out} does not end with an entry of this log as {self.form}: it was begun from "
                    "another database or in another form, or its last case was erased since; export anew into another."
                )
        file.truncate(end)
        file.seek(end)
        return entries, place

    def _place(self, unit: Unit, line: str) -> Place | None:
        """Where the entry of a row stands in the log; None for a row that is none."""
        try:
            found = dict(zip(COLUMNS, next(csv.reader([line])), strict=True)) if self._heading else json.loads(line)
            return place_of(unit.connection, str(found["case"]), int(found["seq"]), str(found["hash"]))
        except (ValueError, KeyError, TypeError, csv.Error):
            return None


@contextmanager
def _said_of(out: Path) -> Iterator[None]:
    """A file that can't be written, as a sentence with what to do."""
    try:
        yield
    except FileExistsError as there:
        raise WrongWords(f"--out {out} is there already: name another file, or go on with it by --resume.") from there
    except OSError as refused:
        raise WrongWords(
            f"--out {out} cannot be written: {refused.strerror or refused}; mend that, then go on with --resume."
        ) from refused


def _whole_lines(file: BinaryIO) -> tuple[int, int]:
    """How many whole lines a file has, and where the last one ends."""
    lines = end = position = 0
    file.seek(0)
    while block := file.read(_BLOCK):
        lines += block.count(b"\n")
        if (last := block.rfind(b"\n")) >= 0:
            end = position + last + 1
        position += len(block)
    return lines, end


def _begins_as(file: BinaryIO, expected: bytes) -> bool:
    """Whether a file begins so, as far as it goes: it may have been cut there, and is not to be emptied otherwise."""
    file.seek(0)
    found = file.read(len(expected))
    return found == expected[: len(found)]


def _last_line(file: BinaryIO, end: int) -> bytes:
    """The line that ends there."""
    size = _BLOCK
    while True:
        start = max(0, end - size)
        file.seek(start)
        lines = file.read(end - start).splitlines(keepends=True)
        if start == 0 or len(lines) > 1:
            return lines[-1]
        size *= 2


@contextmanager
def _progress(unit: Unit, wanted: Wanted, place: Place | None, file: IO[str]) -> Iterator[Callable[[int], None]]:
    """Say on standard error how far the export is: a bar on a terminal, else a line every so many rows."""
    if not sys.stderr.isatty() or file.isatty():
        yield lambda written: None if written % A_REPORT else warn(f"{written} entries so far")
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    total = count_wanted(unit.connection, wanted, place)
    columns = (TextColumn("entries"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("entries", total=total)
        yield lambda written: None if written % 500 else bar.update(task, completed=written)
