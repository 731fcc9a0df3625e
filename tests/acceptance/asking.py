"""Asking the review pages as a browser does, without a browser and without a socket."""

import asyncio
import html
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from persistence.database import Database
from workflow.review.access import ByToken
from workflow.review.app import Overviews, pages
from workflow.review.proved import Proved
from workflow.session import Session

HOST = "127.0.0.1:8400"


@dataclass(frozen=True)
class Page:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def words(self) -> str:
        """What a person reads of it: without the elements, white space as one space."""
        without = re.sub(r"(?s)<(style|title)\b.*?</\1>|<[^>]+>", " ", self.text)
        return " ".join(html.unescape(without).split())

    @property
    def links(self) -> list[str]:
        return [html.unescape(each) for each in re.findall(r'href="([^"]*)"', self.text)]


@dataclass
class Browser:
    """Somebody who asks, with the cookie that was set."""

    app: ASGIApp
    shown: list[str]
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", **headers: str) -> Page:
        asked = {"host": HOST, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        status, found, body = asyncio.run(_ask(self.app, path, method, list(asked.items())))
        return Page(status, found, body)

    def enter(self) -> Page:
        """Go in by the link that was printed last."""
        answer = self.ask(self.shown[-1])
        self.headers["cookie"] = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def sees(self, path: str) -> Page:
        """A page that must be there."""
        page = self.ask(path)
        assert page.status == 200, page.words
        return page


async def _ask(app: ASGIApp, path: str, method: str, headers: list[tuple[str, str]]) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(path)
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": parts.path,
        "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8400),
    }  # fmt: skip
    sent: list[Any] = []
    received: list[bool] = []

    async def receive() -> dict[str, Any]:
        """The whole of what is asked, and then nothing more: the browser waits."""
        if received:
            await asyncio.Event().wait()
        received.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]).decode()


@contextmanager
def looking(url: str, proof: Proved | None = None, patience: float | None = None) -> Iterator[Browser]:
    """Somebody who was let in to the pages of a database, which wait so many seconds for a count (None: for ever)."""
    database = Database(url, read_only=True)
    session = Session(url=url, _database=database)
    shown: list[str] = []
    app = pages(session, Overviews(session, patience), ByToken(shown.append, 8400), [HOST], lambda: proof)
    browser = Browser(app, shown)
    browser.enter()
    try:
        yield browser
    finally:
        database.close()
