"""What a reader may do straight from a message without signing in, and private feeds. The signed link is the key."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from alerts import wishes
from alerts.channels import make_channel
from alerts.feed import MEDIA_TYPES, MOST_ITEMS, FeedHead, Form, Item, build_feed, form_of, items_of
from storage import Transaction
from vedette.links import FEED_PATH, PATH, Link, LinkError, LinkSigner, Purpose, feed_address
from vedette.model import Analyst, DeliveryReason, DeliveryState
from web import doors, topic_feeds
from web.problems import Problem
from web.site import Site, render, site_of

router = APIRouter(include_in_schema=False)


def _verified(site: Site, token: str) -> Link:
    try:
        return LinkSigner(site.vault).verify(token, site.now())
    except LinkError as error:
        raise Problem(410 if error.expired else 404, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


@router.get(PATH + "{token}")
def show(request: Request, token: str) -> Response:
    """Say what a link does, and ask: programs that look at links before people do must change nothing."""
    site = site_of(request)
    link = _verified(site, token)
    if link.purpose is Purpose.FEED:
        raise Problem(404)
    with site.store.read() as tx:
        shown = _shown(tx, link)
    return render(request, "link.html", done=False, **shown)


@router.post(PATH + "{token}")
def act(request: Request, token: str) -> Response:
    """Do it. The link itself is the proof: a mail program that unsubscribes (RFC 8058) has no cookie and no form."""
    site = site_of(request)
    link = _verified(site, token)
    if link.purpose is Purpose.FEED:
        raise Problem(404)
    with site.store.write() as tx:
        shown = _shown(tx, link)  # before: there may be no subscription afterwards
        _do(tx, site, link)
        tx.audit.add("link", str(link.purpose), link.subscription, site.wall(), detail=link.topic)
    return render(request, "link.html", done=True, **shown)


def _shown(tx: Transaction, link: Link) -> dict[str, Any]:
    """What the page of a link needs: it speaks the language of whoever got the message."""
    topic, subscription = tx.topics.get(link.topic), tx.subscriptions.get(link.subscription)
    reader = tx.analysts.get(subscription.analyst) if subscription else None
    title = (topic.title if topic else "") or link.topic
    return {"link": link, "topic": title, "locale": reader.locale if reader else ""}


def _do(tx: Transaction, site: Site, link: Link) -> None:
    now = site.now()
    if link.purpose is Purpose.UNSUBSCRIBE:
        wishes.unsubscribe(tx, link.subscription, now)
        return  # done twice, it is done still
    if tx.subscriptions.get(link.subscription) is None:
        raise Problem(410, "You do not follow this topic any more.")
    until = now + timedelta(hours=link.hours or 24)
    if link.purpose is Purpose.MUTE:
        wishes.mute(tx, link.subscription, until, now)
    elif link.purpose is Purpose.SNOOZE:
        wishes.silence(tx, link.alert, DeliveryReason.SNOOZED, now, until=until, subscriptions=[link.subscription])
    else:
        wishes.silence(tx, link.alert, DeliveryReason.NOT_RELEVANT, now, subscriptions=[link.subscription])


@router.get(FEED_PATH + "{name}")
def feed(request: Request, name: str) -> Response:
    """The private feed of a channel or a topic; 304 for a reader that has it already."""
    site = site_of(request)
    token, _, suffix = name.rpartition(".")
    form = form_of(suffix)
    if form is None:
        raise Problem(404)
    link, signer = _verified(site, token), LinkSigner(site.vault)
    if link.purpose is Purpose.FEED and link.topic:
        return _topic_feed(request, link, token, form)
    with site.store.read() as tx:
        channel = tx.channels.get(link.channel)
        reader = tx.analysts.get(channel.analyst or "") if channel else None
        sent = tx.deliveries.list(DeliveryState.SENT, limit=MOST_ITEMS, channel=link.channel)
    if link.purpose is not Purpose.FEED or channel is None or channel.kind != "feed":
        raise Problem(404)
    own: Any = make_channel(channel.kind, channel.settings, site.vault).settings
    if not doors.same(own.key.get_secret_value(), link.key):
        raise Problem(404)
    items = items_of(sent, signer, site.context.settings.alerts.public_url)
    return _feed(request, channel.id, own.title, token, form, items, reader)


def _topic_feed(request: Request, link: Link, token: str, form: Form) -> Response:
    with site_of(request).store.read() as tx:
        topic, items = topic_feeds.read(tx, link)
        reader = tx.analysts.get(link.subscription)
    return _feed(request, f"{link.subscription}:{topic.id}", topic.title or topic.id, token, form, items, reader)


def _feed(
    request: Request, name: str, title: str, token: str, form: Form, items: list[Item], reader: Analyst | None
) -> Response:
    site = site_of(request)
    settings = site.context.settings
    public = settings.alerts.public_url or str(request.base_url).rstrip("/")
    locale = reader.locale if reader else "en"
    head = FeedHead(name, title, feed_address(public, token, form), public, settings.deliver.templates, locale)
    marks = "".join(f"{item.key}{item.at.isoformat()}" for item in items)
    etag = f'"{hashlib.sha256(f"{form}{locale}{title}{marks}".encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=60"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    body = build_feed(head, items, site.now(), form)
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
