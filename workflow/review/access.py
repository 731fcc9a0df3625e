"""Who may look, and what every answer says to the browser.

The pages are for this machine, or for a reverse proxy on it. They take no other method than GET and HEAD, answer to no
other name than their own (a hostile page may point a name of its own at the loopback address), and forbid the browser
every script and every thing from elsewhere.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION_SECONDS = 12 * 3600
LONGEST_NAME = 64
OPEN_TO_ALL = "/static/"
ENTRANCE = "/enter"

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class Access(Protocol):
    """How somebody is let in."""

    def who(self, request: Request) -> str | None:
        """The name under which somebody looks; None for whom is not let in."""

    def enter(self, token: str) -> Response | None:
        """The answer to a token that lets in; None for any other."""

    @property
    def how(self) -> str:
        """What is to be done to be let in, in words."""


class ByToken:
    """A link that is good once, printed where the pages were started, and then a cookie until the evening.

    `show` is told of each new link: when one was used, the next browser gets another. A browser keeps the cookies of an
    address together, whatever the port, so the port is in the cookie's name.
    """

    def __init__(self, show: Callable[[str], None], port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._cookie = f"redress_review_{port}"
        self._sessions: dict[str, float] = {}
        self._token = ""
        self.offer()

    how = "Open the link that `redress review` printed last, in the window in which it runs. Each link is good once."

    def offer(self) -> None:
        """A new link."""
        self._token = secrets.token_urlsafe(32)
        self._show(f"{ENTRANCE}?token={self._token}")

    def enter(self, token: str) -> Response | None:
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self.offer()
        now = self._clock()
        self._sessions = {key: end for key, end in self._sessions.items() if end > now}
        session = secrets.token_urlsafe(32)
        self._sessions[session] = now + SESSION_SECONDS
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(self._cookie, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict")
        return answer

    def who(self, request: Request) -> str | None:
        end = self._sessions.get(request.cookies.get(self._cookie, ""))
        return "this machine" if end is not None and end > self._clock() else None


class ByHeader:
    """The user that a reverse proxy has let in and names in a header."""

    def __init__(self, header: str) -> None:
        self._header = header
        self.how = f"Come by way of the office's own address: the proxy there says who you are ({header})."

    def enter(self, token: str) -> Response | None:
        return None

    def who(self, request: Request) -> str | None:
        named = request.headers.getlist(self._header)
        if len(named) != 1:  # none, or one that somebody put beside the proxy's
            return None
        name = named[0].strip()
        return name if name and name.isprintable() and len(name) <= LONGEST_NAME else None


class Guard:
    """Stands before the pages: what is asked wrongly, or by whom is not let in, never reaches them."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], access: Access, refuse: Callable[[str], Response]) -> None:
        self._app, self._access, self._refuse = app, access, refuse
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(OPEN_TO_ALL):
                    headers["cache-control"] = "private, max-age=600"
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._answer(scope) or self._app
        await answer(scope, receive, with_headers)

    def _answer(self, scope: Scope) -> Response | None:
        """The answer to whom the pages are not for; None for whom they are."""
        if scope["method"] not in ("GET", "HEAD"):
            why = "Nothing can be changed here: these pages are for looking.\n"
            return PlainTextResponse(why, status_code=405, headers={"allow": "GET, HEAD"})
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return PlainTextResponse("These pages do not answer to this name.\n", status_code=421)
        if scope["path"].startswith(OPEN_TO_ALL):
            return None
        request = Request(scope)
        if scope["path"] == ENTRANCE:
            token = request.query_params.get("token", "")
            entered = self._access.enter(token) if scope["method"] == "GET" else None
            return entered or self._refuse(self._access.how)
        name = self._access.who(request)
        if name is None:
            return self._refuse(self._access.how)
        scope.setdefault("state", {})["user"] = name
        return None
