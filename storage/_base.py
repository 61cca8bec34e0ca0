"""What the aggregates share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Select, bindparam, or_
from sqlalchemy.orm import Session

NOW = timedelta(0)
"""How far ahead a worker looks that takes only what is due."""
CREATED, CHANGED, SAME = "created", "changed", "same"


class Aggregate:
    """Statements about one kind of thing, within a transaction."""

    def __init__(self, session: Session) -> None:
        """Made by `storage.store.Transaction`."""
        self.session = session

    @property
    def postgres(self) -> bool:
        """Whether this is PostgreSQL."""
        return self.session.get_bind().dialect.name == "postgresql"

    def locked(self, statement: Select[Any]) -> Select[Any]:
        """Skip what other claimers hold. SQLite has one writer at a time and needs no such thing."""
        return statement.with_for_update(skip_locked=True) if self.postgres else statement

    def put_row(self, row_type: type[Any], key: str, values: dict[str, Any], fresh: dict[str, Any]) -> str:
        """Insert or update by primary key; `fresh` are further columns of a new row. created, changed or same."""
        row = self.session.get(row_type, key)
        if row is None:
            self.session.add(row_type(id=key, **values, **fresh))
            self.session.flush()
            return CREATED
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        self.session.flush()
        return CHANGED if changed else SAME


def rowcount(result: Any) -> int:
    """How many rows a statement touched."""
    return cast("CursorResult[Any]", result).rowcount


def free(row_type: Any, now: datetime) -> Any:
    """The condition that nobody holds the row."""
    return or_(row_type.owner.is_(None), row_type.lease_until <= now)


def within(column: Any, values: Iterable[str]) -> Any:
    """`column IN (values)` with the values written out: a partial index serves only who repeats its condition."""
    return column.in_(bindparam(None, list(values), expanding=True, literal_execute=True))


def iso(value: datetime | None) -> str | None:
    """An instant for a JSON column."""
    return value.isoformat() if value else None


def instant(value: Any) -> datetime | None:
    """An instant from a JSON column."""
    return datetime.fromisoformat(value) if value else None


def plain(values: Iterable[Any]) -> list[Any]:
    """A list for a JSON column."""
    return list(values)


__all__ = [
    "CHANGED",
    "CREATED",
    "NOW",
    "SAME",
    "Aggregate",
    "free",
    "instant",
    "iso",
    "plain",
    "rowcount",
    "within",
]
