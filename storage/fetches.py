"""Fetches and drops: the two logs that `vedette explain` reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import func, insert, select

from storage._base import Aggregate
from storage.models import DropRow, FetchRow
from vedette.model import Drop, DropReason, Fetch, FetchOutcome


class Fetches(Aggregate):
    """Visits to URLs."""

    def add(self, fetch: Fetch) -> None:
        """Write one down."""
        self.add_all([fetch])

    def add_all(self, fetches: Sequence[Fetch]) -> None:
        """Write several down, in their order."""
        if fetches:
            rows = [{**asdict(fetch), "outcome": fetch.outcome.value} for fetch in fetches]
            self.session.connection().execute(insert(FetchRow.__table__), rows)  # type: ignore[arg-type]

    def list(self, source_id: str | None = None, item_id: int | None = None, limit: int = 20) -> list[Fetch]:
        """The newest first."""
        query = select(FetchRow).order_by(FetchRow.id.desc()).limit(limit)
        if source_id is not None:
            query = query.where(FetchRow.source_id == source_id)
        if item_id is not None:
            query = query.where(FetchRow.item_id == item_id)
        return [
            Fetch(
                url=row.url,
                purpose=row.purpose,
                at=row.at,
                outcome=FetchOutcome(row.outcome),
                status=row.status,
                bytes=row.bytes,
                milliseconds=row.milliseconds,
                source_id=row.source_id,
                item_id=row.item_id,
                final_url=row.final_url,
                error=row.error,
            )
            for row in self.session.scalars(query)
        ]


class Drops(Aggregate):
    """Why things went no further."""

    def add(self, drop: Drop) -> None:
        """Write one down."""
        self.add_all([drop])

    def add_all(self, drops: Iterable[Drop]) -> None:
        """Write several down."""
        self.session.add_all(DropRow(**{**asdict(drop), "reason": drop.reason.value}) for drop in drops)
        self.session.flush()

    def list(
        self,
        item_id: int | None = None,
        article_id: int | None = None,
        url: str | None = None,
        source_id: str | None = None,
        limit: int = 50,
    ) -> list[Drop]:
        """The newest first, of all conditions that are given."""
        query = select(DropRow).order_by(DropRow.id.desc()).limit(limit)
        for column, value in (
            (DropRow.item_id, item_id),
            (DropRow.article_id, article_id),
            (DropRow.url, url),
            (DropRow.source_id, source_id),
        ):
            if value is not None:
                query = query.where(column == value)
        return [
            Drop(
                reason=DropReason(row.reason),
                at=row.at,
                stage=row.stage,
                url=row.url,
                detail=row.detail,
                source_id=row.source_id,
                item_id=row.item_id,
                article_id=row.article_id,
                topic_id=row.topic_id,
            )
            for row in self.session.scalars(query)
        ]

    def counts(self, since: datetime) -> dict[DropReason, int]:
        """How many of each reason since then."""
        query = select(DropRow.reason, func.count()).where(DropRow.at >= since).group_by(DropRow.reason)
        return {DropReason(reason): count for reason, count in self.session.execute(query)}
