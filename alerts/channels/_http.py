"""What channels that speak HTTP share: one guarded POST with one deadline, and how its end is read."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx
from ssrfguard import SSRFGuardError
from ssrfguard.httpx import AsyncClient

from alerts.channels import Result, SendContext
from vedette.model import AttemptOutcome
from vedette.network import make_policy

MOST_BODY = 64 * 1024
BODY_SECONDS = 5.0
"""How long a body is waited for once the status has come, and how much later than other deadlines the last one is."""
LONGEST_RETRY_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers in lower case, and what came of the first 64 kB of its body as text."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class _Progress:
    """How far a request got: what was not begun to be sent was certainly not delivered."""

    phase: str = "connect"

    async def note(self, event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.phase = "send"
        elif event.endswith("send_request_body.complete"):
            self.phase = "response"

    def result(self, code: str, error: str) -> Result:
        outcome = AttemptOutcome.RETRY if self.phase == "connect" else AttemptOutcome.UNCERTAIN
        return Result(outcome, self.phase, code, error)


async def post(url: str, content: bytes, headers: Mapping[str, str], context: SendContext) -> Reply | Result:
    """POST once: no redirect is followed, no proxy of the environment used. A Result where there was no answer."""
    return await _ask("POST", url, content, headers, context)


async def get(url: str, context: SendContext) -> Reply | Result:
    """GET once, with the same care."""
    return await _ask("GET", url, b"", {}, context)


async def _ask(
    method: str, url: str, content: bytes, headers: Mapping[str, str], context: SendContext
) -> Reply | Result:
    progress = _Progress()
    try:
        async with asyncio.timeout(context.timeout + BODY_SECONDS):
            return await _exchange(method, url, content, headers, context, progress)
    except SSRFGuardError as error:
        # The operator can allow the network, and the message then still goes out: so this is no end for it.
        return Result(AttemptOutcome.RETRY, "resolve", "blocked-address", str(error))
    except (TimeoutError, httpx.TimeoutException):
        return progress.result("timeout", f"no answer within {context.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return progress.result(type(error).__name__, str(error) or "the connection broke")


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """The trusted authorities, read once: that takes longer than a message."""
    return httpx.create_ssl_context()


async def _exchange(
    method: str, url: str, content: bytes, headers: Mapping[str, str], context: SendContext, progress: _Progress
) -> Reply:
    sent = {"User-Agent": context.user_agent, "Accept-Encoding": "identity", **headers}
    client = AsyncClient(
        policy=make_policy(context.allow_addresses),
        trust_env=False,
        follow_redirects=False,
        timeout=context.timeout,
        verify=_certificates(),
    )
    async with client:
        request = client.build_request(method, url, content=content, headers=sent, extensions={"trace": progress.note})
        async with asyncio.timeout(context.timeout):  # httpx bounds each read, which a slow drip never exceeds
            response = await client.send(request, stream=True)
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, found, body.decode("utf-8", "replace"))


async def _read(response: httpx.Response) -> bytes:
    """What comes of the body in time: the status has decided already, a slow or broken body changes nothing."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= MOST_BODY:
                    break
    except (TimeoutError, httpx.HTTPError):
        return bytes(body[:MOST_BODY])
    return bytes(body[:MOST_BODY])


def retry_after(reply: Reply) -> float | None:
    """The real seconds that an answer asks to wait, at most a day; None where it does not."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    until, sent = (d.replace(tzinfo=UTC) if d.tzinfo is None else d for d in (until, sent))
    return min(max(0.0, (until - sent).total_seconds()), LONGEST_RETRY_AFTER)


def instant(value: datetime | None) -> str | None:
    """An instant for JSON."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if value else None
