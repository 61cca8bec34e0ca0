"""From any URL to the entry points that it is or leads to, through the same polite path as every poll."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import uvloop
from protego import Protego

from crawler import links, polling
from crawler.custom import crawled
from crawler.feeds import looks_malformed, parse_feed
from crawler.fetcher import Answer, Fetcher
from crawler.gather import Gathered, gather
from crawler.isolate import IsolatedReader
from crawler.means import Means, means_of
from crawler.politeness import Politeness
from crawler.sitemaps import parse_sitemap
from crawler.spiders import KINDS
from crawler.spiders.sitemap import NEWS
from crawler.urls import identity, normalise, same_site
from vedette.errors import Refused
from vedette.model import FetchOutcome, Source, SourceStatus

if TYPE_CHECKING:
    from vedette.daemon.context import Context

T = TypeVar("T")
TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/sitemap_index.xml", "/sitemap.xml")
"""Where entry points often are, tried where a site names none."""
MOST = 8
"""Candidates that are looked at."""
WORTH = {"feed": 4, "newssitemap": 3, "listing": 2, "sitemap": 1}
"""Which kind is preferred: a feed says most about its entries, a sitemap of all pages least."""
AFTER_FAILURES = 3
"""Polls in a row that fail before another entry point is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry point as it is now. `interval` is the wait between polls that its dates suggest."""

    kind: str
    url: str
    title: str = ""
    language: str = ""
    entries: int = 0
    dated: int = 0
    newest: datetime | None = None
    interval: timedelta | None = None
    examples: tuple[str, ...] = ()


NOTHING = "no entry point found: neither a feed nor a sitemap nor links to articles"


# --------------------------------------------------------------------------- for commands


def look(
    context: Context, url: str, kind: str = "", settings: Mapping[str, Any] | None = None
) -> tuple[Found | None, Answer]:
    """The entry point at a URL, None with the answer that tells why there is none. Without a kind it is seen which."""

    async def work(means: Means) -> tuple[Found | None, Answer]:
        now = context.clock.now()
        if kind and KINDS[kind].runs:
            gathered = await crawled(context, SourceStatus(Source("preview", url, kind, settings=settings or {})))
            return _found(kind, url, gathered, now), gathered.answer
        return await _Search(means, now).look(url, kind, settings or {})

    return with_means(context, work)


def discover(context: Context, url: str) -> list[Found]:
    """The entry points that a URL is or that its site offers, the best one first."""
    return explore(context, url)[0]


def explore(context: Context, url: str) -> tuple[list[Found], str]:
    """As `discover`, and why there is none where there is none."""
    found, answer = survey(context, url)
    if found:
        return found, ""
    return [], NOTHING if answer.outcome is FetchOutcome.OK else f"{answer.outcome}: {answer.error}"


def survey(context: Context, url: str) -> tuple[list[Found], Answer]:
    """As `discover`, and how the URL itself answered."""

    async def work(means: Means) -> tuple[list[Found], Answer]:
        return await _Search(means, context.clock.now()).find(url)

    return with_means(context, work)


async def sitemaps_of(means: Means, url: str) -> list[str]:
    """The sitemaps that the robots.txt of a site names, or the usual address of one."""
    await means.ask(normalise("/sitemap.xml", url), {})
    return sitemaps_in(await means.robots(url), url) or [normalise("/sitemap.xml", url)]


def with_means(context: Context, work: Callable[[Means], Awaitable[T]]) -> T:
    """Do some work through the polite path, outside of any event loop."""
    return uvloop.run(_work(context, work))


async def _work(context: Context, work: Callable[[Means], Awaitable[T]]) -> T:
    reader = IsolatedReader(context.settings.plugins.modules)
    try:
        async with Fetcher(context.settings, context.clock) as fetcher:
            polite = Politeness(fetcher, context.store, context.clock, context.owner)
            return await work(means_of(context, polite, reader))
    finally:
        reader.close()


# --------------------------------------------------------------------------- for polls


async def discovered(means: Means, status: SourceStatus, now: datetime) -> Gathered:
    """Poll the entry point that a source stands for: the one remembered, or the best one there is now."""
    source, target = status.source, status.memory.get("target")
    others: list[tuple[str, Answer]] = []
    if target is None or (status.failures and status.failures % AFTER_FAILURES == 0):
        search = _Search(means, now)
        found, answer = await search.find(source.url)
        others = list(search.asked.items())
        if not found:
            others = [(url, a) for url, a in others if url != source.url]
            if answer.outcome is FetchOutcome.OK:
                answer = replace(answer, outcome=FetchOutcome.NOT_A_FEED, error=NOTHING)
            return Gathered(answer, None, others, status.memory)
        target = {"kind": found[0].kind, "url": found[0].url}
        # what was asked a moment ago is not asked again
        means, status = replace(means, ask=search.ask), replace(status, etag="", last_modified="", memory={})
    at = replace(source, kind=target["kind"], url=target["url"], settings={})
    memory = status.memory.get("target_memory", {})
    gathered = await gather(means, replace(status, source=at, memory=memory))
    told = {target["url"], *(url for url, _ in gathered.others)}
    gathered.others = [pair for pair in others if pair[0] not in told] + gathered.others
    gathered.kind, gathered.answer = (
        target["kind"],
        replace(gathered.answer, moved=""),
    )  # it is not the source that moved
    gathered.memory = {"target": target, "target_memory": gathered.memory}
    return gathered


# --------------------------------------------------------------------------- the search


class _Search:
    """Looks at addresses, asking each once."""

    def __init__(self, means: Means, now: datetime) -> None:
        self.now, self.asked = now, dict[str, Answer]()
        self._means = means

    async def ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer of a URL; the first one again where it was asked before."""
        if url not in self.asked:
            self.asked[url] = await self._means.ask(url, {})
        return self.asked[url]

    async def look(
        self, url: str, kind: str = "", settings: Mapping[str, Any] | None = None
    ) -> tuple[Found | None, Answer]:
        """What is at a URL, read as a kind, or as the one that its bytes show."""
        answer = await self.ask(url, {})
        if answer.outcome is not FetchOutcome.OK:
            return None, answer
        kind = kind or await asyncio.to_thread(what_is, answer)
        status = SourceStatus(Source("preview", url, kind, settings=settings or {}))
        gathered = await gather(replace(self._means, ask=self.ask), status)
        return _found(kind, answer.url, gathered, self.now), gathered.answer

    async def find(self, url: str) -> tuple[list[Found], Answer]:
        """The entry points at or behind a URL, the best one first, and the answer of the URL itself."""
        answer = await self.ask(url, {})
        if answer.outcome is not FetchOutcome.OK:
            return [], answer
        if await asyncio.to_thread(what_is, answer) != "listing":
            found, read = await self.look(url)
            return [found] if found is not None else [], read
        offers: dict[str, Found] = {}
        robots = await self._means.robots(answer.url)
        named = dict.fromkeys([*named_by(answer), *sitemaps_in(robots, answer.url)])
        for candidates in (named, dict.fromkeys(normalise(path, answer.url) for path in USUAL)):
            for candidate in list(candidates)[:MOST]:
                found, _ = await self.look(candidate)
                # an empty feed may fill; at a usual place it may be anything
                if found is not None and found.kind != "listing" and (found.entries or candidates is named):
                    offers.setdefault(identity(found.url), found)
            if offers:
                break
        found, _ = await self.look(url, "listing")
        if found is not None and found.entries:
            offers.setdefault(identity(found.url), found)
        return sorted(offers.values(), key=self._worth, reverse=True), answer

    def _worth(self, found: Found) -> tuple[bool, bool, int, int]:
        """What shows something first, alive before asleep, then by kind, then by how much it shows."""
        asleep = found.newest is not None and self.now - found.newest > timedelta(days=90)
        return found.entries > 0, not asleep, WORTH.get(found.kind, 0), min(found.entries, 100)


def _found(kind: str, url: str, gathered: Gathered, now: datetime) -> Found | None:
    """What a poll says of an entry point, None where it failed."""
    if gathered.listing is None:
        return None
    entries = gathered.listing.entries
    dates = [e.published_at or e.updated_at for e in entries]
    known = [date for date in dates if date is not None]
    return Found(
        kind,
        url,
        gathered.listing.title,
        gathered.listing.language or next((e.language for e in entries if e.language), ""),
        len(entries),
        len(known),
        max(known, default=None),
        polling.interval_after_success(polling.seed(dates, now), limits=polling.Limits()) if len(known) > 1 else None,
        tuple(e.title or e.url for e in entries[:3]),
    )


def what_is(answer: Answer) -> str:
    """The kind whose bytes these are: feed, newssitemap, sitemap, or listing for anything else."""
    body = answer.body
    if not looks_malformed(body):
        try:
            parse_feed(body, url=answer.url, headers=answer.headers, max_entries=1)
        except Refused:
            pass
        else:
            return "feed"
    head = body[:4096].lower()
    if b"<rss" in head or b"<feed" in head or b"<rdf:rdf" in head:
        return "feed"
    try:
        found = parse_sitemap(body, answer.url, 50)
    except Refused:
        return "listing"
    return "newssitemap" if found.news or any(NEWS.search(child.url) for child in found.children) else "sitemap"


def named_by(answer: Answer) -> Iterator[str]:
    """The feeds that a page names in its head or links to, those of comments left out."""
    try:
        tree = links.parse(answer.body)
    except ValueError:
        return
    for link in tree.xpath("//link[contains(@rel, 'alternate')][@href]"):
        about = f"{link.get('title') or ''} {link.get('href')}".lower()
        if (link.get("type") or "").lower() in TYPES and "comment" not in about:
            yield normalise(link.get("href"), answer.url)
    for link in tree.xpath("//a[contains(@href, 'rss') or contains(@href, 'feed') or contains(@href, 'atom')]"):
        address = normalise(link.get("href"), answer.url)
        if address and same_site(address, answer.url) and _leads_to_a_feed(address):
            yield address


def _leads_to_a_feed(url: str) -> bool:
    last = url.lower().rstrip("/").rpartition("/")[2].partition("?")[0]
    return last in ("rss", "feed", "atom") or last.endswith((".rss", ".xml", ".atom", ".rdf"))


def sitemaps_in(robots: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt names, those of news first."""
    found = [address for line in Protego.parse(robots).sitemaps if (address := normalise(line, url))]
    return sorted(found, key=lambda address: not NEWS.search(address))[:4]


def ask(context: Context, source: Source) -> tuple[Found | None, str]:
    """What a source says now, through the real path, and why where it says nothing of use; nothing is stored."""
    if KINDS[source.kind].resolves:
        offers, problem = explore(context, source.url)
        return (offers[0] if offers else None), problem
    found, answer = look(context, source.url, source.kind, source.settings)
    return found, f"{answer.outcome}: {answer.error}"
