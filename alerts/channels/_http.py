"""What channels that speak HTTP share: one guarded POST with one deadline, and how its end is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from ssrfguard import SSRFGuardError
from ssrfguard.httpx import AsyncClient

from alerts.channels import Result, SendContext
from vedette.model import AttemptOutcome
from vedette.network import make_policy

MOST_BODY = 64 * 1024
LONGEST_RETRY_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers in lower case, and the first 64 kB of its body as text."""

    status: int
    headers: Mapping[str, str]
    text: str


async def post(url: str, content: bytes, headers: Mapping[str, str], context: SendContext) -> Reply | Result:
    """POST once: no redirect is followed, no proxy of the environment used. A Result where there was no answer."""
    policy = make_policy(context.allow_addresses)
    try:
        async with asyncio.timeout(context.timeout):
            async with AsyncClient(
                policy=policy, trust_env=False, follow_redirects=False, timeout=context.timeout
            ) as client:
                sent = {"User-Agent": context.user_agent, **headers}
                async with client.stream("POST", url, content=content, headers=sent) as response:
                    body = await _read(response)
                    found = {name.lower(): value for name, value in response.headers.items()}
                    return Reply(response.status_code, found, body.decode("utf-8", "replace"))
    except SSRFGuardError as error:
        return Result(AttemptOutcome.PERMANENT, "resolve", "blocked-address", str(error))
    except TimeoutError:
        return Result(AttemptOutcome.UNCERTAIN, "response", "timeout", f"no answer within {context.timeout:g} s")
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return Result(AttemptOutcome.RETRY, "connect", type(error).__name__, str(error) or "no connection")
    except httpx.TimeoutException:
        return Result(AttemptOutcome.UNCERTAIN, "response", "timeout", f"no answer within {context.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Result(AttemptOutcome.UNCERTAIN, "response", type(error).__name__, str(error) or "the connection broke")


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= MOST_BODY:
            break
    return body[:MOST_BODY]


def retry_after(reply: Reply) -> float | None:
    """The real seconds that an answer asks to wait, None where it does not."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isdigit():
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
