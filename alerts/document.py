"""An article laid out for the evaluator: tokens of title and body in one row, with offsets, paragraphs and sentences.

Token positions count through the title and on through the body. A scope is a half-open range (first, last) of them.
Everything is worked out when first asked for: most articles meet no rule that needs more than their words.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, KeysView, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from alerts import text
from alerts.inflection import Table, table
from vedette.model import Article, Span

if TYPE_CHECKING:
    from alerts.rules.node import Node

_CHUNK = re.compile(r"\S+")
_SCANS = 6  # tokens looked for one by one before all positions are noted
LEAD_TOKENS = 60
"""How much of the body `lead:` looks at, in tokens."""

Scope = tuple[int, int]
_Places = Callable[[int], tuple[int, int]]
"""Of a paragraph: the code point offsets of a token by its number in it."""


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
            simple = text.simplified(source)
            for start, end in text.paragraphs(source):
                self._firsts.append(len(self.tokens))
                self._paragraphs.append((start, end))
                self.tokens += text.tokens_of(simple[start:end])
        self._words = dict.fromkeys(self.tokens)
        self._places: list[_Places | None] = [None] * len(self._paragraphs)
        self._found: dict[str, list[int]] = {}
        self._sorted: list[str] | None = None

    @property
    def words(self) -> KeysView[str]:
        """The distinct tokens of title and body."""
        return self._words.keys()

    @property
    def chunks(self) -> set[str]:
        """The distinct runs of title and body without white space."""
        return {*self.article.title.split(), *self.article.text.split()}

    def positions(self, token: str) -> Sequence[int]:
        """Where a token stands, ascending."""
        if token not in self._words:
            return ()
        known = self._found.get(token)
        if known is None:
            if len(self._found) >= _SCANS:
                self._find_all()
                return self._found[token]
            tokens = self.tokens
            known = self._found[token] = [tokens.index(token)]
            for _ in range(tokens.count(token) - 1):
                known.append(tokens.index(token, known[-1] + 1))
        return known

    def _find_all(self) -> None:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for position, token in enumerate(self.tokens):
            found[token].append(position)
        self._found = found

    def paragraph(self, position: int) -> int:
        """The number of the paragraph in which a token stands, counted through title and body."""
        return bisect_right(self._firsts, position) - 1

    def _located(self, position: int) -> tuple[int, int]:
        """The code point offsets between which a token stands in its field."""
        number = self.paragraph(position)
        places = self._places[number]
        if places is None:
            places = self._places[number] = self._lay_out(number)
        return places(position - self._firsts[number])

    def _lay_out(self, number: int) -> _Places:
        """What tells where the tokens of a paragraph stand, by their number in it."""
        first, last = self._paragraphs[number]
        source = self.source(self._firsts[number])[first:last]
        simple = text.simplified(source)
        if simple.isascii():
            return [(first + start, first + end) for start, end in text.token_spans(simple)].__getitem__
        chunks = source.split()
        words = map(text.words_of.__getitem__, chunks)
        counts = list(accumulate(map(len, words)))
        lengths = list(map(len, chunks))
        if sum(lengths) + len(chunks) - 1 == last - first:  # single spaces, as almost always
            starts = list(accumulate(map((1).__add__, lengths), initial=first))
        else:
            starts = [first + match.start() for match in _CHUNK.finditer(source)]

        spans: dict[int, text.Spans] = {}  # of chunks; long ones are not remembered elsewhere

        def place(token: int) -> tuple[int, int]:
            chunk = bisect_right(counts, token)
            if chunk not in spans:
                spans[chunk] = text.laid_out[chunks[chunk]][1]
            start, end = spans[chunk][token - (counts[chunk - 1] if chunk else 0)]
            return starts[chunk] + start, starts[chunk] + end

        return place

    def start(self, position: int) -> int:
        """The code point offset at which a token begins in its field."""
        return self._located(position)[0]

    def end(self, position: int) -> int:
        """The code point offset at which a token ends in its field."""
        return self._located(position)[1]

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
        start, end = self._located(hit.start)
        if hit.end - hit.start > 1:
            end = self.end(hit.end - 1)
        return Span(self.field_of(hit.start), start, end, source[start:end], hit.term, hit.entity)

    def sentence_around(self, hit: Hit) -> str:
        """The sentence (or sentences) in which a hit stands, as stored."""
        source, start, end = self.source(hit.start), self.start(hit.start), self.end(hit.end - 1)
        around = [(s, e) for s, e in text.sentences(source, self.language) if s < end and e > start]
        return source[around[0][0] : around[-1][1]] if around else source[start:end]
