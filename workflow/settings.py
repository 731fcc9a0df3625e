"""The office's own settings: contacts for the letters, and where reminders go. A file in TOML, beside the database.

It holds nothing of any case, and nothing that dates are reckoned with: that is the policy, kept in the database. Which
file it is, REDRESS_SETTINGS says, else it is redress.toml in the folder where the command runs.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from states.errors import WrongWords
from states.letter import CONTACTS, Contact

SETTINGS_VARIABLE = "REDRESS_SETTINGS"
DEFAULT = Path("redress.toml")

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Strict(BaseModel):
    """A part of the settings; a name that is not known is a slip, and said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactSettings(_Strict):
    """How somebody is reached: each line as a letter prints it, at least one besides the name."""

    name: Line | None = None
    address: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    website: Line | None = None

    @property
    def contact(self) -> Contact:
        labelled = (("", self.name), ("", self.address), ("Phone: ", self.phone), ("E-mail: ", self.email),
                    ("Website: ", self.website))  # fmt: skip
        return Contact(tuple(f"{label}{text}" for label, text in labelled if text))


class Council(_Strict):
    """The council, as its letters name it."""

    name: Line


EmailAddress = Annotated[str, Field(max_length=200, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]


class Smtp(_Strict):
    """A mail server. The password, where it wants one, is in REDRESS_SMTP_PASSWORD and never in the file."""

    host: Line
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Line | None = None


class Notify(_Strict):
    """GOV.UK Notify. The key is in REDRESS_NOTIFY_API_KEY and never in the file."""

    template_id: Line
    base_url: Line = "https://api.notifications.service.gov.uk"


class Reminders(_Strict):
    """How reminders go out, from whom, and to whom: the officer's own address, else the team's, else `default`.

    `practice` lets those of a practice database go out too.
    """

    sender: EmailAddress | None = Field(default=None, alias="from")
    default: EmailAddress | None = None
    people: dict[str, EmailAddress] = Field(default_factory=dict)
    teams: dict[str, EmailAddress] = Field(default_factory=dict)
    smtp: Smtp | None = None
    notify: Notify | None = None
    practice: bool = False

    def address_of(self, owner: str | None, team: str | None) -> str | None:
        """Where a reminder goes; None where nobody's address is known."""
        return self.people.get(owner or "") or self.teams.get(team or "") or self.default


class Settings(_Strict):
    """All settings. What is not there is nothing that is asked for yet."""

    council: Council | None = None
    reminders: Reminders | None = None
    contacts: dict[str, ContactSettings] = Field(default_factory=dict)

    def known_contacts(self) -> dict[str, Contact]:
        """The contacts that say how somebody is reached."""
        found = {name: contact.contact for name, contact in self.contacts.items()}
        return {name: contact for name, contact in found.items() if contact.lines}


def settings_file() -> Path:
    """The file that the settings are read from, whether or not it is there."""
    return Path(os.environ.get(SETTINGS_VARIABLE) or DEFAULT)


def read_settings() -> Settings:
    """The settings; empty ones where there is no file and none is named. Raises WrongWords for a file that won't do."""
    file = settings_file()
    if not os.environ.get(SETTINGS_VARIABLE) and not file.exists():
        return Settings()
    try:
        found = Settings.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as away:
        raise WrongWords(f"the settings {file} cannot be read: {away.strerror}.") from away
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise WrongWords(f"the settings {file} are not TOML: {fault}.") from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise WrongWords(f"the settings {file} are wrong at {where}: {first['msg'].lower()}.") from fault
    _check_reminders(file, found.reminders)
    unknown = [name for name in found.contacts if name not in CONTACTS]
    if unknown:
        raise WrongWords(f"the settings {file} have a contact {unknown[0]!r}: it is one of {', '.join(CONTACTS)}.")
    return found


def _check_reminders(file: Path, reminders: Reminders | None) -> None:
    """Raises WrongWords where reminders could not go out as the settings say."""
    if reminders is None:
        return
    if (reminders.smtp is None) == (reminders.notify is None):
        raise WrongWords(f"the settings {file} must have either [reminders.smtp] or [reminders.notify].")
    if reminders.smtp is not None and reminders.sender is None:
        raise WrongWords(f'the settings {file} must say in [reminders] from which address: from = "...".')
