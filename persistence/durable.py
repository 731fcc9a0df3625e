"""What makes a new file's name survive a power cut, as its content does once it was synced."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises OSError."""
    if os.name != "posix":
        return  # a folder cannot be opened elsewhere
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
