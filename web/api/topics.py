"""The API for topics: read, save, versions, private feeds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from vedette.model import Topic
from web import topic_feeds
from web.api._base import BIGGEST, Cursor, Limit, Model, Page, Reads, Writes, make_router, piece
from web.asking import LONGEST_RULE
from web.keeping import restore_topic, store_topic
from web.problems import Problem
from web.site import site_of
from web.visitor import Visitor, address_of

router = make_router("topics")
Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["az-it-air"])]
RULE = Field(min_length=1, max_length=LONGEST_RULE, examples=["@c-27j AND (@azerbaijan OR baku)"])


class TopicBody(Model):
    """A topic as of its last version."""

    id: str = Field(examples=["az-it-air"])
    title: str
    description: str
    rule: str
    version: int
    active: bool


class TopicChange(Model):
    """What a topic shall be; a new rule is a new version, with the reason."""

    title: str = Field(min_length=1, max_length=200, examples=["Azerbaijan and Italy in the air"])
    description: str = Field("", max_length=2000)
    rule: str = RULE
    active: bool = True
    reason: str = Field("", max_length=500)


class VersionBody(Model):
    """A rule as it once stood."""

    version: int
    rule: str
    at: datetime
    author: str
    reason: str


class RestoreRequest(Model):
    """An earlier version."""

    version: int = Field(ge=1, le=BIGGEST, examples=[1])


class FeedBody(Model):
    """Where one's private feed of a topic is read: whoever has an address reads it, without a token."""

    atom: str = Field(examples=["https://vedette.example/feeds/eyJ0b3BpYyI.atom"])
    json_feed: str = Field(examples=["https://vedette.example/feeds/eyJ0b3BpYyI.json"])


@router.get("/topics")
def topics(request: Request, found: Reads, limit: Limit = 50, cursor: Cursor = "") -> Page[TopicBody]:
    """Topics, by id."""
    del found
    with site_of(request).store.read() as tx:
        rows = sorted(tx.topics.list(), key=lambda topic: topic.id)
    shown, more = piece(rows, limit, cursor, lambda topic: topic.id)
    return Page(items=[TopicBody.model_validate(topic) for topic in shown], next=more)


@router.get("/topics/{topic_id}")
def topic(request: Request, found: Reads, topic_id: Key) -> TopicBody:
    """One topic."""
    del found
    return TopicBody.model_validate(_known(request, topic_id))


@router.put("/topics/{topic_id}")
def put_topic(request: Request, found: Writes, topic_id: Key, body: TopicChange) -> TopicBody:
    """Make a topic or change it."""
    site = site_of(request)
    with site.store.read() as tx:
        new = tx.topics.get(topic_id) is None
    wanted = Topic(topic_id, body.rule, body.title, body.description, active=body.active)
    stored = store_topic(site, found, wanted, body.reason, new=new, address=address_of(request))
    return TopicBody.model_validate(stored)


@router.delete("/topics/{topic_id}", status_code=204)
def delete_topic(request: Request, found: Writes, topic_id: Key) -> Response:
    """Forget a topic that nobody follows; its alerts stay."""
    site = site_of(request)
    with site.store.write() as tx:
        if not tx.topics.delete(topic_id):
            raise Problem(404)
        tx.audit.add(found.id, "topic deleted", topic_id, site.wall(), address=address_of(request))
    return Response(status_code=204)


@router.get("/topics/{topic_id}/versions")
def versions(request: Request, found: Reads, topic_id: Key) -> list[VersionBody]:
    """All versions, the first one first."""
    del found
    _known(request, topic_id)
    with site_of(request).store.read() as tx:
        return [VersionBody.model_validate(version) for version in tx.topics.versions(topic_id)]


@router.post("/topics/{topic_id}/restore")
def restore(request: Request, found: Writes, topic_id: Key, body: RestoreRequest) -> TopicBody:
    """Make an earlier version's rule the newest one."""
    return TopicBody.model_validate(restore_topic(site_of(request), found, topic_id, body.version, address_of(request)))


@router.get("/topics/{topic_id}/days")
def days(
    request: Request, found: Reads, topic_id: Key, days: Annotated[int, Query(ge=1, le=366)] = 90
) -> dict[str, int]:
    """The alerts of a topic by day (UTC); days without one are left out."""
    del found
    _known(request, topic_id)
    site = site_of(request)
    with site.store.read() as tx:
        return dict(tx.stream.per_day([topic_id], site.now() - timedelta(days=days)).get(topic_id, {}))


@router.get("/topics/{topic_id}/feed")
def feed(request: Request, found: Writes, topic_id: Key) -> FeedBody:
    """Where one's private feed of a topic is read; 404 where it was not made."""
    site = site_of(request)
    with site.store.read() as tx:
        key = tx.topic_feeds.key(found.id, topic_id)
    if key is None:
        raise Problem(404)
    return _feed(request, found, topic_id, key)


@router.put("/topics/{topic_id}/feed")
def make_feed(request: Request, found: Writes, topic_id: Key) -> FeedBody:
    """Make one's private feed of a topic; one that there is stays."""
    site = site_of(request)
    with site.store.write() as tx:
        key = topic_feeds.open_feed(tx, site, found.id, topic_id, address_of(request))
    return _feed(request, found, topic_id, key)


@router.delete("/topics/{topic_id}/feed", status_code=204)
def withdraw_feed(request: Request, found: Writes, topic_id: Key) -> Response:
    """Withdraw one's private feed of a topic: its addresses are good no more. The next one has others."""
    site = site_of(request)
    with site.store.write() as tx:
        topic_feeds.withdraw(tx, site, found.id, topic_id, address_of(request))
    return Response(status_code=204)


def _feed(request: Request, found: Visitor, topic_id: str, key: str) -> FeedBody:
    base = str(request.base_url).rstrip("/")
    made = topic_feeds.addresses(site_of(request), found.id, topic_id, key, base)
    return FeedBody(atom=made["atom"], json_feed=made["json"])


def _known(request: Request, topic_id: str) -> Topic:
    with site_of(request).store.read() as tx:
        known = tx.topics.get(topic_id)
    if known is None:
        raise Problem(404)
    return known
