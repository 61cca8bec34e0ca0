"""The first steps of a new analyst: choose topics, say where to be told, try it. Three pages, two minutes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vedette.errors import UsageError
from web import desk
from web.site import go, render, site_of, translated
from web.visitor import Form, Reader, Visitor, address_of, field

WAYS = {"email": "to", "slack": "webhook_url", "webhook": "url", "feed": ""}
"""The kinds that need one setting at most, and which."""

router = APIRouter(include_in_schema=False)
Ids = Annotated[list[str], Query(max_length=200)]


@router.get("/start")
def start(request: Request, found: Reader, topic: Ids = [], channel: str = "") -> Response:  # noqa: B006 - FastAPI copies it
    """The step that comes next."""
    return _page(request, found, topic, channel)


def _page(
    request: Request, found: Visitor, chosen: list[str], channel: str = "", way: str = "", wrong: str = ""
) -> Response:
    site = site_of(request)
    with site.store.read() as tx:
        topics = tx.topics.list(active=True)
        channels = tx.channels.list(found.id)
        followed = [s for s in tx.subscriptions.list(analyst=found.id) if s.channel == channel]
    known = [t for t in topics if t.id in chosen]
    made = next((c for c in channels if c.id == channel), None)
    base = str(request.base_url).rstrip("/")
    return render(
        request,
        "start.html",
        found,
        status=422 if wrong else 200,
        step=3 if made else 2 if known else 1,
        topics=topics,
        chosen=known,
        channel=made,
        feed=desk.feed_address(site, made, base) if made else "",
        followed=len(followed),
        mail=bool(site.context.settings.smtp.host),
        way=way,
        wrong=wrong,
    )


@router.post("/start")
def finish(request: Request, found: Reader, form: Form) -> Response:
    """Make the channel and follow the chosen topics on it."""
    site, way = site_of(request), field(form, "way")
    chosen = [t for t in form.getlist("topic") if isinstance(t, str)]
    setting = WAYS.get(way)
    if setting is None:
        return _page(request, found, chosen, wrong="Choose where you want to be told.")
    given = {setting: field(form, f"value-{way}")} if setting else {}
    try:
        whole, secret = desk.with_secret(way, given)
        channel = desk.put_channel(site, found, "", way, whole, address_of(request))
        desk.subscribe(site, found, {"topics": chosen, "channels": [channel.id]}, address_of(request))
    except UsageError as error:
        return _page(request, found, chosen, way=way, wrong=str(error))
    return go(f"/start?channel={channel.id}", translated(found, request, desk.SIGNED, secret=secret) if secret else "")


@router.post("/start/test/{channel_id}")
def test(request: Request, channel_id: str, found: Reader, form: Form) -> Response:
    """Send a real message and come back."""
    del form
    sent, why = desk.test_channel(site_of(request), found, channel_id)
    said = (
        "The test message was taken. Look where it should arrive."
        if sent
        else "The test message was not taken: %(why)s"
    )
    text = translated(found, request, said, why=why) if not sent else translated(found, request, said)
    return go(f"/start?channel={channel_id}", text, bad=not sent)
