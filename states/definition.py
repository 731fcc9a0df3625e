"""The version of the definition: what each log entry was made under.

Raise WORKFLOW when a row of the workflow table, a rule of the timetable or a way of counting changes.
"""

from states.calendar import Calendar, england

WORKFLOW = "2026.5"


def version(calendar: Calendar | None = None) -> str:
    """The versions of the workflow with its timetable, and of the calendar: "2026.5, gov.uk 2026-11-25".

    Without a calendar, the one that is shipped.
    """
    return f"{WORKFLOW}, {(calendar or england()).version}"
