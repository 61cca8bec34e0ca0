"""The API for an analyst's own channels and subscriptions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import Field
from starlette.responses import Response

from alerts import wishes
from alerts.channels import CHANNELS
from vedette.model import Cadence, Channel, Subscription
from web import desk
from web.api._base import Cursor, Limit, Model, Page, Reads, Writes, make_router, piece
from web.site import Site, site_of
from web.visitor import Visitor, address_of

router = make_router("desk")
Key = Annotated[str, Path(min_length=1, max_length=300)]


class ChannelBody(Model):
    """A channel of one's own; of secrets only the last characters are told."""

    id: str = Field(examples=["anna-slack"])
    kind: str
    active: bool
    disabled_reason: str
    failing_since: datetime | None
    settings: dict[str, Any]
    feed: str = Field(description="Where a channel of the kind feed is read, else empty")


class SettingBody(Model):
    """A setting of a kind."""

    name: str
    form: str = Field(description="text, secret, number, flag or choice", examples=["secret"])
    required: bool
    choices: list[str]
    default: str
    about: str


class KindBody(Model):
    """A kind of channels that one may have."""

    kind: str = Field(examples=["email"])
    about: str
    settings: list[SettingBody]
    example: dict[str, Any]


class ChannelRequest(Model):
    """A channel to be made; `settings` are those of its kind."""

    kind: str = Field(max_length=50, examples=["email"])
    settings: dict[str, Any] = Field(examples=[{"to": "anna@example.org"}])


class ChannelChange(Model):
    """Settings to be changed; those that are left out stay."""

    settings: dict[str, Any] = Field(examples=[{"to": "anna@example.org"}])


class TestBody(Model):
    """How a test message fared."""

    sent: bool
    why: str


class SubscriptionBody(Model):
    """Who hears of what, where and how often."""

    id: str = Field(examples=["anna:az-it-air:anna-slack"])
    topic: str
    channel: str
    cadence: str
    quiet_from: str
    quiet_to: str
    digest_at: str
    muted_until: datetime | None
    active: bool


class SubscriptionRequest(Model):
    """A topic to follow on a channel of one's own."""

    topic: str = Field(max_length=200, examples=["az-it-air"])
    channel: str = Field(max_length=200, examples=["anna-slack"])
    cadence: Cadence = Cadence.AT_ONCE
    quiet_hours: str | None = Field(None, max_length=20, examples=["22:00-07:00"])
    digest_at: str = Field("08:00", max_length=20)


class MuteRequest(Model):
    """For how long to hear nothing; 0 unmutes."""

    hours: float = Field(ge=0, le=24 * 365, examples=[24])


@router.get("/channels")
def channels(request: Request, found: Reads, limit: Limit = 50, cursor: Cursor = "") -> Page[ChannelBody]:
    """One's own channels, by id."""
    site = site_of(request)
    with site.store.read() as tx:
        rows = sorted(tx.channels.list(found.id), key=lambda channel: channel.id)
    shown, more = piece(rows, limit, cursor, lambda channel: channel.id)
    return Page(items=[_channel(request, channel) for channel in shown], next=more)


@router.post("/channels", status_code=201)
def add_channel(request: Request, found: Writes, body: ChannelRequest) -> ChannelBody:
    """Make a channel."""
    made = desk.put_channel(site_of(request), found, "", body.kind, body.settings, address_of(request))
    return _channel(request, made)


@router.get("/channels/kinds")
def kinds(found: Reads) -> list[KindBody]:
    """The kinds of channels that one may have, and their settings."""
    return [
        KindBody(
            kind=name,
            about=about,
            settings=[SettingBody.model_validate(one) for one in desk.settings_of(name)],
            example=dict(CHANNELS[name].example),
        )
        for name, about in desk.kinds(found).items()
    ]


@router.get("/channels/{channel_id}")
def channel(request: Request, found: Reads, channel_id: Key) -> ChannelBody:
    """One of one's own channels."""
    site = site_of(request)
    return _channel(request, _own(site, found, channel_id))


@router.patch("/channels/{channel_id}")
def change_channel(request: Request, found: Writes, channel_id: Key, body: ChannelChange) -> ChannelBody:
    """Change settings of a channel."""
    site = site_of(request)
    known = _own(site, found, channel_id)
    return _channel(request, desk.put_channel(site, found, channel_id, known.kind, body.settings, address_of(request)))


@router.post("/channels/{channel_id}/test")
def test_channel(request: Request, found: Writes, channel_id: Key) -> TestBody:
    """Send a real test message through the real path, once."""
    sent, why = desk.test_channel(site_of(request), found, channel_id)
    return TestBody(sent=sent, why="" if sent else why)


@router.post("/channels/{channel_id}/enable")
def enable(request: Request, found: Writes, channel_id: Key) -> ChannelBody:
    """Switch a channel on again; what waits for it is sent."""
    site = site_of(request)
    with site.store.write() as tx:
        desk.own_channel(tx, found, channel_id)
        tx.channels.enable(channel_id)
        tx.audit.add(found.id, "channel: enable", channel_id, site.wall(), address=address_of(request))
    return _channel(request, _own(site, found, channel_id))


@router.delete("/channels/{channel_id}", status_code=204)
def delete_channel(request: Request, found: Writes, channel_id: Key) -> Response:
    """Forget a channel that no subscription uses."""
    site = site_of(request)
    with site.store.write() as tx:
        desk.own_channel(tx, found, channel_id)
        tx.channels.delete(channel_id)
        tx.audit.add(found.id, "channel: remove", channel_id, site.wall(), address=address_of(request))
    return Response(status_code=204)


@router.get("/subscriptions")
def subscriptions(request: Request, found: Reads, limit: Limit = 50, cursor: Cursor = "") -> Page[SubscriptionBody]:
    """What one follows, by id."""
    with site_of(request).store.read() as tx:
        rows = sorted(tx.subscriptions.list(analyst=found.id), key=lambda one: one.id)
    shown, more = piece(rows, limit, cursor, lambda one: one.id)
    return Page(items=[_subscription(one) for one in shown], next=more)


@router.post("/subscriptions", status_code=201)
def subscribe(request: Request, found: Writes, body: SubscriptionRequest) -> SubscriptionBody:
    """Follow a topic on a channel of one's own."""
    row = body.model_dump(mode="json")
    (made,) = desk.subscribe(site_of(request), found, row, address_of(request))
    return _subscription(made)


@router.post("/subscriptions/{subscription_id}/mute")
def mute(request: Request, found: Writes, subscription_id: Key, body: MuteRequest) -> SubscriptionBody:
    """Hear nothing for some hours; 0 unmutes."""
    site = site_of(request)
    now = site.now()
    with site.store.write() as tx:
        desk.own_subscription(tx, found, subscription_id)
        if body.hours:
            wishes.mute(tx, subscription_id, now + timedelta(hours=body.hours), now)
        else:
            wishes.unmute(tx, subscription_id)
        return _subscription(desk.own_subscription(tx, found, subscription_id))


@router.delete("/subscriptions/{subscription_id}", status_code=204)
def unsubscribe(request: Request, found: Writes, subscription_id: Key) -> Response:
    """End a subscription; what waits for it is withheld."""
    site = site_of(request)
    with site.store.write() as tx:
        desk.own_subscription(tx, found, subscription_id)
        wishes.unsubscribe(tx, subscription_id, site.now())
        tx.audit.add(found.id, "subscription: remove", subscription_id, site.wall(), address=address_of(request))
    return Response(status_code=204)


def _own(site: Site, found: Visitor, channel_id: str) -> Channel:
    with site.store.read() as tx:
        return desk.own_channel(tx, found, channel_id)


def _channel(request: Request, channel: Channel) -> ChannelBody:
    site, base = site_of(request), str(request.base_url).rstrip("/")
    names = ("id", "kind", "active", "disabled_reason", "failing_since")
    values = {name: getattr(channel, name) for name in names}
    feed = desk.feed_address(site, channel, base)
    return ChannelBody(settings=desk.shown_settings(site, channel), feed=feed, **values)


def _subscription(one: Subscription) -> SubscriptionBody:
    return SubscriptionBody.model_validate(one)
