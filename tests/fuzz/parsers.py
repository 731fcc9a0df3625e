"""The parsers, each as a function of some bytes that returns or refuses in our own words; anything else is a fault."""

import json
from collections.abc import Callable
from datetime import date, datetime

from persistence.database import parse_url
from persistence.instants import instant_from, instant_text
from persistence.meta import _as_written, _reckoner
from persistence.sealing import new_key, seal, unseal
from states.calendar import england
from states.errors import RecordNotIntact, RedressError
from states.facts import FACTS, Type, parse, text_of
from states.policy import Policy
from states.reckoner import Reckoner
from workflow.calculate import calculate_lines
from workflow.main import globals_first
from workflow.session import parse_instant
from workflow.words import day, fact_words, inert

_NAMES = sorted(FACTS)
_SECTIONS = next(name for name in _NAMES if FACTS[name].type is Type.SECTIONS)
_RECKONER = Reckoner(Policy(), england())
_KEY = new_key()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _fact(data: bytes) -> None:
    """A value that is taken is stored as a text that is taken again, as the same value."""
    name = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0]
    value = parse(name, _text(data[1:]))
    assert parse(name, text_of(value)) == value


def _sections(data: bytes) -> None:
    value = parse(_SECTIONS, _text(data))
    assert parse(_SECTIONS, text_of(value)) == value


def _line(data: bytes) -> None:
    """A line of `calculate --jsonl`: one answer, which is JSON."""
    (answer,) = calculate_lines([_text(data)], _RECKONER)
    json.dumps(answer, allow_nan=False)


def _day(data: bytes) -> None:
    found = day(_text(data), "--on")
    assert isinstance(found, date)
    assert found.isoformat() == _text(data)


def _instant(data: bytes) -> None:
    found = parse_instant(_text(data))
    assert isinstance(found, datetime)
    assert instant_from(instant_text(found)) == found


def _stored_instant(data: bytes) -> None:
    try:
        found = instant_from(_text(data))
    except ValueError:
        return
    assert instant_text(found) == _text(data)


def _settings(data: bytes) -> None:
    """The policy and the calendar's changes, as a database keeps them."""
    policy, _, holidays = _text(data).partition("\n")
    with _as_written():
        _reckoner.__wrapped__(policy, holidays or "{}")


def _words(data: bytes) -> None:
    words = _text(data).split(" ")
    assert sorted(globals_first(words)) == sorted(words)
    fact_words(words)


def _inert(data: bytes) -> None:
    assert inert(_text(data)).isprintable()


def _url(data: bytes) -> None:
    parse_url(_text(data)).render_as_string()


def _sealed(data: bytes) -> None:
    """A text that was not sealed is refused; one that was comes back."""
    try:
        unseal(_KEY, "token", 1, "note", _text(data))
    except RecordNotIntact:
        pass
    else:
        raise AssertionError("a text was opened that was never sealed")
    if (text := _text(data)).isprintable():
        assert unseal(_KEY, "token", 1, "note", seal(_KEY, "token", 1, "note", text)) == text


def _refusing(parser: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def tried(data: bytes) -> None:
        try:
            parser(data)
        except RedressError as refused:
            inert(str(refused)).encode("ascii", "backslashreplace")

    return tried


PARSERS: dict[str, Callable[[bytes], None]] = {
    parser.__name__.strip("_"): _refusing(parser)
    for parser in (
        _fact, _sections, _line, _day, _instant, _stored_instant, _settings, _words, _inert, _url, _sealed,
    )
}  # fmt: skip
