"""Promises of the crawler that are easily broken: each was once broken by some crawler, or by this one."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from datetime import timedelta

import psutil
import pytest
import structlog
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

import crawler.run
from crawler import jobs
from crawler.fetcher import Fetcher
from crawler.handlers import BytesCompressionMiddleware
from crawler.isolate import IsolatedReader
from tests.httpserver import Reply
from tests.integration.test_crawl import HTML, XML, Crawl, crawl, feed, rss  # noqa: F401 - a fixture
from vedette.clock import SystemClock
from vedette.config import Settings
from vedette.daemon.context import Context
from vedette.errors import Refused, StorageError
from vedette.model import Source, SourceClaim


def test_unpacking_without_a_charset_costs_next_to_nothing() -> None:
    """Scrapy's own middleware guesses the charset of packed bytes, four milliseconds a page."""
    body = gzip.compress("<p>Добрый день, страница.</p>".encode() * 2000)
    unpack = BytesCompressionMiddleware(get_crawler(settings_dict={"LOG_ENABLED": False}).settings)  # type: ignore[arg-type]
    request, best = Request("https://news.example/"), 1.0
    for _ in range(20):
        packed = Response(request.url, headers={"Content-Encoding": "gzip"}, body=body, request=request)
        begun = time.process_time()
        unpacked = unpack.process_response(request, packed)
        best = min(best, time.process_time() - begun)
    assert isinstance(unpacked, Response)
    assert len(unpacked.body) > 50_000
    assert best < 0.001


def test_304_that_claims_to_be_packed(crawl: Crawl) -> None:  # noqa: F811
    feed(crawl, "/1", ETag='"v1"')
    crawl.run()
    crawl.site.routes["/feed"] = Reply(status=304, headers={"Content-Encoding": "gzip"})
    crawl.run(timedelta(hours=7))
    assert (crawl.status.last_outcome, crawl.status.failures) == ("not-modified", 0)


def test_a_new_etag_is_kept_although_the_body_is_the_same(crawl: Crawl) -> None:  # noqa: F811
    for number in range(3):
        feed(crawl, "/1", ETag=f'"v{number}"')
        crawl.run(timedelta(hours=7 * bool(number)))
    sent = [asked.headers.get("If-None-Match") for asked in crawl.site.asked("/feed")]
    assert sent == [None, '"v0"', '"v1"']


def test_a_blocked_loop_loses_no_poll(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """What falls due while the loop stands still is polled when it goes on."""
    now, real = crawl.clock.now(), jobs.poll
    blocked = threading.Event()
    with crawl.store.write() as tx:
        for n in range(1, 6):
            address = crawl.site.url(f"/feed{n}", host=f"127.0.0.{n}")
            crawl.site.routes[f"/feed{n}"] = Reply(rss(), headers=XML)
            tx.sources.put(Source(f"s{n}", address), now)
            tx.sources.poll_now(f"s{n}", now + timedelta(seconds=0.3 * n))

    async def poll(tools: jobs.Tools, claim: SourceClaim) -> jobs.PollResult:
        if not blocked.is_set():
            blocked.set()
            time.sleep(3)  # noqa: ASYNC251 - that is the point
        return await real(tools, claim)

    monkeypatch.setattr(jobs, "poll", poll)
    settings = crawl.settings.model_copy(
        update={"network": crawl.settings.network.model_copy(update={"allow_addresses": ["127.0.0.0/8"]})}
    )
    context = Context(settings, crawl.clock, crawl.store, "crawl", "boot", structlog.get_logger())
    thread = threading.Thread(target=crawler.run.main, args=(context,))
    thread.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not all(crawl.site.asked(f"/feed{n}") for n in range(1, 6)):
        time.sleep(0.1)
    context.stop.set()
    thread.join(20)
    assert [len(crawl.site.asked(f"/feed{n}")) for n in range(1, 6)] == [1] * 5


def test_an_outcome_waits_for_a_database_that_is_locked(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr("crawler.ledger.WRITE_PAUSES", (0.1, 0.1))
    feed(crawl, "/1")
    real, failures = jobs._record_poll, [StorageError("database is locked")]

    def record(*given: object) -> jobs.PollResult:
        if failures:
            raise failures.pop()
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "_record_poll", record)
    assert crawl.run().new_items == 1
    assert len(crawl.site.asked("/feed")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("what", ["abort", "hang", "compute", "eat"])
def test_a_parser_that_dies_or_hangs_is_refused_and_replaced(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.isolate.SECONDS", 20.0 if what == "compute" else 3.0)
    monkeypatch.setattr("crawler.isolate.CPU_SECONDS", 1.0)

    async def main() -> int:
        reader = IsolatedReader(["tests.integration.misbehaving_kind"])
        try:
            with pytest.raises(Refused, match="of CPU" if what == "compute" else "reading it"):
                await reader.read("misbehaving", "https://news.example/", {}, what.encode(), {}, 10)
            return len((await reader.read("misbehaving", "https://news.example/", {}, b"", {}, 10)).entries)
        finally:
            reader.close()

    assert asyncio.run(main()) == 1


INNER = ("127.0.0.2", "0x7f000002", "2130706434", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]", "user:pw@127.0.0.2")
"""Ways to write an address of this machine that the test's settings do not allow."""


@pytest.mark.parametrize("host", INNER)
@pytest.mark.parametrize("way", ["source", "redirect"])
def test_no_way_leads_to_an_address_of_this_machine(crawl: Crawl, host: str, way: str) -> None:  # noqa: F811
    secret = f"http://{host}:{crawl.site.port}/secret"
    crawl.site.routes["/secret"] = Reply(b"secret", headers=HTML)
    if way == "source":
        with crawl.store.write() as tx:
            tx.sources.put(Source("site", secret), crawl.clock.now())
    else:
        crawl.site.routes["/feed"] = Reply(status=302, headers={"Location": secret})
    crawl.run()
    assert crawl.site.asked("/secret") == []
    assert crawl.status.last_outcome == "blocked-address"


def test_no_control_port_is_opened() -> None:
    def listening() -> set[tuple[str, int]]:
        return {
            (c.laddr.ip, c.laddr.port)
            for c in psutil.Process().net_connections(kind="inet")
            if c.status == psutil.CONN_LISTEN and c.type == socket.SOCK_STREAM
        }

    async def main() -> set[tuple[str, int]]:
        before = listening()
        async with Fetcher(Settings(), SystemClock()):
            return listening() - before

    assert asyncio.run(main()) == set()
