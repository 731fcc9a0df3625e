"""Spreadsheets as the office keeps them: CSV as spreadsheets write it, and xlsx; a heading, and a row for each case.

Headings may be written as people do ("Letter sent on"). A cell is given as text; a date cell as an ISO date, and a date
in the UK's form (3/4/2026 is 3 April) too.
"""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import starmap, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from states.errors import WrongWords
from states.facts import parse_date
from states.nearest import did_you_mean

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

_UK_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00(:00(\.0+)?)?")
_LONGEST = 10_000_000  # bytes of a CSV file
# In place of the value of a formula that was never reckoned.
_NO_VALUE = "=…"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty: its line in the file, and what its cells say under each column that is filled.

    `fault` is a cell of which something would be lost: its column, None where it stands under none, and what is wrong.
    """

    line: int
    cells: dict[str, str]
    fault: tuple[str | None, str] | None = None


def read_sheet(file: Path, known: Sequence[str], needed: Sequence[str]) -> list[SheetRow]:
    """The rows of a file. Raises WrongWords for one that can't be read, or whose columns are not ours."""
    try:
        lines = list(_xlsx(file) if file.suffix.lower() in (".xlsx", ".xlsm") else _csv(file))
    except OSError as away:
        raise WrongWords(f"{file} cannot be read: {away.strerror or away}.") from away
    if not lines:
        raise WrongWords(f"{file} is empty: its first line must name the columns (redress import --template).")
    heading = [column_name(cell) for cell in lines[0]]
    if not set(heading) & set(known):
        raise WrongWords(
            f"{file}: its first line names none of our columns. It must be the heading, with no title and no empty "
            "line above it (redress import --template)."
        )
    _check_heading(file, heading, lines[0], known, needed)
    rows = []
    for line, cells in enumerate(lines[1:], 2):
        filled = [(name, cell) for name, cell in zip_longest(heading, cells, fillvalue="") if _text(cell)]
        if filled:
            said = {name: _text(cell) for name, cell in filled if name and cell is not _NO_VALUE}
            rows.append(SheetRow(line, said, next(filter(None, starmap(_fault, filled)), None)))
    return rows


def _fault(name: object, cell: object) -> tuple[str | None, str] | None:
    """What is wrong with a filled cell of a column; None where it can be taken."""
    if not name:
        return None, f"{_text(cell)[:40]!r} stands under no heading: name its column, or take it out"
    if cell is _NO_VALUE:
        return str(name), "a formula whose value is not in the file: open it in a spreadsheet, and save it"
    return None


def column_name(cell: object) -> str:
    """A heading as a fact is called: "Letter sent on" is letter_sent_on."""
    return re.sub(r"[\s\-]+", "_", str(cell or "").strip().lower())


def _check_heading(
    file: Path, heading: Sequence[str], written: Sequence[object], known: Sequence[str], needed: Sequence[str]
) -> None:
    unknown = [(name, cell) for name, cell in zip(heading, written, strict=True) if name and name not in known]
    if unknown:
        hint = did_you_mean(unknown[0][0], known, "`redress import --template` names them all.")
        raise WrongWords(f"{file} has a column {_text(unknown[0][1])[:40]!r}, which is none of ours; {hint}")
    twice = [name for name in heading if name and heading.count(name) > 1]
    if twice:
        raise WrongWords(f"{file} has the column {twice[0]} twice: leave one of them out.")
    missing = [name for name in needed if name not in heading]
    if missing:
        raise WrongWords(f"{file} has no column {missing[0]}: `redress import --template` names what is needed.")


def _csv(file: Path) -> Iterator[Sequence[object]]:
    content = file.read_bytes()
    if len(content) > _LONGEST:
        raise WrongWords(f"{file} is larger than {_LONGEST // 1_000_000} MB: import it in parts.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise WrongWords(f"{file} is a workbook and no table of text (CSV): save it as xlsx, under a name in .xlsx.")
    text = _decoded(content)
    if "\0" in text:
        raise WrongWords(f"{file} is no table of text (CSV): it holds bytes that are no letters.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as other:
        raise WrongWords(f"{file} is no table of text (CSV): {other}.") from other


def _decoded(content: bytes) -> str:
    """The text of a CSV file, as the spreadsheets encode it."""
    try:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return content.decode("utf-16")  # Excel's "Unicode text"
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")  # what Excel writes on Windows


def _xlsx(file: Path) -> Iterator[Sequence[object]]:
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book, written = (_workbook(file, values=values) for values in (True, False))
    except (InvalidFileException, BadZipFile, KeyError, ValueError, EOFError) as other:
        raise WrongWords(f"{file} is no spreadsheet of the kind xlsx, or it has a password: save it anew.") from other
    try:
        filled = [sheet.title for sheet in written.worksheets if any(map(any, sheet.iter_rows(values_only=True)))]
        if len(filled) > 1:
            raise WrongWords(
                f"{file} has more than one filled sheet ({', '.join(map(repr, filled))}): save the one to import in a "
                "file of its own."
            )
        if filled:
            both = zip(book[filled[0]].iter_rows(), written[filled[0]].iter_rows(values_only=True), strict=True)
            yield from _without_empty_end(list(map(_value, cells, formulas)) for cells, formulas in both)
    finally:
        book.close()
        written.close()


def _workbook(file: Path, *, values: bool) -> "Workbook":
    """A workbook that is read row by row: the values of its formulas, or what is written."""
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(file, read_only=True, data_only=values)
    # A chart on a sheet of its own has no rows, and where rows are read one by one the library stumbles over it.
    reader.read_chartsheet = lambda *_: None
    reader.read()
    for sheet in reader.wb.worksheets:
        # What a file says of its own size is not to be relied on: some programs write A1 whatever there is.
        sheet.reset_dimensions()
    return reader.wb


def _value(cell: "Cell", written: object) -> object:
    """The value of a cell, given what is written in it: a value, or a formula."""
    # A formula whose value is an empty text has one; its cell is marked as text.
    is_wanting = cell.value is None and written is not None and cell.data_type != "str"
    return _NO_VALUE if is_wanting else cell.value


def _without_empty_end(rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    held: list[Sequence[object]] = []
    for row in rows:
        held.append(row)
        if any(cell not in (None, "") for cell in row):
            yield from held
            held.clear()


def _text(cell: object) -> str:
    """A cell as a fact's text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _iso(str(cell).strip())


def _iso(text: str) -> str:
    """A date in the UK's form as an ISO date; any other text as it is."""
    found = _UK_DATE.fullmatch(text)
    if found:
        day, month, year = found.groups()
        iso = f"{year}-{int(month):02}-{int(day):02}"
        # What is no day is named as it stands in the file, so that it is found there.
        return iso if parse_date(iso) else text
    midnight = _MIDNIGHT.fullmatch(text)
    return midnight[1] if midnight else text
