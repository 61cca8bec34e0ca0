"""Stories: which articles tell the same thing, and the indexes that find copies and rewrites."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, TextClause, bindparam, delete, func, insert, select, text, update

from storage._base import Aggregate, rowcount
from storage.articles import to_article
from storage.models import AlertRow, ArticleRow, BandRow, PortraitRow, StoryRow, TraitRow
from storage.types import Instant
from vedette.model import Article, Join

NEWEST = 20
"""Articles per band that are looked at: what a site writes under everything fills a band."""
NEIGHBOURS = 30
"""Articles that are compared with a new one at most."""
RAREST = 12
"""Traits by which those that may tell the same event are found."""
MOST_RECENT = 5_000
"""Articles of the window that are counted at most."""


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """An archived article that shares a band with a new one: perhaps a near copy."""

    article_id: int
    story_id: int
    title: str
    text: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Portrait:
    """A recent article that shares rare traits with a new one: perhaps a rewrite."""

    article_id: int
    story_id: int
    site: str
    url: str
    at: datetime
    began_at: datetime
    traits: Mapping[str, Any]  # as they were handed to `add_portrait`


@dataclass(frozen=True, slots=True)
class TraitCounts:
    """How many recent articles have each trait, up to a limit, and how many recent articles there are."""

    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story, how it joined, how surely, and why."""

    article: Article
    seen_at: datetime
    score: float | None
    reason: str
    join: Join = Join.FIRST
    like: int | None = None


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """A story without its articles."""

    id: int
    title: str
    created_at: datetime
    updated_at: datetime
    articles: int


@dataclass(frozen=True, slots=True)
class Story:
    """A story with its articles in order of appearance."""

    id: int
    title: str
    created_at: datetime
    first_article_id: int
    articles: tuple[StoryMember, ...]


class Stories(Aggregate):
    """Statements about stories."""

    # ------------------------------------------------------------------ finding copies

    def candidates(self, bands: Sequence[int], since: datetime, limit: int = NEIGHBOURS) -> list[StoryCandidate]:
        """Articles seen since then that share a band, those that share most first."""
        if not bands:
            return []
        asked = {f"band{number}": band for number, band in enumerate(dict.fromkeys(bands))}
        shared: dict[int, int] = {}
        for article_id in self.session.scalars(_newest(len(asked)), {**asked, "since": since}):
            shared[article_id] = shared.get(article_id, 0) + 1
        best = sorted(shared, key=lambda key: (-shared[key], key))[:limit]
        query = select(
            ArticleRow.id,
            ArticleRow.story_id,
            ArticleRow.title,
            ArticleRow.text,
            ArticleRow.identity,
            ArticleRow.seen_at,
        ).where(ArticleRow.id.in_(best))
        rows = {row[0]: row for row in self.session.execute(query)}
        return [StoryCandidate(*rows[key]) for key in best if key in rows]

    def add_bands(self, article_id: int, bands: Sequence[int], at: datetime) -> None:
        """Make an article findable by its near copies."""
        self.session.execute(delete(BandRow).where(BandRow.article_id == article_id))
        rows = [{"band": band, "article_id": article_id, "at": at} for band in set(bands)]
        if rows:
            self.session.execute(insert(BandRow), rows)

    # ------------------------------------------------------------------ finding rewrites

    def count_traits(self, traits: Collection[str], since: datetime, most: int) -> TraitCounts:
        """How many articles seen since then have each trait, counted up to `most`."""
        recent = select(PortraitRow.article_id).where(PortraitRow.at >= since).limit(MOST_RECENT).subquery()
        total = self.session.scalar(select(func.count()).select_from(recent)) or 0
        if not traits:
            return TraitCounts({}, total)
        names = {_key(trait): trait for trait in traits}
        asked = {f"trait{number}": key for number, key in enumerate(names)}
        rows = self.session.execute(_counted(len(asked)), {**asked, "since": since, "most": most})
        return TraitCounts({names[key]: count for key, count in rows}, total)

    def neighbours(self, traits: Sequence[str], since: datetime, limit: int = NEIGHBOURS) -> list[Portrait]:
        """Articles seen since then that have some of these traits, the rarest first, those with most of them first."""
        keys = [_key(trait) for trait in traits[:RAREST]]
        shared = func.count()
        best = (
            select(TraitRow.article_id, shared.label("shared"))
            .where(TraitRow.trait.in_(keys), TraitRow.at >= since)
            .group_by(TraitRow.article_id)
            .order_by(shared.desc(), TraitRow.article_id.desc())
            .limit(limit)
            .subquery()
        )
        query = (
            select(
                ArticleRow.id,
                ArticleRow.story_id,
                ArticleRow.site,
                ArticleRow.identity,
                ArticleRow.seen_at,
                StoryRow.created_at,
                PortraitRow.traits,
            )
            .join_from(best, ArticleRow, ArticleRow.id == best.c.article_id)
            .join(StoryRow, StoryRow.id == ArticleRow.story_id)
            .join(PortraitRow, PortraitRow.article_id == ArticleRow.id)
            .order_by(best.c.shared.desc(), ArticleRow.id)
        )
        return [Portrait(*row) for row in self.session.execute(query)]

    def add_portrait(self, article_id: int, traits: Collection[str], portrait: Mapping[str, Any], at: datetime) -> None:
        """Make an article findable by its rewrites; a portrait that it has is replaced."""
        self.session.execute(delete(TraitRow).where(TraitRow.article_id == article_id))
        self.session.execute(delete(PortraitRow).where(PortraitRow.article_id == article_id))
        self.session.execute(insert(PortraitRow), [{"article_id": article_id, "at": at, "traits": dict(portrait)}])
        keys = sorted({_key(trait) for trait in traits})
        if keys:
            self.session.execute(insert(TraitRow), [{"trait": k, "article_id": article_id, "at": at} for k in keys])

    def forget(self, copies_before: datetime, rewrites_before: datetime) -> int:
        """Drop what only serves to find copies and rewrites of articles from before then; how many rows went."""
        old: tuple[tuple[Any, datetime], ...] = (
            (BandRow, copies_before),
            (TraitRow, rewrites_before),
            (PortraitRow, rewrites_before),
        )
        return sum(rowcount(self.session.execute(delete(row).where(row.at < before))) for row, before in old)

    # ------------------------------------------------------------------ stories

    def join(
        self,
        story_id: int,
        article_id: int,
        score: float | None,
        reason: str,
        now: datetime,
        how: Join = Join.ANALYST,
    ) -> None:
        """Move an article into a story."""
        row, story = self.session.get(ArticleRow, article_id), self.session.get(StoryRow, story_id)
        if row is None or story is None or row.story_id == story_id:
            return
        old = self.session.get(StoryRow, row.story_id)
        row.story_id, row.story_score, row.story_reason, row.story_join = story_id, score, reason, how
        story.article_count, story.updated_at = story.article_count + 1, now
        if old is not None:
            old.article_count, old.updated_at = old.article_count - 1, now
        self.session.flush()

    def split(self, story_id: int, article_ids: Collection[int], reason: str, now: datetime) -> int | None:
        """Move articles of a story into a new one; its number, None where nothing was to be moved or would be left.

        Alerts that one of these articles caused go with it.
        """
        mine = set(self.session.scalars(select(ArticleRow.id).where(ArticleRow.story_id == story_id)))
        moved = sorted(mine & set(article_ids))
        if not moved or len(moved) == len(mine):
            return None
        title = self.session.scalar(select(ArticleRow.title).where(ArticleRow.id == moved[0])) or ""
        fresh = StoryRow(title=title, created_at=now, updated_at=now, article_count=0)
        self.session.add(fresh)
        self.session.flush()
        for article_id in moved:
            self.join(fresh.id, article_id, None, reason, now)
        self._move_alerts(story_id, fresh.id, AlertRow.article_id.in_(moved))
        return fresh.id

    def merge(self, story_id: int, into: int, reason: str, now: datetime) -> int:
        """Move all articles of a story into another one; how many moved. The empty story stays for its records.

        Its alerts go along, but for those on topics on which the other story has its own.
        """
        moved = list(self.session.scalars(select(ArticleRow.id).where(ArticleRow.story_id == story_id)))
        if story_id == into or self.session.get(StoryRow, into) is None:
            return 0
        for article_id in moved:
            self.join(into, article_id, None, reason, now)
        theirs = select(AlertRow.topic_id).where(AlertRow.story_id == into)
        self._move_alerts(story_id, into, AlertRow.topic_id.not_in(theirs))
        return len(moved)

    def list(
        self, limit: int, since: datetime | None = None, least: int = 1, before: int | None = None
    ) -> list[StoryRecord]:
        """The newest stories with at least so many articles; `since` leaves out those without news since then.

        `before`: only stories with smaller numbers.
        """
        query = select(StoryRow).where(StoryRow.article_count >= least).order_by(StoryRow.id.desc()).limit(limit)
        if since is not None:
            query = query.where(StoryRow.updated_at >= since)
        if before is not None:
            query = query.where(StoryRow.id < before)
        return [
            StoryRecord(row.id, row.title, row.created_at, row.updated_at, row.article_count)
            for row in self.session.scalars(query)
        ]

    def _move_alerts(self, story_id: int, into: int, which: ColumnElement[bool]) -> None:
        self.session.execute(update(AlertRow).where(AlertRow.story_id == story_id, which).values(story_id=into))

    def get(self, story_id: int) -> Story | None:
        """A story with its articles in order of appearance."""
        row = self.session.get(StoryRow, story_id)
        if row is None:
            return None
        query = select(ArticleRow).where(ArticleRow.story_id == story_id).order_by(ArticleRow.seen_at, ArticleRow.id)
        members = tuple(
            StoryMember(to_article(a), a.seen_at, a.story_score, a.story_reason, Join(a.story_join), a.story_like)
            for a in self.session.scalars(query)
        )
        first = members[0].article.id if members else None
        return Story(row.id, row.title, row.created_at, first or 0, members)

    def of(self, article_id: int) -> int | None:
        """The story of an article."""
        return self.session.scalar(select(ArticleRow.story_id).where(ArticleRow.id == article_id))


@lru_cache(maxsize=64)
def _newest(bands: int) -> TextClause:
    """The newest articles of each of so many bands. As text, for it is asked for every article."""
    one = (
        "SELECT * FROM (SELECT article_id FROM bands WHERE band = :band{0} AND at >= :since"
        f" ORDER BY article_id DESC LIMIT {NEWEST}) AS newest{{0}}"
    )
    statement = text(" UNION ALL ".join(one.format(number) for number in range(bands)))
    return statement.bindparams(bindparam("since", type_=Instant()))


@lru_cache(maxsize=256)
def _counted(traits: int) -> TextClause:
    """How many articles have each of so many traits, counted no further than asked."""
    asked = ", ".join(f"(CAST(:trait{number} AS BIGINT))" for number in range(traits))
    statement = text(
        f"WITH asked (trait) AS (VALUES {asked}) SELECT trait, (SELECT count(*) FROM (SELECT 1 FROM traits"
        " WHERE traits.trait = asked.trait AND traits.at >= :since LIMIT :most) AS few) FROM asked"
    )
    return statement.bindparams(bindparam("since", type_=Instant()))


def _key(trait: str) -> int:
    """A trait as a number of 64 bits, signed."""
    return int.from_bytes(hashlib.blake2b(trait.encode(), digest_size=8).digest(), "little", signed=True)
