"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from crawler.feeds import ParsedFeed, looks_malformed, parse_feed
from crawler.spiders import Listing, SourceSpider
from crawler.websub import hub_of

LARGE = 2**18
"""Bytes; reading so many takes some ten milliseconds, and a tenth of a second where somebody wants it to."""


class FeedSpider(SourceSpider):
    """A feed of any format: which one is seen from its bytes.

    No settings. `url` is the address of the feed itself; `vedette sources discover` finds it from a home page.
    """

    name = "feed"
    kind = "feed"
    aliases: ClassVar[Sequence[str]] = ("rss", "atom", "rdf", "jsonfeed", "json feed")
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-news",
        "kind": "feed",
        "url": "https://news.example/rss.xml",
        "language": "en",
    }

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """The entries of a feed, at most `max_entries` of them."""
        feed: ParsedFeed = parse_feed(body, url=url, headers=headers, max_entries=max_entries)
        floors = [f for f in (feed.ttl, max_age(headers)) if f is not None]
        hub = hub_of(headers, feed.hub, feed.topic, url)
        return Listing(feed.entries, feed.title, feed.language, max(floors, default=None), feed.overflow, hub=hub)

    def must_isolate(self, body: bytes) -> bool:
        """The lenient parser's time is not bounded, and a large feed of any form would hold up the other hosts."""
        return len(body) > LARGE or looks_malformed(body)


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """How long an answer may be kept by its Cache-Control, None where it does not say."""
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "max-age" and value.strip('"').isdecimal():
            return timedelta(seconds=min(int(value.strip('"')), 86400))
    return None
