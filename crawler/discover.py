"""From any URL to the feeds that it is or names, through the same polite path as every poll."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import uvloop
from lxml import etree
from lxml import html as lxml_html

from crawler.feeds import parse_feed
from crawler.fetcher import Answer, Fetcher
from crawler.politeness import Politeness
from crawler.urls import normalise
from vedette.errors import Refused
from vedette.model import FetchOutcome

if TYPE_CHECKING:
    from vedette.daemon.context import Context

T = TypeVar("T")
TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
"""Where feeds often are, tried where a page names none."""
MOST = 8


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed as it is now."""

    url: str
    title: str
    language: str
    entries: int
    newest: datetime | None


def look(context: Context, url: str) -> tuple[FoundFeed | None, Answer]:
    """The feed at a URL, None with the answer that tells why there is none."""
    return uvloop.run(_with_polite(context, lambda polite: _look(polite, url)))


def discover(context: Context, url: str) -> list[FoundFeed]:
    """The feed that a URL is, or the feeds that its page names, or those at the usual places."""
    return uvloop.run(_with_polite(context, lambda polite: _discover(polite, url)))


async def _with_polite(context: Context, work: Callable[[Politeness], Awaitable[T]]) -> T:
    async with Fetcher(context.settings, context.clock) as fetcher:
        return await work(Politeness(fetcher, context.store, context.clock, context.owner))


async def _look(polite: Politeness, url: str) -> tuple[FoundFeed | None, Answer]:
    answer = await polite.get(url)
    if answer.outcome is not FetchOutcome.OK:
        return None, answer
    try:
        feed = await asyncio.to_thread(parse_feed, answer.body, url=answer.url, headers=answer.headers)
    except Refused as refused:
        outcome = FetchOutcome(refused.reason)
        return None, Answer(answer.url, outcome, answer.status, answer.headers, answer.body, error=refused.detail)
    dates = [e.published_at for e in feed.entries if e.published_at is not None]
    return FoundFeed(answer.url, feed.title, feed.language, len(feed.entries), max(dates, default=None)), answer


async def _discover(polite: Politeness, url: str) -> list[FoundFeed]:
    feed, answer = await _look(polite, url)
    if feed is not None:
        return [feed]
    if answer.status != 200:
        return []
    found: list[FoundFeed] = []
    for candidate in list(dict.fromkeys(_named(answer)))[:MOST] or [normalise(p, answer.url) for p in USUAL]:
        feed, _ = await _look(polite, candidate)
        if feed is not None and feed.url not in {f.url for f in found}:
            found.append(feed)
    return found


def _named(answer: Answer) -> Iterator[str]:
    """The feeds that a page links to."""
    try:
        tree = lxml_html.document_fromstring(answer.body)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return
    for link in tree.xpath("//link[@rel='alternate'][@href]"):
        if (link.get("type") or "").lower() in TYPES:
            yield normalise(link.get("href"), answer.url)
