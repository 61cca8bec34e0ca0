"""The standfirst: the sentence or two between headline and text that say what happened; texts are often taken without.

An element is one where it stands behind the headline and before the text, and calls itself so, or says what the page
says of itself in its description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml.html import HtmlElement

from extractors.document import Document
from extractors.text import tidy, words

SHORTEST = 40
LONGEST = 800
"""Characters that a standfirst has."""
NAMED = re.compile(
    r"lead|lede|(?<!lis)lid(?:$|[-_])|standfirst|sub-?_?(?:title|head|headline|line)|deck?(?:$|[-_])|chapeau|chapo|intro"
    r"|preamble|abstract|excerpt|summary|vorspann|ingress|sapo|bajada|copete|sommario|occhiello|spot|article[-_]+desc"
    r"|anons|perex|speakable|dek\b",
    re.IGNORECASE,
)
"""What such elements are called in many languages' templates."""
ELSEWHERE = re.compile(
    r"related|recommend|teaser|card|sidebar|newsletter|promo|leaderboard|comment|author|footer", re.I
)
"""What parts of a page are called that speak of something else."""
HELD = 0.6
"""The share of a standfirst's word pairs in the text, from which on it stands there already."""
SAID = 0.8
"""The share of the description's word pairs that an element must hold to say the same."""
BLOCKS = {"p", "h2", "h3", "h4", "div", "strong", "span", "section"}


def standfirst(document: Document, text: str, title: str) -> str:
    """The page's standfirst, "" where it has none or the text holds it."""
    told = _pairs(text)
    described = _described(document)
    first = words(text)[:8]
    for element in _between(document.tree, title, first):
        found = tidy(element.text_content()).replace("\n", " ")
        if not SHORTEST <= len(found) <= LONGEST or words(found) == words(title):
            continue
        pairs = _pairs(found)
        named = NAMED.search(f"{element.get('class') or ''} {element.get('itemprop') or ''}")
        same = described and len(pairs & described) >= SAID * min(len(described), len(pairs))
        if not pairs or not (named or same):
            continue
        return "" if len(pairs & told) >= HELD * len(pairs) else found
    return ""


def _described(document: Document) -> set[tuple[str, str]]:
    stated = document.first_meta("og:description", "description", "twitter:description")
    return _pairs(re.sub(r"\s*(\.\.\.|…)$", "", stated or str(document.jsonld_article.get("description") or "")))


def _between(tree: HtmlElement, title: str, first: list[str]) -> Iterator[HtmlElement]:
    """Small elements behind the headline, up to the first words of the text; linked and foreign ones left out."""
    wanted = words(title)
    behind = False
    for element in tree.iter("h1", *BLOCKS):
        if element.tag == "h1":
            mine = words(element.text_content())
            behind = behind or mine == wanted or (len(mine) > 3 and " ".join(mine) in " ".join(wanted))
        elif behind and len(element) <= 8:
            content = element.text_content()
            if first and words(content[:400])[:8] == first:
                return
            if len(content) <= 2 * LONGEST and not _is_elsewhere(element):
                yield element


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether it belongs to a link or to a part of the page that is not the article's."""
    if next(element.iter("form", "ul", "script", "time"), None) is not None:
        return True
    for depth, above in enumerate((element, *element.iterancestors())):
        if above.tag in ("a", "nav", "aside", "footer", "figure", "figcaption", "form", "li"):
            return True
        if depth < 4 and ELSEWHERE.search(above.get("class") or ""):
            return True
    return False


def _pairs(text: str) -> set[tuple[str, str]]:
    found = words(text)
    return set(pairwise(found))
