"""Which text is believed: the first extractor's, unless its answer is suspicious and another one's is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from extractors.bodies import KINDS
from extractors.document import Document
from extractors.text import strip_markup, tidy, words

SHORT = 400
"""Characters; an answer below this is looked at again."""
AGREEMENT = 0.7
"""Share of the first answer's words that a second one must hold to speak of the same article."""
OPENING = 4
"""Paragraphs among which the headline may stand, after crumbs, a section, a date."""
CRUMB = 60
"""Characters of those."""
LONG = 400
"""Characters of a title that may have been cut."""
MIN_TEXT = 60
"""Characters that make an article, at least; East Asian scripts need fewer."""


@dataclass(frozen=True, slots=True)
class Body:
    """The text, who found it, and why it was believed."""

    text: str
    extractor: str
    reason: str


def find_body(document: Document, explain: Callable[[str, str], None]) -> Body | None:
    """The text of the article, None where nobody found one. `explain` is told each step."""
    text = tidy(_ask("trafilatura", document, explain))
    best = Body(text, "trafilatura", "first answer")
    for name in _of_role("stated"):
        other = tidy(_ask(name, document, explain))
        if len(other) > 2 * len(best.text) and len(other) > MIN_TEXT and _agrees(best.text, other):
            best = Body(other, name, f"longer than {best.extractor}'s and agrees with it")
        elif _better_parted(best.text, other):
            best = Body(other, name, f"{best.extractor}'s answer has lost its paragraphs")
    if len(best.text) < SHORT or _one_block(best.text):
        best = _second_opinion(document, best, explain)
    if not _enough(best.text):
        best = _last_resort(document, best, explain)
    explain("body", f"{best.extractor}: {len(best.text)} characters, {best.reason}")
    return best if _enough(best.text) else None


def last_resort(document: Document, explain: Callable[[str, str], None]) -> Body | None:
    """The text as the most robust extractor finds it, for a page that broke the others."""
    text = tidy(_ask("resiliparse", document, explain))
    return Body(text, "resiliparse", "the page broke the other extractors") if _enough(text) else None


def _second_opinion(document: Document, best: Body, explain: Callable[[str, str], None]) -> Body:
    for name in _of_role("second"):
        other = tidy(_ask(name, document, explain))
        longer = len(other) > max(1.5 * len(best.text), MIN_TEXT)
        agrees = KINDS[name].stands_alone or _agrees(best.text, other)
        if longer and agrees and not _link_heavy(document, other):
            return Body(other, name, f"{best.extractor}'s answer is short, this one is longer")
        if _better_parted(best.text, other):
            return Body(other, name, f"{best.extractor}'s answer has lost its paragraphs")
    return best


def _last_resort(document: Document, best: Body, explain: Callable[[str, str], None]) -> Body:
    for name in (*_of_role("last"), "feed"):
        other = tidy(_ask(name, document, explain))
        if _enough(other) and len(other) > len(best.text):
            return Body(other, name, "no other extractor found a text")
    entry = document.page.entry
    if entry is not None and len(entry.summary) > 2 * MIN_TEXT:
        return Body(strip_markup(entry.summary), "feed-summary", "the page gave no text, the feed's summary does")
    return best


def _of_role(role: str) -> list[str]:
    return sorted((name for name, kind in KINDS.items() if kind.role == role), key=lambda name: KINDS[name].rank)


def _ask(name: str, document: Document, explain: Callable[[str, str], None]) -> str:
    text = KINDS[name]().text(document)
    explain("extractor", f"{name}: {len(text)} characters")
    return text


def _agrees(first: str, second: str) -> bool:
    """Whether the second text holds most words of the first; of nothing, everything holds most."""
    mine = set(words(first))
    return not mine or len(mine & set(words(second))) >= AGREEMENT * len(mine)


def _one_block(text: str) -> bool:
    """Whether a text that long has a single paragraph: an extractor that gave up on the layout."""
    return len(text) >= SHORT and "\n\n" not in text


def _better_parted(first: str, second: str) -> bool:
    """Whether the second text says the same as the first in paragraphs, where the first has none."""
    alike = 0.75 * len(first) <= len(second) <= 1.25 * len(first)
    return _one_block(first) and "\n\n" in second and alike and _agrees(first, second)


def without_title(text: str, titles: list[str]) -> str:
    """The text without the headline and what stands above it, where they open it: it is kept as the title.

    `titles` are the headline and the ways in which the page writes it.
    """
    known = {"".join(words(title)) for title in titles} - {""}
    paragraphs = text.split("\n\n")
    for number, paragraph in enumerate(paragraphs[:OPENING]):
        mine = "".join(words(paragraph))
        if mine in known or any(len(title) > LONG and mine.startswith(title) for title in known):
            return "\n\n".join(paragraphs[number + 1 :]) or text
        if len(paragraph) > CRUMB:
            break
    return text


def _link_heavy(document: Document, text: str) -> bool:
    """Whether most of the text's paragraphs are texts of links: a list of headlines."""
    links = {" ".join(a.text_content().split()) for a in document.tree.iter("a")}
    paragraphs = text.split("\n\n")
    return sum(p in links for p in paragraphs) > len(paragraphs) / 2


def _enough(text: str) -> bool:
    wide = sum(1 for char in text[:400] if "\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af")
    return len(text) + 2 * wide >= MIN_TEXT
