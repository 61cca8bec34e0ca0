"""The API for stories and articles: how they came, what each revision changed, marks, splitting and merging."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import Field

from vedette.lineage import lineage_of
from web import telling
from web.api._base import BIGGEST, Cursor, Limit, Model, Page, Reads, Writes, decode_number, make_router, newest
from web.api._bodies import ArticleBody, MatchBody, article_body
from web.problems import Problem
from web.site import Site, site_of
from web.visitor import Visitor, address_of

router = make_router("stories")
Key = Annotated[int, Path(ge=1, le=BIGGEST)]


class MemberBody(Model):
    """An article of a story, and why it belongs there."""

    article: ArticleBody
    join: str = Field(description="How it joined", examples=["copy"])
    like: int | None = Field(description="The article that it is a copy of, or tells the same as")
    score: float | None = Field(description="How surely, 0 to 1")
    reason: str


class StoryBody(Model):
    """A story with its articles in order of appearance."""

    id: int
    title: str
    created_at: datetime
    first: int = Field(description="The article that was seen first")
    original: int = Field(description="The article that was published first, by what the pages say")
    independent: int = Field(description="Sites that tell it in words of their own")
    copies: int = Field(description="Articles that repeat another one")
    articles: list[ArticleBody]
    members: list[MemberBody]
    alerts: list[int]
    read: bool
    saved: bool


class StoryLineBody(Model):
    """A story in a list."""

    id: int
    title: str
    created_at: datetime
    updated_at: datetime
    articles: int


class RevisionBody(Model):
    """What an article said at a time."""

    revision: int
    at: datetime
    title: str
    text: str
    change: dict[str, Any] | None = Field(description="What kind of change it was, and how large")


class TopicMatchBody(Model):
    """A topic's rule that matched an article."""

    topic: str
    revision: int = Field(description="Of the article")
    at: datetime
    match: MatchBody


class SplitRequest(Model):
    """Articles of a story that tell something else."""

    articles: list[Annotated[int, Field(ge=1, le=BIGGEST)]] = Field(min_length=1, max_length=500, examples=[[7, 9]])
    reason: str = Field("", max_length=500)


class MergeRequest(Model):
    """The story that tells the same."""

    into: int = Field(ge=1, le=BIGGEST, examples=[12])
    reason: str = Field("", max_length=500)


class MarkBody(Model):
    """What a reader does with a story; null leaves it as it is."""

    read: bool | None = None
    saved: bool | None = Field(None, examples=[True])


@router.get("/stories")
def stories(
    request: Request,
    found: Reads,
    articles: Annotated[int, Query(ge=1, le=1000, description="With at least so many articles")] = 1,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[StoryLineBody]:
    """Stories, the newest first."""
    del found
    with site_of(request).store.read() as tx:
        rows = tx.stories.list(limit + 1, least=articles, before=decode_number(cursor))
    shown, more = newest(rows, limit, lambda row: row.id)
    return Page(items=[StoryLineBody.model_validate(row) for row in shown], next=more)


@router.get("/stories/{story_id}")
def story(request: Request, found: Reads, story_id: Key) -> StoryBody:
    """One story with the text of its articles, who was first, and why each belongs to it."""
    return _story(site_of(request), found, story_id)


def _story(site: Site, found: Visitor, story_id: int) -> StoryBody:
    with site.store.read() as tx:
        told, alerts = telling.story_of(tx, story_id), tx.stream.of_story(story_id)
        read, saved = tx.stream.marks(found.id, story_id)
    way = lineage_of(told)
    articles = [article_body(m.article, m.seen_at, whole=True) for m in told.articles]
    return StoryBody(
        id=told.id,
        title=told.title,
        created_at=told.created_at,
        **asdict(way),
        articles=articles,
        members=[
            MemberBody(article=body, join=m.join, like=m.like, score=m.score, reason=m.reason)
            for body, m in zip(articles, told.articles, strict=True)
        ],
        alerts=[a.id for a in alerts],
        read=read is not None,
        saved=saved is not None,
    )


@router.patch("/stories/{story_id}")
def mark(request: Request, found: Writes, story_id: Key, body: MarkBody) -> MarkBody:
    """Mark a story as read or saved, for oneself."""
    site = site_of(request)
    with site.store.write() as tx:
        if not tx.stream.mark(found.id, story_id, site.now(), read=body.read, saved=body.saved):
            raise Problem(404)
        read, saved = tx.stream.marks(found.id, story_id)
    return MarkBody(read=read is not None, saved=saved is not None)


@router.post("/stories/{story_id}/split", status_code=201)
def split(request: Request, found: Writes, story_id: Key, body: SplitRequest) -> StoryBody:
    """Move articles into a story of their own, with the alerts that they caused; the new story."""
    site = site_of(request)
    made = telling.split(site, found, story_id, body.articles, body.reason, address_of(request))
    return _story(site, found, made)


@router.post("/stories/{story_id}/merge")
def merge(request: Request, found: Writes, story_id: Key, body: MergeRequest) -> StoryBody:
    """Move all articles into another story; later ones of either join its alerts. The other story."""
    site = site_of(request)
    telling.merge(site, found, story_id, body.into, body.reason, address_of(request))
    return _story(site, found, body.into)


@router.get("/articles/{article_id}")
def article(request: Request, found: Reads, article_id: Key) -> ArticleBody:
    """One article with its text."""
    del found
    with site_of(request).store.read() as tx:
        known, seen = tx.articles.get(article_id), tx.articles.seen_at(article_id)
    if known is None or seen is None:
        raise Problem(404)
    return article_body(known, seen, whole=True)


@router.get("/articles/{article_id}/revisions")
def revisions(request: Request, found: Reads, article_id: Key) -> list[RevisionBody]:
    """All revisions of an article, the first one first."""
    del found
    with site_of(request).store.read() as tx:
        if tx.articles.get(article_id) is None:
            raise Problem(404)
        return [RevisionBody.model_validate(one) for one in tx.articles.revisions(article_id)]


@router.get("/articles/{article_id}/matches")
def matches(request: Request, found: Reads, article_id: Key) -> list[TopicMatchBody]:
    """The topics that an article matched, and where."""
    del found
    with site_of(request).store.read() as tx:
        if tx.articles.get(article_id) is None:
            raise Problem(404)
        rows = tx.matches.list(article_id)
    return [
        TopicMatchBody(
            topic=row.match.topic, revision=row.revision, at=row.at, match=MatchBody.model_validate(row.match)
        )
        for row in rows
    ]
