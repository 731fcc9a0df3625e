"""A real mail server and a real HTTP server that speaks GOV.UK Notify's API, both on the loopback."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller

NOTIFY_KEY = "office-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


@dataclass
class MailServer:
    """What it took, in order. `answer` is what it says to a message: "250 OK" takes it.

    `to_address` is what it says to whom it is for, and `goodbye` at the end.
    """

    port: int = 0
    taken: list[Message] = field(default_factory=list)
    answer: Callable[[Message], str] = lambda _: "250 OK"
    to_address: str = "250 OK"
    goodbye: str = "221 Bye"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(to)
        return self.to_address

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self.goodbye

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        message = message_from_bytes(envelope.content)
        said = self.answer(message)
        if said.startswith("250"):
            self.taken.append(message)
        return said

    @property
    def settings(self) -> str:
        return f'[reminders.smtp]\nhost = "127.0.0.1"\nport = {self.port}\nsecurity = "none"\n'


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = MailServer(listening.getsockname()[1])
        controller = _On(listening, server)
        controller.start()
        try:
            yield server
        finally:
            controller.stop()


class _On(Controller):
    """The controller on a socket that has its port already: one that was only found free may be taken meanwhile."""

    def __init__(self, listening: socket.socket, server: MailServer) -> None:
        super().__init__(server, hostname="127.0.0.1", port=server.port)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@contextmanager
def silent_port() -> Iterator[int]:
    """A port on which nobody listens, and nobody can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@dataclass
class NotifyServer:
    """Notify's two answers that matter: taking an e-mail, and listing those with a reference.

    `status` is what it answers to the next messages, with `why` where it refuses them; with `cut` it takes one and
    hangs up without an answer.
    """

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    status: int = 201
    why: str = "no such template"
    cut: bool = False

    @property
    def settings(self) -> str:
        return f'[reminders.notify]\ntemplate_id = "t-1"\nbase_url = "http://127.0.0.1:{self.port}"\n'


@contextmanager
def notify_server() -> Iterator[NotifyServer]:
    server = NotifyServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            reference = parse_qs(urlsplit(self.path).query).get("reference", [""])[0]
            server.asked_for.append(reference)
            found = [each for each in server.taken if each["reference"] == reference]
            self._say(200, {"notifications": found, "links": {}})

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Authorization"].startswith("Bearer ")
            assert self.path == "/v2/notifications/email"
            if server.status != 201:
                self._say(server.status, {"errors": [{"error": "BadRequestError", "message": server.why}]})
                return
            server.taken.append(said)
            if server.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._say(201, {"id": "n-1", "reference": said["reference"], "content": {}, "uri": "", "template": {}})

        def _say(self, status: int, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
