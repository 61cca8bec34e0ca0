"""Page to Article: no network, no database, no clock.

`extract` is pure; `extractors.pool` runs it in processes that can be killed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vedette.errors import Refused
from vedette.model import Article, DropReason, Page, PageKind


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page may be before it is parsed at all."""

    max_bytes: int = 5_000_000
    max_elements: int = 60_000


MARKUP = re.compile(rb"<\0?(!\0?d\0?o\0?c|h\0?t\0?m\0?l|h\0?e\0?a\0?d|b\0?o\0?d\0?y|t\0?i\0?t\0?l\0?e)", re.IGNORECASE)
"""What HTML begins with, in one byte a letter or two."""
REFUSED_KINDS = set(PageKind) - {PageKind.ARTICLE, PageKind.LIVE_BLOG, PageKind.TEASER}


def extract(
    page: Page,
    *,
    limits: Limits = Limits(),
    last_resort: bool = False,
    explain: Callable[[str, str], None] = lambda step, what: None,
) -> Article:
    """The article on a page; Refused with a DropReason where it holds none.

    `explain` is told each step. `last_resort` asks only the extractor that no page has broken yet.
    """
    from extractors import authors, body, captions, dates, language, metadata, page_kind
    from extractors.calls import without_calls
    from extractors.document import Document
    from extractors.standfirst import standfirst

    check(page, limits)
    document = Document(page)
    found = (body.last_resort if last_resort else body.find_body)(document, explain)
    site = metadata.site(document)
    title = metadata.title(document, site)
    shown = captions.captions(document, title)
    written = [heading.text_content() for heading in document.headings]
    text = without_calls(body.without_title(found.text, [title, *written])) if found else ""
    text = captions.without_captions(text, shown)
    if text and (before := standfirst(document, text, title)):
        explain("standfirst", before)
        text = f"{before}\n\n{text}"
    kind, because = page_kind.page_kind(document, title, text)
    explain("kind", f"{kind.value}: {because}")
    if kind in REFUSED_KINDS:
        raise Refused(DropReason.NOT_AN_ARTICLE, f"{kind.value}: {because}")
    if found is None:
        raise Refused(DropReason.NO_TEXT, "no extractor found a text")
    explain("captions", f"{len(shown)} of pictures")
    published, modified = dates.published(document), dates.modified(document)
    explain("published", f"{published.evidence}: {published.at.isoformat()}" if published else "no date")
    names, place = authors.authors(document, site)
    explain("authors", f"{place}: {', '.join(names)}" if names else "none named")
    entry = page.entry
    spoken = language.detect(f"{title}\n{text}", hints=language.hints(document))
    passages = language.passages(text, spoken)
    elsewhere = ", ".join(f"{p.language} from {p.start} to {p.end}" for p in passages)
    explain("language", f"{spoken or 'unknown'}{f', but {elsewhere}' if elsewhere else ''}")
    return Article(
        title=title,
        text=text,
        captions="\n\n".join(shown),
        url=page.url,
        canonical_url=metadata.canonical_url(document),
        authors=names or (entry.authors if entry else ()),
        published_at=published.at if published else None,
        published_precision=published.precision if published else "",
        published_evidence=published.evidence if published else "",
        published_zone=published.zone if published else "",
        modified_at=modified.at if modified else None,
        language=spoken,
        passages=passages,
        site=site,
        image=metadata.image(document),
        section=metadata.section(document),
        tags=metadata.tags(document),
        kind=kind,
        extractor=found.extractor,
        summary=metadata.summary(document),
        country=page.source_country,
        source=page.source_id,
        robots=metadata.robots(document),
    )


def check(page: Page, limits: Limits) -> None:
    """Refuse what is no HTML, or too much of it, before anything is parsed."""
    head = page.body[:1024].lstrip()
    if not head:
        raise Refused(DropReason.NO_TEXT, "the page is empty")
    if len(page.body) > limits.max_bytes:
        raise Refused(DropReason.TOO_LARGE, f"{len(page.body)} bytes, more than {limits.max_bytes}")
    if head.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"RIFF", b"ID3")):
        raise Refused(DropReason.NOT_HTML, "its bytes are of another kind of file")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and not MARKUP.search(head):
        raise Refused(DropReason.NOT_HTML, "its bytes are binary")
    elements = page.body.count(b"<")
    if elements > 2 * limits.max_elements:  # opening and closing tags
        raise Refused(DropReason.TOO_COMPLEX, f"about {elements // 2} elements, more than {limits.max_elements}")
