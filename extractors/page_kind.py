"""What a page is, where that can be told for sure; anything else is taken for an article."""

from __future__ import annotations

import re

from extractors.document import Document, types_of
from extractors.surroundings import cards, host_of
from extractors.text import BLOCKS
from vedette.challenge import LITTLE, asks_for_consent, asks_whether_human
from vedette.model import PageKind

ERROR = re.compile(
    r"^(error )?(403|404|410|429|500|502|503)\b|\b(404|403) (error|not found|forbidden)|page not found|access denied"
    r"|pagina non trovata|page introuvable|seite nicht gefunden|página no encontrada"
    r"|sayfa bulunamadı|страница не найдена|səhifə tapılmadı|service unavailable",
    re.IGNORECASE,
)


def page_kind(document: Document, title: str, text: str) -> tuple[PageKind, str]:
    """The kind and what shows it."""
    visible = document.html[:200_000]
    short = len(text) < LITTLE
    kinds = {name for node in document.jsonld for name in types_of(node)}
    og_type = document.first_meta("og:type").lower()
    if short and asks_whether_human(visible) and not document.jsonld_article:
        return PageKind.CAPTCHA, "asks whether the reader is human"
    if short and asks_for_consent(f"{title}\n{text}", visible) and not document.jsonld_article:
        return PageKind.CONSENT, "asks for consent and shows nothing else"
    if short and ERROR.search(title):
        return PageKind.ERROR, f"its title is {title!r}"
    if "liveblogposting" in kinds:
        return PageKind.LIVE_BLOG, "says it is a LiveBlogPosting"
    if short and not document.jsonld_article and ("videoobject" in kinds or og_type.startswith("video")):
        return PageKind.VIDEO, "says it is a video and has little text"
    if not document.jsonld_article and og_type != "article" and _is_listing(document, text, kinds):
        return PageKind.LISTING, "most of its text is links"
    if document.paywalled and len(text) < 1500:
        return PageKind.TEASER, "says it is not free and has little text"
    return PageKind.ARTICLE, "has a text"


def _is_listing(document: Document, text: str, kinds: set[str]) -> bool:
    """A page of links: its paragraphs are headlines that lead elsewhere."""
    if kinds & {"collectionpage", "itemlist", "searchresultspage"} and len(text) < LITTLE:
        return True
    paragraphs = [p for p in text.split("\n\n") if p]
    if len(paragraphs) < 5:
        return False
    elsewhere = {" ".join(a.text_content().split()) for a in document.tree.iter("a")}
    for card in cards(document.tree, host_of(document.page.url)):
        elsewhere.update(" ".join(element.text_content().split()) for element in card.iter(*BLOCKS, "span"))
    linked = sum(len(p) for p in paragraphs if p in elsewhere)
    return linked > 0.6 * len(text)
