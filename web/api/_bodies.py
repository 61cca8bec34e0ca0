"""The bodies that several parts of the API tell: hits, matches, articles."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from vedette.model import Article
from web.api._base import Model


class SpanBody(Model):
    """A hit: `text` is exactly the field of the article from `start` to `end`, in code points."""

    field: str = Field(examples=["body"])
    start: int
    end: int
    text: str
    term: str
    entity: str | None


class MatchBody(Model):
    """Which version of a topic's rule matched, and where."""

    id: int
    version: int
    score: float | None
    spans: list[SpanBody]


class ArticleBody(Model):
    """An article of the archive."""

    id: int
    title: str
    url: str
    site: str
    source: str
    language: str
    country: str
    authors: list[str]
    published_at: datetime | None
    seen_at: datetime
    revision: int
    text: str | None = Field(None, description="Only where one story is asked for")
    captions: str | None = Field(None, description="Of its pictures, likewise")


def article_body(article: Article, seen_at: datetime, *, whole: bool = False) -> ArticleBody:
    """An article as the API tells it."""
    names = ("title", "url", "site", "source", "language", "country", "published_at", "revision")
    values = {name: getattr(article, name) for name in names}
    if whole:
        values |= {"text": article.text, "captions": article.captions}
    return ArticleBody(id=article.id or 0, authors=list(article.authors), seen_at=seen_at, **values)


class EffectBody(Model):
    """A clause for a rule, and what it does, measured on hits of the archive."""

    clause: str = Field(examples=["@azerbaijan"])
    rule: str = Field(description="With the clause")
    wanted: int = Field(description="Hits that should stay")
    kept: int = Field(description="How many of them stay")
    unwanted: int = Field(description="Hits that should go")
    left: int = Field(description="How many of them stay nevertheless")


class ReasonBody(Model):
    """Why a clause of a rule does not hold."""

    clause: str = Field(examples=["baku"])
    text: str
    near_miss: bool
