"""How a reminder leaves the house: by a mail server, or by GOV.UK Notify.

Each reminder bears a key of its own. By mail it is the Message-ID, so that a second copy is told by the reader's
program; Notify is asked by it, before anything is tried again, whether it has the first.
"""

import logging
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol

from states.errors import NotPosted, WrongWords
from workflow.settings import Notify, Reminders, Smtp
from workflow.words import inert

PATIENCE_SECONDS = 30
SMTP_PASSWORD, NOTIFY_KEY = "REDRESS_SMTP_PASSWORD", "REDRESS_NOTIFY_API_KEY"
# A Notify key is a name, the service's id and the secret itself, both of 36 characters.
_KEY_LENGTH = 73


@dataclass(frozen=True, slots=True)
class Message:
    """What is told to one officer. `key` is the same whenever the same reminder is tried. `at` is aware."""

    key: str
    to: str
    subject: str
    text: str
    at: datetime
    tried_before: bool = False


class Post(Protocol):
    """A way out of the house."""

    def send(self, message: Message) -> None:
        """Hand a message over. Raises NotPosted."""
        ...


@contextmanager
def post_of(settings: Reminders) -> Iterator[Post]:
    """The way that the settings name, open for a few messages. Raises WrongWords for settings that lack a secret,
    NotPosted where it is not there."""
    if settings.notify is not None:
        yield ByNotify(settings.notify)
    elif settings.smtp is not None and settings.sender is not None:
        with closing(ByMail(settings.smtp, settings.sender)) as mail:
            yield mail
    else:
        raise WrongWords("the settings say no way for reminders: [reminders.smtp] or [reminders.notify].")


# --- a mail server ---------------------------------------------------------------------------------------------------


class ByMail:
    """Messages over a connection to a mail server, which is opened anew where the server has hung up."""

    def __init__(self, smtp: Smtp, sender: str) -> None:
        """Raises NotPosted where the server is not there."""
        self._smtp, self._sender = smtp, sender
        self._server = _connected(smtp)

    def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to, message.subject
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.key}@{self._sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        if self._server.sock is None:
            self._server = _connected(self._smtp)
        try:
            self._server.send_message(mail)
        except (OSError, smtplib.SMTPException) as refused:
            # Servers repeat the address, which is in the settings alone.
            why = _first_line(refused).replace(message.to, "the address")
            raise NotPosted(f"the mail server did not take it: {why}") from refused

    def close(self) -> None:
        """Say goodbye. What was handed over is handed over, whatever the server answers."""
        with suppress(OSError, smtplib.SMTPException):
            self._server.quit()
        self._server.close()


def _connected(smtp: Smtp) -> smtplib.SMTP:
    """A mail server that has greeted us, encrypted and known to it as the settings say. Raises NotPosted."""
    context = ssl.create_default_context()
    try:
        if smtp.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=PATIENCE_SECONDS, context=context)
        else:
            server = smtplib.SMTP(smtp.host, smtp.port, timeout=PATIENCE_SECONDS)
    except (OSError, smtplib.SMTPException) as away:
        raise NotPosted(f"the mail server {smtp.host}:{smtp.port} does not answer: {_first_line(away)}") from away
    try:
        if smtp.security == "starttls":
            server.starttls(context=context)
        if smtp.username is not None:
            server.login(smtp.username, os.environ.get(SMTP_PASSWORD, ""))
    except (OSError, smtplib.SMTPException) as refused:
        server.close()
        raise NotPosted(f"the mail server {smtp.host}:{smtp.port} refuses us: {_first_line(refused)}") from refused
    return server


def _first_line(fault: Exception) -> str:
    """A fault in a line: the server's own words, without what it may have repeated of a login."""
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return "it does not take the user's name and password"
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(fault.recipients.values()))
        return _one_line(code, said)
    if isinstance(fault, smtplib.SMTPResponseException):
        return _one_line(fault.smtp_code, fault.smtp_error)
    return (str(fault) or type(fault).__name__).splitlines()[0][:200]


def _one_line(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return inert(" ".join(f"{code} {text}".split()))[:200]


# --- GOV.UK Notify ---------------------------------------------------------------------------------------------------


class ByNotify:
    """Messages by GOV.UK Notify, with the council's own template, which holds ((subject)) and ((message))."""

    def __init__(self, settings: Notify) -> None:
        from notifications_python_client.notifications import NotificationsAPIClient

        key = os.environ.get(NOTIFY_KEY, "")
        if len(key) < _KEY_LENGTH:
            raise WrongWords(f"{NOTIFY_KEY} does not hold a key of GOV.UK Notify: give it the daemon's environment.")
        self._client = NotificationsAPIClient(key, settings.base_url, timeout=PATIENCE_SECONDS)
        self._template = settings.template_id
        # The library logs each refusal in words of its own; it is raised, and said by us.
        logging.getLogger("notifications_python_client").addHandler(logging.NullHandler())

    def send(self, message: Message) -> None:
        from notifications_python_client.errors import APIError

        try:
            if message.tried_before and self._has(message.key):
                return
            self._client.send_email_notification(
                email_address=message.to, template_id=self._template, reference=message.key,
                personalisation={"subject": message.subject, "message": message.text},
            )  # fmt: skip
        except APIError as refused:
            why = _words(refused.message).replace(message.to, "the address")
            raise NotPosted(f"GOV.UK Notify did not take it: {refused.status_code}, {why}") from refused

    def _has(self, key: str) -> bool:
        """Whether Notify has a message with this reference already: our last try came through, its answer did not."""
        found = self._client.get_all_notifications(template_type="email", reference=key)
        return bool(found.get("notifications"))


def _words(said: object) -> str:
    """What Notify says was wrong, in a line."""
    if isinstance(said, list):
        said = "; ".join(str(each.get("message", each)) if isinstance(each, dict) else str(each) for each in said)
    return " ".join(str(said).split())[:200]
