"""Figures that are counted from many rows: kept, and counted anew behind the page once something was recorded.

In a small office the count is done before the page is drawn, and nobody sees any of this. In a large one a page does
not wait for it: it shows what was counted last, and says so.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from persistence.logbook import count_entries
from states.calendar import london_day
from workflow.session import Moment, Session

PATIENCE_SECONDS = 0.1
KEPT = 12

Asked = TypeVar("Asked", bound=Hashable)
Figures = TypeVar("Figures")


@dataclass(frozen=True, slots=True)
class Counted(Generic[Figures]):
    """Figures, the day in London and the number of entries as of which they were counted, and when (aware)."""

    figures: Figures
    as_of: tuple[date, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown(Generic[Figures]):
    """Figures as they are shown; `older_than_the_record` where something was recorded since they were counted."""

    figures: Figures
    at: datetime
    older_than_the_record: bool

    @property
    def today(self) -> date:
        return london_day(self.at)


class Counting(Generic[Asked, Figures]):
    """Counts what is asked for, one thing after another in a thread of its own, and keeps the last dozen.

    What was counted holds until an entry is recorded or the day in London is over. Whoever asks waits for a new count
    for `patience` seconds (None: until it is there). What a count raised after that is said to whoever asks next.
    """

    def __init__(
        self, session: Session, count: Callable[[Moment, Asked], Figures], patience: float | None = PATIENCE_SECONDS
    ) -> None:
        self._session, self._count, self._patience = session, count, patience
        self._counter = ThreadPoolExecutor(1, thread_name_prefix="counting")
        self._kept: dict[Asked, Counted[Figures]] = {}
        self._failed: dict[Asked, Exception] = {}
        self._under_way: dict[Asked, Future[None]] = {}
        self._lock = Lock()

    def of(self, moment: Moment, asked: Asked) -> Shown[Figures] | None:
        """The figures that are asked for; None where none were counted yet. Raises what the counting raised."""
        as_of = _as_of(moment)
        kept = self._kept.get(asked)
        if kept is None or kept.as_of != as_of:
            failed = self._failed.pop(asked, None)
            count = self._started(asked)
            if wait((count,), self._patience).done:
                self._failed.pop(asked, None)
                count.result()
            elif failed is not None:
                raise failed
            kept = self._kept.get(asked)
        return Shown(kept.figures, kept.at, kept.as_of != as_of) if kept else None

    def count(self, asked: Asked) -> None:
        """Count what is asked for, and wait until it is there. Raises what the counting raised."""
        self._started(asked).result()

    def close(self) -> None:
        """Count nothing more. What is being counted is not waited for, and what waits for its turn is let go of."""
        self._counter.shutdown(wait=False, cancel_futures=True)

    def _started(self, asked: Asked) -> Future[None]:
        with self._lock:
            under_way = self._under_way.get(asked)
            if under_way is None:
                under_way = self._under_way[asked] = self._counter.submit(self._anew, asked)
            return under_way

    def _anew(self, asked: Asked) -> None:
        try:
            with self._session.moment() as moment:
                as_of = _as_of(moment)  # first, so that what is recorded meanwhile is counted at the next asking
                counted = Counted(self._count(moment, asked), as_of, moment.now)
            self._keep(self._kept, asked, counted)
            self._failed.pop(asked, None)
        except Exception as fault:
            self._keep(self._failed, asked, fault)
            raise
        finally:
            with self._lock:
                del self._under_way[asked]

    def _keep(self, kept: dict[Asked, Any], asked: Asked, what: object) -> None:
        """Keep it as the newest; the oldest of more than a dozen is let go of."""
        with self._lock:
            kept.pop(asked, None)
            kept[asked] = what
            if len(kept) > KEPT:
                del kept[next(iter(kept))]


def _as_of(moment: Moment) -> tuple[date, int]:
    return london_day(moment.now), count_entries(moment.unit.connection)
