"""What a delivery says: a snapshot of article, match and topic, so that a channel needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.text import sentences
from alerts.wording import Words
from vedette.model import Analyst, Article, DeliveryReason, Match, Notice, Sentence, Span, Topic

MOST_SENTENCES = 5
LONGEST_SENTENCE = 600
MOST_OTHERS = 25
MOST_HITS = 20
LONGEST_TITLE = 500
LONGEST_NAME = 200
LONGEST_URL = 2000
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Controls, lone surrogates and direction overrides: they could hide or forge what a message says."""


def clean(text: str) -> str:
    """One line that is safe to show anywhere."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def short(text: str, length: int) -> str:
    """One safe line of at most so many characters."""
    text = clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def clean_url(url: str) -> str:
    """A web address that is safe to link to, "" for anything else."""
    url = url.strip()
    plain = len(url) <= LONGEST_URL and not any(c.isspace() or UNPRINTABLE.match(c) for c in url)
    return url if plain and url.lower().startswith(("http://", "https://")) else ""


def build_notice(
    article: Article,
    match: Match,
    topic: Topic,
    *,
    analyst: Analyst | None,
    story_id: int,
    reason: DeliveryReason,
    seen_at: datetime,
    others: Sequence[tuple[str, str]] = (),
    links: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Notice:
    """The notice of a match.

    `others` are (site, url) of other outlets that carry the story, `names` the names of entities by their ids.
    """
    url = clean_url(article.url) or clean_url(article.canonical_url)
    return Notice(
        topic=topic.id,
        topic_title=short(topic.title or topic.id, LONGEST_NAME),
        topic_version=match.version,
        title=short(article.title, LONGEST_TITLE) or url,
        url=url,
        site=short(article.site, LONGEST_NAME),
        language=short(article.language, 20),
        country=short(article.country, 20),
        published_at=article.published_at,
        published_precision=article.published_precision,
        seen_at=seen_at,
        sentences=matched_sentences(article, match.spans),
        hits=hits(match.spans, names or {}),
        story_id=story_id,
        alert_id=None,
        reason=reason,
        rule=topic.rule,
        timezone=analyst.timezone if analyst else "UTC",
        locale=analyst.locale if analyst else "en",
        score=match.score,
        others=tuple(as_outlet(site, url) for site, url in others[:MOST_OTHERS]),
        links=dict(links or {}),
    )


def as_outlet(site: str, url: str) -> tuple[str, str]:
    """Another outlet that carries the story, as a notice names it."""
    return short(site, LONGEST_NAME), clean_url(url)


def matched_sentences(article: Article, spans: Sequence[Span]) -> tuple[Sentence, ...]:
    """The sentences that hold a hit, in the order of the article, the hits marked; at most five, the fullest ones."""
    found: list[Sentence] = []
    for field, text in (("title", article.title), ("body", article.text), ("captions", article.captions)):
        mine = sorted({(s.start, s.end) for s in spans if s.field == field})
        if not mine:
            continue
        bounds = [(0, len(text))] if field == "title" else sentences(text, article.language)
        for start, end in bounds:
            marks = [(max(a, start), min(b, end)) for a, b in mine if a < end and b > start]
            if marks:
                found.append(_sentence(text, start, end, marks, field))
    best = sorted(range(len(found)), key=lambda i: (-len(found[i].marks), i))[:MOST_SENTENCES]
    return tuple(found[i] for i in sorted(best))


def hits(spans: Sequence[Span], names: Mapping[str, str]) -> tuple[str, ...]:
    """What was found, each once: "Guido Crosetto (Krosetto)" for an entity and its alias, the words for a term."""
    shown = (_hit(names.get(s.entity, s.entity) if s.entity else s.text, s.text) for s in spans)
    return tuple(dict.fromkeys(shown))[:MOST_HITS]


def _hit(name: str, alias: str) -> str:
    name, alias = short(name, LONGEST_NAME), short(alias, LONGEST_NAME)
    return name if name == alias else f"{name} ({alias})"


def _sentence(text: str, start: int, end: int, marks: list[tuple[int, int]], field: str) -> Sentence:
    """A cut-out of the text with marks relative to it; a very long one is cut around its first hit."""
    if end - start > LONGEST_SENTENCE:
        start = max(start, marks[0][0] - LONGEST_SENTENCE // 3)
        end = min(end, start + LONGEST_SENTENCE)
        marks = [(a, min(b, end)) for a, b in marks if a < end]
    shown, moved = _clean_with_marks(text[start:end], [(a - start, b - start) for a, b in _merged(marks)])
    return Sentence(shown, tuple(moved), field)


def _merged(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and touching marks as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _clean_with_marks(text: str, marks: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """As `clean`, the marks moved along."""
    kept: list[str] = []
    places: list[int] = []  # of every old offset in the new text
    for char in text:
        places.append(len(kept))
        if UNPRINTABLE.match(char) or char.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
        else:
            kept.append(char)
    places.append(len(kept))
    shown = "".join(kept)
    length = len(shown.rstrip())
    moved = [(places[a], min(places[b], length)) for a, b in marks]
    return shown[:length], [(a, b) for a, b in moved if a < b]


def plain_notice(
    title: str, topic: str, topic_title: str, reason: DeliveryReason, now: datetime, reader: Analyst | None = None
) -> Notice:
    """A message that is about no article of its own: a digest, or one about Vedette itself."""
    words = Words.of(reader)
    return Notice(
        topic=topic,
        topic_title=topic_title,
        topic_version=0,
        title=title,
        url="",
        site="",
        language=words.language,
        country="",
        published_at=None,
        published_precision="",
        seen_at=now,
        sentences=(),
        hits=(),
        story_id=0,
        alert_id=None,
        reason=reason,
        timezone=reader.timezone if reader else "UTC",
        locale=words.locale,
    )


def sample_notice(now: datetime, reader: Analyst | None = None) -> Notice:
    """A message for trying a channel, to the analyst whose it is."""
    words = Words.of(reader)
    return Notice(
        topic="test",
        topic_title=words.say("Test"),
        topic_version=1,
        title=words.say("This is a test message of Vedette"),
        url="https://example.org/vedette-test",
        site="Example Gazette",
        language="en",
        country="IT",
        published_at=now,
        published_precision="instant",
        seen_at=now,
        sentences=(Sentence("The minister visits ADEX in Baku; the C-27J is being delivered.", ((20, 24), (38, 43))),),
        hits=("adex (ADEX)", "c-27j (C-27J)"),
        others=(("Another Gazette", "https://example.org/vedette-other"),),
        story_id=0,
        alert_id=None,
        reason=DeliveryReason.TEST,
        timezone=reader.timezone if reader else "UTC",
        locale=words.locale,
    )
