"""The command as a user types it, on a real database: in this process, or as a process of its own."""

import gc
import io
import json
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlmodel import SQLModel
from typer.main import get_command

import persistence.tables  # noqa: F401  (so that SQLModel knows them)
import workflow.cli
from tests import forked
from tests.backends import copied, is_sqlite, path_of, straight_in
from workflow.main import main

# Typer makes the parser of the whole command line anew for each command, which is half of a command's time.
workflow.cli.app = get_command(workflow.cli.app)

# What a refused command may change: the simulated clock, and the record of refusals.
NOT_COMPARED = ("refusals",)
CLOCK = ("simulated_now", "clock_set")
REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, its standard output and its standard error."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def run_here(words: list[str], standard_input: str = "") -> Answer:
    """The command's own entry point with these words as its argv, without starting a process."""
    out, err = io.StringIO(), io.StringIO()
    argv, stdin = sys.argv, sys.stdin
    sys.argv, sys.stdin = ["redress", *words], io.StringIO(standard_input)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        return Answer(end.code if isinstance(end.code, int) else 1, out.getvalue(), err.getvalue())
    finally:
        sys.argv, sys.stdin = argv, stdin
        gc.enable()  # the command puts it off, for its own short life
    raise AssertionError("the command did not exit")


def run_process(
    words: list[str], standard_input: str = "", cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Answer:
    """The command as a process, with an environment that names no database unless it is given."""
    inherited = {name: value for name, value in os.environ.items() if name != "REDRESS_DATABASE_URL"}
    given = inherited | dict(environment or {})
    done = forked.run(words, standard_input, timeout=PATIENCE_SECONDS, cwd=cwd, environment=given)
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass
class Redress:
    """A database and its clock. Commands are given as they would be typed; the reference is H-1 unless said.

    The database is named by its URL, or by a path where it is a file of SQLite.
    """

    where: Path | str
    _clock: list[str] = field(default_factory=list)
    _shown: dict[str, dict[str, Any]] = field(default_factory=dict)  # until the next command

    @property
    def url(self) -> str:
        return self.where if isinstance(self.where, str) else f"sqlite:///{self.where}"

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return path_of(self.url)

    def at(self, instant: str) -> Self:
        """Set the simulated clock with the next command."""
        self._clock = ["--as-at", instant]
        return self

    def run(self, command: str | list[str], standard_input: str = "", *, process: bool = False) -> Answer:
        """Run one command on this database; whatever comes of it."""
        words = shlex.split(command) if isinstance(command, str) else command
        words = ["--database", self.url, *self._clock, *words]
        self._clock = []
        self._shown.clear()
        return run_process(words, standard_input) if process else run_here(words, standard_input)

    def does(self, command: str | list[str]) -> Answer:
        """Run a command that must succeed."""
        answer = self.run(command)
        assert answer.code == 0, f"{command}: exit {answer.code}\n{answer.out}{answer.err}"
        return answer

    def live(self, story: str) -> Self:
        """Run a story: a command a line, each of which must succeed; a line `@ INSTANT` sets the clock."""
        for line in filter(None, map(str.strip, story.splitlines())):
            if line.startswith("@"):
                self.at(line.removeprefix("@").strip())
            else:
                self.does(line)
        return self

    def refuses(self, command: str | list[str], *fragments: str, code: int = 3) -> str:
        """Run a command that must be refused in one sentence, changing nothing; the sentence."""
        before = self.contents()
        answer = self.run(command)
        assert (answer.code, answer.out) == (code, ""), f"{command}: {answer}"
        assert answer.err.startswith("redress: "), answer.err
        assert answer.err.endswith("\n"), answer.err
        sentence = answer.err[:-1]
        assert sentence.isprintable(), repr(sentence)
        assert "Traceback" not in sentence
        for fragment in fragments:
            assert fragment in sentence, f"{fragment!r} is not in: {sentence}"
        assert self.contents() == before
        return sentence

    def case(self, reference: str = "H-1") -> dict[str, Any]:
        """`show --json`."""
        if self._clock or reference not in self._shown:
            self._shown[reference] = self.does(["show", reference, "--json"]).document
        return self._shown[reference]

    def state(self, reference: str = "H-1") -> str:
        return str(self.case(reference)["state"])

    def deadline(self, name: str, reference: str = "H-1") -> dict[str, Any]:
        """One deadline of a case, as `show --json` has it."""
        found: dict[str, Any] = self.deadlines(reference)[name]
        return found

    def deadlines(self, reference: str = "H-1") -> dict[str, dict[str, Any]]:
        return {each["id"]: each for each in self.case(reference)["deadlines"]}

    def statuses(self, reference: str = "H-1") -> dict[str, str]:
        """Where each deadline of a case stands."""
        return {name: str(each["status"]) for name, each in self.deadlines(reference).items()}

    def dates(self, reference: str = "H-1", *, running: bool = False) -> dict[str, str]:
        """The law's day of each deadline of a case, or of those alone that still run."""
        return {
            name: str(each["due_on"])
            for name, each in self.deadlines(reference).items()
            if not running or each["status"] in ("armed", "missed")
        }

    def why_not(self, trigger: str, reference: str = "H-1") -> str | None:
        """What `next` has against a trigger; None where it is allowed."""
        lines = self.does(["next", reference, "--json"]).document["next"]
        found = next(line for line in lines if line["trigger"] == trigger)
        assert found["allowed"] == (found["why_not"] is None)
        return None if found["allowed"] else str(found["why_not"])

    def log(self, reference: str | None = "H-1") -> list[dict[str, Any]]:
        """`audit log --json`, of one case or of all."""
        words = ["audit", "log", *([reference] if reference else []), "--json"]
        found: list[dict[str, Any]] = self.does(words).document
        return found

    def story(self, reference: str = "H-1") -> list[str]:
        """The triggers of a case's log, oldest first."""
        return [str(entry["trigger"]) for entry in self.log(reference)]

    def sweep(self) -> list[tuple[str, str, str]]:
        """`daemon --once`: what it fired, as (case, deadline, trigger); it must have failed at nothing."""
        swept = self.does(["daemon", "--once", "--json"]).document
        assert swept["failed"] == []
        return [(each["case"], each["deadline"], each["trigger"]) for each in swept["fired"]]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the clock's, read behind the command's back."""
        if is_sqlite(self.url) and not self.path.is_file():
            return {}
        with straight_in(self.url) as connection:
            found = {
                name: sorted(map(tuple, connection.execute(f"SELECT * FROM {name}").fetchall()), key=repr)
                for name in SQLModel.metadata.tables
                if name not in NOT_COMPARED
            }
        return found | {"meta": [row for row in found["meta"] if row[0] not in CLOCK]}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds, read behind the command's back."""
        with straight_in(self.url) as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]

    def copied_to(self, folder: Path) -> "Redress":
        """A copy of the database, with all that was committed; one of SQLite is in that folder."""
        return Redress(copied(self.url, folder))

    def behind_its_back(self, *statements: str) -> None:
        """Change the database directly, without the command."""
        self._shown.clear()
        with straight_in(self.url) as connection:
            for statement in statements:
                connection.execute(statement)

    def is_intact(self) -> bool:
        answer = self.run(["audit", "verify", "--json"])
        assert answer.code in (0, 6), answer
        return answer.code == 0
