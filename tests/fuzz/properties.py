"""What must hold of every command line whatsoever, on a database that has lived."""

import csv
import io
import json
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.command import Answer, Redress
from tests.backends import is_sqlite
from tests.fuzz.lines import asks_for_json

CODES = {0, 2, 3, 4, 5, 6, 7}
# A command that takes so long hangs. They take some milliseconds, a picture a second; a loaded machine may be slow.
PATIENCE_SECONDS = 120.0

# Five cases on different roads.
STORY = """
    @ 2026-03-10T09:00:00+00:00
    open H-1 --decision assessment_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    open H-2 --decision plan_refused --decided 2026-02-20 --note 'by the panel'
    open H-3 --decision plan_issued --decided 2026-02-20
    advance H-3 send_letter --on 2026-02-23
    advance H-3 advise_mediation --on 2026-03-02
    advance H-3 issue_certificate --on 2026-03-03 --fact certificate_reference=C-881
    open H-4 --decision plan_refused --decided 2026-01-20
    advance H-4 send_letter --on 2026-01-21
    advance H-4 advise_mediation --on 2026-02-02
    advance H-4 issue_certificate --on 2026-02-03
    advance H-4 lodge_appeal --on 2026-02-04
    record H-4 appeal_received_on=2026-02-05
    open H-5 --decision plan_refused --requested 2026-01-05
"""


@dataclass
class Watched:
    """A database on which commands are tried, and what it held after the last one that changed it."""

    redress: Redress
    tried: list[list[str]] = field(default_factory=list)
    _before: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    _version: object = None
    _kept: Any = None

    def __post_init__(self) -> None:
        self._before = self.redress.contents()
        if is_sqlite(self.redress.url):
            self._kept = sqlite3.connect(self.redress.path)
            self._version = self._kept.execute("PRAGMA data_version").fetchone()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    def _nobody_wrote(self) -> bool:
        """Whether SQLite says that no other connection has committed anything since this was last asked."""
        if self._kept is None:
            return False
        before, self._version = self._version, self._kept.execute("PRAGMA data_version").fetchone()
        return bool(before == self._version)

    def try_(self, words: list[str], standard_input: str = "") -> Answer:
        """Run one command, and hold the properties against it."""
        self.tried.append(words)
        began = time.monotonic()
        answer = self.redress.run(words, standard_input)
        took = time.monotonic() - began
        about = f"{self.tried[-3:]!r}, {standard_input[:200]!r}: {answer}"[:4000]
        assert answer.code in CODES, about
        assert took < PATIENCE_SECONDS, f"{took} seconds: {about}"
        assert "Traceback" not in answer.err, about
        assert is_inert(answer.out + answer.err), about
        if answer.code:
            assert is_refusal(answer, reports="import" in words), about
        if not answer.code and asks_for_json(words) and "--help" not in words and "-h" not in words:
            assert is_json(answer.out), about
        self._compare(answer.code, about)
        return answer

    def _compare(self, code: int, about: str) -> None:
        """A refused command changed nothing; one that was not took nothing out of the log."""
        if self._nobody_wrote():
            return
        now = self.redress.contents()
        if code:
            assert now == self._before, about
        assert set(now["log"]) >= set(self._before["log"]), about
        self._before = now


def is_inert(text: str) -> bool:
    """Nothing in it moves a terminal or turns the direction of writing."""
    return text.replace("\n", "").isprintable()


def is_refusal(answer: Answer, *, reports: bool = False) -> bool:
    """One sentence on standard error, after warnings perhaps; nothing on standard output but a verdict or a report."""
    if answer.err.startswith("Usage:"):  # a group of commands without a command
        return True
    lines = answer.err.splitlines()
    said = bool(lines) and all(line.startswith("redress: ") and line.isprintable() for line in lines)
    return said and answer.err.endswith("\n") and (answer.out == "" or reports or answer.code == 6)


def is_json(text: str) -> bool:
    """One document of JSON, or one a line, without NaN."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    for documents in ([text], text.splitlines()):
        try:
            for each in documents:
                json.loads(each, parse_constant=refuse)
        except ValueError:
            continue
        return True
    return False


def formulas_in(text: str) -> list[str]:
    """The cells of a CSV that a spreadsheet would reckon with."""
    return [
        cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    ]


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
