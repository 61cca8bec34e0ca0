"""Webhooks after the Standard Webhooks specification: signed JSON for any program that can receive a POST."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, SecretStr, field_validator
from standardwebhooks import Webhook as Signer

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext, web_address
from alerts.channels._http import Reply, instant, post, retry_after
from alerts.templating import render_json
from vedette.errors import ConfigError, UsageError
from vedette.model import AttemptOutcome, Notice

LARGEST = 20_000
"""Bytes of a payload: what the specification asks receivers to take."""
TEMPLATE = "webhook.json.j2"
TOKEN = re.compile(r"[A-Za-z0-9-]+")
OURS = {"content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature"}
GONE = {404, 410}
LONGEST_URL = 3000


class WebhookSettings(ChannelSettings):
    """Where to post, and the secrets to sign with: the current one, and an old one while it is being replaced."""

    url: SecretStr
    """The receiver's address, https; it may hold a token and is treated as a secret."""
    secret: SecretStr
    """`whsec_` and 24 to 64 bytes in base64; the receiver verifies signatures with it."""
    old_secret: SecretStr | None = None
    """A secret that is being replaced: messages are signed with both."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Further headers, such as an API gateway's; their values are secrets."""

    @field_validator("secret", "old_secret")
    @classmethod
    def _usable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if not 24 <= len(key) <= 64:
                raise ValueError("must be `whsec_` and 24 to 64 bytes in base64")
        return value

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: SecretStr) -> SecretStr:
        return web_address(value)

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, content in value.items():
            if not TOKEN.fullmatch(name) or not content.get_secret_value().isprintable():
                raise ValueError(f"the header {name!r} can't be sent: use letters, digits and hyphens, and one line")
            if name.lower() in OURS or not content.get_secret_value().isascii():
                raise ValueError(f"the header {name!r} is Vedette's own, or not in ASCII: leave it out")
        return value


class Webhook(Channel):
    """One POST per message: {"type": "alert.created", "timestamp": ..., "data": {...}}, minified, under 20 kB.

    `webhook-id` is the idempotency key: it is the same on every copy of a message, so that a receiver can drop doubles.
    """

    kind: ClassVar[str] = "webhook"
    Settings: ClassVar[type[ChannelSettings]] = WebhookSettings
    example: ClassVar[Mapping[str, Any]] = {
        "url": "https://receiver.example/vedette",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    retry_minutes: ClassVar[Sequence[float]] = (5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440)

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Post the signed payload; any 2xx is success, 404 and 410 end the channel."""
        settings: WebhookSettings = self.settings
        try:
            body = minified(payload(notice, context.templates, context.channel))
        except ConfigError as error:  # the operator's own template
            return Result(AttemptOutcome.RETRY, "render", "template", str(error))
        stamp = context.wall  # receivers refuse signatures that are not of now
        signatures = [
            Signer(secret.get_secret_value()).sign(msg_id=key, timestamp=stamp, data=body)
            for secret in (settings.secret, settings.old_secret)
            if secret is not None
        ]
        headers = {
            **{name: value.get_secret_value() for name, value in settings.headers.items()},
            "Content-Type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(stamp.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        reply = await post(settings.url.get_secret_value(), body.encode(), headers, context)
        return reply if isinstance(reply, Result) else judge(reply)

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The payload, indented."""
        return json.dumps(payload(notice, context.templates, context.channel), ensure_ascii=False, indent=2)


def new_secret() -> str:
    """A fresh secret of 32 bytes, as receivers expect it."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def rotated(stored: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """Stored settings with a new secret; the one so far is the old one. While one is being replaced, a UsageError."""
    if stored.get("old_secret"):
        raise UsageError("a secret is being replaced already: end that first with `--finish`")
    return {**stored, "secret": secret, "old_secret": stored["secret"]}


def settled(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings without the old secret; a UsageError where there is none."""
    if not stored.get("old_secret"):
        raise UsageError("no secret is being replaced: leave out `--finish` to begin")
    return {name: value for name, value in stored.items() if name != "old_secret"}


def judge(reply: Reply) -> Result:
    """What an answer means for the message and for the channel."""
    code, wait = str(reply.status), retry_after(reply)
    if 200 <= reply.status < 300:
        return SENT
    if reply.status in GONE:
        return Result(AttemptOutcome.CHANNEL_GONE, "response", code, f"the receiver is gone, it answers {code}")
    if 300 <= reply.status < 400:
        return Result(
            AttemptOutcome.RETRY, "response", code, "the receiver redirects: set the channel's url to where it leads"
        )
    return Result(AttemptOutcome.RETRY, "response", code, f"the receiver answered {reply.status}", wait)


def payload(notice: Notice, templates: Path | None = None, channel: str = "") -> dict[str, Any]:
    """The message as JSON, the same on every attempt; what is long is shortened, then left out, until it is small.

    A ConfigError where a template of the operator's fails, or writes more than receivers must take.
    """
    kinds = {"update": "alert.updated", "test": "test", "operator": "operator.notice", "digest": "digest.created"}
    head = {"type": kinds.get(notice.reason.value, "alert.created"), "timestamp": instant(notice.seen_at)}
    for length, count in ((600, 10), (300, 5), (150, 2), (80, 0)):
        shown = render_json(TEMPLATE, notice, templates, channel, **head, data=_data(notice, length, count))
        if len(minified(shown).encode()) < LARGEST:
            return shown
    raise ConfigError(f"the template {TEMPLATE} writes more than {LARGEST} bytes, which receivers need not take")


def minified(value: Mapping[str, Any]) -> str:
    """JSON without a space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _data(notice: Notice, length: int, count: int) -> dict[str, Any]:
    return {
        "topic": {
            "id": notice.topic[:length],
            "title": notice.topic_title[:length],
            "version": notice.topic_version,
        },
        "alert": notice.alert_id,
        "story": notice.story_id,
        "reason": notice.reason.value,
        "article": _article(notice, length),
        "matched": _matched(notice, length, count),
        "hits": [hit[:length] for hit in notice.hits[: 2 * count]],
        "others": [{"site": site[:length], "url": _whole(url)} for site, url in notice.others[:count]],
        "score": notice.score,
        "text": notice.text[: 4 * length],
        "news": [line[:length] for line in notice.news[: 2 * count]],
        "entries": [_entry(entry, length) for entry in notice.entries[: 3 * count + 2]],
        "entries_left_out": max(0, len(notice.entries) - 3 * count - 2),
        "links": {name: url for name, url in notice.links.items() if _whole(url)},
    }


def _article(notice: Notice, length: int) -> dict[str, Any]:
    return {
        "title": notice.title[: 2 * length],
        "url": _whole(notice.url),
        "site": notice.site[:length],
        "language": notice.language[:20],
        "country": notice.country[:20],
        "published_at": instant(notice.published_at),
        "seen_at": instant(notice.seen_at),
    }


def _matched(notice: Notice, length: int, count: int) -> list[dict[str, Any]]:
    return [
        {"field": s.field, "text": s.text[:length], "marks": [m for m in s.marks if m[1] <= length]}
        for s in notice.sentences[:count]
    ]


def _entry(notice: Notice, length: int) -> dict[str, Any]:
    """One of a digest, shorter than a message of its own."""
    return {
        "topic": notice.topic[:length],
        "alert": notice.alert_id,
        "story": notice.story_id,
        "reason": notice.reason.value,
        "article": _article(notice, length // 2),
        "matched": _matched(notice, length // 2, 1),
        "news": [line[:length] for line in notice.news[:5]],
    }


def _whole(url: str) -> str:
    """An address, or "" where it is too long to send: a shortened one would lead elsewhere."""
    return url if len(url) <= LONGEST_URL else ""
