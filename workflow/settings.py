"""The office's own settings: contacts for the letters, and where reminders go. A file in TOML, beside the database.

It holds nothing of any case, and nothing that dates are reckoned with: that is the policy, kept in the database. Which
file it is, REDRESS_SETTINGS says, else it is redress.toml in the folder where the command runs.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated

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


class Settings(_Strict):
    """All settings. What is not there is nothing that is asked for yet."""

    council: Council | None = None
    contacts: dict[str, ContactSettings] = Field(default_factory=dict)

    def known_contacts(self) -> dict[str, Contact]:
        """The contacts that say how somebody is reached."""
        found = {name: contact.contact for name, contact in self.contacts.items()}
        return {name: contact for name, contact in found.items() if contact.lines}


def settings_file() -> Path:
    return Path(os.environ.get(SETTINGS_VARIABLE) or DEFAULT)


def read_settings() -> Settings:
    """The settings; empty ones where there is no file and none is named. Raises WrongWords for a file that won't do."""
    file = settings_file()
    if SETTINGS_VARIABLE not in os.environ and not file.exists():
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
    unknown = [name for name in found.contacts if name not in CONTACTS]
    if unknown:
        raise WrongWords(f"the settings {file} have a contact {unknown[0]!r}: it is one of {', '.join(CONTACTS)}.")
    return found
