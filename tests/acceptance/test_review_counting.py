"""What the review pages show while something large is counted, and once it was."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from persistence.database import CONNECTIONS, Database
from states.errors import DatabaseUnreachable
from tests.acceptance.asking import HOST, Browser, looking
from tests.acceptance.command import Redress
from workflow.review import dashboard, reportpage
from workflow.review.access import ByToken
from workflow.review.app import ASKING_AT_ONCE, Overviews, pages
from workflow.review.counting import KEPT, Counting
from workflow.session import Moment, Session

Lived = Callable[[str], Redress]
STORY = """
    @ 2026-03-02T09:00:00+00:00
    open H-1 --decision assessment_refused --requested 2026-01-20 --decided 2026-02-26
"""
SINCE = "Something was recorded since"


class Held:
    """A count that goes no further than the gate while the gate is shut."""

    def __init__(self, count: Callable[..., Any]) -> None:
        self._count = count
        self.arrived, self.gate = threading.Event(), threading.Event()

    def __call__(self, *asked: Any) -> Any:
        self.arrived.set()
        assert self.gate.wait(60)
        return self._count(*asked)


@contextmanager
def session_on(url: str) -> Iterator[Session]:
    database = Database(url, read_only=True)
    yield Session(url=url, _database=database)
    database.close()


@pytest.mark.parametrize("path", ["/dashboard", "/report"])
def test_a_page_does_not_wait_for_a_long_count(after: Lived, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name = (dashboard, "_counts") if path == "/dashboard" else (reportpage, "figures")
    held = Held(getattr(module, name))
    monkeypatch.setattr(module, name, held)
    redress = after(STORY)
    with session_on(redress.url) as session:
        shown: list[str] = []
        overviews = Overviews(session, patience=0)
        browser = Browser(pages(session, overviews, ByToken(shown.append, 8400), [HOST], lambda: None), shown)
        browser.enter()

        def counted() -> str:
            """The page once nothing is under way."""
            held.gate.set()
            with session.moment() as moment:
                overviews.dashboard.make_ready()
                overviews.report.make_ready(moment)
            return browser.sees(path).words

        first = browser.sees(path)
        assert "These figures are being counted from many cases." in first.words
        assert any(link.startswith(path) for link in first.links)
        known = counted()
        assert SINCE not in known

        held.gate.clear()
        redress.at("2026-03-02T10:30:00+00:00").does(
            "advance H-1 send_letter --on 2026-02-27 --fact letter_method=email"
        )
        old = browser.sees(path).words
        assert "Counted on Mon 2 Mar 2026, 09:00. Something was recorded since" in old
        assert _figures(old) == _figures(known)
        new = counted()
        assert SINCE not in new
        assert _figures(new) != _figures(known)


def _figures(words: str) -> str:
    """The first figures of either page that a letter sent changes."""
    part = words.partition("Cases by state")[2] or words.partition("Decisions and what followed")[2]
    assert part, words
    return part.partition("Windows that close")[0][:300]


def test_what_was_counted_holds_until_something_is_recorded_or_the_day_is_over(after: Lived) -> None:
    redress, asked = after(STORY), list[str]()

    def count(moment: Moment, what: str) -> int:
        asked.append(what)
        return len(asked)

    with session_on(redress.url) as session:
        counting = Counting(session, count, patience=None)

        def figures(what: str) -> int:
            with session.moment() as moment:
                shown = counting.of(moment, what)
            assert shown is not None
            assert not shown.older_than_the_record
            return shown.figures

        assert [figures("a"), figures("a"), figures("b"), figures("a")] == [1, 1, 2, 1]
        redress.does("advance H-1 send_letter --fact letter_method=email")
        assert [figures("a"), figures("a")] == [3, 3]
        redress.at("2026-03-03T00:00:00+00:00").does("show H-1")
        assert [figures("a"), figures("a")] == [4, 4]
        for number in range(KEPT):
            figures(f"other {number}")
        assert figures("a") == 5 + KEPT, "the oldest are let go of"


@dataclass
class FailsOnce:
    """A count that finds the database away, and from then on there; with what was tried."""

    tries: list[str] = field(default_factory=list)

    def __call__(self, _moment: Moment, what: str) -> str:
        self.tries.append(what)
        if len(self.tries) == 1:
            raise DatabaseUnreachable("the database is away")
        return "there"


def test_a_count_that_failed_says_so_and_is_tried_again(after: Lived) -> None:
    with session_on(after(STORY).url) as session:
        counting = Counting(session, FailsOnce(), patience=None)
        with session.moment() as moment:
            with pytest.raises(DatabaseUnreachable):
                counting.of(moment, "a")
            shown = counting.of(moment, "a")
    assert shown is not None
    assert shown.figures == "there"


def test_a_count_that_failed_behind_the_page_is_said_to_who_asks_next(after: Lived) -> None:
    count = FailsOnce()
    held = Held(count)
    with session_on(after(STORY).url) as session, session.moment() as moment:
        counting = Counting(session, held, patience=0)
        assert counting.of(moment, "a") is None
        held.gate.set()
        settled(counting, "another")
        held.gate.clear()
        with pytest.raises(DatabaseUnreachable, match="the database is away"):
            counting.of(moment, "a")
        held.gate.set()
        settled(counting, "a third")
        shown = counting.of(moment, "a")
    assert count.tries == ["a", "another", "a", "a third"], "whoever was told of it has begun a new count"
    assert shown is not None
    assert shown.figures == "there"


def settled(counting: Counting[str, str], what: str) -> None:
    """Count something else, and with it all that was asked for before."""
    counting.count(what)


def test_what_waits_to_be_counted_holds_up_nobody_who_stops(after: Lived) -> None:
    asked = list[str]()
    held = Held(lambda moment, what: asked.append(what))
    others = threading.enumerate()
    with session_on(after(STORY).url) as session:
        counting = Counting(session, held, patience=0)
        with session.moment() as moment:
            counting.of(moment, "under way")
            assert held.arrived.wait(60)
            counting.of(moment, "waits")
        counting.close()
        held.gate.set()
        for thread in set(threading.enumerate()).difference(others):
            thread.join(60)
    assert asked == ["under way"]


def test_of_many_who_look_at_once_some_wait_so_that_the_counts_have_their_connections(
    after: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, came = Held(dashboard._counts), threading.Semaphore(0)
    ask_for = Counting.of

    def of(self: Counting[Any, Any], moment: Moment, asked: Any) -> Any:
        came.release()
        return ask_for(self, moment, asked)

    monkeypatch.setattr(dashboard, "_counts", held)
    monkeypatch.setattr(Counting, "of", of)
    with looking(after(STORY).url) as browser, ThreadPoolExecutor(CONNECTIONS + 5) as people:
        looks = [people.submit(browser.ask, "/dashboard") for _ in range(CONNECTIONS + 5)]
        try:
            for _ in range(ASKING_AT_ONCE):
                assert came.acquire(timeout=60)
            assert not came.acquire(timeout=0.3), "another asks, though so many do already"
        finally:
            held.gate.set()
        assert {look.result().status for look in looks} == {200}


def test_a_process_whose_connections_are_all_in_use_says_so(after: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persistence.database.CONNECTION_SECONDS", 0)
    with session_on(after(STORY).url) as session, ExitStack() as taken:
        for _ in range(CONNECTIONS):
            taken.enter_context(session.moment())
        with pytest.raises(DatabaseUnreachable, match=f"all its {CONNECTIONS} connections in use"):
            taken.enter_context(session.moment())


def test_a_page_that_is_counted_at_once_says_nothing_of_it(after: Lived) -> None:
    with looking(after(STORY).url) as browser:
        for path in ("/dashboard", "/report"):
            assert SINCE not in browser.sees(path).words
