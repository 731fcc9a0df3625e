"""What the address of a page asks for, read strictly: anything else is refused in a sentence."""

from collections.abc import Collection, Mapping
from datetime import date

from persistence.instants import instant_from, instant_text
from persistence.places import Place
from states.errors import WrongWords
from states.facts import REFERENCE, parse_date

LONGEST = 80
Asked = Mapping[str, str]


def word(asked: Asked, name: str, known: Collection[str] | None = None) -> str | None:
    """A word, None where it is not given or empty. Raises WrongWords for one that is none of the known."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    if known is not None and text not in known:
        raise WrongWords(f"{name} is none of {', '.join(known)}.")
    if len(text) > LONGEST or not text.isprintable():
        raise WrongWords(f"{name} is too long, or cannot be printed.")
    return text


def reference(asked: Asked) -> str | None:
    """A case's reference, in the only form that one has. Raises WrongWords for any other."""
    text = word(asked, "reference")
    if text is not None and not REFERENCE.fullmatch(text):
        raise WrongWords("A reference is up to 40 letters, digits and . / _ -, such as H-1042.")
    return text


def day(asked: Asked, name: str) -> date | None:
    """A day. Raises WrongWords for anything but YYYY-MM-DD."""
    text = word(asked, name)
    if text is None:
        return None
    found = parse_date(text)
    if found is None or not 2011 <= found.year <= 2060:
        raise WrongWords(f"{name} is not a date: write it as YYYY-MM-DD, such as 2026-03-02.")
    return found


def step_place(asked: Asked) -> tuple[date, int, str] | None:
    """Where a list of steps goes on, as `of_step` wrote it."""
    text = word(asked, "after")
    if text is None:
        return None
    due_on, _, rest = text.partition("~")
    number, _, deadline = rest.partition("~")
    found = parse_date(due_on)
    if found is None or not _is_a_number(number):
        raise _not_a_place()
    return found, int(number), deadline


def of_step(place: tuple[date, int, str]) -> str:
    return f"{place[0]}~{place[1]}~{place[2]}"


def entry_place(asked: Asked) -> Place | None:
    """Where the log goes on, as `of_entry` wrote it."""
    text = word(asked, "before")
    if text is None:
        return None
    instant, _, rest = text.partition("~")
    number, _, seq = rest.partition("~")
    try:
        found = instant_from(instant)
    except ValueError as other:
        raise _not_a_place() from other
    if not (_is_a_number(number) and _is_a_number(seq)):
        raise _not_a_place()
    return Place(found, int(number), int(seq))


def of_entry(place: Place) -> str:
    return f"{instant_text(place.recorded_at)}~{place.case_id}~{place.seq}"


def number(asked: Asked, name: str) -> int:
    """A number, 0 where it is not given."""
    text = word(asked, name)
    if text is None:
        return 0
    if not _is_a_number(text):
        raise _not_a_place()
    return int(text)


def _is_a_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _not_a_place() -> WrongWords:
    return WrongWords("This is no place in the list: go back to its beginning.")
