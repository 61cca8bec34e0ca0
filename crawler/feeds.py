"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed, from bytes to entries.

Well-formed XML goes to fastfeedparser, which is some fifty times as fast; what a strict parser refuses goes to
feedparser, which makes sense of nearly anything. Both are fed bytes, so that declared and real charsets meet there.
"""

from __future__ import annotations

import calendar
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import fastfeedparser
import feedparser
from lxml import etree
from lxml import html as lxml_html

from crawler.urls import normalise
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome
from vedette.months import month_names

MAX_ENTRIES = 2000
"""Entries taken from one feed; the rest is counted as overflow."""

DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\D{1,3}(\d{1,2}):(\d{2}))?(?![\d.])")
TIME = r"(?:\D{1,5}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([+-]\d{2}:?\d{2})?)?"
EAST_ASIAN = re.compile(rf"(?<!\d)(\d{{4}})\s*[年년]\s*(\d{{1,2}})\s*[月월]\s*(\d{{1,2}}){TIME}")
NAMED = re.compile(rf"(?<!\w)(\d{{1,2}})\.?(?:\s+de)?[\s-]+([^\W\d][^\s\d,-]+)(?:\s+de)?[\s,-]+(\d{{4}})(?!\d){TIME}")
BARE_AMPERSAND = re.compile(rb"&(?=[a-zA-Z0-9_]+=)")
"""Of a URL that was not escaped: `&copy=3` would be read as a copyright sign."""
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
PUBLISHED = ("pubDate", "published", "issued", "date", "created")
UPDATED = ("updated", "modified")
DATES = ("pubDate", "date", "published", "issued", "created", "updated", "modified")
HTML = re.compile(rb"<html\b|<!doctype html\b", re.IGNORECASE)
ROOT = re.compile(rb"<(?:[\w.-]+:)?([a-zA-Z][\w.-]*)")
FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
A_PAGE = "this is an HTML page, not a feed: look for a feed link on it with `vedette sources discover`"
ROOTS = {"rss", "feed", "rdf", "channel"}


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed says. `overflow` counts entries beyond the limit; `malformed` that the strict parser refused it."""

    entries: tuple[Entry, ...]
    title: str = ""
    language: str = ""
    home: str = ""
    ttl: timedelta | None = None
    hub: str = ""
    topic: str = ""  # what it calls itself
    malformed: bool = False
    overflow: int = 0


def parse_feed(
    body: bytes, *, url: str, headers: Mapping[str, str] | None = None, max_entries: int = MAX_ENTRIES
) -> ParsedFeed:
    """Parse a feed fetched from `url`; Refused with NOT_A_FEED or EMPTY where it is none."""
    if not body.strip():
        raise Refused(FetchOutcome.EMPTY, "the answer is empty")
    if body.lstrip()[:1] in (b"{", b"["):
        return _json_feed(body, url, max_entries)
    if _is_page(body):  # the lenient parser would look through all of it and find nothing
        raise Refused(FetchOutcome.NOT_A_FEED, A_PAGE)
    root = _strict_root(body)
    if root is not None:
        return _well_formed(body, root, url, max_entries)
    return parse_malformed(body, url, headers or {}, max_entries)


def looks_malformed(body: bytes) -> bool:
    """Whether `parse_feed` would need the lenient parser, whose time is not bounded: run it where it can be killed."""
    if body.lstrip()[:1] in (b"{", b"[") or _is_page(body):
        return False
    root = _strict_root(body)
    return root is None or not _usual(root)


def parse_malformed(body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> ParsedFeed:
    """Parse what is not well-formed, with feedparser."""
    response = {"content-type": headers.get("content-type", ""), "content-location": url}
    body = BARE_AMPERSAND.sub(b"&amp;", body)
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False, response_headers=response)
    if not parsed.version and not parsed.entries:
        raise Refused(FetchOutcome.NOT_A_FEED, _what_it_is(body))
    feed = parsed.feed
    entries = [_entry(e, url) for e in parsed.entries[:max_entries]]
    return ParsedFeed(
        entries=tuple(entries),
        title=plain_text(feed.get("title", "")),
        language=_language(feed.get("language")),
        home=normalise(feed.get("link", ""), url),
        ttl=_ttl(feed.get("ttl")),
        hub=_related(feed.get("links", ()), "hub"),
        topic=_related(feed.get("links", ()), "self"),
        malformed=True,
        overflow=max(0, len(parsed.entries) - max_entries),
    )


def _well_formed(body: bytes, root: Any, url: str, max_entries: int) -> ParsedFeed:
    if not _usual(root):
        return parse_malformed(body, url, {}, max_entries)
    try:
        parsed = fastfeedparser.parse(body, include_tags=True, include_media=True)
    except (ValueError, LookupError, TypeError, AttributeError, etree.LxmlError):
        return parse_malformed(body, url, {}, max_entries)  # well-formed, but not as this parser likes it
    feed, found = parsed.feed, parsed.entries
    elements = list(root.iter("{*}item", "{*}entry"))
    if len(found) != len(elements):
        return parse_malformed(body, url, {}, max_entries)
    channel = root.find("{*}channel")
    own = [dict(link.attrib) for part in (root, channel) if part is not None for link in part.iterfind(ATOM_LINK)]
    pairs = list(zip(found, elements, strict=True))[:max_entries]
    entries = [_entry(_completed(e, element), urljoin(url, element.base or "")) for e, element in pairs]
    return ParsedFeed(
        entries=tuple(entries),
        title=plain_text(feed.get("title") or ""),
        language=_language(feed.get("language") or _first_text(root, "language") or root.get(XML_LANG)),
        home=normalise(feed.get("link") or "", url),
        ttl=_ttl(_first_text(root, "ttl")),
        hub=_related(own, "hub"),
        topic=_related(own, "self"),
        overflow=max(0, len(found) - max_entries),
    )


def _usual(root: Any) -> bool:
    """Whether this is a feed by its root, and its entries are where they belong: in the root or its channel."""
    if local_name(root).lower() not in ROOTS:
        return False
    homes = {root, *root.iterchildren("{*}channel")}
    return all(element.getparent() in homes for element in root.iter("{*}item", "{*}entry"))


def _strict_root(body: bytes) -> Any:
    """The root element, None where the text is not well-formed XML. Entities are not resolved, nothing is loaded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    # an entity that was left unresolved would be missing from the text: let the lenient parser see to it
    return None if next(root.iter(etree.Entity), None) is not None else root


def _completed(raw: Any, element: Any) -> dict[str, Any]:
    """An entry of fastfeedparser, set right from the element itself.

    That parser leaves out the `<link>` of an RSS item that also has an Atom link of another relation, dates that the
    version of RSS does not know, titles in XHTML and relative permalinks; it repeats the link as id where there is
    none, and guesses a date from the id (a `<guid>12</guid>` is the twelfth of this month to it).
    """
    entry = dict(raw)
    texts: dict[str, str] = {}
    for child in element.iterchildren(etree.Element):
        if text := (child.text or "").strip():
            texts.setdefault(local_name(child), text)
    if "link" in texts and element.find(ATOM_LINK) is not None:
        entry["links"], entry["link"] = (), texts["link"]
    if not (entry.get("title") or "").strip() and (title := element.find("{*}title")) is not None:
        entry["title"] = "".join(title.itertext())
    dated = [texts[name] for name in DATES if name in texts]
    if not dated:
        entry["published"] = entry["updated"] = ""
    elif not any(entry.get(name) for name in ("published", "created", "updated")):
        entry["published"] = dated[0]
    for key, names in (("published", PUBLISHED), ("updated", UPDATED)):  # what we can read is not left to its guesses
        written = next((texts[name] for name in names if name in texts), "")
        if entry.get(key) and (_plain(written) or not _has_day(written, instant(entry[key]))):
            entry[key] = written
    guid = element.find("{*}guid")
    if guid is None and element.find("{*}id") is None and element.get(RDF_ABOUT) is None:
        entry["id"] = ""
    elif not entry.get("link") and guid is not None and guid.get("isPermaLink") == "true":
        entry["link"] = texts.get("guid", "")
    return entry


def _entry(raw: Any, base: str) -> Entry:
    """One entry of either parser; `url` is "" where it names no page."""
    links = raw.get("links") or ()
    link = normalise(_alternate(links) or raw.get("link") or "", base)
    entry_id = str(raw.get("id") or "").strip()
    if not link and entry_id.startswith(("http://", "https://")):
        link = normalise(entry_id, base)
    content = next((c.get("value") or "" for c in raw.get("content") or () if isinstance(c, Mapping)), "")
    summary = str(raw.get("summary") or raw.get("description") or "")
    return Entry(
        url=link,
        entry_id=entry_id,
        title=plain_text(str(raw.get("title") or "")),
        summary=plain_text(summary or content)[:2000],
        content=content if content != summary else "",
        published_at=instant(raw.get("published") or raw.get("created") or raw.get("updated")),
        updated_at=instant(raw.get("updated")),
        authors=_authors(raw),
        language=_language(raw.get("language")),
        image=_image(raw, base),
        tags=tuple(dict.fromkeys(str(t.get("term") or "") for t in raw.get("tags") or () if t.get("term"))),
    )


def _json_feed(body: bytes, url: str, max_entries: int) -> ParsedFeed:
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise Refused(FetchOutcome.NOT_A_FEED, f"neither XML nor JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise Refused(FetchOutcome.NOT_A_FEED, "JSON without the `items` of a JSON Feed")
    found = [item for item in data["items"] if isinstance(item, dict)]
    entries = [_json_entry(item, url) for item in found[:max_entries]]
    hubs = data["hubs"] if isinstance(data.get("hubs"), list) else ()
    return ParsedFeed(
        entries=tuple(entries),
        title=plain_text(str(data.get("title") or "")),
        language=_language(data.get("language")),
        home=normalise(str(data.get("home_page_url") or ""), url),
        hub=next((str(h.get("url") or "") for h in hubs if isinstance(h, dict)), ""),
        topic=str(data.get("feed_url") or ""),
        overflow=max(0, len(found) - max_entries),
    )


def _json_entry(item: dict[str, Any], base: str) -> Entry:
    entry_id = str(item.get("id") or "").strip()
    link = normalise(str(item.get("url") or item.get("external_url") or ""), base)
    if not link and entry_id.startswith(("http://", "https://")):
        link = normalise(entry_id, base)
    authors = item.get("authors") or [item.get("author") or {}]
    content = str(item.get("content_html") or "")
    text = str(item.get("summary") or item.get("content_text") or content)
    return Entry(
        url=link,
        entry_id=entry_id,
        title=plain_text(str(item.get("title") or "")),
        summary=plain_text(text)[:2000],
        content=content,
        published_at=instant(item.get("date_published")),
        updated_at=instant(item.get("date_modified")),
        authors=tuple(str(a["name"]) for a in authors if isinstance(a, dict) and a.get("name")),
        language=_language(item.get("language")),
        image=normalise(str(item.get("image") or ""), base),
        tags=tuple(str(t) for t in item.get("tags") or () if isinstance(t, str)),
    )


def plain_text(text: str) -> str:
    """Text without markup: tags removed, entities resolved (twice-escaped ones too), white space folded."""
    if "<" in text or "&" in text:
        try:
            text = (
                lxml_html.fromstring(f"<div>{text}</div>").text_content() if re.search(r"<[a-zA-Z/!]", text) else text
            )
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            text = re.sub(r"<[^>]*>", " ", text)
        text = html.unescape(text)
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without NUL, other controls and lone surrogates."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", text)


def local_name(element: Any) -> str:
    """An element's name without its namespace; it may hold a brace, which etree.QName refuses."""
    return str(element.tag).rpartition("}")[2]


def instant(value: Any) -> datetime | None:
    """An aware instant in UTC from however a feed wrote it; a time without a zone is taken as UTC. None for no date."""
    text = " ".join(str(value or "").split())
    if not text:
        return None
    found = _plain(text) or _read(_free, text)
    if found is None:
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        return None
    return found if 1970 <= found.year <= 2200 else None


def _plain(text: str) -> datetime | None:
    """A date that is written in a way that leaves no choice."""
    ways = (datetime.fromisoformat, _rfc822, _dotted, _east_asian, _named)
    return next((found for way in ways if (found := _read(way, text)) is not None), None)


def _read(way: Callable[[str], datetime | None], text: str) -> datetime | None:
    """A date, None where it is not written in this way."""
    try:
        return way(text)
    except (ValueError, OverflowError, TypeError):
        return None


def _rfc822(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text)


def _dotted(text: str) -> datetime | None:
    """12.03.2026 14:05: with dots the day comes first, everywhere."""
    match = DOTTED.search(text)
    if match is None:
        return None
    day, month, year, hour, minute = (int(group or 0) for group in match.groups())
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _east_asian(text: str) -> datetime | None:
    """2026年3月12日 14:05."""
    match = EAST_ASIAN.search(text)
    if match is None:
        return None
    year, month, day, *time = match.groups()
    return _at(int(year), int(month), int(day), *time)


def _named(text: str) -> datetime | None:
    """12 Μαρ 2026 14:05:00 +0200: as RFC 822 would have it, but for the language of the month."""
    match = NAMED.search(text)
    month = month_names().get(match[2].casefold().strip(".")) if match is not None else None
    if match is None or month is None:
        return None
    day, _, year, *time = match.groups()
    return _at(int(year), month, int(day), *time)


def _at(year: int, month: int, day: int, hour: str, minute: str, second: str, zone: str) -> datetime:
    """An instant; in UTC where no zone is given, as a day where no time is."""
    offset = datetime.strptime(zone.replace(":", ""), "%z").tzinfo if zone else UTC
    return datetime(year, month, day, int(hour or 0), int(minute or 0), int(second or 0), tzinfo=offset)


def _has_day(text: str, found: datetime | None) -> bool:
    """Whether the day that a parser found is written there, or the one beside it, which a zone makes of it."""
    days = {(found + timedelta(shift)).day for shift in (-1, 0, 1)} if found is not None else set()
    return bool(days & {int(number) for number in re.findall(r"\d{1,2}(?!\d)", text)}) or text.isdigit()


def _free(text: str) -> datetime | None:
    parsed = feedparser.datetimes._parse_date(text)
    return None if parsed is None else datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def _alternate(links: Any) -> str:
    for link in links:
        if isinstance(link, Mapping) and (link.get("rel") or "alternate") == "alternate" and link.get("href"):
            return str(link["href"])
    return ""


def _related(links: Any, relation: str) -> str:
    """The first link of a feed itself with that relation, which may be one of several."""
    fitting = (k for k in links if isinstance(k, Mapping) and relation in str(k.get("rel") or "").lower().split())
    return next((str(k["href"]).strip() for k in fitting if k.get("href")), "")


def _authors(raw: Any) -> tuple[str, ...]:
    named = [str(a.get("name") or "") for a in raw.get("authors") or () if isinstance(a, Mapping)]
    names = [n for n in named if n] or [str(raw.get("author") or "")]
    return tuple(dict.fromkeys(plain_text(n) for n in names if n.strip()))


def _image(raw: Any, base: str) -> str:
    for key in ("media_content", "media_thumbnail"):
        for media in raw.get(key) or ():
            if isinstance(media, Mapping) and media.get("url") and "image" in str(media.get("type") or "image"):
                return normalise(str(media["url"]), base)
    for enclosure in raw.get("enclosures") or ():
        address = enclosure.get("url") or enclosure.get("href")
        if address and str(enclosure.get("type") or "").startswith("image/"):
            return normalise(str(address), base)
    return ""


def _language(value: Any) -> str:
    found = re.match(r"[a-zA-Z]{2,3}(?=$|[-_])", str(value or "").strip())
    return found[0].lower() if found else ""


def _ttl(value: Any) -> timedelta | None:
    return timedelta(minutes=min(int(value), 10080)) if str(value or "").strip().isdecimal() and int(value) else None


def _first_text(root: Any, name: str) -> str:
    found = root.find(f".//{{*}}{name}")
    return (found.text or "").strip() if found is not None else ""


def _what_it_is(body: bytes) -> str:
    if HTML.search(body, 0, 2000):
        return A_PAGE
    root = ROOT.search(body, 0, 2000)
    if root is None:
        return "this is not a feed"
    name = root[1].decode("latin-1")
    if name in ("urlset", "sitemapindex"):
        return "this is a sitemap, not a feed: declare it with the kind sitemap or newssitemap"
    return f"this is not a feed: the document is a <{name}>"


def _is_page(body: bytes) -> bool:
    """Whether this is an HTML page that holds no feed, wherever one might begin."""
    return HTML.search(body, 0, 2000) is not None and FEED.search(body) is None
