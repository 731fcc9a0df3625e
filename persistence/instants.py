"""Instants and days as they are stored: instants in UTC, and aware on the way out of either database.

PostgreSQL keeps the zone; SQLite drops it, so there an instant is text of one fixed width, which sorts as time does.
SQLite also lets anything stand in a column of days or instants: what is none raises RecordNotIntact when it is read.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from states.errors import RecordNotIntact

WIDTH = len("2026-03-02T12:00:00.000000Z")


@lru_cache(maxsize=4096)
def instant_text(instant: datetime) -> str:
    """An aware instant as RFC 3339 in UTC, always to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


@lru_cache(maxsize=4096)
def instant_from(text: str) -> datetime:
    """The aware instant of a text that `instant_text` wrote. Raises ValueError for any other text."""
    instant = datetime.fromisoformat(text) if len(text) == WIDTH and text.endswith("Z") else None
    if instant is None or instant_text(instant) != text:
        raise ValueError(f"{text!r} is not an instant as Redress writes it")
    return instant


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    """A day in ISO form; the same days are written again and again."""
    return day.isoformat()


def damaged(why: object) -> RecordNotIntact:
    """What is raised where a row holds a value that Redress never writes there."""
    return RecordNotIntact(f"a row holds what Redress never writes there ({why}); `redress audit verify` looks for it")


class UtcInstant(TypeDecorator[datetime]):
    """A column of aware instants."""

    impl = String(WIDTH)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(WIDTH))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            return instant_from(value) if isinstance(value, str) else value.astimezone(UTC)
        except (ValueError, AttributeError) as other:
            raise damaged(other) from other


class Day(TypeDecorator[date]):
    """A column of days."""

    impl = Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], date | None] | None:
        read = self.impl_instance.result_processor(dialect, coltype)
        if read is None:
            return None

        def as_written(value: Any) -> date | None:
            try:
                day: date | None = read(value)
            except (ValueError, TypeError) as other:
                raise damaged(other) from other
            return day

        return as_written


def instant_as_text(column: str, dialect: str) -> str:
    """SQL for an instant as `instant_text` writes it: as it is stored on SQLite, put into words by PostgreSQL."""
    if dialect == "sqlite":
        return column
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def day_as_text(column: str, dialect: str) -> str:
    """SQL for a day as it is written in ISO form."""
    return column if dialect == "sqlite" else f"to_char({column}, 'YYYY-MM-DD')"
