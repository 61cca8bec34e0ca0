"""Which story an article belongs to: pure. Near copies share a story; everything else begins one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from extractors.fingerprint import containment, jaccard, shingles
from extractors.text import words
from vedette.model import Article

CONTAINED = 0.6
ALIKE = 0.5
FEWEST = 20
"""Shingles that a text needs before being contained in another one means anything. Shorter texts are often a site's
own words (subscribe to read on), so that their titles must agree as well."""
TITLES = 0.5


class Candidate(Protocol):
    """An archived article that may tell the same."""

    @property
    def story_id(self) -> int:
        """Its story."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def url(self) -> str:
        """Its address, for the reason."""


@dataclass(frozen=True, slots=True)
class StoryChoice:
    """The story to join, None for one of its own, how alike the texts are (0 to 1), and why."""

    story_id: int | None
    score: float
    reason: str


def choose_story(article: Article, candidates: Sequence[Candidate]) -> StoryChoice:
    """The story of the candidate whose text is most alike, if it is alike enough."""
    mine = shingles(article.text)
    best, best_score, best_why = None, 0.0, ""
    for candidate in candidates:
        theirs = shingles(candidate.text)
        held, alike = containment(mine, theirs), jaccard(mine, theirs)
        enough = min(len(mine), len(theirs)) >= FEWEST
        same = held >= CONTAINED or alike >= ALIKE if enough else alike >= ALIKE and _titled_alike(article, candidate)
        if same and max(held, alike) > best_score:
            best, best_score = candidate, max(held, alike)
            best_why = f"{held:.0%} of the shorter text stands in {candidate.url}"
    if best is None:
        return StoryChoice(None, 0.0, "")
    return StoryChoice(best.story_id, round(best_score, 3), best_why)


def _titled_alike(article: Article, candidate: Candidate) -> bool:
    return jaccard(set(words(article.title)), set(words(candidate.title))) >= TITLES
