"""A place in an order of rows, behind or before which a page begins, however many rows lie on the other side."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal, tuple_

from persistence.unit import LOG


class Place(NamedTuple):
    """Where an entry stands in the order of the whole log: by the instant of recording, then by case and number."""

    recorded_at: datetime
    case_id: int
    seq: int


OF_LOG = (LOG.c.recorded_at, LOG.c.case_id, LOG.c.seq)


def behind(place: Iterable[Any], columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """The rows behind a place in the order of these columns."""
    return tuple_(*columns) > _bound(place, columns)


def before(place: Iterable[Any], columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """The rows before a place in the order of these columns."""
    return tuple_(*columns) < _bound(place, columns)


def _bound(place: Iterable[Any], columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """A place as the database compares it: each part in the form of its column."""
    return tuple_(*(literal(part, column.type) for part, column in zip(place, columns, strict=True)))
