"""Sitemaps of all pages of a site, and indexes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from crawler.feeds import instant
from crawler.sitemaps import OLDEST, Child, is_dated, parse_sitemap
from crawler.spiders import Further, Listing, SourceSpider
from crawler.spiders.feed import LARGE

NEWS = re.compile(r"news|latest|recent", re.IGNORECASE)
"""Names of sitemaps that hold what is new."""
OTHER = re.compile(r"(categor|tag|author|image|video|product|static|page|user|profile)\w*[-_.]?sitemap", re.IGNORECASE)
"""Names of sitemaps that hold no articles, as common publishing systems call them."""
DAY = timedelta(days=1)
FEW = 3
"""Children of an index that are read when it is first seen, and where none says when it changed."""


class SitemapSpider(SourceSpider):
    """A sitemap, or an index of sitemaps.

    Of an index those children are read that changed since the last poll, or whose name says that they hold news. What
    is older than `crawl.max_age` when first seen is remembered and not fetched.
    """

    name = "sitemap"
    kind = "sitemap"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-sitemap",
        "kind": "sitemap",
        "url": "https://news.example/sitemap.xml",
    }
    most_requests: ClassVar[int] = 10
    archive: ClassVar[bool] = True
    news_only: ClassVar[bool] = False

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """The entries of a sitemap with the newest first, or the children of an index that are worth asking for."""
        found = parse_sitemap(body, url, max_entries, news_only=self.news_only)
        if not found.children:
            return Listing(found.entries, found.title, found.language, overflow=found.overflow)
        newest = max((child.at for child in found.children if child.at), default=None)
        return Listing(
            (),
            more=list(choose(found.children, instant(self.memory.get("newest")), self.most_requests - 1)),
            memory={"newest": newest.isoformat()} if newest else {},
        )

    def must_isolate(self, body: bytes) -> bool:
        """A large one would hold up the other hosts."""
        return len(body) > LARGE or body.startswith(b"\x1f\x8b")


def choose(children: Sequence[Child], since: datetime | None, most: int) -> Iterator[Further]:
    """The children of an index that may hold something new, at most so many, the likeliest first.

    `since` is the newest lastmod that the index showed at the last poll, None when it is first seen. A child that
    says no more than the day of its change may have changed again on that day.
    """
    articles = [child for child in children if not OTHER.search(_file(child.url))] or list(children)
    named = [child for child in articles if NEWS.search(_file(child.url))]
    others = sorted((c for c in articles if c not in named), key=lambda c: c.at or OLDEST, reverse=True)
    if since is None:
        others = others[: 0 if named else FEW]
    elif any(child.at for child in others):
        others = [c for c in others if c.at and (c.at > since or (not is_dated(c.modified) and since - c.at < DAY))]
    else:
        others = others[: 0 if named else FEW]
    for child in (named + others)[:most]:
        yield Further(child.url, child.modified if is_dated(child.modified) else "")


def is_of_articles(url: str) -> bool:
    """Whether a sitemap's name leaves it open that it holds articles."""
    return not OTHER.search(_file(url))


def _file(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2] or urlsplit(url).path
