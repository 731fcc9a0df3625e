"""All that is held about one case, for the person whom it is about: a document, and a page that can be read.

The right of access (UK GDPR art 15) asks for the data and for what the council does with it. The first is here, whole;
of the second only what the software itself knows, and a list of what the council must add.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from persistence.about import proposal_on, refusals_on, set_aside_on
from persistence.files import FOR_ITS_OWNER, write_new
from persistence.log import Entry, canonical
from persistence.office import acted_about
from states.calendar import LONDON
from states.decisions import DECISIONS, STATES
from states.facts import FACTS
from workflow.change import DAEMON
from workflow.session import Moment
from workflow.views import CaseView, deadline_data, entry_data, read_case

TO_ADD = (
    "why the council keeps this, and by what right (art 15(1)(a))",
    "which kinds of data these are (art 15(1)(b))",
    "who was given it, or may be (art 15(1)(c))",
    "how long it is kept, or how that is decided (art 15(1)(d))",
    "the rights to have it mended, erased or restricted, and to object (art 15(1)(e))",
    "the right to complain to the Information Commissioner (art 15(1)(f))",
    "where it came from, as far as not from the person (art 15(1)(g))",
    "what protects it, if it was sent to another country (art 15(2))",
)
AUTOMATED = (
    "Redress reckons every date by fixed rules, the same for everybody; how a date came about, step by step, is shown "
    "by `redress explain`. It records by itself that a time has passed. It makes no profile and weighs no person "
    "(art 15(1)(h))."
)


def all_about(moment: Moment, reference: str, *, with_staff_names: bool) -> dict[str, Any]:
    """Everything that is held about a case, as one document. Raises NoSuchCase or UnknownState."""
    view = read_case(moment, reference)
    entries = moment.unit.entries(view.stored)
    refusals = refusals_on(moment.unit, view.stored)
    proposal, set_aside = proposal_on(moment.unit, view.stored), set_aside_on(moment.unit, view.stored)
    owners = {text for entry in entries for name, text in entry.facts_set().items() if name == "owner" and text}
    beside = [str(row["actor"]) for row in [*refusals, *([proposal] if proposal else [])]]
    proposers = acted_about(moment.unit.connection, view.stored.token)
    people = [*(entry.actor for entry in entries), *beside, *sorted(owners), *proposers]
    names = _names(people, with_staff_names)
    case, state = view.stored, STATES[view.stored.state]
    return {
        "reference": case.reference,
        "made_at": moment.now.astimezone(LONDON).isoformat(timespec="seconds"),
        "state": case.state,
        "state_means": state.words,
        "facts": list(_facts(view, names)),
        "deadlines": [_deadline(row) for row in map(deadline_data, case.deadlines.values())],
        "log": [_entry(_with_names(entry, names)) for entry in entries],
        "refused_attempts": [_renamed(refusal, "why", names) for refusal in refusals],
        "waiting_proposal": _renamed(proposal, "change", names) if proposal else None,
        "set_aside": set_aside,
        "automated": AUTOMATED,
        "to_be_added_by_the_council": list(TO_ADD),
    }


def _names(people: Iterable[str], with_staff_names: bool) -> dict[str, str]:
    """What each member of staff is called; themselves where they are to be named."""
    staff = [name for name in dict.fromkeys(people) if name != DAEMON.name]
    if with_staff_names:
        return {name: name for name in staff}
    return {name: f"member of staff {number}" for number, name in enumerate(staff, 1)}


def _said(sentence: str, names: dict[str, str]) -> str:
    """A sentence in which the names of staff are as the document calls them."""
    longest_first = sorted(names, key=len, reverse=True)
    anybody = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<!\w)(?:{anybody})(?!\w)", lambda found: names[found[0]], sentence) if names else sentence


def _renamed(row: dict[str, Any], sentence: str, names: dict[str, str]) -> dict[str, Any]:
    """A row whose actor, and the names in whose sentence, are as the document calls them."""
    return {**row, "actor": names.get(str(row["actor"]), row["actor"]), sentence: _said(str(row[sentence]), names)}


def _with_names(entry: Entry, names: dict[str, str]) -> Entry:
    """An entry whose actor, the officer whom it gives the case to, and the names in whose note are as the document
    calls them: a note says who proposed what a second person confirmed."""
    facts = entry.facts_set()
    if facts.get("owner"):
        entry = entry._replace(facts=canonical({**facts, "owner": names[str(facts["owner"])]}))
    note = None if entry.note is None else _said(entry.note, names)
    return entry._replace(actor=names.get(entry.actor, entry.actor), note=note)


def _facts(view: CaseView, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, value in view.stored.facts.items():
        value = names.get(value, value) if name == "owner" else value
        yield {"name": name, "value": value, "means": FACTS[name].words, "value_means": _value_means(name, value)}


def _value_means(name: str, value: str) -> str:
    if name == "decision" and value in DECISIONS:
        return DECISIONS[value].words
    return {"true": "yes", "false": "no"}.get(value, value.replace("_", " "))


def _deadline(row: dict[str, Any]) -> dict[str, Any]:
    wanted = ("id", "words", "who", "kind", "status", "due_on", "missed", "ended_on", "source", "verified")
    return {name: row[name] for name in wanted}


def _entry(entry: Entry) -> dict[str, Any]:
    from workflow.pages import entry_words

    said = " ".join(entry_words(entry).plain.split())
    return {"says": said, **entry_data(entry)}


# --- as a page -------------------------------------------------------------------------------------------------------


def as_text(document: dict[str, Any]) -> str:
    """The document as a page of plain text."""
    lines = [
        f"All that is held about the case {document['reference']}",
        f"as it stood on {_day_and_time(document['made_at'])}",
        "",
        f"It stands at: {document['state_means']}",
        *_part("What is recorded", [f"{f['means']}: {f['value_means']}" for f in document["facts"]]),
        *_part("Dates that the law sets", [_deadline_words(row) for row in document["deadlines"]]),
        *_part("What happened, as it was logged", [_entry_words(entry) for entry in document["log"]]),
        *_part("What was tried and refused", [_refusal_words(row) for row in document["refused_attempts"]]),
        *_part("What waits for a second person", _one(document["waiting_proposal"], "change")),
        *_part("What could not be handled", _one(document["set_aside"], "why")),
        *_part("What is decided automatically", [document["automated"]]),
        *_part("What the council must add (UK GDPR art 15)", document["to_be_added_by_the_council"]),
    ]
    return "\n".join(lines) + "\n"


def _part(heading: str, lines: Sequence[str]) -> list[str]:
    return ["", heading, "-" * len(heading), *(f"- {line}" for line in lines)] if lines else []


def _one(row: dict[str, Any] | None, sentence: str) -> list[str]:
    return [] if row is None else [str(row[sentence])]


def _day_and_time(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(LONDON):%d %B %Y at %H:%M} in London"


def _deadline_words(row: dict[str, Any]) -> str:
    late = ", late" if row["missed"] and row["status"] == "met" else ""
    ended = f" on {row['ended_on']}" if row["ended_on"] else ""
    status = {"armed": "still to come", "superseded": "no longer applies"}.get(row["status"], row["status"])
    who = f"{row['who'] or row['kind']}; {row['source'] or 'no source'}"
    return f"{row['words'] or row['id']}, by {row['due_on']} ({who}): {status}{ended}{late}"


def _entry_words(entry: dict[str, Any]) -> str:
    return f"{entry['on']}: {entry['says']}"


def _refusal_words(row: dict[str, Any]) -> str:
    return f"{_day_and_time(row['at'])}, {row['trigger'] or row['kind']} by {row['actor']}: {row['why']}"


def write_privately(file: Path, document: dict[str, Any], *, as_json: bool) -> None:
    """Write the document to a new file that its owner alone can read. Raises OSError where it can't be made."""
    said = json.dumps(document, indent=2, ensure_ascii=False) + "\n" if as_json else as_text(document)
    write_new(file, said.encode(), FOR_ITS_OWNER)
