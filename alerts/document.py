"""An article laid out for the evaluator: tokens of title and body in one row, with offsets, paragraphs and sentences.

Token positions count through the title and on through the body. A scope is a half-open range (first, last) of them.
Everything is worked out when first asked for: most articles meet no rule that needs more than their words.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import KeysView, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from alerts import text
from alerts.inflection import Table, table
from vedette.model import Article, Span

if TYPE_CHECKING:
    from alerts.rules.node import Node

_CHUNK = re.compile(r"\S+")
_SCANS = 8  # tokens looked for from the start before all first positions are noted
LEAD_TOKENS = 60
"""How much of the body `lead:` looks at, in tokens."""

Scope = tuple[int, int]
_Places = tuple[list[str], list[int], list[int], dict[int, text.Spans]]
"""Of a paragraph: its chunks, the tokens up to each one's end, their offsets, and of some their tokens' offsets."""


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
        self.cache: dict[Any, Any] = {}  # what patterns and entities found here
        self.tokens: list[str] = []  # title first
        self._paragraphs: list[tuple[int, int]] = []  # code point ranges in their fields
        self._firsts: list[int] = []  # the position of each paragraph's first token
        for part, source in enumerate((article.title, article.text)):
            if part == 1:
                self.title_end = len(self.tokens)  # position of the first token of the body
            for start, end in text.paragraphs(source):
                self._firsts.append(len(self.tokens))
                self._paragraphs.append((start, end))
                self.tokens += text.tokens(source[start:end])
        self._last = dict(zip(self.tokens, range(len(self.tokens)), strict=True))  # token -> its last position
        self._first: dict[str, int] = {}  # token -> its first position, once it is worth while
        self._places: list[_Places | None] = [None] * len(self._paragraphs)
        self._found: dict[str, Sequence[int]] = {}
        self._sorted: list[str] | None = None

    @property
    def words(self) -> KeysView[str]:
        """The distinct tokens of title and body."""
        return self._last.keys()

    @property
    def chunks(self) -> set[str]:
        """The distinct runs of title and body without white space."""
        return {*self.article.title.split(), *self.article.text.split()}

    def positions(self, token: str) -> Sequence[int]:
        """Where a token stands, ascending."""
        last = self._last.get(token)
        if last is None:
            return ()
        known = self._found.get(token)
        if known is None:
            tokens = self.tokens
            at = self._first[token] if self._first else tokens.index(token)
            known = [at]
            while at < last:
                at = tokens.index(token, at + 1)
                known.append(at)
            self._found[token] = known
            if not self._first and len(self._found) > _SCANS:
                self._first = dict(zip(reversed(tokens), range(len(tokens) - 1, -1, -1), strict=True))
        return known

    def paragraph(self, position: int) -> int:
        """The number of the paragraph in which a token stands, counted through title and body."""
        return bisect_right(self._firsts, position) - 1

    def _located(self, position: int) -> tuple[int, tuple[int, int]]:
        """The offset of the chunk in which a token stands, and the token's offsets within it."""
        number = self.paragraph(position)
        places = self._places[number]
        if places is None:
            source = self.source(position)
            first, last = self._paragraphs[number]
            chunks = source[first:last].split()
            counts = list(accumulate(map(len, map(text.words_of.__getitem__, chunks))))
            if sum(map(len, chunks)) + len(chunks) - 1 == last - first:  # single spaces, as almost always
                starts = list(accumulate(map((1).__add__, map(len, chunks)), initial=first))
            else:
                starts = [match.start() for match in _CHUNK.finditer(source, first, last)]
            places = self._places[number] = (chunks, counts, starts, {})
        chunks, counts, starts, spans = places
        place = position - self._firsts[number]
        chunk = bisect_right(counts, place)
        if chunk not in spans:
            spans[chunk] = text.laid_out[chunks[chunk]][1]
        return starts[chunk], spans[chunk][place - (counts[chunk - 1] if chunk else 0)]

    def start(self, position: int) -> int:
        """The code point offset at which a token begins in its field."""
        at, (start, _) = self._located(position)
        return at + start

    def end(self, position: int) -> int:
        """The code point offset at which a token ends in its field."""
        at, (_, end) = self._located(position)
        return at + end

    @property
    def table(self) -> Table:
        """The suffix table of the article's language."""
        return table(self.language)

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
        """The field in which a token stands: "title" or "body"."""
        return "title" if position < self.title_end else "body"

    def source(self, position: int) -> str:
        """The text of the field in which a token stands."""
        return self.article.title if position < self.title_end else self.article.text

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
                (self.article.text, self.title_end, len(self.tokens)),
            ):
                starts = [self.start(position) for position in range(first, last)]
                known += [first + bisect_left(starts, start) for start, _ in text.sentences(source, self.language)]
            self.cache["sentences"] = known
        return known

    def span(self, hit: Hit) -> Span:
        """A hit as an exact slice of the stored text."""
        source = self.source(hit.start)
        at, (first, last) = self._located(hit.start)
        start, end = at + first, at + last if hit.end - hit.start == 1 else self.end(hit.end - 1)
        return Span(self.field_of(hit.start), start, end, source[start:end], hit.term, hit.entity)

    def sentence_around(self, hit: Hit) -> str:
        """The sentence (or sentences) in which a hit stands, as stored."""
        source, start, end = self.source(hit.start), self.start(hit.start), self.end(hit.end - 1)
        around = [(s, e) for s, e in text.sentences(source, self.language) if s < end and e > start]
        return source[around[0][0] : around[-1][1]] if around else source[start:end]
