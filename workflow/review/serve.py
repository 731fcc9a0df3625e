"""The review pages as a process: on which address it listens, whom it lets in, and how it stops."""

import gc
import ipaddress
import os
import signal
import socket
from dataclasses import dataclass

import uvicorn

from persistence.database import Database
from states.errors import WrongWords
from workflow.review.access import Access, ByHeader, ByToken
from workflow.review.app import Overviews, pages
from workflow.review.proved import ProofWatch
from workflow.review.rendering import make_ready
from workflow.session import Session

MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Served:
    """How the pages are served: address and port (0: any free one), who is let in, and how often the log is proved."""

    listen: str
    port: int
    trust_header: str | None
    allow_host: tuple[str, ...]
    prove_every_minutes: int


def serve(session: Session, served: Served) -> None:
    """Serve the pages until SIGTERM or SIGINT. Raises WrongWords where it may not or cannot listen there."""
    require_safe(served)
    gc.enable()  # this process lives for days, unlike the other commands
    url = session.ready().url.render_as_string(hide_password=False)
    looking = Session(url=url, _database=Database(url, read_only=True))
    make_ready()
    overviews = Overviews(looking)
    overviews.make_ready()
    listening = _listening(served)
    port = listening.getsockname()[1]
    origin = f"http://{_in_an_address(served.listen)}:{port}"
    watch = ProofWatch(url, served.prove_every_minutes * 60) if served.prove_every_minutes else None
    proof = (lambda: watch.latest) if watch is not None else lambda: None
    app = pages(looking, overviews, _access(served, origin, port), _hosts(served, port), proof)
    server = uvicorn.Server(
        uvicorn.Config(
            app, lifespan="off", access_log=False, log_level="warning", server_header=False, proxy_headers=False,
            limit_concurrency=MOST_AT_ONCE,
        )
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn stops in order, and then hands the signal on
    if watch is not None:
        watch.start()
    try:
        server.run(sockets=[listening])
    finally:
        if watch is not None:
            watch.stop()
        overviews.close()
        looking.close()


def require_safe(served: Served) -> None:
    """Refuse an address that other machines could reach. Raises WrongWords.

    That holds behind a reverse proxy too: the header that names the user is believed, and who can reach the port can
    send it.
    """
    try:
        loopback = ipaddress.ip_address(served.listen).is_loopback
    except ValueError as other:
        raise WrongWords(f"--listen {served.listen[:40]!r} is not an address, such as 127.0.0.1.") from other
    if not loopback:
        raise WrongWords(
            "--listen takes an address of this machine alone (127.0.0.1), since what is sent is not encrypted and any "
            "machine could send a proxy's header; to be reached from others, put a reverse proxy on this machine, or "
            "in this container's network, and name its header with --trust-header."
        )


def _listening(served: Served) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in served.listen else socket.AF_INET)
    if os.name == "posix":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((served.listen, served.port))
        made.listen()  # at once, so that the link works as soon as it is printed
    except OSError as taken:
        made.close()
        raise WrongWords(
            f"{served.listen} port {served.port} cannot be listened on ({taken.strerror}): give another --port."
        ) from taken
    return made


def _access(served: Served, origin: str, port: int) -> Access:
    if served.trust_header is not None:
        print(f"The review pages are at {origin}, for whom the proxy names in {served.trust_header}.", flush=True)
        return ByHeader(served.trust_header)
    print("The review pages. Nothing can be changed on them. Ctrl-C stops them.", flush=True)
    return ByToken(lambda link: print(f"Open, once: {origin}{link}", flush=True), port)


def _hosts(served: Served, port: int) -> list[str]:
    """The names under which a browser on this machine, or the proxy, may ask."""
    own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", _in_an_address(served.listen))}
    return [*own, *served.allow_host]


def _in_an_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
