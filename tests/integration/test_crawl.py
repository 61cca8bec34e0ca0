"""Crawling a site on loopback into a real database: what site owners see, and what analysts get."""

from __future__ import annotations

import gzip
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import structlog

from crawler.run import Tally, crawl_once, main
from storage import Store, open_store
from tests.httpserver import Reply, Site, serve
from vedette.config import CrawlSettings, NetworkSettings, Settings
from vedette.daemon.context import Context
from vedette.model import DropReason, Item, ItemState, Source, SourceState, SourceStatus

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/rss+xml"}


class OffsetClock:
    """The machine's pace from a date of the test's own, which can be moved on."""

    speed = 1.0

    def __init__(self) -> None:
        from vedette.clock import SystemClock

        self._system, self.ahead = SystemClock(), START - datetime.now(UTC)
        self.real, self.sleep, self.asleep = self._system.real, self._system.sleep, self._system.asleep
        self.monotonic, self.wall = self._system.monotonic, self._system.wall

    def now(self) -> datetime:
        return self._system.now() + self.ahead


@dataclass
class Crawl:
    """A site and a crawler that knows it as the source "site"."""

    site: Site
    store: Store
    settings: Settings
    clock: OffsetClock

    def run(self, ahead: timedelta = timedelta(0), ids: list[str] | None = None) -> Tally:
        """A new process polls what is due so much later; what it knows it knows from the database."""
        self.clock.ahead += ahead
        context = Context(self.settings, self.clock, self.store, "crawl", "boot", structlog.get_logger())
        return crawl_once(context, ids)

    def declare(self, path: str = "/feed", **more: object) -> None:
        with self.store.write() as tx:
            tx.sources.put(Source("site", self.site.url(path), **more), self.clock.now())  # type: ignore[arg-type]

    @property
    def status(self) -> SourceStatus:
        with self.store.read() as tx:
            found = tx.sources.get("site")
        assert found is not None
        return found

    def item(self, number: int = 1) -> Item:
        with self.store.read() as tx:
            found = tx.items.get(number)
        assert found is not None
        return found

    def drops(self) -> list[DropReason]:
        with self.store.read() as tx:
            return [drop.reason for drop in tx.drops.list()]

    def count(self, state: ItemState) -> int:
        with self.store.read() as tx:
            return tx.items.counts()[state]


@pytest.fixture
def crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crawl]:
    monkeypatch.setattr("crawler.politeness.PAUSE", 0.05)
    settings = Settings(
        network=NetworkSettings(allow_addresses=["127.0.0.1/32"]),
        crawl=CrawlSettings(max_bytes=2**20, timeout=5, item_attempts=3),
    )
    store = open_store(f"sqlite:///{tmp_path / 'v.db'}", upgrade=True)
    with serve() as site:
        crawl = Crawl(site, store, settings, OffsetClock())
        crawl.declare()
        yield crawl
    store.close()


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def rss(*entries: tuple[str, str], link: str = "") -> bytes:
    items = "".join(
        f"<item><guid>{url}</guid><title>{title}</title><link>{url}</link></item>" for url, title in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title>{items}</channel></rss>'.encode()


def feed(crawl: Crawl, *paths: str, title: str = "News", **headers: str) -> None:
    body = rss(*((crawl.site.url(path), title) for path in paths))
    crawl.site.routes["/feed"] = Reply(body, headers={**XML, **headers})
    for path in paths:
        crawl.site.routes.setdefault(path, Reply(f"<p>{path}</p>".encode(), headers=HTML))


def test_the_first_poll_is_silent_and_pages_are_kept(crawl: Crawl) -> None:
    feed(crawl, "/1", "/2")
    tally = crawl.run()
    assert (tally.polls, tally.pages, tally.new_items, tally.failed) == (1, 2, 2, {})
    assert [crawl.item(n).silent for n in (1, 2)] == [True, True]
    with crawl.store.read() as tx:
        page = tx.items.page(1)
    assert page is not None
    assert page.body == b"<p>/1</p>"
    assert page.headers["content-type"] == HTML["Content-Type"]
    feed(crawl, "/1", "/2", "/3")
    crawl.run(timedelta(hours=7))
    assert crawl.item(3).silent is False


def test_a_host_gives_its_feeds_and_its_pages_in_turns(crawl: Crawl) -> None:
    pages = [f"/{n}" for n in range(5)]
    feed(crawl, *pages)
    with crawl.store.write() as tx:
        for n in range(5):
            path = f"/feed{n}"
            crawl.site.routes[path] = crawl.site.routes["/feed"]
            tx.sources.put(Source(f"other-{n}", crawl.site.url(path)), crawl.clock.now())
    crawl.run()
    asked = [a.path for a in crawl.site.log if a.path != "/robots.txt"]
    assert ["page" if path in pages else "poll" for path in asked] == ["poll", "page"] * 5 + ["poll"]


def test_a_database_that_stays_locked_stops_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engine.BUSY_SECONDS", 0.5)
    monkeypatch.setattr("crawler.politeness.PAUSE", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'v.db'}", upgrade=True)
    with serve() as site:
        settings = Settings(network=NetworkSettings(allow_addresses=["127.0.0.1/32"]))
        crawl = Crawl(site, store, settings, OffsetClock())
        crawl.declare()
        feed(crawl, "/1")
        context = Context(settings, crawl.clock, store, "crawl", "boot", structlog.get_logger())
        other = sqlite3.connect(tmp_path / "v.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with structlog.testing.capture_logs() as said:
            worker = threading.Thread(target=main, args=(context,))
            worker.start()
            wait(lambda: any(line["event"] == "nothing claimed to crawl" for line in said))
            other.execute("ROLLBACK")
            wait(lambda: bool(site.asked("/1")))
            context.stop.set()
            worker.join()
        other.close()
        assert "locked" in str(said[0]["error"])
        assert len(site.asked("/1")) == 1
    store.close()


def test_the_second_poll_is_conditional_byte_for_byte(crawl: Crawl) -> None:
    etag, modified = 'W/"a b,c"', "Mon, 2 Mar 2026 09:00:00 +0000"
    feed(crawl, "/1", ETag=etag, **{"Last-Modified": modified})
    crawl.run()
    first = crawl.site.routes["/feed"]
    crawl.site.routes["/feed"] = lambda asked: Reply(status=304) if "If-None-Match" in asked.headers else first  # type: ignore[assignment, return-value]
    crawl.run(timedelta(hours=7))
    asked = crawl.site.asked("/feed")
    assert len(asked) == 2
    assert "If-None-Match" not in asked[0].headers
    assert (asked[1].headers["If-None-Match"], asked[1].headers["If-Modified-Since"]) == (etag, modified)
    assert crawl.status.last_outcome == "not-modified"
    assert crawl.status.etag == etag, "kept for the third poll"


def test_what_the_site_owner_sees(crawl: Crawl) -> None:
    feed(crawl, "/1", **{"Set-Cookie": "id=1"})
    crawl.run()
    assert [a.path for a in crawl.site.log] == ["/robots.txt", "/feed", "/1"]
    for asked in crawl.site.log:
        assert asked.headers["User-Agent"].startswith("Vedette/")
        assert "gzip" in asked.headers["Accept-Encoding"]
        assert not {"Cookie", "Referer"} & set(asked.headers)


def test_a_restart_polls_neither_early_nor_unconditionally(crawl: Crawl) -> None:
    feed(crawl, "/1", ETag='"v1"')
    crawl.run()
    seen = len(crawl.site.log)
    crawl.run(timedelta(seconds=30))
    assert len(crawl.site.log) == seen
    crawl.run(timedelta(hours=7))
    assert [a.path for a in crawl.site.log[seen:]] == ["/feed"], "robots.txt is remembered too"
    assert crawl.site.log[-1].headers["If-None-Match"] == '"v1"'


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(b"<!doctype html><html><body>Hello</body></html>", headers=HTML), "not-a-feed"),
        (Reply(b"  \n"), "empty"),
        (Reply(b'{"items": 3}'), "not-a-feed"),
        (Reply(b"x" * 3 * 2**20), "too-large"),
        (Reply(gzip.compress(bytes(50 * 2**20)), headers={"Content-Encoding": "gzip"}), "too-large"),
        (Reply(b"\x1f\x8bnot gzip", headers={"Content-Encoding": "gzip"}), "cut"),
        (Reply(status=302, headers={"Location": "/feed"}), "bad-redirect"),
        (Reply(status=302, headers={"Location": "/b"}), "bad-redirect"),
        (Reply(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked-address"),
        (Reply(status=302, headers={"Location": "http://127.0.0.2/"}), "blocked-address"),
        (Reply(status=302, headers={"Location": "http://0x7f000002/"}), "blocked-address"),
        (Reply(status=302, headers={"Location": "file:///etc/hostname"}), "blocked-address"),
        (Reply(status=302, headers={"Location": "http://[bad/"}), "bad-redirect"),
        (Reply(status=302), "bad-redirect"),
        (Reply(b"(\xb5/\xfd\x00not zstd", headers={"Content-Encoding": "zstd"}), "cut"),
        (Reply(status=410), "gone"),
        (Reply(status=404), "http-error"),
        (Reply(status=500), "server-error"),
        (Reply(rss(("http://x.example/1", "T")), cut=40), "cut"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_answers_that_are_no_feed(crawl: Crawl, reply: Reply, outcome: str) -> None:
    crawl.site.routes |= {"/feed": reply, "/b": Reply(status=302, headers={"Location": "/feed"})}
    tally = crawl.run()
    status = crawl.status
    assert status.last_outcome == outcome
    assert (status.failures, status.first_success_at) == (1, None)
    assert tally.failed["site"]
    assert "\n" not in status.last_error
    assert status.next_poll_at is not None
    assert status.next_poll_at > crawl.clock.now() + timedelta(minutes=1)


def test_entities_that_explode_harm_nobody(crawl: Crawl) -> None:
    crawl.site.routes["/feed"] = Reply(BOMB + b"]><rss><channel><item><title>&j;</title></item></channel></rss>")
    crawl.run()
    assert len(crawl.status.last_error) < 500
    assert crawl.count(ItemState.NEW) == 0


def test_a_truncated_feed_gives_what_it_holds(crawl: Crawl) -> None:
    feed(crawl, "/1", "/2")
    whole = crawl.site.routes["/feed"]
    assert isinstance(whole, Reply)
    crawl.site.routes["/feed"] = Reply(whole.body[: whole.body.index(b"</item>") + 20], headers=XML)
    assert crawl.run().new_items >= 1
    assert crawl.item().url == crawl.site.url("/1")


def test_a_bare_ampersand_in_a_link_stays(crawl: Crawl) -> None:
    feed(crawl, "/1?a=1&copy=3&b=2")
    assert crawl.run().pages == 1
    assert [a.path for a in crawl.site.log][-1] == "/1?a=1&copy=3&b=2"


def test_gzip_without_a_charset(crawl: Crawl) -> None:
    packed = gzip.compress(rss((crawl.site.url("/1"), "Добрый день")))
    crawl.site.routes["/feed"] = Reply(packed, headers={"Content-Encoding": "gzip", "Content-Type": "text/xml"})
    crawl.run()
    assert crawl.item().entry.title == "Добрый день"


def test_429_gives_exactly_one_request_until_the_time_is_over(crawl: Crawl) -> None:
    crawl.site.routes["/feed"] = Reply(status=429, headers={"Retry-After": "3600"})
    crawl.run()
    for _ in range(2):
        tally = crawl.run(timedelta(minutes=20))
        assert "left alone" in tally.failed["site"], "said, and not waited for"
    assert len(crawl.site.asked("/feed")) == 1
    feed(crawl, "/1")
    crawl.run(timedelta(hours=13))
    assert len(crawl.site.asked("/feed")) == 2
    assert crawl.status.failures == 0


def test_pages_of_a_host_that_is_left_alone_hold_up_no_run(crawl: Crawl) -> None:
    feed(crawl, "/1", "/2")
    crawl.site.routes["/1"] = Reply(status=429, headers={"Retry-After": "3600"})
    crawl.run()
    assert crawl.site.asked("/2") == []
    assert crawl.count(ItemState.NEW) == 2


def test_a_paused_source_is_not_waited_for(crawl: Crawl) -> None:
    with crawl.store.write() as tx:
        tx.sources.set_state("site", SourceState.PAUSED, "enough", crawl.clock.now())
    assert crawl.run(ids=["site", "none"]).failed == {"site": "it is paused", "none": "no such source"}


def test_robots_that_can_not_be_read_forbid_all(crawl: Crawl) -> None:
    feed(crawl, "/1")
    crawl.site.routes["/robots.txt"] = Reply(status=500)
    crawl.run()
    assert crawl.status.last_outcome == "robots"
    assert crawl.site.asked("/feed") == []


def test_robots_that_are_throttled_are_asked_later(crawl: Crawl) -> None:
    feed(crawl, "/1")
    crawl.site.routes["/robots.txt"] = Reply(status=503)
    crawl.run()
    assert crawl.site.asked("/feed") == []
    del crawl.site.routes["/robots.txt"]
    crawl.run(timedelta(hours=7))
    assert len(crawl.site.asked("/feed")) == 1


def test_a_page_that_robots_forbid_is_dropped_unseen(crawl: Crawl) -> None:
    feed(crawl, "/1", "/private/2")
    crawl.site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n")
    crawl.run()
    assert crawl.drops() == [DropReason.ROBOTS]
    assert crawl.site.asked("/private/2") == []
    assert (crawl.count(ItemState.FETCHED), crawl.count(ItemState.DROPPED)) == (1, 1)


def test_a_crawl_delay_is_kept(crawl: Crawl) -> None:
    feed(crawl, "/1", "/2")
    crawl.site.routes["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: 0.7\n")
    crawl.run()
    times = [asked.at for asked in crawl.site.log]
    assert len(times) == 4
    assert min(later - earlier for earlier, later in pairwise(times[1:])) >= 0.69


def test_a_feed_that_moved_is_asked_conditionally(crawl: Crawl) -> None:
    feed(crawl, "/1", ETag='"v1"')
    crawl.site.routes["/feed.xml"] = crawl.site.routes["/feed"]
    moved = crawl.site.url("/feed.xml", host="localhost")
    crawl.site.routes["/feed"] = Reply(status=301, headers={"Location": moved})
    crawl.run()
    crawl.run(timedelta(hours=7))
    assert [asked.headers.get("If-None-Match") for asked in crawl.site.asked("/feed.xml")] == [None, '"v1"']


def test_a_crawl_delay_beyond_patience_keeps_no_feed_away(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.politeness.PATIENCE", 0.3)
    feed(crawl, "/1")
    crawl.site.routes["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: 0.7\n")
    crawl.run()
    assert crawl.status.last_outcome == "ok"


def test_a_missing_page_is_tried_later_then_dropped(crawl: Crawl) -> None:
    feed(crawl, "/1")
    crawl.site.routes["/1"] = Reply(status=404)
    crawl.run()
    assert (crawl.item().state, crawl.item().attempts) == (ItemState.NEW, 1)
    crawl.run(timedelta(minutes=2), [])
    crawl.run(timedelta(minutes=5), [])
    assert crawl.item().state is ItemState.DROPPED
    assert crawl.drops() == [DropReason.HTTP_ERROR]
    assert len(crawl.site.asked("/1")) == 3


def test_a_retitled_article_is_fetched_again(crawl: Crawl) -> None:
    feed(crawl, "/1", title="Old")
    crawl.run()
    now = crawl.clock.now()
    with crawl.store.write() as tx:
        tx.items.claim(ItemState.FETCHED, "me", now, 1, now + timedelta(minutes=1))
        assert tx.items.done(1, "me", 1)
    feed(crawl, "/1", title="New")
    crawl.run(timedelta(hours=7))
    assert len(crawl.site.asked("/1")) == 2


def test_410_again_and_again_gives_a_source_up(crawl: Crawl) -> None:
    crawl.site.routes["/feed"] = Reply(status=410)
    for _ in range(4):
        crawl.run(timedelta(days=2))
    assert len(crawl.site.asked("/feed")) == 3
    assert crawl.status.source.state == "gone"
