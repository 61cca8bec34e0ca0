"""Titles, authors, sites and addresses: where a page says them and what is stripped."""

from __future__ import annotations

import pytest

from extractors import authors, metadata
from extractors.document import Document
from vedette.model import Entry, Page

URL = "https://www.harbour-dispatch.example/2026/03/aircraft"
T = "Coast guard takes over its third patrol aircraft"


def document(head: str = "", body: str = "", **of_page: object) -> Document:
    html = f"<html><head>{head}</head><body>{body}</body></html>".encode()
    return Document(Page(URL, html, **of_page))  # type: ignore[arg-type]


def ld(fields: str) -> str:
    return f'<script type="application/ld+json">{{"@type":"NewsArticle",{fields}}}</script>'


SITE = '<meta property="og:site_name" content="Harbour Dispatch">'
TITLES = {
    "h1 alone": ("", f"<h1>{T}</h1>", T),
    "og:title without its site": (SITE + f'<meta property="og:title" content="{T} - Harbour Dispatch">', "", T),
    "title with a bar": (SITE + f"<title>{T} | Harbour Dispatch</title>", "", T),
    "title with the site before": (SITE + f"<title>Harbour Dispatch: {T}</title>", "", T),
    "title with the site and a dash before": (SITE + f"<title>Harbour Dispatch – {T}</title>", "", T),
    "site known by its host": (f"<title>{T} | Harbour-Dispatch</title>", "", T),
    "section and site": (SITE + f"<title>{T} | Sea | Harbour Dispatch</title>", f"<h1>{T}</h1>", T),
    "two places against one": (
        f"<title>{T}</title><meta property='og:title' content='{T}'>",
        "<h1>Harbour news</h1>",
        T,
    ),
    "json-ld": (ld(f'"headline":"{T}"'), "", T),
    "a dash of its own stays": (SITE, "<h1>Radar – what it sees</h1>", "Radar – what it sees"),
    "a colon of its own stays": (
        SITE,
        "<h1>Interview: the dispatch of aircraft</h1>",
        "Interview: the dispatch of aircraft",
    ),
    "hyphens stay": ("", "<h1>C-27J lands at air-naval base</h1>", "C-27J lands at air-naval base"),
    "white space and entities": ("", "<h1>\n  Radar &amp; raft:\t &ldquo;all&rdquo;  </h1>", "Radar & raft: “all”"),
    "the logo is no headline": (f"<title>{T}</title>", f"<h1>Harbour Dispatch</h1><h1 class='headline'>{T}</h1>", T),
    "a logo alone": (f"<title>{T}</title>", '<h1 class="logo"><a href="/">The Dispatch</a></h1>', T),
    "the site's name that leads home": (f"<title>{T}</title>", '<h1><a href="/">All of the harbour</a></h1>', T),
    "a kicker in the headline": ("", f"<h1><span class=kicker>At sea</span> <span>{T}</span></h1>", T),
    "a small line in the headline": ("", f"<h1>{T} <small>12 March 2026</small></h1>", T),
    "a drawing in the headline": ("", f"<h1>{T}<svg><title>Share</title></svg><style>h1{{}}</style></h1>", T),
    "cut for search engines": (f'<meta property="og:title" content="{T[:30]}">' * 2, f"<h1>{T}</h1>", T),
    "more words for search engines": (
        f'<meta property="og:title" content="News: {T} in Baku"><title>News: {T} in Baku</title>',
        f"<h1>{T}</h1>",
        T,
    ),
    "a space lost in the heading": (
        f"<title>At sea: {T}</title><meta property=og:title content='At sea: {T}'>",
        f"<h1>At sea:{T}</h1>",
        f"At sea: {T}",
    ),
    "chinese site without spaces": (
        "<title>海岸警卫队接收第三架巡逻机-新华网</title>",
        "",
        "海岸警卫队接收第三架巡逻机",
    ),
    "chinese section and site": (
        "<title>海岸警卫队接收第三架巡逻机--时政--人民网</title>",
        "",
        "海岸警卫队接收第三架巡逻机",
    ),
    "japanese site": (
        "<title>海上保安庁が3機目の哨戒機を受領｜朝凪新聞社</title>",
        "",
        "海上保安庁が3機目の哨戒機を受領",
    ),
    "none": ("", "<p>x</p>", ""),
}


@pytest.mark.parametrize("case", TITLES)
def test_a_title(case: str) -> None:
    head, body, expected = TITLES[case]
    assert metadata.title(document(head, body)) == expected


def test_the_feed_s_title_is_the_last_resort() -> None:
    assert metadata.title(document(entry=Entry(url=URL, title=f" {T} "))) == T


AUTHORS = {
    "json-ld person": (ld('"author":{"@type":"Person","name":"Marit Oskarsen"}'), "", ("Marit Oskarsen",)),
    "json-ld list": (
        ld('"author":[{"name":"Marit Oskarsen"},{"name":"Jonas Breck"}]'),
        "",
        ("Marit Oskarsen", "Jonas Breck"),
    ),
    "json-ld text": (ld('"author":"Marit Oskarsen and Jonas Breck"'), "", ("Marit Oskarsen", "Jonas Breck")),
    "json-ld before meta": (
        ld('"author":"Marit Oskarsen"') + '<meta name="author" content="Harbour Dispatch">',
        "",
        ("Marit Oskarsen",),
    ),
    "meta": ('<meta name="author" content="By Marit Oskarsen">', "", ("Marit Oskarsen",)),
    "an address is no name": ('<meta property="article:author" content="https://social.example/marit">', "", ()),
    "rel author": ("", '<a rel="author" href="/m">Marit Oskarsen</a>', ("Marit Oskarsen",)),
    "microdata": (
        "",
        '<span itemprop="author"><span itemprop="name">Marit Oskarsen</span></span>',
        ("Marit Oskarsen",),
    ),
    "byline": ("", '<p class="byline">By <a href="/m">Marit Oskarsen</a></p>', ("Marit Oskarsen",)),
    "russian byline": ("", '<p class="byline">Автор: Марина Береговая</p>', ("Марина Береговая",)),
    "said twice": (ld('"author":["Marit Oskarsen","Marit Oskarsen"]'), "", ("Marit Oskarsen",)),
    "a name with e inside": (ld('"author":"Chiara e Molinelli"'), "", ("Chiara", "Molinelli")),
    "json-ld by reference": (
        '<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","author":{"@id":"#m"}},'
        '{"@type":"Person","@id":"#m","name":"Marit Oskarsen"}]}</script>',
        "",
        ("Marit Oskarsen",),
    ),
    "a person before the house": (
        ld('"author":{"@type":"Organization","name":"Harbour Dispatch"}') + SITE,
        '<h1>x</h1><p class="article-author">Marit Oskarsen</p>',
        ("Marit Oskarsen",),
    ),
    "the house where nobody is named": (ld('"author":"Harbour Dispatch"') + SITE, "", ("Harbour Dispatch",)),
    "a person beside the house": (ld('"author":["Marit Oskarsen","Harbour Dispatch"]') + SITE, "", ("Marit Oskarsen",)),
    "an agency and the house": (ld('"author":"Harbour Dispatch et AFP"') + SITE, "", ("Harbour Dispatch", "AFP")),
    "initials keep their dot": (ld('"author":"M.O."'), "", ("M.O.",)),
    "sigla": (ld('"author":"Marit Oskarsen (mos), Jonas Breck (jbr.)"'), "", ("Marit Oskarsen", "Jonas Breck")),
    "city": ("", "<p class=byline>By Marit Oskarsen and Jonas Breck, Baku</p>", ("Marit Oskarsen", "Jonas Breck")),
    "role": ("", "<p class=byline>Marit Oskarsen, Defence Correspondent</p>", ("Marit Oskarsen",)),
    "address and handle": ("", "<p class=byline>By Marit Oskarsen m@press.example @marit</p>", ("Marit Oskarsen",)),
    "day before": ("", "<p class=byline>Posted on 3 May 2026 by Marit Oskarsen</p>", ("Marit Oskarsen",)),
    "norwegian and": (ld('"author":"Marit Oskarsen og Jonas Breck"'), "", ("Marit Oskarsen", "Jonas Breck")),
    "turkish and": (ld('"author":"Ayşe Kaya ve Can Demir"'), "", ("Ayşe Kaya", "Can Demir")),
    "names in elements": (
        "",
        '<div class="byline"><a href="/m">Marit Oskarsen</a> <a href="/j">Jonas Breck</a></div>',
        ("Marit Oskarsen", "Jonas Breck"),
    ),
    "a link to the author's page": (
        "",
        '<h1>x</h1><p><a href="/staff/marit">Marit Oskarsen</a></p>',
        ("Marit Oskarsen",),
    ),
    "related articles' authors": (
        "",
        '<h1>x</h1><aside><a href="/author/j">Jonas Breck</a></aside><div class="related-card">By Jonas Breck</div>',
        (),
    ),
    "a line that begins as bylines do": ("", "<h1>x</h1><p>By Marit Oskarsen</p><p>A text.</p>", ("Marit Oskarsen",)),
    "a sentence is no byline": ("", "<h1>x</h1><p>By Friday the ships will be back</p>", ()),
    "azerbaijani": ("", "<h1>x</h1><span>Müəllif: Aytən Quliyeva</span>", ("Aytən Quliyeva",)),
    "persian": ("", "<h1>x</h1><span>نویسنده: مریم رضایی</span>", ("مریم رضایی",)),
    "chinese editors": ("", "<h1>x</h1><p>新闻。</p><p>（责编：牛镛、岳弘彬）</p>", ("牛镛", "岳弘彬")),
    "korean reporter": (ld('"author":"박준석 기자"'), "", ("박준석",)),
    "photographer": ("", '<h1>x</h1><p class="author">Photo: Jonas Breck</p>', ()),
    "account": ('<meta name="author" content="admin">', "", ()),
    "none": ("", "<p>x</p>", ()),
}


@pytest.mark.parametrize("case", AUTHORS)
def test_authors(case: str) -> None:
    head, body, expected = AUTHORS[case]
    assert authors.authors(document(head, body))[0] == expected


CANONICAL = {
    "stated": (
        '<link rel="canonical" href="https://harbour-dispatch.example/a">',
        "https://harbour-dispatch.example/a",
    ),
    "relative": ('<link rel="canonical" href="/a">', "https://www.harbour-dispatch.example/a"),
    "a home page is not this page": ('<link rel="canonical" href="https://harbour-dispatch.example/">', URL),
    "not http": ('<link rel="canonical" href="javascript:void(0)">', URL),
    "broken": ('<link rel="canonical" href="http://[x/">', URL),
    "og:url": (
        '<meta property="og:url" content="https://harbour-dispatch.example/b">',
        "https://harbour-dispatch.example/b",
    ),
    "none": ("", URL),
}


@pytest.mark.parametrize("case", CANONICAL)
def test_a_canonical_address(case: str) -> None:
    head, expected = CANONICAL[case]
    assert metadata.canonical_url(document(head)) == expected


def test_a_site_is_named_or_known_by_its_host() -> None:
    assert metadata.site(document(SITE)) == "Harbour Dispatch"
    assert metadata.site(document(ld('"publisher":{"name":"Harbour Dispatch"}'))) == "Harbour Dispatch"
    assert metadata.site(document()) == "harbour-dispatch.example"


def test_opt_out_signals_come_from_the_page_and_its_headers() -> None:
    headers = {"x-robots-tag": "noarchive, noai", "tdm-reservation": "1"}
    assert metadata.robots(document('<meta name="robots" content="NOINDEX, follow">', headers=headers)) == (
        "noai",
        "noarchive",
        "noindex",
        "tdm-reservation",
    )
    assert metadata.robots(document()) == ()


@pytest.mark.parametrize(
    "value", ["null", "3", '["x"]', '{"@type":3}', '{"@type":"NewsArticle","headline":7,"author":9}']
)
def test_json_ld_of_any_shape_is_harmless(value: str) -> None:
    found = document(f'<script type="application/ld+json">{value}</script>')
    assert metadata.title(found) == ""
    assert authors.authors(found)[0] == ()
    assert metadata.image(found) == ""
    assert metadata.tags(found) == ()
