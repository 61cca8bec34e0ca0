"""Captions: taken from the page, kept out of the text, read by rules."""

from __future__ import annotations

import pytest

from alerts.monitor import Monitor
from alerts.notice import matched_sentences
from extractors import extract
from vedette.model import Article, Page, Topic

BODY = "".join(
    f"<p>Paragraph {name} of the report tells how the aircraft was flown in, who signed for it and what it cost.</p>"
    for name in ("one", "two", "three", "four", "five", "six")
)
SHOWN = "A C-27J of the Azerbaijani air force lands in Baku"


def page(*parts: str) -> Page:
    body = f"<article><h1>Baku buys transports</h1>{''.join(parts)}{BODY}</article>"
    return Page("https://press.example/1", f"<html><body>{body}</body></html>".encode())


@pytest.mark.parametrize(
    "figure",
    [
        f"<figure><img src=a.jpg><figcaption>{SHOWN}</figcaption></figure>",
        f'<div class="wp-block"><img src=a.jpg><p class="wp-caption-text">{SHOWN}</p></div>',
        f'<div class="picture"><a href="a.jpg"><img src=a.jpg></a><span class="image__caption">{SHOWN}</span></div>',
    ],
)
def test_captions_are_kept_beside_the_text(figure: str) -> None:
    article = extract(page(figure))
    assert article.captions == SHOWN
    assert SHOWN not in article.text


@pytest.mark.parametrize(
    "figure",
    [
        "<figure><img src=a.jpg><figcaption>Photo: Reuters</figcaption></figure>",
        f"<aside><figure><img src=a.jpg><figcaption>{SHOWN}</figcaption></figure></aside>",
        f'<a href="/2"><figure><img src=a.jpg><figcaption>{SHOWN}</figcaption></figure></a>',
        f'<p class="caption">{SHOWN}, as it said.</p>',
    ],
)
def test_what_is_no_caption_of_the_article(figure: str) -> None:
    assert extract(page(figure)).captions == ""


ARTICLE = Article(
    "Baku buys transports", "Leonardo signed on Monday.", language="en", captions="The minister.\n\nA C-27J in Baku."
)


@pytest.mark.parametrize(
    ("rule", "spans"),
    [
        ('"C-27J"', [("captions", 17, 22)]),
        ("Leonardo AND minister", [("body", 0, 8), ("captions", 4, 12)]),
        ("baku", [("title", 0, 4), ("captions", 26, 30)]),
        ('"Monday the"', []),
        ("minister NEAR/5 C-27J", []),
        ("body:minister", []),
        ("body:Monday", [("body", 19, 25)]),
        ("lead:minister", []),
        ("title:minister", []),
        ("SENT(Monday AND minister)", []),
    ],
)
def test_rules_read_captions(rule: str, spans: list[tuple[str, int, int]]) -> None:
    monitor = Monitor()
    monitor.put_all([Topic("t", rule)])
    matches = monitor.match(ARTICLE).matches
    found = [span for match in matches for span in match.spans]
    assert [(span.field, span.start, span.end) for span in found] == spans
    fields = {"title": ARTICLE.title, "body": ARTICLE.text, "captions": ARTICLE.captions}
    assert all(fields[span.field][span.start : span.end] == span.text for span in found)
    assert {sentence.field for sentence in matched_sentences(ARTICLE, found)} == {field for field, _, _ in spans}
