"""Private feeds of topics: an analyst's secret for one topic, until it is withdrawn."""

from __future__ import annotations

from datetime import datetime

from storage._base import Aggregate
from storage.models import TopicFeedRow


class TopicFeeds(Aggregate):
    """Statements about feeds of topics."""

    def key(self, analyst: str, topic_id: str) -> str | None:
        """What stands in the address of an analyst's feed of a topic, None where there is none."""
        row = self.session.get(TopicFeedRow, (analyst, topic_id))
        return row.key if row else None

    def open(self, analyst: str, topic_id: str, key: str, now: datetime) -> str:
        """Let there be a feed; the key that it has, which is the one it had where there was one."""
        row = self.session.get(TopicFeedRow, (analyst, topic_id))
        if row is None:
            row = TopicFeedRow(analyst=analyst, topic_id=topic_id, key=key, created_at=now)
            self.session.add(row)
            self.session.flush()
        return row.key

    def withdraw(self, analyst: str, topic_id: str) -> bool:
        """End a feed: its address is good for nothing any more. False where there is none."""
        row = self.session.get(TopicFeedRow, (analyst, topic_id))
        if row is None:
            return False
        self.session.delete(row)
        self.session.flush()
        return True
