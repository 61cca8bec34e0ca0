"""Articles: the archive and its revisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from storage._base import Aggregate, instant, iso
from storage.models import ArticleRow, RevisionRow, StoryRow
from vedette.model import Article, Change, Join, PageKind, Passage, Stored

COLUMNS = ("source", "title", "text", "language", "country", "site", "published_at", "revision")
"""Fields of an Article with a column of their own; the others are kept as JSON."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An article as it stood from `at` on."""

    revision: int
    at: datetime
    title: str
    text: str
    change: Mapping[str, Any] | None = None  # as it was handed to `Articles.store`


@dataclass(frozen=True, slots=True)
class Wording:
    """What an article said in one revision."""

    article_id: int
    revision: int
    title: str
    text: str
    language: str


class Articles(Aggregate):
    """Statements about articles."""

    def store(
        self,
        article: Article,
        item_id: int | None,
        now: datetime,
        *,
        story: int | None,
        join: Join = Join.FIRST,
        score: float | None = None,
        reason: str = "",
        like: int | None = None,
        folded: str = "",
        change: Mapping[str, Any] | None = None,
    ) -> Stored:
        """Keep an article under `article.canonical_url`, its identity: new, changed (a revision) or unchanged.

        `story` None gives a new article a story of its own; a known article stays in the story it is in. `join`,
        `score`, `reason` and `like`, the article that it is like, say how it joined. `folded` is the text as the index
        shall hold it, `change` what a changed article says otherwise than before.
        """
        identity = article.canonical_url or article.url
        digest = hashlib.sha256("\0".join(article.words).rstrip("\0").encode()).hexdigest()
        row = self.session.scalars(select(ArticleRow).where(ArticleRow.identity == identity)).first()
        if row is None:
            home = self._home(article, story, now)
            row = ArticleRow(
                identity=identity,
                item_id=item_id,
                story_id=home.id,
                story_join=join if home.article_count > 1 else Join.FIRST,
                story_score=score,
                story_reason=reason,
                story_like=like,
                seen_at=now,
                updated_at=now,
                content_hash=digest,
                folded=folded,
                **_values(replace(article, revision=1)),
            )
            self.session.add(row)
            self.session.flush()
            self._write_revision(row, now)
            return Stored(_article(row), Change.NEW, home.id)
        if row.content_hash == digest:
            return Stored(_article(row), Change.UNCHANGED, row.story_id)
        self._keep_words(row)
        article = replace(article, revision=row.revision + 1)
        for name, value in _values(article).items():
            setattr(row, name, value)
        row.content_hash, row.updated_at, row.folded = digest, now, folded
        self.session.flush()
        self._write_revision(row, now, change)
        return Stored(_article(row), Change.CHANGED, row.story_id)

    def find(self, item_id: int | None = None, canonical: str | None = None) -> Article | None:
        """An article by the item or the identity it came from."""
        query = select(ArticleRow)
        if item_id is not None:
            query = query.where(ArticleRow.item_id == item_id)
        if canonical is not None:
            query = query.where(ArticleRow.identity == canonical)
        row = self.session.scalars(query.limit(1)).first()
        return _article(row) if row else None

    def get(self, article_id: int) -> Article | None:
        """One article as of its last revision."""
        row = self.session.get(ArticleRow, article_id)
        return _article(row) if row else None

    def seen_at(self, article_id: int) -> datetime | None:
        """When an article was first stored."""
        row = self.session.get(ArticleRow, article_id)
        return row.seen_at if row else None

    def revisions(self, article_id: int) -> list[Revision]:
        """All revisions, the first one first."""
        article = self.session.get(ArticleRow, article_id)
        query = select(RevisionRow).where(RevisionRow.article_id == article_id).order_by(RevisionRow.revision)
        found = []
        for row in self.session.scalars(query):
            words = article if article is not None and article.revision == row.revision else row
            found.append(Revision(row.revision, row.at, words.title, words.text, row.change))
        return found

    def wordings(self, article_ids: Iterable[int]) -> list[Wording]:
        """What some articles said in each of their revisions."""
        query = (
            select(RevisionRow, ArticleRow.revision, ArticleRow.title, ArticleRow.text, ArticleRow.language)
            .join(ArticleRow, ArticleRow.id == RevisionRow.article_id)
            .where(RevisionRow.article_id.in_(article_ids))
            .order_by(RevisionRow.article_id, RevisionRow.revision)
        )
        found = []
        for row, last, title, text, language in self.session.execute(query):
            words = (title, text) if row.revision == last else (row.title, row.text)
            found.append(Wording(row.article_id, row.revision, *words, language))
        return found

    def count(self, since: datetime | None = None) -> int:
        """How many articles the archive holds, or took in since then."""
        query = select(func.count()).select_from(ArticleRow)
        if since is not None:
            query = query.where(ArticleRow.seen_at >= since)
        return self.session.scalar(query) or 0

    def began(self, since: datetime) -> datetime | None:
        """When the earliest article appeared that the archive has from `since` on: published or first stored then."""
        published = select(func.min(ArticleRow.published_at)).where(ArticleRow.published_at >= since)
        seen = select(func.min(ArticleRow.seen_at)).where(ArticleRow.seen_at >= since)
        known = [at for at in (self.session.scalar(published), self.session.scalar(seen)) if at is not None]
        return min(known, default=None)

    def per_source(self, since: datetime) -> dict[str, int]:
        """How many articles each source brought since then."""
        query = select(ArticleRow.source, func.count()).where(ArticleRow.seen_at >= since).group_by(ArticleRow.source)
        return dict(self.session.execute(query).all())

    def recent(self, limit: int = 50, since: datetime | None = None) -> list[Article]:
        """The articles seen last, the newest first."""
        query = select(ArticleRow).order_by(ArticleRow.seen_at.desc(), ArticleRow.id.desc()).limit(limit)
        if since is not None:
            query = query.where(ArticleRow.seen_at >= since)
        return [_article(row) for row in self.session.scalars(query)]

    def _home(self, article: Article, story: int | None, now: datetime) -> StoryRow:
        """The story that an article shall join, counted up, or a new one."""
        home = self.session.get(StoryRow, story) if story is not None else None
        if home is None:
            home = StoryRow(title=article.title, created_at=now, updated_at=now, article_count=0)
            self.session.add(home)
        home.article_count, home.updated_at = home.article_count + 1, now
        self.session.flush()
        return home

    def _write_revision(self, row: ArticleRow, now: datetime, change: Mapping[str, Any] | None = None) -> None:
        kept = None if change is None else dict(change)
        self.session.add(RevisionRow(article_id=row.id, revision=row.revision, at=now, title="", text="", change=kept))
        self.session.flush()

    def _keep_words(self, row: ArticleRow) -> None:
        """Put the words of an article that is about to change into its last revision, which had no need of them."""
        last = self.session.get(RevisionRow, (row.id, row.revision))
        if last is not None:
            last.title, last.text = row.title, row.text


def _values(article: Article) -> dict[str, Any]:
    data = asdict(article)
    values = {name: data.pop(name) for name in COLUMNS}
    del data["id"], data["fingerprint"]  # its bands are kept elsewhere, as long as copies are looked for
    fields = {**data, "modified_at": iso(article.modified_at), "kind": article.kind.value}
    return {**values, "fields": fields}


def _article(row: ArticleRow) -> Article:
    fields = dict(row.fields)
    for name in ("authors", "tags", "robots"):
        fields[name] = tuple(fields.get(name, ()))
    fields["passages"] = tuple(Passage(**passage) for passage in fields.get("passages", ()))
    fields["modified_at"] = instant(fields.get("modified_at"))
    fields["kind"] = PageKind(fields["kind"])
    return Article(id=row.id, **{name: getattr(row, name) for name in COLUMNS}, **fields)


to_article = _article
"""For the other aggregates of this room."""
