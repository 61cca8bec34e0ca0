"""A page, parsed once, as every extractor sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from extractors.charset import decode
from vedette.errors import Refused
from vedette.model import DropReason, Page

ARTICLE_TYPES = {
    "article",
    "newsarticle",
    "reportagenewsarticle",
    "analysisnewsarticle",
    "opinionnewsarticle",
    "backgroundnewsarticle",
    "reviewnewsarticle",
    "blogposting",
    "socialmediaposting",
    "liveblogposting",
    "report",
    "scholarlyarticle",
    "techarticle",
    "advertisercontentarticle",
    "satiricalarticle",
}
"""Types of schema.org that are articles, in lower case."""

UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")


class Document:
    """The parsed page; everything is made when first asked for."""

    def __init__(self, page: Page) -> None:
        """Nothing is parsed yet."""
        self.page = page
        self._elements: list[lxml_html.HtmlElement] = []

    @cached_property
    def html(self) -> str:
        """The text of the page (see `extractors.charset`)."""
        text = decode(self.page.body, self.page.headers.get("content-type"))
        return UNWANTED.sub("", text)

    @cached_property
    def tree(self) -> lxml_html.HtmlElement:
        """The root element, without styles, drawings and readings of characters; Refused where a parser finds none."""
        parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
        try:
            root = lxml_html.document_fromstring(self.html.encode("utf-8", "replace"), parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
            raise Refused(DropReason.NO_TEXT, f"no HTML in it: {error}") from None
        for element in list(root.iter("style", "svg", "rt", "rp")):  # their text is none of what is read
            if element.getparent() is not None:
                element.drop_tree()
        self._elements = list(root.iter(etree.Element))  # while they are held, lxml needs not make them again
        return root

    @cached_property
    def paywalled(self) -> bool:
        """Whether the page says that its article is not for everybody."""
        free = str(self.jsonld_article.get("isAccessibleForFree")).lower()
        return free == "false" or bool(_HELD.fullmatch(self.first_meta("article:content_tier")))

    @cached_property
    def headings(self) -> list[lxml_html.HtmlElement]:
        """The <h1> with a text, but for those that are the site's name or logo."""
        found = [h for h in self.tree.iter("h1") if len(h.text_content().strip()) > 3]
        return [heading for heading in found if not _is_logo(heading)]

    @cached_property
    def behind_headline(self) -> list[lxml_html.HtmlElement]:
        """All elements: those behind the first h1, then those before it."""
        self.tree  # noqa: B018 - parsed now, if it was not
        elements = self._elements
        at = elements.index(self.headings[0]) if self.headings else -1
        return elements[at + 1 :] + elements[: max(at, 0)]

    @cached_property
    def meta(self) -> Mapping[str, list[str]]:
        """Contents of <meta> by name, property or itemprop in lower case, in the order of the page."""
        found: dict[str, list[str]] = {}
        for element in self.tree.iter("meta"):
            content = (element.get("content") or "").strip()
            for attribute in ("property", "name", "itemprop", "http-equiv"):
                for name in (element.get(attribute) or "").lower().split():
                    if content:
                        found.setdefault(name, []).append(content)
        return found

    def first_meta(self, *names: str) -> str:
        """The content of the first of these names that the page has, "" for none."""
        return next((self.meta[name][0] for name in names if name in self.meta), "")

    @cached_property
    def jsonld(self) -> list[dict[str, Any]]:
        """All JSON-LD objects of the page, nested ones too."""
        nodes: list[dict[str, Any]] = []
        for script in self.tree.iterfind(".//script[@type]"):
            if "ld+json" in (script.get("type") or "").lower():
                nodes.extend(_objects(_load(script.text_content())))
        return nodes

    @cached_property
    def jsonld_article(self) -> dict[str, Any]:
        """The JSON-LD object of the article, {} where there is none; of several the one with the most to say."""
        articles = [node for node in self.jsonld if ARTICLE_TYPES & types_of(node)]
        return max(articles, key=lambda node: sum(1 for key in _TELLING if node.get(key)), default={})


_HELD = re.compile(r"\s*(locked|metered|premium|subscri\w+)\s*", re.IGNORECASE)
_LOGO = re.compile(r"logo|site-?_?(?:title|name|brand)|blog-?_?(?:title|name)|brand|masthead", re.IGNORECASE)
"""What elements are called that hold the name of the site."""


def _is_logo(heading: lxml_html.HtmlElement) -> bool:
    """Whether a heading is called so, or is a link to the home page."""
    called = (heading, *islice(heading.iterancestors("a", "div", "header"), 1), *heading.iter("a"))
    if any(_LOGO.search(f"{element.get('class') or ''} {element.get('id') or ''}") for element in called):
        return True
    links = [*heading.iter("a"), *heading.iterancestors("a")]
    return bool(links) and re.sub(r"^https?://[^/]+", "", (links[0].get("href") or "x").strip()) in ("", "/")


_TELLING = ("headline", "articleBody", "datePublished", "author", "mainEntityOfPage", "description")


def types_of(node: Mapping[str, Any]) -> set[str]:
    """The schema.org types of a JSON-LD object, in lower case without prefix."""
    kinds = node.get("@type") or node.get("type") or ()
    listed = kinds if isinstance(kinds, list | tuple) else [kinds]
    names = [name for name in listed if isinstance(name, str)]
    return {re.split(r"[/:#]", name)[-1].lower() for name in names}


def texts_of(value: Any) -> Iterator[str]:
    """The names in a JSON-LD value, which may be a text, an object with a name, or a list of these."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts_of(value.get("name") or value.get("url") or value.get("@id") or ())
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)


def _load(text: str) -> Any:
    text = re.sub(r"^\s*(<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(-->|//\s*\]\]>|\]\]>)\s*;?\s*$", "", text.strip())
    bare = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)  # of comments, which are none in JSON
    for attempt in (text, re.sub(r"[\x00-\x1f]+", " ", text), re.sub(r",\s*([}\]])", r"\1", bare)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _objects(item, depth + 1)
