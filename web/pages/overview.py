"""The overview: what is unusual today, how topics fare, which countries are spoken of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vedette.overview import PAST_DAYS
from web.site import render, site_of
from web.visitor import Reader

MOST_TOPICS = 24

router = APIRouter(include_in_schema=False)


@router.get("/overview")
def overview(request: Request, found: Reader, days: Annotated[int, Query(ge=1, le=7)] = 1) -> Response:
    """Names that rise, topics and countries, today or in the last seven days."""
    site = site_of(request)
    span = 7 if days > 1 else 1
    told = site.overview(span)
    with site.store.read() as tx:
        mine = {s.topic for s in tx.subscriptions.list(analyst=found.id)}
    topics = sorted(told.topics, key=lambda one: one.topic.id not in mine)
    return render(
        request,
        "overview.html",
        found,
        told=told,
        topics=topics[:MOST_TOPICS],
        hidden=max(0, len(topics) - MOST_TOPICS),
        mine=mine,
        days=span,
        past_days=PAST_DAYS,
    )
