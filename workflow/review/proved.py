"""The proof of the log, made now and then in a process of its own, so that the pages do not wait for it."""

import multiprocessing
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from persistence.database import Database
from persistence.proof import Verdict, verify
from persistence.unit import unit_of_work
from states.errors import RedressError

LEAST_URGENT = 10


@dataclass(frozen=True, slots=True)
class Proved:
    """What the last proof found, and the real instant at which it ended (aware); `why_not` where none could be made."""

    at: datetime
    verdict: Verdict | None
    why_not: str = ""


def prove(url: str) -> Proved:
    """Prove the log of a database, by reading alone."""
    database = Database(url, read_only=True)
    try:
        with unit_of_work(database, writing=False) as unit:
            return Proved(datetime.now(UTC), verify(unit.connection))
    except RedressError as away:
        return Proved(datetime.now(UTC), None, str(away))
    finally:
        database.close()


def _prove_elsewhere(url: str, answer: Connection) -> None:
    if hasattr(os, "nice"):
        os.nice(LEAST_URGENT)
    answer.send(prove(url))


class ProofWatch:
    """Proves the log at the start and every so many seconds. `latest` is None until the first proof has ended."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self._seconds = url, seconds
        self._stop = threading.Event()
        self._process: BaseProcess | None = None
        self.latest: Proved | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="proof", daemon=True).start()

    def stop(self) -> None:
        """Stop, in the middle of a proof too."""
        self._stop.set()
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._prove_once()
            self._stop.wait(self._seconds)

    def _prove_once(self) -> None:
        """The address of the database goes by the pipe, since anybody can read a process's arguments."""
        answer, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=_prove_elsewhere, args=(self._url, sender), daemon=True
        )
        process.start()
        self._process = process
        sender.close()
        try:
            self.latest = answer.recv()
        except EOFError:  # it was killed
            if not self._stop.is_set():
                self.latest = Proved(datetime.now(UTC), None, "the proof ended before it could say what it found")
        finally:
            answer.close()
            process.join()
