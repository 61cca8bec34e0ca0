"""Slack: Block Kit messages through an incoming webhook, or through a bot token, which threads updates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import SecretStr, model_validator

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext
from alerts.channels._http import Reply, post, retry_after
from alerts.rendering import Mark, local_time, marked, place, subject_prefix
from vedette.model import AttemptOutcome, Notice

GONE = {"channel_is_archived", "no_service", "no_active_hooks", "channel_not_found", "invalid_token", "token_revoked"}
GONE |= {"account_inactive", "is_archived", "not_authed", "invalid_auth", "no_team", "team_disabled"}
PERMANENT = {"invalid_payload", "invalid_blocks", "msg_too_long", "no_text", "invalid_blocks_format"}
PERMANENT |= {"too_many_attachments", "action_prohibited", "posting_to_general_channel_denied", "user_not_found"}
API = "https://slack.com/api/chat.postMessage"


class SlackSettings(ChannelSettings):
    """Either an incoming webhook's address, or a bot token and the channel to post to."""

    webhook_url: SecretStr | None = None
    """https://hooks.slack.com/services/..."""
    token: SecretStr | None = None
    """xoxb-..., with the scope chat:write."""
    channel: str = ""
    """The channel's id, such as C0123456789; with a token."""
    api_url: str = API
    """Slack's endpoint for tokens."""

    @model_validator(mode="after")
    def _either(self) -> SlackSettings:
        if (self.webhook_url is None) == (self.token is None):
            raise ValueError("set either webhook_url, or token and channel")
        if self.token is not None and not self.channel:
            raise ValueError("a token needs the channel to post to")
        return self


class Slack(Channel):
    """A header, the sentences that matched with the hits in bold, where and when, why, and a link."""

    kind: ClassVar[str] = "slack"
    Settings: ClassVar[type[ChannelSettings]] = SlackSettings
    example: ClassVar[Mapping[str, Any]] = {"webhook_url": "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX"}
    retry_minutes: ClassVar[Sequence[float]] = (1 / 60, 5 / 60, 0.5, 2, 10, 30, *([60] * 24))

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Post the message; the answer `ok` is success."""
        settings: SlackSettings = self.settings
        message = render(notice)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if settings.webhook_url is not None:
            url = settings.webhook_url.get_secret_value()
        else:
            assert settings.token is not None
            url = settings.api_url
            headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            message |= {"channel": settings.channel, "client_msg_id": _as_uuid(key)}
        reply = await post(url, json.dumps(message, ensure_ascii=False).encode(), headers, context)
        return reply if isinstance(reply, Result) else judge(reply)


def judge(reply: Reply) -> Result:
    """What Slack's answer means for the message and for the channel."""
    text = reply.text.strip()[:200]
    error, code = text, str(reply.status)
    if text.startswith("{"):  # the API answers 200 with the verdict in the body
        try:
            body = json.loads(reply.text)
        except ValueError:
            body = {}
        error = "ok" if body.get("ok") else str(body.get("error", ""))
    if reply.status == 200 and error == "ok":
        return SENT
    if reply.status == 429 or error in ("ratelimited", "rate_limited"):
        return Result(AttemptOutcome.RETRY, "response", code, "Slack asks to slow down", retry_after(reply) or 30.0)
    if error in GONE or reply.status in (404, 410):
        return Result(AttemptOutcome.CHANNEL_GONE, "response", error or code, f"Slack says {error or code}")
    if error in PERMANENT or reply.status == 400:
        return Result(AttemptOutcome.PERMANENT, "response", error or code, f"Slack says {error or code}")
    return Result(AttemptOutcome.RETRY, "response", code, f"Slack answered {code} {error}".strip())


def render(notice: Notice) -> dict[str, Any]:
    """The message: at most 50 blocks and under 10,000 characters. Texts are cut before they are escaped."""
    title = cut(notice.title, 300)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(notice.topic_title, 150), "emoji": False}},
        _section(f"*{link(notice.url, title)}*" if notice.url else f"*{escape(title)}*"),
    ]
    for sentence in notice.sentences[:5]:
        if sentence.field == "title" and len(notice.sentences) > 1:
            continue  # it stands above
        blocks.append(_section("> " + marked(sentence, escape, Mark("*", "*"), longest=600)))
    if notice.text:
        blocks.append(_section(escape(cut(notice.text, 1500))))
    context = [place(notice), local_time(notice), "; ".join(cut(h, 80) for h in notice.hits[:6])]
    elements = [{"type": "mrkdwn", "text": escape(cut(text, 300))} for text in context if text]
    if notice.others:
        also = ", ".join(link(url, cut(site or url, 60)) for site, url in notice.others[:5])
        elements.append({"type": "mrkdwn", "text": f"also: {also}"})
    if elements:
        blocks.append({"type": "context", "elements": elements[:10]})
    why = f"Topic {notice.topic}, rule version {notice.topic_version}"
    if "explain" in notice.links:
        why = f"{escape(why)} · {link(notice.links['explain'], 'why?')}"
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": why}]})
    fallback = escape(cut(f"{subject_prefix(notice)}{notice.title}", 300))
    return {"text": fallback, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """Only these three mean anything to Slack; mentions are written with `<`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(url: str, text: str) -> str:
    """`<url|text>`, with what would end either of them made harmless."""
    safe = url.replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace(" ", "%20")[:3000]
    return f"<{escape(safe)}|{escape(text.replace('|', '¦'))}>"


def cut(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}


def _as_uuid(key: str) -> str:
    digits = (key + "0" * 32)[:32]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
