"""Apprise: more than a hundred services, from Telegram and Matrix to pagers, through one address."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import SecretStr, field_validator

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext
from alerts.channels._http import Reply, retry_after
from alerts.rendering import subject_prefix
from alerts.templating import render
from vedette.errors import ConfigError
from vedette.model import AttemptOutcome, Notice

LONGEST_TITLE = 250
GONE = {401, 403, 404, 410}
"""A token that is no longer valid, a bot that was shut out, a room that is gone: somebody must mend the channel."""
SLOWER = 60.0
"""Real seconds for a service that is asked too often and does not say how long to wait."""
MENTION = re.compile(r"([@<])(?=\S)")


class AppriseSettings(ChannelSettings):
    """Where it goes, as Apprise writes addresses."""

    url: SecretStr
    """Such as tgram://token/chat; see https://github.com/caronc/apprise. One target: a delivery goes to one place."""

    @field_validator("url")
    @classmethod
    def _one_target(cls, value: SecretStr) -> SecretStr:
        import apprise

        target = apprise.Apprise.instantiate(value.get_secret_value(), suppress_exceptions=True)
        if target is None:
            raise ValueError("Apprise does not know this address")
        if len(target) != 1:
            raise ValueError(f"the address has {len(target)} targets: make a channel for each of them")
        return value


class Apprise(Channel):
    """A title and a plain text, handed to one of Apprise's services in a process of its own."""

    kind: ClassVar[str] = "apprise"
    Settings: ClassVar[type[ChannelSettings]] = AppriseSettings
    example: ClassVar[Mapping[str, Any]] = {"url": "tgram://123456789:abcdefg_hijklmnop/12315544"}
    retry_minutes: ClassVar[Sequence[float]] = (1, 5, 15, 30, 60, 120, *([240] * 11))
    spacing: ClassVar[float] = 1.0

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Hand it over. What a service without HTTP refuses, or refuses without saying why, is tried again."""
        try:
            title, body = compose(notice, context)
        except ConfigError as error:
            return Result(AttemptOutcome.RETRY, "render", "template", str(error))
        asked = {
            "url": self.settings.url.get_secret_value(),
            "title": title,
            "body": body,
            "allow_addresses": list(context.allow_addresses),
        }
        return await _hand_over(json.dumps(asked).encode(), context.timeout)

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The title, and the text below it."""
        return "\n\n".join(compose(notice, context))


async def _hand_over(asked: bytes, seconds: float) -> Result:
    """Run the child within the deadline; what it had sent when it was killed nobody knows."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "alerts.apprise_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await child.communicate(asked)
    except TimeoutError:
        return Result(AttemptOutcome.UNCERTAIN, "response", "timeout", f"no answer within {seconds:g} s")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        said = json.loads(out)
    except ValueError:
        return Result(AttemptOutcome.UNCERTAIN, "response", f"exit {child.returncode}", "Apprise broke off")
    return judge(said)


def judge(said: Mapping[str, Any]) -> Result:
    """What the child heard, and what it means for the message and for the channel."""
    if said["sent"]:
        return SENT
    status, error = said["status"], said["error"] or "the service did not take it"
    if status in GONE:
        return Result(AttemptOutcome.CHANNEL_GONE, "response", str(status), f"the service answers {status}: {error}")
    if said["lost"]:
        return Result(AttemptOutcome.UNCERTAIN, "response", "broken", error)
    wait = None if status is None else retry_after(Reply(status, said["headers"], ""))
    if status == 429 and wait is None:
        wait = SLOWER
    code = "refused" if status is None or status < 400 else str(status)
    return Result(AttemptOutcome.RETRY, "response", code, error, wait)


def compose(notice: Notice, context: SendContext) -> tuple[str, str]:
    """Title and text."""
    title = calm(f"{subject_prefix(notice)}{notice.title}")
    more = {"calm": calm, "calm_url": calm_url}
    body = render("apprise.txt.j2", notice, context.templates, context.channel, **more)
    return title[:LONGEST_TITLE], body.strip()


def calm(text: str) -> str:
    """Text that no service takes for a mention: a space of no width follows what begins one."""
    return MENTION.sub("\\1\u200b", text)


def calm_url(url: str) -> str:
    """An address that leads to the same place and mentions nobody."""
    return url.replace("@", "%40").replace("<", "%3C").replace(">", "%3E")
