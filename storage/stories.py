"""Stories: which articles tell the same thing, and the index that finds near copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from storage._base import Aggregate
from storage.articles import to_article
from storage.models import ArticleRow, BandRow, StoryRow
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """An archived article that shares a band with a new one: perhaps a near copy."""

    article_id: int
    story_id: int
    fingerprint: tuple[int, ...]
    title: str
    text: str
    url: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story, and why it joined."""

    article: Article
    seen_at: datetime
    score: float | None
    reason: str


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

    def candidates(self, bands: Sequence[int], since: datetime, limit: int = 50) -> list[StoryCandidate]:
        """Articles seen since then that share a band, those that share most first."""
        shared: dict[int, int] = {}
        query = select(BandRow.article_id).where(BandRow.band.in_(list(bands)), BandRow.at >= since)
        for article_id in self.session.scalars(query):
            shared[article_id] = shared.get(article_id, 0) + 1
        best = sorted(shared, key=lambda key: (-shared[key], key))[:limit]
        rows = {row.id: row for row in self.session.scalars(select(ArticleRow).where(ArticleRow.id.in_(best)))}
        return [
            StoryCandidate(
                article_id=row.id,
                story_id=row.story_id,
                fingerprint=tuple(row.fields.get("fingerprint", ())),
                title=row.title,
                text=row.text,
                url=row.identity,
                language=row.language,
                at=row.seen_at,
            )
            for row in (rows[key] for key in best if key in rows)
        ]

    def add_bands(self, article_id: int, bands: Sequence[int], at: datetime) -> None:
        """Make an article findable by its near copies."""
        self.session.execute(delete(BandRow).where(BandRow.article_id == article_id))
        rows = [{"band": band, "article_id": article_id, "at": at} for band in set(bands)]
        if rows:
            self.session.execute(insert(BandRow), rows)

    def join(self, story_id: int, article_id: int, score: float | None, reason: str, now: datetime) -> None:
        """Move an article into a story; a story that has none left is forgotten unless an alert knows it."""
        row, story = self.session.get(ArticleRow, article_id), self.session.get(StoryRow, story_id)
        if row is None or story is None or row.story_id == story_id:
            return
        old = self.session.get(StoryRow, row.story_id)
        row.story_id, row.story_score, row.story_reason = story_id, score, reason
        story.article_count, story.updated_at = story.article_count + 1, now
        if old is not None:
            old.article_count, old.updated_at = old.article_count - 1, now
        self.session.flush()

    def get(self, story_id: int) -> Story | None:
        """A story with its articles in order of appearance."""
        row = self.session.get(StoryRow, story_id)
        if row is None:
            return None
        query = select(ArticleRow).where(ArticleRow.story_id == story_id).order_by(ArticleRow.seen_at, ArticleRow.id)
        members = tuple(
            StoryMember(to_article(a), a.seen_at, a.story_score, a.story_reason) for a in self.session.scalars(query)
        )
        first = members[0].article.id if members else None
        return Story(row.id, row.title, row.created_at, first or 0, members)

    def of(self, article_id: int) -> int | None:
        """The story of an article."""
        return self.session.scalar(select(ArticleRow.story_id).where(ArticleRow.id == article_id))
