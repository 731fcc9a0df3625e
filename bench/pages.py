"""How long the review pages take in a large database, asked one by one of the real server over the loopback."""

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from bench.cases import CASEWORKER, Example, example, fill
from bench.measure import Figure, Sizes
from bench.places import KINDS, drop, new_database
from persistence.database import Database
from workflow.change import DAEMON, Actor, Change

CASES = 100_000
ASKED, WARM = 30, 3
NOW = date(2026, 6, 15)
LIMIT_MILLISECONDS = 200
BEING_COUNTED = "These figures are being counted"
PAGES = (
    "/", "/?owner=nobody", "/?owner=officer-8", "/due?when=overdue", "/due?when=2026-06-22&who=council", "/dashboard",
    "/report", "/report?from=2025-06-01", "/cases?state=letter_sent", "/log", "/log?actor=nobody",
    "/log?trigger=lodge_appeal", "/case?reference=C20-7",
)  # fmt: skip


def figures(sizes: Sizes) -> Iterator[Figure]:
    for kind in KINDS:
        cases = 2_000 if sizes.quick else CASES
        database = new_database(kind, f"{NOW}T09:00:00+00:00")
        fill_with_a_year(database, cases)
        with served(database) as (port, cookie):
            for page in PAGES:
                first, later, figures_after = _asked(port, cookie, page)
                slowest = max(first, *later)
                counted = f", figures after {figures_after:.0f} ms" if figures_after else ""
                yield Figure(
                    "6 review pages", f"{kind}, {cases:,} cases: {page}", f"{LIMIT_MILLISECONDS} ms, the slowest of "
                    f"{ASKED}", "ms", statistics.median(later), LIMIT_MILLISECONDS, slowest / LIMIT_MILLISECONDS,
                    min(later) / LIMIT_MILLISECONDS, slowest / LIMIT_MILLISECONDS, 1.0,
                    says=f"first {first:.0f} ms, slowest {slowest:.0f} ms{counted}",
                )  # fmt: skip
        drop(database)


def fill_with_a_year(database: Database, cases: int) -> None:
    """So many cases, whose letters went out on fifty Mondays of the last year, on every part of the road.

    Each life is that of some hundred cases of one officer.
    """
    lives = [life for week in range(50) for life in _lives(week)]
    # All are made before the first is copied: the copies take the ids that the next would be given.
    examples = [_lived(database, life, f"officer-{number}") for number, life in enumerate(lives)]
    share = cases // len(examples)
    made = 0
    for number, lived in enumerate(examples):
        count = share + (number < cases - share * len(examples))
        more = number + 1 < len(examples)
        fill(database, lived, count, prefix=f"C{number}", first_id=made + 1, more_follow=more)
        made += count


def _lived(database: Database, life: list[Change], officer: str) -> Example:
    opening, *rest = life
    return example(database, opening._replace(actor=Actor(officer)), *rest)


def _lives(week: int) -> Iterator[list[Change]]:
    sent = NOW - timedelta(weeks=week, days=NOW.weekday())
    asked = sent - timedelta(weeks=5 if week % 4 else 8)
    start = [
        _opening(sent, asked),
        _advance("send_letter", sent, letter_method="email"),
    ]
    if week >= 12:
        start_late = [*start, *(Change("fire", "E-1", DAEMON, deadline=d) for d in ("lodge_appeal", "contact_adviser"))]
        yield start_late
    else:
        yield start
    if not week:
        return
    advised = [*start, _advance("advise_mediation", sent + timedelta(days=3))]
    declined = [*advised, _advance("decline_mediation", sent + timedelta(days=4))]
    if week == 1:
        yield advised
        return
    certified = [*declined, _advance("issue_certificate", sent + timedelta(days=7))]
    lodged = [*certified, _advance("lodge_appeal", sent + timedelta(days=9 + week % 5))]
    yield declined
    yield lodged
    yield [*start, _advance("concede", sent + timedelta(days=5))]


def _opening(sent: date, asked: date) -> Change:
    facts = {"decision": "assessment_refused", "party": "parent", "requested_on": str(asked), "decided_on": str(sent)}
    return Change("open", "E-1", CASEWORKER, trigger="open", facts=facts)


def _advance(trigger: str, on: date, **facts: object) -> Change:
    return Change("advance", "E-1", CASEWORKER, trigger=trigger, on=on, facts=facts)


@contextmanager
def served(database: Database) -> Iterator[tuple[int, str]]:
    """The real server on the database: its port, and the cookie that lets one in."""
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "workflow.main", "review", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "REDRESS_DATABASE_URL": url},
    )
    try:
        found = None
        while found is None and process.stdout is not None:
            found = re.search(r"http://127\.0\.0\.1:(\d+)(/enter\S+)", process.stdout.readline())
        if found is None:
            raise SystemExit("bench: the review pages did not start")
        port = int(found[1])
        answer, _ = _get(port, found[2], "")
        yield port, str(answer.getheader("set-cookie")).partition(";")[0]
    finally:
        process.terminate()
        process.wait(timeout=30)


def _get(port: int, path: str, cookie: str) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def _asked(port: int, cookie: str, page: str) -> tuple[float, list[float], float]:
    """The milliseconds of the first answer and of those after it; and, where that had no figures yet, until one had."""
    took, begun, figures_after, counted = list[float](), time.perf_counter(), 0.0, False
    while len(took) < ASKED or not counted:
        start = time.perf_counter()
        answer, body = _get(port, page, cookie)
        took.append((time.perf_counter() - start) * 1e3)
        if answer.status != 200:
            raise SystemExit(f"bench: {page} answered {answer.status}")
        if not counted and BEING_COUNTED not in body:
            counted = True
            figures_after = (time.perf_counter() - begun) * 1e3 if len(took) > 1 else 0.0
    return took[0], took[1:], figures_after
