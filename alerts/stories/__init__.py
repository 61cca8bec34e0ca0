"""Which story an article belongs to: pure. Near copies share a story, and so do rewrites of one event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alerts.stories import copies, rewrites
from alerts.stories.rewrites import Likeness, Weigher, contradict, likeness
from alerts.stories.traits import Traits
from vedette.model import Article, Join

SUPPORT = 0.2
"""The share of a story's recent articles that a rewrite must be like."""


class Copied(copies.Copied, Protocol):
    """An archived article that may be a near copy."""

    @property
    def article_id(self) -> int:
        """Its number."""

    @property
    def story_id(self) -> int:
        """Its story."""


class Retold(Protocol):
    """A recent article that may tell the same event."""

    @property
    def article_id(self) -> int:
        """Its number."""

    @property
    def story_id(self) -> int:
        """Its story."""

    @property
    def site(self) -> str:
        """Its site."""

    @property
    def url(self) -> str:
        """Its address, for the reason."""

    @property
    def at(self) -> datetime:
        """When it was first stored."""

    @property
    def began_at(self) -> datetime:
        """When its story began."""

    @property
    def traits(self) -> Traits:
        """What it is about."""


@dataclass(frozen=True, slots=True)
class StoryChoice:
    """The story to join, None for one of its own; by what, how surely (0 to 1), why, and the article it is like."""

    story_id: int | None = None
    join: Join = Join.FIRST
    score: float = 0.0
    reason: str = ""
    like: int | None = None


def choose_copied(
    article: Article,
    candidates: Sequence[Copied],
    now: datetime,
    contradicts: Callable[[str, str], bool] = lambda *_: False,
) -> StoryChoice:
    """The story of the candidate of whose text most is the same, if enough is.

    `contradicts` says of a candidate's title and text that they name another thing: a form is filled in for every
    ambassador. What holds several texts as parts is a digest, with a reason and a story of its own.
    """
    if not candidates:
        return StoryChoice()
    text = copies.Text(article)
    if text.holds_several(candidates):
        return StoryChoice(reason="it holds several texts that tell other events")
    scored = [(text.copies(candidate, now), candidate) for candidate in candidates]
    for score, best in sorted(scored, key=lambda pair: -pair[0]):
        if not score:
            break
        if score < copies.SAME and contradicts(best.title, best.text):
            continue
        reason = f"{score:.0%} of the shorter text stands in {best.url}"
        return StoryChoice(best.story_id, Join.COPY, round(score, 3), reason, best.article_id)
    return StoryChoice()


def choose_retold(
    article: Article, traits: Traits, candidates: Sequence[Retold], weigher: Weigher, now: datetime
) -> StoryChoice:
    """The story that tells the same event, if one surely does.

    An outlet that writes again has something new to say: only other sites can join it. The article must be like a
    share of a story's candidates, not like one that strayed in.
    """
    stories: dict[int, list[tuple[Likeness, Retold]]] = {}
    for candidate in candidates:
        apart = now - candidate.at
        if apart <= rewrites.WINDOW and now - candidate.began_at <= rewrites.LIFE:
            like = likeness(traits, candidate.traits, weigher, apart)
            stories.setdefault(candidate.story_id, []).append((like, candidate))
    best: tuple[Likeness, Retold] | None = None
    for members in stories.values():
        others = [pair for pair in members if pair[1].site != article.site]
        if sum(like.score > 0 for like, _ in others) < max(1.0, SUPPORT * len(others)):
            continue
        strongest = max(others, key=lambda pair: pair[0].score)
        if best is None or strongest[0].score > best[0].score:
            best = strongest
    if best is None or not best[0].score:
        return StoryChoice()
    like, found = best
    reason = f"it tells what {found.url} tells: {', '.join(like.labels)}"
    return StoryChoice(found.story_id, Join.RETOLD, like.score, reason, found.article_id)


__all__ = ["StoryChoice", "Traits", "Weigher", "choose_copied", "choose_retold", "contradict", "likeness"]
