"""The API for looking things up: search in the language of rules, and the path of any page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import Response

from alerts.rules.explain import Explanation
from crawler.urls import normalise
from vedette.errors import RuleError
from vedette.trace import Trace, trace, verdict
from web import asking
from web.api._base import BIGGEST, Cursor, Limit, Model, Page, Reads, decode, encode, make_router
from web.api._bodies import ArticleBody, ReasonBody, SpanBody, article_body
from web.asking import LONGEST_RULE, Answer, Narrowed
from web.exports import FORMS
from web.problems import Problem
from web.shown import quotes
from web.site import site_of

router = make_router("reading")
Rule = Annotated[str, Query(min_length=1, max_length=LONGEST_RULE, examples=["@c-27j AND baku"], description="A rule")]
Days = Annotated[int, Query(ge=0, le=3650, description="0: the whole archive")]
Order = Annotated[str, Query(pattern="^(newest|best)$")]


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
    """What a search found. Where `next` is given there may be more, even if `items` is empty."""

    count: int = Field(description="Hits in the stretch of the archive that was looked at")
    whole: bool = Field(description="False where older articles were not looked at: `next` goes on with them")
    facets: dict[str, list[FacetBody]]


class StepBody(Model):
    """A step on the path of a page."""

    at: datetime
    stage: str
    what: str


class JudgementBody(Model):
    """How a topic as it stands judges an article."""

    topic: str
    matched: bool
    score: float | None
    rule: str
    sentences: list[str] = Field(description="With the hits between asterisks")
    reasons: list[ReasonBody] = Field(description="Why it does not match")


class PathBody(Model):
    """The path of a page from the records."""

    url: str
    verdict: str = Field(examples=["No source has shown this page."])
    article: int | None
    story: int | None
    steps: list[StepBody] = Field(description="The oldest first; of deliveries only one's own")
    neighbours: list[str] = Field(description="Sources of the same site, where no source has shown the page")
    judgement: JudgementBody | None = Field(description="Where a topic was named and there is an article")


@router.get("/search")
def search(
    request: Request,
    found: Reads,
    q: Rule,
    days: Days = 90,
    order: Order = "newest",
    country: Annotated[str, Query(max_length=2)] = "",
    language: Annotated[str, Query(max_length=3)] = "",
    site: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> FoundBody:
    """The archive, asked in the language of rules."""
    del found
    here = site_of(request)
    before, place = _position(cursor)
    with here.store.read() as tx, here.monitors.lend(tx) as monitor:
        since = asking.since_days(here.now(), days)
        narrowed = Narrowed(country, language, site)
        most = max(asking.MOST_SHOWN, limit + 1)
        answer = asking.search(tx, monitor, q, narrowed, since=since, best=order == "best", most=most, before=before)
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
        next=_next(answer, before, place + limit),
        count=len(answer.hits),
        whole=answer.whole,
        facets={k: [FacetBody(value=v, count=n) for v, n in rows] for k, rows in answer.facets.items()},
    )


def _next(answer: Answer, before: int | None, place: int) -> str | None:
    """The cursor of what follows: later hits of the same stretch of the archive, or the stretch before it."""
    if place < len(answer.hits):
        return encode(f"{before or 0}.{place}")
    return encode(f"{answer.further}.0") if answer.further is not None else None


def _position(cursor: str) -> tuple[int | None, int]:
    """The id before which a stretch of the archive begins, None for the newest, and the place among its hits."""
    if not cursor:
        return None, 0
    parts = decode(cursor).split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and int(part) <= BIGGEST for part in parts):
        raise Problem(422, "This cursor is none of ours.")
    return int(parts[0]) or None, int(parts[1])


@router.get(
    "/search/export",
    response_class=Response,
    responses={
        200: {"content": {media.partition(";")[0]: {"schema": {"type": "string"}} for _, media in FORMS.values()}}
    },
)
def export(
    request: Request,
    found: Reads,
    q: Rule,
    form: Annotated[Literal["csv", "jsonl", "ris"], Query()] = "jsonl",
    days: Days = 90,
    order: Order = "newest",
    country: Annotated[str, Query(max_length=2)] = "",
    language: Annotated[str, Query(max_length=3)] = "",
    site: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """All hits of a search, 5000 at most, for spreadsheets, programs or reference managers."""
    del found
    make, media = FORMS[form]
    here = site_of(request)
    with here.store.read() as tx, here.monitors.lend(tx) as monitor:
        since = asking.since_days(here.now(), days)
        narrowed = Narrowed(country, language, site)
        answer = asking.search(tx, monitor, q, narrowed, since=since, best=order == "best", most=asking.MOST_FOUND)
    return Response(make(answer.hits), media_type=media)


@router.get("/explain")
def explain(
    request: Request,
    found: Reads,
    url: Annotated[str, Query(min_length=1, max_length=4000, examples=["https://gazette.example/1"])],
    topic: Annotated[str, Query(max_length=200, description="Also say how this topic judges the article")] = "",
) -> PathBody:
    """The path of any page: was it seen, where did it stop, why."""
    if not normalise(url):
        raise Problem(422, "That is no address of a page: write https://...")
    site = site_of(request)
    with site.store.read() as tx:
        path, judgement = trace(tx, url), None
        mine = {one.id for one in tx.subscriptions.list(analyst=found.id)}
        chosen = tx.topics.get(topic) if topic else None
        if topic and chosen is None:
            raise Problem(404)
        if chosen is not None and path.article is not None:
            with site.monitors.lend(tx) as monitor:
                judgement = _judgement(topic, asking.explained(monitor, chosen, path.article))
    return PathBody(
        url=url,
        verdict=verdict(path),
        article=path.article.id if path.article else None,
        story=path.story.id if path.story else None,
        steps=sorted(_steps(path, mine), key=lambda step: step.at),
        neighbours=[near.source.id for near in path.neighbours],
        judgement=judgement,
    )


def _judgement(topic: str, why: Explanation | RuleError) -> JudgementBody:
    if isinstance(why, RuleError):
        raise why
    reasons = [ReasonBody.model_validate(reason) for reason in why.reasons]
    sentences = [" ".join(sentence.split()) for sentence in dict.fromkeys(why.sentences)]
    return JudgementBody(
        topic=topic, matched=why.matched, score=why.score, rule=why.rule, sentences=sentences, reasons=reasons
    )


def _steps(path: Trace, mine: Collection[str]) -> Iterator[StepBody]:
    for sighting in path.sightings:
        yield StepBody(at=sighting.first_seen_at, stage="seen", what=sighting.source_id)
    for fetch in path.fetches:
        yield StepBody(at=fetch.at, stage="fetch", what=f"{fetch.outcome} {fetch.status} {fetch.error}".strip())
    if path.article is not None and path.stored_at is not None:
        yield StepBody(at=path.stored_at, stage="store", what=path.article.title)
    for later in path.revisions:
        yield StepBody(at=later.at, stage="revision", what=later.change.told())
    for matched in path.matches:
        yield StepBody(at=matched.match.at, stage="match", what=matched.match.match.topic)
    for drop in path.drops:
        about = " ".join(part for part in (str(drop.reason), drop.topic_id or "", drop.detail) if part)
        yield StepBody(at=drop.at, stage=drop.stage, what=about)
    for told in path.told:
        yield StepBody(at=told.alert.alert.created_at, stage="alert", what=told.alert.alert.topic)
        for delivery, _ in told.deliveries:
            if delivery.subscription in mine:
                about = f"{delivery.channel}: {delivery.state} ({delivery.reason})"
                yield StepBody(at=delivery.sent_at or delivery.created_at, stage="deliver", what=about)
        for one in told.suppressions:
            if one.subscription in mine:
                yield StepBody(at=one.at, stage="deliver", what=f"{one.subscription}: not told ({one.reason})")
