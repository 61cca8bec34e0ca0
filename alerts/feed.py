"""The document of a private feed. Pure: what it tells and what time it is are handed in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from feedgen.feed import FeedGenerator

from alerts.links import with_links
from alerts.notice import clean
from alerts.rendering import subject_prefix
from alerts.templating import render
from alerts.wording import Words
from vedette.links import Link, LinkSigner, Purpose
from vedette.model import Delivery, Notice

MOST_ITEMS = 50
Form = Literal["atom", "rss", "json"]
MEDIA_TYPES: Mapping[Form, str] = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
"""What an answer with a feed must say it is."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself. `address` is where it is read, `home` the web pages; both may be ""."""

    channel: str
    title: str
    address: str = ""
    home: str = ""
    templates: Path | None = None
    locale: str = "en"


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


def form_of(text: str) -> Form | None:
    """The form of that name, None where there is none."""
    return next((form for form in MEDIA_TYPES if form == text), None)


def build_feed(head: FeedHead, items: Sequence[Item], now: datetime, form: Form = "atom") -> bytes:
    """The feed as Atom 1.0, RSS 2.0 or JSON Feed 1.1, the newest entry first; `now` dates one without entries.

    A ConfigError where a template of the operator's fails.
    """
    newest = sorted(items, key=lambda item: (item.at, item.key), reverse=True)[:MOST_ITEMS]
    return _json(head, newest) if form == "json" else _xml(head, newest, now, form)


def _json(head: FeedHead, items: Sequence[Item]) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _plain(head.title) or "Vedette",
        "home_page_url": head.home or None,
        "feed_url": head.address or None,
        "items": [_json_item(item, head) for item in items],
    }
    return json.dumps({name: value for name, value in feed.items() if value is not None}, ensure_ascii=False).encode()


def _json_item(item: Item, head: FeedHead) -> dict[str, Any]:
    notice = item.notice
    entry = {
        "id": f"urn:vedette:{item.key}",
        "url": notice.url or None,
        "title": _title(notice),
        "content_html": render("feed.html.j2", notice, head.templates, head.channel),
        "date_published": item.at.isoformat(),
        "authors": [{"name": _plain(notice.site) or "Vedette"}],
        "tags": [_plain(notice.topic_title)] if notice.topic else None,
    }
    return {name: value for name, value in entry.items() if value is not None}


def _xml(head: FeedHead, newest: Sequence[Item], now: datetime, form: Form) -> bytes:
    feed = FeedGenerator()
    feed.id(f"urn:vedette:feed:{clean(head.channel)}")
    feed.title(_plain(head.title) or "Vedette")
    words = Words(head.locale)
    feed.language(words.language)
    feed.description(words.say("What Vedette found: %(title)s", title=_plain(head.title)))
    feed.generator("Vedette")
    feed.updated(newest[0].at if newest else now)
    home = head.home or head.address or "https://vedette.invalid/"
    feed.link(href=home, rel="alternate")
    if head.address:
        feed.link(href=head.address, rel="self")
    for item in newest:
        _add(feed, item, head)
    return bytes(feed.atom_str(pretty=True) if form == "atom" else feed.rss_str(pretty=True))


def _title(notice: Notice) -> str:
    return _plain(f"{subject_prefix(notice)}{notice.title}") or "Vedette"


def _plain(text: str) -> str:
    """Text that means the same to readers that take it for HTML, as many do with titles."""
    return clean(text).replace("<", "‹").replace(">", "›")


def _add(feed: FeedGenerator, item: Item, head: FeedHead) -> None:
    notice = item.notice
    entry = feed.add_entry(order="append")
    entry.id(f"urn:vedette:{item.key}")
    entry.guid(f"urn:vedette:{item.key}", permalink=False)
    entry.title(_title(notice))
    if notice.url:
        entry.link(href=notice.url, rel="alternate")
    entry.updated(item.at)
    entry.published(item.at)
    entry.author(name=_plain(notice.site) or "Vedette")
    if notice.topic:
        entry.category(term=_plain(notice.topic), label=_plain(notice.topic_title))
    entry.content(render("feed.html.j2", notice, head.templates, head.channel), type="html")
