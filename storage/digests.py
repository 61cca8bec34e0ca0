"""Digests: when the next one of a subscription is due, what it has gathered, and the log of those that ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, literal_column, or_, select, update

from storage._base import Aggregate
from storage.deliveries import to_delivery
from storage.models import DeliveryRow, DigestRunRow, SubscriptionRow
from storage.people import to_subscription
from vedette.model import Cadence, Delivery, DeliveryState, Subscription


@dataclass(frozen=True, slots=True)
class DigestDue:
    """A digest whose time has come; it tells what was gathered since `since`."""

    subscription: Subscription
    since: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DigestRun:
    """A digest that ran; without a delivery where there was nothing to tell."""

    subscription: str
    window_start: datetime
    window_end: datetime
    entries: int
    delivery_id: int | None


class Digests(Aggregate):
    """Statements about digests."""

    def any_to_do(self, now: datetime) -> bool:
        """Whether a digest is due, or the time of one is still to be reckoned; asked without a lock."""
        due = select(SubscriptionRow.id).where(SubscriptionRow.active, SubscriptionRow.next_digest_at <= now)
        found = self.session.scalars(due.limit(1)).first()
        return found is not None or self.session.scalars(_unscheduled().limit(1)).first() is not None

    def unscheduled(self) -> list[Subscription]:
        """Subscriptions that have digests to come, and no instant for the next one."""
        return [to_subscription(row) for row in self.session.scalars(self.locked(_unscheduled()))]

    def schedule(self, subscription_id: str, at: datetime, now: datetime, *, since: datetime | None = None) -> None:
        """Let the next digest be due at that instant. Its window goes on, or begins at `since`."""
        row = self.session.get_one(SubscriptionRow, subscription_id)
        row.next_digest_at, row.digest_from = at, since or row.digest_from or now
        self.session.flush()

    def due(self, now: datetime) -> list[DigestDue]:
        """Digests whose time has come, the longest overdue first; nobody else gets them in this transaction."""
        query = select(SubscriptionRow).where(SubscriptionRow.active, SubscriptionRow.next_digest_at <= now)
        rows = self.session.scalars(self.locked(query.order_by(SubscriptionRow.next_digest_at)))
        return [
            DigestDue(to_subscription(row), row.digest_from or row.next_digest_at, row.next_digest_at)
            for row in rows
            if row.next_digest_at is not None
        ]

    def gathered(self, subscription_id: str) -> list[Delivery]:
        """What waits for the next digest of a subscription, the oldest first."""
        query = select(DeliveryRow).where(*_GATHERED, DeliveryRow.subscription == subscription_id)
        return [to_delivery(row) for row in self.session.scalars(query.order_by(DeliveryRow.id))]

    def is_under_way(self, subscription_id: str) -> bool:
        """Whether an earlier digest of the subscription is still to be sent."""
        told = (DeliveryRow.digest_id.is_not(None), DeliveryRow.state == DeliveryState.HELD.value)
        query = select(DeliveryRow.id).where(DeliveryRow.subscription == subscription_id, *told)
        return self.session.scalars(query.limit(1)).first() is not None

    def record(
        self, due: DigestDue, now: datetime, members: list[int], delivery_id: int | None, next_at: datetime | None
    ) -> bool:
        """Write down that a digest ran and what its message tells. False where that window had its digest already."""
        known = select(func.count()).where(
            DigestRunRow.subscription == due.subscription.id, DigestRunRow.window_start_utc == due.since
        )
        if self.session.scalar(known):
            return False
        self.session.add(
            DigestRunRow(
                subscription=due.subscription.id,
                window_start_utc=due.since,
                window_end_utc=now,
                entries=len(members),
                delivery_id=delivery_id,
            )
        )
        if members:
            told = update(DeliveryRow).where(DeliveryRow.id.in_(members)).values(digest_id=delivery_id)
            self.session.execute(told.execution_options(synchronize_session=False))
        row = self.session.get_one(SubscriptionRow, due.subscription.id)
        row.next_digest_at, row.digest_from = next_at, now
        self.session.flush()
        self.session.expire_all()
        return True

    def runs(self, subscription_id: str | None = None, limit: int = 50) -> list[DigestRun]:
        """Digests that ran, the newest first."""
        query = select(DigestRunRow).order_by(DigestRunRow.id.desc()).limit(limit)
        if subscription_id is not None:
            query = query.where(DigestRunRow.subscription == subscription_id)
        return [
            DigestRun(row.subscription, row.window_start_utc, row.window_end_utc, row.entries, row.delivery_id)
            for row in self.session.scalars(query)
        ]


_GATHERED = (
    DeliveryRow.state == literal_column("'held'"),
    DeliveryRow.next_attempt_at.is_(None),
    DeliveryRow.digest_id.is_(None),
)
"""The condition of the index ix_deliveries_gathered, word for word."""


def _unscheduled() -> Select[SubscriptionRow]:
    waits = exists().where(*_GATHERED, DeliveryRow.subscription == SubscriptionRow.id)
    return select(SubscriptionRow).where(
        SubscriptionRow.active,
        SubscriptionRow.next_digest_at.is_(None),
        or_(SubscriptionRow.cadence != Cadence.AT_ONCE.value, waits),
    )
