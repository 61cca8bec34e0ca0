"""The API for alerts: the stream, one alert with who was told, and hearing no more of its story."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Path, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from storage import StreamEntry
from web import telling
from web.api._base import BIGGEST, Cursor, Limit, Model, Page, Reads, Writes, decode_number, make_router, newest
from web.api._bodies import EffectBody, MatchBody
from web.following import Filters, followed
from web.problems import Problem
from web.site import Site, site_of
from web.visitor import Visitor, address_of

router = make_router("alerts")
Key = Annotated[int, Path(ge=1, le=BIGGEST)]


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events named `alert`: `id` is the alert's, `data` what `GET /alerts` tells of it",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: alert\nid: 412\ndata: {"id": 412, "topic": "az-it-air", "title": "..."}\n\n',
            }
        },
    }
}


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


class UpToBody(Model):
    """The newest alert that was seen."""

    up_to: int = Field(ge=0, le=BIGGEST, examples=[412])


class CountBody(Model):
    """How many it concerned."""

    count: int


class SnoozeRequest(Model):
    """For how long to hear nothing more of a story."""

    hours: float = Field(24, gt=0, le=24 * 365)


class SilencedBody(Model):
    """One's subscriptions that hear no more of a story, and clauses that would have left it out."""

    subscriptions: list[str]
    proposals: list[EffectBody]


class AttemptBody(Model):
    """One attempt to send a message."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    phase: str
    code: str
    error: str


class DeliveryBody(Model):
    """A message to one of one's own channels."""

    id: int
    channel: str
    subscription: str | None
    state: str = Field(examples=["sent"])
    reason: str = Field(examples=["new-story"])
    created_at: datetime
    sent_at: datetime | None
    last_error: str
    attempts: list[AttemptBody]


class SuppressionBody(Model):
    """One of one's own subscriptions that was not told, and why."""

    subscription: str
    reason: str = Field(examples=["muted"])
    at: datetime


class ToldBody(Model):
    """What became of an alert. Of others' messages only the number is told."""

    deliveries: list[DeliveryBody]
    suppressed: list[SuppressionBody]
    others: int


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


@router.get("/alerts")
def alerts(
    request: Request,
    found: Reads,
    filters: Filters,
    after: Annotated[int | None, Query(ge=0, le=BIGGEST, description="Only alerts newer than this one")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[AlertBody]:
    """Alerts, the newest first."""
    with site_of(request).store.read() as tx:
        rows = tx.stream.page(found.id, filters, limit=limit + 1, before=decode_number(cursor), after=after)
    shown, more = newest(rows, limit, lambda row: row.alert.id)
    return Page(items=[alert_body(row) for row in shown], next=more)


@router.get("/events", response_class=StreamingResponse, responses=EVENTS)
def events(
    request: Request,
    found: Reads,
    filters: Filters,
    after: Annotated[
        int | None, Query(ge=0, le=BIGGEST, description="Begin with the alerts newer than this one")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="Of the last event that was received: go on from there")
    ] = None,
) -> Response:
    """Alerts as they come, as server-sent events that don't end: what `GET /alerts` tells of each, in order. Without
    `after` or `Last-Event-ID` those that come from now on. Who was cut off asks again with the id of the last event."""
    site = site_of(request)

    def tell(last: int, newest: int) -> str:
        with site.store.read() as tx:
            rows = tx.stream.page(found.id, filters, limit=newest - last, after=last, before=newest + 1)
        told = [
            f"event: alert\nid: {row.alert.id}\ndata: {alert_body(row).model_dump_json()}\n\n" for row in rows[::-1]
        ]
        return "".join(told) + f"id: {newest}\n\n"  # what the filters leave out need not be looked at again

    return followed(request, found, last_event_id or ("" if after is None else str(after)), tell)


@router.get("/alerts/{alert_id}")
def alert(request: Request, found: Reads, alert_id: Key) -> AlertBody:
    """One alert."""
    with site_of(request).store.read() as tx:
        entry = tx.stream.get(found.id, alert_id)
    if entry is None:
        raise Problem(404)
    return alert_body(entry)


@router.post("/alerts/read")
def read_all(request: Request, found: Writes, body: UpToBody) -> CountBody:
    """Mark the stories of all alerts up to one as read, for oneself."""
    site = site_of(request)
    with site.store.write() as tx:
        return CountBody(count=tx.stream.read_all(found.id, body.up_to, site.now()))


@router.get("/alerts/{alert_id}/deliveries")
def deliveries(request: Request, found: Reads, alert_id: Key) -> ToldBody:
    """What one's own channels got of an alert, every attempt, and which subscriptions were not told and why."""
    with site_of(request).store.read() as tx:
        if tx.stream.get(found.id, alert_id) is None:
            raise Problem(404)
        every = tx.deliveries.list(alert_id=alert_id, limit=1000)
        mine = {one.id for one in tx.subscriptions.list(analyst=found.id)}
        own = [one for one in every if one.subscription in mine]
        attempts = {one.id: tx.deliveries.attempts(one.id) for one in own}
        suppressed = [one for one in tx.alerts.suppressions(alert_id) if one.subscription in mine]
    names = ("id", "channel", "subscription", "state", "reason", "created_at", "sent_at", "last_error")
    return ToldBody(
        deliveries=[
            DeliveryBody(
                **{name: getattr(one, name) for name in names},
                attempts=[AttemptBody.model_validate(attempt) for attempt in attempts[one.id]],
            )
            for one in own
        ],
        suppressed=[SuppressionBody.model_validate(one) for one in suppressed],
        others=len(every) - len(own),
    )


@router.post("/alerts/{alert_id}/snooze")
def snooze(request: Request, found: Writes, alert_id: Key, body: SnoozeRequest) -> SilencedBody:
    """Hear nothing more of an alert's story for some hours."""
    told = telling.silence(site_of(request), found, alert_id, body.hours, address_of(request))
    return SilencedBody(subscriptions=told, proposals=[])


@router.post("/alerts/{alert_id}/not-relevant")
def not_relevant(request: Request, found: Writes, alert_id: Key) -> SilencedBody:
    """Hear nothing more of an alert's story, and be told what would have left it out."""
    site = site_of(request)
    told = telling.silence(site, found, alert_id, address=address_of(request))
    return SilencedBody(subscriptions=told, proposals=_proposals(site, found, alert_id))


@router.get("/alerts/{alert_id}/proposals")
def proposals(request: Request, found: Reads, alert_id: Key) -> list[EffectBody]:
    """Clauses for the topic's rule that would have left an alert out, each with its effect on a year of hits."""
    return _proposals(site_of(request), found, alert_id)


def _proposals(site: Site, found: Visitor, alert_id: int) -> list[EffectBody]:
    with site.store.read() as tx:
        entry = tx.stream.get(found.id, alert_id)
    if entry is None:
        raise Problem(404)
    return [EffectBody.model_validate(one) for one in telling.proposals(site, entry.alert.topic, [alert_id])]
