"""What becomes of sources that move, ask for a captcha or lie, over a real site and a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.health import DAYS, judge
from tests.httpserver import Asked, Reply
from tests.integration.test_crawl import HTML, XML, Crawl, crawl, feed, rss  # noqa: F401 - a fixture
from vedette.model import Health, SourceDay, SourceState

DAY = timedelta(days=1)


def health(crawl: Crawl) -> Health:  # noqa: F811
    """As `vedette sources health` judges."""
    now = crawl.clock.now()
    with crawl.store.read() as tx:
        days = tx.health.days("site", (now - DAYS * DAY).date())
    return judge(crawl.status, days, now)


def today(crawl: Crawl) -> SourceDay:  # noqa: F811
    with crawl.store.read() as tx:
        return tx.health.days("site", crawl.clock.now().date())[-1]


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_followed_for_good_after_a_week(crawl: Crawl, status: int) -> None:  # noqa: F811
    feed(crawl, "/1")
    crawl.site.routes["/new"] = crawl.site.routes["/feed"]
    crawl.site.routes["/feed"] = Reply(status=status, headers={"Location": "/new"})
    crawl.run()
    assert health(crawl).state == "moved"
    assert "/new" in health(crawl).reason
    crawl.run(4 * DAY)
    assert crawl.status.source.url == crawl.site.url("/feed")
    crawl.run(4 * DAY)
    assert crawl.status.source.url == crawl.site.url("/new")
    assert crawl.status.first_success_at is not None, "what was learned stays"
    assert "permanent redirect" in health(crawl).reason, "a person can see it"
    crawl.run(DAY)
    assert len(crawl.site.asked("/feed")) == 3
    assert len(crawl.site.asked("/new")) == 4
    crawl.declare("/feed")  # as a file that is applied again does
    assert crawl.status.source.url == crawl.site.url("/new")
    crawl.declare("/other")
    assert crawl.status.source.url == crawl.site.url("/other")
    assert crawl.status.first_success_at is None


def test_a_temporary_redirect_is_never_followed_for_good(crawl: Crawl) -> None:  # noqa: F811
    feed(crawl, "/1")
    crawl.site.routes["/new"] = crawl.site.routes["/feed"]
    crawl.site.routes["/feed"] = Reply(status=302, headers={"Location": "/new"})
    for _ in range(3):
        crawl.run(4 * DAY)
    assert crawl.status.source.url == crawl.site.url("/feed")
    assert health(crawl).state == "ok"


def test_a_captcha_at_200_is_named(crawl: Crawl) -> None:  # noqa: F811
    crawl.site.routes["/feed"] = Reply(b"<html><h1>Verify you are human</h1></html>", headers=HTML)
    crawl.run()
    assert (crawl.status.last_outcome, health(crawl).state) == ("captcha", "captcha")
    assert crawl.status.health is not None
    assert crawl.status.health.state == "captcha", "stored with its time"
    assert crawl.status.source.state is SourceState.ACTIVE


def test_pages_that_can_not_be_fetched_show(crawl: Crawl) -> None:  # noqa: F811
    feed(crawl, "/1", "/2")
    crawl.site.routes["/1"] = crawl.site.routes["/2"] = Reply(status=410)
    crawl.run()
    assert today(crawl).pages_failed == 2
    assert (health(crawl).state, health(crawl).reason) == ("failing", "2 of its last 2 pages could not be fetched")


def test_days_are_counted(crawl: Crawl) -> None:  # noqa: F811
    feed(crawl, "/1", ETag='"1"')
    crawl.run()
    assert (today(crawl).polls, today(crawl).entries, today(crawl).new, today(crawl).pages) == (1, 1, 0, 1)
    feed(crawl, "/1", "/2", ETag='"2"')
    crawl.run(timedelta(hours=7))
    crawl.site.routes["/feed"] = Reply(status=304)
    crawl.run(timedelta(hours=7))
    found = today(crawl)
    assert (found.polls, found.entries, found.new, found.unmodified, found.failed) == (3, 3, 1, 1, 0)
    assert found.pages == 2


def test_a_feed_that_wrongly_says_not_modified_is_asked_whole_once_a_day(crawl: Crawl) -> None:  # noqa: F811
    def answer(asked: Asked) -> Reply:
        return Reply(status=304) if "If-None-Match" in asked.headers else whole

    def show(count: int) -> Reply:
        """So many items, one in twenty minutes."""
        parts = rss(*((crawl.site.url(f"/{n}"), "T") for n in range(count))).decode().split("</item>")
        dates = [f"{crawl.clock.now() - timedelta(minutes=20 * n):%a, %d %b %Y %H:%M:%S +0000}" for n in range(count)]
        dated = "".join(f"{p}<pubDate>{d}</pubDate></item>" for p, d in zip(parts, dates, strict=False)) + parts[-1]
        return Reply(dated.encode(), headers={**XML, "ETag": '"same"'})

    whole = show(14)
    crawl.site.routes["/feed"] = answer
    crawl.run()
    crawl.run(timedelta(hours=23), ["site"])
    assert crawl.status.last_outcome == "not-modified"
    whole = show(15)
    crawl.run(timedelta(hours=2), ["site"])
    assert crawl.status.last_outcome == "ok"
    assert len(crawl.site.asked("/14")) == 1
    crawl.run(timedelta(hours=23), ["site"])
    whole = show(16)
    crawl.run(timedelta(hours=2), ["site"])
    conditional = ["If-None-Match" in asked.headers for asked in crawl.site.asked("/feed")]
    assert conditional == [False, True, False, True, False]
