"""Instants as they are stored: in UTC, and aware on the way out of either database.

PostgreSQL keeps the zone; SQLite drops it, so there an instant is text of one fixed width, which sorts as time does.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

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
        return instant_from(value) if isinstance(value, str) else value.astimezone(UTC)


def instant_as_text(column: str, dialect: str) -> str:
    """SQL for an instant as `instant_text` writes it: as it is stored on SQLite, put into words by PostgreSQL."""
    if dialect == "sqlite":
        return column
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def day_as_text(column: str, dialect: str) -> str:
    """SQL for a day as it is written in ISO form."""
    return column if dialect == "sqlite" else f"to_char({column}, 'YYYY-MM-DD')"
