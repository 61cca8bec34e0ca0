"""When an article was published and changed: the instant, how exact it is, its zone, and where the page says so.

Evidence in the order of its worth: JSON-LD, meta, microdata, <time>, URL, a visible date near the headline, htmldate.
An instant without a zone is taken as UTC, unless the feed's own date tells the offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from dateutil import parser as dateutil
from htmldate import find_date

from extractors.document import Document
from extractors.visible_date import visible_date

PUBLISHED_META = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "datepublished",
    "publish_date",
    "publish-date",
    "publishdate",
    "pubdate",
    "publication_date",
    "published_time",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "article.published",
    "article_date_original",
    "originalpublicationdate",
    "rnews:datepublished",
    "citation_publication_date",
    "analyticsattributes.articledate",
    "dc.date",
    "dcterms.date",
    "date",
)
MODIFIED_META = (
    "article:modified_time",
    "og:updated_time",
    "article:modified",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "revision_date",
)
WEAK = {"url", "visible", "htmldate", "time"}
"""Evidence that the feed's date outweighs."""
MAIL = re.compile(r"([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d")
DAY = re.compile(r"\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{2,4}")
CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}|T\d{2}|\d{1,2}\s*[ap]\.?m", re.IGNORECASE)
DEFAULTS = (datetime(1900, 1, 1), datetime(1904, 2, 2))  # noqa: DTZ001 - so that "no zone" stays visible
_WEST = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_EAST = {"WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "AZT": 4, "GET": 4, "JST": 9, "KST": 9}
ZONES = {name: hours * 3600 for name, hours in (_WEST | _EAST).items()}
"""Abbreviations that mean one zone in the press, seconds east of Greenwich; others (IST, BST, AST) mean several."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class When:
    """An instant in UTC. `precision` is instant or day; `zone` the offset as written, "" where none was."""

    at: datetime
    precision: str
    evidence: str
    zone: str = ""


def published(document: Document) -> When | None:
    """When the article was first published, None where nothing says so."""
    latest = (document.page.fetched_at or datetime(2100, 1, 1, tzinfo=UTC)) + timedelta(days=2)
    best: When | None = None
    for evidence, text in _published_texts(document):
        found = parse(text, evidence)
        if found is None or not EARLIEST <= found.at <= latest:
            continue
        if best is None:
            best = found
        elif best.precision == "day" and found.precision == "instant" and _same_day(best, found):
            best = found  # a weaker place that says the same day, and the time
        elif not best.zone and found.zone and _same_clock(best, found):
            best = found  # a weaker place that says the same time, and where it is told
        if best.precision == "instant" and best.zone:
            break
    return _with_feed(best or _guessed(document), document, latest)


def modified(document: Document) -> When | None:
    """When the page says it was changed last, None where it does not."""
    node = document.jsonld_article
    texts = [("jsonld", str(node["dateModified"]))] if isinstance(node.get("dateModified"), str) else []
    texts += [("meta", document.first_meta(name)) for name in MODIFIED_META if document.first_meta(name)]
    return next((found for evidence, text in texts if (found := parse(text, evidence)) is not None), None)


def parse(text: str, evidence: str = "") -> When | None:
    """An instant from a machine's or a person's way of writing it; None where there is no full date in it."""
    text = re.sub(r"\s+", " ", text).strip()[:60]
    if not re.search(r"\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}", text):
        return None
    timed = bool(CLOCK.search(DAY.sub(" ", text)))
    epoch = re.fullmatch(r"\d{10}(\d{3})?", text)
    try:
        if epoch:
            return When(datetime.fromtimestamp(int(text[:10]), UTC), "instant", evidence, "+00:00")
        at = _read(text)
    except (ValueError, OverflowError, TypeError):
        return None
    if at is None:
        return None
    zone = at.strftime("%z")
    zone = f"{zone[:3]}:{zone[3:5]}" if zone else ""
    try:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return When(at, "instant" if timed else "day", evidence, zone if timed else "")


def _read(text: str) -> datetime | None:
    with suppress(ValueError):  # most people and many machines write otherwise
        return datetime.fromisoformat(text)
    if MAIL.match(text):
        return parsedate_to_datetime(text)
    european = bool(re.match(r"\d{1,2}([./-])\d{1,2}\1\d{4}", text))
    # twice, over different defaults: what differs then was not in the text. No zone in the text: none in the result.
    one, other = (dateutil.parse(text, dayfirst=european, default=day, tzinfos=ZONES) for day in DEFAULTS)
    return one if one == other else None


def _published_texts(document: Document) -> Iterator[tuple[str, str]]:
    node = document.jsonld_article
    for key in ("datePublished", "dateCreated", "uploadDate"):
        if isinstance(node.get(key), str):
            yield "jsonld", node[key]
            break
    for name in PUBLISHED_META:
        for content in document.meta.get(name, ())[:1]:
            yield "meta", content
    for element in document.tree.xpath("//*[contains(@itemprop, 'datePublished')]")[:3]:
        yield "microdata", element.get("content") or element.get("datetime") or element.text_content()
    for other in document.jsonld:  # of the page, say, or of a question
        if other is not node and isinstance(other.get("datePublished"), str):
            yield "jsonld", other["datePublished"]
            break
    yield from _time_elements(document)
    found = re.search(r"/(20\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/._-]|$)", document.page.url)
    if found:
        yield "url", "-".join(found.groups())


def _time_elements(document: Document) -> Iterator[tuple[str, str]]:
    """<time> elements, those that call themselves a publication date first, then those near the headline."""
    elements = document.tree.xpath("//time[@datetime]")[:40]
    marked = re.compile(r"publish|posted|entry-date|post-date|pubdate", re.IGNORECASE)
    first = [e for e in elements if e.get("pubdate") is not None or marked.search(e.get("class") or "")]
    near = document.headings[0].xpath("ancestor::*[position() <= 4]//time[@datetime]") if document.headings else []
    for element in [*first, *near[:1], *(elements if len(elements) <= 2 else ())]:
        if "updated" not in (element.get("class") or "").lower() or element in first:
            yield "time", element.get("datetime")


def _guessed(document: Document) -> When | None:
    seen = visible_date(document)
    if seen is not None:
        return When(seen[0], "instant" if seen[1] else "day", "visible")
    try:
        day = find_date(document.tree, url=document.page.url or None, original_date=True, outputformat="%Y-%m-%d")
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    if not day or day.endswith("-01-01"):
        return None  # a year alone, of a copyright line as a rule
    return parse(day, "htmldate")


def _with_feed(found: When | None, document: Document, latest: datetime) -> When | None:
    """The page's date checked against the feed's, which completes a day or a missing zone."""
    entry = document.page.entry
    said = entry.published_at if entry is not None else None
    if said is None or not EARLIEST <= said <= latest:
        return found
    if found is None:
        return When(said, "instant", "feed", "")
    apart = abs((found.at - said).total_seconds())
    if found.evidence in WEAK and apart > 36 * 3600:
        return When(said, "instant", "feed", "")  # a date in passing against the publisher's own feed
    if found.precision == "day" and apart <= 36 * 3600:
        return replace(found, at=said, precision="instant", evidence=f"{found.evidence}+feed")
    if not found.zone and apart <= 14 * 3600 and min(apart % 900, 900 - apart % 900) <= 90:
        return replace(found, at=said, evidence=f"{found.evidence}+feed")
    return found


def _same_clock(unzoned: When, zoned: When) -> bool:
    """Whether both were written as the same time of day, to the minute."""
    sign = -1 if zoned.zone.startswith("-") else 1
    offset = sign * timedelta(hours=int(zoned.zone[1:3]), minutes=int(zoned.zone[4:6]))
    return abs((zoned.at + offset - unzoned.at).total_seconds()) < 60


def _same_day(a: When, b: When) -> bool:
    return abs((a.at - b.at).total_seconds()) < 36 * 3600
