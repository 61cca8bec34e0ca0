"""What a page says about its article besides the text and the dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from extractors.document import Document, texts_of
from extractors.text import line

SEPARATORS = re.compile(r"\s+[|\-–—·•»«›‹:/]+\s+|\s*[|»]\s*|\s+::\s+")
MAX_TITLE = 500


def title(document: Document, site_name: str = "") -> str:
    """The headline: what most places agree on, the site's name stripped; "" where the page has none."""
    candidates = [line(c)[:MAX_TITLE] for c in _titles(document) if c and line(c)]
    if not candidates:
        return line(document.page.entry.title) if document.page.entry else ""
    cleaned = [_without_site(c, site_name or site(document), candidates) for c in candidates]
    keys = Counter(_key(c) for c in cleaned)
    best = max(range(len(cleaned)), key=lambda i: (keys[_key(cleaned[i])] > 1, -i))
    return cleaned[best]


def _titles(document: Document) -> Iterator[str]:
    headings = [h for h in document.tree.iter("h1") if len(line(h.text_content())) > 3]
    marked = [h for h in headings if re.search(r"title|headline|entry|post|article", h.get("class") or "", re.I)]
    node = document.jsonld_article
    if len(headings) == 1 or marked:
        yield (marked or headings)[0].text_content()
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


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _without_site(text: str, site_name: str, others: list[str]) -> str:
    """Cut off a leading or trailing part that names the site, or that no other candidate has."""
    names = {_key(site_name), _key(site_name.split(".")[0])} - {""}
    named, colon, rest = text.partition(": ")
    if colon and rest and _key(named) in names:
        return rest
    parts = SEPARATORS.split(text)
    if len(parts) < 2:
        return text
    for whole in others:  # another place says the same without the rest
        if whole != text and len(_key(whole)) > 10 and _key(text).startswith(_key(whole)):
            return whole
        rest = text.removesuffix(whole)
        if rest and rest != text and len(_key(whole)) > 10 and SEPARATORS.search(rest + " "):
            return whole
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
