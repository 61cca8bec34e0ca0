"""The API for sources: how they fare; for administrators what a site offers, adding, lists, pausing, polling."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from crawler.discover import Found
from crawler.polling import items_per_day
from crawler.urls import normalise
from vedette.model import SourceStatus
from web import watching
from web.api._base import Administers, Cursor, Limit, Model, Page, Reads, files, make_router, piece, problem
from web.problems import Problem
from web.site import site_of
from web.visitor import address_of

router = make_router("sources")
Key = Annotated[str, Path(max_length=200, examples=["gazette"])]
LONGEST_LIST = 1_000_000
"""Characters of a list of sources."""


class HealthBody(Model):
    """How a source was last judged."""

    state: str = Field(examples=["ok"])
    reason: str
    since: datetime | None


class SourceBody(Model):
    """A source and how it fares."""

    id: str = Field(examples=["gazette"])
    name: str
    url: str
    kind: str = Field(examples=["feed"])
    homepage: str
    country: str
    language: str
    state: str
    state_reason: str
    settings: dict[str, Any]
    interval_seconds: float | None = Field(description="Between polls, as fixed or last decided on")
    items_per_day: float | None = Field(description="New ones, as estimated")
    moved_to: str = Field(description="Where its permanent redirects lead")
    failures: int = Field(description="Polls in a row that failed")
    last_outcome: str
    last_error: str
    last_poll_at: datetime | None
    last_success_at: datetime | None
    next_poll_at: datetime | None
    health: HealthBody | None


class SourceRequest(Model):
    """An address to be watched; without an id one is made of it."""

    url: str = Field(min_length=1, max_length=4000, examples=["https://gazette.example/rss"])
    id: str = Field("", max_length=200, examples=["gazette"])
    kind: str = Field("feed", max_length=50)
    name: str = Field("", max_length=200)
    homepage: str = Field("", max_length=4000)
    country: str = Field("", max_length=2)
    language: str = Field("", max_length=3)


class StateChange(Model):
    """Whether a source is polled."""

    state: Literal["active", "paused"]


class OfferBody(Model):
    """What a site offers to be watched, with what it holds now."""

    kind: str
    url: str
    title: str
    language: str
    entries: int
    dated: int = Field(description="Entries with a date")
    newest: datetime | None
    interval_seconds: float | None = Field(description="The wait between polls that its dates suggest")
    examples: list[str] = Field(description="Titles of entries")


class CheckedBody(Model):
    """What a source said when it was asked, or why nothing of use."""

    found: OfferBody | None
    why: str


class AddressRequest(Model):
    """Any address of a site."""

    url: str = Field(min_length=1, max_length=4000, examples=["https://gazette.example/"])


class ListRequest(Model):
    """A list of sources as other programs write them."""

    form: Literal["opml", "yaml", "csv"]
    text: str = Field(max_length=LONGEST_LIST, examples=["id,url\ngazette,https://gazette.example/rss\n"])


class TakenBody(Model):
    """What became of a list."""

    new: int
    known: int
    refused: list[str] = Field(description="A sentence for each row that could not be taken")


class SourceDayBody(Model):
    """What a source did on a day (UTC); days without a poll are left out."""

    day: date
    polls: int
    failed: int = Field(description="Polls that could not be used; throttled ones are not among them")
    throttled: int
    entries: int
    new: int
    articles: int


class VisitBody(Model):
    """A visit of ours, and how it ended."""

    at: datetime
    url: str
    purpose: str = Field(examples=["poll"])
    outcome: str = Field(examples=["ok"])
    status: int
    bytes: int
    milliseconds: int
    error: str


class DropBody(Model):
    """Why something went no further."""

    at: datetime
    stage: str
    reason: str
    url: str
    detail: str


def source_body(status: SourceStatus) -> SourceBody:
    """A source as the API tells it."""
    names = ("failures", "last_outcome", "last_error", "last_poll_at", "last_success_at", "next_poll_at")
    own = ("id", "name", "url", "kind", "homepage", "country", "language", "state")
    values = {name: getattr(status, name) for name in (*names, "state_reason", "moved_to")}
    values |= {name: getattr(status.source, name) for name in own}
    interval = status.source.interval or status.interval
    return SourceBody(
        **values,
        settings=dict(status.source.settings),
        interval_seconds=interval.total_seconds() if interval else None,
        items_per_day=items_per_day(status),
        health=HealthBody.model_validate(status.health) if status.health else None,
    )


def _known(request: Request, source_id: str) -> SourceStatus:
    with site_of(request).store.read() as tx:
        status = tx.sources.get(source_id)
    if status is None:
        raise Problem(404)
    return status


@router.get("/sources")
def sources(request: Request, found: Reads, limit: Limit = 50, cursor: Cursor = "") -> Page[SourceBody]:
    """Sources, by id."""
    del found
    with site_of(request).store.read() as tx:
        rows = tx.sources.list()
    shown, more = piece(sorted(rows, key=lambda s: s.source.id), limit, cursor, lambda s: s.source.id)
    return Page(items=[source_body(row) for row in shown], next=more)


@router.post("/sources", status_code=201, responses={409: problem("There is a source of that name")})
def add(request: Request, found: Administers, body: SourceRequest) -> SourceBody:
    """Watch another address; its first poll imports silently."""
    if not normalise(body.url):
        raise Problem(422, "That is no address: it begins with https://")
    row = {name: value for name, value in body.model_dump().items() if value}
    row.setdefault("id", watching.name_of(body.url))
    made = watching.add(site_of(request), found, row, address_of(request))
    return source_body(_known(request, made.id))


@router.post("/sources/discover")
def discover(request: Request, found: Administers, body: AddressRequest) -> list[OfferBody]:
    """What a site offers to be watched, the best first; nothing is stored."""
    del found
    url = normalise(body.url)
    if not url:
        raise Problem(422, "That is no address: it begins with https://")
    return [_offer(offer) for offer in watching.offers(site_of(request), url)[0]]


def _offer(offer: Found) -> OfferBody:
    seconds = offer.interval.total_seconds() if offer.interval else None
    names = ("kind", "url", "title", "language", "entries", "dated", "newest")
    values = {name: getattr(offer, name) for name in names}
    return OfferBody(**values, interval_seconds=seconds, examples=list(offer.examples))


@router.post("/sources/import")
def import_(request: Request, found: Administers, body: ListRequest) -> TakenBody:
    """Take in a list of sources; rows that can't be taken are told, the others are taken."""
    content, suffix = body.text.encode("utf-8", "replace"), f".{body.form}"
    taken = watching.take_in(site_of(request), found, content, suffix, address_of(request))
    return TakenBody(new=taken.new, known=taken.known, refused=list(taken.refused))


@router.get(
    "/sources/export",
    response_class=Response,
    responses=files(watching.FORMS.values()),
)
def export(
    request: Request, found: Reads, form: Annotated[Literal["opml", "yaml", "csv"], Query()] = "opml"
) -> Response:
    """All sources, as they can be taken in elsewhere."""
    from crawler.exchange import write_sources

    del found
    with site_of(request).store.read() as tx:
        declared = [status.source for status in tx.sources.list()]
    return Response(write_sources(declared, form), media_type=watching.FORMS[form])


@router.get("/sources/{source_id}")
def source(request: Request, found: Reads, source_id: Key) -> SourceBody:
    """One source."""
    del found
    return source_body(_known(request, source_id))


@router.patch("/sources/{source_id}")
def change(request: Request, found: Administers, source_id: Key, body: StateChange) -> SourceBody:
    """Pause a source, or wake it."""
    what = "pause" if body.state == "paused" else "resume"
    watching.act(site_of(request), found, source_id, what, address_of(request))
    return source_body(_known(request, source_id))


@router.post("/sources/{source_id}/poll", status_code=202)
def poll(request: Request, found: Administers, source_id: Key) -> SourceBody:
    """Poll a source as soon as its host may be asked."""
    watching.act(site_of(request), found, source_id, "poll", address_of(request))
    return source_body(_known(request, source_id))


@router.post("/sources/{source_id}/check")
def check(request: Request, found: Administers, source_id: Key) -> CheckedBody:
    """Ask a source now, through the real path; nothing is stored."""
    del found
    offer, why = watching.ask(site_of(request), _known(request, source_id).source)
    return CheckedBody(found=_offer(offer) if offer else None, why="" if offer else why)


@router.delete("/sources/{source_id}", status_code=204)
def delete_source(request: Request, found: Administers, source_id: Key) -> Response:
    """Forget a source; its articles stay."""
    watching.forget(site_of(request), found, source_id, address_of(request))
    return Response(status_code=204)


@router.get("/sources/{source_id}/days")
def days(
    request: Request, found: Reads, source_id: Key, days: Annotated[int, Query(ge=1, le=371)] = 371
) -> list[SourceDayBody]:
    """What a source did day by day, the oldest first."""
    del found
    site = site_of(request)
    _known(request, source_id)
    with site.store.read() as tx:
        rows = tx.health.days(source_id, (site.now() - timedelta(days=days)).date())
    return [SourceDayBody.model_validate(row) for row in rows]


@router.get("/sources/{source_id}/visits")
def visits(request: Request, found: Reads, source_id: Key, limit: Limit = 50) -> list[VisitBody]:
    """The last visits, the newest first."""
    del found
    _known(request, source_id)
    with site_of(request).store.read() as tx:
        return [VisitBody.model_validate(one) for one in tx.fetches.list(source_id=source_id, limit=limit)]


@router.get("/sources/{source_id}/drops")
def drops(request: Request, found: Reads, source_id: Key, limit: Limit = 50) -> list[DropBody]:
    """What of a source went no further, and why; the newest first."""
    del found
    _known(request, source_id)
    with site_of(request).store.read() as tx:
        return [DropBody.model_validate(one) for one in tx.drops.list(source_id=source_id, limit=limit)]
