"""Renders a page whose links are made by its scripts: Chromium in a process of its own, with no network of its own.

Whatever the page asks for is asked here in its place, on the same polite path as every poll: the address guard,
robots.txt, the turn of each host. Time, bytes and the number of requests are limited; when it is over the process and
all that it started are killed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lxml import etree, html

from crawler.fetcher import Answer
from vedette.config import Settings
from vedette.model import FetchOutcome

if TYPE_CHECKING:
    from crawler.means import Ask

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""What the browser is called on the usual systems."""
AT_ONCE = 2
"""Browsers of one worker at a time: each takes some 300 MB."""
START_SECONDS = 20.0
"""Real seconds for the browser to start and to end, beside those that the page has."""
WAIT_SECONDS = 60.0
"""Real seconds that a poll waits for a browser to be free."""
LINE = 64 * 2**20
"""Bytes of one line between the processes."""
LEAST_TEXT = 400
"""Characters that an article shows at least, with what is around it."""
HOP = ("connection", "content-encoding", "content-length", "transfer-encoding", "set-cookie", "keep-alive", "alt-svc")
"""Headers of an answer that were for us, not for the page."""


def missing(settings: Settings) -> str:
    """What is missing for pages with JavaScript, and what to do about it; "" where nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "pages with JavaScript need Playwright: pip install 'vedette[javascript]'"
    if not find(settings):
        named = settings.crawl.browser
        if named:
            return f"crawl.browser: there is no program {named}"
        return "pages with JavaScript need Chromium: apt-get install chromium, or name another one by crawl.browser"
    return ""


def find(settings: Settings) -> str:
    """The path of the browser, "" where there is none. None is ever downloaded."""
    names = (settings.crawl.browser,) if settings.crawl.browser else NAMES
    return next((path for path in map(shutil.which, names) if path), "")


def is_shell(body: bytes) -> bool:
    """Whether a page shows next to nothing before its scripts have run."""
    try:
        tree = html.document_fromstring(body)
    except (etree.LxmlError, ValueError):
        return False
    if tree.find(".//script") is None:
        return False
    etree.strip_elements(tree, "script", "style", "noscript", "template", "head", with_tail=False)
    return len(" ".join(tree.text_content().split())) < LEAST_TEXT


@dataclass
class Visit:
    """What a page may take, and what it has taken."""

    ask: Ask
    document: Answer
    requests: int
    bytes: int
    asked: int = 0
    took: int = 0
    refused: list[str] = field(default_factory=list)

    async def reply(self, url: str, accept: str) -> dict[str, Any]:
        """What the browser gets for one URL that it wants."""
        self.asked += 1
        if self.asked > self.requests:
            return self._refuse(url, f"more than {self.requests} requests")
        if self.took >= self.bytes:
            return self._refuse(url, f"more than {self.bytes >> 10} KiB")
        first = self.asked == 1 and url == self.document.url
        answer = self.document if first else await self.ask(url, {"Accept": accept} if accept else {})
        self.took += len(answer.body)
        if not answer.status or answer.outcome is FetchOutcome.ROBOTS:
            return self._refuse(url, f"{answer.outcome}: {answer.error}")
        if self.took > self.bytes:
            return self._refuse(url, f"more than {self.bytes >> 10} KiB")
        headers = {name: value for name, value in answer.headers.items() if name not in HOP}
        return {
            "status": answer.status,
            # who it is for is no question where no cookies are: what one site gives another may read
            "headers": {**headers, "access-control-allow-origin": "*"},
            "body": base64.b64encode(answer.body).decode(),
        }

    def _refuse(self, url: str, why: str) -> dict[str, Any]:
        self.refused.append(f"{url[:200]}: {why}")
        return {"status": 0}


async def rendered(settings: Settings, room: asyncio.Semaphore, ask: Ask, document: Answer, wish: Any) -> Answer:
    """The page as its scripts have built it, in place of the answer that they came with.

    `wish` are the settings of a kind that renders. Where that fails the outcome is FAILED or TIMEOUT, with the reason.
    """
    problem = missing(settings)
    if problem:
        return replace(document, outcome=FetchOutcome.FAILED, error=problem)
    order = {
        "url": document.url,
        "browser": find(settings),
        "agent": settings.crawl.user_agent,
        "wait_for": wish.wait_for,
        "seconds": wish.seconds,
        "most": settings.crawl.max_bytes,
    }
    visit = Visit(ask, document, wish.requests, settings.crawl.max_bytes)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await room.acquire()
    except TimeoutError:
        return replace(document, outcome=FetchOutcome.THROTTLED, error="all browsers were busy")
    try:
        said = await _run(order, visit)
    finally:
        room.release()
    if "html" not in said:
        outcome = FetchOutcome.TIMEOUT if said.get("late") else FetchOutcome.FAILED
        return replace(document, outcome=outcome, error=str(said.get("error") or "the browser ended")[:300])
    notes = [*said.get("notes", ()), *(f"not loaded: {text}" for text in visit.refused[:3])]
    body = str(said["html"]).encode("utf-8", "replace")
    if len(body) > settings.crawl.max_bytes:
        return replace(document, outcome=FetchOutcome.TOO_LARGE, error="larger than crawl.max_bytes once it was built")
    headers = {**document.headers, "content-type": "text/html; charset=utf-8"}
    return replace(document, body=body, headers=headers, error="; ".join(notes)[:500])


async def _run(order: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    """Let the process work, answering what it asks; its last word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "crawler.browser_run"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LINE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(order["seconds"] + START_SECONDS):
            return await _talk(process, order, visit)
    except TimeoutError:
        return {"late": True, "error": f"the page was not built within {order['seconds']} s"}
    except (ValueError, ConnectionError) as error:  # no JSON, too long a line, a process that is gone
        return {"error": f"the browser process broke: {error}"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the browser and all its processes
        await process.wait()


async def _talk(process: asyncio.subprocess.Process, order: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, replies = process.stdin, set[asyncio.Task[None]]()

    async def answer(number: int, url: str, accept: str) -> None:
        reply = await visit.reply(url, accept)
        with contextlib.suppress(ConnectionError):  # it has seen enough and is gone
            stdin.write(json.dumps({"number": number, **reply}).encode() + b"\n")
            await stdin.drain()

    stdin.write(json.dumps(order).encode() + b"\n")
    try:
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "ask" not in said:
                return dict(said)
            task = asyncio.ensure_future(answer(said["number"], str(said["ask"]), str(said.get("accept") or "")))
            replies.add(task)
            task.add_done_callback(replies.discard)
        return {}
    finally:
        for task in list(replies):
            task.cancel()
        await asyncio.gather(*replies, return_exceptions=True)
