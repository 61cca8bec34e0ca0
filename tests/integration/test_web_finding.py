"""Sources found from any page of a site and shown before they are watched; lists taken in; a year of polls."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.httpserver import Reply, Site, serve
from tests.website import Browser, Website
from vedette.clock import FrozenClock
from vedette.model import Source, SourceDay

NEWS = '[network]\nallow_addresses = ["127.0.0.0/8"]\n[crawl]\ncontact = "ops@vedette.example"\n'
FEED = """<rss version="2.0"><channel><title>Harbour Defence News</title><language>en</language>
<item><title>Frigate sails</title><link>/1</link><pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate></item>
<item><title>Radar turns</title><link>/2</link><pubDate>Sun, 01 Mar 2026 08:00:00 GMT</pubDate></item>
</channel></rss>"""


@pytest.fixture(scope="module")
def press() -> Iterator[Site]:
    with serve() as site:
        page = '<html><head><link rel="alternate" type="application/rss+xml" href="/news.rss"></head><body>Hi</body></html>'
        site.routes["/"] = Reply(page.encode(), headers={"Content-Type": "text/html"})
        site.routes["/news.rss"] = Reply(FEED.encode(), headers={"Content-Type": "application/rss+xml"})
        site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /shut", headers={"Content-Type": "text/plain"})
        yield site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW), NEWS) as running:
        yield running


@pytest.fixture(scope="module")
def boss(site: Website) -> Browser:
    return site.member("boss", admin=True)


def said(boss: Browser) -> str:
    """The message that the next page shows."""
    found = re.search(r'<div class="said[^"]*" role="status"><p>(.*?)</p>', boss.page("/sources"))
    return html.unescape(found[1]) if found else ""


def test_a_home_page_leads_to_its_feed_which_is_shown_and_then_watched(
    site: Website, boss: Browser, press: Site
) -> None:
    answer = boss.submit("/sources", {"url": press.url("/")}, "/sources/find")
    assert answer.status_code == 200, said(boss)
    for told in ("Harbour Defence News", "Frigate sails", "English", press.url("/news.rss")):
        assert told in answer.text
    assert re.search(r"Entries</dt><dd>2<", answer.text)
    with site.store.read() as tx:
        assert tx.sources.list() == [], "looking stores nothing"
    row = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text.partition("<form")[2]))
    assert boss.post("/sources", data=row).status_code == 303
    with site.store.read() as tx:
        (status,) = tx.sources.list()
    source = status.source
    assert (source.kind, source.url, source.homepage) == ("feed", press.url("/news.rss"), press.url("/"))
    assert (source.name, source.language) == ("Harbour Defence News", "en")


def test_an_address_that_offers_nothing_is_told(boss: Browser, press: Site) -> None:
    press.routes["/bare"] = Reply(b"<p>Closed.</p>", headers={"Content-Type": "text/html"})
    for path, told in (
        ("/bare", "Nothing was found there"),
        ("/none", "It can't be watched: refused by the server (HTTP status 404 (Not Found))"),
        ("/shut", "It can't be watched: forbidden by robots.txt (robots.txt forbids it)"),
    ):
        boss.submit("/sources", {"url": press.url(path)}, "/sources/find")
        assert said(boss).startswith(told)
    boss.submit("/sources", {"url": "harbour"}, "/sources/find")
    assert said(boss).startswith("That is no address")


def test_what_was_exported_as_opml_is_taken_in_again(site: Website, boss: Browser) -> None:
    with site.store.write() as tx:
        tx.sources.put(Source("anchor", "https://anchor.example/rss", name="Anchor", country="IT"), NOW)
    opml = boss.get("/sources/export/opml").content
    with site.store.write() as tx:
        assert tx.sources.delete("anchor")
    guard = {"csrf": boss.guard("/sources")}
    boss.post("/sources/import", data=guard, files={"file": ("list.opml", opml)})
    assert "1 new sources" in said(boss)
    with site.store.read() as tx:
        status = tx.sources.get("anchor")
    assert status is not None
    assert (status.source.name, status.source.country) == ("Anchor", "IT")
    boss.post("/sources/import", data=guard, files={"file": ("list.opml", b"<opml")})
    assert said(boss).startswith("list.opml: not valid OPML")
    assert boss.post("/sources/import", data=guard, files={"file": ("list.exe", b"x")}).status_code == 422


def test_only_administrators_look_and_import(site: Website, press: Site) -> None:
    anna = site.member("anna")
    for path in ("/sources/find", "/sources/import"):
        answer = anna.post(path, data={"csrf": anna.guard("/me"), "url": press.url("/")})
        assert answer.status_code == 404, path


def test_a_year_of_polls_stands_on_the_page_of_a_source(site: Website, boss: Browser) -> None:
    with site.store.write() as tx:
        tx.sources.put(Source("yearly", "https://yearly.example/rss"), NOW)
        for back, day in ((300, {"polls": 5}), (3, {"polls": 5, "failed": 2}), (1, {"polls": 4, "throttled": 4})):
            tx.health.count("yearly", SourceDay((NOW - timedelta(days=back)).date(), **day))
    page = boss.page("/sources/yearly")
    chart = page[page.index('<svg class="year"') :]
    assert [chart.count(f'class="cell {kind}"') for kind in ("good", "mixed", "bad")] == [1, 1, 1]
    assert "<desc>8 ✓ 6 ✗</desc>" in chart
    listed = boss.page("/sources?span=year")
    assert "The year, a cell a week" in listed
    assert len(re.findall(r'class="cell (?:good|mixed|bad)"', listed)) >= 1
