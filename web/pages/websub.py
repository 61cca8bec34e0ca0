"""Where hubs reach us (WebSub): they verify what we asked for, and call when a feed has changed.

What a hub sends with its call is not read: the feed itself is polled, at once.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from crawler import websub
from storage import HubSubscription
from storage.websub import LEAVING
from web.problems import Problem
from web.site import Site, site_of

router = APIRouter(include_in_schema=False)


def _known(site: Site, name: str) -> HubSubscription | None:
    with site.store.read() as tx:
        return tx.websub.get(name)


@router.get(websub.PATH + "{name}")
def verify(request: Request, name: str) -> Response:
    """Answer a hub that asks whether it was really us; the challenge sent back says yes."""
    site, now = site_of(request), site_of(request).now()
    word, subscription = websub.word_of(request.query_params), _known(site, name)
    if subscription is None or not websub.agrees(word, subscription.topic, wanted=subscription.state != LEAVING):
        raise Problem(404)
    with site.store.write() as tx:
        if word.mode == "denied":
            tx.websub.denied(name, f"the hub denied it: {word.reason or 'no reason given'}", now + websub.LONGEST_RETRY)
        elif word.mode == "unsubscribe":
            tx.websub.forget(name)
        else:
            ends, renewal = websub.lease(word.lease_seconds, now)
            tx.websub.granted(name, expires_at=ends, renew_at=renewal)
    site.context.log.info("hub answered", source=subscription.source_id, hub=subscription.hub, mode=word.mode)
    return PlainTextResponse(word.challenge)


@router.post(websub.PATH + "{name}")
async def called(request: Request, name: str) -> Response:
    """A hub says that a feed has changed. A call with a wrong signature is counted and otherwise left unheard."""
    body = await request.body()
    return await run_in_threadpool(_heard, site_of(request), name, body, request.headers.get("x-hub-signature", ""))


def _heard(site: Site, name: str, body: bytes, signature: str) -> Response:
    crawl, subscription = site.context.settings.crawl, _known(site, name)
    if subscription is None or subscription.state == LEAVING or not crawl.websub.callback_url:
        return Response(status_code=410)  # a hub that hears this calls no more
    genuine = bool(subscription.secret) and websub.genuine(site.vault.decrypt(subscription.secret), body, signature)
    with site.store.write() as tx:
        if genuine:
            tx.websub.ping(name, site.now(), crawl.min_interval)
        else:
            tx.websub.forgery(name)
    if not genuine:
        site.context.log.warning("forged call of a hub", source=subscription.source_id, hub=subscription.hub)
    return Response(status_code=202)
