"""Captions of an article's pictures: they often name what the text only hints at, and are no part of its flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from extractors.document import Document
from extractors.standfirst import ELSEWHERE
from extractors.text import tidy, words

SHORTEST = 4
"""Words of a caption; shorter ones are credits."""
LONGEST = 600
"""Characters; longer ones are texts."""
MOST = 20
"""Captions of one article; a gallery has more, and says little with them."""
NAMED = re.compile(r"caption|bildunterschrift|didascalia|cutline|(?:photo|image|picture)[-_]?desc", re.IGNORECASE)
"""What captions are called that are no <figcaption>."""


def captions(document: Document, title: str) -> tuple[str, ...]:
    """The captions of the article, in the order of the page, each once."""
    found: dict[str, str] = {}
    for element in _candidates(_region(document)):
        caption = tidy(element.text_content()).replace("\n\n", " ")
        said = words(caption)
        if len(said) >= SHORTEST and len(caption) <= LONGEST and said != words(title):
            found.setdefault(" ".join(said), caption)
        if len(found) == MOST:
            break
    return tuple(found.values())


def without_captions(text: str, found: tuple[str, ...]) -> str:
    """The text without paragraphs that are captions; a text that has nothing else stays as it is."""
    if not found:
        return text
    known = {" ".join(words(caption)) for caption in found}
    return "\n\n".join(p for p in text.split("\n\n") if " ".join(words(p)) not in known) or text


def _region(document: Document) -> HtmlElement:
    """The part of the page that is the article's: what holds its headline."""
    if document.headings:
        return next(document.headings[0].iterancestors("article", "main"), document.tree)
    return document.tree


def _candidates(region: HtmlElement) -> Iterator[HtmlElement]:
    within: set[HtmlElement] = set()
    for element in region.iter("figcaption", "p", "div", "span", "small", "em", "dd", "td"):
        if element in within:
            continue
        if (element.tag == "figcaption" or _is_named(element)) and not _is_elsewhere(element):
            within.update(element.iterdescendants())
            yield element


def _is_named(element: HtmlElement) -> bool:
    """Whether it is called a caption, holds no picture itself, and stands beside one."""
    if not NAMED.search(element.get("class") or "") or next(element.iter("img", "picture"), None) is not None:
        return False
    return any(next(above.iter("img", "picture"), None) is not None for above in list(element.iterancestors())[:2])


def _is_elsewhere(element: HtmlElement) -> bool:
    for depth, above in enumerate((element, *element.iterancestors())):
        if above.tag in ("a", "nav", "aside", "footer", "form"):
            return True
        if depth < 6 and above.tag not in ("body", "html") and ELSEWHERE.search(above.get("class") or ""):
            return True
    return False
