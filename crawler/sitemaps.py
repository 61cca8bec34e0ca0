"""Sitemaps, with or without news fields, indexes of them, and plain lists of addresses: from bytes to entries."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from scrapy.utils.gz import gunzip

from crawler.feeds import instant, local_name, plain_text
from crawler.urls import normalise
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome

MAX_BYTES = 64 * 2**20
"""Of a sitemap after unpacking: the protocol allows 50 MB."""
MAX_CHILDREN = 50_000
ENTITY_FREE = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap that an index names. `modified` is its lastmod as written; `at` the instant that it means."""

    url: str
    modified: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedSitemap:
    """What a sitemap says: entries with the newest first, or the children of an index. `news`: it has news fields."""

    entries: tuple[Entry, ...] = ()
    children: tuple[Child, ...] = ()
    title: str = ""
    language: str = ""
    news: bool = False
    overflow: int = 0


def parse_sitemap(body: bytes, url: str, max_entries: int, *, news_only: bool = False) -> ParsedSitemap:
    """Parse a sitemap fetched from `url`; Refused with NOT_A_FEED or EMPTY where it is none.

    With `news_only` pages without news fields are left out, unless none has any, as with some publishers.
    """
    body = _unpacked(body)
    if not body.strip():
        raise Refused(FetchOutcome.EMPTY, "the answer is empty")
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _plain(body, max_entries)
    try:
        root: Any = etree.fromstring(body.lstrip(), ENTITY_FREE)  # None where nothing could be saved
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Refused(FetchOutcome.NOT_A_FEED, f"not a sitemap: {' '.join(str(error).split())[:200]}") from None
    name = local_name(root).lower() if root is not None else "nothing"
    if name == "sitemapindex":
        children = [_child(e, url) for e in root.iterchildren("{*}sitemap")][:MAX_CHILDREN]
        return ParsedSitemap(children=tuple(child for child in children if child.url))
    if name != "urlset":
        raise Refused(FetchOutcome.NOT_A_FEED, f"not a sitemap: the document is a <{name}>")
    return _urlset(root, url, max_entries, news_only=news_only)


def is_dated(text: str) -> bool:
    """Whether a lastmod tells a time of day; a day alone stays the same while its sitemap grows."""
    return "T" in text


def _urlset(root: Any, url: str, max_entries: int, *, news_only: bool) -> ParsedSitemap:
    news = next(root.iter("{*}news"), None)
    elements = root.iterchildren("{*}url")
    if news_only and news is not None:
        elements = (element for element in elements if element.find("{*}news") is not None)
    found = [entry for element in elements if (entry := _entry(element, url)) is not None]
    # with the newest first, a sitemap beyond the limit loses its oldest; undated ones keep their order behind them
    found.sort(key=lambda e: e.published_at or e.updated_at or OLDEST, reverse=True)
    return ParsedSitemap(
        entries=tuple(found[:max_entries]),
        title=plain_text(_text(news, "publication", "name")) if news is not None else "",
        language=_language(_text(news, "publication", "language")) if news is not None else "",
        news=news is not None,
        overflow=max(0, len(found) - max_entries),
    )


def _entry(element: Any, base: str) -> Entry | None:
    """One <url>; None for a home page, which is no article."""
    link = normalise(_text(element, "loc"), base)
    parts = urlsplit(link)
    if not parts.path.strip("/") and not parts.query:
        return None
    news = element.find("{*}news")
    image = normalise(_text(element, "image", "loc"), base)
    modified = instant(_text(element, "lastmod"))
    if news is None:
        return Entry(url=link, updated_at=modified, image=image)
    return Entry(
        url=link,
        title=plain_text(_text(news, "title")),
        published_at=instant(_text(news, "publication_date")),
        updated_at=modified,
        language=_language(_text(news, "publication", "language")),
        image=image,
        tags=tuple(dict.fromkeys(_words(_text(news, "keywords")))),
    )


def _child(element: Any, base: str) -> Child:
    modified = _text(element, "lastmod")
    return Child(normalise(_text(element, "loc"), base), modified, instant(modified))


def _plain(body: bytes, max_entries: int) -> ParsedSitemap:
    lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    links = [link for line in lines if " " not in line and (link := normalise(line))]
    if len(links) * 2 < len(lines) or not links:
        raise Refused(FetchOutcome.NOT_A_FEED, "not a sitemap: neither XML nor a list of addresses")
    return ParsedSitemap(
        tuple(Entry(url=link) for link in links[:max_entries]), overflow=max(0, len(links) - max_entries)
    )


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gunzip(body, max_size=MAX_BYTES)
    except ValueError:
        raise Refused(FetchOutcome.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB when unpacked") from None
    except (OSError, EOFError, struct.error, zlib.error) as error:
        raise Refused(FetchOutcome.CUT, f"broken gzip: {error}") from None


def _text(element: Any, *path: str) -> str:
    found = element.find("/".join(f"{{*}}{name}" for name in path))
    return (found.text or "").strip() if found is not None else ""


def _words(text: str) -> Iterator[str]:
    yield from (word for part in text.split(",") if (word := plain_text(part)))


def _language(text: str) -> str:
    found = re.match(r"[a-zA-Z]{2,3}(?=$|[-_])", text)
    return found[0].lower() if found else ""
