"""WebSub without a network: what feeds name, what hubs may say, and for how long."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import websub
from crawler.feeds import parse_feed
from crawler.websub import Hub, Word, agrees, genuine, hub_of, lease, links, retry_wait, word_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL = "https://news.example/feed.xml"
ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'
ITEM = "<item><title>T</title><link>https://news.example/1</link></item>"


@pytest.mark.parametrize(
    ("body", "hub", "topic"),
    [
        (
            f"""<rss version="2.0" {ATOM}><channel><title>N</title>
            <atom:link rel="self" href="https://news.example/feed.xml?a=1&amp;b=2"/>
            <atom:link rel="hub" href="https://hub.example/"/><atom:link rel="hub" href="https://second.example/"/>
            {ITEM}</channel></rss>""",
            "https://hub.example/",
            "https://news.example/feed.xml?a=1&b=2",
        ),
        (
            """<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><link href="https://news.example/"/>
            <link rel="HUB" href="/hub"/><link rel="self" href="/atom"/>
            <entry><id>1</id><title>T</title><link rel="hub" href="https://entry.example/"/></entry></feed>""",
            "https://news.example/hub",
            "https://news.example/atom",
        ),
        (
            """{"version": "https://jsonfeed.org/version/1.1", "items": [], "feed_url": "https://news.example/j",
            "hubs": [{"type": "WebSub", "url": "https://hub.example/"}]}""",
            "https://hub.example/",
            "https://news.example/j",
        ),
        (  # not well-formed: the lenient parser reads it
            f"""<rss version="2.0" {ATOM}><channel><title>N & N</title>
            <atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="{URL}"/>{ITEM}</channel>""",
            "https://hub.example/",
            URL,
        ),
        (f"<rss version='2.0' {ATOM}><channel><atom:link rel='hub' href=''/>{ITEM}</channel></rss>", "", ""),
        (f"<rss version='2.0' {ATOM}><channel><atom:link rel='hub' href='ftp://x/'/>{ITEM}</channel></rss>", "", ""),
        (f"<rss version='2.0'><channel>{ITEM}</channel></rss>", "", ""),
    ],
)
def test_the_hub_of_a_feed(body: str, hub: str, topic: str) -> None:
    feed = parse_feed(body.encode(), url=URL)
    found = hub_of({}, feed.hub, feed.topic, URL)
    assert found == Hub(hub, topic)
    assert bool(found) == bool(hub)


def test_a_feed_that_does_not_say_what_it_is_called_is_called_by_its_address() -> None:
    assert hub_of({}, "https://hub.example/", "", URL) == Hub("https://hub.example/", URL)


def test_link_headers_win_over_the_body() -> None:
    header = '<https://one.example/>; rel="hub", <https://two.example/>; rel=hub, </self,1>; title="a, b"; rel="self x"'
    assert links(header) == {"hub": "https://one.example/", "self": "/self,1", "x": "/self,1"}
    assert hub_of({"link": header}, "https://body.example/", URL, URL) == Hub(
        "https://one.example/", "https://news.example/self,1"
    )


@given(st.text(st.sampled_from('<>;=", relhub/'), max_size=300))
def test_no_link_header_breaks_or_holds_up_anything(header: str) -> None:
    assert all(isinstance(target, str) for target in links(header).values())


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_only_who_knows_the_secret_is_heard(method: str) -> None:
    signature = f"{method}={hmac.new(b'secret', b'body', method).hexdigest()}"
    assert genuine("secret", b"body", signature)
    assert genuine("secret", b"body", signature.upper())
    assert not genuine("secret", b"body!", signature)
    assert not genuine("other", b"body", signature)


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256", "md5=" + "0" * 32, "shake_128=00", "sha256=é", "=x"])
def test_what_is_no_signature(signature: str) -> None:
    assert not genuine("secret", b"body", signature)


@pytest.mark.parametrize(
    ("granted", "ends", "renewed"),
    [
        ("864000", timedelta(days=10), timedelta(days=8)),
        ("", timedelta(days=10), timedelta(days=8)),
        ("no number", timedelta(days=10), timedelta(days=8)),
        ("²", timedelta(days=10), timedelta(days=8)),
        ("60", timedelta(minutes=1), timedelta(minutes=48)),  # a hub that wants to be asked every minute is not
        ("99999999999", timedelta(days=90), timedelta(days=72)),
        ("9" * 400, timedelta(days=10), timedelta(days=8)),
    ],
)
def test_a_lease_is_renewed_before_it_ends(granted: str, ends: timedelta, renewed: timedelta) -> None:
    assert lease(granted, NOW) == (NOW + ends, NOW + renewed)


def test_a_hub_that_fails_is_asked_ever_more_rarely() -> None:
    assert [retry_wait(n) for n in (1, 2, 3, 4, 5, 400)] == [
        timedelta(minutes=10),
        timedelta(minutes=40),
        timedelta(minutes=160),
        timedelta(minutes=640),
        timedelta(days=1),
        timedelta(days=1),
    ]


@pytest.mark.parametrize(
    ("word", "wanted", "agreed"),
    [
        (Word("subscribe", URL, "c"), True, True),
        (Word("subscribe", URL, "c"), False, False),
        (Word("unsubscribe", URL, "c"), False, True),
        (Word("unsubscribe", URL, "c"), True, False),
        (Word("subscribe", "https://elsewhere.example/", "c"), True, False),
        (Word("subscribe", URL, ""), True, False),
        (Word("denied", URL), True, True),
        (Word("denied", "https://elsewhere.example/"), True, False),
        (Word("publish", URL, "c"), True, False),
        (Word("", URL, "c"), True, False),
    ],
)
def test_what_a_hub_is_told_yes_to(word: Word, *, wanted: bool, agreed: bool) -> None:
    assert agrees(word, URL, wanted=wanted) is agreed


def test_a_hub_s_words_are_read_from_its_query() -> None:
    query = {"hub.mode": "subscribe", "hub.topic": URL, "hub.challenge": "c", "hub.lease_seconds": "5", "x": "y"}
    assert word_of(query) == Word("subscribe", URL, "c", "5")


def test_a_hub_that_was_never_asked_need_not_be_left() -> None:
    assert websub.is_over("", 0, leaving=True)
    assert websub.is_over("secret", websub.GOODBYES, leaving=True)
    assert not websub.is_over("secret", 0, leaving=True)
    assert not websub.is_over("", 9, leaving=False)
