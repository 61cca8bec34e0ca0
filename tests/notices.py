"""Notices for tests, among them what hostile pages make of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from alerts.channels import SendContext
from alerts.notice import build_notice
from vedette.model import Analyst, Article, DeliveryReason, Match, Notice, Span, Topic

NOW = datetime(2026, 9, 23, 8, 15, tzinfo=UTC)
KEY = "9c0f" * 16
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

HOSTILE = {
    "mention": "<!channel> <@U123> @everyone <https://evil.example|click> & more",
    "crlf": "Title\r\nBcc: victim@example.org\r\n\r\nbody",
    "nul": "Ti\x00tle \x1b[31mred\x07",
    "surrogate": "half \ud83d a pair \udfff",
    "bidi": "\u202egnp.exe\u202c \u2066txt\u2069 عنوان",
    "long": "Długi tytuł & <tag> " * 500,
    "ampersands": "&" * 10_000,
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} *bold* `code`",
    "pipes": "a|b|c > d < e",
    "empty": "",
    "emoji": "👩‍👩‍👧‍👦🇮🇹" * 200,
    "one word": "x" * 3000,
}


def article(title: str = "ADEX opens in Baku", **changes: Any) -> Article:
    """An article that names ADEX and a minister."""
    base = Article(
        title,
        "The ADEX fair opened in Baku & drew many.\n\nMinister Krosetto came.",
        url="https://news.example/a?b=1&c=<2>".replace("<2>", "2"),
        site="news.example",
        language="en",
        country="AZ",
        published_at=NOW,
        published_precision="instant",
    )
    return replace(base, **changes)


def notice(title: str = "ADEX opens in Baku", **changes: Any) -> Notice:
    """What a delivery about it says."""
    about = article(title)
    spans = [Span("body", 4, 8, "ADEX", "ADEX"), Span("body", 52, 60, "Krosetto", "@g", "guido-crosetto")]
    if "ADEX" in title:
        at = title.index("ADEX")
        spans.insert(0, Span("title", at, at + 4, "ADEX", "ADEX"))
    built = build_notice(
        about,
        Match("adex", 3, tuple(spans)),
        Topic("adex", "ADEX", "ADEX fair"),
        analyst=Analyst("anna", timezone="Asia/Baku"),
        story_id=42,
        reason=DeliveryReason.NEW_STORY,
        seen_at=NOW,
        names={"guido-crosetto": "Guido Crosetto"},
    )
    return replace(built, **changes)


def hostile(name: str) -> Notice:
    """A notice whose every text comes from a hostile page."""
    text = HOSTILE[name]
    page = article(text, text=(f"{text} ADEX {text}. " * 3), site=text, url="javascript:alert(1)", country=text[:2])
    at = page.text.index("ADEX")
    return build_notice(
        page,
        Match("adex", 3, (Span("body", at, at + 4, "ADEX", text), Span("body", at, at + 4, text, text, text))),
        Topic("adex", "ADEX", text),
        analyst=None,
        story_id=42,
        reason=DeliveryReason.NEW_STORY,
        seen_at=NOW,
        others=[(text, f"https://evil.example/|>{n}?x=<y>") for n in range(30)],
    )


def context(**changes: Any) -> SendContext:
    """The operator's settings: loopback is allowed, and a message may take two seconds."""
    wall = datetime.now(UTC)
    return replace(SendContext(NOW, wall, timeout=2.0, allow_addresses=("127.0.0.0/8", "::1/128")), **changes)


def digest(count: int = 3, **changes: Any) -> Notice:
    """A digest of so many stories, one of them an update."""
    stories = [notice(f"ADEX story {n}", story_id=n, alert_id=n, url=f"https://news.example/{n}") for n in range(count)]
    told = (*stories[:-1], replace(stories[-1], reason=DeliveryReason.UPDATE, news=("now 5 outlets carry it",)))
    base = notice(f"{count} stories", reason=DeliveryReason.DIGEST, story_id=0, url="", site="", language="en")
    return replace(base, sentences=(), hits=(), published_at=None, text="One was late.", entries=told, **changes)
