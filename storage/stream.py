"""What analysts read: alerts with their articles in one statement, and what each analyst did with a story."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from storage._base import Aggregate
from storage.articles import to_article
from storage.matches import to_match
from storage.models import AlertEntityRow, AlertRow, ArticleRow, MatchRow, ReadingRow, StoryRow, TopicRow
from vedette.model import Alert, Article, Match, Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts to show; "" leaves a condition out. `only` is unread, saved or ""."""

    topic: str = ""
    source: str = ""
    country: str = ""
    language: str = ""
    entity: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An alert with the article that caused it, and what the reader did with its story."""

    alert: Alert
    topic_title: str
    article: Article
    seen_at: datetime
    spans: tuple[Span, ...]
    score: float | None
    revision: int  # that the spans belong to
    articles: int  # of the story
    read_at: datetime | None
    saved_at: datetime | None
    match: Match | None = None


class Stream(Aggregate):
    """Statements about what is read."""

    def page(
        self,
        reader: str,
        wanted: Wanted,
        *,
        limit: int = 50,
        before: int | None = None,
        after: int | None = None,
    ) -> list[StreamEntry]:
        """Alerts with ids between `after` and `before`, the newest first, as a reader sees them."""
        place: Any = AlertEntityRow.alert_id if wanted.entity else AlertRow.id  # where the index for it has its order
        query = _narrowed(wanted, reader).with_only_columns(AlertRow.id).order_by(place.desc()).limit(limit)
        if before is not None:
            query = query.where(place < before)
        if after is not None:
            query = query.where(place > after)
        ids = list(self.session.scalars(query))
        found = self.session.execute(_entries(reader).where(AlertRow.id.in_(ids)).order_by(AlertRow.id.desc()))
        return [_entry(row) for row in found]

    def get(self, reader: str, alert_id: int) -> StreamEntry | None:
        """One alert as a reader sees it."""
        row = self.session.execute(_entries(reader).where(AlertRow.id == alert_id)).first()
        return _entry(row) if row else None

    def newest(self) -> int:
        """The id of the newest alert, 0 where there is none."""
        return self.session.scalar(select(func.max(AlertRow.id))) or 0

    def choices(self, since: datetime) -> dict[str, list[tuple[str, int]]]:
        """The topics, sources, countries and languages of the alerts since then, those with most first."""
        found = {}
        columns: dict[str, Any] = {
            "topic": AlertRow.topic_id,
            "source": AlertRow.source,
            "country": AlertRow.country,
            "language": AlertRow.language,
        }
        for name, column in columns.items():
            query = (
                select(column, func.count())
                .where(AlertRow.created_at >= since, column != "")
                .group_by(column)
                .order_by(func.count().desc(), column)
            )
            found[name] = [(value, count) for value, count in self.session.execute(query)]
        return found

    def of_story(self, story_id: int) -> list[Alert]:
        """The alerts on a story, the first one first."""
        query = select(AlertRow).where(AlertRow.story_id == story_id).order_by(AlertRow.id)
        return [_alert(row) for row in self.session.scalars(query)]

    def per_day(self, topics: Collection[str], since: datetime) -> dict[str, dict[str, int]]:
        """How many alerts each topic had on each day ("2026-03-02", UTC); empty days are left out."""
        query = select(AlertRow.topic_id, AlertRow.created_at).where(
            AlertRow.created_at >= since, AlertRow.topic_id.in_(list(topics))
        )
        found: dict[str, dict[str, int]] = {}
        for topic, at in self.session.execute(query):
            days = found.setdefault(topic, {})
            name = f"{at:%Y-%m-%d}"
            days[name] = days.get(name, 0) + 1
        return found

    # ------------------------------------------------------------------ what a reader did

    def mark(
        self, reader: str, story_id: int, now: datetime, *, read: bool | None = None, saved: bool | None = None
    ) -> bool:
        """Note that a story was read or saved, or that it was not. False where there is no such story."""
        if self.session.get(StoryRow, story_id) is None:
            return False
        row = self.session.get(ReadingRow, (reader, story_id))
        if row is None:
            row = ReadingRow(analyst=reader, story_id=story_id, read_at=None, saved_at=None)
            self.session.add(row)
        if read is not None:
            row.read_at = (row.read_at or now) if read else None
        if saved is not None:
            row.saved_at = (row.saved_at or now) if saved else None
        self.session.flush()
        return True

    def marks(self, reader: str, story_id: int) -> tuple[datetime | None, datetime | None]:
        """When a reader read and saved a story."""
        row = self.session.get(ReadingRow, (reader, story_id))
        return (row.read_at, row.saved_at) if row else (None, None)

    def read_all(self, reader: str, up_to: int, now: datetime) -> int:
        """Mark the stories of all alerts up to an id as read; how many were not."""
        read = select(ReadingRow.story_id).where(ReadingRow.analyst == reader, ReadingRow.read_at.is_not(None))
        query = select(AlertRow.story_id).where(AlertRow.id <= up_to, AlertRow.story_id.not_in(read)).distinct()
        stories = list(self.session.scalars(query))
        for story_id in stories:
            self.mark(reader, story_id, now, read=True)
        return len(stories)


def _narrowed(wanted: Wanted, reader: str) -> Any:
    """The alerts that are wanted. Only what the conditions need is looked at: articles are large."""
    query: Any = select(AlertRow)
    if wanted.entity:
        query = query.join(AlertEntityRow, AlertEntityRow.alert_id == AlertRow.id)
        query = query.where(AlertEntityRow.entity == wanted.entity)
    columns: tuple[tuple[Any, str], ...] = (
        (AlertRow.topic_id, wanted.topic),
        (AlertRow.source, wanted.source),
        (AlertRow.country, wanted.country),
        (AlertRow.language, wanted.language),
    )
    query = query.where(*(column == value for column, value in columns if value))
    mine = select(ReadingRow.story_id).where(ReadingRow.analyst == reader)
    if wanted.only == "unread":
        return query.where(
            ~mine.where(ReadingRow.story_id == AlertRow.story_id, ReadingRow.read_at.is_not(None)).exists()
        )
    if wanted.only == "saved":
        return query.where(AlertRow.story_id.in_(mine.where(ReadingRow.saved_at.is_not(None))))
    return query


def _entries(reader: str) -> Any:
    mine = (ReadingRow.story_id == AlertRow.story_id) & (ReadingRow.analyst == reader)
    return (
        select(AlertRow, ArticleRow, TopicRow.title, MatchRow, StoryRow.article_count, ReadingRow)
        .join(ArticleRow, ArticleRow.id == AlertRow.article_id)
        .join(StoryRow, StoryRow.id == AlertRow.story_id)
        .outerjoin(TopicRow, TopicRow.id == AlertRow.topic_id)
        .outerjoin(MatchRow, MatchRow.id == AlertRow.match_id)
        .outerjoin(ReadingRow, mine)
    )


def _entry(row: Any) -> StreamEntry:
    alert, article, title, match, articles, reading = row
    return StreamEntry(
        alert=_alert(alert),
        topic_title=title or alert.topic_id,
        article=to_article(article),
        seen_at=article.seen_at,
        spans=tuple(Span(**span) for span in match.spans) if match else (),
        score=match.score if match else None,
        revision=match.revision if match else 0,
        articles=articles,
        read_at=reading.read_at if reading else None,
        saved_at=reading.saved_at if reading else None,
        match=to_match(match).match if match else None,
    )


def _alert(row: AlertRow) -> Alert:
    return Alert(row.id, row.topic_id, row.story_id, row.episode, row.created_at, row.article_id)
