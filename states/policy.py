"""The council's own choices, which the law leaves open. They are kept in the database, one set for all its users."""

from dataclasses import dataclass
from enum import StrEnum


class WindowBasis(StrEnum):
    """From when the time to appeal is taken to run before the right is held to be gone.

    The statute's date counts from sending (HESC r.20(1)(c)). Councils' letters have counted from receipt, and that
    has been argued over (CM v Surrey CC [2014] UKUT 4 (AAC)); so by default both readings must have passed.
    """

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Policy:
    """How receipt is assumed where none is recorded, and which reading of the window takes the right away.

    The working days are counted from the day of posting, itself not counted: the second for first class post, the
    fourth for second class (Interpretation Act 1978 s.7; Practice Direction (QBD: Postal Service) [1985] 1 WLR 489).

    With `second_person` a late appeal's permission, and a correction after the expiry, wait until somebody else
    confirms them. With `actor_override` --actor is taken on a real database too. `undo_hours` is how long after it was
    recorded a slip may be undone; with 0 never. `reminders` is the plan of states/reminders.py: of what, and when.
    """

    window_basis: WindowBasis = WindowBasis.RECEIVED
    post_working_days: int = 2
    post_second_class_working_days: int = 4
    actor_override: bool = False
    second_person: bool = False
    undo_hours: int = 24
    reminders: str = ""


def policy_text(value: object) -> str:
    """A choice in words, as it is shown and recorded: on, off, or its value."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value) or "off"
