"""What every source kind owes the crawler: one class over all of them, and what each reads beyond that."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler.exchange import _source
from crawler.fetcher import Answer
from crawler.gather import gather
from crawler.means import Means
from crawler.sitemaps import Child
from crawler.spiders import KINDS, Listing, SourceSpider, kind_named
from crawler.spiders.sitemap import choose
from vedette.errors import Refused, UsageError
from vedette.model import Entry, FetchOutcome, Source, SourceStatus

HOME = "https://news.example/defence/"
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://news.example/</loc></url>
<url><loc>
  https://news.example/old </loc><lastmod>2026-01-02</lastmod></url>
<url><loc>https://news.example/new</loc><lastmod>2026-03-01T10:00:00+04:00</lastmod></url>
<url><loc>https://news.example/undated</loc></url>
</urlset>"""
NEWS = """<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>/a</loc><lastmod>2026-03-02T08:00:00Z</lastmod>
 <image:image><image:loc>/a.jpg</image:loc></image:image>
 <news:news><news:publication><news:name>The Gazette</news:name><news:language>az-Latn</news:language></news:publication>
 <news:publication_date>2026-03-02</news:publication_date><news:title>Sərgi &amp;amp; nümayiş</news:title>
 <news:keywords>ADEX, Bakı,ADEX</news:keywords></news:news></url>
<url><loc>/static</loc></url>
</urlset>"""
SECTION = """<html lang="en-GB"><head><title>Defence | Gazette</title></head><body>
<header><a href="/">The Gazette of defence and armed forces</a></header>
<nav><a href="/section/land-forces-of-all-countries">Land forces of all countries</a></nav>
<main><ul>{rows}</ul><div class="pager"><a href="?page=1">1</a><a href="?page=2">2</a></div></main>
<aside class="sidebar"><a href="/most-read-story">The most read story of this week in full</a></aside>
<footer><a href="/imprint-and-legal-notice">Imprint and legal notice of this publication</a></footer></body></html>"""
ROW = '<li class="row"><h3><a href="{url}">{title}</a></h3><time datetime="2026-03-02T07:00:00Z">today</time></li>'


def section(*urls: str) -> bytes:
    rows = "".join(ROW.format(url=url, title=f"A headline about the article at {url}") for url in urls)
    return SECTION.format(rows=rows).encode()


SAMPLES: Mapping[str, bytes] = {
    "feed": b"<rss version='2.0'><channel><item><link>https://news.example/a</link><title>T</title></item></channel></rss>",
    "sitemap": SITEMAP.encode(),
    "newssitemap": NEWS.encode(),
    "listing": section("/2026/a-story", "/2026/another-story"),
    "autodiscover": section("/2026/a-story"),
    "javascript": section("/2026/a-story"),
    "scrapy": b'{"url": "/a", "title": "T", "published_at": "2026-03-02T08:00:00+04:00"}\n{"url": "/b"}\n',
    "page": b"<title>Programme</title><p>The fair opens on the first day of March at ten o'clock.</p>",
}
"""An answer of each kind that ships, with at least one entry."""


def read(kind: str, body: bytes, url: str = HOME, **more: Any) -> Listing:
    return KINDS[kind](url, more.get("settings"), more.get("memory")).read(body, url, {}, more.get("most", 2000))


def entries_or_none(spider: SourceSpider, body: bytes) -> Sequence[Entry]:
    """The entries of a body, none where it is refused in one line; anything else breaks the test."""
    try:
        return spider.read(body, HOME, {}, 2000).entries
    except Refused as refused:
        if "\n" in refused.detail:
            raise
        return ()


@pytest.mark.parametrize("kind", sorted(KINDS))
class TestEveryKind:
    """The contract."""

    def test_its_declaration_can_be_imported(self, kind: str) -> None:
        example = KINDS[kind].example
        assert (example["kind"], KINDS[kind].name) == (kind, kind)
        assert _source(example).kind == kind
        assert KINDS[kind].__doc__

    def test_its_names_are_its_own(self, kind: str) -> None:
        for name in (kind, *KINDS[kind].aliases):
            assert kind_named(f" {name.upper()} ") == kind

    def test_unknown_settings_are_refused(self, kind: str) -> None:
        with pytest.raises(ValidationError):
            KINDS[kind](HOME, {"no such setting": 1})

    def test_it_reads_its_own(self, kind: str) -> None:
        found = read(kind, SAMPLES[kind])
        assert found.entries
        for entry in found.entries:
            assert entry.url.startswith("https://news.example/")
            assert entry.published_at is None or entry.published_at.tzinfo is not None

    def test_it_takes_no_more_than_asked(self, kind: str) -> None:
        few = read(kind, SAMPLES[kind], most=1)
        assert len(few.entries) == 1
        assert few.overflow == len(read(kind, SAMPLES[kind]).entries) - 1

    def test_reading_twice_gives_the_same(self, kind: str) -> None:
        assert read(kind, SAMPLES[kind]) == read(kind, SAMPLES[kind])

    @pytest.mark.parametrize(
        "body", [b"", b" \n", b"\x00\xff\xfe", b"{}", b"<", b"<a", b"\x1f\x8b\x08 no gzip", b"%PDF-1.7"]
    )
    def test_what_it_can_not_read_is_refused_or_empty(self, kind: str, body: bytes) -> None:
        assert not [entry.url for entry in entries_or_none(KINDS[kind](HOME), body) if entry.url]

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_no_damage_breaks_it(self, kind: str, data: st.DataObject) -> None:
        body = bytearray(SAMPLES[kind])
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(body) - 1))
            body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
            if not body:
                return
        spider = KINDS[kind](HOME)
        spider.must_isolate(bytes(body))
        entries_or_none(spider, bytes(body))


def test_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(UsageError, match="use one of autodiscover, feed"):
        kind_named("gopher")


# --------------------------------------------------------------------------- sitemaps


def test_a_sitemap_shows_the_newest_first_and_no_home_page() -> None:
    found = read("sitemap", SITEMAP.encode(), most=2)
    assert [entry.url for entry in found.entries] == ["https://news.example/new", "https://news.example/old"]
    assert found.entries[0].updated_at == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert found.overflow == 1


def test_a_news_sitemap_keeps_its_news_fields() -> None:
    found = read("newssitemap", gzip.compress(NEWS.encode()))
    (entry,) = found.entries
    assert (entry.url, entry.title) == ("https://news.example/a", "Sərgi & nümayiş")
    assert entry.published_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert (entry.language, entry.tags, entry.image) == ("az", ("ADEX", "Bakı"), "https://news.example/a.jpg")
    assert (found.title, found.language) == ("The Gazette", "az")


def test_a_list_of_addresses_is_a_sitemap_too() -> None:
    found = read("sitemap", b"https://news.example/a\r\nhttps://news.example/b\r\n")
    assert [entry.url for entry in found.entries] == ["https://news.example/a", "https://news.example/b"]


def at(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def children(*pairs: tuple[str, str]) -> list[Child]:
    return [Child(f"https://news.example/{name}.xml", date, at(date)) for name, date in pairs]


@pytest.mark.parametrize(
    ("given", "since", "expected"),
    [
        # first seen: what is named news, else the newest few
        ([("post-sitemap", "2026-01-01"), ("news-sitemap", "")], "", ["news-sitemap"]),
        (
            [("p1", "2026-01-01"), ("p2", "2026-03-01"), ("p3", "2025-01-01"), ("p4", "2026-02-01")],
            "",
            ["p2", "p4", "p1"],
        ),
        # later: what changed, and news at every poll
        ([("p1", "2026-01-01T00:00:00"), ("p2", "2026-03-02T00:00:00")], "2026-03-01T00:00:00", ["p2"]),
        ([("p1", "2026-01-01T00:00:00"), ("p2", "2026-03-01T00:00:00")], "2026-03-01T00:00:00", []),
        ([("p1", "2026-01-01"), ("news", "")], "2026-03-01", ["news"]),
        # a day alone may hide another change on that day
        ([("p1", "2026-01-01"), ("p2", "2026-03-01")], "2026-03-01T00:00:00", ["p2"]),
        # what holds no articles is left out, unless there is nothing else
        ([("author-sitemap", "2026-03-05"), ("post-sitemap", "2026-03-05")], "2026-03-01", ["post-sitemap"]),
        ([("category-sitemap", "2026-03-05")], "2026-03-01", ["category-sitemap"]),
        # nobody says when they changed: a few, at every poll
        ([("p1", ""), ("p2", ""), ("p3", ""), ("p4", "")], "2026-03-01", ["p1", "p2", "p3"]),
    ],
)
def test_which_children_of_an_index_are_read(given: list[tuple[str, str]], since: str, expected: list[str]) -> None:
    found = list(choose(children(*given), at(since), 9))
    assert [further.url.split("/")[-1][:-4] for further in found] == expected


def test_an_index_asks_for_no_more_children_than_a_poll_may() -> None:
    many = children(*((f"news-{n}", "") for n in range(50)))
    assert len(list(choose(many, None, 9))) == 9


# --------------------------------------------------------------------------- listings


def test_a_section_page_gives_its_rows_and_neither_menu_nor_footer() -> None:
    found = read("listing", section("/2026/a-story", "/2026/another-story"))
    assert [entry.url for entry in found.entries] == [
        "https://news.example/2026/a-story",
        "https://news.example/2026/another-story",
    ]
    assert found.entries[0].title == "A headline about the article at /2026/a-story"
    assert found.entries[0].published_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert (found.language, found.next_page) == ("en", "https://news.example/defence/?page=2")


@pytest.mark.parametrize(
    "address",
    [
        "/page/1175/?id=31647&section=93",
        "/archive/20260612-second-airlifter",
        "/archives/48211/",
        "/topics/minister-opens-baku-arms-fair",
        "/2026/06/12/second-airlifter",
    ],
)
def test_articles_under_odd_addresses_are_articles(address: str) -> None:
    found = read("listing", section("/2026/a-story", address))
    assert [entry.url for entry in found.entries][1:] == [f"https://news.example{address}"]


@pytest.mark.parametrize(
    "trap",
    [
        "https://elsewhere.example/a-story-of-another-site",
        "/calendar/2026-03",
        "/2026/03/",
        "/2026/03/02",
        "/defence/?sort=date",
        "/defence/?filter[topic]=air",
        "/news?from=2026-01-01&to=2026-02-01",
        "/tag/air-defence",
        "/author/a-reporter",
        "/defence/page/7/",
        "/defence/?page=9",
        "/a/b/a/b/a/b/story",
        "/story-" + "x" * 600,
        "/report.pdf",
        "mailto:desk@news.example",
        "javascript:void(0)",
        "/defence/#top",
    ],
)
def test_traps_are_no_articles(trap: str) -> None:
    found = read("listing", section("/2026/a-story", trap, "/2026/another-story"))
    assert [entry.url.rpartition("/")[2] for entry in found.entries] == ["a-story", "another-story"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("https://news.example/defence/", "https://news.example/defence/?page=2"),
        ("https://news.example/defence/?page=1", "https://news.example/defence/?page=2"),
        ("https://news.example/defence/?page=2", ""),
        ("https://news.example/land/", "https://news.example/land/?page=2"),
    ],
)
def test_the_next_page_by_its_number(page: str, expected: str) -> None:
    assert read("listing", section("/2026/a-story"), page).next_page == expected


def test_the_next_page_by_rel_next_of_the_same_site_only() -> None:
    body = section("/2026/a-story").replace(b"</head>", b'<link rel="next" href="/defence/older"></head>')
    assert read("listing", body).next_page == "https://news.example/defence/older"
    body = body.replace(b"/defence/older", b"https://elsewhere.example/")
    assert read("listing", body).next_page == ""


def test_selectors_name_rows_headlines_and_dates() -> None:
    body = b"""<div class=box><a href=/menu>M</a></div><div class=story><a href=/pic></a><a class=go href=/s1>read more</a>
    <b>Short</b><i>2026-03-02T08:00:00+04:00</i></div><div class=story><b>No link</b></div>"""
    selectors = {"items": "div.story", "link": "a.go", "title": "b", "date": "i"}
    (entry,) = read("listing", body, settings=selectors).entries
    assert (entry.url, entry.title) == ("https://news.example/s1", "Short")
    assert entry.published_at == datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_a_selector_that_can_not_be_read_is_refused_when_declared() -> None:
    with pytest.raises(UsageError, match="selector 'li:::x' can't be read"):
        _ = _source({"url": HOME, "kind": "listing", "settings": {"items": "li:::x"}})


def test_a_listing_without_links_is_new_or_broken() -> None:
    empty = section()
    assert read("listing", empty).entries == []
    with pytest.raises(Refused, match="12 at the last poll"):
        read("listing", empty, memory={"links": 12})


def test_a_page_with_thousands_of_links_gives_two_hundred() -> None:
    found = read("listing", section(*(f"/2026/story-number-{n}" for n in range(3000))))
    assert (len(found.entries), found.overflow) == (200, 2800)


@pytest.mark.parametrize(
    ("known", "later", "said"),
    [(0, True, "30 of 30 links are new"), (1, True, "29 of 30"), (4, True, ""), (0, False, "")],
)
def test_links_that_are_all_new_are_told_as_a_reason(known: int, later: bool, said: str) -> None:
    urls = [f"https://news.example/2026/story-number-{n}" for n in range(30)]

    async def ask(url: str, headers: Mapping[str, str]) -> Answer:
        return Answer(url, FetchOutcome.OK, 200, {}, section(*urls))

    async def read(spider: SourceSpider, answer: Answer) -> Listing:
        return spider.read(answer.body, answer.url, answer.headers, 2000)

    async def known_of(entries: Sequence[Entry]) -> set[str]:
        return {entry.url for entry in entries} & set(urls[:known])

    async def robots(url: str) -> str:
        return ""

    async def render(spider: SourceSpider, answer: Answer) -> Answer:
        return answer

    means = Means(ask, read, known_of, robots, lambda: 0.0, render)
    source = Source("s", HOME, "listing", settings={"pages": 1})
    status = SourceStatus(source, first_success_at=datetime(2026, 3, 1, tzinfo=UTC) if later else None)
    gathered = asyncio.run(gather(means, status))
    assert gathered.answer.outcome is FetchOutcome.OK
    assert gathered.listing is not None
    assert len(gathered.listing.entries) == 30
    assert gathered.answer.error.startswith(said)
    assert bool(gathered.answer.error) == bool(said)


# --------------------------------------------------------------------------- watched pages

PROGRAMME = """<html><head><title>Programme &amp; halls</title></head><body><nav><li>Everything about this great fair</li></nav>
<main><p>{first}</p><p>{count} readers</p><p>Halls one to nine are open to the public.</p></main><p>{outside}</p></body></html>"""


OPENS = "The fair opens on the first day of March at ten."


@pytest.mark.parametrize(
    ("after", "selector", "changed"),
    [
        ({"first": OPENS}, "main", False),
        ({"first": OPENS, "outside": "Another advertisement, longer than the one before"}, "main", False),
        ({"first": OPENS, "outside": "Another advertisement, longer than the one before"}, "", True),
        ({"first": "The fair opens on the second day of March at ten."}, "main", True),
        ({"first": "gone"}, "main", False),
    ],
)
def test_a_watched_page_changes_when_text_appears(after: dict[str, str], selector: str, changed: bool) -> None:
    def poll(memory: Mapping[str, Any] | None, **texts: str) -> Listing:
        texts = {"count": "1", "outside": "An advertisement beside what is watched", **texts}
        settings = {"selector": selector} if selector else {}
        return read("page", PROGRAMME.format(**texts).encode(), settings=settings, memory=memory)

    before = poll(None, first=OPENS)
    assert not before.changed
    assert [(entry.url, entry.title) for entry in before.entries] == [(HOME, "Programme & halls")]
    assert poll(before.memory, **after).changed is changed
