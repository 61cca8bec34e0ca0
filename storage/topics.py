"""Topics and their versions."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from storage._base import CHANGED, CREATED, SAME, Aggregate
from storage.models import EntityRow, SubscriptionRow, TopicRow, TopicVersionRow
from vedette.errors import UsageError
from vedette.model import Topic


@dataclass(frozen=True, slots=True)
class TopicVersion:
    """A topic's rule as it once stood, who wrote it and why."""

    version: int
    rule: str
    at: datetime
    author: str
    reason: str


class Topics(Aggregate):
    """Statements about topics."""

    def put(self, topic: Topic, now: datetime, author: str = "", reason: str = "") -> tuple[Topic, str]:
        """Declare a topic; a new rule is a new version. The stored topic and created, changed or same."""
        row = self.session.get(TopicRow, topic.id)
        if row is None:
            values = {"title": topic.title, "description": topic.description, "rule": topic.rule}
            self.session.add(TopicRow(id=topic.id, version=1, active=topic.active, updated_at=now, **values))
            self.session.flush()
            self._write_version(topic.id, 1, topic.rule, now, author, reason)
            return replace(topic, version=1), CREATED
        wanted = (topic.title, topic.description, topic.rule, topic.active)
        if (row.title, row.description, row.rule, row.active) == wanted:
            return _topic(row), SAME
        if row.rule != topic.rule:
            row.version += 1
            self._write_version(topic.id, row.version, topic.rule, now, author, reason)
        row.title, row.description, row.rule, row.active = wanted
        row.updated_at = now
        self.session.flush()
        return _topic(row), CHANGED

    def get(self, topic_id: str) -> Topic | None:
        """One topic as of its last version."""
        row = self.session.get(TopicRow, topic_id)
        return _topic(row) if row else None

    def list(self, active: bool | None = None) -> list[Topic]:
        """All topics, by id."""
        query = select(TopicRow).order_by(TopicRow.id)
        if active is not None:
            query = query.where(TopicRow.active == active)
        return [_topic(row) for row in self.session.scalars(query)]

    def versions(self, topic_id: str) -> builtins.list[TopicVersion]:
        """All versions, the first one first."""
        query = select(TopicVersionRow).where(TopicVersionRow.topic_id == topic_id).order_by(TopicVersionRow.version)
        return [
            TopicVersion(row.version, row.rule, row.at, row.author, row.reason) for row in self.session.scalars(query)
        ]

    def delete(self, topic_id: str) -> bool:
        """Forget a topic that nobody subscribes to; its alerts stay. False where there is none."""
        row = self.session.get(TopicRow, topic_id)
        if row is None:
            return False
        taken = self.session.scalars(select(SubscriptionRow.id).where(SubscriptionRow.topic == topic_id)).first()
        if taken is not None:
            raise UsageError(f"topic {topic_id!r} has the subscription {taken!r}: remove that first")
        self.session.delete(row)
        self.session.flush()
        return True

    def stamp(self) -> str:
        """A text that changes whenever a topic or an entity does."""
        topics = select(func.count(), func.max(TopicRow.updated_at), func.sum(TopicRow.version))
        entities = select(func.count(), func.max(EntityRow.updated_at))
        return repr((*self.session.execute(topics).one(), *self.session.execute(entities).one()))

    def _write_version(self, topic_id: str, version: int, rule: str, now: datetime, author: str, reason: str) -> None:
        self.session.add(
            TopicVersionRow(topic_id=topic_id, version=version, rule=rule, at=now, author=author, reason=reason)
        )
        self.session.flush()


def _topic(row: TopicRow) -> Topic:
    return Topic(row.id, row.rule, row.title, row.description, row.version, row.active)
