"""The path of one page from the records: who showed it, what became of it, and why it alerted or did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from alerts.notice import matched_sentences
from alerts.stories.revisions import RevisionChange
from crawler.urls import identity
from storage import AlertView, Sighting, StoredMatch, Story, Suppression, Transaction
from vedette.model import Article, Attempt, Delivery, Drop, DropReason, Fetch, Item, ItemState, SourceStatus
from vedette.network import host_of

T = TypeVar("T")

WORDS: dict[DropReason, str] = {
    DropReason.SEEN_BEFORE: "it was seen before",
    DropReason.ROBOTS: "the site's robots.txt forbids fetching it, or could not be read",
    DropReason.HTTP_ERROR: "the site answered with an error",
    DropReason.GONE: "the site says that it is gone",
    DropReason.BLOCKED_ADDRESS: "its address leads into a private network (see [network] allow_addresses)",
    DropReason.TOO_LARGE: "it is larger than [crawl] max_bytes",
    DropReason.UNREACHABLE: "every attempt to fetch it failed",
    DropReason.NOT_HTML: "it is no HTML page",
    DropReason.NOT_AN_ARTICLE: "it is no article",
    DropReason.NO_TEXT: "no text was found in it",
    DropReason.TOO_COMPLEX: "reading it took too much time, memory or markup (see [extract])",
    DropReason.EXTRACTION_FAILED: "extracting it failed",
    DropReason.TOO_OLD: "it was older than [crawl] max_age when first seen",
    DropReason.UNCHANGED: "it had not changed since it was last read",
    DropReason.NO_MATCH: "no topic matches it",
    DropReason.SILENT_IMPORT: "it came with the first poll of its source, which alerts nobody",
    DropReason.NO_SUBSCRIPTION: "nobody subscribes to the topic",
    DropReason.ALREADY_ALERTED: "its story was alerted already",
    DropReason.MUTED: "the subscription is muted",
    DropReason.OVERFLOW: "its source showed more entries than one poll takes",
    DropReason.OPTED_OUT: "the page opts out of text mining",
}
"""What a stored reason says to a person; the text goes on after "because"."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with what was sent about it and to whom nothing was sent."""

    alert: AlertView
    deliveries: tuple[tuple[Delivery, tuple[Attempt, ...]], ...]
    suppressions: tuple[Suppression, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """A stored match; sentences have the hits between asterisks."""

    match: StoredMatch
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revised:
    """A later revision of an article and what it changed."""

    revision: int
    at: datetime
    change: RevisionChange


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a page that is not fetched yet waits for: its host, which is asked for one thing at a time."""

    host: str
    pages: int
    """How many pages of the host wait, this one among them."""
    not_before: datetime | None
    """When the host may be asked next, or this page is tried again; None: at once."""
    reason: str = ""
    """What the host asked for."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that the records say about a URL, the oldest first."""

    url: str
    identity: str
    item: Item | None = None
    sightings: tuple[Sighting, ...] = ()
    fetches: tuple[Fetch, ...] = ()
    drops: tuple[Drop, ...] = ()
    article: Article | None = None
    stored_at: datetime | None = None
    revisions: tuple[Revised, ...] = ()
    story: Story | None = None
    matches: tuple[Matched, ...] = ()
    told: tuple[Told, ...] = ()
    waiting: Waiting | None = None
    neighbours: tuple[SourceStatus, ...] = field(default=())
    """Sources of the same site, where no source has shown the page."""


def trace(tx: Transaction, url: str) -> Trace:
    """Look a URL up, in whatever form it is written; a page that nobody showed gives a Trace without an item."""
    key = identity(url)
    item = tx.items.by_url(key)
    article = tx.articles.get(item.article_id) if item and item.article_id else tx.articles.find(canonical=key)
    if item is None and article is not None:
        item = tx.items.by_url(identity(article.url))
    if item is None and article is None:
        return Trace(url, key, drops=tuple(reversed(tx.drops.list(url=url))), neighbours=_neighbours(tx, url))
    drops = tx.drops.list(item_id=item.id) if item else []
    fetches = tx.fetches.list(item_id=item.id) if item else []
    if article is None or article.id is None:
        return Trace(
            url,
            key,
            item,
            _sightings(tx, item),
            _oldest_first(fetches),
            _oldest_first(drops),
            waiting=_waiting(tx, item),
        )
    drops = list(dict.fromkeys([*tx.drops.list(article_id=article.id), *drops]))  # one may name both
    story_id = tx.stories.of(article.id)
    return Trace(
        url=url,
        identity=key,
        item=item,
        sightings=_sightings(tx, item),
        fetches=_oldest_first(fetches),
        drops=tuple(sorted(drops, key=lambda drop: drop.at)),
        article=article,
        stored_at=tx.articles.seen_at(article.id),
        revisions=tuple(
            Revised(one.revision, one.at, RevisionChange.from_json(one.change))
            for one in tx.articles.revisions(article.id)[1:]
        ),
        story=tx.stories.get(story_id) if story_id is not None else None,
        matches=tuple(Matched(m, sentences(article, m)) for m in tx.matches.list(article.id)),
        told=tuple(_told(tx, view) for view in reversed(tx.alerts.list(article_id=article.id))),
    )


def sentences(article: Article, stored: StoredMatch) -> tuple[str, ...]:
    """The sentences of a match; none where the text has changed since."""
    if stored.revision != article.revision:
        return ()
    from alerts.rendering import Mark, marked

    return tuple(marked(s, str, Mark("*", "*")) for s in matched_sentences(article, stored.match.spans))


def verdict(found: Trace, say: Callable[[str], str] = str) -> str:
    """The answer in one sentence: where the path ended, and why. `say` puts a text into the reader's language."""
    item, last = found.item, found.drops[-1] if found.drops else None
    reason = say(WORDS[last.reason]) if last else ""
    if found.told:
        topics = ", ".join(sorted({told.alert.alert.topic for told in found.told}))
        states = ", ".join(sorted({str(delivery.state) for told in found.told for delivery, _ in told.deliveries}))
        if states:
            return say("It alerted on %(topics)s; deliveries: %(states)s.") % {"topics": topics, "states": states}
        return say("It alerted on %(topics)s; nothing was to be delivered.") % {"topics": topics}
    if found.article is not None:
        if not last:
            return say("It was read and did not alert, and no record says why: it may have been pruned.")
        return say("It was read and did not alert because %(reason)s.") % {"reason": reason}
    if item is None:
        if not last:
            return say("No source has shown this page.")
        return say("It was left out because %(reason)s.") % {"reason": reason}
    if item.state is ItemState.DROPPED:
        return (
            say("It went no further because %(reason)s.") % {"reason": reason} if last else say("It went no further.")
        )
    waits = say("It waits to be fetched") if item.state is ItemState.NEW else say("It waits to be read")
    tried = say(" after %(count)s failed attempts") % {"count": item.attempts} if item.attempts else ""
    return f"{waits}{tried}."


def _sightings(tx: Transaction, item: Item | None) -> tuple[Sighting, ...]:
    return tuple(tx.items.sightings(item.id)) if item else ()


def _waiting(tx: Transaction, item: Item | None) -> Waiting | None:
    if item is None or item.state is not ItemState.NEW:
        return None
    name = host_of(item.url)
    host = tx.hosts.get(name)
    instants = [at for at in (item.next_attempt_at, host.next_ok_at if host else None) if at is not None]
    return Waiting(name, tx.items.waiting_on(name), max(instants, default=None), host.reason if host else "")


def _oldest_first(rows: list[T]) -> tuple[T, ...]:
    return tuple(reversed(rows))


def _told(tx: Transaction, view: AlertView) -> Told:
    deliveries = tx.deliveries.list(alert_id=view.alert.id)
    return Told(
        view,
        tuple((delivery, tuple(tx.deliveries.attempts(delivery.id))) for delivery in reversed(deliveries)),
        tuple(tx.alerts.suppressions(alert_id=view.alert.id)),
    )


def _neighbours(tx: Transaction, url: str) -> tuple[SourceStatus, ...]:
    host = _site(url)
    return tuple(
        status
        for status in tx.sources.list()
        if host and host in (_site(status.source.url), _site(status.source.homepage))
    )


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
