"""Counting what articles name, day by day: those that come in, and bit by bit those that were there before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from alerts.stories.spotter import Spotter
from alerts.stories.traits import traits_of
from alerts.surprise import subjects
from storage import Transaction
from storage.maintenance import COUNTS_KEPT
from vedette.model import Article

AT_ONCE = 100
"""Articles that are counted in one transaction."""


class Tally:
    """Counts that are gathered during a transaction and written at its end."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._counts: dict[tuple[date, str], tuple[str, int]] = {}

    def add(self, article: Article, labels: Mapping[str, str], seen_at: datetime, *, silent: bool) -> None:
        """Count an article with its traits; one whose day nobody knows is left out."""
        day = day_of(article, seen_at, silent=silent)
        if day is None:
            return
        for subject, label in subjects(labels, article.country).items():
            self._counts[day, subject] = (label, self._counts.get((day, subject), ("", 0))[1] + 1)

    def write(self, tx: Transaction) -> None:
        """Add what was counted to what is stored, and begin again."""
        if self._counts:
            tx.mentions.count(self._counts)
        self._counts = {}


def day_of(article: Article, seen_at: datetime, *, silent: bool) -> date | None:
    """The day for which an article counts (UTC): that of its publication, as far as it can be one.

    An article without a date that its source's first poll brought may be of any day: None, as for one that is too old.
    """
    if article.published_at is None:
        return None if silent else seen_at.astimezone(UTC).date()
    if article.published_at < seen_at - COUNTS_KEPT:
        return None
    return min(article.published_at, seen_at).astimezone(UTC).date()


def catch_up(tx: Transaction, spotter: Spotter, now: datetime, *, limit: int = AT_ONCE) -> int:
    """Count some more of the articles that came before counting began, the newest first; how many there were."""
    if not tx.mentions.claim_backlog():
        return 0
    rows = tx.mentions.uncounted(limit, now - COUNTS_KEPT)
    tally = Tally()
    for row in rows:
        tally.add(row.article, traits_of(row.article, spotter).labels, row.seen_at, silent=row.silent)
    tally.write(tx)
    tx.mentions.counted_down(rows[-1].article.id or 0 if len(rows) == limit else 0)
    return len(rows)
