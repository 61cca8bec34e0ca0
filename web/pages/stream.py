"""The stream: alerts as they come, what was read and saved, and the events that tell browsers of new ones."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from storage import Wanted
from web import shown
from web.following import Filters, followed
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.visitor import Form, Reader, Visitor, field

PAGE = 40
router = APIRouter(include_in_schema=False)


def query_of(filters: Wanted, **more: str | int) -> str:
    """The filters as they stand in an address."""
    named = {name: getattr(filters, name) for name in Wanted.__slots__}
    return urlencode({key: value for key, value in {**named, **more}.items() if value})


@router.get("/")
def stream(request: Request, found: Reader, filters: Filters, before: int | None = None) -> Response:
    """The alerts, the newest first."""
    return _page(request, found, filters, before)


def _page(request: Request, found: Visitor, filters: Wanted, before: int | None) -> Response:
    site = site_of(request)
    choices = site.choices()
    with site.store.read() as tx:
        entries = tx.stream.page(found.id, filters, limit=PAGE + 1, before=before)
        newest = tx.stream.newest()
        titles = {topic.id: topic.title for topic in tx.topics.list()}
        named = [*(source for source, _ in choices["source"]), *([filters.source] if filters.source else [])]
        names = {status.source.id: status.source.name for status in tx.sources.several(named)}
        mine = bool(tx.subscriptions.list(analyst=found.id))
    more = entries[PAGE - 1].alert.id if len(entries) > PAGE else None
    return render(
        request,
        "stream.html",
        found,
        days=list(shown.by_day(entries[:PAGE], found.analyst.timezone)),
        filters=filters,
        query=query_of(filters),
        choices=choices,
        entities=sorted({span.entity for entry in entries for span in entry.spans if span.entity}),
        titles=titles,
        names=names,
        newest=newest,
        older=query_of(filters, before=more) if more else "",
        first=before is None,
        subscribed=mine,
    )


@router.get("/stream/after/{alert_id}")
def after(request: Request, found: Reader, filters: Filters, alert_id: int) -> Response:
    """The cards of newer alerts, a piece of the stream's page."""
    with site_of(request).store.read() as tx:
        entries = tx.stream.page(found.id, filters, limit=PAGE, after=alert_id)
    return render(request, "cards.html", found, cards=[shown.card(entry) for entry in entries], fresh=True)


@router.get("/stream/events")
def events(request: Request, found: Reader) -> Response:
    """Server-sent events: the id of the newest alert, whenever there is a newer one."""

    def tell(_: int, newest: int) -> str:
        return f"event: alert\nid: {newest}\ndata: {newest}\n\n"

    given = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return followed(request, found, given, tell)


@router.post("/stream/read")
def read_all(request: Request, found: Reader, form: Form) -> Response:
    """Mark everything up to an alert as read."""
    given = field(form, "up_to")
    if not given.isdecimal():
        raise Problem(422)
    site = site_of(request)
    with site.store.write() as tx:
        tx.stream.read_all(found.id, int(given), site.now())
    return go("/", translated(found, request, "All read."))


@router.post("/stories/{story_id}/mark")
def mark(request: Request, story_id: int, found: Reader, form: Form) -> Response:
    """Save a story or mark it as read, or undo that."""
    site, what = site_of(request), field(form, "mark")
    changes = {"save": {"saved": True}, "unsave": {"saved": False}, "read": {"read": True}, "unread": {"read": False}}
    if what not in changes:
        raise Problem(422)
    with site.store.write() as tx:
        if not tx.stream.mark(found.id, story_id, site.now(), **changes[what]):
            raise Problem(404)
    back = field(form, "back", "/")
    return go(back if back.startswith(("/?", f"/stories/{story_id}", "/alerts/")) else "/")
