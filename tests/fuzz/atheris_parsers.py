"""The parsers in the hands of atheris, which looks for inputs that reach new lines of our code.

The first byte chooses the parser, the rest is what it is given. Options are libFuzzer's, such as -max_total_time=60.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["states", "persistence.instants", "persistence.database", "workflow"]):
    from tests.fuzz import corpus
    from tests.fuzz.parsers import PARSERS

NAMES = sorted(PARSERS)


def one_input(data: bytes) -> None:
    if data:
        PARSERS[NAMES[data[0] % len(NAMES)]](data[1:])


def seeds(folder: Path) -> None:
    """The corpus as files, each word for each parser."""
    for number, word in enumerate((*corpus.WORDS, *corpus.JSON_LINES, *corpus.URLS)):
        for parser in range(len(NAMES)):
            content = bytes([parser]) + word.encode("utf-8", "surrogatepass")[:4000]
            (folder / f"{parser}-{number}").write_bytes(content)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
