"""What readers ask for: quiet about a topic for a time, about a story for a time or for good, or for ever.

The command line and the links in messages do the same through here. Matching and alerts go on; what is not delivered
leaves its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storage import Transaction
from vedette.errors import UsageError
from vedette.model import DeliveryReason


def mute(tx: Transaction, subscription_id: str, until: datetime, now: datetime) -> int:
    """Deliver nothing to a subscription until then; how many messages that waited are withheld.

    What it gathers for a digest already is kept for the first one after the mute.
    """
    tx.subscriptions.mute(subscription_id, until)
    return tx.deliveries.withhold(subscription_id, DeliveryReason.MUTED, now)


def unmute(tx: Transaction, subscription_id: str) -> None:
    """Deliver to a subscription again."""
    tx.subscriptions.mute(subscription_id, None)


def silence(
    tx: Transaction,
    alert_id: int,
    reason: DeliveryReason,
    now: datetime,
    *,
    until: datetime | None = None,
    subscriptions: Sequence[str] = (),
) -> list[str]:
    """Tell subscriptions nothing more of an alert's story, until then or for good: SNOOZED or NOT_RELEVANT.

    Those named, or all of the alert's topic. Each leaves a suppression; the subscriptions are given back.
    """
    view = tx.alerts.get(alert_id)
    if view is None:
        raise UsageError(f"unknown alert {alert_id}: `vedette alerts list` shows them")
    alert = view.alert
    known = [s.id for s in tx.subscriptions.list(topic=alert.topic)]
    for name in subscriptions:
        if name not in known:
            raise UsageError(f"no subscription {name!r} to the topic {alert.topic!r}: `vedette subscriptions list`")
    chosen = list(subscriptions) or known
    for name in chosen:
        tx.silences.put(name, alert.story_id, reason, until, now)
        tx.deliveries.withhold(name, reason, now, story_id=alert.story_id)
        tx.alerts.suppress(alert_id, name, reason, alert.article_id, now)
    return chosen


def unsubscribe(tx: Transaction, subscription_id: str, now: datetime) -> bool:
    """End a subscription and withhold what waits for it. False where there is none."""
    tx.deliveries.withhold(subscription_id, DeliveryReason.UNSUBSCRIBED, now)
    return tx.subscriptions.delete(subscription_id)
