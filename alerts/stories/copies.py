"""Near copies: the same text on other pages, extracted differently, edited, cut or continued.

Measured on real outlets: copies hold 85 % and more of the shorter text's shingles. What an outlet writes under all its
articles makes up to 73 % of short ones alike, so that between the two the titles must agree as well, or, on another
site, the beginnings.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Protocol
from urllib.parse import urlsplit

from alerts.stories.digests import tells_many
from extractors.fingerprint import containment, jaccard, shingles
from extractors.text import words
from vedette.model import Article

SURE = 0.8
"""Share of the shorter text that the longer one holds, from which on it is a copy."""
SAME = 0.97
"""Share from which on nothing else but the title may differ."""
CONTAINED = 0.6
ALIKE = 0.5
"""Shares of the shorter text and of both, from which on it is a copy if the beginnings agree."""
FEWEST = 20
"""Shingles that a text needs before being contained in another one means anything. Shorter texts are often a site's
own words (subscribe to read on), so that their titles must agree as well."""
TITLES = 0.5
HEADS = 0.5
SEVERAL = 2
"""How many times longer a text must be to tell several things: it then is a copy only of what it begins with."""
HEAD_WORDS = 30
WINDOW = timedelta(days=180)
"""How far back a copy is looked for: aggregators show articles months later."""
LATE = timedelta(days=7)
"""Later copies must be sure ones, whatever their beginnings: weekly reports begin alike."""


class Copied(Protocol):
    """An archived text that a new one may be a copy of."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def at(self) -> datetime:
        """When it was first stored."""


class Text:
    """A new text, laid out once for all comparisons."""

    def __init__(self, article: Article) -> None:
        """Take its shingles."""
        self.title = set(words(article.title))
        self.tells_many = tells_many(article.title)
        self.host = urlsplit(article.url).hostname
        self.pieces = shingles(article.text)
        self.head = shingles(_head(article.text))

    def copies(self, other: Copied, now: datetime) -> float:
        """How much of the shorter text stands in the longer one (0 to 1), 0 where it is no copy."""
        theirs = shingles(other.text)
        held, alike = containment(self.pieces, theirs), jaccard(self.pieces, theirs)
        if self.tells_many or tells_many(other.title):  # what holds a text among others is no copy of it
            return alike if alike >= SURE else 0.0
        titled = jaccard(self.title, set(words(other.title))) >= TITLES
        if min(len(self.pieces), len(theirs)) < FEWEST:
            return alike if alike >= ALIKE and titled else 0.0
        shorter, longer = sorted((len(self.pieces), len(theirs)))
        if shorter * SEVERAL < longer and not titled and not self._opens(other, theirs):
            return 0.0
        if held >= SURE:
            return held
        if now - other.at > LATE or (held < CONTAINED and alike < ALIKE):
            return 0.0
        if titled:
            return held
        return held if self._is_elsewhere(other) and self._begins_alike(other, theirs) else 0.0

    def holds_several(self, others: Iterable[Copied]) -> bool:
        """Whether it holds whole texts that have nothing in common with each other."""
        texts = [shingles(other.text) for other in others]
        held = [t for t in texts if FEWEST <= len(t) < len(self.pieces) and containment(t, self.pieces) >= SURE]
        return any(containment(one, two) < CONTAINED for one, two in combinations(held, 2))

    def _is_elsewhere(self, other: Copied) -> bool:
        """Whether the other text stands on another site: within one, the like of it is what the site always writes."""
        return self.host is None or self.host != urlsplit(other.url).hostname

    def _opens(self, other: Copied, theirs: set[str]) -> bool:
        """Whether the longer text begins with the shorter one, not with something else that it tells first."""
        if len(self.pieces) > len(theirs):
            return containment(self.head, theirs) >= HEADS
        return containment(shingles(_head(other.text)), self.pieces) >= HEADS

    def _begins_alike(self, other: Copied, theirs: set[str]) -> bool:
        """Whether the beginning of one text stands anywhere in the other."""
        return containment(self.head, theirs) >= HEADS or containment(shingles(_head(other.text)), self.pieces) >= HEADS


def _head(text: str) -> str:
    """The first words; a paragraph without spaces whole."""
    return " ".join(text[:2000].split()[:HEAD_WORDS])
