"""Who told a story first, where it comes from, and how many tell it on their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vedette.model import Join


@dataclass(frozen=True, slots=True)
class Telling:
    """One article of a story, as its lineage is read from it."""

    article_id: int
    site: str
    seen_at: datetime
    published_at: datetime | None
    precision: str  # of the publication: "instant", "day" or ""
    join: Join
    like: int | None  # the article that it is a copy of, or tells the same as


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the articles of a story say of its way: articles by their numbers."""

    first: int  # the one that was seen first
    original: int  # the one that was published first, by what the pages say; else the one seen first
    independent: int  # sites that tell it in words of their own, or were the first with them
    copies: int  # articles that repeat another one


def lineage(tellings: Sequence[Telling]) -> Lineage:
    """The lineage of a story that has at least one article.

    Copies are followed to their text: of each text only the site that published it first tells the story on its own.
    Only instants are compared, for a day alone is earlier than every hour of it.
    """
    ordered = sorted(tellings, key=lambda t: (t.seen_at, t.article_id))
    known = {telling.article_id: telling for telling in ordered}
    texts: dict[int, list[Telling]] = {}
    for telling in ordered:
        texts.setdefault(_root(telling, known), []).append(telling)
    sites = {_earliest(same).site for same in texts.values()}
    return Lineage(
        first=ordered[0].article_id,
        original=_earliest(ordered).article_id,
        independent=len(sites),
        copies=len(ordered) - len(texts),
    )


def _earliest(tellings: Sequence[Telling]) -> Telling:
    dated = [t for t in tellings if t.published_at is not None and t.precision == "instant"]
    return min(dated, key=lambda t: (t.published_at, t.seen_at)) if dated else tellings[0]


def _root(telling: Telling, known: dict[int, Telling]) -> int:
    """The article whose text this one repeats; itself where it is no copy or that one is no longer in the story."""
    seen = {telling.article_id}
    while telling.join is Join.COPY and telling.like in known and telling.like not in seen:
        telling = known[telling.like]
        seen.add(telling.article_id)
    return telling.article_id
