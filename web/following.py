"""The stream of alerts as it is followed: which alerts, and word of newer ones. Pages and the API share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import StreamingResponse

from storage import Wanted
from vedette.errors import StorageError
from web import doors
from web.problems import Problem
from web.site import Site, site_of
from web.visitor import Visitor

LOOK_SECONDS = 1.0
"""How often the database is asked for new alerts, while somebody follows the stream."""
QUIET_SECONDS = 15.0
"""After how long without an event a follower is told that the line still stands, and asked for their ticket again."""
MOST_LISTENERS = 200
PIECE = 100
"""Alerts that are told at a time to who has missed many."""
HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}

Choice = Annotated[str, Query(max_length=200)]
Tell = Callable[[int, int], str]
"""Makes the events of the alerts after one id, up to another."""


def wanted(
    topic: Choice = "",
    source: Choice = "",
    country: Choice = "",
    language: Choice = "",
    entity: Choice = "",
    only: Annotated[str, Query(pattern="^(unread|saved|)$")] = "",
) -> Wanted:
    """The filters of a list."""
    return Wanted(topic, source, country, language, entity, only)


Filters = Annotated[Wanted, Depends(wanted)]


def followed(request: Request, found: Visitor, given: str, tell: Tell) -> StreamingResponse:
    """An answer without end, of server-sent events. `given`: the id of the last alert that the follower knows;
    without one they hear of what comes from now on."""
    site = site_of(request)
    if site.listeners >= MOST_LISTENERS:
        raise Problem(503, "Too many follow the stream already: try again later.", headers={"Retry-After": "60"})
    last = int(given) if given.isdecimal() else newest(site)
    return StreamingResponse(_events(request, found, site, last, tell), media_type="text/event-stream", headers=HEADERS)


async def _events(request: Request, found: Visitor, site: Site, last: int, tell: Tell) -> AsyncIterator[str]:
    site.listeners += 1
    quiet = 0.0
    try:
        yield "retry: 3000\n\n"
        while not site.context.stop.is_set() and not await request.is_disconnected():
            try:
                latest = await asyncio.to_thread(newest, site)
                if latest > last:
                    end, quiet = min(latest, last + PIECE), 0.0
                    yield await asyncio.to_thread(tell, last, end)
                    last = end
                    continue
                if quiet >= QUIET_SECONDS:
                    if not await asyncio.to_thread(_still_let_in, request, found):
                        return
                    quiet = 0.0
                    yield ": still here\n\n"
            except StorageError as error:  # the next look may find the database again
                site.context.log.warning("the stream waits for the database", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)
            quiet += LOOK_SECONDS
    finally:
        site.listeners -= 1


def newest(site: Site) -> int:
    """The id of the newest alert, 0 where there is none."""
    with site.store.read() as tx:
        return tx.stream.newest()


def _still_let_in(request: Request, found: Visitor) -> bool:
    """Whether a follower's token or session is good still; a browser whose cookie was replaced comes again."""
    site = site_of(request)
    now = site.wall()
    with site.store.read() as tx:
        if found.token is not None:
            given = request.headers.get("authorization", "").partition(" ")[2]
            return tx.tokens.find(doors.digest(given.strip()), now) is not None
        return found.session is not None and tx.accounts.find_session(found.session.digest, now) is not None
