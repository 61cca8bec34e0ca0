"""What stands within an article's markup and is none of its text: told by structure, whatever the site.

Links to other articles, breadcrumbs and tags, data for machines, the next article of a page that goes on for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.text import words

POINTER = 200
"""Characters of a paragraph that can be no more than a link to another article."""
MOST_LINKS = 3
"""Links of such a paragraph."""
LABEL = 40
"""Characters that introduce such a link: "Read also:"."""
SENTENCE = re.compile(r"[.!?…。！？।؟]['\"”’»)\]]*$")
HEADING = 25
"""Characters of a paragraph that is a heading in all but its element."""
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
DATA = {"datepublished", "datemodified", "publisher", "logo", "mainentityofpage", "keywords", "interactionstatistic"}
"""Properties of microdata that speak to machines."""


def without_surroundings(tree: HtmlElement, url: str) -> HtmlElement:
    """The tree, from which such elements have been taken in place, with their headings."""
    host = _host(url)
    for part in list(tree.iter("nav", "script", "style", "template")):
        if part.getparent() is not None:
            part.drop_tree()
    for element in [*_pointers(tree, host), *_link_lists(tree, host), *_data(tree), *_further_articles(tree)]:
        if element.getparent() is not None:
            _drop(element)
    return tree


def _drop(element: HtmlElement) -> None:
    """Take out an element, the heading above it, and what held nothing else."""
    heading = element.getprevious()
    parent = element.getparent()
    element.drop_tree()
    if heading is not None and _introduces(heading):
        heading.drop_tree()
    while parent is not None and parent.getparent() is not None and parent.tag in ("div", "section", "aside", "nav"):
        left = _line(parent)
        if len(left) > LABEL or (left and next(parent.iter(*HEADINGS), None) is None):
            return
        emptied = parent
        parent = parent.getparent()
        emptied.drop_tree()


def _introduces(element: HtmlElement) -> bool:
    """Whether it is the heading of what follows, or a paragraph that is as short as one."""
    if element.tag in HEADINGS:
        return len(_line(element)) <= POINTER
    return element.tag in ("p", "div", "span") and len(_line(element)) <= HEADING


def _pointers(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Paragraphs that are a link to the same site, with no more than a label before it."""
    for paragraph in tree.iter("p", *HEADINGS):
        links = list(paragraph.iter("a"))
        if not links or len(links) > MOST_LINKS or next(paragraph.iter("img"), None) is not None:
            continue
        if not all(_is_local(a, host) for a in links):
            continue
        whole = _line(paragraph)
        linked = " ".join(_line(link) for link in links)
        rest = len(whole) - len(linked)
        label = whole[: whole.find(_line(links[0]))].strip()
        labelled = label.endswith((":", "|", "-", "–", ">", "»", "：")) and rest <= LABEL
        if len(whole) <= POINTER and linked and (labelled or (rest <= 2 and not SENTENCE.search(whole))):
            yield paragraph


def _link_lists(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Lists of nothing but links to the same site."""
    within: set[HtmlElement] = set()
    for listing in tree.iter("ul", "ol"):
        items = [] if listing in within else list(listing.iterchildren("li"))
        if items and all(_is_link(item, host) for item in items if _line(item)):
            within.update(listing.iterdescendants("ul", "ol"))
            yield listing


def _is_link(item: HtmlElement, host: str) -> bool:
    links = list(item.iter("a"))
    if not links or not all(_is_local(a, host) for a in links):
        return False
    return len(_line(item)) <= sum(len(_line(a)) for a in links) + 3


def _is_local(link: HtmlElement, host: str) -> bool:
    """Whether a link stays on the site, a subdomain of it included."""
    href = link.get("href") or ""
    if not host or "//" not in href[:10]:
        return True
    found = _host(href)
    return not found or ".".join(found.split(".")[-2:]) == ".".join(host.split(".")[-2:])


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def _data(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Elements with properties for machines, where they hold no paragraphs."""
    for element in tree.xpath("//*[@itemprop]"):
        if DATA & set(element.get("itemprop", "").lower().split()) and next(element.iter("p"), None) is None:
            yield element


def _further_articles(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Articles with a headline of their own that follow the first one, side by side with it."""
    headed = [article for article in tree.iter("article") if next(article.iter("h1"), None) is not None]
    if len(headed) < 2:
        return
    within = set(headed[0].iter("article")) | set(headed[0].iterancestors())
    first = words(_line(next(headed[0].iter("h1"))))
    for article in headed[1:]:
        if article not in within and words(_line(next(article.iter("h1")))) != first:
            yield article


def _line(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())
