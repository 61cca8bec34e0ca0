"""What a poll works with, whoever polls: the worker, or a command that only looks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.browser import rendered
from crawler.fetcher import Answer
from crawler.isolate import IsolatedReader, read_listing
from crawler.politeness import Politeness
from crawler.spiders import Listing, SourceSpider
from crawler.urls import identity
from vedette.model import Entry

if TYPE_CHECKING:
    from vedette.daemon.context import Context

Ask = Callable[[str, Mapping[str, str]], Awaitable[Answer]]


@dataclass(frozen=True)
class Means:
    """Ways to ask, to read and to look up."""

    ask: Ask
    """A URL with headers, politely."""
    read: Callable[[SourceSpider, Answer], Awaitable[Listing]]
    """An answer by a kind; `vedette.errors.Refused` where it is not of this kind."""
    known: Callable[[Sequence[Entry]], Awaitable[set[str]]]
    """The URLs of those entries that are items already."""
    robots: Callable[[str], Awaitable[str]]
    """The robots.txt of the host of a URL that was asked, "" where it has none."""
    monotonic: Callable[[], float]
    """Real seconds."""
    render: Callable[[SourceSpider, Answer], Awaitable[Answer]]
    """An answer as the scripts of its page have built it."""


def means_of(context: Context, polite: Politeness, reader: IsolatedReader) -> Means:
    """The real ones."""

    async def read(spider: SourceSpider, answer: Answer) -> Listing:
        asked = (spider.kind, answer.url, spider.given, answer.body, answer.headers)
        most = context.settings.crawl.max_entries
        if spider.must_isolate(answer.body):
            return await reader.read(*asked, most, spider.memory)
        return read_listing(*asked, most, spider.memory)

    def known(entries: Sequence[Entry]) -> set[str]:
        keys = {entry.url: identity(entry.url) for entry in entries if entry.url}
        with context.store.read() as tx:
            items = tx.items.known(set(keys.values()))
        return {url for url, key in keys.items() if key in items}

    async def render(spider: SourceSpider, answer: Answer) -> Answer:
        return await rendered(context.settings, reader.browsers, polite.get, answer, spider.source_settings)

    return Means(
        ask=polite.get,
        read=read,
        known=lambda entries: asyncio.to_thread(known, entries),
        robots=lambda url: asyncio.to_thread(polite.robots_text, url),
        monotonic=context.clock.monotonic,
        render=render,
    )
