"""The document of a private feed. Pure: what it tells and what time it is are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from feedgen.feed import FeedGenerator

from alerts.links import with_links
from alerts.notice import clean
from alerts.rendering import subject_prefix
from alerts.templating import render
from vedette.links import Link, LinkSigner, Purpose
from vedette.model import Delivery, Notice

MOST_ITEMS = 50
MEDIA_TYPES = {"atom": "application/atom+xml; charset=utf-8", "rss": "application/rss+xml; charset=utf-8"}
"""What an answer with a feed must say it is."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself. `address` is where it is read, `home` the web pages; both may be ""."""

    channel: str
    title: str
    address: str = ""
    home: str = ""
    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: its id is the idempotency key, so that an entry stays the same entry."""

    key: str
    notice: Notice
    at: datetime


def items_of(deliveries: Iterable[Delivery], signer: LinkSigner, public_url: str) -> list[Item]:
    """The entries of sent deliveries, with the links of each."""
    return [Item(d.idem_key, with_links(d, signer, public_url), d.sent_at or d.created_at) for d in deliveries]


def feed_token(signer: LinkSigner, channel: str, key: str) -> str:
    """The token in the address of a channel's feed; `key` is the channel's setting."""
    return signer.make(Link(Purpose.FEED, channel=channel, key=key))


def build_feed(head: FeedHead, items: Sequence[Item], now: datetime, form: Literal["atom", "rss"] = "atom") -> bytes:
    """The feed as Atom 1.0 or RSS 2.0, the newest entry first; `now` dates a feed that has none yet.

    A ConfigError where a template of the operator's fails.
    """
    newest = sorted(items, key=lambda item: (item.at, item.key), reverse=True)[:MOST_ITEMS]
    feed = FeedGenerator()
    feed.id(f"urn:vedette:feed:{clean(head.channel)}")
    feed.title(_plain(head.title) or "Vedette")
    feed.description(f"What Vedette found: {_plain(head.title)}")
    feed.generator("Vedette")
    feed.updated(newest[0].at if newest else now)
    home = head.home or head.address or "https://vedette.invalid/"
    feed.link(href=home, rel="alternate")
    if head.address:
        feed.link(href=head.address, rel="self")
    for item in newest:
        _add(feed, item, head)
    return bytes(feed.atom_str(pretty=True) if form == "atom" else feed.rss_str(pretty=True))


def _plain(text: str) -> str:
    """Text that means the same to readers that take it for HTML, as many do with titles."""
    return clean(text).replace("<", "‹").replace(">", "›")


def _add(feed: FeedGenerator, item: Item, head: FeedHead) -> None:
    notice = item.notice
    entry = feed.add_entry(order="append")
    entry.id(f"urn:vedette:{item.key}")
    entry.guid(f"urn:vedette:{item.key}", permalink=False)
    entry.title(_plain(f"{subject_prefix(notice)}{notice.title}") or "Vedette")
    if notice.url:
        entry.link(href=notice.url, rel="alternate")
    entry.updated(item.at)
    entry.published(item.at)
    entry.author(name=_plain(notice.site) or "Vedette")
    if notice.topic:
        entry.category(term=_plain(notice.topic), label=_plain(notice.topic_title))
    entry.content(render("feed.html.j2", notice, head.templates, head.channel), type="html")
