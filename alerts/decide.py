"""Who is told what, and why not: pure. Everything it needs is handed in, everything it decides is handed back.

One alert per topic and story. Later articles of the story join it: they are added to a message that still waits, and
once it is sent another one follows only when there is news: the story reached a further step of `UPDATE_AT` outlets,
or names, numbers or dates stand where the topic is spoken of that no article of the alert had, or it was corrected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from alerts.calendar import quiet_until
from alerts.facts import Facts, around, facts, novelties
from alerts.notice import build_notice, short
from alerts.wording import Words
from vedette.model import (
    Alert,
    Analyst,
    Cadence,
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

SAME_FACTS = "its new revision matches as before and states no new names, numbers or dates"


@dataclass(frozen=True, slots=True)
class AlertRules:
    """What the operator configured."""

    group_wait: timedelta = timedelta(seconds=30)
    update_wait: timedelta = timedelta(hours=1)  # between messages on a story where only facts are new
    max_age: timedelta = timedelta(days=30)
    expire_after: timedelta = timedelta(days=3)
    cap_per_hour: int = 30
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
    waiting: Mapping[str, Set[str]] = field(
        default_factory=dict
    )  # topic -> subscriptions whose message is not sent yet
    recent: Mapping[str, int] = field(default_factory=dict)  # subscription -> its messages of the last hour
    known: Mapping[str, Facts] = field(default_factory=dict)  # topic -> what the articles of its alert state
    told_at: Mapping[str, Mapping[str, datetime]] = field(
        default_factory=dict
    )  # topic -> subscription -> when its last message on this story was made
    told_before: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # subscription -> other topics under which its reader got this story through the same channel
    silenced: Mapping[str, DeliveryReason] = field(
        default_factory=dict
    )  # subscriptions that want to hear nothing of this story, and why
    names: Mapping[str, str] = field(default_factory=dict)  # of entities, by id


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
    additions: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # subscriptions whose waiting message takes this outlet in, and the news in their reader's language


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
    told: dict[tuple[str, str], tuple[str, ...]] = {}  # by analyst and channel: topics of this very article
    for match in matches:
        if match.topic not in world.topics:
            continue  # the topic was deleted while the article was matched
        plan, why_not = _plan(_Case(stored, match, _after(world, match.topic, told), now, seen_at, rules))
        plans.append(plan)
        readers = {s.id: (s.analyst, s.channel) for s in world.subscriptions.get(match.topic, ())}
        for reader in {readers[d.subscription] for d in plan.deliveries if d.subscription is not None}:
            told[reader] = (*told.get(reader, ()), match.topic)
        if why_not is not None:
            says_nothing_new = why_not is DropReason.ALREADY_ALERTED and stored.change is Change.CHANGED
            drops.append(_drop(stored, why_not, now, SAME_FACTS if says_nothing_new else "", topic=match.topic))
    return Decision(tuple(plans), tuple(drops))


def _after(world: World, topic: str, told: Mapping[tuple[str, str], tuple[str, ...]]) -> World:
    """The world to a topic that comes after others: their readers have the story under those already."""
    before = dict(world.told_before)
    for subscription in world.subscriptions.get(topic, ()):
        if others := told.get((subscription.analyst, subscription.channel)):
            before[subscription.id] = tuple(dict.fromkeys((*before.get(subscription.id, ()), *others)))
    return replace(world, told_before=before)


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


@dataclass(frozen=True, slots=True)
class _Case:
    """One topic that one article matched."""

    stored: Stored
    match: Match
    world: World
    now: datetime
    seen_at: datetime
    rules: AlertRules

    @property
    def alert(self) -> Alert | None:
        return self.world.open_alerts.get(self.match.topic)

    @property
    def episode(self) -> int:
        return self.alert.episode if self.alert else 1

    @property
    def outlets(self) -> Sequence[tuple[str, str]]:
        return self.world.outlets.get(self.match.topic, ())

    @property
    def is_new_outlet(self) -> bool:
        return self.stored.article.site not in {site for site, _ in self.outlets}

    @property
    def count(self) -> int:
        """Outlets that carry the story, this one included: the number of its message within the alert."""
        return len({site for site, _ in self.outlets} | {self.stored.article.site})


def _plan(case: _Case) -> tuple[Plan, DropReason | None]:
    deliveries: list[NewDelivery] = []
    suppressions: list[tuple[str, DeliveryReason]] = []
    additions: dict[str, tuple[str, ...]] = {}
    subscriptions = [s for s in case.world.subscriptions.get(case.match.topic, ()) if s.active]
    said: dict[Words, tuple[str, ...]] = {}  # in the language of each reader, for many have the same
    for subscription in subscriptions:
        words = _words(case, subscription)
        if words not in said:
            said[words] = _news(case, words)
        news = said[words]
        if case.alert is not None and subscription.id in case.world.waiting.get(case.match.topic, ()):
            if case.is_new_outlet or news:
                additions[subscription.id] = news
        elif case.alert is not None and not news:
            continue
        elif (bar := why_not_told(subscription, case.world, case.now)) is not None:
            suppressions.append((subscription.id, bar))
        else:
            deliveries.append(_delivery(case, subscription, news))
    plan = Plan(
        case.match.topic,
        case.stored.story_id,
        case.episode,
        case.alert.id if case.alert else None,
        case.match,
        tuple(deliveries),
        tuple(suppressions),
        additions,
    )
    if not subscriptions:
        return plan, DropReason.NO_SUBSCRIPTION
    silent = not (deliveries or suppressions)
    return plan, DropReason.ALREADY_ALERTED if silent else None


def _words(case: _Case, subscription: Subscription) -> Words:
    """How the reader of a subscription is spoken to."""
    return Words.of(case.world.analysts.get(subscription.analyst))


def _news(case: _Case, words: Words) -> tuple[str, ...]:
    """What is new in a story that was alerted already, a line each."""
    if case.alert is None:
        return ()
    lines = []
    if case.is_new_outlet and case.count in UPDATE_AT:
        lines.append(words.say("%(count)s outlets carry it now", count=case.count))
    if case.match.topic in case.world.known:
        lines += novelties(_stated(case), case.world.known[case.match.topic], case.world.names, words)
    return tuple(short(line, 300) for line in lines)


def _stated(case: _Case) -> Facts:
    """What the article states: all of it where it was changed, of another outlet's only what is said of the topic."""
    article, spans = case.stored.article, case.match.spans
    text = article.text if case.stored.change is Change.CHANGED else around(article, spans)
    return facts(article.title, text, article.language, (s.entity for s in spans if s.entity))


def why_not_told(subscription: Subscription, world: World, now: datetime) -> DeliveryReason | None:
    """Why a subscription hears nothing of this story now, None where it does."""
    if subscription.muted_until is not None and subscription.muted_until > now:
        return DeliveryReason.MUTED
    if subscription.id in world.silenced:
        return world.silenced[subscription.id]
    return None if subscription.channel in world.channels else DeliveryReason.CHANNEL_DISABLED


def _delivery(case: _Case, subscription: Subscription, news: tuple[str, ...]) -> NewDelivery:
    analyst = case.world.analysts.get(subscription.analyst)
    article, reason = case.stored.article, DeliveryReason.UPDATE if case.alert else DeliveryReason.NEW_STORY
    reaches_a_step = case.is_new_outlet and case.count in UPDATE_AT
    step: int | str = 1
    if case.alert is not None:
        step = case.count if reaches_a_step else f"{article.id}.{article.revision}"
    elif before := case.world.told_before.get(subscription.id, ()):
        said = "a new topic; this story came before under %(topics)s"
        news = (short(_words(case, subscription).say(said, topics=", ".join(before)), 300),)
    notice = build_notice(
        article,
        case.match,
        case.world.topics[case.match.topic],
        analyst=analyst,
        story_id=case.stored.story_id,
        reason=reason,
        seen_at=case.seen_at,
        others=[(site, url) for site, url in case.outlets if url != article.url],
        links=_links(article.url, case.rules.public_url),
        names=case.world.names,
    )
    not_before, held = when_to_send(
        subscription,
        analyst,
        case.now,
        case.rules,
        recent=case.world.recent.get(subscription.id, 0),
        channel_is_on=case.world.channels[subscription.channel].active,
        not_before=None if reaches_a_step else _next_update(case, subscription),
    )
    return NewDelivery(
        idem_key=idem_key(case.match.topic, case.stored.story_id, case.episode, step, subscription),
        channel=subscription.channel,
        reason=held or reason,
        notice=replace(notice, news=news),
        not_before=not_before,
        state=DeliveryState.HELD if held else DeliveryState.PENDING,
        expires_at=not_before + case.rules.expire_after if not_before else None,
        subscription=subscription.id,
        revision=case.count if case.alert else 1,
    )


def _next_update(case: _Case, subscription: Subscription) -> datetime | None:
    """When the next message may come in which only facts are new; None for now. A correction does not wait."""
    last = case.world.told_at.get(case.match.topic, {}).get(subscription.id)
    known = case.world.known.get(case.match.topic)
    if last is None or known is None or _stated(case).corrections > known.corrections:
        return None
    return last + case.rules.update_wait


def idem_key(topic: str, story_id: int, episode: int, step: int | str, subscription: Subscription) -> str:
    """The key of a message: the same on every copy of it, and on every decision that leads to it."""
    parts = (topic, str(story_id), str(episode), str(step), subscription.id, subscription.channel)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def when_to_send(
    subscription: Subscription,
    analyst: Analyst | None,
    now: datetime,
    rules: AlertRules,
    *,
    recent: int = 0,
    channel_is_on: bool = True,
    not_before: datetime | None = None,
) -> tuple[datetime | None, DeliveryReason | None]:
    """The earliest instant for a message, None where it comes in a digest, and what holds it beyond the group wait.

    `recent` counts the subscription's messages of the last hour: what is over the cap overflows into a digest. So does
    what comes while the channel is off: its readers hear what they missed once it is on again.
    """
    if subscription.cadence is not Cadence.AT_ONCE:
        return None, DeliveryReason.DIGEST
    if not channel_is_on:
        return None, DeliveryReason.CHANNEL_DISABLED
    if recent >= rules.cap_per_hour:
        return None, DeliveryReason.CAP
    at = max(now + rules.group_wait, not_before or now)
    end = quiet_until(subscription.quiet_from, subscription.quiet_to, at, analyst.timezone if analyst else "UTC")
    return (end, DeliveryReason.QUIET_HOURS) if end is not None else (at, None)


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
