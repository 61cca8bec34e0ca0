"""What stands around a text: links and lists for other pages go, the standfirst comes in."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from extractors import extract
from extractors.surroundings import without_surroundings
from vedette.model import Page

URL = "https://press.example/2026/patrol"
TEXT = "<p>The coast guard took over its third patrol aircraft on Thursday.</p>"


@pytest.mark.parametrize(
    "around",
    [
        '<p>Read also: <a href="/2026/drones">Navy registers its drones</a></p>',
        '<p><a href="https://www.press.example/2026/drones">Navy registers its drones</a></p>',
        '<h3>Related</h3><ul><li><a href="/a">Navy registers drones</a></li><li><a href="/b">Tanker late</a></li></ul>',
        '<ul><li><a href="/">Home</a></li><li><a href="/navy/">Navy</a></li></ul>',
        '<div><b>See also:</b> <a href="/2026/drones">Navy registers its drones</a></div>',
        '<div class="x"><a href="/2026/drones">Navy registers its drones</a></div>',
        '<blockquote><a href="/2026/drones">Navy registers its drones</a></blockquote>',
        '<p><b>İLGİLİ HABER</b><br><a href="/2026/drones">Navy registers its drones</a></p>',
        '<ul><li><a href="/a">Navy registers drones</a> <span>12.03.2026</span></li></ul>',
        '<table><tr><td>14:05</td><td><a href="/a">Navy registers drones</a></td></tr></table>',
        "<div>"
        + "".join(f'<div><h4><a href="/n/{n}">Tanker {n} late</a></h4><p>It is late again.</p></div>' for n in range(3))
        + "</div>",
        '<div itemprop="publisher"><span itemprop="name">The Patrol Press</span></div>',
        '<div class="related"><a href="/n"><img src="n.jpg"><h4>The tanker is late again</h4></a><p>It is late.</p></div>',
        '<p>Tags: <a href="/t/sea">Sea</a>, <a href="/t/air">Air</a>, <a href="/t/baku">Baku</a>, <a href="/t/x">X</a></p>',
        "<article><h1>Tanker late again</h1><p>The tanker is late, the ministry said on Friday.</p></article>",
    ],
)
def test_what_leads_elsewhere_goes(around: str) -> None:
    tree = lxml_html.document_fromstring(f"<body><article><h1>Aircraft</h1>{TEXT}</article>{around}</body>")
    left = without_surroundings(tree, URL).text_content()
    assert left == "AircraftThe coast guard took over its third patrol aircraft on Thursday."


@pytest.mark.parametrize(
    "told",
    [
        '<p>The minister spoke of <a href="/2026/drones">the drones that the navy registers</a>.</p>',
        '<p><a href="/2026/drones">The navy registers its drones, the ministry says.</a></p>',
        '<p>Source: <a href="https://ministry.example/">Ministry of Defence</a></p>',
        "<ul><li>Three aircraft</li><li>Two ships</li></ul>",
        '<div>The minister spoke of<br><a href="/2026/drones">the drones</a><br>and of the ships.</div>',
        '<table><tr><td><a href="/2026/c27j">C-27J</a></td><td>three</td></tr></table>',
        "<div>"
        + "".join(f'<div><h4><a href="#n{n}">Part {n}</a></h4><p>It is late.</p></div>' for n in range(3))
        + "</div>",
        '<ul><li><a href="/2026/c27j">C-27J</a>: three, of which one is late</li></ul>',
        '<article><p>12:40 The <a href="/x">minister</a> arrives.</p></article>',
        "<section><h2>The ships</h2><p>They are two.</p><p>They are late.</p><p>Sad.</p></section>",
        f'<div style="display:none">{TEXT * 3}</div>',
        '<div><a href="/t/sea">The sea</a> and <a href="/t/air">the air</a>, <a href="/t/x">it</a> was said, are free.</div>',
    ],
)
def test_what_tells_something_stays(told: str) -> None:
    page = f"<body><article><h1>Aircraft</h1>{TEXT}{told}</article></body>"
    before = lxml_html.document_fromstring(page).text_content()
    assert without_surroundings(lxml_html.document_fromstring(page), URL).text_content() == before


@pytest.mark.parametrize(
    "box",
    [
        '<div class="author-bio"><p>Marit has written of the sea for thirty years.</p></div>',
        '<div class="donation-box"><p>Bank 0993000</p></div>',
        '<div style="display: none"><h1>Copy</h1><p>Copy for machines.</p></div>',
        "<div hidden><p>Copy for machines.</p></div>",
        '<a href="https://x.example/"><span class="sr-only">(opens in a new tab)</span></a>',
    ],
)
def test_boxes_go(box: str) -> None:
    tree = lxml_html.document_fromstring(f"<body><article><h1>Aircraft</h1>{TEXT * 4}{box}</article></body>")
    left = without_surroundings(tree, URL).text_content()
    assert left == f"Aircraft{'The coast guard took over its third patrol aircraft on Thursday.' * 4}"


def test_a_card_between_paragraphs_goes() -> None:
    card = '<div class="x"><a href="/n"><b>Tanker late again, says its captain</b></a><div>It was late before, too.</div></div>'
    told = f"<p>{'The minister came. ' * 3}</p>"
    tree = lxml_html.document_fromstring(f"<body><article><h1>Aircraft</h1>{told}{card}{told}</article></body>")
    assert "Tanker" not in without_surroundings(tree, URL).text_content()


def test_the_next_article_of_an_endless_page_goes() -> None:
    parts = [
        f'<div class="story" data-url="/2026/{name}"><h1>{name}</h1><time>12 March</time>{TEXT}</div>'
        for name in ("Aircraft", "Tanker")
    ]
    tree = lxml_html.document_fromstring(f"<body><main>{''.join(parts)}</main></body>")
    left = without_surroundings(tree, URL).text_content()
    assert "Aircraft" in left
    assert "Tanker" not in left


def test_parts_of_one_article_stay() -> None:
    parts = [f"<section class=part><h1>{name}</h1>{TEXT}</section>" for name in ("Aircraft", "Costs")]
    tree = lxml_html.document_fromstring(f"<body><main>{''.join(parts)}</main></body>")
    assert "Costs" in without_surroundings(tree, URL).text_content()


BODY = "".join(
    f"<p>Paragraph {name} of the report tells how the aircraft was flown in, who signed for it and what it cost.</p>"
    for name in ("one", "two", "three", "four", "five", "six")
)
SAID = "Azerbaijan has signed for three transport aircraft, the first of which arrives in spring."


@pytest.mark.parametrize(
    ("head", "before"),
    [
        ("", f'<div class="article-lead">{SAID}</div>'),
        (f'<meta property="og:description" content="{SAID[:60]}...">', f"<p>{SAID}</p>"),
        ("", f'<h2 class="subtitle">{SAID}</h2>'),
    ],
)
def test_a_standfirst_opens_the_text(head: str, before: str) -> None:
    body = f"<header><h1>Baku buys transports</h1>{before}</header><article>{BODY}</article>"
    article = extract(Page(URL, f"<html><head>{head}</head><body>{body}</body></html>".encode()))
    assert article.text.startswith(SAID)
    assert article.text.count("three transport aircraft") == 1


@pytest.mark.parametrize(
    "before",
    [
        f'<div class="related"><p class="lead">{SAID}</p></div>',
        f'<a href="/other"><p class="lead">{SAID}</p></a>',
        f'<p class="newsletter">{SAID}</p>',
    ],
)
def test_what_speaks_of_something_else_is_no_standfirst(before: str) -> None:
    body = f"<header><h1>Baku buys transports</h1>{before}</header><article>{BODY}</article>"
    assert SAID not in extract(Page(URL, f"<html><body>{body}</body></html>".encode())).text
