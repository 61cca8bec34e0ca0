"""What a source published before it was watched: found over a real site, slowly, resumed, and silently."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
import structlog

from crawler.backfill import Progress, backfill, previous
from tests.httpserver import Reply
from tests.integration.test_crawl import HTML, START, XML, Crawl, crawl  # noqa: F401 - a fixture
from vedette.daemon.context import Context
from vedette.model import Drop, DropReason, Entry, Item, ItemState

DAY = timedelta(days=1)
SINCE = START - 30 * DAY


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.backfill.PAUSE", 0.0)


def fill(crawl: Crawl, steps: int = 100, **more: bool) -> Progress:  # noqa: F811
    """Backfill as the command does, stopped after so many requests."""
    context = Context(crawl.settings, crawl.clock, crawl.store, "crawl", "cli", structlog.get_logger())
    left = iter(range(steps - 1, -1, -1))

    def tell(_: Progress) -> None:
        if next(left) == 0:
            context.stop.set()

    return backfill(context, crawl.status.source, SINCE, tell=tell, **more)


def items(crawl: Crawl) -> dict[str, Item]:  # noqa: F811
    found = {}
    with crawl.store.read() as tx:
        number = 1
        while (item := tx.items.get(number)) is not None:
            found[item.url.rpartition("/")[2]] = item
            number += 1
    return found


def rss_of(crawl: Crawl, pages: Sequence[tuple[str, int]], *, head: str = "") -> Reply:  # noqa: F811
    """A feed of (name, age in days)."""
    entries = "".join(
        f"<item><title>{name}</title><link>{crawl.site.url('/' + name)}</link>"
        f"<pubDate>{START - age * DAY:%a, %d %b %Y %H:%M:%S +0000}</pubDate></item>"
        for name, age in pages
    )
    text = f'<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel>{head}{entries}</channel></rss>'
    return Reply(text.encode(), headers=XML)


def link(rel: str, url: str) -> str:
    return f'<a:link rel="{rel}" href="{url}"/>'


def test_the_archives_of_a_feed(crawl: Crawl) -> None:  # noqa: F811
    site = crawl.site
    site.routes |= {
        "/feed": rss_of(crawl, [("today", 0), ("five", 5)], head=link("prev-archive", site.url("/2"))),
        "/2": rss_of(crawl, [("ten", 10), ("twenty", 20)], head=link("prev-archive", site.url("/1"))),
        "/1": rss_of(crawl, [("25", 25), ("40", 40)], head=link("prev-archive", site.url("/0"))),
    }
    done = fill(crawl)
    assert (done.done, done.failed, done.requests) == (True, [], 3)
    assert set(items(crawl)) == {"five", "ten", "twenty", "25"}, "neither news nor what is older"
    assert all(item.silent for item in items(crawl).values())
    waits = [item.next_attempt_at for item in items(crawl).values()]
    assert all(later - earlier >= timedelta(seconds=9) for earlier, later in pairwise(waits))  # type: ignore[operator]


def test_it_goes_on_where_it_was_stopped(crawl: Crawl) -> None:  # noqa: F811
    site = crawl.site
    site.routes |= {
        "/feed": rss_of(crawl, [("five", 5)], head=link("next", site.url("/feed?page=2"))),
        "/feed?page=2": rss_of(crawl, [("six", 6)], head=link("next", site.url("/feed?page=3"))),
        "/feed?page=3": rss_of(crawl, [("seven", 7)]),
    }
    assert not fill(crawl, 1).done
    assert set(items(crawl)) == {"five"}
    assert fill(crawl).done
    assert set(items(crawl)) == {"five", "six", "seven"}
    assert len(site.asked("/feed")) == 1
    assert fill(crawl).requests == 3, "what is done is not done again"
    assert len(site.asked("/feed")) == 1
    fill(crawl, restart=True)
    assert len(site.asked("/feed")) == 2


def test_alerting_is_asked_for(crawl: Crawl) -> None:  # noqa: F811
    crawl.site.routes["/feed"] = rss_of(crawl, [("five", 5)])
    fill(crawl, alert=True)
    assert not items(crawl)["five"].silent


def test_the_children_of_a_sitemap(crawl: Crawl) -> None:  # noqa: F811
    def child(name: str, age: int) -> str:
        return (
            f"<sitemap><loc>{crawl.site.url('/' + name)}</loc><lastmod>{START - age * DAY:%Y-%m-%d}</lastmod></sitemap>"
        )

    def page(name: str, age: int) -> str:
        return f"<url><loc>{crawl.site.url('/' + name)}</loc><lastmod>{START - age * DAY:%Y-%m-%d}</lastmod></url>"

    index = child("post-sitemap2.xml", 1) + child("post-sitemap1.xml", 90) + child("author-sitemap.xml", 1)
    crawl.site.routes |= {
        "/sitemap.xml": Reply(f"<sitemapindex>{index}</sitemapindex>".encode(), headers=XML),
        "/post-sitemap2.xml": Reply(
            f"<urlset>{page('a', 3)}{page('b', 29)}{page('c', 50)}<url><loc>{crawl.site.url('/d')}</loc></url></urlset>".encode(),
            headers=XML,
        ),
    }
    crawl.declare("/sitemap.xml", kind="sitemap")
    done = fill(crawl)
    assert set(items(crawl)) == {"a", "b"}
    assert (done.undated, done.requests) == (1, 2)


def test_the_older_pages_of_a_listing(crawl: Crawl) -> None:  # noqa: F811
    def page(number: int, names: Sequence[str]) -> Reply:
        rows = "".join(f'<li><h3><a href="/news/{n}">A headline about {n} and more words</a></h3></li>' for n in names)
        older = f'<a rel="next" href="/news?page={number + 1}">older</a>' if number < 3 else ""
        return Reply(f"<html><body><main><ul>{rows}</ul>{older}</main></body></html>".encode(), headers=HTML)

    crawl.site.routes |= {
        "/news": page(1, ["one", "two", "three"]),
        "/news?page=2": page(2, ["four", "five", "six"]),
        "/news?page=3": page(3, ["seven", "eight", "nine"]),
    }
    crawl.declare("/news", kind="listing")
    assert fill(crawl).done
    assert set(items(crawl)) == {"four", "five", "six", "seven", "eight", "nine"}, "the first page is left to the polls"


def test_what_was_dropped_for_its_age_comes_back(crawl: Crawl) -> None:  # noqa: F811
    now = crawl.clock.now()
    url = crawl.site.url("/ten")
    with crawl.store.write() as tx:
        key = url.partition("://")[2]
        from crawler.urls import identity

        (item,) = tx.items.add_entries("site", [(identity(url), Entry(url))], silent=False, now=now).new
        tx.items.claim(ItemState.NEW, "me", now, 1, now + DAY)
        assert tx.items.drop(item.id, "me", Drop(DropReason.TOO_OLD, now, "crawl", key, "", "site", item.id))
    crawl.site.routes["/feed"] = rss_of(crawl, [("ten", 10)])
    assert fill(crawl).new == 1
    assert (items(crawl)["ten"].state, items(crawl)["ten"].silent) == (ItemState.NEW, True)


@pytest.mark.parametrize(
    ("url", "older"),
    [
        ("https://a.example/feed/", "https://a.example/feed/?paged=2"),
        ("https://a.example/feed/?paged=2", "https://a.example/feed/?paged=3"),
        ("https://a.example/?feed=rss2", "https://a.example/?feed=rss2&paged=2"),
    ],
)
def test_wordpress_pages_its_feeds(url: str, older: str) -> None:
    body = b"<rss><channel><generator>https://wordpress.org/?v=6.5</generator></channel></rss>"
    assert previous(body, url) == older


def test_no_history_leads_to_another_site() -> None:
    body = '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="prev-archive" href="https://b.example/1"/></feed>'
    assert previous(body.encode(), "https://a.example/feed") == ""
    assert previous(b"{}", "https://a.example/feed.json") == ""
