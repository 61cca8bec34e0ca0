"""How stories and evidence look on a page: marked sentences, differences of revisions, rules with their mistake."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup, escape

from alerts.calendar import zone_of
from alerts.notice import matched_sentences
from alerts.rendering import Mark, marked
from storage import StreamEntry
from vedette.errors import RuleError
from vedette.model import Article, Span

HIT = Mark("<mark>", "</mark>")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]", re.UNICODE)
_LONGEST_DIFF = 20_000


@dataclass(frozen=True, slots=True)
class Card:
    """An alert in a list."""

    entry: StreamEntry
    sentences: tuple[Markup, ...]
    hits: tuple[str, ...]


def quotes(article: Article, spans: Sequence[Span], *, limit: int = 2) -> tuple[Markup, ...]:
    """The sentences of a match, the hits marked."""
    told = matched_sentences(article, spans)[:limit]
    return tuple(Markup(marked(sentence, lambda text: str(escape(text)), HIT, longest=400)) for sentence in told)


def starred(sentence: str) -> Markup:
    """A sentence whose hits stand between asterisks."""
    parts = sentence.split("*")
    if len(parts) % 2 == 0:
        return Markup.escape(sentence)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if place % 2 else Markup.escape(part) for place, part in enumerate(parts)
    )


def card(entry: StreamEntry) -> Card:
    """What a list shows of an alert; of an article that changed since, no sentences."""
    same = entry.revision == entry.article.revision
    said = quotes(entry.article, entry.spans, limit=1) if same else ()
    hits = tuple(dict.fromkeys(span.entity or span.text for span in entry.spans))[:6]
    return Card(entry, said, hits)


def by_day(entries: Iterable[StreamEntry], zone: str) -> Iterator[tuple[date, list[Card]]]:
    """Cards under the days of a reader."""
    local = zone_of(zone)
    for day, group in groupby(entries, key=lambda entry: entry.alert.created_at.astimezone(local).date()):
        yield day, [card(entry) for entry in group]


def paragraphs(text: str, spans: Sequence[Span], field: str = "body") -> list[Markup]:
    """The text of an article, or its captions, with all hits in that field marked, by paragraph."""
    marks = sorted({(span.start, span.end) for span in spans if span.field == field})
    parts, at = [], 0
    for start, end in marks:
        if start < at or end > len(text):
            continue
        parts += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    whole = Markup("").join([*parts, escape(text[at:])])
    return [Markup(part) for part in str(whole).split("\n\n") if part.strip()]


def difference(before: str, after: str) -> Markup:
    """What changed from one text to another, word by word; long equal parts are left out."""
    if len(before) + len(after) > 2 * _LONGEST_DIFF:
        before, after = before[:_LONGEST_DIFF], after[:_LONGEST_DIFF]
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts: list[Markup] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(escape(_shortened(old[a:b])))
            continue
        if a != b:
            parts.append(Markup("<del>{}</del>").format("".join(old[a:b])))
        if c != d:
            parts.append(Markup("<ins>{}</ins>").format("".join(new[c:d])))
    return Markup("").join(parts)


def _shortened(words: Sequence[str], keep: int = 24) -> str:
    if len(words) <= 2 * keep:
        return "".join(words)
    return "".join(words[:keep]) + " […] " + "".join(words[-keep:])


def mistake(rule: str, error: RuleError) -> Markup:
    """A rule with the place of its mistake marked."""
    start, end = min(error.start, len(rule)), min(max(error.end, error.start + 1), len(rule))
    there = rule[start:end] or " "
    return Markup('{}<span class="wrong">{}</span>{}').format(rule[:start], there, rule[end:])
