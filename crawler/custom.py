"""Runs a spider of the operator's own: a Crawler per run, in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

from crawler import settings as scrapy_settings
from crawler.fetcher import Answer
from crawler.gather import Gathered
from crawler.isolate import MEMORY_BYTES
from crawler.politeness import PAUSE
from crawler.spiders import KINDS
from vedette.errors import Refused
from vedette.model import FetchOutcome, SourceStatus

if TYPE_CHECKING:
    from vedette.daemon.context import Context

MOST_OUTPUT = 16 * 2**20
"""Bytes of items taken from one run."""


async def crawled(context: Context, status: SourceStatus) -> Gathered:
    """Run the spider of a source; its items are the listing."""
    source = status.source
    spider = KINDS[source.kind](source.url, source.settings)
    wanted, begun = spider.source_settings, context.clock.monotonic()

    def answer(outcome: FetchOutcome, body: bytes = b"", error: str = "") -> Answer:
        spent = round((context.clock.monotonic() - begun) * 1000)
        return Answer(source.url, outcome, 200 if outcome is FetchOutcome.OK else 0, {}, body, spent, error)

    problem = not_allowed(wanted.spider, context.settings.plugins.modules)
    if problem:
        return Gathered(answer(FetchOutcome.FAILED, error=problem))
    values = scrapy_settings.for_daemon(context.settings)
    order = {
        "spider": wanted.spider,
        "arguments": {"url": source.url, **wanted.arguments},
        "settings": {**{name: values[name] for name in PASSED}, "DOWNLOAD_DELAY": PAUSE},
        "memory": MEMORY_BYTES,
    }
    body, error = await _run(json.dumps(order).encode(), wanted.seconds)
    try:
        listing = spider.read(body, source.url, {}, context.settings.crawl.max_entries)
    except Refused as refused:
        return Gathered(answer(FetchOutcome(refused.reason), body, refused.detail))
    if error and not listing.entries:
        return Gathered(answer(FetchOutcome.FAILED, body, error))
    return Gathered(answer(FetchOutcome.OK, body, error), listing)


def not_allowed(spider: str, modules: Collection[str]) -> str:
    """Why a class may not be run, "" where it may: the code that runs is chosen by whoever writes the configuration."""
    if not spider:
        return "no `spider` is set: name its class, such as our_spiders.Tenders"
    module = spider.rpartition(".")[0]
    if any(module == name or module.startswith(f"{name}.") for name in modules):
        return ""
    return f"{spider} may not be run: name its module {module!r} under [plugins] modules"


PASSED = ("USER_AGENT", "DOWNLOAD_TIMEOUT", "DOWNLOAD_MAXSIZE", "ALLOW_ADDRESSES")


async def _run(order: bytes, seconds: float) -> tuple[bytes, str]:
    """What the process wrote, and what was wrong with it in a line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "crawler.custom_run"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MOST_OUTPUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(order)
    process.stdin.close()
    out, said = bytearray(), asyncio.ensure_future(_last_line(process.stderr))
    error = ""
    try:
        async with asyncio.timeout(seconds):
            while chunk := await process.stdout.read(2**16):
                out += chunk
                if len(out) > MOST_OUTPUT:
                    error = f"it gave more than {MOST_OUTPUT >> 20} MiB of items"
                    break
            if not error and await process.wait():
                error = f"the spider ended with an error: {await said or process.returncode}"[:300]
    except TimeoutError:
        error = f"it was ended after {seconds:g} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        said.cancel()
    await asyncio.sleep(PAUSE)  # its last request was a moment ago
    return bytes(out[: out.rfind(b"\n") + 1]), error


async def _last_line(stream: asyncio.StreamReader) -> str:
    """The last line of a stream, read to its end."""
    last = b""
    while chunk := await stream.read(2**16):
        last = (last + chunk)[-4096:]
    lines = last.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
