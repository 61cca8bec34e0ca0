"""An article laid out for the evaluator: tokens of title, body and captions in one row, with offsets, paragraphs and
sentences.

Token positions count through the title and on through the body and the captions, which are its last paragraphs here. A
scope is a half-open range (first, last) of them.
Everything is worked out when first asked for: most articles meet no rule that needs more than their words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from alerts import text
from alerts.inflection import Table, joined, table
from alerts.layout import lay_out
from vedette.model import Article, Span

if TYPE_CHECKING:
    from alerts.rules.node import Node

LEAD_TOKENS = 60
"""How much of the body `lead:` looks at, in tokens."""

Scope = tuple[int, int]


class Hit(NamedTuple):
    """One piece of evidence: token positions [start, end), the rule's term, the entity if one hit, and its parts."""

    start: int
    end: int
    term: str
    entity: str | None = None
    parts: tuple[Hit, ...] = ()  # of a hit that spans several, as NEAR's


class World(Protocol):
    """What a document is read against: the entities and the other topics that rules may name."""

    def entity(self, document: Document, entity_id: str) -> Sequence[Hit]:
        """Where an entity stands in a document, in order."""

    def kind(self, document: Document, kind: str) -> Sequence[Hit]:
        """Where any entity of a kind stands, in order."""

    def topic(self, topic_id: str) -> Node:
        """The rule of a topic; LookupError where there is none."""


class Document:
    """One article as tokens. `language` is the article's, in lower case without its region, "" where unknown."""

    def __init__(self, article: Article, world: World) -> None:
        """Split the article into tokens; everything else is worked out when asked for."""
        self.article, self.world = article, world
        self.language = article.language.lower().replace("_", "-").partition("-")[0]
        self._passages = [(p.start, p.end, p.language) for p in article.passages]
        self.languages = (self.language, *dict.fromkeys(p.language for p in article.passages))
        self.cache: dict[Any, Any] = {}  # what patterns and entities found here
        self._below = f"{article.text}\n\n{article.captions}" if article.captions else article.text
        layout = lay_out(article.title, self._below)
        self.tokens = layout.tokens  # title first
        self.title_end = layout.title_end  # position of the first token of the body
        self.words = layout.words  # the distinct tokens of all, as keys
        self.positions, self.start, self.end = layout.positions, layout.start, layout.end
        self._firsts = layout.firsts
        self._sorted: list[str] | None = None

    @property
    def chunks(self) -> set[str]:
        """The distinct runs of all fields without white space."""
        return {*self.article.title.split(), *self._below.split()}

    @property
    def body_end(self) -> int:
        """The position of the first token of the captions, or behind the last token where there are none."""
        known: int | None = self.cache.get("body_end")
        if known is None:
            last = len(self.tokens)
            places = range(self.title_end, last if self.article.captions else self.title_end)
            known = self.title_end + bisect_left(places, len(self.article.text), key=self.start) if places else last
            self.cache["body_end"] = known
        return known

    def paragraph(self, position: int) -> int:
        """The number of the paragraph in which a token stands, counted through all fields."""
        return bisect_right(self._firsts, position) - 1

    @property
    def table(self) -> Table:
        """The suffix table of the article's language; of all that it is in, where some paragraphs are in others."""
        return joined(self.languages) if self._passages else table(self.language)

    def language_at(self, position: int) -> str:
        """The language in which a token stands: its paragraph's, where that is in another one than the article."""
        if self._passages and self.title_end <= position:
            start = self.start(position)
            for first, last, language in self._passages:
                if first <= start < last:
                    return language
        return self.language

    def table_at(self, position: int) -> Table:
        """The suffix table of the language in which a token stands."""
        return table(self.language_at(position))

    def starting(self, prefix: str) -> list[str]:
        """The distinct tokens that begin so."""
        if self._sorted is None:
            self._sorted = sorted(self.words)
        words = self._sorted
        first = bisect_left(words, prefix)
        last = bisect_left(words, prefix + "\U0010ffff", first)
        return words[first:last]

    def scope(self) -> Scope:
        """The whole article."""
        return 0, len(self.tokens)

    def field_of(self, position: int) -> str:
        """The field in which a token stands: "title", "body" or "captions"."""
        if position < self.title_end:
            return "title"
        return "body" if position < self.body_end else "captions"

    def source(self, position: int) -> str:
        """The text in which a token stands: the title, or body and captions."""
        return self.article.title if position < self.title_end else self._below

    def written(self, position: int) -> str:
        """A token as it stands in the text."""
        return self.source(position)[self.start(position) : self.end(position)]

    def gap(self, position: int) -> str:
        """What stands between a token and the next one of the same field."""
        return self.source(position)[self.end(position) : self.start(position + 1)]

    def ranges(self, what: str, scope: Scope) -> list[Scope]:
        """The scopes of the paragraphs ("paragraph") or sentences ("sentence") within a scope."""
        first, last = scope[0], min(scope[1], len(self.tokens))
        firsts = self._firsts if what == "paragraph" else self.sentences
        borders = [first, *(f for f in firsts if first < f < last), last]
        return [(a, b) for a, b in pairwise(borders) if a < b]

    @property
    def sentences(self) -> list[int]:
        """The position of each sentence's first token."""
        known: list[int] | None = self.cache.get("sentences")
        if known is None:
            known = []
            for source, first, last in (
                (self.article.title, 0, self.title_end),
                (self._below, self.title_end, len(self.tokens)),
            ):
                starts = [self.start(position) for position in range(first, last)]
                known += [first + bisect_left(starts, start) for start, _ in text.sentences(source, self.language)]
            self.cache["sentences"] = known
        return known

    def span(self, hit: Hit) -> Span:
        """A hit as an exact slice of the stored text."""
        field, source = self.field_of(hit.start), self.source(hit.start)
        start, end = self.start(hit.start), self.end(hit.end - 1)
        before = len(self._below) - len(self.article.captions) if field == "captions" else 0
        return Span(field, start - before, end - before, source[start:end], hit.term, hit.entity)

    def sentence_around(self, hit: Hit) -> str:
        """The sentence (or sentences) in which a hit stands, as stored."""
        source, start, end = self.source(hit.start), self.start(hit.start), self.end(hit.end - 1)
        around = [(s, e) for s, e in text.sentences(source, self.language) if s < end and e > start]
        return source[around[0][0] : around[-1][1]] if around else source[start:end]
