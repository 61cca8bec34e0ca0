"""Links to articles on a section page: found by the page's structure, or by selectors that a person gave.

Articles stand in rows of alike elements with a headline each; menus, footers and teasers of sections do not. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from cssselect import SelectorError
from lxml import etree
from lxml import html as lxml_html
from lxml.cssselect import CSSSelector
from pydantic import AfterValidator

from crawler.feeds import instant
from crawler.urls import identity, normalise, same_site
from vedette.errors import Refused
from vedette.model import FetchOutcome

HEADLINE = 25
"""Characters that a headline has at least, as the rows of a list have it in the middle; wide scripts count double."""
SURE_HEADLINE = 15
"""The same for links that stand in a heading or an <article>."""
LONGEST_URL = 500
FRAME = ("nav", "footer", "aside", "form", "script", "style", "template", "noscript")
FRAME_NAMES = re.compile(
    r"(^|[-_ ])(nav|navbar|menu|footer|breadcrumbs?|cookie|sidebar|pager|pagination|social|share|tags?|login|advert"
    r"|promo)($|[-_ ])",
    re.IGNORECASE,
)
NO_ARTICLE = re.compile(
    r"/(tags?|topics?|categor(y|ies|ia)|authors?|search|login|logout|signin|register|subscribe|cart|privacy|terms|contact"
    r"|about|cookies?|feed|rss|wp-login|print|calendar|archives?|events?/(day|month|week)|cdn-cgi)(/[^/]*)?/?$"
    r"|\.(pdf|jpe?g|png|gif|svg|mp[34]|zip|docx?|xlsx?|xml|rss|css|js)$",
    re.IGNORECASE,
)
CALENDAR = re.compile(r"/(19|20)\d\d(/(0?[1-9]|1[0-2])(/(0?[1-9]|[12]\d|3[01]))?)?/?$")
NAMED = re.compile(r"/(archives?|topics?|events?|about)/([^/]*\d{4}[^/]*|[^/-]+(-[^/-]+){3,})/?$", re.IGNORECASE)
"""An address under a section that names an article all the same, by its number or by a row of words."""
NUMBER = re.compile(r"=\d{3,}(&|$)")
"""The number of an article in a query: `/page/1175/?id=31647` is the article's page on some sites, not the list's."""
PAGE_PATH = re.compile(r"/page[/-]\d+/?$", re.IGNORECASE)
PAGE_NAMES = ("page", "p", "pg", "paged", "seite", "pagina", "sayfa", "start", "offset")
FACET = re.compile(
    r"^(sort|order(by)?|filter.*|facet.*|view|dir|month|year|day|date|from|to|week|calendar|q|s|search|query|replytocom|print"
    r"|action|session.*|sid|phpsessid|jsessionid|color|size|per_?page|limit|display|.*\[.*\].*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an article: its address, its headline and the date beside it as the page writes it."""

    url: str
    title: str
    date: str = ""


class BadSelector(ValueError):
    """A CSS selector that can't be read; the message says which and why."""


def parse(body: bytes) -> Any:
    """The tree of a page; ValueError where there is none."""
    try:
        return lxml_html.document_fromstring(body, parser=lxml_html.HTMLParser(huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, LookupError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def page_of(body: bytes) -> Any:
    """The tree of an answer that must be a page; Refused where it is empty or none."""
    if not body.strip():
        raise Refused(FetchOutcome.EMPTY, "the answer is empty")
    try:
        return parse(body)
    except ValueError as error:
        raise Refused(FetchOutcome.NOT_A_FEED, f"not an HTML page: {error}") from None


def by_structure(tree: Any, url: str) -> list[Link]:
    """The links of a page that look like articles, in the page's order, each once."""
    rows: dict[tuple[str, ...], list[tuple[int, Link, bool]]] = defaultdict(list)
    for number, element in enumerate(tree.iter("a")):
        link = None if in_frame(element) else _link(element, url)
        if link is not None and is_article_address(link.url, url):
            rows[_shape(element)].append((number, link, _is_headline(element)))
    found: list[tuple[int, Link]] = []
    for row in rows.values():
        lengths = sorted(_width(link.title) for _, link, _ in row)
        headline = sum(sure for _, _, sure in row) * 2 > len(row)
        if lengths[len(lengths) // 2] >= (SURE_HEADLINE if headline else HEADLINE):
            found += [(number, link) for number, link, _ in row if _width(link.title) >= SURE_HEADLINE / 2]
    return list(_once(link for _, link in sorted(found, key=lambda pair: pair[0])))


def by_selectors(tree: Any, url: str, item: str, link: str, title: str, date: str) -> list[Link]:
    """The links that CSS selectors name: `item` the rows, the others within a row, "" for the obvious choice."""
    found = []
    for row in selector(item)(tree):
        anchors = [e for e in selector(link or "a[href]")(row) if e.get("href")]
        anchors += [row] if not anchors and row.get("href") else []
        for anchor in anchors[:1]:
            address = normalise(anchor.get("href") or "", url)
            if address and same_site(address, url):
                text = _first(row, title) or _text(anchor)
                found.append(Link(address, text, _first(row, date) if date else _date(row)))
    return list(_once(found))


def selector(text: str) -> CSSSelector:
    """A CSS selector; BadSelector where it can't be read."""
    try:
        return CSSSelector(text, translator="html")
    except (SelectorError, etree.XPathError) as error:
        raise BadSelector(f"the selector {text!r} can't be read: {error}") from None


def _readable(text: str) -> str:
    if text:
        selector(text)
    return text


Css = Annotated[str, AfterValidator(_readable)]
"""A setting that is a CSS selector, or "" for none."""


def next_page(tree: Any, url: str) -> str:
    """The page with older links: rel=next, or the pager's number after this page's. "" where there is none."""
    for element in tree.xpath("//*[self::a or self::link][@href]"):
        if "next" in (element.get("rel") or "").lower().split():
            address = normalise(element.get("href") or "", url)
            return address if address and same_site(address, url) else ""
    wanted = page_number(url) + 1
    for element in tree.iter("a"):
        address = normalise(element.get("href") or "", url)
        if (
            address
            and same_site(address, url)
            and page_number(address) == wanted
            and _unpaged(address) == _unpaged(url)
        ):
            return address
    return ""


def page_number(url: str) -> int:
    """Which page of a listing an address is, from 1."""
    parts = urlsplit(url)
    path = PAGE_PATH.search(parts.path)
    if path:
        return int(re.sub(r"\D", "", path[0])[:6])
    for name, value in parse_qsl(parts.query):
        if name.lower() in PAGE_NAMES[:-2] and value.isdecimal():
            return int(value[:6])
    return 1


def is_article_address(url: str, page: str) -> bool:
    """Whether an address of the same site may be an article's: no section, calendar, facet, file or endless path."""
    parts = urlsplit(url)
    if not same_site(url, page) or len(url) > LONGEST_URL:
        return False
    if not parts.path.strip("/") and not parts.query:
        return False
    if CALENDAR.search(parts.path) or (NO_ARTICLE.search(parts.path) and not NAMED.search(parts.path)):
        return False
    if PAGE_PATH.search(parts.path) and not NUMBER.search(parts.query):
        return False
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if any(FACET.match(name) or name.lower() in PAGE_NAMES for name in names) or len(names) > 4:
        return False
    steps = [step for step in parts.path.split("/") if step]
    repeated = len(steps) - len(set(steps))
    # the page itself and the sections above it are no articles on it
    above = url.partition("#")[0].rstrip("/") + "/"
    return repeated < 2 and len(steps) <= 12 and not f"{page.rstrip('/')}/".startswith(above)


def language_of(tree: Any) -> str:
    """The language that a page says it is in, "" where it says none."""
    found = re.match(r"[a-zA-Z]{2,3}(?=$|[-_])", (tree.get("lang") or "").strip())
    return found[0].lower() if found else ""


def date_of(text: str) -> Any:
    """The instant of a date beside a link, None where it is none that can be read without doubt."""
    return instant(text) if re.match(r"\d{4}-\d\d-\d\d", text) else None


def _link(element: Any, base: str) -> Link | None:
    address = normalise(element.get("href") or "", base)
    return Link(address, _text(element), _date(_row(element))) if address else None


def _shape(element: Any) -> tuple[str, ...]:
    """What alike links have in common: the tags and first classes of the elements around them."""
    shape: list[str] = []
    while element is not None and len(shape) < 5:
        name = element.tag if isinstance(element.tag, str) else ""
        shape.append(f"{name}.{((element.get('class') or '').split() or [''])[0]}")
        element = element.getparent()
    return tuple(shape)


def in_frame(element: Any) -> bool:
    """Whether a link stands in what surrounds the content of every page of a site."""
    for above in element.iterancestors():
        if above.tag in FRAME:
            return True
        if above.tag == "header" and (above.getparent() is None or above.getparent().tag == "body"):
            return True
        names = f"{above.get('class') or ''} {above.get('id') or ''}"
        if above.tag not in ("body", "html", "main") and FRAME_NAMES.search(names):
            return True
    return False


def _is_headline(element: Any) -> bool:
    names = {e.tag for _, e in zip(range(3), element.iterancestors(), strict=False)}
    inside = element.find(".//h2") is not None or element.find(".//h3") is not None
    return inside or bool(names & {"h1", "h2", "h3", "h4", "article"})


def _row(element: Any) -> Any:
    """The row of the list that a link stands in: the widest element around it without another link's headline."""
    for _ in range(4):
        above = element.getparent()
        if above is None or above.tag in ("body", "main", "ul", "ol") or len(list(above.iter("a"))) > 6:
            return element
        element = above
    return element


def _date(row: Any) -> str:
    for element in row.iter("time"):
        return str(element.get("datetime") or _text(element))[:40]
    return ""


def _first(row: Any, css: str) -> str:
    if not css:
        return ""
    for element in selector(css)(row):
        return str(element.get("datetime") or _text(element))
    return ""


def _text(element: Any) -> str:
    heading = next(element.iter("h1", "h2", "h3", "h4"), None)
    text = " ".join((heading if heading is not None else element).text_content().split())
    return str(text or element.get("title") or element.get("aria-label") or "")[:300]


def _width(text: str) -> float:
    return sum(2.2 if ord(character) > 0x2E80 else 1 for character in text)


def _unpaged(url: str) -> str:
    parts = urlsplit(url)
    query = "&".join(f"{n}={v}" for n, v in parse_qsl(parts.query) if n.lower() not in PAGE_NAMES)
    return identity(f"{parts.scheme}://{parts.netloc}{PAGE_PATH.sub('/', parts.path)}?{query}")


def _once(links: Iterator[Link] | Sequence[Link]) -> Iterator[Link]:
    """Each address once, under the longest of its texts: a picture and a headline often lead to the same page."""
    best: dict[str, Link] = {}
    for link in links:
        key = identity(link.url)
        if key not in best or len(link.title) > len(best[key].title):
            best[key] = link if key not in best else Link(best[key].url, link.title, best[key].date or link.date)
    yield from best.values()
