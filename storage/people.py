"""Analysts, their channels and their subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from storage._base import Aggregate
from storage.models import AnalystRow, ChannelRow, SubscriptionRow
from vedette.errors import UsageError
from vedette.model import Analyst, Cadence, Channel, Subscription


class Analysts(Aggregate):
    """Statements about analysts."""

    def put(self, analyst: Analyst) -> str:
        """Declare an analyst: created, changed or same."""
        values = {name: getattr(analyst, name) for name in ("name", "email", "timezone", "locale")}
        known = self.session.get(AnalystRow, analyst.id)
        if known is not None and known.timezone != analyst.timezone:  # their digests come at other instants
            mine = update(SubscriptionRow).where(SubscriptionRow.analyst == analyst.id)
            self.session.execute(mine.values(next_digest_at=None))
        return self.put_row(AnalystRow, analyst.id, values, {})

    def get(self, analyst_id: str) -> Analyst | None:
        """One analyst."""
        row = self.session.get(AnalystRow, analyst_id)
        return _analyst(row) if row else None

    def list(self) -> list[Analyst]:
        """All analysts, by id."""
        return [_analyst(row) for row in self.session.scalars(select(AnalystRow).order_by(AnalystRow.id))]

    def delete(self, analyst_id: str) -> bool:
        """Forget an analyst who has neither channel nor subscription. False where there is none."""
        for row_type, noun in ((SubscriptionRow, "subscription"), (ChannelRow, "channel")):
            taken = self.session.scalars(select(row_type.id).where(row_type.analyst == analyst_id)).first()
            if taken is not None:
                raise UsageError(f"analyst {analyst_id!r} has the {noun} {taken!r}: remove that first")
        return _delete(self, AnalystRow, analyst_id)


class Channels(Aggregate):
    """Statements about channels."""

    def put(self, channel: Channel) -> str:
        """Declare a channel; how it fares stays unless its settings change. created, changed or same."""
        row = self.session.get(ChannelRow, channel.id)
        values = {"kind": channel.kind, "settings": dict(channel.settings), "analyst": channel.analyst}
        health: dict[str, Any] = {"active": True, "disabled_reason": "", "next_ok_at": None, "failing_since": None}
        if row is not None and row.settings != values["settings"]:
            values |= health  # mended: try again
        return self.put_row(ChannelRow, channel.id, values, health)

    def change_settings(self, channel_id: str, settings: Mapping[str, Any]) -> None:
        """Give a channel other settings; whether it is on, and how it fares, stays."""
        self._row(channel_id).settings = dict(settings)
        self.session.flush()

    def get(self, channel_id: str) -> Channel | None:
        """One channel."""
        row = self.session.get(ChannelRow, channel_id)
        return _channel(row) if row else None

    def list(self, analyst: str | None = None) -> list[Channel]:
        """All channels, by id."""
        query = select(ChannelRow).order_by(ChannelRow.id)
        if analyst is not None:
            query = query.where(ChannelRow.analyst == analyst)
        return [_channel(row) for row in self.session.scalars(query)]

    def delete(self, channel_id: str) -> bool:
        """Forget a channel that no subscription uses. False where there is none."""
        taken = self.session.scalars(select(SubscriptionRow.id).where(SubscriptionRow.channel == channel_id)).first()
        if taken is not None:
            raise UsageError(f"channel {channel_id!r} has the subscription {taken!r}: remove that first")
        return _delete(self, ChannelRow, channel_id)

    def disable(self, channel_id: str, reason: str, now: datetime) -> bool:
        """Stop using a channel, with the reason; its deliveries wait. False where it was off already."""
        row = self._row(channel_id)
        was = row.active
        row.active, row.disabled_reason = False, reason
        row.failing_since = row.failing_since or now
        self.session.flush()
        return was

    def enable(self, channel_id: str) -> None:
        """Use a channel again."""
        row = self._row(channel_id)
        row.active, row.disabled_reason, row.next_ok_at, row.failing_since = True, "", None, None
        self.session.flush()

    def wait_until(self, channel_id: str, at: datetime) -> None:
        """Send nothing through the channel before that instant."""
        row = self._row(channel_id)
        row.next_ok_at = max(row.next_ok_at, at) if row.next_ok_at else at
        self.session.flush()

    def failing(self, channel_id: str, now: datetime) -> datetime:
        """Note that a send failed; since when the channel fails."""
        row = self._row(channel_id)
        row.failing_since = row.failing_since or now
        self.session.flush()
        return row.failing_since

    def ok(self, channel_id: str) -> None:
        """Note that a send succeeded."""
        row = self._row(channel_id)
        row.failing_since, row.next_ok_at = None, None
        self.session.flush()

    def _row(self, channel_id: str) -> ChannelRow:
        row = self.session.get(ChannelRow, channel_id)
        if row is None:
            raise UsageError(f"unknown channel {channel_id!r}: `vedette channels list` shows them")
        return row


class Subscriptions(Aggregate):
    """Statements about subscriptions."""

    def put(self, subscription: Subscription) -> str:
        """Declare a subscription; a mute stays unless the new one sets its own. created, changed or same."""
        names = ("analyst", "topic", "channel", "quiet_from", "quiet_to", "digest_at", "active")
        values: dict[str, Any] = {name: getattr(subscription, name) for name in names}
        values["cadence"] = subscription.cadence.value
        if subscription.muted_until is not None:
            values["muted_until"] = subscription.muted_until
        row = self.session.get(SubscriptionRow, subscription.id)
        if row is not None and any(getattr(row, name) != values[name] for name in ("cadence", "digest_at", "active")):
            row.next_digest_at = None  # to be reckoned anew
        return self.put_row(SubscriptionRow, subscription.id, values, {})

    def get(self, subscription_id: str) -> Subscription | None:
        """One subscription."""
        row = self.session.get(SubscriptionRow, subscription_id)
        return to_subscription(row) if row else None

    def list(self, topic: str | None = None, analyst: str | None = None) -> list[Subscription]:
        """Subscriptions by id, those of a topic or an analyst where one is named."""
        query = select(SubscriptionRow).order_by(SubscriptionRow.id)
        if topic is not None:
            query = query.where(SubscriptionRow.topic == topic)
        if analyst is not None:
            query = query.where(SubscriptionRow.analyst == analyst)
        return [to_subscription(row) for row in self.session.scalars(query)]

    def delete(self, subscription_id: str) -> bool:
        """End a subscription; what waits for it must be withheld before. False where there is none."""
        return _delete(self, SubscriptionRow, subscription_id)

    def mute(self, subscription_id: str, until: datetime | None) -> None:
        """Deliver nothing until then; None unmutes. What waits already is for `Deliveries.withhold`."""
        row = self.session.get(SubscriptionRow, subscription_id)
        if row is None:
            raise UsageError(f"unknown subscription {subscription_id!r}: `vedette subscriptions list` shows them")
        row.muted_until = until
        self.session.flush()


def _delete(aggregate: Aggregate, row_type: type[Any], key: str) -> bool:
    row = aggregate.session.get(row_type, key)
    if row is not None:
        aggregate.session.delete(row)
        aggregate.session.flush()
    return row is not None


def _analyst(row: AnalystRow) -> Analyst:
    return Analyst(row.id, row.name, row.email, row.timezone, row.locale)


def _channel(row: ChannelRow) -> Channel:
    return Channel(
        id=row.id,
        kind=row.kind,
        settings=row.settings,
        analyst=row.analyst,
        active=row.active,
        disabled_reason=row.disabled_reason,
        next_ok_at=row.next_ok_at,
        failing_since=row.failing_since,
    )


def to_subscription(row: SubscriptionRow) -> Subscription:
    """What the rest of the program sees of a row."""
    return Subscription(
        id=row.id,
        analyst=row.analyst,
        topic=row.topic,
        channel=row.channel,
        cadence=Cadence(row.cadence),
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        muted_until=row.muted_until,
        digest_at=row.digest_at,
        active=row.active,
    )
