"""URLs: two texts that lead to the same article have one identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import identity, normalise
from vedette.network import host_of, make_policy, refusal

SAME = [
    ("https://news.example/a/b", "http://www.news.example:80/a/b/"),
    ("https://news.example/a?x=1&y=2", "https://news.example/a?y=2&x=1&utm_source=rss&fbclid=q#top"),
    ("https://news.example/a", "https://amp.news.example/a/amp/"),
    ("https://news.example/a", "https://m.news.example/a"),
    ("https://news.example/t%C9%99hvil", "https://news.example/təhvil"),
    ("https://news.example/t%c9%99hvil", "https://news.example/t%C9%99hvil"),
    ("https://news.example/", "https://news.example/index.html"),
    ("https://news.example/a", "https://news.example/a?ref=homepage&source=rss&amp=1"),
    ("https://news.example/a", "https://news.example/amp/a?outputType=amp"),
    ("https://news.example/a.html", "https://news.example/a.amp.html"),
    ("https://az.news.example/a", "https://az.m.news.example/a"),
    ("https://news.example/a?id=1", "https://www.google.com/amp/s/news.example/a?id=1"),
    ("https://news.example/a", "https://news-example.cdn.ampproject.org/c/s/amp.news.example/a/amp/"),
    (
        "https://news.example/a?id=1",
        "https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fnews.example%2Fa%3Fid%3D1&usg=x",
    ),
    ("https://news.example/a", "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%3Ffbclid%3D2&h=AT0"),
    (
        "https://news.example/a",
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fnews.example%2Fa&data=5",
    ),
    ("https://news.example/a", "https://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fnews.example%2fa"),
    (
        "https://news.example/a",
        "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fnews.example%252Fa",
    ),
]
OTHER = [
    ("https://news.example/a", "https://news.example/A"),
    ("https://news.example/?id=1", "https://news.example/?id=2"),
    (
        "https://news.example/page/1175/?id=31647&id_sezione=93",
        "https://news.example/page/1175/?id=31647&id_sezione=94",
    ),
    ("https://en.news.example/a", "https://news.example/a"),
    ("https://news.example/article.php?12345", "https://news.example/article.php?12346"),
    ("https://news.example/view?cid=AEN1", "https://news.example/view?cid=AEN2"),
    ("https://news.example/show?gallery=1", "https://news.example/show?gallery=2"),
    ("https://news.example/show?ref=1", "https://news.example/show?ref=2"),
    ("https://m.co/a", "https://co/a"),
    ("https://news.google.com/rss/articles/CBMi1", "https://news.google.com/rss/articles/CBMi2"),
    ("https://www.google.com/url?q=one", "https://www.google.com/url?q=two"),
    ("https://news.example/url?q=https://other.example/", "https://other.example/"),
    ("https://news.example/amp", "https://news.example/amplifier"),
    ("https://notgoogle.example/url?url=https://news.example/a", "https://news.example/a"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same_page(a: str, b: str) -> None:
    assert identity(a) == identity(b)


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_another_page(a: str, b: str) -> None:
    assert identity(a) != identity(b)


@given(st.from_regex(r"https?://[a-z]{1,8}\.example/[a-zA-Z0-9/_.-]{0,20}(\?[a-z]=[a-z0-9]{0,5}){0,1}", fullmatch=True))
def test_an_identity_is_its_own_identity(url: str) -> None:
    assert identity(identity(url)) == identity(url)


@given(st.text(max_size=60))
def test_no_text_breaks_them(text: str) -> None:
    identity(text)
    assert normalise(text) == "" or normalise(text).startswith(("http://", "https://", "HTTP"))


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("/a", "https://news.example/feed", "https://news.example/a"),
        ("  https://news.example/a\n", "", "https://news.example/a"),
        ("https://news.example/a b", "", "https://news.example/a%20b"),
        ("mailto:a@b.example", "", ""),
        ("javascript:alert(1)", "https://news.example/", ""),
        ("http://[::1", "", ""),
        ("", "https://news.example/feed", ""),
    ],
)
def test_normalise(url: str, base: str, expected: str) -> None:
    assert normalise(url, base) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/a", "news.example"),
        ("http://news.example:80/", "news.example"),
        ("http://news.example:8080/", "news.example:8080"),
        ("https://news.example:80/", "news.example:80"),
        ("nonsense", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://user:pw@news.example/",
        "file:///etc/passwd",
        "ftp://news.example/",
    ],
)
def test_where_no_url_may_lead(url: str) -> None:
    assert refusal(make_policy(), url)


def test_what_the_operator_allows_is_allowed() -> None:
    assert refusal(make_policy(["127.0.0.0/8"]), "http://127.0.0.1:8080/feed") == ""
    assert refusal(make_policy(["127.0.0.0/8"]), "http://10.0.0.1/") != ""
    assert refusal(make_policy(), "https://news.example/feed") == ""
