"""An article laid out for the evaluator: tokens of title and body in one row, with offsets, paragraphs and sentences.

Token positions count through the title and on through the body. A scope is a half-open range (first, last) of them.
Everything is worked out when first asked for: most articles meet no rule that needs more than their words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from alerts import text
from alerts.inflection import Table, table
from vedette.model import Article, Span

if TYPE_CHECKING:
    from alerts.rules.node import Node

_CHUNK = re.compile(r"\S+")
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
        """Keep the article; nothing is worked out yet."""
        self.article, self.world = article, world
        self.language = article.language.lower().replace("_", "-").partition("-")[0]
        self.cache: dict[Any, Any] = {}  # what patterns and entities found here
        self._words: frozenset[str] | None = None
        self._chunks: set[str] | None = None
        self._tokens: list[str] | None = None
        self._index: dict[str, list[int]] | None = None
        self._sorted: list[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """The distinct tokens of title and body."""
        if self._words is None:
            self._words = frozenset().union(*map(text.words_of.__getitem__, self.chunks))
        return self._words

    @property
    def chunks(self) -> set[str]:
        """The distinct runs of title and body without white space."""
        if self._chunks is None:
            self._chunks = set(self.article.text.split())
            self._chunks.update(self.article.title.split())
        return self._chunks

    @property
    def tokens(self) -> list[str]:
        """All tokens, title first."""
        if self._tokens is None:
            self._lay_out()
        return self._tokens  # type: ignore[return-value]

    def _lay_out(self) -> None:
        tokens: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        paragraph: list[int] = []
        number = 0
        for part, source in enumerate((self.article.title, self.article.text)):
            if part == 1:
                self.title_end = len(tokens)
            for first, last in text.paragraphs(source):
                for match in _CHUNK.finditer(source, first, last):
                    at = match.start()
                    found, spans = text.laid_out[match.group()]
                    tokens += found
                    for start, end in spans:
                        starts.append(at + start)
                        ends.append(at + end)
                paragraph += [number] * (len(tokens) - len(paragraph))
                number += 1
        self._tokens, self.starts, self.ends, self.paragraph = tokens, starts, ends, paragraph

    title_end: int  # position of the first token of the body
    starts: list[int]  # code point offsets in the token's field
    ends: list[int]
    paragraph: list[int]  # number of the token's paragraph

    @property
    def index(self) -> dict[str, list[int]]:
        """Token -> its positions, ascending."""
        if self._index is None:
            index: dict[str, list[int]] = {}
            for position, token in enumerate(self.tokens):
                if token in index:
                    index[token].append(position)
                else:
                    index[token] = [position]
            self._index = index
        return self._index

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
        return self.source(position)[self.starts[position] : self.ends[position]]

    def gap(self, position: int) -> str:
        """What stands between a token and the next one of the same field."""
        return self.source(position)[self.ends[position] : self.starts[position + 1]]

    def ranges(self, what: str, scope: Scope) -> list[Scope]:
        """The scopes of the paragraphs ("paragraph") or sentences ("sentence") within a scope."""
        numbers = self.paragraph if what == "paragraph" else self.sentence
        ranges: list[Scope] = []
        at, last = scope[0], min(scope[1], len(self.tokens))
        for position in range(at, last):
            if numbers[position] != numbers[at]:
                ranges.append((at, position))
                at = position
        if at < last:
            ranges.append((at, last))
        return ranges

    @property
    def sentence(self) -> list[int]:
        """The number of each token's sentence."""
        if "sentence" not in self.cache:
            numbers: list[int] = []
            bounds = [(0, end) for _, end in text.sentences(self.article.title, self.language)]
            split = len(bounds)
            bounds += [(1, end) for _, end in text.sentences(self.article.text, self.language)]
            number, starts = 0, self.starts if self.tokens else []
            for position, start in enumerate(starts):
                if position >= self.title_end:
                    number = max(number, split)
                while number < len(bounds) - 1 and bounds[number] <= (int(position >= self.title_end), start):
                    number += 1
                numbers.append(number)
            self.cache["sentence"] = numbers
        return self.cache["sentence"]  # type: ignore[no-any-return]

    def span(self, hit: Hit) -> Span:
        """A hit as an exact slice of the stored text."""
        source, start, end = self.source(hit.start), self.starts[hit.start], self.ends[hit.end - 1]
        return Span(self.field_of(hit.start), start, end, source[start:end], hit.term, hit.entity)

    def sentence_around(self, hit: Hit) -> str:
        """The sentence (or sentences) in which a hit stands, as stored."""
        numbers = self.sentence
        first = last = hit.start
        bottom, top = (0, self.title_end) if hit.start < self.title_end else (self.title_end, len(self.tokens))
        while first > bottom and numbers[first - 1] == numbers[hit.start]:
            first -= 1
        while last + 1 < top and numbers[last + 1] <= numbers[hit.end - 1]:
            last += 1
        source = self.source(hit.start)
        for start, end in text.sentences(source, self.language):
            if start <= self.starts[first] < end:
                return source[start : max(end, self.ends[last])]
        return source[self.starts[first] : self.ends[last]]
