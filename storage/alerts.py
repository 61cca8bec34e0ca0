"""Alerts: topic x story, and who was not told of one."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage._base import Aggregate
from storage.models import AlertArticleRow, AlertEntityRow, AlertRow, ArticleRow, MatchRow, SuppressionRow, TopicRow
from vedette.model import Alert, DeliveryReason, Match, Span


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as a list shows it."""

    alert: Alert
    topic_title: str
    article_title: str
    url: str
    site: str
    language: str
    published_at: datetime | None
    articles: int
    match: Match | None


@dataclass(frozen=True, slots=True)
class Member:
    """An article that belongs to an alert."""

    article_id: int
    site: str
    url: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """A subscription that was not told, and why."""

    alert_id: int | None
    subscription: str
    reason: DeliveryReason
    article_id: int | None
    at: datetime


class Alerts(Aggregate):
    """Statements about alerts."""

    def open_for(self, topic: str, story_id: int) -> Alert | None:
        """The last alert of a topic on a story."""
        query = (
            select(AlertRow)
            .where(AlertRow.topic_id == topic, AlertRow.story_id == story_id)
            .order_by(AlertRow.episode.desc())
        )
        row = self.session.scalars(query.limit(1)).first()
        return _alert(row) if row else None

    def create(
        self, topic: str, story_id: int, episode: int, article_id: int, match_id: int | None, now: datetime
    ) -> Alert:
        """Open an alert; the article that caused it belongs to it, and the entities that its match names."""
        article = self.session.get_one(ArticleRow, article_id)
        row = AlertRow(
            topic_id=topic,
            story_id=story_id,
            episode=episode,
            created_at=now,
            article_id=article_id,
            match_id=match_id,
            source=article.source,
            country=article.country,
            language=article.language,
        )
        self.session.add(row)
        self.session.flush()
        match = self.session.get(MatchRow, match_id) if match_id is not None else None
        named = {span["entity"] for span in match.spans if span.get("entity")} if match else set()
        self.session.add_all(AlertEntityRow(entity=entity, alert_id=row.id) for entity in sorted(named))
        self.join(row.id, article_id, now)
        return _alert(row)

    def join(self, alert_id: int, article_id: int, now: datetime) -> bool:
        """Let an article belong to an alert. False where it did already."""
        if self.session.get(AlertArticleRow, (alert_id, article_id)) is not None:
            return False
        self.session.add(AlertArticleRow(alert_id=alert_id, article_id=article_id, joined_at=now))
        self.session.flush()
        return True

    def list(
        self, limit: int = 50, topic: str | None = None, since: datetime | None = None, article_id: int | None = None
    ) -> list[AlertView]:
        """The newest first."""
        query = select(AlertRow).order_by(AlertRow.id.desc()).limit(limit)
        if topic is not None:
            query = query.where(AlertRow.topic_id == topic)
        if since is not None:
            query = query.where(AlertRow.created_at >= since)
        if article_id is not None:
            joined = select(AlertArticleRow.alert_id).where(AlertArticleRow.article_id == article_id)
            query = query.where(AlertRow.id.in_(joined))
        return [self._view(row) for row in self.session.scalars(query)]

    def count(self, since: datetime) -> int:
        """How many alerts were made since then."""
        query = select(func.count()).select_from(AlertRow).where(AlertRow.created_at >= since)
        return self.session.scalar(query) or 0

    def get(self, alert_id: int) -> AlertView | None:
        """One alert."""
        row = self.session.get(AlertRow, alert_id)
        return self._view(row) if row else None

    def articles(self, alert_id: int) -> builtins.list[int]:
        """The ids of the articles that belong to an alert, the first one first."""
        query = (
            select(AlertArticleRow.article_id)
            .where(AlertArticleRow.alert_id == alert_id)
            .order_by(AlertArticleRow.joined_at, AlertArticleRow.article_id)
        )
        return list(self.session.scalars(query))

    def members(self, alert_ids: Iterable[int]) -> dict[int, builtins.list[Member]]:
        """The articles that belong to each of some alerts, the first one first."""
        query = (
            select(AlertArticleRow, ArticleRow.site, ArticleRow.fields["url"].as_string(), ArticleRow.identity)
            .join(ArticleRow, ArticleRow.id == AlertArticleRow.article_id)
            .where(AlertArticleRow.alert_id.in_(alert_ids))
            .order_by(AlertArticleRow.joined_at, AlertArticleRow.article_id)
        )
        found: dict[int, builtins.list[Member]] = {}
        for row, site, url, identity in self.session.execute(query):
            found.setdefault(row.alert_id, []).append(Member(row.article_id, site, url or identity))
        return found

    def suppress(
        self,
        alert_id: int | None,
        subscription: str,
        reason: DeliveryReason,
        article_id: int | None,
        now: datetime,
    ) -> None:
        """Write down that a subscription was not told, and why."""
        self.session.add(
            SuppressionRow(
                alert_id=alert_id, subscription=subscription, reason=reason.value, article_id=article_id, at=now
            )
        )
        self.session.flush()

    def suppressions(self, alert_id: int | None = None, article_id: int | None = None) -> builtins.list[Suppression]:
        """Who was not told of an alert or an article."""
        query = select(SuppressionRow).order_by(SuppressionRow.id)
        if alert_id is not None:
            query = query.where(SuppressionRow.alert_id == alert_id)
        if article_id is not None:
            query = query.where(SuppressionRow.article_id == article_id)
        return [
            Suppression(row.alert_id, row.subscription, DeliveryReason(row.reason), row.article_id, row.at)
            for row in self.session.scalars(query)
        ]

    def not_relevant(self, topic: str) -> builtins.list[int]:
        """The alerts of a topic that a reader called not relevant."""
        said = select(SuppressionRow.alert_id).where(SuppressionRow.reason == DeliveryReason.NOT_RELEVANT.value)
        query = select(AlertRow.id).where(AlertRow.topic_id == topic, AlertRow.id.in_(said)).order_by(AlertRow.id)
        return list(self.session.scalars(query))

    def _view(self, row: AlertRow) -> AlertView:
        article = self.session.get_one(ArticleRow, row.article_id)
        topic = self.session.get(TopicRow, row.topic_id)
        match = self.session.get(MatchRow, row.match_id) if row.match_id is not None else None
        count = select(func.count()).where(AlertArticleRow.alert_id == row.id)
        return AlertView(
            alert=_alert(row),
            topic_title=topic.title if topic else "",
            article_title=article.title,
            url=str(article.fields.get("url") or article.identity),
            site=article.site,
            language=article.language,
            published_at=article.published_at,
            articles=self.session.scalar(count) or 0,
            match=None
            if match is None
            else Match(
                match.topic_id,
                match.topic_version,
                tuple(Span(**span) for span in match.spans),
                match.score,
                match.id,
            ),
        )


def _alert(row: AlertRow) -> Alert:
    return Alert(row.id, row.topic_id, row.story_id, row.episode, row.created_at, row.article_id)
