"""The tutorial and the how-to pages do what they say: every command is run, and says what the page shows."""

from pathlib import Path

import pytest

from tests.docs.console import BLOCK, ROOT, masked, run, shown_on

PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_says_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    commands = shown_on(page)
    assert commands, "the page shows no command"
    for shown in commands:
        code, output = run(shown, tmp_path)
        assert code == shown.exit_code, f"{shown.line}: {output}"
        assert masked(output) == masked(shown.output), shown.line


def test_the_readme_shows_what_the_tutorial_shows() -> None:
    """So the front page needs no run of its own."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        assert block in tutorial, block
