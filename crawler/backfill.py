"""What a source published before it was watched: sitemaps, older pages of a listing, the history of a feed.

A backfill is a queue of addresses kept in the database, so that it goes on where it was stopped. It finds items; their
pages are fetched by whoever crawls, a few seconds apart, so that news go first. What is younger than a day is left to
the polls of the source: it may be news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lxml import etree

from crawler import links
from crawler.discover import sitemaps_of, with_means
from crawler.fetcher import Answer
from crawler.means import Means
from crawler.sitemaps import ParsedSitemap, parse_sitemap
from crawler.spiders import KINDS
from crawler.spiders.sitemap import is_of_articles
from crawler.urls import identity, normalise, same_site
from storage import Transaction
from vedette.errors import Refused, UsageError
from vedette.model import Entry, FetchOutcome, Source

if TYPE_CHECKING:
    from vedette.daemon.context import Context

PAUSE = 3.0
"""Real seconds between two requests, beside what the host asks for."""
SPACING = 10.0
"""Real seconds between the pages that it lets be fetched."""
BATCH = 200
"""Items written at once: with SQLite all other writers wait meanwhile."""
MOST_REQUESTS = 2000
NEWS = timedelta(days=1)
"""What is younger is left to the polls."""
MAX_ENTRIES = 50_000
READ_BY = {"sitemap": "sitemap", "newssitemap": "sitemap", "feed": "feed", "listing": "listing"}
"""How the history of each kind is read."""
GOOD = (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)


@dataclass
class Progress:
    """How far a backfill is; kept in the database between two requests."""

    since: str
    alert: bool = False
    queue: list[tuple[str, str]] = field(default_factory=list)  # (how, URL)
    seen: list[str] = field(default_factory=list)
    requests: int = 0
    new: int = 0
    known: int = 0
    undated: int = 0  # left out: nothing says how old they are
    failed: list[str] = field(default_factory=list)
    next_at: str = ""  # when the next page may be fetched
    done: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What one answer adds: entries, and where older ones are."""

    entries: Sequence[Entry]
    more: Sequence[tuple[str, str]] = ()
    takes_undated: bool = False


def backfill(
    context: Context,
    source: Source,
    since: datetime,
    *,
    alert: bool = False,
    sitemaps: bool = False,
    restart: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Look for what a source published since an instant, until nothing is left or `context.stop` is set.

    An earlier one of the same instant is continued, unless it shall start over. `sitemaps`: also go through those that
    the site's robots.txt names, whatever section the source is of. `tell` hears of each step.
    """
    if source.kind not in READ_BY and not sitemaps:
        raise UsageError(f"a source of kind {source.kind!r} has no history; --sitemaps goes through those of its site")
    run = _Run(context, source, since, alert=alert, tell=tell)
    return with_means(context, lambda means: run.go(means, sitemaps=sitemaps, restart=restart))


class _Run:
    def __init__(
        self, context: Context, source: Source, since: datetime, *, alert: bool, tell: Callable[[Progress], None]
    ) -> None:
        self.context, self.source, self.since, self.tell = context, source, since, tell
        self.key = f"backfill:{source.id}"
        self.progress = Progress(since.isoformat(), alert)

    async def go(self, means: Means, *, sitemaps: bool, restart: bool) -> Progress:
        known = await asyncio.to_thread(self._load)
        if known is not None and known.since == self.progress.since and not restart:
            known.alert = self.progress.alert
            self.progress = known
        else:
            self.progress.queue = [(READ_BY[self.source.kind], self.source.url)] if self.source.kind in READ_BY else []
            if sitemaps:
                self.progress.queue += [("sitemap", url) for url in await sitemaps_of(means, self.source.url)]
        while self.progress.queue and self.progress.requests < MOST_REQUESTS and not self.context.stop.is_set():
            await self._step(means)
            self.tell(self.progress)
            if self.progress.queue:
                await asyncio.sleep(PAUSE)
        self.progress.done = not self.progress.queue
        await asyncio.to_thread(self._save, ())
        return self.progress

    async def _step(self, means: Means) -> None:
        """Ask for one address; whatever comes of it is written down before the next."""
        how, url = self.progress.queue[0]
        answer = await means.ask(url, {})
        found = Found(())
        if answer.outcome is FetchOutcome.OK:
            try:
                found = await READERS[how](means, self.source, answer, self.since)
            except Refused as refused:
                answer = replace(answer, outcome=FetchOutcome(refused.reason), error=refused.detail)
        if answer.outcome is FetchOutcome.THROTTLED:  # asked again when it is continued, or after a while
            self.progress.queue.append(self.progress.queue.pop(0))
            await asyncio.sleep(PAUSE * 10)
            self.progress.requests += 1
            return
        if answer.outcome not in GOOD:
            self.progress.failed.append(f"{url}: {answer.outcome}: {answer.error}")
        progress = self.progress
        progress.queue.pop(0)
        progress.seen.append(url)
        progress.requests += 1
        asked = {*progress.seen, *(address for _, address in progress.queue)}
        progress.queue += [pair for pair in found.more if pair[1] not in asked]
        await asyncio.to_thread(self._save, list(self._wanted(found)))

    def _wanted(self, found: Found) -> Iterator[Entry]:
        until = self.context.clock.now() - NEWS
        for entry in found.entries:
            date = entry.published_at or entry.updated_at
            if date is None and not found.takes_undated:
                self.progress.undated += 1
            elif entry.url and (date is None or self.since <= date < until):
                yield entry

    def _load(self) -> Progress | None:
        with self.context.store.read() as tx:
            data = tx.meta.get(self.key)
        return Progress(**{**data, "queue": [tuple(pair) for pair in data["queue"]]}) if data else None

    def _save(self, entries: Sequence[Entry]) -> None:
        """Write down the items that were found, a few in each transaction, and with the last ones how far it is."""
        pairs = [(identity(entry.url), entry) for entry in entries]
        for start in range(0, max(1, len(pairs)), BATCH):
            batch = pairs[start : start + BATCH]
            with self.context.store.write() as tx:
                self._take_in(tx, batch)
                if start + BATCH >= len(pairs):
                    tx.meta.set(self.key, asdict(self.progress))

    def _take_in(self, tx: Transaction, pairs: Sequence[tuple[str, Entry]]) -> None:
        clock, progress = self.context.clock, self.progress
        now, spacing = clock.now(), clock.real(SPACING)
        first = max(now, datetime.fromisoformat(progress.next_at)) if progress.next_at else now
        added = tx.items.add_entries(self.source.id, pairs, silent=not progress.alert, now=now)
        revived = tx.items.revive([key for key, _ in pairs], silent=not progress.alert)
        waiting = [*(item.id for item in added.new), *revived]
        for number, item_id in enumerate(waiting):
            tx.items.put_off(item_id, first + spacing * number)
        progress.next_at = (first + spacing * len(waiting)).isoformat()
        progress.new += len(waiting)
        progress.known += added.known - len(revived)


# --------------------------------------------------------------------------- reading


async def _sitemap(means: Means, source: Source, answer: Answer, since: datetime) -> Found:
    found: ParsedSitemap = await asyncio.to_thread(parse_sitemap, answer.body, answer.url, MAX_ENTRIES)
    children = [c for c in found.children if (c.at is None or c.at >= since) and is_of_articles(c.url)]
    children.sort(key=lambda child: child.modified, reverse=True)
    return Found(found.entries, [("sitemap", child.url) for child in children])


async def _feed(means: Means, source: Source, answer: Answer, since: datetime) -> Found:
    listing = await means.read(KINDS["feed"](answer.url), answer)
    older = previous(answer.body, answer.url)
    return Found(listing.entries, [("feed", older)] if older and _reaches(listing.entries, since) else ())


async def _listing(means: Means, source: Source, answer: Answer, since: datetime) -> Found:
    settings: Mapping[str, Any] = {**source.settings, "pages": 20} if source.kind == "listing" else {}
    listing = await means.read(KINDS["listing"](answer.url, settings), answer)
    number = links.page_number(answer.url)
    # beyond the pages that a poll may read, the pager is followed by its structure
    older = listing.next_page or (links.next_page(links.parse(answer.body), answer.url) if number >= 20 else "")
    goes_on = older and listing.entries and _reaches(listing.entries, since)
    # undated links of the first page may be news
    return Found(listing.entries, [("listing", older)] if goes_on else (), takes_undated=number > 1)


READERS = {"sitemap": _sitemap, "feed": _feed, "listing": _listing}


def _reaches(entries: Sequence[Entry], since: datetime) -> bool:
    """Whether older entries may still be young enough."""
    dates = [date for entry in entries if (date := entry.published_at or entry.updated_at) is not None]
    return not dates or min(dates) >= since


def previous(body: bytes, url: str) -> str:
    """Where a feed says that its older entries are: an archive (RFC 5005), its next page, or as WordPress pages."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root: Any = etree.fromstring(body.lstrip(), parser) if body.lstrip().startswith(b"<") else None
    if root is None:
        return ""
    named = {
        element.get("rel"): address
        for element in root.iter("{http://www.w3.org/2005/Atom}link")
        if (address := normalise(element.get("href") or "", url))
    }
    older = named.get("prev-archive") or named.get("next") or ""
    if not older:
        generator = " ".join(element.text or "" for element in root.iter("{*}generator"))
        base, _, page = url.partition("paged=")
        number = int(page) if page.isdecimal() else 1
        joint = "" if page else ("&" if "?" in url else "?")
        older = f"{base}{joint}paged={number + 1}" if "wordpress.org" in generator else ""
    return older if older and same_site(older, url) else ""
