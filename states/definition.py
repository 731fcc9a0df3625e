"""The version of the definition: what each log entry was made under.

Raise WORKFLOW when a row of the workflow table, a rule of the timetable or a way of counting changes.
"""

from states.calendar import england

WORKFLOW = "2026.1"


def version() -> str:
    """The versions of the workflow with its timetable, and of the calendar: "2026.1, gov.uk 2026-11-25"."""
    return f"{WORKFLOW}, {england().version}"
