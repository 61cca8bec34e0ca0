"""What a digest says, and when one has to wait: pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from babel.dates import format_datetime

from alerts.calendar import next_digest, quiet_until, zone_of
from alerts.notice import clean, plain_notice, short
from vedette.model import (
    Analyst,
    Cadence,
    Channel,
    Delivery,
    DeliveryReason,
    Notice,
    Subscription,
    Topic,
)

MOST_ENTRIES = 200
"""Entries that a digest carries; what is more is counted."""
MOST_SENTENCES = 2
AGAIN = timedelta(minutes=10)
"""After how long a digest that can't go out now is looked at again."""
LATE = {DeliveryReason.TOO_LATE, DeliveryReason.OUT_OF_RETRIES}


def digest_key(subscription: str, since: datetime) -> str:
    """The idempotency key of a digest: one per subscription and beginning of its window."""
    return hashlib.sha256("\0".join(("digest", subscription, since.isoformat())).encode()).hexdigest()


def postponed(
    subscription: Subscription, channel: Channel | None, timezone: str, now: datetime, *, under_way: bool
) -> datetime | None:
    """Until when a digest that is due has to wait, None where it can be written now.

    It waits for the end of a mute and of quiet hours, for a channel that is off, and for the digest before it.
    """
    if subscription.muted_until is not None and subscription.muted_until > now:
        return next_digest(subscription.cadence, subscription.digest_at, subscription.muted_until, timezone)
    quiet = quiet_until(subscription.quiet_from, subscription.quiet_to, now, timezone)
    if quiet is not None:
        return quiet
    off = channel is None or not channel.active
    return now + AGAIN if off or under_way else None


def compose(
    members: Sequence[Delivery],
    subscription: Subscription,
    topic: Topic | None,
    analyst: Analyst | None,
    *,
    since: datetime,
    now: datetime,
    cap_per_hour: int,
) -> Notice:
    """The message that tells what a subscription has gathered, the oldest first; there is at least one."""
    zone, locale = (analyst.timezone, analyst.locale) if analyst else ("UTC", "en")
    entries = [replace(m.notice, sentences=m.notice.sentences[:MOST_SENTENCES], entries=()) for m in members]
    stories = len({m.notice.story_id for m in members})
    begin = format_datetime(since, "EEE d MMM, HH:mm", tzinfo=zone_of(zone), locale="en")
    title = f"{stories} {'story' if stories == 1 else 'stories'} since {begin}"
    topic_title = short(topic.title, 200) if topic and topic.title else subscription.topic
    return replace(
        plain_notice(title, subscription.topic, topic_title, DeliveryReason.DIGEST, now),
        topic_version=topic.version if topic else 0,
        rule=topic.rule if topic else "",
        timezone=zone,
        locale=locale,
        text=" ".join(_remarks(members, cap_per_hour)),
        entries=tuple(entries[:MOST_ENTRIES]),
    )


def _remarks(members: Sequence[Delivery], cap_per_hour: int) -> list[str]:
    """Why messages that would have come by themselves are told here, and what is left out."""
    reasons, said = Counter(m.reason for m in members), []
    if over := reasons[DeliveryReason.CAP]:
        said.append(f"{over} came over the cap of {cap_per_hour} messages an hour.")
    late = [m for m in members if m.reason in LATE]
    if late:
        error = clean(next((m.last_error for m in reversed(late) if m.last_error), ""))
        said.append(f"{len(late)} could not be delivered in time{f': {error}' if error else ''}.")
    if off := reasons[DeliveryReason.CHANNEL_DISABLED]:
        said.append(f"{off} came while the channel was switched off.")
    if len(members) > MOST_ENTRIES:
        said.append(f"{len(members) - MOST_ENTRIES} more are not listed: `vedette alerts list` shows them.")
    return said


def following(subscription: Subscription, timezone: str, now: datetime) -> datetime | None:
    """When the next digest is due; None where one comes only when something overflows."""
    if subscription.cadence is Cadence.AT_ONCE:
        return None
    return next_digest(subscription.cadence, subscription.digest_at, now, timezone)
