"""What the doctor says of the door of a SQLite file: who else can write it, or replace it."""

import pytest

from tests.acceptance.command import Redress
from tests.backends import path_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.mark.parametrize(
    ("file", "folder", "said"),
    [
        (0o600, 0o700, []),
        (0o644, 0o755, []),
        (0o606, 0o1777, [("file", "every user of this machine: chmod o-w")]),
        (0o660, 0o700, [("file", "its group")]),
        (0o600, 0o707, [("folder", "every user of this machine: chmod o-w")]),
        (0o600, 0o770, [("folder", "its group")]),
        (
            0o666,
            0o777,
            [("file", "every user"), ("file", "its group"), ("folder", "every user"), ("folder", "its group")],
        ),
    ],
)
def test_who_else_can_write_the_file_or_its_folder(
    redress: Redress, file: int, folder: int, said: list[tuple[str, str]]
) -> None:
    path = path_of(redress.url)
    path.chmod(file)
    path.parent.chmod(folder)
    checks = redress.does("doctor --json").document["checks"]
    found = [(each["name"], each["says"]) for each in checks if each["name"] in ("file", "folder")]
    assert [name for name, _ in found] == [name for name, _ in said]
    assert all(words in says for (_, words), (_, says) in zip(said, found, strict=True)), found
