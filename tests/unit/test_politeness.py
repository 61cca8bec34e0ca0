"""What hosts ask for, read right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler import robots
from crawler.politeness import retry_after
from crawler.spiders.feed import max_age
from storage import HostState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AGENT = "Vedette/0.1 (+https://vedette.example)"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("8", 8.0),
        (" 120 ", 120.0),
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 11:00:00 GMT", None),
        ("604800", 7 * 86400.0),
        ("999999999", 31 * 86400.0),
        ("", None),
        ("soon", None),
        ("²", None),
        ("-5", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == seconds


@pytest.mark.parametrize(
    ("date", "seconds"),
    [("Mon, 01 Jun 2026 11:00:00 GMT", 3630.0), ("Thu, 01 Jan 2015 00:00:00 GMT", 30.0), ("today", 30.0)],
)
def test_a_date_to_retry_after_is_meant_by_the_clock_of_the_host(date: str, seconds: float) -> None:
    assert retry_after({"retry-after": "Mon, 01 Jun 2026 12:00:30 GMT", "date": date}, NOW) == seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=300", timedelta(seconds=300)),
        ("public, max-age=60", timedelta(seconds=60)),
        ("no-store", None),
        ("max-age=²", None),
    ],
)
def test_max_age(value: str, expected: timedelta | None) -> None:
    assert max_age({"cache-control": value}) == expected


def state(status: int | None, text: str = "", age: timedelta = timedelta()) -> HostState:
    return HostState("news.example", robots_status=status, robots_text=text, robots_fetched_at=NOW - age)


@pytest.mark.parametrize(
    ("status", "text", "allowed"),
    [
        (200, "User-agent: *\nDisallow: /private", False),
        (200, "User-agent: *\nDisallow: /private\nAllow: /private/news", True),
        (200, "User-agent: Vedette\nDisallow:\nUser-agent: *\nDisallow: /", True),
        (200, "", True),
        (404, "", True),
        (403, "", True),
        (500, "", False),
        (503, "", False),
        (0, "", False),
        (None, "", False),
    ],
)
def test_what_robots_txt_allows(status: int | None, text: str, allowed: bool) -> None:
    assert robots.allows(state(status, text), "https://news.example/private/news/1", AGENT) is allowed


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, True),
        (state(None), True),
        (state(200, age=timedelta(hours=23)), False),
        (state(200, age=timedelta(hours=24)), True),
        (state(404, age=timedelta(hours=2)), False),
        (state(503, age=timedelta(minutes=59)), False),
        (state(503, age=timedelta(minutes=61)), True),
    ],
)
def test_when_robots_txt_is_asked_for_again(known: HostState | None, expected: bool) -> None:
    assert robots.must_fetch(known, NOW) is expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 7", 7.0),
        ("User-agent: *\nCrawl-delay: 86400", 120.0),
        ("User-agent: *\nDisallow:", 0.0),
    ],
)
def test_crawl_delay(text: str, seconds: float) -> None:
    assert robots.crawl_delay(state(200, text), AGENT) == seconds


def test_robots_url() -> None:
    assert robots.robots_url("https://news.example:8443/a/b?c#d") == "https://news.example:8443/robots.txt"
