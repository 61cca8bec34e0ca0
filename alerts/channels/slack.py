"""Slack: Block Kit messages through an incoming webhook or a bot token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr, field_validator, model_validator

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext, web_address
from alerts.channels._http import Reply, post, retry_after
from alerts.channels._mrkdwn import bold, cut, escaped, fault, link
from alerts.templating import entry_values, render_json
from vedette.errors import ConfigError
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
MOST_ENTRIES = 25
"""Entries of a digest in one message."""
TEMPLATE = "slack.json.j2"
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
        try:
            message = render(notice, context.templates, context.channel)
        except ConfigError as error:  # the operator's own template
            return Result(AttemptOutcome.RETRY, "render", "template", str(error))
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
        return json.dumps(render(notice, context.templates, context.channel), ensure_ascii=False, indent=2)


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


def render(notice: Notice, templates: Path | None = None, channel: str = "") -> dict[str, Any]:
    """The message: at most 50 blocks and under 10,000 characters.

    A ConfigError where a template of the operator's fails, or writes what Slack would refuse.
    """
    quoted = [s for s in notice.sentences if s.field != "title" or len(notice.sentences) == 1][:5]
    entries = list(notice.entries[:MOST_ENTRIES])
    while True:
        message = _message(notice, quoted, entries, templates, channel)
        if len(json.dumps(message, ensure_ascii=False)) < LARGEST:
            return message
        if not (quoted or entries):
            raise ConfigError(f"the template {TEMPLATE} writes more than {LARGEST} characters, which Slack may refuse")
        quoted, entries = quoted[:-1], entries[:-1]


def _message(
    notice: Notice, quoted: Sequence[Sentence], entries: Sequence[Notice], templates: Path | None, channel: str
) -> dict[str, Any]:
    more = {
        "quoted": quoted,
        "hits": "; ".join(cut(hit, 80) for hit in notice.hits[:6]),
        "entries": [entry_values(entry) for entry in entries],
        "left_out": len(notice.entries) - len(entries),
        "escaped": escaped,
        "link": link,
        "bold": bold,
        "cut": cut,
    }
    message = render_json(TEMPLATE, notice, templates, channel, **more)
    if why := fault(message):
        raise ConfigError(f"the template {TEMPLATE} writes a message that Slack refuses: {why}")
    return message


def _as_uuid(key: str) -> str:
    digits = (key + "0" * 32)[:32]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
