"""Where the tokens of an article stand: laid out by a compiled kernel where it was built, by Python where not.

Both give the same answers. Positions count through the title and on through the body; offsets are code points in the
field. Paragraphs bound what a token may join: their first positions are kept beside.
"""

from __future__ import annotations

import importlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Protocol

from alerts import text


def _compiled() -> Any | None:
    """The kernel; None where it was not built, which it never need be."""
    try:
        return importlib.import_module("alerts._kernel")
    except ImportError:
        return None


kernel = _compiled()

_CHUNK = re.compile(r"\S+")
_SCANS = 6  # tokens looked for one by one before all positions are noted
_Places = Callable[[int], tuple[int, int]]
"""Of a paragraph: the code point offsets of a token by its number in it."""


class Layout(Protocol):
    """The tokens of an article."""

    @property
    def tokens(self) -> list[str]:
        """The folded tokens, the title's first."""

    @property
    def words(self) -> dict[str, Any]:
        """The distinct tokens as keys, in order of appearance."""

    @property
    def firsts(self) -> list[int]:
        """The position of each paragraph's first token."""

    @property
    def title_end(self) -> int:
        """The position of the first token of the body."""

    def positions(self, token: str, /) -> Sequence[int]:
        """Where a token stands, ascending."""

    def start(self, position: int, /) -> int:
        """The code point at which a token begins in its field; IndexError where there is none."""

    def end(self, position: int, /) -> int:
        """The code point at which a token ends in its field; IndexError where there is none."""


class PurePython:
    """A layout that needs no compiled code; offsets are worked out for the paragraphs that are asked for."""

    def __init__(self, title: str, body: str) -> None:
        """Split both into tokens."""
        self.tokens: list[str] = []
        self.firsts: list[int] = []
        self._paragraphs: list[tuple[str, int]] = []  # of each: its text, and where that begins in its field
        for part, source in enumerate((title, body)):
            if part == 1:
                self.title_end = len(self.tokens)
            simple = text.simplified(source)
            for start, end in text.paragraphs(source):
                self.firsts.append(len(self.tokens))
                self._paragraphs.append((source[start:end], start))
                self.tokens += text.tokens_of(simple[start:end])
        self.words: dict[str, Any] = dict.fromkeys(self.tokens)
        self._places: list[_Places | None] = [None] * len(self._paragraphs)
        self._found: dict[str, list[int]] = {}

    def positions(self, token: str, /) -> Sequence[int]:
        """Where a token stands, ascending."""
        if token not in self.words:
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

    def start(self, position: int, /) -> int:
        """The code point at which a token begins in its field."""
        return self._located(position)[0]

    def end(self, position: int, /) -> int:
        """The code point at which a token ends in its field."""
        return self._located(position)[1]

    def _located(self, position: int) -> tuple[int, int]:
        if not 0 <= position < len(self.tokens):
            raise IndexError("there is no token at this position")
        number = bisect_right(self.firsts, position) - 1
        places = self._places[number]
        if places is None:
            places = self._places[number] = _places_in(*self._paragraphs[number])
        return places(position - self.firsts[number])


def _places_in(source: str, first: int) -> _Places:
    """What tells where the tokens of a paragraph stand, by their number in it."""
    simple = text.simplified(source)
    if simple.isascii():
        return [(first + start, first + end) for start, end in text.token_spans(simple)].__getitem__
    chunks = source.split()
    words = map(text.words_of.__getitem__, chunks)
    counts = list(accumulate(map(len, words)))
    lengths = list(map(len, chunks))
    if sum(lengths) + len(chunks) - 1 == len(source):  # single spaces, as almost always
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


def _chosen() -> Callable[[str, str], Layout]:
    if kernel is None:
        return PurePython
    memo = kernel.Memo(text.split, text.MEMO_LIMIT, text.MEMO_LENGTH)
    return lambda title, body: memo.lay_out(title, text.paragraphs(title), body, text.paragraphs(body))


lay_out = _chosen()
"""The layout of an article by its title and body."""
