"""Matches: topic versions that articles satisfied, with their evidence."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from storage._base import Aggregate
from storage.models import MatchRow
from vedette.model import Match, Span


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """A match and the article revision it belongs to."""

    article_id: int
    revision: int
    at: datetime
    match: Match


class Matches(Aggregate):
    """Statements about matches."""

    def add(self, article_id: int, revision: int, match: Match, now: datetime) -> int:
        """Keep a match; its id. The same match again is the same row."""
        row = self.session.scalars(
            select(MatchRow).where(
                MatchRow.article_id == article_id,
                MatchRow.revision == revision,
                MatchRow.topic_id == match.topic,
                MatchRow.topic_version == match.version,
            )
        ).first()
        if row is None:
            row = MatchRow(
                article_id=article_id,
                revision=revision,
                topic_id=match.topic,
                topic_version=match.version,
                score=match.score,
                spans=[asdict(span) for span in match.spans],
                at=now,
            )
            self.session.add(row)
            self.session.flush()
        return row.id

    def list(self, article_id: int) -> list[StoredMatch]:
        """The matches of an article, the first one first."""
        query = select(MatchRow).where(MatchRow.article_id == article_id).order_by(MatchRow.id)
        return [_match(row) for row in self.session.scalars(query)]

    def entities(self, article_ids: Iterable[int]) -> dict[int, set[str]]:
        """The entities, by id, that hits of any topic name in each of some articles."""
        query = select(MatchRow.article_id, MatchRow.spans).where(MatchRow.article_id.in_(article_ids))
        found: dict[int, set[str]] = {}
        for article_id, spans in self.session.execute(query):
            found.setdefault(article_id, set()).update(span["entity"] for span in spans if span.get("entity"))
        return found

    def get(self, match_id: int) -> StoredMatch | None:
        """One match."""
        row = self.session.get(MatchRow, match_id)
        return _match(row) if row else None

    def for_topic(self, topic: str, limit: int = 100) -> builtins.list[StoredMatch]:
        """The newest matches of a topic."""
        query = (
            select(MatchRow)
            .where(MatchRow.topic_id == topic)
            .order_by(MatchRow.at.desc(), MatchRow.id.desc())
            .limit(limit)
        )
        return [_match(row) for row in self.session.scalars(query)]


def _match(row: MatchRow) -> StoredMatch:
    spans = tuple(Span(**span) for span in row.spans)
    match = Match(row.topic_id, row.topic_version, spans, row.score, row.id)
    return StoredMatch(row.article_id, row.revision, row.at, match)


to_match = _match
"""For the other aggregates of this room."""
