"""Slack: Block Kit messages through an incoming webhook or a bot token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import SecretStr, field_validator, model_validator

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext, web_address
from alerts.channels._http import Reply, post, retry_after
from alerts.rendering import Mark, local_time, marked, place, subject_prefix
from vedette.model import AttemptOutcome, Notice, Sentence

GONE = {"channel_is_archived", "no_service", "no_active_hooks", "channel_not_found", "invalid_token", "token_revoked"}
GONE |= {"account_inactive", "is_archived", "not_authed", "invalid_auth", "no_team", "team_disabled", "token_expired"}
# The administrator of the workspace forbids it: the message is kept until somebody has seen to the channel.
GONE |= {"action_prohibited", "posting_to_general_channel_denied", "not_in_channel", "missing_scope"}
GONE |= {"restricted_action", "ekm_access_denied", "access_denied", "org_login_required", "no_permission"}
PERMANENT = {"invalid_payload", "invalid_blocks", "msg_too_long", "no_text", "invalid_blocks_format"}
PERMANENT |= {"too_many_attachments", "user_not_found", "msg_blocks_too_long"}
NO_THREAD = {"thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"}
LARGEST = 10_000
"""Characters of a whole message. Slack refuses longer ones somewhere near 13,200, which it does not document."""
LONGEST_URL = 1000
MOST_ENTRIES = 25
"""Entries of a digest in one message."""
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

    @field_validator("webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else web_address(value)


class Slack(Channel):
    """A header, the sentences that matched with the hits in bold, where and when, why, and a link."""

    kind: ClassVar[str] = "slack"
    Settings: ClassVar[type[ChannelSettings]] = SlackSettings
    example: ClassVar[Mapping[str, Any]] = {"webhook_url": "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX"}
    retry_minutes: ClassVar[Sequence[float]] = (1 / 60, 5 / 60, 0.5, 2, 10, 30, *([60] * 23))
    spacing: ClassVar[float] = 1.0

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
            if context.thread:
                message["thread_ts"] = context.thread
        result = await _post(url, message, headers, context)
        if result.code in NO_THREAD and "thread_ts" in message:  # its first message was deleted: stand alone
            del message["thread_ts"]
            result = await _post(url, message, headers, context)
        return result

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The message as JSON, indented, as Slack's Block Kit Builder takes it."""
        return json.dumps(render(notice), ensure_ascii=False, indent=2)


async def _post(url: str, message: Mapping[str, Any], headers: Mapping[str, str], context: SendContext) -> Result:
    reply = await post(url, json.dumps(message, ensure_ascii=False).encode(), headers, context)
    return reply if isinstance(reply, Result) else judge(reply)


def judge(reply: Reply) -> Result:
    """What Slack's answer means for the message and for the channel."""
    error = _verdict(reply.text)
    code = error if re.fullmatch(r"[a-z_]{1,60}", error) else str(reply.status)
    if reply.status == 200 and error == "ok":
        return replace(SENT, receipt=_timestamp(reply.text))
    if reply.status == 429 or error in ("ratelimited", "rate_limited"):
        wait = retry_after(reply)
        return Result(AttemptOutcome.RETRY, "response", code, "Slack asks to slow down", 30.0 if wait is None else wait)
    told = f"Slack answers {reply.status} {error}".strip()
    if error in GONE or reply.status in (404, 410):
        return Result(AttemptOutcome.CHANNEL_GONE, "response", code, told)
    if error in PERMANENT or reply.status == 400:
        return Result(AttemptOutcome.PERMANENT, "response", code, told)
    if reply.status == 200 and not error:
        return Result(AttemptOutcome.UNCERTAIN, "response", code, "Slack's answer broke off before its verdict")
    return Result(AttemptOutcome.RETRY, "response", code, told, retry_after(reply))


def _verdict(text: str) -> str:
    """ "ok" or the name of an error: webhooks say it plainly, the API in an object."""
    text = text.strip()
    if not text.startswith("{"):
        return text[:100]
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    return "ok" if body.get("ok") is True else str(body.get("error", ""))[:100]


def _timestamp(text: str) -> str:
    """The API's name of a message, such as 1758615300.000100; webhooks give none."""
    if not text.strip().startswith("{"):
        return ""
    stamp = json.loads(text).get("ts")
    return stamp if isinstance(stamp, str) and re.fullmatch(r"[0-9.]{1,30}", stamp) else ""


def render(notice: Notice) -> dict[str, Any]:
    """The message: at most 50 blocks and under 10,000 characters. Texts are cut before they are escaped."""
    quoted = [s for s in notice.sentences if s.field != "title" or len(notice.sentences) == 1][:5]
    entries = notice.entries[:MOST_ENTRIES]
    while True:
        message = _message(notice, quoted, entries)
        if not (quoted or entries) or len(json.dumps(message, ensure_ascii=False)) < LARGEST:
            return message
        quoted, entries = quoted[:-1], entries[:-1]


def _message(notice: Notice, quoted: Sequence[Sentence], entries: Sequence[Notice]) -> dict[str, Any]:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(notice.topic_title, 150) or "Vedette"}},
        _section(f"*{link(notice.url, notice.title or notice.url, 1500)}*"),
        *(_section(f"> {_marked(sentence)}") for sentence in quoted),
    ]
    if notice.news:
        blocks.append(_section("\n".join(f"*New:* {escaped(line, 300)}" for line in notice.news[:8])))
    if notice.text:
        blocks.append(_section(escaped(notice.text, 2000)))
    blocks += [_section(_entry(entry)) for entry in entries]
    if len(notice.entries) > len(entries):
        blocks.append(_section(f"... and {len(notice.entries) - len(entries)} more: `vedette alerts list` shows them"))
    about = [place(notice), local_time(notice), "; ".join(cut(hit, 80) for hit in notice.hits[:6])]
    elements = [escaped(text, 600) for text in about if text]
    if notice.others:
        also = ", ".join(link(url, site or url, 200) for site, url in notice.others[:3])
        elements.append(f"also: {also}")
    why = escaped(f"Topic {notice.topic}, rule version {notice.topic_version}", 400)
    if "explain" in notice.links:
        why += f" · {link(notice.links['explain'], 'why?', 100)}"
    blocks += [_context(elements), _context([why])]
    return {
        "text": escaped(f"{subject_prefix(notice)}{notice.title}", 300),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _entry(entry: Notice) -> str:
    """One of a digest: title, where and when, and what it says."""
    lines = [f"*{link(entry.url, entry.title or entry.url, 300)}*"]
    lines.append(escaped(" · ".join(part for part in (place(entry), local_time(entry)) if part), 300))
    lines += [f"New: {escaped(line, 200)}" for line in entry.news[:3]]
    lines += [f"> {_marked(sentence, 200)}" for sentence in entry.sentences[:1]]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Only these three mean anything to Slack; mentions are written with `<`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, length: int) -> str:
    """Escaped text of at most so many characters, cut before it was escaped so that no entity is cut in two."""
    room = length
    while len(shown := escape(cut(text, room))) > length:
        room = max(1, min(room - 1, room * length // len(shown)))
    return shown


def link(url: str, text: str, length: int) -> str:
    """`<url|text>`, with what would end either of them made harmless; the text alone where the address is too long."""
    shown = escaped(text.replace("|", "¦"), length)
    safe = "".join(f"%{ord(c):02X}" if c in "<>| " else c for c in url)
    return f"<{escape(safe)}|{shown}>" if url and len(escape(safe)) <= LONGEST_URL else shown


def cut(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _marked(sentence: Sentence, longest: int = 600) -> str:
    """A sentence with its hits in bold. Slack sees no bold inside of a word: a space of no width parts them."""
    most = 2 * longest
    while len(shown := marked(sentence, escape, Mark("\u200b*", "*\u200b"), longest=longest)) > most:
        longest //= 2
    return shown


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _context(texts: Sequence[str]) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text} for text in texts]}


def _as_uuid(key: str) -> str:
    digits = (key + "0" * 32)[:32]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
