"""The pages put together: which address shows what, and what is said where something cannot be shown."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from persistence.database import CONNECTIONS
from states.errors import DatabaseUnreachable, NoSuchCase, RedressError, UnknownState
from workflow.review.access import OPEN_TO_ALL, Access, Guard
from workflow.review.asked import Asked
from workflow.review.board import board, due
from workflow.review.casepage import case, cases
from workflow.review.counting import PATIENCE_SECONDS
from workflow.review.dashboard import Dashboard
from workflow.review.logpage import log
from workflow.review.proved import Proved
from workflow.review.rendering import draw
from workflow.review.reportpage import ReportPage
from workflow.session import Moment, Session

Page = Callable[[Moment, Asked], dict[str, Any]]
PAGES: tuple[tuple[str, str, Page], ...] = (
    ("/", "board.html", board),
    ("/due", "due.html", due),
    ("/case", "case.html", case),
    ("/cases", "cases.html", cases),
    ("/log", "log.html", log),
)
# So many pages ask the database at once, and the others wait for them: beside these the counting threads need a
# connection each while pages wait for them.
ASKING_AT_ONCE = CONNECTIONS - 5
STATIC = Path(__file__).parent / "static"


class Overviews:
    """The pages that are counted from many rows, with what they keep between one look and the next."""

    def __init__(self, session: Session, patience: float | None = PATIENCE_SECONDS) -> None:
        self._session = session
        self.dashboard, self.report = Dashboard(session, patience), ReportPage(session, patience)

    def make_ready(self) -> None:
        """Count what the first to look would have to wait for, and make each list once.

        Raises DatabaseUnreachable, so that a database that cannot be looked at is said before the pages are served.
        """
        with self._session.moment() as moment:
            for overview in (board, due, log):
                overview(moment, {})
            self.report.make_ready(moment)
        self.dashboard.make_ready()

    def close(self) -> None:
        """Count nothing more: what waits to be counted is let go of."""
        self.dashboard.close()
        self.report.close()


def pages(
    session: Session, overviews: Overviews, access: Access, hosts: Iterable[str], proof: Callable[[], Proved | None]
) -> ASGIApp:
    """The pages on a session's database, which must have been opened read-only.

    `hosts` are the names that they answer to, with the port; `proof` says what the last proof of the log found.
    """
    counted: tuple[tuple[str, str, Page], ...] = (
        ("/dashboard", "dashboard.html", overviews.dashboard), ("/report", "report.html", overviews.report),
    )  # fmt: skip
    shown, asking = (*PAGES, *counted), BoundedSemaphore(ASKING_AT_ONCE)
    routes = [Route(path, _shows(session, asking, template, make, proof)) for path, template, make in shown]
    app = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
        exception_handlers={HTTPException: _no_such_page, Exception: _fault},
    )
    return Guard(app, hosts, access, lambda how: _says("Not let in", how, 403))


def _shows(
    session: Session, asking: BoundedSemaphore, template: str, make: Page, proof: Callable[[], Proved | None]
) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:
        frame = {**_frame(request), "proof": proof()}
        try:
            with asking, session.moment() as moment:
                if moment.meta.simulated:
                    frame["clock_stands_at"] = moment.now
                context = make(moment, dict(request.query_params))
        except RedressError as refused:
            return _refused(refused, frame)
        return HTMLResponse(draw(template, {**frame, **context}))

    return show


def _frame(request: Request) -> dict[str, Any]:
    """What stands round every page."""
    return {"user": request.state.user, "clock_stands_at": None, "proof": None, "here": request.url.path}


def _refused(refused: RedressError, frame: dict[str, Any]) -> Response:
    """What an error of ours is to a browser."""
    match refused:
        case NoSuchCase():
            why = f"There is no case {refused.about['reference']}: check the reference."
            return _says("No such case", why, 404, frame)
        case DatabaseUnreachable():
            return _says("The database is away", str(refused), 503, frame)
        case UnknownState():
            return _says("This case cannot be shown", str(refused), 409, frame)
        case _:
            return _says("This cannot be shown", str(refused), 400, frame)


def _no_such_page(request: Request, _missing: Exception) -> Response:
    if request.url.path.startswith(OPEN_TO_ALL):
        return PlainTextResponse("There is nothing at this address.\n", status_code=404)
    return _says("No such page", "There is nothing at this address.", 404, _frame(request))


def _fault(_request: Request, fault: Exception) -> Response:
    return _says("A fault in Redress", f"{type(fault).__name__}: the terminal has the rest. Please report it.", 500)


def _says(title: str, sentence: str, status: int, frame: dict[str, Any] | None = None) -> Response:
    return HTMLResponse(draw("says.html", {"title": title, "sentence": sentence, **(frame or {})}), status_code=status)
