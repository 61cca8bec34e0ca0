"""Where an analyst is told: their channels, what they follow, muting, trying a channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from alerts import wishes
from alerts.channels import CHANNELS
from vedette.errors import UsageError
from vedette.model import Cadence
from web import desk
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.visitor import Form, Reader, Visitor, address_of, field

HERE = "/alerts-to-me"

router = APIRouter(include_in_schema=False)


@router.get(HERE)
def alerts_to_me(request: Request, found: Reader, topic: Annotated[str, Query(max_length=200)] = "") -> Response:
    """One's channels and what one follows."""
    return _page(request, found, topic=topic)


def _page(request: Request, found: Visitor, *, topic: str = "", wrong: str = "") -> Response:
    site = site_of(request)
    with site.store.read() as tx:
        channels, subscriptions = tx.channels.list(found.id), tx.subscriptions.list(analyst=found.id)
        topics = tx.topics.list(active=True)
        last = {c.id: tx.deliveries.list(limit=3, channel=c.id) for c in channels}
    base = str(request.base_url).rstrip("/")
    return render(
        request,
        "desk.html",
        found,
        status=422 if wrong else 200,
        channels=[(c, desk.shown_settings(site, c), desk.feed_address(site, c, base)) for c in channels],
        last=last,
        subscriptions=subscriptions,
        titles={t.id: t.title or t.id for t in topics},
        topics=topics,
        topic=topic,
        kinds=desk.kinds(found),
        cadences=list(Cadence),
        words_of=desk.words_of,
        wrong=wrong,
    )


@router.get("/channels/new")
def new_channel(request: Request, found: Reader, kind: str, next: str = HERE) -> Response:
    """The form of a kind."""
    if kind not in desk.kinds(found):
        raise Problem(404)
    return _channel_form(request, found, kind, {}, next=next)


def _channel_form(
    request: Request,
    found: Visitor,
    kind: str,
    values: dict[str, Any],
    *,
    next: str,
    channel: str = "",
    wrong: str = "",
) -> Response:
    settings, example = desk.settings_of(kind), CHANNELS[kind].example
    usual = [one for one in settings if one.required or one.name in example]
    return render(
        request,
        "channel.html",
        found,
        status=422 if wrong else 200,
        kind=kind,
        about=desk.kinds(found)[kind],
        usual=usual,
        rare=[one for one in settings if one not in usual],
        values={name: value for name, value in values.items() if value not in ("", None)},
        example=dict(example),
        made_up={name for of, name in desk.MADE_UP if of == kind},
        channel=channel,
        words_of=desk.words_of,
        next=next if next in (HERE, "/start") else HERE,
        wrong=wrong,
    )


@router.get("/channels/{channel_id}")
def channel(request: Request, channel_id: str, found: Reader) -> Response:
    """The form of one's own channel."""
    site = site_of(request)
    with site.store.read() as tx:
        known = desk.own_channel(tx, found, channel_id)
    if known.kind not in desk.kinds(found):
        raise Problem(404)
    secret = {s.name for s in desk.settings_of(known.kind) if s.form == "secret"}
    values = {name: value for name, value in known.settings.items() if name not in secret}
    return _channel_form(request, found, known.kind, values, next=HERE, channel=channel_id)


def given_settings(kind: str, form: FormData) -> dict[str, Any]:
    """The settings that a form holds; what was left empty is left out."""
    given: dict[str, Any] = {}
    for setting in desk.settings_of(kind):
        value = field(form, f"s.{setting.name}")
        if setting.form == "flag":
            given[setting.name] = value == "yes"
        elif value:
            given[setting.name] = value
    return given


@router.post("/channels")
def put_channel(request: Request, found: Reader, form: Form) -> Response:
    """Make a channel or change it."""
    site, kind, channel_id = site_of(request), field(form, "kind"), field(form, "channel")
    if kind not in desk.kinds(found):
        raise Problem(404)
    given = given_settings(kind, form)
    try:
        whole, secret = (given, "") if channel_id else desk.with_secret(kind, given)
        made = desk.put_channel(site, found, channel_id, kind, whole, address_of(request))
    except UsageError as error:
        kept = {s.name: given.get(s.name, "") for s in desk.settings_of(kind) if s.form != "secret"}
        return _channel_form(request, found, kind, kept, next=field(form, "next"), channel=channel_id, wrong=str(error))
    target = field(form, "next")
    said = translated(found, request, "%(channel)s is there. Now test it.", channel=made.id)
    said += f" {translated(found, request, desk.SIGNED, secret=secret)}" if secret else ""
    return go(target if target in (HERE, "/start") else HERE, said)


@router.post("/channels/{channel_id}/do")
def act(request: Request, channel_id: str, found: Reader, form: Form) -> Response:
    """Test a channel, switch it on, or remove it."""
    site, what = site_of(request), field(form, "do")
    back = field(form, "next") if field(form, "next") == "/start" else HERE
    if what == "test":
        sent, why = desk.test_channel(site, found, channel_id)
        if sent:
            return go(back, translated(found, request, "The test message was taken. Look where it should arrive."))
        return go(back, translated(found, request, "The test message was not taken: %(why)s", why=why), bad=True)
    with site.store.write() as tx:
        desk.own_channel(tx, found, channel_id)
        if what == "enable":
            tx.channels.enable(channel_id)
        elif what == "remove":
            for one in tx.subscriptions.list(analyst=found.id):
                if one.channel == channel_id:
                    wishes.unsubscribe(tx, one.id, site.now())
            tx.channels.delete(channel_id)
        else:
            raise Problem(422)
        tx.audit.add(found.id, f"channel: {what}", channel_id, site.wall(), address=address_of(request))
    return go(back, translated(found, request, "Saved."))


@router.post("/subscriptions")
def subscribe(request: Request, found: Reader, form: Form) -> Response:
    """Follow topics on channels."""
    topics, channels = form.getlist("topic"), form.getlist("channel")
    start, end = field(form, "quiet_from"), field(form, "quiet_to")
    row = {
        "topics": [t for t in topics if isinstance(t, str)],
        "channels": [c for c in channels if isinstance(c, str)],
        "cadence": field(form, "cadence") or Cadence.AT_ONCE.value,
        "quiet_hours": f"{start}-{end}" if start or end else None,
        "digest_at": field(form, "digest_at") or "08:00",
    }
    back = field(form, "next") if field(form, "next") == "/start" else HERE
    if not row["topics"] or not row["channels"]:
        return go(back, translated(found, request, "Choose a topic and a channel."), bad=True)
    try:
        desk.subscribe(site_of(request), found, row, address_of(request))
    except UsageError as error:
        return _page(request, found, topic=str(topics[0]), wrong=str(error))
    return go(back, translated(found, request, "You will be told."))


@router.post("/subscriptions/do")
def change_subscription(request: Request, found: Reader, form: Form) -> Response:
    """Mute a subscription for some hours, unmute or end it."""
    site, name, what = site_of(request), field(form, "id"), field(form, "do")
    now = site.now()
    with site.store.write() as tx:
        desk.own_subscription(tx, found, name)
        if what == "mute":
            hours = field(form, "hours", "24")
            if not hours.isdecimal() or not 0 < int(hours) <= 24 * 365:
                raise Problem(422)
            wishes.mute(tx, name, now + timedelta(hours=int(hours)), now)
        elif what == "unmute":
            wishes.unmute(tx, name)
        elif what == "remove":
            wishes.unsubscribe(tx, name, now)
        else:
            raise Problem(422)
        tx.audit.add(found.id, f"subscription: {what}", name, site.wall(), address=address_of(request))
    return go(HERE, translated(found, request, "Saved."))
