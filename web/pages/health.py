"""`/healthz` for whoever restarts what is broken, `/metrics` for Prometheus. Neither names a person or a topic."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from vedette.errors import StorageError
from web.metrics import CONTENT_TYPE
from web.site import site_of

LATE_SECONDS = 180.0
"""Real seconds of silence after which a role counts as gone."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """200 while the database answers and every role of the daemon lives; else 503 and what is wrong."""
    site = site_of(request)
    try:
        with site.store.read() as tx:
            workers = tx.workers.list()
    except StorageError as error:
        return JSONResponse({"status": "failing", "database": str(error)}, 503)
    now, speed = site.now(), site.context.clock.speed
    ages: dict[str, float] = {}
    for worker in workers:
        age = (now - worker.beat_at).total_seconds() / speed
        ages[worker.role] = min(age, ages.get(worker.role, age))
    late = sorted(role for role, age in ages.items() if age > LATE_SECONDS)
    body = {"status": "failing" if late else "ok", "database": "ok", "late": late}
    return JSONResponse(body, 503 if late else 200)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """All figures in the text format of Prometheus."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE)


@router.get("/robots.txt")
def robots() -> Response:
    """No page is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
