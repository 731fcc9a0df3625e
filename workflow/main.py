"""The command `redress`: global options from anywhere on the line, and every error as one sentence with its code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

# Each global option with the number of words that follow it; they may stand before or behind the command.
GLOBALS = {"--database": 1, "--as-at": 1, "--actor": 1, "--json": 0, "--debug": 0}


def globals_first(words: Sequence[str]) -> list[str]:
    """The words of the command line with the global options in front, where the command line's parser wants them."""
    front: list[str] = []
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        if word in GLOBALS:
            front += [word, *queue[: GLOBALS[word]]]
            del queue[: GLOBALS[word]]
        elif word.split("=", 1)[0] in GLOBALS:
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def main() -> None:
    """Run the command line and exit with the contract's code."""
    words = globals_first(sys.argv[1:])
    sys.exit(_run(words, debug="--debug" in words))


def _run(words: list[str], *, debug: bool) -> int:
    import click

    from states.errors import RedressError
    from workflow.cli import app

    try:
        code = app(words, prog_name="redress", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as wrong:
        if debug:
            raise
        return _say(_of_click(wrong), wrong.exit_code)
    except RedressError as refused:
        if debug:
            raise
        return _say(str(refused), refused.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _say("stopped.", 130)
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing is wrong, and Python must not complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as fault:
        if debug:
            raise
        return _say(
            f"a fault in Redress itself ({type(fault).__name__}: {fault}); repeat with --debug and report it.", 1
        )
    return code if isinstance(code, int) else 0


def _of_click(wrong: click.ClickException) -> str:
    """The parser's message, with where to read more."""
    import click

    text = wrong.format_message()
    if isinstance(wrong, click.UsageError) and wrong.ctx is not None:
        return f"{text} See `{wrong.ctx.command_path} --help`."
    return text


def _say(sentence: str, code: int) -> int:
    print(f"redress: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
