"""The command `redress`: global options from anywhere on the line, and every error as one sentence with its code."""

import codecs
import gc
import io
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

# Each global option with the number of words that follow it; they may stand before or behind the command.
GLOBALS = {"--database": 1, "--as-at": 1, "--actor": 1, "--json": 0, "--debug": 0, "--version": 0}

# Behind these commands, an option of the same name is the command's own.
OWN: dict[tuple[str, ...], tuple[str, ...]] = {("audit", "log"): ("--actor",), ("audit", "export"): ("--actor",)}


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
        if word.split("=", 1)[0] in OWN.get(tuple(rest[:2]), ()):
            rest.append(word)
        elif word in GLOBALS:
            front += [word, *queue[: GLOBALS[word]]]
            del queue[: GLOBALS[word]]
        elif word.split("=", 1)[0] in GLOBALS:
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def main() -> None:
    """Run the command line and exit with the contract's code."""
    # A short command makes no garbage worth collecting, and loading SQLAlchemy makes the collector run for nothing.
    gc.disable()
    make_streams_safe()
    if os.environ.get("_REDRESS_COMPLETE") == "complete_bash":
        from workflow.completion import mend_bash_words

        mend_bash_words()
    words = globals_first(sys.argv[1:])
    sys.exit(run(words, debug="--debug" in words))


def make_streams_safe() -> None:
    """A stream that was closed is as if nobody were there; what an output's encoding lacks is written as an escape.

    Without it the next file that is opened would be taken for the closed stream, and what is said go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    codecs.register_error("as_json", _as_json)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="as_json")


def _as_json(fault: UnicodeError) -> tuple[str, int]:
    r"""What cannot be encoded, as \uXXXX: plain enough to read, and still JSON inside a JSON text."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    units = fault.object[fault.start : fault.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), fault.end


def _let_go_of_output() -> None:
    """Keep Python from complaining at its exit of what could not be written."""
    with suppress(io.UnsupportedOperation):  # it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(words: list[str], *, debug: bool = False) -> int:
    """Run one command, its global options in front; the exit code. A fault is one sentence on standard error."""
    import typer

    from states.errors import RedressError
    from workflow.cli import app

    # ClickException, of whichever click this Typer carries.
    wrong_words = cast(type[Exception], typer.BadParameter.__mro__[2])
    try:
        code = app(words, prog_name="redress", standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as done:
        return done.exit_code
    except RedressError as refused:
        return _say(refused, str(refused), refused.exit_code, debug)
    except (KeyboardInterrupt, typer.Abort) as stopped:
        return _say(stopped, "stopped.", 130, debug)
    except (BrokenPipeError, SystemExit) as end:
        if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
            raise
        _let_go_of_output()  # whoever read it has had enough, and nothing is wrong; Rich says it by an exit
        return 0
    except OSError as unwritten:
        _let_go_of_output()
        sentence = f"the answer could not be written or a file not read ({unwritten.strerror}); what was asked for may "
        return _say(unwritten, sentence + "have been done: look with `redress show` before repeating it.", 1, debug)
    except wrong_words as wrong:
        return _say(wrong, _of_the_parser(wrong), 2, debug)
    except Exception as fault:  # noqa: BLE001  (a fault of ours: said in one line, with the way to see the rest)
        sentence = f"a fault in Redress itself ({type(fault).__name__}: {fault}); repeat with --debug and report it."
        return _say(fault, sentence, 1, debug)
    return code if isinstance(code, int) else 0


def _of_the_parser(wrong: Exception) -> str:
    """The parser's message in our words, with what was likely meant and where to read more."""
    text = str(wrong.format_message()) if hasattr(wrong, "format_message") else str(wrong)
    context = getattr(wrong, "ctx", None)
    if context is None or text.startswith("Usage:"):
        return text
    text = re.sub("Input should be a valid integer.*", "give a whole number", text).replace("Input should", "it must")
    text = _meant(text, context) or text
    return f"{text}{'' if text[-1] in '.?' else '.'} See `{context.command_path} --help`."


def _meant(text: str, context: Any) -> str | None:
    """What to say to somebody who gave a trigger as a command, or a fact without its option."""
    from states.table import INTERNAL, TRIGGERS

    unknown = re.match(r"No such command '([\w-]+)'", text)
    trigger = unknown[1].replace("-", "_") if unknown else ""
    if trigger in TRIGGERS and trigger not in INTERNAL:
        return f"No such command '{trigger}': it is a trigger, redress advance REF {trigger}"
    bare = re.search(r"extra argument\S* \((\w[\w-]*=[^\s)]+)", text)
    if bare and any(param.name == "fact" for param in context.command.params):
        return f"{text}; a fact is given by --fact {bare[1]}"
    return None


def _say(fault: BaseException, sentence: str, code: int, debug: bool) -> int:
    from workflow.words import warn

    if debug:
        import traceback

        traceback.print_exception(fault)
    elif sentence.startswith("Usage:"):  # a group called without a command answers with its help
        print(sentence, file=sys.stderr)
    else:
        warn(sentence)
    return code


if __name__ == "__main__":
    main()
