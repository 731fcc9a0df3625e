"""What only the clock does: the triggers of the workflow table that are nobody's to ask for."""

from states.decisions import Role
from states.table import TABLE

BY_TIME = tuple(dict.fromkeys(row.trigger for row in TABLE if row.who is Role.SYSTEM))

# Dates are reckoned again at an instant, and when somebody changes the calendar, in that person's name.
RECKON_AGAIN = "reckon_again"
# By the others a time has passed, and only the daemon enters that.
TIME_HAS_PASSED = tuple(trigger for trigger in BY_TIME if trigger != RECKON_AGAIN)
