"""The commands that a page shows, run as they stand: each ```console block's `$ redress ...` lines, in order.

A page's commands share one new database. A command that should fail says so behind it: `# exit 3`. What a page shows
below a command is what the command says on standard output, and the sentences for people on standard error; the log
of the daemon is left out. `python -m tests.docs.console PAGE...` writes the outputs of pages anew.
"""

import io
import os
import pwd
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from workflow.main import globals_first
from workflow.main import run as run_command

ROOT = Path(__file__).parents[2]
PROMPT = "$ redress "
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d+)$")
HASH = re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b")
# The name that the pages print where the reader's own login stands.
SHOWN_USER = "caseworker"


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, and the lines below it."""

    line: str
    output: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return shlex.split(EXIT.sub("", self.line).removeprefix(PROMPT))

    @property
    def exit_code(self) -> int:
        found = EXIT.search(self.line)
        return int(found[1]) if found else 0


def shown_on(page: Path) -> list[Shown]:
    """The commands of a page, in order."""
    return [shown for block in BLOCK.findall(page.read_text(encoding="utf-8")) for shown in _of_block(block)]


def _of_block(block: str) -> Iterator[Shown]:
    line, output = "", list[str]()
    for text in [*block.splitlines(), PROMPT]:
        if text.startswith("$ "):
            if line.startswith(PROMPT):
                yield Shown(line, _without_blank_ends(output))
            line, output = text, []
        else:
            output.append(text.rstrip())


def _without_blank_ends(lines: list[str]) -> tuple[str, ...]:
    return tuple("\n".join(lines).strip("\n").splitlines())


def run(shown: Shown, folder: Path, *extra: str) -> tuple[int, tuple[str, ...]]:
    """Run a command in a folder with a practice database; its exit code and what it says to a person."""
    out, err = io.StringIO(), io.StringIO()
    for example in (ROOT / "docs" / "how-to").glob("*.csv"):  # the files that a page takes as given
        shutil.copy(example, folder)
    before = dict(os.environ)
    os.environ["REDRESS_DATABASE_URL"] = "sqlite:///var/practice.db"
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            code = run_command(globals_first([*extra, *shown.words]))
    finally:
        os.environ.clear()
        os.environ.update(before)
    said = [line for line in err.getvalue().splitlines() if not line.startswith('{"')]
    return code, _without_blank_ends([line.rstrip() for line in (*said, *out.getvalue().splitlines())])


def masked(output: tuple[str, ...]) -> str:
    """An output as it is compared: hashes and the user alike, the lines as they are broken.

    Where the user is named, a longer name breaks the lines elsewhere: there the words alone are compared.
    """
    text = HASH.sub("HASH", "\n".join(output))
    user = pwd.getpwuid(os.getuid()).pw_name
    named = re.sub(rf"(\[|\bby |\bYou are |'s\. )(?:{re.escape(user)}|{SHOWN_USER})\b", r"\1USER", text)
    return named if named == text else " ".join(named.split())


def refresh(page: Path) -> None:
    """Write the outputs of a page anew, from a real run."""
    with tempfile.TemporaryDirectory() as folder:

        def rewritten(match: re.Match[str]) -> str:
            lines = ["```console"]
            for shown in _of_block(match[1]):
                code, output = run(shown, Path(folder), "--actor", SHOWN_USER)
                if code != shown.exit_code:
                    raise SystemExit("\n".join((f"{page}: {shown.line}: exit {code}", *output)))
                lines += [shown.line, *output, ""]
            return "\n".join([*lines[:-1], "```"])

        page.write_text(BLOCK.sub(rewritten, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
