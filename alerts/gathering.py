"""Digests at work: what is due is written into the outbox, once per subscription and window.

The instant of the next digest stands in the database. After a stop whatever is overdue runs once, and tells all that
was gathered meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.calendar import next_digest
from alerts.digest import compose, digest_key, following, postponed
from storage import DigestDue, Store, Transaction
from vedette.model import DeliveryReason, NewDelivery

EXPIRE_AFTER = timedelta(days=3)
"""How long a digest is tried; then what it tells waits for the next one."""


def run_digests(store: Store, now: datetime, cap_per_hour: int) -> int:
    """Write the digests that are due; how many messages there are."""
    with store.read() as tx:
        if not tx.digests.any_to_do(now):
            return 0
    with store.write() as tx:
        for subscription in tx.digests.unscheduled():
            analyst = tx.analysts.get(subscription.analyst)
            zone = analyst.timezone if analyst else "UTC"
            tx.digests.schedule(
                subscription.id, next_digest(subscription.cadence, subscription.digest_at, now, zone), now
            )
        return sum(_run(tx, due, now, cap_per_hour) for due in tx.digests.due(now))


def _run(tx: Transaction, due: DigestDue, now: datetime, cap_per_hour: int) -> bool:
    """One digest that is due; whether there was something to tell."""
    subscription = due.subscription
    analyst, channel = tx.analysts.get(subscription.analyst), tx.channels.get(subscription.channel)
    zone = analyst.timezone if analyst else "UTC"
    wait = postponed(subscription, channel, zone, now, under_way=tx.digests.is_under_way(subscription.id))
    if wait is not None:
        tx.digests.schedule(subscription.id, wait, now)
        return False
    members = tx.digests.gathered(subscription.id)
    next_at = following(subscription, zone, now)
    if not members:
        tx.digests.record(due, now, [], None, next_at)
        return False
    topic = tx.topics.get(subscription.topic)
    notice = compose(members, subscription, topic, analyst, since=due.since, now=now, cap_per_hour=cap_per_hour)
    message = NewDelivery(
        digest_key(subscription.id, due.since),
        subscription.channel,
        DeliveryReason.DIGEST,
        notice,
        now,
        expires_at=now + EXPIRE_AFTER,
        subscription=subscription.id,
    )
    delivery_id = tx.deliveries.add(message, None, now)
    if delivery_id is None:  # a clock set back has led to a window that was told: what is gathered gets another
        tx.digests.schedule(subscription.id, next_at or now, now, since=now)
        return False
    return tx.digests.record(due, now, [member.id for member in members], delivery_id, next_at)
