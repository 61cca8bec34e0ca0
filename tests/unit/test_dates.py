"""Dates: how machines and people write instants, and which of several places on a page is believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import calendars
from extractors.dates import modified, parse, published
from extractors.document import Document
from vedette.model import Entry, Page


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


WRITTEN = [
    ("2026-03-12T13:05:00+01:00", at(2026, 3, 12, 12, 5), "instant", "+01:00"),
    ("2026-03-12T13:05:00+0100", at(2026, 3, 12, 12, 5), "instant", "+01:00"),
    ("2026-03-12T12:05:00Z", at(2026, 3, 12, 12, 5), "instant", "+00:00"),
    ("2026-03-12T12:05:00.123Z", at(2026, 3, 12, 12, 5, 0, 123000), "instant", "+00:00"),
    ("2026-03-12T12:05Z", at(2026, 3, 12, 12, 5), "instant", "+00:00"),
    ("2026-03-12 12:05:30", at(2026, 3, 12, 12, 5, 30), "instant", ""),
    ("2026-03-12T16:35:00+04:30", at(2026, 3, 12, 12, 5), "instant", "+04:30"),
    ("2026-03-12T08:05:00-04:00", at(2026, 3, 12, 12, 5), "instant", "-04:00"),
    ("2026-03-12T00:30:00+04:00", at(2026, 3, 11, 20, 30), "instant", "+04:00"),
    ("2026-03-12", at(2026, 3, 12), "day", ""),
    ("20260312", at(2026, 3, 12), "day", ""),
    ("2026/03/12", at(2026, 3, 12), "day", ""),
    ("Thu, 12 Mar 2026 12:05:00 GMT", at(2026, 3, 12, 12, 5), "instant", "+00:00"),
    ("Thu, 12 Mar 2026 13:05:00 +0100", at(2026, 3, 12, 12, 5), "instant", "+01:00"),
    ("March 12, 2026", at(2026, 3, 12), "day", ""),
    ("12 March 2026", at(2026, 3, 12), "day", ""),
    ("March 12, 2026 4:05 pm", at(2026, 3, 12, 16, 5), "instant", ""),
    ("March 12, 2026 8:05 AM EDT", at(2026, 3, 12, 12, 5), "instant", "-04:00"),
    ("12 Mar 2026, 13:05 CET", at(2026, 3, 12, 12, 5), "instant", "+01:00"),
    ("12.03.2026", at(2026, 3, 12), "day", ""),
    ("12/03/2026", at(2026, 3, 12), "day", ""),
    ("12-03-2026", at(2026, 3, 12), "day", ""),
    ("12.03.2026 14:30", at(2026, 3, 12, 14, 30), "instant", ""),
    ("1773312000", at(2026, 3, 12, 10, 40), "instant", "+00:00"),
    ("1773312000000", at(2026, 3, 12, 10, 40), "instant", "+00:00"),
    ("  2026-03-12T12:05:00Z\n", at(2026, 3, 12, 12, 5), "instant", "+00:00"),
]


@pytest.mark.parametrize(("text", "instant", "precision", "zone"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_an_instant_as_written(text: str, instant: datetime, precision: str, zone: str) -> None:
    found = parse(text, "meta")
    assert found is not None
    assert (found.at, found.precision, found.zone, found.evidence) == (instant, precision, zone, "meta")


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "12:05", "March", "2026", "12 March", "vol. 12 no. 3", "{{ date }}", "-", "null", "NaN"),
        *("0000-00-00", "0000-00-00T00:00:00", "2026-13-45", "2026-02-30", "Invalid date", "March 2026"),
        *("99999999999999999999", "9999999999999999"),
    ],
)
def test_no_date_in_it(text: str) -> None:
    assert parse(text) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("0123456789-/.:TZ+ apm", max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    found = parse(text)
    assert found is None or found.at.tzinfo is not None


@settings(max_examples=200, deadline=None)
@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2090, 1, 1)), st.integers(-12 * 4, 14 * 4))
def test_every_iso_instant_is_read_back(naive: datetime, quarters: int) -> None:
    hours, minutes = divmod(abs(quarters) * 15, 60)
    zone = f"{'-' if quarters < 0 else '+'}{hours:02}:{minutes:02}"
    text = naive.isoformat(timespec="seconds") + zone
    found = parse(text)
    assert found is not None
    assert found.at == datetime.fromisoformat(text)
    assert found.zone == zone


FEED = Entry(url="", published_at=at(2026, 3, 12, 12, 5))
LD = '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"%s"}</script>'
META = '<meta property="article:published_time" content="%s">'
PLACES = {
    "json-ld before meta": (
        LD % "2026-03-12T13:05:00+01:00" + META % "2026-03-14T00:00:00Z",
        "",
        None,
        (at(2026, 3, 12, 12, 5), "instant", "jsonld"),
    ),
    "meta before time": (
        META % "2026-03-12T12:05:00Z" + '<h1>x</h1><time datetime="2025-01-01T00:00Z">',
        "",
        None,
        (at(2026, 3, 12, 12, 5), "instant", "meta"),
    ),
    "a day is completed by a weaker place that says the same day": (
        META % "2026-03-12" + '<h1>x</h1><time datetime="2026-03-12T12:05:00Z">now</time>',
        "",
        None,
        (at(2026, 3, 12, 12, 5), "instant", "time"),
    ),
    "a day is not completed by another day's instant": (
        META % "2026-03-12" + '<h1>x</h1><time datetime="2026-03-15T12:05:00Z">now</time>',
        "",
        None,
        (at(2026, 3, 12), "day", "meta"),
    ),
    "the address": ("", "https://a.example/2026/03/12/x", None, (at(2026, 3, 12), "day", "url")),
    "the address, completed by the feed": (
        "",
        "https://a.example/2026/03/12/x",
        FEED,
        (at(2026, 3, 12, 12, 5), "instant", "url+feed"),
    ),
    "the feed alone": ("", "", FEED, (at(2026, 3, 12, 12, 5), "instant", "feed")),
    "the feed gives the zone that the page leaves out": (
        META % "2026-03-12T16:05:00",
        "",
        FEED,
        (at(2026, 3, 12, 12, 5), "instant", "meta+feed"),
    ),
    "strong evidence stands against the feed": (
        LD % "2026-02-01T10:00:00Z",
        "",
        FEED,
        (at(2026, 2, 1, 10), "instant", "jsonld"),
    ),
    "weak evidence yields to the feed": (
        "",
        "https://a.example/2021/05/06/x",
        FEED,
        (at(2026, 3, 12, 12, 5), "instant", "feed"),
    ),
    "the future is not believed": (
        META % "2031-01-01T00:00:00Z",
        "",
        FEED,
        (at(2026, 3, 12, 12, 5), "instant", "feed"),
    ),
    "nor the time before the web": (
        META % "1970-01-01T00:00:00Z",
        "",
        FEED,
        (at(2026, 3, 12, 12, 5), "instant", "feed"),
    ),
    "a weaker place gives the zone that the page leaves out": (
        META % "2026-03-12T16:05:00" + '<time datetime="2026-03-12T16:05:30+04:00">16:05</time>',
        "",
        None,
        (at(2026, 3, 12, 12, 5, 30), "instant", "time"),
    ),
    "another time of the same day gives no zone": (
        META % "2026-03-12T16:05:00" + '<time datetime="2026-03-12T19:40:00+04:00">19:40</time>',
        "",
        None,
        (at(2026, 3, 12, 16, 5), "instant", "meta"),
    ),
    "JSON-LD with comments in it": (
        (LD % "2026-03-12T16:05:00+04:00").replace("{", '{\n  // "interactionCount": "",\n  ', 1),
        "",
        None,
        (at(2026, 3, 12, 12, 5), "instant", "jsonld"),
    ),
    "both Arabic names of a month": (
        "<h1>وصول الطائرة</h1><p>الجمعة 13 آذار / مارس 2026</p>",
        "",
        None,
        (at(2026, 3, 13), "day", "visible"),
    ),
    "a date right below the headline": (
        "<h1>وصول الطائرة</h1><div>12 آذار 2026</div>",
        "",
        None,
        (at(2026, 3, 12), "day", "visible"),
    ),
    "the calendar of Iran": (
        "<h1>هواپیما رسید</h1><p>پنجشنبه ۲۱ اسفند ۱۴۰۴ - ۱۴:۰۵</p>",
        "",
        None,
        (at(2026, 3, 12, 14, 5), "instant", "visible"),
    ),
    "the calendar of Iran in numbers": (
        "<h1>هواپیما رسید</h1><p>1404/12/21</p>",
        "",
        None,
        (at(2026, 3, 12), "day", "visible"),
    ),
    "a year of an era": ("<h1>三機目</h1><p>令和8年3月12日</p>", "", None, (at(2026, 3, 12), "day", "visible")),
    "a copyright year is no date": ("<p>Made by hand since 1999</p>", "", None, None),
    "nothing": ("<p>Good morning.</p>", "", None, None),
}


@pytest.mark.parametrize("case", PLACES)
def test_which_place_is_believed(case: str) -> None:
    html, url, entry, expected = PLACES[case]
    page = Page(url, f"<html><body>{html}</body></html>".encode(), fetched_at=at(2026, 3, 20), entry=entry)
    found = published(Document(page))
    assert (found and (found.at, found.precision, found.evidence)) == expected


def test_a_change_is_told_apart_from_the_publication() -> None:
    html = META % "2026-03-12T12:05:00Z" + '<meta property="article:modified_time" content="2026-03-13T08:00:00+04:00">'
    document = Document(Page("", f"<html><head>{html}</head><body></body></html>".encode()))
    found = modified(document)
    assert found is not None
    assert (found.at, found.zone) == (at(2026, 3, 13, 4), "+04:00")
    assert modified(Document(Page("", b"<p>x</p>"))) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1 فروردین 1399", "2020-03-20"),
        ("30 اسفند 1399", "2021-03-20"),
        ("1 فروردین 1400", "2021-03-21"),
        ("31 شهریور 1402", "2023-09-22"),
        ("1 مهر 1402", "2023-09-23"),
        ("30 اسفند 1403", "2025-03-20"),
        ("1404/01/01", "2025-03-21"),
        ("29 اسفند ماه 1405", "2027-03-20"),
        ("30 اسفند 1404", None),
        ("31 مهر 1404", None),
        ("平成31年4月30日", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
    ],
)
def test_days_of_other_calendars(written: str, day: str | None) -> None:
    assert [found.isoformat() for _, _, found in calendars.dates(written)] == ([day] if day else [])
