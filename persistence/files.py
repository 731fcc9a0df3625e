"""Files that are written for somebody: a new one, or one in the place of an older; on the disk before it is said."""

import os
from pathlib import Path

FOR_ALL, FOR_ITS_OWNER = 0o666, 0o600


def write_new(file: Path, content: bytes, mode: int = FOR_ALL) -> None:
    """Write a file that is not there yet, with this mode. Raises FileExistsError, OSError."""
    _write(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), content)
    sync_folder(file.parent)


def write_over(file: Path, content: bytes) -> None:
    """Write a file whole, in the place of an older one, which stays where it can't be written. Raises OSError."""
    beside = file.with_name(file.name + ".part")
    try:
        _write(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FOR_ALL), content)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, as its files' content is once it was synced. Raises OSError."""
    if os.name != "posix":
        return  # a folder cannot be opened elsewhere
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as made:
        made.write(content)
        made.flush()
        os.fsync(made.fileno())
