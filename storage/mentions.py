"""In how many articles of each day things are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from storage._base import Aggregate
from storage.articles import to_article
from storage.meta import Meta
from storage.models import ArticleRow, ItemRow, MentionRow, MetaRow
from storage.search import Archived
from vedette.model import Join

_BACKLOG = "mentions-backlog"
_AT_ONCE = 500  # rows of one statement


@dataclass(frozen=True, slots=True)
class Mentioned:
    """How often a subject is named in some days: articles, the sum of the squares of each day's, and days with any."""

    label: str
    articles: int
    squares: int
    days: int


class Mentions(Aggregate):
    """Statements about counts of mentions."""

    def count(self, counted: Mapping[tuple[date, str], tuple[str, int]]) -> None:
        """Add up articles under (day, subject); each comes with the way it was written last.

        To be called once in a transaction: rows are locked in one order, whoever writes.
        """
        dialect: Any = postgresql if self.postgres else sqlite
        rows = [
            {"day": day, "subject": subject, "label": label, "articles": articles}
            for (day, subject), (label, articles) in sorted(counted.items())
        ]
        for start in range(0, len(rows), _AT_ONCE):
            statement = dialect.insert(MentionRow).values(rows[start : start + _AT_ONCE])
            added = {
                "articles": MentionRow.articles + statement.excluded.articles,
                "label": statement.excluded.label,
            }
            keys = [MentionRow.day, MentionRow.subject]
            self.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=added))

    def totals(
        self,
        first: date,
        last: date,
        *,
        subjects: Collection[str] | None = None,
        starts: Iterable[str] = (),
        least: int = 1,
    ) -> dict[str, Mentioned]:
        """What is named from one day to another (both included) by `least` articles or more.

        `subjects` limits it to those, `starts` to keys that begin so.
        """
        articles = func.sum(MentionRow.articles)
        query = (
            select(
                MentionRow.subject,
                func.max(MentionRow.label),
                articles,
                func.sum(MentionRow.articles * MentionRow.articles),
                func.count(),
            )
            .where(MentionRow.day >= first, MentionRow.day <= last)
            .group_by(MentionRow.subject)
            .having(articles >= least)
        )
        begins = [MentionRow.subject.startswith(start, autoescape=True) for start in starts]
        if begins:
            query = query.where(or_(*begins))
        if subjects is not None:
            query = query.where(MentionRow.subject.in_(list(subjects)))
        return {
            subject: Mentioned(label, int(count), int(squares), days)
            for subject, label, count, squares, days in self.session.execute(query)
        }

    def per_day(self, subjects: Collection[str], first: date, last: date) -> dict[str, dict[str, int]]:
        """The articles of each day ("2026-03-02") for some subjects; empty days are left out."""
        query = select(MentionRow.subject, MentionRow.day, MentionRow.articles).where(
            MentionRow.subject.in_(list(subjects)), MentionRow.day >= first, MentionRow.day <= last
        )
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for subject, day, articles in self.session.execute(query):
            found[subject][day.isoformat()] = articles
        return found

    # ------------------------------------------------------------------ what was there before counting began

    def backlog(self) -> int:
        """The id up to which articles are still to be counted, 0 where all are."""
        return int(Meta(self.session).get(_BACKLOG, 0))

    def claim_backlog(self) -> int:
        """The same for who is about to count: others wait until this transaction ends."""
        self.session.execute(select(MetaRow).where(MetaRow.key == _BACKLOG).with_for_update())
        return self.backlog()

    def uncounted(self, limit: int, since: datetime) -> list[Archived]:
        """The newest articles that are still to be counted; what is older than `since` need not be."""
        query = (
            select(ArticleRow, ItemRow.silent)
            .outerjoin(ItemRow, ItemRow.id == ArticleRow.item_id)
            .where(
                ArticleRow.id <= self.backlog(), ArticleRow.seen_at >= since, ArticleRow.story_join != Join.COPY.value
            )
            .order_by(ArticleRow.id.desc())
            .limit(limit)
        )
        return [
            Archived(to_article(row), row.seen_at, row.story_id, bool(silent))
            for row, silent in self.session.execute(query)
        ]

    def counted_down(self, article_id: int) -> None:
        """Remember that articles are counted down to this one; 0: all are."""
        Meta(self.session).set(_BACKLOG, max(0, article_id - 1))
