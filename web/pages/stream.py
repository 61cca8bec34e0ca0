"""The stream: alerts as they come."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.site import render, site_of
from web.visitor import Reader

router = APIRouter(include_in_schema=False)


@router.get("/")
def stream(request: Request, found: Reader) -> Response:
    """The newest alerts."""
    with site_of(request).store.read() as tx:
        alerts = tx.alerts.list(50)
    return render(request, "stream.html", found, alerts=alerts)


@router.get("/start")
def start(request: Request, found: Reader) -> Response:
    """Where a new account begins."""
    return stream(request, found)
