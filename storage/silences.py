"""Silences: subscriptions that want to hear nothing of a story, for a time or for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from storage._base import Aggregate
from storage.models import SilenceRow
from vedette.model import DeliveryReason


@dataclass(frozen=True, slots=True)
class Silence:
    """`reason` is SNOOZED or NOT_RELEVANT; without `until` it is for good."""

    subscription: str
    story_id: int
    reason: DeliveryReason
    until: datetime | None
    at: datetime


class Silences(Aggregate):
    """Statements about silences."""

    def put(
        self, subscription: str, story_id: int, reason: DeliveryReason, until: datetime | None, now: datetime
    ) -> None:
        """Let a subscription hear nothing of a story until then; the last word counts."""
        row = self.session.get(SilenceRow, (subscription, story_id))
        if row is None:
            row = SilenceRow(subscription=subscription, story_id=story_id)
            self.session.add(row)
        row.reason, row.until, row.at = reason.value, until, now
        self.session.flush()

    def lift(self, subscription: str, story_id: int) -> bool:
        """Let a subscription hear of a story again. False where it does already."""
        row = self.session.get(SilenceRow, (subscription, story_id))
        if row is not None:
            self.session.delete(row)
            self.session.flush()
        return row is not None

    def of_story(self, story_id: int, now: datetime) -> dict[str, DeliveryReason]:
        """The subscriptions that want to hear nothing of a story now, and why."""
        query = select(SilenceRow).where(
            SilenceRow.story_id == story_id, or_(SilenceRow.until.is_(None), SilenceRow.until > now)
        )
        return {row.subscription: DeliveryReason(row.reason) for row in self.session.scalars(query)}

    def list(self, subscription: str | None = None) -> list[Silence]:
        """All of them, or those of a subscription, the newest first."""
        query = select(SilenceRow).order_by(SilenceRow.at.desc())
        if subscription is not None:
            query = query.where(SilenceRow.subscription == subscription)
        return [
            Silence(row.subscription, row.story_id, DeliveryReason(row.reason), row.until, row.at)
            for row in self.session.scalars(query)
        ]
