"""What a digest says, and when one has to wait: pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.calendar import next_digest, quiet_until
from alerts.notice import clean, plain_notice, short
from alerts.wording import Words
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
    words = Words.of(analyst)
    entries = [replace(m.notice, sentences=m.notice.sentences[:MOST_SENTENCES], entries=()) for m in members]
    title = words.many(
        "%(count)s story since %(when)s",
        "%(count)s stories since %(when)s",
        len({m.notice.story_id for m in members}),
        when=words.moment(since, analyst.timezone if analyst else "UTC", weekday=True),
    )
    topic_title = short(topic.title, 200) if topic and topic.title else subscription.topic
    return replace(
        plain_notice(title, subscription.topic, topic_title, DeliveryReason.DIGEST, now, analyst),
        topic_version=topic.version if topic else 0,
        rule=topic.rule if topic else "",
        text=" ".join(_remarks(members, cap_per_hour, words)),
        entries=tuple(entries[:MOST_ENTRIES]),
    )


def _remarks(members: Sequence[Delivery], cap_per_hour: int, words: Words) -> list[str]:
    """Why messages that would have come by themselves are told here, and what is left out."""
    reasons, said = Counter(m.reason for m in members), []
    if over := reasons[DeliveryReason.CAP]:
        cap, count = words.number(cap_per_hour), words.number(over)
        said.append(words.say("%(count)s came over the cap of %(cap)s messages an hour.", count=count, cap=cap))
    late = [m for m in members if m.reason in LATE]
    if late:
        error = clean(next((m.last_error for m in reversed(late) if m.last_error), ""))
        line = words.say("%(count)s could not be delivered in time", count=words.number(len(late)))
        said.append(f"{line}{f': {error}' if error else ''}.")
    if off := reasons[DeliveryReason.CHANNEL_DISABLED]:
        said.append(words.say("%(count)s came while the channel was switched off.", count=words.number(off)))
    if len(members) > MOST_ENTRIES:
        left = words.number(len(members) - MOST_ENTRIES)
        said.append(words.say("%(count)s more are not listed: `vedette alerts list` shows them.", count=left))
    return said


def following(subscription: Subscription, timezone: str, now: datetime) -> datetime | None:
    """When the next digest is due; None where one comes only when something overflows."""
    if subscription.cadence is Cadence.AT_ONCE:
        return None
    return next_digest(subscription.cadence, subscription.digest_at, now, timezone)
