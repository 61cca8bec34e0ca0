"""Who wrote an article: where pages name their authors, and what stands around the names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.document import Document, texts_of, types_of
from extractors.text import line

MOST = 10
LONGEST = 60
"""Characters of a name."""
BYLINE = 160
"""Characters of an element that can be a byline."""
NEAR = 60
"""Short elements behind the headline that can be a byline without being called one."""
META = (
    "author",
    "article:author",
    "og:article:author",
    "article.author",
    "articleauthor",
    "cxenseparse:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor",
    "byl",
    "byline",
    "twitter:creator",
)
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:by-?lines?|(?:post|entry|article|story|news|meta)?-?authors?|aut(?:or|ore|eur|oren|ores|orzy)s?|writers?"
    r"|written-?by|signatures?|reporters?|journalists?|yazar|muellif|avtor|redakt[oø]r|vcard)(?=$|[\s_\d-]|name|list)",
    re.IGNORECASE,
)
"""What the elements of authors are called."""
_ABOUT = re.compile(
    r"bio|desc|image|img|photo|avatar|social|follow|box|title|position|role|job|date|time|comment|count|related|teaser|(?<!v)card"
    r"|sidebar|share|recommend|more|other|widget",
    re.IGNORECASE,
)
"""What elements are called that tell of an author, or of the authors of other articles."""
_PROFILE = re.compile(
    r"/(?:authors?|aut(?:or|ore|ori|oren|ores|eur|eurs)(?:-[\w-]+)?|staff|news-?team|reporters?|journalists?|writers?|people"
    r"|contributors?|columnists?|redakt\w+|redaction|yazar\w*|muellif\w*|avtor\w*|profile)/[^/]",
    re.IGNORECASE,
)
"""Addresses of an author's page."""
_BEFORE = (
    r"(?:(?:written|posted|published|reported|reporting|words|story|text|edited|analysis|opinion|review)\s+)?by|authors?"
    r"|text|von|autor(?:in|en|es|ka)?|geschrieben von|par|auteurs?|propos recueillis par|rédigé par|écrit par|por"
    r"|escrito por|publicado por|di|da|a cura di|scritto da|autor[ei]|oleh|penulis|door|av|af|skrevet af|skribent|tekst"
    r"|kirjoittaja|yazar|yazan|haber|müəllif|автор(?:ы|ка|и)?|текст|від|от|аўтар|autorius|autors|szerző|συντάκτης|συντάκτες"
    r"|հեղինակ|ავტორი|נכתב על ידי|מאת|بقلم|كتبه?|الكاتب|إعداد|نویسنده|خبرنگار|作者|文|記者|记者|撰文|編輯|编辑"
    r"|责编|责任编辑|責任編輯|取材・文|執筆"
)
_PREFIX = re.compile(
    rf"^[\W_]*(?:{_BEFORE})(?:\s*[:：/／]\s*|\s+|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff]))", re.IGNORECASE
)
_LABEL = re.compile(rf"^[\W_]*(?:{_BEFORE})[\s:：]*$", re.IGNORECASE)
_LABELLED = re.compile(rf"^[\W_]*(?:{_BEFORE})\s*[:：]\s*\S", re.IGNORECASE)
_CREDIT = re.compile(
    r"^[\W_]*(?:photo|picture|image|foto|bild|video|illustration|graphic|фото|fotoğraf|写真|摄影|圖|图)\w*\b", re.I
)
_ROLE = re.compile(
    r"\b(?:journalist(?:in|e)?|reporters?|(?:senior |chief |special )*correspondents?|editors?"
    r"|(?:staff |senior )?writers?|staff|contributors?|columnist|analyst"
    r"|redakteur(?:in)?|korrespondent(?:in)?|redaktør|rédact(?:eur|rice)|correspondant[es]*"
    r"|giornalista|corrispondente|inviat[oa]|redattore|periodista|redactora?|corresponsal|корреспондент|журналист(?:ка)?"
    r"|редактор|обозреватель|кореспондент|muhabiri?|editörü?|müxbiri?|dziennikarz|redaktor|dopisovatel)\b",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*[,，]\s*")
_PARTED = re.compile(
    r"\s*(?:[;|/／、；•·=]|\s[–—-]\s)\s*|\s+(?=[\u3400-\u9fff]{2,4}[:：])"
    r"|\s+(?:and|und|et|e|y|og|och|ja|és|ve|və|и|та|en|i|και|და|և|&|with|mit|avec|con)\s+(?=\S)|\s*&\s*"
)
_AFTER = re.compile(r"\s*(?:\([^)]*\)?|\[[^\]]*\]?|기자|특파원|記者|记者|통신원)\s*$")
_CHINESE = re.compile(r"^.*(?:記者|记者)\s*(?=\S)|^[\u3040-\u9fff]{1,6}[:：]\s*")
_NO_NAME = re.compile(
    r"https?:|www\.|_|\d{3}|^\W*$|^(?:\w*admin(?:istrator)?|root|webmaster|user|superuser|unknown|null|none|guest|гость)$"
    r"|(?:報導|报道|综合)$",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"redak[ct]|redazione|rédaction|redacci|editorial|newsroom|news ?desk|\bdesk\b|\bstaff\b|\bteam\b|agenc|agenz|ajans"
    r"|агент|\b(?:reuters|associated press|xinhua|interfax|bloomberg|anadolu|ukrinform|azərtac|azertag|yonhap|kyodo"
    r"|ria novosti|риа новости|тасс|dpa)\b|新闻网|新华社|通信$|新聞$",
    re.IGNORECASE,
)
"""What newsrooms and agencies are called."""
_ELSEWHERE = re.compile(
    r"related|recommend|teaser|(?<!v)card|sidebar|newsletter|promo|comment|most-?read|popular"
    r"|(?<!post.)(?<!entry.)(?<!article.)(?<!article__)footer",
    re.IGNORECASE,
)
_LINES = {"p", "div", "span", "address", "strong", "em", "i", "b", "li", "small", "td", "font"}
_PARTICLES = {
    "de",
    "der",
    "den",
    "del",
    "della",
    "di",
    "da",
    "dos",
    "van",
    "von",
    "zu",
    "la",
    "le",
    "al",
    "el",
    "bin",
    "ibn",
    "y",
    "e",
}


def authors(document: Document, site_name: str = "") -> tuple[tuple[str, ...], str]:
    """Names of the authors, at most ten, and the place that gives them; the house itself where nobody is named."""
    houses = _houses(document, site_name)
    of_house: tuple[tuple[str, ...], str] = ((), "")
    for place, ways in (
        ("jsonld", _stated), ("meta", _meta), ("marked", _marked), ("link", _linked), ("byline", _bylines)
    ):  # fmt: skip
        for texts in ways(document):
            names = _names(texts, sure=place in ("jsonld", "meta"))
            people = tuple(name for name in names if not _is_house(name, houses))
            if people:
                return people, place
            if names and not of_house[0]:
                of_house = names, place
    return of_house


def _houses(document: Document, site_name: str) -> set[str]:
    """Keys of the names that the site goes by."""
    host = (urlsplit(document.page.url).hostname or "").removeprefix("www.")
    names = [site_name, document.page.source_name, host, host.split(".")[0], document.first_meta("og:site_name")]
    names += list(texts_of(document.jsonld_article.get("publisher")))
    for node in document.jsonld:
        if {"organization", "newsmediaorganization", "website"} & types_of(node):
            names += list(texts_of(node.get("name")))
    return {key for name in names for key in (_key(name), _key(name.split(".")[0])) if key}


def _is_house(name: str, houses: set[str]) -> bool:
    short = name.isupper() and len(name) <= 6 and name.isalpha() and name.isascii()
    mine = _key(name)
    own = mine in houses or _key(name.split(".")[0]) in houses or any(len(h) > 5 and h in mine for h in houses)
    return own or short or bool(_HOUSE.search(name))


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _names(raw: Iterable[str], *, sure: bool) -> tuple[str, ...]:
    """Names in the texts of one place; a place that is not sure to hold names must have what looks like some."""
    names: list[str] = []
    for text in raw:
        if _CREDIT.match(text):
            continue
        text = re.sub(r"\S+@\S+|(?<!\S)@\w+|\S+\.\w+/\S*|https?:\S*", " ", line(text))
        if not sure:
            text = re.sub(r"^.*\d.*?\b(?:by|von|par|por|door|av|da)\s+(?=\S)", "", text)  # Posted on 3 May 2026 by
        first, *others = _COMMA.split(text)
        if " " in first or "." in first:  # By Ann Lee and Bob Ray, London
            others = [other for other in others if " " in other or other.isupper() or not other.isascii()]
        found = [name for part in (first, *others) for one in _PARTED.split(part) if (name := _name(one, sure))]
        dated = not sure and re.search(r"\d", text)
        names += [name for name in found if sure or " " in name or not dated or _is_wide(name)]
    alone = sure or not any(" " in name for name in names)  # beside whole names single words are places and roles
    once = dict.fromkeys(name for name in names if alone or " " in name or _is_wide(name))
    whole_names = [name for name in once if not any(name.startswith(f"{other} ") for other in once)]
    return tuple(whole_names[:MOST])


def _is_wide(text: str) -> bool:
    return bool(re.search(r"[\u3040-\u9fff\uac00-\ud7af]", text))


def _name(text: str, sure: bool) -> str:
    """One name without what stands around it, "" where it is none."""
    text = _CHINESE.sub("", text.strip().lstrip("([（"))
    for _ in range(3):
        found = _PREFIX.match(text)
        rest = text[found.end() :] if found else ""
        if rest and (" " in rest or not rest.isascii() or text[:2].casefold() not in ("di", "da", "vo")):
            text = rest
    text = _AFTER.sub("", _AFTER.sub("", text)).strip(" :-–—*\"'“”„»«<>")
    if not re.search(r"[(（]", text):
        text = re.sub(r"[)）]", "", text)
    if not re.search(r"(?:^|[\s.])\w\.$|\bJr\.$|\bSr\.$", text):
        text = text.rstrip(" .")
    if (
        _LABEL.match(text)
        or not (1 if _is_wide(text) else 2) < len(text) <= LONGEST
        or _NO_NAME.search(text)
        or (_ROLE.search(text) and not sure)
    ):
        return ""
    if _ROLE.search(text):
        kept = _ROLE.sub("", text).strip(" ,-–")
        return "" if not kept or kept.casefold() in ("the", "by") else text
    if sure or (not text.isascii() and not re.search(r"[A-Za-z]", text) and not re.search(r"\d", text)):
        return text if len(text.split()) <= 8 else ""
    spoken = text.split()
    capital = all(word[0].isupper() or word.casefold() in _PARTICLES for word in spoken)
    return text if len(spoken) <= 5 and capital and not re.search(r"\d", text) else ""


def _stated(document: Document) -> Iterator[list[str]]:
    """JSON-LD's author, who may be told by a reference to another object."""
    named = {str(node["@id"]): node for node in document.jsonld if node.get("@id") and node.get("name")}

    def resolved(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [resolved(item) for item in value]
        if isinstance(value, dict) and not value.get("name"):
            return named.get(str(value.get("@id")), value)
        return value

    for key in ("author", "creator"):
        yield list(texts_of(resolved(document.jsonld_article.get(key))))


def _meta(document: Document) -> Iterator[list[str]]:
    for key in META:
        yield [name for name in document.meta.get(key, ()) if not name.startswith("@")]
    if re.search(r"written|author|autor|auteur|автор", document.first_meta("twitter:label1"), re.IGNORECASE):
        yield document.meta.get("twitter:data1", [])[:1]


def _marked(document: Document) -> Iterator[list[str]]:
    """Elements that are marked, or called, as the author's."""
    for path in (
        "//*[contains(@itemprop, 'author')]//*[contains(@itemprop, 'name')]",
        "//*[contains(@itemprop, 'author')]",
        "//a[contains(concat(' ', @rel, ' '), ' author ')]",
    ):
        yield [e.get("content") or _text(e) for e in document.tree.xpath(path)[:6] if not _is_elsewhere(e)]
    called = (e for e in document.behind_headline if _CALLED.search(e.get("class") or ""))
    found = list(islice((e for e in called if not _ABOUT.search(_own_class(e)) and not _is_elsewhere(e)), 12))
    short = [element for element in found if len(_text(element)) <= BYLINE]
    for element in short:
        beside = [e for e in short if e.get("class") == element.get("class") and _is_beside(e, element)]
        yield [part for e in beside for part in _parts(e)]


def _linked(document: Document) -> Iterator[list[str]]:
    """The first links behind the headline that lead to an author's page."""
    links = (a for a in document.behind_headline if a.tag == "a" and _PROFILE.search(a.get("href") or ""))
    found = next((a for a in links if not _is_elsewhere(a) and 3 < len(_text(a)) <= LONGEST), None)
    if found is not None and (around := found.getparent()) is not None:
        beside = [a for a in around.iter("a") if _PROFILE.search(a.get("href") or "")]
        yield [_text(a) for a in beside if not _is_elsewhere(a)][:MOST]


def _bylines(document: Document) -> Iterator[list[str]]:
    """Lines near the headline, or anywhere with a colon, that begin as bylines do."""
    near = 0
    for element in document.behind_headline:
        if element.tag not in _LINES or len(element) > 3:
            continue
        text = _text(element)
        if not 3 < len(text) <= BYLINE:
            continue
        near += 1
        begins = _LABELLED.match(text) or (near <= NEAR and _PREFIX.match(text) and text[0].isupper())
        if begins and not _is_elsewhere(element):
            yield [name for name in _names([text], sure=False) if " " in name or _is_wide(name)]


def _parts(element: HtmlElement) -> list[str]:
    """The texts of an element: each child's where each holds a whole name, else all in one line."""
    parts = [part for text in element.itertext() if (part := " ".join(text.split()))]
    names = [part for part in parts if not _LABEL.match(part) and re.search(r"\w\w", part)]
    if len(names) > 1 and all(" " in part or _PARTED.fullmatch(f" {part} x") for part in names):
        return names
    return [" ".join(parts)]


def _text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _is_beside(element: HtmlElement, other: HtmlElement) -> bool:
    """Whether two elements have a parent or grandparent in common."""
    return not set(islice(element.iterancestors(), 2)).isdisjoint(islice(other.iterancestors(), 2))


def _own_class(element: HtmlElement) -> str:
    return re.sub(r"\S*__(?=\S)", " ", element.get("class") or "")


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether it stands in a part of the page that is not the article's."""
    for depth, above in enumerate((element, *element.iterancestors())):
        if above.tag in ("nav", "aside", "footer", "form") and not (above.tag == "footer" and _in_article(above)):
            return True
        if (
            depth < 5
            and above.tag not in ("body", "html", "article", "main")
            and _ELSEWHERE.search(above.get("class") or "")
        ):
            return True
    return False


def _in_article(element: HtmlElement) -> bool:
    return next(element.iterancestors("article"), None) is not None
