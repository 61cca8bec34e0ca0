"""The language of a text, as ISO 639-1."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from extractors.document import Document
from vedette.model import Passage

SAMPLE = 2000
"""Characters looked at."""
AZERBAIJANI = 0.03
"""The share of schwas among the letters above which a text is Azerbaijani, where they are every twelfth letter; a
name or two in another language's text stay below."""
OPENING = 300
"""Characters of a paragraph that are looked at first: nearly all are in the language of the text."""
LETTERS = 60
"""What a paragraph must have for its own language to be told."""
CLEAR = 0.75
"""A paragraph is in another language where the article's scores less than this share of the best."""
SCRIPTS = (
    ("hy", "\u0531-\u058f"),
    ("ka", "\u10a0-\u10ff"),
    ("ko", "\uac00-\ud7af"),
    ("ja", "\u3040-\u30ff"),
    ("th", "\u0e00-\u0e7f"),
    ("he", "\u0590-\u05ff"),
    ("el", "\u0370-\u03ff"),
    ("zh", "\u3400-\u9fff"),
)
"""Scripts that one language writes, as far as news goes; Japanese before Chinese, whose characters it shares."""


def detect(text: str, *, hints: tuple[str, ...] = ()) -> str:
    """The language of a text, "" where there is too little to tell and no hint.

    `hints` are languages that the page or its source claims, the best first: they decide close calls and short texts.
    """
    sample = text[:SAMPLE]
    letters = [c for c in sample if c.isalpha()]
    for language, letters_of in SCRIPTS:
        hits = len(re.findall(f"[{letters_of}]", sample))
        if letters and hits > (0.05 if language == "ja" else 0.4) * len(letters):
            return language
    if len(letters) < 20:
        return hints[0] if hints else ""
    if len(re.findall("[əƏ]", sample)) > AZERBAIJANI * len(letters):
        return "az"
    if re.search("[ҹҝҸҜ]", sample) and len(re.findall("[әӘ]", sample)) > AZERBAIJANI * len(letters):
        return "az"  # in Cyrillic, of which no other language has these letters
    scores: dict[str, float] = _detector().detect(sample).scores()
    if not scores:
        return hints[0] if hints else ""
    best = max(scores, key=lambda name: scores[name])
    for hint in hints:
        if scores.get(hint, 0.0) >= 0.9 * scores[best]:
            return hint
    return best


def passages(text: str, language: str) -> tuple[Passage, ...]:
    """The paragraphs of a text that are in another language than the text's, neighbours in one language joined.

    Short paragraphs belong to no language: names and numbers say little.
    """
    found: list[Passage] = []
    start = 0
    for paragraph in text.split("\n\n"):
        end = start + len(paragraph)
        own = _own(paragraph, language)
        if own and found and (found[-1].end, found[-1].language) == (start - 2, own):
            found[-1] = Passage(found[-1].start, end, own)
        elif own:
            found.append(Passage(start, end, own))
        start = end + 2
    return tuple(found)


def _own(paragraph: str, language: str) -> str:
    """The language of a paragraph where it surely is another one than the text's."""
    if not language or sum(char.isalpha() for char in paragraph) < LETTERS:
        return ""
    own = detect(paragraph[:OPENING], hints=(language,))
    if own == language:
        return ""
    own = detect(paragraph, hints=(language,))
    if own == language:
        return ""
    scores: dict[str, float] = _detector().detect(paragraph[:SAMPLE]).scores()
    return "" if scores.get(language, 0.0) > CLEAR * scores.get(own, 0.0) > 0 else own


def hints(document: Document) -> tuple[str, ...]:
    """What the page and its source claim: html lang, og:locale, JSON-LD, the entry, the source."""
    entry = document.page.entry
    claims = (
        document.tree.get("lang") or document.tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "",
        document.first_meta("og:locale", "content-language", "language", "dc.language"),
        str(document.jsonld_article.get("inLanguage") or ""),
        entry.language if entry is not None else "",
        document.page.source_language,
    )
    codes = (re.match(r"[a-zA-Z]{2}(?=$|[-_])", claim.strip()) for claim in claims)
    return tuple(dict.fromkeys(code[0].lower() for code in codes if code))


@lru_cache(maxsize=1)
def _detector() -> Any:
    from eld import LanguageDetector

    return LanguageDetector()
