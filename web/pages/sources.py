"""Sources: health at a glance, one source with its polls, and what administrators can do about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vedette.errors import UsageError
from vedette.model import SourceDay, SourceState
from web import charts, watching
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.visitor import Admin, Form, Reader, address_of, field

DAYS = 30
"""How long the strip of a source is."""
WEEKS = 53
"""How many of them the page shows of a year."""
PAGE = 50
"""Sources on one page."""

ROW = ("id", "url", "kind", "name", "homepage", "country", "language")
"""What a form says of a source."""

router = APIRouter(include_in_schema=False)


@router.get("/sources")
def sources(
    request: Request,
    found: Reader,
    show: Annotated[str, Query(pattern="^(failing|silent|paused|)$")] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    span: Annotated[str, Query(pattern="^(year|)$")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """All sources: a strip of their days or of a year, last success, articles per week, failures with reasons."""
    site = site_of(request)
    now = site.now()
    today = now.date()
    with site.store.read() as tx:
        every = tx.sources.list()
        weekly = tx.articles.per_source(now - timedelta(days=7))
        kinds = {
            "failing": [s for s in every if s.failures and s.source.state is SourceState.ACTIVE],
            "silent": [s for s in every if not weekly.get(s.source.id) and s.source.state is SourceState.ACTIVE],
            "paused": [s for s in every if s.source.state is not SourceState.ACTIVE],
        }
        wanted = kinds.get(show, every)
        if q:
            words = q.casefold()
            wanted = [s for s in wanted if words in f"{s.source.id} {s.source.name} {s.source.url}".casefold()]
        shown = wanted[(page - 1) * PAGE : page * PAGE]
        first, days = (charts.monday(today, WEEKS), 7) if span else (today - timedelta(days=DAYS - 1), 1)
        polls = tx.health.polls([s.source.id for s in shown], first, today, days)
    return render(
        request,
        "sources.html",
        found,
        rows=shown,
        polls=polls,
        weekly=weekly,
        today=today,
        counts={name: len(rows) for name, rows in kinds.items()},
        total=len(every),
        show=show,
        q=q,
        span=span,
        page=page,
        last=max(1, -(-len(wanted) // PAGE)),
        link=lambda **changed: "/sources?" + urlencode({"show": show, "span": span, "q": q} | changed),
    )


def visited(days: Iterable[SourceDay]) -> dict[str, tuple[int, int]]:
    """The polls of each day that worked and that did not."""
    return {one.day.isoformat(): (one.polls - one.failed - one.throttled, one.failed + one.throttled) for one in days}


@router.get("/sources/export/{form}")
def export(request: Request, found: Reader, form: str) -> Response:
    """All sources as opml, yaml or csv, as `vedette sources import` reads them."""
    from crawler.exchange import write_sources

    del found
    if form not in watching.FORMS:
        raise Problem(404)
    with site_of(request).store.read() as tx:
        declared = [status.source for status in tx.sources.list()]
    headers = {"Content-Disposition": f'attachment; filename="sources.{form}"'}
    return Response(write_sources(declared, form), media_type=watching.FORMS[form], headers=headers)


@router.get("/sources/{source_id}")
def source(request: Request, source_id: str, found: Reader) -> Response:
    """One source with its last polls and drops."""
    site = site_of(request)
    now = site.now()
    with site.store.read() as tx:
        status = tx.sources.get(source_id)
        if status is None:
            raise Problem(404)
        fetches, drops = tx.fetches.list(source_id=source_id, limit=30), tx.drops.list(source_id=source_id, limit=20)
        days = visited(tx.health.days(source_id, charts.monday(now.date(), WEEKS)))
        weekly = tx.articles.per_source(now - timedelta(days=7)).get(source_id, 0)
    return render(
        request,
        "source.html",
        found,
        status_of=status,
        fetches=fetches,
        drops=drops,
        days=days,
        weekly=weekly,
        today=now.date(),
    )


@router.post("/sources")
def add(request: Request, found: Admin, form: Form) -> Response:
    """Watch another address."""
    row = {name: field(form, name) for name in ROW if field(form, name)}
    try:
        declared = watching.add(site_of(request), found, row, address_of(request))
    except UsageError as error:
        return go("/sources", translated(found, request, str(error)), bad=True)
    except Problem as taken:
        return go("/sources", translated(found, request, taken.detail), bad=True)
    return go(f"/sources/{declared.id}", translated(found, request, "It will be polled at once."))


@router.post("/sources/{source_id}/do")
def act(request: Request, source_id: str, found: Admin, form: Form) -> Response:
    """Pause a source, wake it, or poll it now."""
    watching.act(site_of(request), found, source_id, field(form, "do"), address_of(request))
    return go(f"/sources/{source_id}", translated(found, request, "Saved."))
