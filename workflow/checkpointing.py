"""Making checkpoints: where the signing key is, where a checkpoint goes, and the daemon's daily one."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from persistence.checkpoints import Header, hold_the_lock, last_checkpoint, make_checkpoint, stored_checkpoint
from persistence.database import Database
from persistence.files import sync_folder
from persistence.log import canonical
from persistence.meta import read_meta
from persistence.signing import SigningKey
from persistence.unit import Unit, unit_of_work
from states.calendar import london_day
from states.definition import version
from states.errors import WrongWords

KEY_VARIABLE, FOLDER_VARIABLE = "REDRESS_SIGNING_KEY", "REDRESS_CHECKPOINTS"
_KEY_FILE = "redress.signing-key"
_SPOOL_BYTES = 1 << 22
# A checkpoint's file until it is committed.
_PART = ".part"
_CUT_OFF = f"checkpoint-*.jsonl{_PART}"


def signing_key(database: Database) -> SigningKey:
    """The key named by REDRESS_SIGNING_KEY, else the one beside the SQLite file, else the one in var/; made on first
    use. Raises WrongWords for a file that can't be used.
    """
    beside = database.path.parent if database.path is not None else Path("var")
    file = Path(os.environ.get(KEY_VARIABLE) or beside / _KEY_FILE)
    try:
        return SigningKey(file)
    except (OSError, ValueError) as other:
        raise WrongWords(
            f"The signing key {file} cannot be used ({other}): mend the file, or name another by {KEY_VARIABLE}."
        ) from other


class Made:
    """A checkpoint that was made in a unit, and its heads, as they will be written once it is committed."""

    def __init__(self, unit: Unit, now: datetime, key: SigningKey) -> None:
        self._heads: IO[str] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8")  # noqa: SIM115
        definition = version(read_meta(unit.connection).reckoner.calendar)
        with ExitStack() as on_fault:
            on_fault.callback(self.close)
            self.header: Header = make_checkpoint(unit, now, definition, key, self._heads)
            on_fault.pop_all()

    def write(self, out: IO[str]) -> None:
        """The checkpoint as JSON Lines."""
        self._heads.seek(0)
        out.write(canonical(self.header) + "\n")
        shutil.copyfileobj(self._heads, out)

    def as_data(self) -> dict[str, Any]:
        """The checkpoint as one document."""
        self._heads.seek(0)
        rows = [json.loads(line) for line in self._heads]
        heads, refused = ([row for row in rows if len(row) == size] for size in (4, 2))
        return {"header": dict(self.header), "heads": heads, "refused": refused}

    def close(self) -> None:
        """Let go of its heads."""
        self._heads.close()


@contextmanager
def written_beside(made: Made, file: Path) -> Iterator[None]:
    """Write it beside a new file, which gets its name at the end: what was not committed leaves no checkpoint behind.

    Raises OSError.
    """
    beside = file.with_name(file.name + _PART)
    try:
        _write(made, beside)
        yield
        beside.replace(file)
        sync_folder(file.parent)
    finally:
        beside.unlink(missing_ok=True)


def _write(made: Made, beside: Path) -> None:
    """Write it to a file, and wait until that is on the disk."""
    with beside.open("w", encoding="utf-8") as out:
        made.write(out)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(beside.parent)


def make_daily(database: Database) -> Header | None:
    """The day's checkpoint, where the day in London has none yet and there are cases; None where it has.

    Its file goes to the folder REDRESS_CHECKPOINTS, where that is set. One that was cut off is finished first. Raises
    WrongWords for a key or folder that can't be used, RecordNotIntact for a last checkpoint that is none any more, and
    DatabaseUnreachable.
    """
    _finish_cut_off(database)
    if not _is_wanting(database):
        return None
    key = signing_key(database)
    with unit_of_work(database) as unit:
        hold_the_lock(unit)
        now = read_meta(unit.connection).now()
        last = last_checkpoint(unit.connection)
        if last is not None and last.day >= london_day(now):
            return None  # another daemon has made it meanwhile
        with closing(Made(unit, now, key)) as made, _kept(made):
            unit.commit()
    return made.header


def _is_wanting(database: Database) -> bool:
    with unit_of_work(database, writing=False) as unit:
        last = last_checkpoint(unit.connection)
        today = london_day(read_meta(unit.connection).now())
        return unit.has_cases() and (last is None or last.day < today)


@contextmanager
def _kept(made: Made) -> Iterator[None]:
    """Write its file, where there is a folder for them; without the file it is not committed either.

    Where it stays unknown whether it was committed (a kill, an answer that is lost), what was written stays beside the
    file's name, and `_finish_cut_off` sees to it.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        yield
        return
    file = Path(folder) / f"checkpoint-{made.header['number']:06}.jsonl"
    beside = file.with_name(file.name + _PART)
    with _in_folder(folder):
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(made, beside)
    yield
    with _in_folder(folder):
        _named(beside, file)


def _finish_cut_off(database: Database) -> None:
    """Give the file of a checkpoint that was committed its name, and remove what was written of one that was not."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder or not any(Path(folder).glob(_CUT_OFF)):
        return
    with _in_folder(folder), unit_of_work(database) as unit:
        hold_the_lock(unit)  # so that nobody is in the middle of one
        for beside in Path(folder).glob(_CUT_OFF):
            file = beside.with_name(beside.name.removesuffix(_PART))
            with beside.open(encoding="utf-8", errors="replace") as written:
                header = written.readline().rstrip("\n")
            number = file.stem.removeprefix("checkpoint-")
            if number.isdecimal() and stored_checkpoint(unit.connection, int(number)) == header:
                _named(beside, file)
            else:
                beside.unlink()


def _named(beside: Path, file: Path) -> None:
    """Give what was written its name; another daemon may have done it meanwhile."""
    try:
        beside.replace(file)
    except FileNotFoundError:
        if not file.exists():
            raise
    sync_folder(file.parent)


@contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """Raises WrongWords where something cannot be written to the folder of checkpoints."""
    try:
        yield
    except OSError as refused:
        raise WrongWords(f"The checkpoint cannot be written to {folder}: {refused.strerror}.") from refused
