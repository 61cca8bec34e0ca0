"""One permanent Scrapy Crawler and a way to ask it for a URL.

A Crawler per poll would cost fourteen times as much and would know nothing of what other polls do to a host.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin

import aiohttp
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DontCloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from w3lib.url import safe_url_string

from crawler import reactor
from crawler import settings as scrapy_settings
from crawler.handlers import BlockedAddressError
from vedette.clock import Clock
from vedette.config import Settings
from vedette.model import Fetch, FetchOutcome
from vedette.network import make_policy, refusal

DOWNLOAD_ERRORS = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ended. Header names are in lower case; a header sent twice is joined by commas."""

    url: str
    outcome: FetchOutcome
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    milliseconds: int = 0
    error: str = ""
    location: str = ""  # of a redirect, absolute
    moved: str = ""  # where permanent redirects led, "" where there were none


def fetch_of(
    answer: Answer,
    url: str,
    purpose: str,
    at: datetime,
    source_id: str | None = None,
    item_id: int | None = None,
) -> Fetch:
    """The record of a visit to a URL that was begun then and ended so."""
    return Fetch(
        url=url,
        purpose=purpose,
        at=at,
        outcome=answer.outcome,
        status=answer.status,
        bytes=len(answer.body),
        milliseconds=answer.milliseconds,
        source_id=source_id,
        item_id=item_id,
        final_url=answer.url if answer.url != url else "",
        error=answer.error,
    )


class _Permanent(Spider):
    """A spider that asks for nothing by itself and never ends."""

    name = "vedette"

    async def start(self) -> AsyncIterator[Any]:
        """No requests of its own."""
        requests: tuple[Request, ...] = ()
        for request in requests:
            yield request

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> _Permanent:
        """Stay open while idle."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(_stay, signal=signals.spider_idle)
        return spider


def _stay() -> None:
    raise DontCloseSpider


class Fetcher:
    """Asks for one URL at a time per call; follows no redirect, retries nothing, decides nothing."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Use as `async with Fetcher(...) as fetcher`, in the loop that will run it."""
        self.agent = scrapy_settings.user_agent(settings)
        self.clock = clock
        self._reactor = settings.crawl.reactor
        self._policy = make_policy(settings.network.allow_addresses)
        self.deadline = settings.crawl.timeout + 5
        self._crawler = Crawler(_Permanent, scrapy_settings.for_daemon(settings))
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Fetcher:
        if self._reactor:
            reactor.adopt(asyncio.get_running_loop())
        opened = asyncio.Event()

        def open_() -> None:
            opened.set()

        self._crawler.signals.connect(open_, signal=signals.spider_opened)
        self._running = asyncio.ensure_future(self._crawler.crawl_async())
        waiter = asyncio.ensure_future(opened.wait())
        await asyncio.wait({self._running, waiter}, return_when=asyncio.FIRST_COMPLETED)
        if not opened.is_set():
            waiter.cancel()
            await self._running  # raises what went wrong
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._crawler.stop_async()
        if self._running is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    def refused(self, url: str) -> Answer | None:
        """The answer in place of a URL that may not be visited, None where it may."""
        why = refusal(self._policy, url)
        return Answer(url, FetchOutcome.BLOCKED_ADDRESS, error=why) if why else None

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for a URL, or send it a form; every way it can end is an `Answer`."""
        if refused := self.refused(url):
            return refused
        request = _request(url, headers or {}, form)
        begun = self.clock.monotonic()
        try:
            response = await asyncio.wait_for(self._crawler.engine.download_async(request), self.deadline)
        except TimeoutError:
            return Answer(url, FetchOutcome.TIMEOUT, error="no whole answer in time", milliseconds=self._since(begun))
        except (*DOWNLOAD_ERRORS, ValueError, OSError) as error:
            outcome, text = _failure(error)
            return Answer(url, outcome, error=text, milliseconds=self._since(begun))
        return self._answer(url, response, self._since(begun))

    def _answer(self, url: str, response: Response, milliseconds: int) -> Answer:
        headers = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in response.headers.items()
        }
        status = response.status
        if status in REDIRECTS:
            location = _location(url, response.headers.get("Location") or b"")
            error = "" if location else f"HTTP status {status} without a usable Location"
            outcome = FetchOutcome.OK if location else FetchOutcome.BAD_REDIRECT
            return Answer(url, outcome, status, headers, response.body, milliseconds, error, location)
        outcome = outcome_of(status)
        error = "" if outcome in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED) else f"HTTP status {_named(status)}"
        return Answer(url, outcome, status, headers, response.body, milliseconds, error)

    def _since(self, begun: float) -> int:
        return round((self.clock.monotonic() - begun) * 1000)


def _request(url: str, headers: Mapping[str, str], form: Mapping[str, str] | None) -> Request:
    request = Request(url, headers=dict(headers), meta={"verbatim_url": True}, dont_filter=True)
    request.headers.setdefault("Accept", "*/*")
    if form is None:
        return request
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return request.replace(method="POST", body=urlencode(form).encode())


def _location(url: str, header: bytes) -> str:
    """Where a redirect leads, "" for nowhere; what is not ASCII in it is taken for UTF-8, as browsers do."""
    try:
        return urljoin(url, safe_url_string(header)) if header.strip() else ""
    except ValueError:  # such as "[" in the host
        return ""


def _named(status: int) -> str:
    """A status with its name, where it has one."""
    return f"{status} ({HTTPStatus(status).phrase})" if status in set(HTTPStatus) else str(status)


def outcome_of(status: int) -> FetchOutcome:
    """What a status means for a source or a page; redirects are for the caller."""
    if status == 304:
        return FetchOutcome.NOT_MODIFIED
    if status in (429, 503):
        return FetchOutcome.THROTTLED
    if status == 410:
        return FetchOutcome.GONE
    if status >= 500:
        return FetchOutcome.SERVER_ERROR
    if status >= 400:
        return FetchOutcome.HTTP_ERROR
    return FetchOutcome.OK


def _failure(error: Exception) -> tuple[FetchOutcome, str]:
    cause = error.__cause__
    below = getattr(cause, "os_error", None) or cause
    if not isinstance(error, DOWNLOAD_ERRORS):
        return FetchOutcome.FAILED, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    text = " ".join(str(below or error).split())[:300]
    if isinstance(below, BlockedAddressError):
        return FetchOutcome.BLOCKED_ADDRESS, text
    if isinstance(error, CannotResolveHostError):
        return FetchOutcome.DNS, text
    if isinstance(error, DownloadTimeoutError):
        return FetchOutcome.TIMEOUT, "no whole answer in time"
    if isinstance(error, DownloadCancelledError) or "too large" in str(error):
        return FetchOutcome.TOO_LARGE, "larger than crawl.max_bytes"
    if isinstance(cause, aiohttp.ClientSSLError):
        return FetchOutcome.TLS, text
    if isinstance(error, UnsupportedURLSchemeError):
        return FetchOutcome.BLOCKED_ADDRESS, text
    if isinstance(error, DownloadConnectionRefusedError) or isinstance(cause, aiohttp.ClientHttpProxyError):
        return FetchOutcome.CONNECT, text
    if isinstance(cause, aiohttp.ClientPayloadError):
        return FetchOutcome.CUT, "the answer broke off before its end"
    if isinstance(cause, aiohttp.ClientResponseError):
        return FetchOutcome.CUT, f"no valid HTTP answer: {cause.message.partition(chr(10))[0][:200].rstrip(':')}"
    return FetchOutcome.CUT, text or "the connection broke"
