"""What SQLite lets stand in any column, by whatever type it was declared: a value of another is not handed out.

PostgreSQL lets none in. Days and instants have types of their own (persistence/instants.py).
"""

from collections.abc import Callable
from reprlib import repr as shortened
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Integer, Label, String, type_coerce
from sqlalchemy.types import NullType

from persistence.instants import damaged


def _text(value: Any) -> Any:
    if value is None or type(value) is str:
        return value
    raise damaged(f"{shortened(value)} is no text")


def _number(value: Any) -> Any:
    if value is None or type(value) is int:
        return value
    raise damaged(f"{shortened(value)} is no number")


def _flag(value: Any) -> Any:
    if value is None or (type(value) is int and value in (0, 1)):
        return None if value is None else bool(value)
    raise damaged(f"{shortened(value)} is neither yes nor no")


class _Text(String):
    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _text


class _Number(Integer):
    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _number


class _Flag(Boolean):
    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _flag


# These hand out a value as it is, or raise.
ONLY_LOOK: frozenset[Callable[[Any], Any]] = frozenset((_text, _number))

# What a dialect reads the types of the tables by. Each raises RecordNotIntact for a value of another type.
STRICT = {String: _Text, Integer: _Number, Boolean: _Flag}


def as_stored(column: ColumnElement[Any], name: str | None = None) -> Label[Any]:
    """A column whose values are handed out whatever they are, for those who hold them to what they must be."""
    return type_coerce(column, NullType()).label(name or getattr(column, "name", None))
