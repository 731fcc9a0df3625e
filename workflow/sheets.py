"""Spreadsheets as the office keeps them: CSV as spreadsheets write it, and xlsx; a heading, and a row for each case.

Headings may be written as people do ("Letter sent on"). A cell is given as text; a date cell as an ISO date, and a date
in the UK's form (3/4/2026 is 3 April) too.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

from states.errors import WrongWords

_UK_DATE = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00(:00(\.0+)?)?")
_LONGEST = 10_000_000  # bytes of a CSV file


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty: its line in the file, and what its cells say under each column that is filled."""

    line: int
    cells: dict[str, str]


def read_sheet(file: Path, known: Sequence[str], needed: Sequence[str]) -> list[SheetRow]:
    """The rows of a file. Raises WrongWords for one that can't be read, or whose columns are not ours."""
    try:
        lines = list(_xlsx(file) if file.suffix.lower() in (".xlsx", ".xlsm") else _csv(file))
    except OSError as away:
        raise WrongWords(f"{file} cannot be read: {away.strerror or away}.") from away
    if not lines:
        raise WrongWords(f"{file} is empty: its first line must name the columns (redress import --template).")
    heading = [column_name(cell) for cell in lines[0]]
    _check_heading(file, heading, known, needed)
    rows = []
    for line, cells in enumerate(lines[1:], 2):
        said = {name: text for name, cell in zip(heading, cells, strict=False) if name and (text := _text(cell))}
        if said:
            rows.append(SheetRow(line, said))
    return rows


def column_name(cell: object) -> str:
    """A heading as a fact is called: "Letter sent on" is letter_sent_on."""
    return re.sub(r"[\s\-]+", "_", str(cell or "").strip().lower())


def _check_heading(file: Path, heading: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> None:
    unknown = [name for name in heading if name and name not in known]
    if unknown:
        from difflib import get_close_matches

        close = get_close_matches(unknown[0], known, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else "; `redress import --template` names them all."
        raise WrongWords(f"{file} has a column {unknown[0][:40]!r}, which is none of ours{hint}")
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
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # what Excel writes on Windows
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as other:
        raise WrongWords(f"{file} is no table of text (CSV): {other}.") from other


def _xlsx(file: Path) -> Iterator[Sequence[object]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, EOFError) as other:
        raise WrongWords(f"{file} is no spreadsheet of the kind xlsx, or it has a password: save it anew.") from other
    try:
        sheet = book.worksheets[0] if book.worksheets else None
        rows: Iterable[Sequence[object]] = sheet.iter_rows(values_only=True) if sheet is not None else ()
        yield from _without_empty_end(rows)
    finally:
        book.close()


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
        return f"{year}-{int(month):02}-{int(day):02}"
    midnight = _MIDNIGHT.fullmatch(text)
    return midnight[1] if midnight else text
