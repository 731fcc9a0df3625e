"""With what dates are reckoned."""

from dataclasses import dataclass

from states.calendar import Calendar
from states.policy import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Reckoner:
    """The policy and the calendar with which dates are reckoned. One is equal to itself alone."""

    policy: Policy
    calendar: Calendar
