"""What a page says about its article besides the text and the dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from extractors.document import Document, texts_of
from extractors.text import line

SEPARATORS = re.compile(r"\s+[|\-–—·•»«›‹:/]+\s+|\s*[|»]\s*|\s+::\s+")
ENDED = re.compile(r"\s*[|»_ㅣ丨]|\s+[\-–—·•«›‹:/]|-{1,2}\S{1,12}(?:$|-|[|ㅣ])|\s+::")
"""What parts a headline from what is added to it."""
WIDE_SITE = re.compile(
    r"\s*(?:[-_|ㅣ丨｜－–—]+[^\s\-_|]{1,12})?[-_|ㅣ丨｜－–—]+[^\s\-_|]{0,12}"
    r"(?:网|新闻|新聞|日报|日報|晚报|在线|在線|频道|頻道|电视台|ニュース|新聞社|뉴스|신문|일보|방송)"
    r"(?:\s*[-_|].*)?$"
)
"""What Chinese, Japanese and Korean sites add to their headlines without a space."""
BESIDE = re.compile(
    r"kicker|dachzeile|top-?line|over-?line|eyebrow|rubri[ck]|categor|subtitle|sub-?head|pre-?title|page-?num|date|badge",
    re.IGNORECASE,
)
"""What lines are called that stand in the headline's element above or below it."""
MAX_TITLE = 500
HEADLINE = 15
"""Letters of a heading that says more than a label."""


def title(document: Document, site_name: str = "") -> str:
    """The headline: what most places agree on, the site's name stripped; "" where the page has none."""
    candidates = [line(c)[:MAX_TITLE] for c in _titles(document) if c and line(c)]
    if not candidates:
        return line(document.page.entry.title) if document.page.entry else ""
    site_name = site_name or site(document)
    cleaned = [_without_site(c, site_name, candidates, document.page.url) for c in candidates]
    keys = Counter(_key(c) for c in cleaned)
    best = max(range(len(cleaned)), key=lambda i: (keys[_key(cleaned[i])] > 1, -i))
    seen = _key(cleaned[0]) if document.headings else ""
    if len(seen) >= HEADLINE and seen in _key(cleaned[best]):
        best = 0  # what readers see is the headline, what else is said is for search engines
    same = Counter(c for c in cleaned if _key(c) == _key(cleaned[best]))
    return same.most_common(1)[0][0]  # where one place has lost its spaces or its case, others have not


def _titles(document: Document) -> Iterator[str]:
    headings = document.headings
    marked = [h for h in headings if re.search(r"title|headline|entry|post|article", h.get("class") or "", re.I)]
    node = document.jsonld_article
    if len(headings) == 1 or marked:
        yield _spoken(marked or headings)
    if isinstance(node.get("headline"), str):
        yield node["headline"]
    yield document.first_meta("og:title")
    yield document.first_meta("twitter:title", "dc.title", "title", "headline", "parsely-title", "sailthru.title")
    for element in document.tree.xpath("//*[contains(@itemprop, 'headline')]")[:1]:
        yield element.get("content") or element.text_content()
    yield document.tree.findtext(".//title") or ""
    if document.page.entry is not None:
        yield document.page.entry.title
    for element in [*(headings[:1] if len(headings) > 1 and not marked else ()), *document.tree.xpath("//h2")[:1]]:
        yield element.text_content()


def _spoken(headings: list[HtmlElement]) -> str:
    """The text of the headline without the lines above and below it that stand in its element."""
    heading = headings[0]
    aside = [e for e in heading.iterdescendants() if BESIDE.search(e.get("class") or "") or e.tag in ("small", "style")]
    whole: str = heading.text_content()
    text = whole
    for element in aside:
        text = text.replace(element.text_content(), " ", 1)
    return text if len(_key(text)) > 10 and not text.rstrip().endswith((":", "：")) else whole


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _without_site(text: str, site_name: str, others: list[str], url: str) -> str:
    """Cut off a leading or trailing part that names the site, or that no other candidate has."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = {_key(site_name), _key(site_name.split(".")[0]), _key(host), _key(host.split(".")[0])} - {""}
    named, colon, rest = text.partition(": ")
    if colon and rest and _key(named) in names:
        return rest
    for whole in others:  # another place says the same without the rest
        if len(_key(whole)) <= 10 or len(whole) >= len(text):
            continue
        if text.startswith(whole) and ENDED.match(text[len(whole) :]):
            return whole
        if text.endswith(whole) and SEPARATORS.search(text.removesuffix(whole) + " "):
            return whole
    wide = WIDE_SITE.search(text)
    if wide and len(text) - len(wide[0]) > 8:
        return text[: wide.start()]
    parts = SEPARATORS.split(text)
    if len(parts) < 2:
        return text
    last, first = parts[-1], parts[0]
    if _key(last) in names or (len(names) and any(n in _key(last) for n in names if len(n) > 3) and len(last) < 40):
        return text[: text.rindex(last)].rstrip(" |-–—·•»«›‹:/")
    if _key(first) in names:
        return text[len(first) :].lstrip(" |-–—·•»«›‹:/")
    return text


def site(document: Document) -> str:
    """The name of the site, else its host without www."""
    stated = document.first_meta("og:site_name", "application-name", "al:android:app_name")
    publisher = next(texts_of(document.jsonld_article.get("publisher")), "")
    name = line(stated) or line(publisher)
    if name and len(name) <= 80 and "://" not in name:
        return name
    return (urlsplit(document.page.url).hostname or "").removeprefix("www.") or document.page.source_name


def canonical_url(document: Document) -> str:
    """rel=canonical or og:url where it names a page and not a home page, else the page's own URL."""
    own = document.page.url
    links = [e.get("href") for e in document.tree.xpath("//link[@rel='canonical'][@href]")[:1]]
    for stated in (*links, document.first_meta("og:url")):
        try:
            url: str = urljoin(own, (stated or "").strip())
            parts, mine = urlsplit(url), urlsplit(own)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname and (parts.path.strip("/") or not mine.path.strip("/")):
            return url
    return own


def image(document: Document) -> str:
    """The picture that stands for the article, "" where none is named."""
    stated = next(texts_of(document.jsonld_article.get("image")), "")
    found = document.first_meta("og:image", "og:image:url", "twitter:image", "twitter:image:src") or stated
    if not found and document.page.entry is not None:
        found = document.page.entry.image
    try:
        return urljoin(document.page.url, found.strip()) if found else ""
    except ValueError:
        return ""


def section(document: Document) -> str:
    """The section that the page names itself part of."""
    stated = next(texts_of(document.jsonld_article.get("articleSection")), "")
    return line(document.first_meta("article:section") or stated)


def tags(document: Document) -> tuple[str, ...]:
    """Keywords that the page gives itself, at most twenty."""
    stated = [*document.meta.get("article:tag", ()), *document.meta.get("news_keywords", ())]
    stated += list(texts_of(document.jsonld_article.get("keywords"))) or document.meta.get("keywords", [])
    found = (line(t) for text in stated for t in text.split(","))
    return tuple(dict.fromkeys(t for t in found if 1 < len(t) <= 60))[:20]


def summary(document: Document) -> str:
    """The page's own short description."""
    stated = document.first_meta("og:description", "description", "twitter:description", "dc.description")
    return line(stated or next(texts_of(document.jsonld_article.get("description")), ""))[:1000]


def robots(document: Document) -> tuple[str, ...]:
    """Opt-out signals of the page and its headers: noindex, noarchive, noai, tdm-reservation ..."""
    stated = [*document.meta.get("robots", ()), document.page.headers.get("x-robots-tag", "")]
    words = {w.strip().lower() for text in stated for w in text.split(",")}
    signals = {w for w in words if w.startswith(("no", "none")) or "max-snippet:0" in w}
    reserved = document.first_meta("tdm-reservation") or document.page.headers.get("tdm-reservation", "")
    if reserved.strip() == "1":
        signals.add("tdm-reservation")
    return tuple(sorted(signals))
