"""Who is told what, and why not: pure. Everything it needs is handed in, everything it decides is handed back.

One alert per topic and story. Later articles of the story join it; a message about them follows only when the story
reached another step of `UPDATE_AT` outlets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alerts.notice import build_notice
from vedette.model import (
    Alert,
    Analyst,
    Change,
    Channel,
    DeliveryReason,
    DeliveryState,
    Drop,
    DropReason,
    Match,
    NewDelivery,
    Stored,
    Subscription,
    Topic,
)

UPDATE_AT = (2, 5, 10, 25)
"""Outlets of a story at which its readers hear of it again, in the same thread."""


@dataclass(frozen=True, slots=True)
class AlertRules:
    """What the operator configured."""

    group_wait: timedelta = timedelta(seconds=30)
    max_age: timedelta = timedelta(days=30)
    expire_after: timedelta = timedelta(days=3)
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What was so when the decision was made."""

    topics: Mapping[str, Topic]
    subscriptions: Mapping[str, Sequence[Subscription]]  # by topic
    channels: Mapping[str, Channel]
    analysts: Mapping[str, Analyst]
    open_alerts: Mapping[str, Alert]  # topic -> its alert on this story
    outlets: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)  # topic -> (site, url) in its alert


@dataclass(frozen=True, slots=True)
class Plan:
    """One topic's share: open an alert (`alert_id` None) or join one, and tell these subscriptions."""

    topic: str
    story_id: int
    episode: int
    alert_id: int | None
    match: Match
    deliveries: tuple[NewDelivery, ...]
    suppressions: tuple[tuple[str, DeliveryReason], ...]  # subscription, why it hears nothing


@dataclass(frozen=True, slots=True)
class Decision:
    """All that follows from one stored article."""

    plans: tuple[Plan, ...]
    drops: tuple[Drop, ...]


def decide(
    stored: Stored,
    matches: Sequence[Match],
    world: World,
    *,
    now: datetime,
    seen_at: datetime,
    silent: bool,
    rules: AlertRules,
    listed_at: datetime | None = None,
) -> Decision:
    """What follows from an article and its matches.

    `seen_at` is when a source first showed it, `listed_at` the date that the source gave it: an article is old only
    where both say so.
    """
    barred = _why_silent(stored, matches, seen_at, silent, rules, listed_at)
    if barred is not None:
        reason, detail = barred
        return Decision((), (_drop(stored, reason, now, detail),))
    plans: list[Plan] = []
    drops: list[Drop] = []
    for match in matches:
        if match.topic not in world.topics:
            continue  # the topic was deleted while the article was matched
        plan, why_not = _plan(stored, match, world, now, seen_at, rules)
        plans.append(plan)
        if why_not is not None:
            drops.append(_drop(stored, why_not, now, topic=match.topic))
    return Decision(tuple(plans), tuple(drops))


def _why_silent(
    stored: Stored,
    matches: Sequence[Match],
    seen_at: datetime,
    silent: bool,
    rules: AlertRules,
    listed_at: datetime | None,
) -> tuple[DropReason, str] | None:
    """Why no topic at all may alert, None where they may."""
    article = stored.article
    if stored.change is Change.UNCHANGED:
        return DropReason.UNCHANGED, "the page says what it said before"
    if not matches:
        return DropReason.NO_MATCH, ""
    if silent:
        return DropReason.SILENT_IMPORT, "it was in the source's first poll"
    dates = [date for date in (article.published_at, listed_at) if date is not None]
    if dates and seen_at - max(dates) > rules.max_age:
        return DropReason.TOO_OLD, f"it was {(seen_at - max(dates)).days} days old when it was first seen"
    return None


def _plan(
    stored: Stored, match: Match, world: World, now: datetime, seen_at: datetime, rules: AlertRules
) -> tuple[Plan, DropReason | None]:
    alert = world.open_alerts.get(match.topic)
    episode = alert.episode if alert else 1
    outlets = list(world.outlets.get(match.topic, ()))
    reason, step, why_not = _what_to_say(stored, alert, outlets)
    deliveries: list[NewDelivery] = []
    suppressions: list[tuple[str, DeliveryReason]] = []
    subscriptions = [s for s in world.subscriptions.get(match.topic, ()) if s.active]
    if why_not is None and not subscriptions:
        why_not = DropReason.NO_SUBSCRIPTION
    if why_not is None:
        for subscription in subscriptions:
            bar = _why_not_told(subscription, world, now)
            if bar is not None:
                suppressions.append((subscription.id, bar))
            else:
                deliveries.append(
                    _delivery(stored, match, world, subscription, reason, step, episode, outlets, now, seen_at, rules)
                )
    plan = Plan(
        match.topic,
        stored.story_id,
        episode,
        alert.id if alert else None,
        match,
        tuple(deliveries),
        tuple(suppressions),
    )
    return plan, why_not


def _what_to_say(
    stored: Stored, alert: Alert | None, outlets: Sequence[tuple[str, str]]
) -> tuple[DeliveryReason, int, DropReason | None]:
    """The reason of a message and its number within the alert, or why there is none."""
    if alert is None:
        return DeliveryReason.NEW_STORY, 1, None
    sites = {site for site, _ in outlets}
    count = len(sites | {stored.article.site})
    if stored.article.site not in sites and count in UPDATE_AT:
        return DeliveryReason.UPDATE, count, None
    return DeliveryReason.UPDATE, count, DropReason.ALREADY_ALERTED


def _why_not_told(subscription: Subscription, world: World, now: datetime) -> DeliveryReason | None:
    if subscription.muted_until is not None and subscription.muted_until > now:
        return DeliveryReason.MUTED
    channel = world.channels.get(subscription.channel)
    if channel is None or not channel.active:
        return DeliveryReason.CHANNEL_DISABLED
    return None


def _delivery(
    stored: Stored,
    match: Match,
    world: World,
    subscription: Subscription,
    reason: DeliveryReason,
    step: int,
    episode: int,
    outlets: Sequence[tuple[str, str]],
    now: datetime,
    seen_at: datetime,
    rules: AlertRules,
) -> NewDelivery:
    analyst = world.analysts.get(subscription.analyst)
    article = stored.article
    notice = build_notice(
        article,
        match,
        world.topics[match.topic],
        analyst=analyst,
        story_id=stored.story_id,
        reason=reason,
        seen_at=seen_at,
        others=[(site, url) for site, url in outlets if url != article.url],
        links=_links(article.url, rules.public_url),
    )
    not_before, held = when_to_send(subscription, analyst, now, rules.group_wait)
    return NewDelivery(
        idem_key=idem_key(match.topic, stored.story_id, episode, step, subscription),
        channel=subscription.channel,
        reason=reason,
        notice=notice,
        not_before=not_before,
        state=DeliveryState.HELD if held else DeliveryState.PENDING,
        expires_at=not_before + rules.expire_after,
        subscription=subscription.id,
        revision=step,
    )


def idem_key(topic: str, story_id: int, episode: int, step: int, subscription: Subscription) -> str:
    """The key of a message: the same on every copy of it, and on every decision that leads to it."""
    parts = (topic, str(story_id), str(episode), str(step), subscription.id, subscription.channel)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def when_to_send(
    subscription: Subscription, analyst: Analyst | None, now: datetime, group_wait: timedelta
) -> tuple[datetime, bool]:
    """The earliest instant for a message, and whether quiet hours hold it until then."""
    at = now + group_wait
    end = quiet_until(subscription.quiet_from, subscription.quiet_to, at, analyst.timezone if analyst else "UTC")
    return (end, True) if end is not None else (at, False)


def quiet_until(quiet_from: str, quiet_to: str, at: datetime, timezone: str) -> datetime | None:
    """When the quiet hours end that hold the instant `at`, None where they do not hold it.

    Hours are local wall time, "HH:MM", and may cross midnight. Where clocks are set forward over the end, it is the
    first instant after the gap.
    """
    if not quiet_from or not quiet_to or quiet_from == quiet_to:
        return None
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    clock = local.strftime("%H:%M")
    crosses = quiet_from > quiet_to
    inside = (clock >= quiet_from or clock < quiet_to) if crosses else quiet_from <= clock < quiet_to
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if crosses and clock >= quiet_from else 0)
    hour, minute = (int(part) for part in quiet_to.split(":"))
    end = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return max(end.astimezone(at.tzinfo), at)


def _links(url: str, public_url: str) -> dict[str, str]:
    if not public_url:
        return {}
    return {"explain": f"{public_url.rstrip('/')}/explain?url={quote(url, safe='')}"}


def _drop(stored: Stored, reason: DropReason, now: datetime, detail: str = "", topic: str | None = None) -> Drop:
    article = stored.article
    return Drop(
        reason,
        now,
        "match" if reason is DropReason.NO_MATCH else "decide",
        article.url,
        detail,
        article.source or None,
        None,
        article.id,
        topic,
    )
