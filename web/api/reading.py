"""The API for reading: alerts, stories, search, the path of a page, sources."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Request
from pydantic import Field

from crawler.urls import normalise
from storage import StreamEntry
from vedette.model import Article, SourceStatus
from vedette.trace import trace, verdict
from web import asking
from web.api._base import BIGGEST, Cursor, Limit, Model, Page, Reads, Writes, decode_number, encode, make_router, piece
from web.asking import Narrowed
from web.pages.stream import Filters
from web.problems import Problem
from web.shown import quotes
from web.site import site_of

router = make_router("reading")
Key = Annotated[int, Path(ge=1, le=BIGGEST)]


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


class AlertBody(Model):
    """An alert with the article that caused it."""

    id: int = Field(examples=[412])
    topic: str = Field(examples=["az-it-air"])
    topic_title: str
    story: int
    episode: int = Field(description="Counts the alerts of the topic on the story", examples=[1])
    article: int
    created_at: datetime
    title: str
    url: str
    site: str
    source: str
    language: str = Field(examples=["az"])
    country: str = Field(examples=["AZ"])
    published_at: datetime | None
    articles: int = Field(description="Of the story")
    score: float | None
    match: MatchBody | None = Field(description="null where it is not kept any more")
    hits: list[str] = Field(description="Entities and words that hit", examples=[["c-27j", "baku"]])
    read: bool
    saved: bool


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


class StoryBody(Model):
    """A story with its articles in order of appearance."""

    id: int
    title: str
    created_at: datetime
    articles: list[ArticleBody]
    alerts: list[int]


class MarkBody(Model):
    """What a reader does with a story; null leaves it as it is."""

    read: bool | None = None
    saved: bool | None = Field(None, examples=[True])


class HitBody(Model):
    """An article that a search found."""

    article: ArticleBody
    story: int
    score: float | None
    sentences: list[str] = Field(description="HTML, the hits in <mark>")
    spans: list[SpanBody]


class FacetBody(Model):
    """How often a value occurs among the hits."""

    value: str
    count: int


class FoundBody(Page[HitBody]):
    """What a search found."""

    count: int
    whole: bool = Field(description="False where there are more than were counted")
    facets: dict[str, list[FacetBody]]


class SourceBody(Model):
    """A source and how it fares."""

    id: str
    name: str
    url: str
    kind: str
    country: str
    language: str
    state: str
    failures: int
    last_outcome: str
    last_error: str
    last_success_at: datetime | None
    next_poll_at: datetime | None


class StepBody(Model):
    """A step on the path of a page."""

    at: datetime
    stage: str
    what: str


class PathBody(Model):
    """The path of a page from the records."""

    url: str
    verdict: str = Field(examples=["No source has shown this page."])
    article: int | None
    story: int | None
    steps: list[StepBody]


def alert_body(entry: StreamEntry) -> AlertBody:
    """An alert as the API tells it."""
    article = entry.article
    return AlertBody(
        id=entry.alert.id,
        topic=entry.alert.topic,
        topic_title=entry.topic_title,
        story=entry.alert.story_id,
        episode=entry.alert.episode,
        article=entry.alert.article_id,
        created_at=entry.alert.created_at,
        title=article.title,
        url=article.url,
        site=article.site,
        source=article.source,
        language=article.language,
        country=article.country,
        published_at=article.published_at,
        articles=entry.articles,
        score=entry.score,
        match=MatchBody.model_validate(entry.match) if entry.match is not None else None,
        hits=list(dict.fromkeys(span.entity or span.text for span in entry.spans)),
        read=entry.read_at is not None,
        saved=entry.saved_at is not None,
    )


def article_body(article: Article, seen_at: datetime, *, whole: bool = False) -> ArticleBody:
    """An article as the API tells it."""
    names = ("title", "url", "site", "source", "language", "country", "published_at", "revision")
    values = {name: getattr(article, name) for name in names}
    text = article.text if whole else None
    return ArticleBody(id=article.id or 0, authors=list(article.authors), seen_at=seen_at, text=text, **values)


@router.get("/alerts")
def alerts(request: Request, found: Reads, filters: Filters, limit: Limit = 50, cursor: Cursor = "") -> Page[AlertBody]:
    """Alerts, the newest first."""
    with site_of(request).store.read() as tx:
        rows = tx.stream.page(found.id, filters, limit=limit + 1, before=decode_number(cursor))
    more = encode(rows[limit - 1].alert.id) if len(rows) > limit else None
    return Page(items=[alert_body(row) for row in rows[:limit]], next=more)


@router.get("/alerts/{alert_id}")
def alert(request: Request, found: Reads, alert_id: Key) -> AlertBody:
    """One alert."""
    with site_of(request).store.read() as tx:
        entry = tx.stream.get(found.id, alert_id)
    if entry is None:
        raise Problem(404)
    return alert_body(entry)


@router.get("/stories/{story_id}")
def story(request: Request, found: Reads, story_id: Key) -> StoryBody:
    """One story with the text of its articles."""
    del found
    with site_of(request).store.read() as tx:
        told, alerts = tx.stories.get(story_id), tx.stream.of_story(story_id)
    if told is None:
        raise Problem(404)
    articles = [article_body(m.article, m.seen_at, whole=True) for m in told.articles]
    return StoryBody(
        id=told.id, title=told.title, created_at=told.created_at, articles=articles, alerts=[a.id for a in alerts]
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


@router.get("/search")
def search(
    request: Request,
    found: Reads,
    q: Annotated[str, Query(min_length=1, max_length=20_000, examples=["@c-27j AND baku"], description="A rule")],
    days: Annotated[int, Query(ge=0, le=3650, description="0: the whole archive")] = 90,
    order: Annotated[str, Query(pattern="^(newest|best)$")] = "newest",
    country: Annotated[str, Query(max_length=2)] = "",
    language: Annotated[str, Query(max_length=3)] = "",
    site: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> FoundBody:
    """The archive, asked in the language of rules."""
    del found
    here, place = site_of(request), decode_number(cursor) or 0
    with here.store.read() as tx, here.monitors.lend(tx) as monitor:
        since = asking.since_days(here.now(), days)
        narrowed = Narrowed(country, language, site)
        most = min(max(asking.MOST_SHOWN, place + limit + 1), asking.MOST_FOUND)
        answer = asking.search(tx, monitor, q, narrowed, since=since, best=order == "best", most=most)
    shown = answer.hits[place : place + limit]
    return FoundBody(
        items=[
            HitBody(
                article=article_body(hit.article, hit.seen_at),
                story=hit.story_id,
                score=hit.match.score,
                sentences=[str(quote) for quote in quotes(hit.article, hit.match.spans, limit=50)],
                spans=[SpanBody.model_validate(span) for span in hit.match.spans],
            )
            for hit in shown
        ],
        next=encode(place + limit) if place + limit < len(answer.hits) else None,
        count=len(answer.hits),
        whole=answer.whole,
        facets={k: [FacetBody(value=v, count=n) for v, n in rows] for k, rows in answer.facets.items()},
    )


@router.get("/explain")
def explain(
    request: Request,
    found: Reads,
    url: Annotated[str, Query(min_length=1, max_length=4000, examples=["https://gazette.example/1"])],
) -> PathBody:
    """The path of any page: was it seen, where did it stop, why."""
    del found
    if not normalise(url):
        raise Problem(422, "That is no address of a page: write https://...")
    with site_of(request).store.read() as tx:
        path = trace(tx, url)
    steps = [StepBody(at=s.first_seen_at, stage="seen", what=s.source_id) for s in path.sightings]
    steps += [StepBody(at=f.at, stage="fetch", what=f"{f.outcome} {f.status} {f.error}".strip()) for f in path.fetches]
    steps += [StepBody(at=m.match.at, stage="match", what=m.match.match.topic) for m in path.matches]
    steps += [StepBody(at=d.at, stage=d.stage, what=f"{d.reason} {d.detail}".strip()) for d in path.drops]
    steps += [StepBody(at=t.alert.alert.created_at, stage="alert", what=t.alert.alert.topic) for t in path.told]
    return PathBody(
        url=url,
        verdict=verdict(path),
        article=path.article.id if path.article else None,
        story=path.story.id if path.story else None,
        steps=sorted(steps, key=lambda step: step.at),
    )


@router.get("/sources")
def sources(request: Request, found: Reads, limit: Limit = 50, cursor: Cursor = "") -> Page[SourceBody]:
    """Sources, by id."""
    del found
    with site_of(request).store.read() as tx:
        rows = tx.sources.list()
    shown, more = piece(sorted(rows, key=lambda s: s.source.id), limit, cursor, lambda s: s.source.id)
    return Page(items=[source_body(row) for row in shown], next=more)


@router.get("/sources/{source_id}")
def source(request: Request, found: Reads, source_id: Annotated[str, Path(max_length=200)]) -> SourceBody:
    """One source."""
    del found
    with site_of(request).store.read() as tx:
        status = tx.sources.get(source_id)
    if status is None:
        raise Problem(404)
    return source_body(status)


def source_body(status: SourceStatus) -> SourceBody:
    """A source as the API tells it."""
    names = ("failures", "last_outcome", "last_error", "last_success_at", "next_poll_at")
    own = ("id", "name", "url", "kind", "country", "language", "state")
    values = {name: getattr(status, name) for name in names} | {name: getattr(status.source, name) for name in own}
    return SourceBody(**values)
