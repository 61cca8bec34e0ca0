"""Crawling sitemaps, section pages and home pages on loopback: what is asked, and what becomes an item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from crawler.discover import discover
from crawler.exchange import read_sources, write_sources
from crawler.gather import without_validators
from crawler.spiders import KINDS
from tests.httpserver import Reply
from tests.integration import test_crawl
from tests.integration.test_crawl import HTML, XML, Crawl, feed, rss
from tests.unit.test_source_kinds import section
from vedette.cli import cli
from vedette.daemon.context import Context
from vedette.errors import DataError
from vedette.model import DropReason, ItemState, Source, SourceState

crawl = test_crawl.crawl
LATER = timedelta(hours=25)


def urlset(crawl: Crawl, *entries: tuple[str, str]) -> Reply:
    urls = "".join(
        f"<url><loc>{crawl.site.url(path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
        for path, day in entries
    )
    return Reply(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(), headers=XML)


def index(crawl: Crawl, *children: tuple[str, str], **headers: str) -> Reply:
    maps = "".join(
        f"<sitemap><loc>{crawl.site.url(path)}</loc><lastmod>{at}</lastmod></sitemap>" for path, at in children
    )
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'
    return Reply(body.encode(), headers={**XML, **headers})


def paths(crawl: Crawl) -> list[str]:
    """What was asked since the last call, robots.txt left out."""
    asked = [a.path for a in crawl.site.log if a.path != "/robots.txt"]
    crawl.site.log.clear()
    return asked


def page(crawl: Crawl, *names: str) -> None:
    for name in names:
        crawl.site.routes[name] = Reply(f"<p>{name}</p>".encode(), headers=HTML)


# --------------------------------------------------------------------------- sitemaps


def test_what_is_old_in_a_sitemap_is_remembered_and_not_fetched(crawl: Crawl) -> None:
    crawl.declare("/map", kind="sitemap")
    crawl.site.routes["/map"] = urlset(crawl, ("/old", "2024-01-01"), ("/new", "2026-03-01"))
    page(crawl, "/new", "/old")
    assert crawl.run().new_items == 2
    assert paths(crawl) == ["/map", "/new"]
    assert crawl.drops() == [DropReason.TOO_OLD]


def test_of_an_index_only_changed_children_are_asked_again(crawl: Crawl) -> None:
    crawl.declare("/index", kind="sitemap")
    crawl.site.routes["/index"] = index(
        crawl, ("/m1.xml", "2026-02-01T00:00:00Z"), ("/m2.xml", "2026-03-01T00:00:00Z"), ETag='"1"'
    )
    crawl.site.routes["/m1.xml"] = urlset(crawl)
    crawl.site.routes["/m2.xml"] = urlset(crawl, ("/a", "2026-03-01"))
    page(crawl, "/a", "/b")
    crawl.run()
    assert paths(crawl) == ["/index", "/m2.xml", "/m1.xml", "/a"]
    crawl.run(LATER)
    assert paths(crawl) == ["/index"]
    crawl.site.routes["/index"] = index(
        crawl, ("/m1.xml", "2026-02-01T00:00:00Z"), ("/m2.xml", "2026-03-04T00:00:00Z"), ETag='"2"'
    )
    crawl.site.routes["/m2.xml"] = urlset(crawl, ("/a", "2026-03-01"), ("/b", "2026-03-04"))
    assert crawl.run(LATER).new_items == 1
    assert paths(crawl) == ["/index", "/m2.xml", "/b"]


def test_a_news_child_is_asked_conditionally_behind_an_index_that_stays(crawl: Crawl) -> None:
    crawl.declare("/index", kind="newssitemap")
    whole = index(crawl, ("/news.xml", "2026-03-01"), ETag='"1"')
    crawl.site.routes["/index"] = lambda asked: Reply(status=304) if "If-None-Match" in asked.headers else whole  # type: ignore[assignment,return-value]
    child = urlset(crawl, ("/a", "2026-03-01"))
    crawl.site.routes["/news.xml"] = Reply(child.body, headers={**XML, "Etag": '"n1"'})
    page(crawl, "/a", "/b")
    crawl.run()
    child = urlset(crawl, ("/a", "2026-03-01"), ("/b", "2026-03-03"))
    crawl.site.routes["/news.xml"] = Reply(child.body, headers={**XML, "Etag": '"n2"'})
    crawl.site.log.clear()
    assert crawl.run(LATER).new_items == 1
    asked = crawl.site.asked("/news.xml")
    assert [a.headers.get("If-None-Match") for a in asked] == ['"n1"']
    crawl.site.routes["/news.xml"] = Reply(status=304)
    crawl.run(LATER)
    assert crawl.status.last_outcome == "not-modified"
    assert crawl.status.etag == '"1"'
    assert crawl.item(2).silent is False


def test_once_a_day_a_child_is_asked_whole_too() -> None:
    memory = {"further": {"https://news.example/news.xml": {"etag": '"1"', "last_modified": "x", "stamp": "y"}}}
    kept = {"further": {"https://news.example/news.xml": {"stamp": "y"}}}
    assert without_validators({"target_memory": memory, "target": "t"}) == {"target_memory": kept, "target": "t"}


def test_an_index_whose_children_all_fail_has_failed(crawl: Crawl) -> None:
    crawl.declare("/index", kind="sitemap")
    crawl.site.routes["/index"] = index(crawl, ("/m1.xml", "2026-03-01T00:00:00Z"))
    crawl.site.routes["/m1.xml"] = Reply(status=500)
    crawl.run()
    assert (crawl.status.last_outcome, crawl.status.failures) == ("server-error", 1)
    crawl.site.routes["/m1.xml"] = urlset(crawl, ("/a", "2026-03-01"))
    page(crawl, "/a")
    assert crawl.run(LATER).new_items == 1
    assert crawl.item().silent


# --------------------------------------------------------------------------- listings


def stories(first: int, last: int) -> list[str]:
    return [f"/2026/story-number-{n}" for n in range(first, last, -1)]


def test_a_listing_is_read_back_to_what_is_known(crawl: Crawl) -> None:
    crawl.declare("/news", kind="listing")
    page(crawl, *stories(10, 0))
    crawl.site.routes["/news"] = Reply(section(*stories(3, 0)), headers=HTML)
    assert crawl.run().new_items == 3
    paths(crawl)
    for number, first in ((1, 9), (2, 6), (3, 3)):
        body = section(*stories(first, first - 3)).replace(b"page=2", f"page={number + 1}".encode())
        crawl.site.routes["/news" if number == 1 else f"/news?page={number}"] = Reply(body, headers=HTML)
    assert crawl.run(LATER).new_items == 6
    assert paths(crawl)[:3] == ["/news", "/news?page=2", "/news?page=3"]
    assert crawl.run(LATER).new_items == 0
    assert paths(crawl) == ["/news"]


# --------------------------------------------------------------------------- watched pages


def test_a_watched_page_is_fetched_again_aloud_when_it_changed(crawl: Crawl) -> None:
    crawl.declare("/programme", kind="page")
    for poll, text in enumerate(("The fair opens in March.", "The fair opens in March.", "The fair opens in April.")):
        crawl.site.routes["/programme"] = Reply(f"<p>{text} Halls one to nine are open.</p>".encode(), headers=HTML)
        crawl.run(LATER)
        assert crawl.item().silent is (poll < 2)
        assert paths(crawl) == (["/programme"] if poll == 1 else ["/programme"] * 2)
        now = crawl.clock.now()
        with crawl.store.write() as tx:
            for item in tx.items.claim(ItemState.FETCHED, "me", now, 1, now + timedelta(minutes=1)):
                assert tx.items.done(item.id, "me", 1)


# --------------------------------------------------------------------------- home pages


HOME = b"""<html><head><title>Gazette</title>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml" href="/feed"></head>
<body><main><ul><li><h3><a href="/2026/a-story-of-the-day">A story of the day, told on the home page</a></h3></li></ul></main>
</body></html>"""


@pytest.fixture
def home(crawl: Crawl) -> Iterator[Crawl]:
    crawl.declare("/", kind="autodiscover")
    crawl.site.routes["/"] = Reply(HOME, headers=HTML)
    feed(crawl, "/1", "/2")
    return crawl


def test_a_home_page_is_polled_by_the_feed_that_it_names(home: Crawl) -> None:
    home.site.routes["/feed"] = Reply(home.site.routes["/feed"].body, headers={**XML, "Etag": '"f"'})  # type: ignore[union-attr]
    assert home.run().new_items == 2
    assert paths(home) == ["/", "/feed", "/1", "/2"]
    home.run(LATER)
    assert [asked.headers.get("If-None-Match") for asked in home.site.asked("/feed")] == ['"f"']
    assert home.site.asked("/") == []


def test_what_a_home_page_named_is_looked_for_anew_when_it_fails(home: Crawl) -> None:
    home.run()
    home.site.routes["/feed2"] = Reply(rss((home.site.url("/3"), "T")), headers=XML)
    page(home, "/3")
    del home.site.routes["/feed"]
    home.site.routes["/"] = Reply(HOME.replace(b'"/feed"', b'"/feed2"'), headers=HTML)
    for _ in range(3):
        home.run(LATER)
    assert home.status.failures == 3
    assert home.run(LATER + LATER).new_items == 1
    assert home.status.failures == 0
    assert home.item(3).silent is False


def test_a_home_page_without_a_feed_gives_its_sitemap_or_its_own_links(home: Crawl) -> None:
    del home.site.routes["/feed"]
    page(home, "/2026/a-story-of-the-day", "/s")
    assert home.run().new_items == 1
    assert home.item().url == home.site.url("/2026/a-story-of-the-day")


def test_entry_points_come_with_what_they_hold(home: Crawl) -> None:
    home.site.routes["/robots.txt"] = Reply(f"Sitemap: {home.site.url('/map.xml')}\n".encode())
    home.site.routes["/map.xml"] = urlset(home, ("/a", "2026-03-01"), ("/b", "2026-02-28"))
    context = Context(home.settings, home.clock, home.store, "look", "boot", structlog.get_logger())
    found = discover(context, home.site.url("/"))
    assert [(f.kind, f.entries, f.dated) for f in found] == [("feed", 2, 0), ("listing", 1, 0), ("sitemap", 2, 2)]
    assert found[-1].interval is not None
    (itself,) = discover(context, home.site.url("/map.xml"))
    assert itself.kind == "sitemap"


# --------------------------------------------------------------------------- adding


@pytest.fixture
def add(home: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`vedette sources add` in a configuration of its own."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "vedette.toml"
    config.write_text('[data]\ndirectory = "own"\n[network]\nallow_addresses = ["127.0.0.1/32"]\n')
    monkeypatch.chdir(tmp_path)

    def run(*words: str, answer: str = "") -> Result:
        return CliRunner().invoke(cli, ["sources", *words, "--config", str(config)], input=answer)

    CliRunner().invoke(cli, ["db", "upgrade", "--config", str(config)])
    return run


def test_adding_a_site_shows_what_it_offers_and_asks(home: Crawl, add: Callable[..., Result]) -> None:
    asked = add("add", home.site.url("/"), "--id", "two", answer="2\n")
    assert asked.exit_code == 0, asked.output
    assert f"1. feed {home.site.url('/feed')}" in asked.stderr
    assert "2 entries" in asked.stderr
    assert "Watching two (listing)" in asked.stdout
    taken = add("add", home.site.url("/"), "--id", "one", "--yes")
    assert "Watching one (feed)" in taken.stdout


def test_adding_an_address_as_a_kind_with_settings(home: Crawl, add: Callable[..., Result]) -> None:
    added = add("add", home.site.url("/"), "--id", "s", "--kind", "html", "--set", "items=main li")
    assert "Watching s (listing)" in added.stdout, added.output
    assert "items: main li" in add("export").stdout
    wrong = add("add", home.site.url("/"), "--kind", "listing", "--set", "item=li")
    assert (wrong.exit_code, "there are: items, link, title" in wrong.stderr) == (2, True)
    nothing = add("add", home.site.url("/feed"), "--kind", "sitemap")
    assert nothing.exit_code == 2
    assert "not a sitemap: the document is a <rss>" in nothing.stderr


@pytest.mark.parametrize("form", ["opml", "csv", "yaml"])
def test_what_is_written_is_read_back_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    written = [
        *(Source(f"s-{kind}", f"https://{kind}.example/x?a=1&b=2", kind, f"Name, “{kind}”") for kind in KINDS),
        Source(
            "all", "https://all.example/", "listing", "All", "https://all.example/home", "az", "AZ",
            {"items": "ul > li", "pages": 2}, timedelta(minutes=90), 2.5, alert_on_first_poll=True, state=SourceState.PAUSED,
        ),
    ]  # fmt: skip
    path = tmp_path / f"sources.{form}"
    path.write_text(write_sources(written, form), encoding="utf-8")
    assert read_sources(path) == (written, [])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("{", "settings must be JSON"),
        ('"{""item"": 1}"', "there are: items"),
        (",soon", "write a duration"),
        (",,-1", "above 0"),
        (",,,asleep", "active or paused"),
    ],
)
def test_a_cell_that_makes_no_sense_is_told_with_its_line(cell: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.csv"
    path.write_text(f"url,kind,settings,interval,weight,state\nhttps://a.example/,listing,{cell}\n", encoding="utf-8")
    sources, refused = read_sources(path)
    assert sources == []
    assert said in refused[0]
    assert refused[0].startswith(f"{path}:2: ")


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_that_a_spreadsheet_saved_is_read(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "sources.csv"
    path.write_text("name,url\nLe Télégramme,https://news.example/feed\n", encoding=charset)
    (source,), refused = read_sources(path)
    assert (source.name, refused) == ("Le Télégramme", [])


@pytest.mark.parametrize(
    ("data", "words"), [(b"name,url\n\xe9,https://x.example/\n", "save it as CSV UTF-8"), (b"url\n\0\n", "no http")]
)
def test_a_table_that_can_not_be_read_is_told_in_a_line(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "sources.csv"
    path.write_bytes(data)
    try:
        said = str(read_sources(path)[1])
    except DataError as error:
        said = str(error)
    assert words in said
