"""The archive's full-text index: FTS5 on SQLite, tsvector on PostgreSQL, over text that the caller folded.

The index finds candidates; the rule evaluator decides. So it need only never miss: terms are words or prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from storage._base import Aggregate
from storage.models import ArticleRow, ItemRow
from vedette.model import Article

_AT_ONCE = 200  # rows read at a time


@dataclass(frozen=True, slots=True)
class Archived:
    """An article of the archive. `seen_at`: when it was first stored; `silent`: the first poll of its source had it."""

    article: Article
    seen_at: datetime
    story_id: int
    silent: bool


class Search(Aggregate):
    """Statements about the index."""

    def index(self, article_id: int, folded: str) -> None:
        """Put the folded text of an article into the index, in place of what stood there."""
        if self.postgres:
            return  # a generated column with a GIN index follows the row
        self.session.execute(text("DELETE FROM article_index WHERE rowid = :id"), {"id": article_id})
        self.session.execute(
            text("INSERT INTO article_index (rowid, folded) VALUES (:id, :folded)"),
            {"id": article_id, "folded": folded},
        )

    def query(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int | None = 100,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Article]:
        """Articles that hold at least one term of every group, the newest first.

        A term is one folded word; with a final `*` a prefix. No groups: every article of the time.
        """
        return [row.article for row in self.archived(terms, limit=limit, since=since, until=until)]

    def archived(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Archived]:
        """As `query`, but read as they are asked for, with what the archive knows about each."""
        from storage.articles import to_article

        query = (
            select(ArticleRow, ItemRow.silent)
            .outerjoin(ItemRow, ItemRow.id == ArticleRow.item_id)
            .order_by(ArticleRow.seen_at.desc(), ArticleRow.id.desc())
        )
        groups = [group for group in terms if group]
        if groups and self.postgres:
            query = query.where(text("to_tsvector('simple', folded) @@ to_tsquery('simple', :q)")).params(
                q=" & ".join("(" + " | ".join(map(_ts_term, group)) + ")" for group in groups)
            )
        elif groups:
            expression = " AND ".join("(" + " OR ".join(map(_fts_term, group)) + ")" for group in groups)
            ids = text("articles.id IN (SELECT rowid FROM article_index WHERE article_index MATCH :q)")
            query = query.where(ids).params(q=expression)
        if since is not None:
            query = query.where(ArticleRow.seen_at >= since)
        if until is not None:
            query = query.where(ArticleRow.seen_at < until)
        rows = self.session.execute(query.limit(limit).execution_options(yield_per=_AT_ONCE))
        for row, silent in rows:
            yield Archived(to_article(row), row.seen_at, row.story_id, bool(silent))


def _fts_term(term: str) -> str:
    prefix = term.endswith("*")
    return '"' + term.rstrip("*").replace('"', '""') + '"' + ("*" if prefix else "")


def _ts_term(term: str) -> str:
    prefix = term.endswith("*")
    word = term.rstrip("*").replace("\\", "\\\\").replace("'", "''")
    return f"'{word}'" + (":*" if prefix else "")
