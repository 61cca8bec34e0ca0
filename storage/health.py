"""How sources fare: a row per source and day, and the state that follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from typing import Any
from typing import cast as as_type

from sqlalchemy import Integer, Table, bindparam, cast, func, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from storage._base import Aggregate
from storage.models import SourceDayRow, SourceRow
from vedette.model import Health, SourceDay

TABLE = as_type("Table", SourceDayRow.__table__)
SOURCES = as_type("Table", SourceRow.__table__)
Polls = tuple[int, int]
"""Polls that worked, and those that failed."""
COUNTERS = tuple(field.name for field in fields(SourceDay) if field.name != "day")


class Healths(Aggregate):
    """Statements about how sources fare."""

    def count(self, source_id: str, done: SourceDay) -> None:
        """Add to what a source did on a day."""
        self.count_all([(source_id, done)])

    def count_all(self, done: Sequence[tuple[str, SourceDay]]) -> None:
        """Add to what sources did on days."""
        if not done:
            return
        dialect: Any = postgresql if self.postgres else sqlite
        insert = dialect.insert(TABLE)
        added = {name: TABLE.c[name] + insert.excluded[name] for name in COUNTERS}
        statement = insert.on_conflict_do_update(index_elements=[TABLE.c.source_id, TABLE.c.day], set_=added)
        # in one order, so that two writers never wait for each other
        rows = [{"source_id": source, **asdict(day)} for source, day in sorted(done, key=lambda one: one[0])]
        self.session.connection().execute(statement, rows)

    def days(self, source_id: str, since: date) -> list[SourceDay]:
        """What a source did on each day from then on, the oldest first; days without anything are left out."""
        query = select(SourceDayRow).where(SourceDayRow.source_id == source_id, SourceDayRow.day >= since)
        return [_day(row) for row in self.session.scalars(query.order_by(SourceDayRow.day))]

    def days_of(self, ids: Collection[str], since: date) -> Mapping[str, list[SourceDay]]:
        """The same for several sources."""
        query = select(*TABLE.c).where(TABLE.c.source_id.in_(ids), TABLE.c.day >= since).order_by(TABLE.c.day)
        found: dict[str, list[SourceDay]] = {source: [] for source in ids}
        for row in self.session.execute(query):
            found[row.source_id].append(_day(row))
        return found

    def polls(self, ids: Collection[str], first: date, last: date, days: int = 1) -> dict[str, dict[str, Polls]]:
        """How many polls of sources worked and failed in each stretch of so many days, from the first day to the last.

        A stretch is named by its first day ("2026-03-02"); those without polls are left out.
        """
        number: Any
        if self.postgres:
            number = type_coerce(TABLE.c.day - first, Integer) // days
        else:
            number = cast((func.julianday(TABLE.c.day) - func.julianday(first.isoformat())) / days, Integer)
        bad = func.sum(TABLE.c.failed + TABLE.c.throttled)
        query = (
            select(TABLE.c.source_id, number, func.sum(TABLE.c.polls), bad)
            .where(TABLE.c.source_id.in_(ids), TABLE.c.day.between(first, last), TABLE.c.polls > 0)
            .group_by(TABLE.c.source_id, number)
        )
        found: dict[str, dict[str, Polls]] = {source: {} for source in ids}
        for source, place, polls, failed in self.session.execute(query):
            name = (first + timedelta(days=int(place) * days)).isoformat()
            found[source][name] = (int(polls) - int(failed), int(failed))
        return found

    def all_days(self, since: date) -> Mapping[str, list[SourceDay]]:
        """The same for all sources."""
        found: dict[str, list[SourceDay]] = defaultdict(list)
        query = select(SourceDayRow).where(SourceDayRow.day >= since)
        for row in self.session.scalars(query.order_by(SourceDayRow.source_id, SourceDayRow.day)):
            found[row.source_id].append(_day(row))
        return found

    def polls_per_source(self, day: date) -> float | None:
        """Polls of a day for each source that a day's record has and whose interval no person fixed; None for none."""
        query = (
            select(func.sum(TABLE.c.polls), func.count())
            .join(SOURCES, SOURCES.c.id == TABLE.c.source_id)
            .where(TABLE.c.day == day, TABLE.c.polls > 0, SOURCES.c.fixed_interval.is_(None))
        )
        polls, sources = self.session.execute(query).one()
        return float(polls) / sources if sources else None

    def judged(self, verdicts: Mapping[str, Health], now: datetime) -> None:
        """Remember the verdicts on sources, and when they were given."""
        rows = [
            {"of": source, "new_state": health.state.value, "why": health.reason, "since": health.since or now}
            for source, health in sorted(verdicts.items())
        ]
        if not rows:
            return
        values: dict[str, Any] = {
            "health": bindparam("new_state"),
            "health_reason": bindparam("why"),
            "health_at": bindparam("since"),
        }
        statement = update(SOURCES).where(SOURCES.c.id == bindparam("of")).values(judged_at=now, **values)
        self.session.connection().execute(statement, rows)
        self.session.expire_all()


def _day(row: Any) -> SourceDay:
    return SourceDay(day=row.day, **{name: getattr(row, name) for name in COUNTERS})
