"""The page of the log: what was recorded lately, newest first, with filters; and whether the log is proved."""

from datetime import datetime, time, timedelta
from typing import Any

from persistence.logbook import Sought, find
from states.calendar import LONDON
from states.table import BY_NO_ROW, TRIGGERS
from workflow.review import asked
from workflow.review.story import tell
from workflow.session import Moment

ON_A_PAGE = 50
KINDS = (*TRIGGERS, *BY_NO_ROW)


def log(moment: Moment, said: asked.Asked) -> dict[str, Any]:
    """Entries of the log. The days asked for are those of recording, in London, both counted."""
    since, until = asked.day(said, "since"), asked.day(said, "until")
    sought = Sought(
        reference=asked.reference(said),
        actor=asked.word(said, "actor"),
        trigger=asked.word(said, "trigger"),
        since=None if since is None else datetime.combine(since, time(), LONDON),
        until=None if until is None else datetime.combine(until + timedelta(days=1), time(), LONDON),
    )
    before = asked.entry_place(said)
    found = find(moment.unit.connection, sought, ON_A_PAGE, before)
    return {
        "kinds": KINDS,
        "sought": {**dict.fromkeys(("reference", "actor", "trigger", "since", "until")), **_given(said)},
        "entries": tell(found.entries),
        "looked_back_to": found.looked_back_to,
        "is_first": before is None,
        "next": asked.of_entry(found.next) if found.next else None,
    }


def _given(said: asked.Asked) -> dict[str, str]:
    names = ("reference", "actor", "trigger", "since", "until")
    return {name: text for name in names if (text := asked.word(said, name)) is not None}
