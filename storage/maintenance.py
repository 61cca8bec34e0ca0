"""Pruning what is kept for a time only, and moving what is due when the clock was set back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from storage._base import Aggregate, rowcount, within
from storage.models import (
    OPEN,
    WAITING,
    BandRow,
    Base,
    ChannelRow,
    DeliveryRow,
    DropRow,
    FetchRow,
    HostRow,
    ItemRow,
    MentionRow,
    PageRow,
    SourceDayRow,
    SourceRow,
    WebSubRow,
    WorkerRow,
)

FUTURE: tuple[tuple[type[Base], str], ...] = (
    (SourceRow, "next_poll_at"),
    (SourceRow, "lease_until"),
    (HostRow, "next_ok_at"),
    (HostRow, "lease_until"),
    (ItemRow, "next_attempt_at"),
    (ItemRow, "lease_until"),
    (DeliveryRow, "next_attempt_at"),
    (DeliveryRow, "lease_until"),
    (ChannelRow, "next_ok_at"),
    (WebSubRow, "next_at"),
)
"""Columns that say when something shall happen."""
COUNTS_KEPT = timedelta(days=400)
"""How long the counts of days are kept, a year with something over: what was published before is not counted."""


class Maintenance(Aggregate):
    """Statements over many tables."""

    def shift_due(self, delta: timedelta, now: datetime) -> int:
        """Move everything that is due after `now` by `delta`; how many instants moved.

        For a clock that was set back: what was due in five minutes is due in five minutes still, not in an hour.
        """
        count = 0
        for table, name in FUTURE:
            column: Any = getattr(table, name)
            query = select(table).where(column > now)
            if table is ItemRow:
                query = query.where(within(ItemRow.state, WAITING))
            elif table is DeliveryRow:
                query = query.where(within(DeliveryRow.state, OPEN))
            for row in self.session.scalars(query):
                setattr(row, name, max(now, getattr(row, name) + delta))
                count += 1
        self.session.flush()
        return count

    def prune(self, before: datetime, now: datetime) -> dict[str, int]:
        """Delete logs, pages, bands and heartbeats from before that instant, and counts of days from over a year ago.

        Articles, alerts and deliveries stay.
        """
        waits = select(ItemRow.id).where(ItemRow.id == PageRow.item_id, ItemRow.state.in_(WAITING)).exists()
        old = {
            "fetches": delete(FetchRow).where(FetchRow.at < before),
            "drops": delete(DropRow).where(DropRow.at < before),
            "pages": delete(PageRow).where(PageRow.fetched_at < before, ~waits),
            "bands": delete(BandRow).where(BandRow.at < before),
            "source_days": delete(SourceDayRow).where(SourceDayRow.day < (now - COUNTS_KEPT).date()),
            "mentions": delete(MentionRow).where(MentionRow.day < (now - COUNTS_KEPT).date()),
            "workers": delete(WorkerRow).where(WorkerRow.beat_at < min(before, now)),
        }
        return {name: rowcount(self.session.execute(statement)) for name, statement in old.items()}
