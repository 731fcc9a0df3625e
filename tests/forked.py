"""The command as a process of its own that does not pay for its imports each time, which is nearly all of a start.

The process is forked from one that has imported the command and done nothing else. Its words, environment, folder,
streams, signals, exit code and death are its own. How an interpreter starts is tested elsewhere (test_streams,
test_review_browser, a daemon of test_daemon), by starting one.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

from workflow.main import main

# What the command imports when it is needed: for any change, for the daemon, and for what is read.
_PRELOADED = ["workflow.main", "workflow.cli", "workflow.engine", "workflow.daemon", "psycopg", "apscheduler"]


@cache
def _nursery() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


class Forked:
    """A running command, asked and told as one would a `subprocess.Popen`."""

    def __init__(self, words: Sequence[str], process: Any, stderr: IO[str] | None) -> None:
        self.words, self._process, self.stderr = list(words), process, stderr

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def poll(self) -> int | None:
        """Its exit code; the number of the signal it died of, below zero; None while it runs."""
        code: int | None = self._process.exitcode
        return code

    def wait(self, timeout: float) -> int:
        """Its exit code at its end.

        Raises:
            subprocess.TimeoutExpired: It runs longer than so many seconds.
        """
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.words, timeout)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    words: Sequence[str],
    *,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Forked:
    """Start the command with these words. A stream is a descriptor, subprocess.PIPE (for stderr) or else nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    listening, handed_over = None, [nowhere]
    if stderr == subprocess.PIPE:
        listening, stderr = os.pipe()
        handed_over.append(stderr)
    streams = tuple(DupFd(nowhere if stream is None else stream) for stream in (stdin, stdout, stderr))
    told = dict(os.environ if environment is None else environment)
    process = _nursery().Process(target=_live, args=(list(words), streams, str(cwd or Path.cwd()), told))
    process.start()
    for each in handed_over:
        os.close(each)
    return Forked(words, process, None if listening is None else open(listening, encoding="utf-8"))


def run(
    words: Sequence[str],
    standard_input: str = "",
    *,
    timeout: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end, as `subprocess.run` would."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as shown, tempfile.TemporaryFile() as said:
        given.write(standard_input.encode("utf-8", "surrogateescape"))
        given.seek(0)
        streams = {"stdin": given.fileno(), "stdout": shown.fileno(), "stderr": said.fileno()}
        process = start(words, **streams, cwd=cwd, environment=environment)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(list(words), code, _text(shown), _text(said))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")


def _live(words: list[str], streams: tuple[Any, Any, Any], folder: str, environment: dict[str, str]) -> None:
    """In the forked process: make everything the command's own, and be it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        given = stream.detach()
        os.dup2(given, number)
        os.close(given)
    # As an interpreter opens them: what is no text passes in as it is; standard error is never lost in a buffer.
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
    sys.argv = ["redress", *words]
    try:
        main()
    except Exception:  # noqa: BLE001  (as an interpreter ends of it: with the traceback and nothing else, and code 1)
        sys.excepthook(*sys.exc_info())
        sys.exit(1)
