"""How sources fare: a row per source and day, and the state that follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage._base import Aggregate
from storage.models import SourceDayRow, SourceRow
from vedette.model import Health, SourceDay

COUNTERS = tuple(field.name for field in fields(SourceDay) if field.name != "day")


class Healths(Aggregate):
    """Statements about how sources fare."""

    def count(self, source_id: str, done: SourceDay) -> None:
        """Add to what a source did on a day."""
        values = asdict(done)
        added = {name: getattr(SourceDayRow, name) + values[name] for name in COUNTERS if values[name]}
        dialect: Any = postgresql if self.postgres else sqlite
        statement = dialect.insert(SourceDayRow).values(source_id=source_id, **values)
        keys = [SourceDayRow.source_id, SourceDayRow.day]
        if added:
            self.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=added))

    def days(self, source_id: str, since: date) -> list[SourceDay]:
        """What a source did on each day from then on, the oldest first; days without anything are left out."""
        query = select(SourceDayRow).where(SourceDayRow.source_id == source_id, SourceDayRow.day >= since)
        return [_day(row) for row in self.session.scalars(query.order_by(SourceDayRow.day))]

    def all_days(self, since: date) -> Mapping[str, list[SourceDay]]:
        """The same for all sources."""
        found: dict[str, list[SourceDay]] = defaultdict(list)
        query = select(SourceDayRow).where(SourceDayRow.day >= since)
        for row in self.session.scalars(query.order_by(SourceDayRow.source_id, SourceDayRow.day)):
            found[row.source_id].append(_day(row))
        return found

    def judged(self, source_id: str, health: Health, now: datetime) -> None:
        """Remember a verdict, and when it was given."""
        self.session.execute(
            update(SourceRow)
            .where(SourceRow.id == source_id)
            .values(
                health=health.state.value, health_reason=health.reason, health_at=health.since or now, judged_at=now
            )
            .execution_options(synchronize_session=False)
        )


def _day(row: SourceDayRow) -> SourceDay:
    return SourceDay(day=row.day, **{name: getattr(row, name) for name in COUNTERS})
