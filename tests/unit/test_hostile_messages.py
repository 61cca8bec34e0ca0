"""Whatever a page says, in every message: no header, no markup, no mention, no direction of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import html5lib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from alerts.channels import CHANNELS, validate
from alerts.channels._mrkdwn import fault
from alerts.channels.apprise import compose
from alerts.channels.console import line_of
from alerts.channels.email import EmailSettings, build
from alerts.channels.slack import render
from alerts.channels.webhook import LARGEST, minified, payload
from alerts.feed import FeedHead, Item, build_feed
from alerts.notice import UNPRINTABLE, build_notice
from alerts.templating import render_html
from tests.notices import KEY, NOW, article, context
from vedette.model import DeliveryReason, Match, Notice, Span, Topic

PIECES = (
    "\r\nBcc: v@evil.example",
    "\x00\x07\x1b[31m",
    "\ud83d",
    "\udfff",
    "\u202egnp\u202c",
    "\u2066x",
    "\u2028",
    "<!channel>",
    "<@U123>",
    "@everyone",
    "@here",
    "<https://evil.example|x>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "]]>",
    "&lt;&amp;&#0;",
    "=?utf-8?q?x?=",
    '"\\u0000',
    "عنوان",
    "標題",
    "👩‍👩‍👧‍👦🇮🇹",
    "e\u0301\u0327" * 30,
    "x" * 10_000,
    "& " * 3_000,
)
hostile_text = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=6).map("".join)
hostile_url = hostile_text.map(lambda text: f"https://evil.example/{text}") | st.just("javascript:alert(1)")


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    """What is told of a page that chose all of its texts, about a topic that an analyst named as badly."""
    title, text = draw(hostile_text), f"{draw(hostile_text)} ADEX {draw(hostile_text)}."
    page = article(
        title,
        text=text,
        site=draw(hostile_text),
        url=draw(hostile_url),
        country=draw(hostile_text | st.sampled_from(["AZ", "it"])),
        language=draw(hostile_text | st.sampled_from(["en", "ar", "xx"])),
        published_at=draw(st.sampled_from([NOW, None])),
    )
    at = text.index("ADEX")
    return build_notice(
        page,
        Match("adex", 3, (Span("body", at, at + 4, "ADEX", "ADEX", draw(hostile_text)),)),
        Topic("adex", "ADEX", draw(hostile_text)),
        analyst=None,
        story_id=42,
        reason=draw(st.sampled_from([DeliveryReason.NEW_STORY, DeliveryReason.UPDATE])),
        seen_at=NOW,
        others=[(draw(hostile_text), draw(hostile_url)) for _ in range(draw(st.integers(0, 3)))],
    )


def law(check: Callable[[Notice], None]) -> Callable[[], None]:
    quick = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25, deadline=None)
    checked: Callable[[], None] = quick(given(notices())(check))
    return checked


def markup_of(document: str) -> set[str]:
    return {str(element.tag) for element in html.document_fromstring(document).iter()}


@law
def test_a_mail_has_our_headers_and_our_markup_alone(about: Notice) -> None:
    message = build(about, KEY, "Vedette <v@watch.example>", EmailSettings(to="a@b.example"), context())
    raw = message.as_bytes()
    parsed = message_from_bytes(raw, policy=default)
    assert parsed.keys() == message.keys()
    assert "Bcc" not in parsed
    assert parsed["To"] == "a@b.example"
    assert not UNPRINTABLE.search(parsed["Subject"])
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    document = render_html(about)
    html5lib.HTMLParser(strict=True).parse(document)
    ours = {"html", "head", "meta", "title", "body", "table", "tbody", "tr", "td", "div", "a", "b"}
    assert markup_of(document) <= ours
    assert len(document.encode()) < 100_000
    for part in parsed.iter_parts():
        assert not UNPRINTABLE.search(part.get_content().replace("\r\n", " "))


@law
def test_a_slack_message_is_taken_and_mentions_nobody(about: Notice) -> None:
    message = render(about)
    assert fault(message) == ""
    shown = json.dumps(message, ensure_ascii=False)
    assert len(shown) < 10_000
    shown.encode()
    texts = [message["text"]]
    for block in message["blocks"]:
        texts += [e["text"] for e in (block.get("text", {}), *block.get("elements", ())) if e.get("type") == "mrkdwn"]
    for inside in re.findall(r"<([^>]*)", "\n".join(texts)):
        assert inside.startswith("http"), "what stands between angle brackets is a link of ours"


@law
def test_a_webhook_and_a_file_get_one_line_of_json(about: Notice) -> None:
    message = minified(payload(about))
    assert len(message.encode()) < LARGEST
    for line in (message, line_of(about, "key")):
        assert len(line.splitlines()) == 1
        json.loads(line)
        assert not UNPRINTABLE.search(line)


@law
def test_a_feed_is_well_formed_and_its_html_ours(about: Notice) -> None:
    for form in ("atom", "rss"):
        tree: Any = etree.fromstring(build_feed(FeedHead("f", about.title), [Item("k", about, NOW)], NOW, form))
        told = tree.xpath("//*[local-name()='content' or local-name()='encoded']/text()")
        for text in told:
            assert markup_of(f"<div>{text}</div>") <= {
                "html",
                "body",
                "div",
                "p",
                "blockquote",
                "ul",
                "li",
                "a",
                "strong",
            }


@law
def test_what_apprise_gets_mentions_nobody(about: Notice) -> None:
    title, body = compose(about, context())
    assert "\n" not in title
    assert not re.search(r"[@<](?=[^\s\u200b])", f"{title}\n{body}")
    assert not UNPRINTABLE.search((title + body).replace("\n", " ").replace("\u200b", ""))


def test_every_kind_is_thought_of() -> None:
    assert set(CHANNELS) == {"apprise", "console", "email", "feed", "file", "slack", "webhook"}
    assert validate("feed", {}) is not None
