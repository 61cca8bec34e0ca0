"""Pages that scripts draw: the text is read from their state."""

from __future__ import annotations

import json

import pytest

from extractors import extract
from vedette.errors import Refused
from vedette.model import Page

TITLE = "Baku buys three transport aircraft"
SAID = [
    "Azerbaijan has signed for three transport aircraft, the ministry of defence said in Baku on Thursday.",
    "The first of them arrives in spring, the others in autumn, after their crews have been trained in Pisa.",
    "A second contract for spare parts and a simulator is still being talked about, according to both sides.",
]
MARKUP = "".join(f"<p>{said}</p>" for said in SAID)
BLOCKS = [{"type": "paragraph", "data": {"text": said}} for said in SAID]
ARC = [{"type": "text", "content": said} for said in SAID]
ARC.insert(1, {"type": "interstitial_link", "content": "Tanker late", "url": "/tanker"})
PORTABLE = [{"_type": "block", "children": [{"_type": "span", "text": said}]} for said in SAID]
OTHERS = [
    {"title": f"Tanker {n} late", "slug": f"t{n}", "body": f"<p>{'The tanker is late. ' * 9}</p>"} for n in range(3)
]


def shell(script: str, head: str = "") -> Page:
    html = f"<html><head><title>{TITLE}</title>{head}</head><body><div id=app></div>{script}</body></html>"
    return Page("https://press.example/1", html.encode())


def data(state: object, name: str = "__NEXT_DATA__") -> str:
    return f'<script id="{name}" type="application/json">{json.dumps(state)}</script>'


@pytest.mark.parametrize(
    "script",
    [
        data({"props": {"pageProps": {"article": {"headline": TITLE, "body": MARKUP}}}}),
        data({"props": {"pageProps": {"article": {"blocks": BLOCKS}, "related": OTHERS}}}),
        data({"props": {"story": {"body": PORTABLE}}}),
        data([{"data": 1}, {"article": 2}, {"title": 3, "text": 4}, TITLE, MARKUP], "__NUXT_DATA__"),
        f"<script>window.__APOLLO_STATE__ = {json.dumps({'Article:7': {'body': MARKUP}})};</script>",
        f'<script>window.__INITIAL_STATE__={json.dumps({"a": None, "text": MARKUP})[:-1]},"x":undefined}};</script>',
        f"<script>Fusion.globalContent={json.dumps({'content_elements': ARC})};Fusion.x=1</script>",
        data({"paragraphs": SAID}),
    ],
)
def test_the_text_is_in_the_state(script: str) -> None:
    article = extract(shell(script))
    assert (article.title, article.text.split("\n\n"), article.extractor) == (TITLE, SAID, "state")


def test_what_is_not_for_everybody_is_left_there() -> None:
    held = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    with pytest.raises(Refused):
        extract(shell(data({"body": MARKUP}), held))


def test_a_page_with_a_text_is_read_as_readers_see_it() -> None:
    page = f"<html><body><article><h1>{TITLE}</h1>{MARKUP * 2}</article>{data({'body': MARKUP * 9})}</body></html>"
    assert extract(Page("https://press.example/1", page.encode())).extractor == "trafilatura"
