"""What may have changed between the decision to send and the sending: mutes, silences, the end of a subscription."""

from __future__ import annotations

from datetime import datetime

from alerts.calendar import quiet_until
from storage import Transaction
from vedette.model import Delivery, DeliveryReason, DeliveryState


def hold_back(tx: Transaction, delivery: Delivery, owner: str, now: datetime) -> DeliveryState | None:
    """Suppress a claimed delivery that nobody wants any more, or put it back until quiet hours end.

    Its state where that happened, None where it is to be sent.
    """
    if delivery.subscription is None:
        return None
    subscription = tx.subscriptions.get(delivery.subscription)
    if subscription is None:
        known = delivery.alert_id is not None or delivery.reason is DeliveryReason.DIGEST
        return _suppress(tx, delivery, DeliveryReason.UNSUBSCRIBED, now) if known else None
    if not subscription.active:  # switched off while the message waited
        if delivery.alert_id is not None:
            return _suppress(tx, delivery, DeliveryReason.MUTED, now)
        tx.deliveries.end(delivery.id, DeliveryState.EXPIRED, DeliveryReason.MUTED, now)  # its members wait
        return DeliveryState.EXPIRED
    if delivery.alert_id is not None:
        if subscription.muted_until is not None and subscription.muted_until > now:
            return _suppress(tx, delivery, DeliveryReason.MUTED, now)
        silenced = tx.silences.of_story(delivery.notice.story_id, now)
        if subscription.id in silenced:
            return _suppress(tx, delivery, silenced[subscription.id], now)
    analyst = tx.analysts.get(subscription.analyst)
    zone = analyst.timezone if analyst else "UTC"
    end = quiet_until(subscription.quiet_from, subscription.quiet_to, now, zone)
    if end is None:
        return None
    tx.deliveries.put_back(delivery.id, owner, end, DeliveryState.HELD, DeliveryReason.QUIET_HOURS)
    return DeliveryState.HELD


def _suppress(tx: Transaction, delivery: Delivery, reason: DeliveryReason, now: datetime) -> DeliveryState:
    tx.deliveries.suppress(delivery.id, reason, now)
    return DeliveryState.SUPPRESSED
