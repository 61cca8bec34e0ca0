"""What a term looks for: sequences of tokens, found in a `Document` with exact positions.

A pattern is a row of elements and what may stand between them. One term may have several patterns: a designator is
separator-blind, an entity has many aliases. Each element knows the presearch features of which one must be present.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar

from alerts import inflection, text
from alerts.document import Document

# What may stand between two elements.
PHRASE, DESIGNATOR, STRICT, RUNNING, LOOSE_RUNNING = range(5)

_DASH = r"[-\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d]"
_JOINT = re.compile(rf"\s{{1,2}}|\s?{_DASH}|{_DASH}\s|[/_.]|")
_STRICT_JOINT = re.compile(rf"{_DASH}|")
_WILDCARD = re.compile(r"[*?]")
_RUN = re.compile(r"\d+|\D+")
_MAX_FORMS = 48

_AFTER_APOSTROPHE = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})
_APOSTROPHES = ("'", "’", "ʼ", "`", "´", "＇")
_TWINS = str.maketrans("abcehkmoptx", "авсенкмортх") | str.maketrans("авсенкмортх", "abcehkmoptx")


class Element:
    """One token's place in a pattern."""

    __slots__ = ()
    indexed: ClassVar[bool] = True  # its features are tokens as they stand

    def features(self) -> tuple[str, ...]:
        """Presearch features of which one is present wherever this element is."""
        raise NotImplementedError

    def accepts(self, document: Document, position: int) -> bool:
        """Whether the token at a position is what this element looks for."""
        raise NotImplementedError

    def positions(self, document: Document) -> Sequence[int]:
        """All positions that it accepts, ascending."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Word(Element):
    """A folded token."""

    token: str

    def features(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)

    def accepts(self, document: Document, position: int) -> bool:
        """The same token."""
        return document.tokens[position] == self.token

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        return document.positions(self.token)


@dataclass(frozen=True, slots=True)
class Exact(Element):
    """A token whose case and accents count."""

    token: str
    written: str

    def features(self) -> tuple[str, ...]:
        """The folded token."""
        return (self.token,)

    def accepts(self, document: Document, position: int) -> bool:
        """The same token, written the same."""
        return document.tokens[position] == self.token and text.plain(document.written(position)) == self.written

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        return [p for p in document.positions(self.token) if self.accepts(document, p)]


@dataclass(frozen=True, slots=True)
class Like(Element):
    """A token with wildcards: `*` for any ending, `?` for one letter or digit."""

    glob: str  # folded, with its wildcards
    indexed: ClassVar[bool] = False

    def features(self) -> tuple[str, ...]:
        """The pattern, after an asterisk."""
        return ("*" + self.glob,)

    def accepts(self, document: Document, position: int) -> bool:
        """The pattern fits."""
        return glob_regex(self.glob).fullmatch(document.tokens[position]) is not None

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        regex = glob_regex(self.glob)
        found = [w for w in document.starting(glob_prefix(self.glob)) if regex.fullmatch(w)]
        return sorted(p for word in found for p in document.positions(word))


@dataclass(frozen=True, slots=True)
class Stemmed(Element):
    """A word with the same stem in the article's language."""

    written: str
    indexed: ClassVar[bool] = False

    def features(self) -> tuple[str, ...]:
        """The word, after a tilde."""
        return ("~" + self.written,)

    def accepts(self, document: Document, position: int) -> bool:
        """The stems are the same."""
        language = document.language_at(position)
        return inflection.stem(document.written(position), language) == inflection.stem(self.written, language)

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        if not any(inflection.stem(self.written, language) for language in document.languages):
            return ()
        return [p for p in range(len(document.tokens)) if self.accepts(document, p)]


@dataclass(frozen=True, slots=True)
class Tail(Element):
    """The last token of a designator: as it is, with a plural s, in an alias also with a suffix of the language."""

    token: str
    suffixed: bool = False

    def features(self) -> tuple[str, ...]:
        """The token, and its plural."""
        return (self.token, self.token + "s")

    def accepts(self, document: Document, position: int) -> bool:
        """The token, or with a lower-case ending."""
        found = document.tokens[position]
        if found == self.token:
            return True
        rest = found[len(self.token) :]
        if not found.startswith(self.token) or not (rest == "s" or (self.suffixed and len(rest) > 1)):
            return False
        written = document.written(position)[-len(rest) :]
        return written == written.lower() and (rest == "s" or rest in document.table_at(position).suffixes)

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        words = document.starting(self.token) if self.suffixed else (self.token, self.token + "s")
        return sorted(p for w in words for p in document.positions(w) if self.accepts(document, p))


@dataclass(frozen=True, slots=True)
class Lead(Element):
    """The letters that begin a designator in an alias of Arabic or Hebrew script: proclitics may stand before."""

    token: str
    indexed: ClassVar[bool] = False

    def features(self) -> tuple[str, ...]:
        """None that is sure; the number behind is looked up."""
        return ("",)

    def accepts(self, document: Document, position: int) -> bool:
        """The token, or with a prefix of the language."""
        found = document.tokens[position]
        prefixes = document.table_at(position).prefixes
        return found == self.token or any(found == prefix + self.token for prefix in prefixes)

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        words = [self.token, *(prefix + self.token for prefix in document.table.prefixes)]
        return sorted(p for word in dict.fromkeys(words) for p in document.positions(word))


@dataclass(frozen=True, slots=True)
class Named(Element):
    """A word of an alias: with the endings and prefixes that the article's language gives to names."""

    token: str
    acronym: bool  # written in capitals: a suffix is lower case, the letters before it are not
    capital: bool  # begins with a capital, then an inflected form does too
    exact: str = ""  # as written, where case and accents count

    def features(self) -> tuple[str, ...]:
        """The token; the presearcher knows inflected forms by `inflection.bases`."""
        return (self.token,)

    def accepts(self, document: Document, position: int) -> bool:
        """The token, or a form of it that is written as a form of a name."""
        found = document.tokens[position]
        if self.exact and not text.plain(document.written(position)).startswith(self.exact):
            return False
        if found == self.token:
            return True
        if not document.table_at(position).inflects(self.token, found):
            return False
        written = document.written(position)
        if self.acronym or self.exact:
            rest = found[len(self.token) :]
            return bool(
                (len(self.token) > inflection.MIN_STEM or not self.acronym)
                and rest
                and found.startswith(self.token)
                and written[-len(rest) :].islower()
                and (not self.acronym or written[: len(written) - len(rest)].isupper())
            )
        return not self.capital or not written[0].islower()

    def positions(self, document: Document) -> Sequence[int]:
        """Where they stand."""
        table, start = document.table, self.token[: inflection.MIN_STEM]
        if table.prefixes and text.script(start[0]) in ("ar", "he"):  # any may stand before; one takes in the article
            core = start[len(table.article) :] if table.article and start.startswith(table.article) else start
            words = [word for word in document.words if core in word]
        else:
            words = document.starting(start)
        return sorted(p for w in words for p in document.positions(w) if self.accepts(document, p))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Elements in order, with what may stand between each two (`gaps`). `word_start`: Hangul must begin a word."""

    elements: tuple[Element, ...]
    gaps: tuple[int, ...] = ()
    word_start: bool = False
    tokens: tuple[str, ...] = field(init=False, repr=False, compare=False)  # of a phrase of plain words, else ()

    def __post_init__(self) -> None:
        """Note whether this is a phrase of plain words, which is found by comparing lists."""
        words = tuple(e.token for e in self.elements if isinstance(e, Word))
        simple = len(words) == len(self.elements) > 1 and not any(self.gaps) and not self.word_start
        object.__setattr__(self, "tokens", words if simple else ())

    def _find_words(self, document: Document) -> list[tuple[int, int]]:
        """All places of a phrase of plain words, from its rarest one."""
        tokens, length = self.tokens, len(self.tokens)
        places = [document.positions(token) for token in tokens]
        rarest = min(range(length), key=[len(found) for found in places].__getitem__)
        wanted, found = list(tokens), []
        for position in places[rarest]:
            start = position - rarest
            if (
                start >= 0
                and document.tokens[start : start + length] == wanted
                and document.paragraph(start) == document.paragraph(start + length - 1)
            ):
                found.append((start, start + length))
        return found

    def find(self, document: Document) -> list[tuple[int, int]]:
        """All places [start, end) of this pattern, ascending."""
        elements = self.elements
        if self.tokens:
            return self._find_words(document)
        if len(elements) == 1:
            element = elements[0]
            return [(p, p + 1) for p in element.positions(document) if not self.word_start or _begins(document, p)]
        anchor, best = 0, None
        for number, element in enumerate(elements):
            if element.indexed:
                places = element.positions(document)
                if not places:
                    return []
                if best is None or len(places) < len(best):
                    anchor, best = number, places
        if best is None:
            best = elements[0].positions(document)
        found = []
        for position in best:
            end = self.at(document, position - anchor)
            if end:
                found.append((position - anchor, end))
        return found

    def at(self, document: Document, start: int) -> int:
        """The end of this pattern if it stands at `start`, else 0."""
        end = start + len(self.elements)
        if start < 0 or end > len(document.tokens):
            return 0
        for position, element in enumerate(self.elements, start):
            if not element.accepts(document, position):
                return 0
        if end - start > 1 and document.paragraph(start) != document.paragraph(end - 1):
            return 0
        for offset, gap in enumerate(self.gaps):
            if gap and not _joined(document, start + offset, gap):
                return 0
        if RUNNING in self.gaps and not _unbroken(document, start, self.gaps):
            return 0
        if self.word_start and not _begins(document, start):
            return 0
        return end

    def groups(self) -> list[tuple[str, ...]]:
        """For each element the features of which one must be present."""
        return [element.features() for element in self.elements]


@lru_cache(maxsize=50_000)
def glob_regex(glob: str) -> re.Pattern[str]:
    """The regular expression of a token with wildcards."""
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in glob))


def glob_prefix(glob: str) -> str:
    """What stands before the first wildcard."""
    return re.split(r"[*?]", glob, maxsplit=1)[0]


def _joined(document: Document, position: int, gap: int) -> bool:
    """Whether what stands between a token and the next lets them be one designator, or one run of Han, Kana, Hangul."""
    between = text.plain(document.gap(position))
    if gap == STRICT:
        return _STRICT_JOINT.fullmatch(between) is not None
    if gap in (RUNNING, LOOSE_RUNNING):
        return not between or between.isspace() or (gap == LOOSE_RUNNING and len(between.strip()) <= 1)
    if _JOINT.fullmatch(between) is None:
        return False
    if not between or not between.isspace():
        return True
    letters, following = document.tokens[position], document.tokens[position + 1]
    if letters in text.word_list("before_numbers") and following.isdigit():
        return False
    return not (
        letters in _AFTER_APOSTROPHE and document.source(position)[: document.start(position)].endswith(_APOSTROPHES)
    )


def _begins(document: Document, position: int) -> bool:
    """Whether a token begins a written word (no other character of a running script stands directly before it)."""
    if position == 0 or document.field_of(position) != document.field_of(position - 1) or document.gap(position - 1):
        return True
    return not text.is_running(document.tokens[position - 1])


def _unbroken(document: Document, start: int, gaps: tuple[int, ...]) -> bool:
    """Hangul and Thai part words with spaces now and then: a term written without may be found with one.

    Not so that it takes the end of one word and the beginning of the next: then it begins a word, and two
    syllables at least stand on either side of the space.
    """
    breaks = [
        offset
        for offset, gap in enumerate(gaps)
        if gap == RUNNING
        and document.gap(start + offset).isspace()
        and not _is_han_or_kana(document.tokens[start + offset])
    ]
    if not breaks:
        return True
    return len(breaks) == 1 and 1 <= breaks[0] <= len(gaps) - 2 and _begins(document, start)


def _is_han_or_kana(token: str) -> bool:
    return "\u2e80" <= token[0] <= "\ua4cf" or token[0] >= "\uf900"


# --------------------------------------------------------------------------- from words as written


def is_designator(word: str) -> bool:
    """Whether a written word is letters and digits joined (C-27J, TB2, 2S19, Су-30)."""
    if word.isalpha():
        return False
    found = "".join(text.split(word.rstrip("*?"))[0])
    return any(c.isdigit() for c in found) and any(c.isalpha() for c in found)


Make = Callable[[str, str], Element]
"""(folded token, as written) -> element."""


def _plain(token: str, written: str) -> Element:
    return Word(token)


def _alias(token: str, written: str) -> Element:
    if text.is_running(token) or token.isdigit():
        return Word(token)
    return Named(token, acronym=len(written) > 1 and written.isupper(), capital=written[0].isupper())


def _exact_alias(token: str, written: str) -> Element:
    if text.is_running(token) or token.isdigit():
        return Exact(token, text.plain(written))
    return Named(token, len(written) > 1 and written.isupper(), True, text.plain(written))


def _exact(token: str, written: str) -> Element:
    return Exact(token, text.plain(written))


def _stemmed(token: str, written: str) -> Element:
    return Word(token) if text.is_running(token) else Stemmed(written)


MAKERS: dict[str, Make] = {
    "plain": _plain,
    "alias": _alias,
    "exact": _exact,
    "exact alias": _exact_alias,
    "stem": _stemmed,
}


@lru_cache(maxsize=100_000)
def patterns(written: str, flavour: str = "plain") -> tuple[Pattern, ...]:
    """The patterns of a word or phrase. `flavour`: "plain", "alias" (inflects), "exact" (case counts),
    "exact alias" or "stem".

    Wildcards work in "plain" alone. An empty tuple means that the text holds no letter or digit.
    """
    rows: list[list[tuple[tuple[Element, ...], tuple[int, ...]]]] = []
    for word in written.split():
        forms = list(_forms(word, flavour))
        if forms:
            rows.append(forms)
    made = []
    for combination in itertools.islice(itertools.product(*rows), _MAX_FORMS):
        elements: list[Element] = []
        gaps: list[int] = []
        for part, inner in combination:
            if elements:
                gaps.append(_outer_gap(elements[-1], part[0]))
            elements += part
            gaps += inner
        if len(elements) > 1:  # the capital of a longer name says little: министерства обороны
            elements = [replace(e, capital=False) if isinstance(e, Named) else e for e in elements]
        if elements:
            made.append(Pattern(tuple(elements), tuple(gaps), flavour == "alias" and _needs_word_start(elements)))
    return tuple(made)


def _outer_gap(before: Element, after: Element) -> int:
    if (
        isinstance(before, Word)
        and isinstance(after, Word)
        and text.is_running(before.token)
        and text.is_running(after.token)
    ):
        return LOOSE_RUNNING
    return PHRASE


def _needs_word_start(elements: list[Element]) -> bool:
    """A name of one or two syllables of Hangul would be found inside too many words."""
    return len(elements) <= 2 and all(isinstance(e, Word) and text.is_hangul(e.token) for e in elements)


def _forms(word: str, flavour: str) -> Iterator[tuple[tuple[Element, ...], tuple[int, ...]]]:
    if flavour in ("plain", "alias") and is_designator(word):
        yield from _designator_forms(word, suffixed=flavour == "alias")
        return
    if flavour == "plain" and ("*" in word or "?" in word):
        globs: tuple[Element, ...] = tuple(Like(g) if "*" in g or "?" in g else Word(g) for g in glob_tokens(word))
        if globs:
            yield globs, (PHRASE,) * (len(globs) - 1)
        return
    make = MAKERS[flavour]
    tokens, spans = text.split(word)
    elements = tuple(make(token, word[start:end]) for token, (start, end) in zip(tokens, spans, strict=True))
    if elements:
        yield elements, tuple(_inner_gaps(tokens, spans))


def _inner_gaps(tokens: Sequence[str], spans: text.Spans) -> Iterator[int]:
    """What may stand between the tokens of one written word: 圭多·克罗塞托 comes with this dot, another one or none."""
    for (token, (_, end)), (following, (start, _)) in itertools.pairwise(zip(tokens, spans, strict=True)):
        if not (text.is_running(token) and text.is_running(following)):
            yield PHRASE
        else:
            yield RUNNING if end == start else LOOSE_RUNNING


def glob_tokens(word: str) -> list[str]:
    """The folded tokens of a word with wildcards, which stay in place; after running text they mean nothing and go."""
    bare = "".join(c for c in word if c not in "*?")
    marks = [(m.start() - number, m.group()) for number, m in enumerate(_WILDCARD.finditer(word))]  # places in `bare`
    globs: list[str] = []
    for token, (start, end) in zip(*text.split(bare), strict=True):
        inside = [(place, mark) for place, mark in marks if start <= place <= end and not text.is_running(token)]
        marks = [row for row in marks if row not in inside and not (text.is_running(token) and start < row[0] <= end)]
        borders = [start, *(place for place, _ in inside), end]
        pieces = ["".join(text.split(bare[a:b])[0]) for a, b in itertools.pairwise(borders)]
        after = [mark for _, mark in inside] + [""]
        globs.append("".join(piece + mark for piece, mark in zip(pieces, after, strict=True)))
    return globs + [mark for _, mark in marks]


def _designator_forms(word: str, *, suffixed: bool) -> Iterator[tuple[tuple[Element, ...], tuple[int, ...]]]:
    """Every way in which a designator's letters and digits may be parted into tokens."""
    wild = word[len(word.rstrip("*?")) :]
    runs: list[str] = []
    forced: list[bool] = []  # whether a token border must stand before the run
    for token in text.split(word.rstrip("*?"))[0]:
        for number, run in enumerate(_RUN.findall(token)):
            border = bool(runs) and (
                text.is_running(run)
                or text.is_running(runs[-1])
                or (number == 0 and run[0].isdigit() and runs[-1][0].isdigit())
            )
            runs.append(run)
            forced.append(border)
    optional = [n for n in range(1, len(runs)) if not forced[n]][:4]
    written = runs
    for number, runs in enumerate(_twins(written)):
        strict = number > 0
        for chosen in itertools.product((False, True), repeat=len(optional)):
            parted = {n for n, yes in zip(optional, chosen, strict=True) if yes} | {
                n for n, yes in enumerate(forced) if yes
            }
            tokens = [runs[0]]
            for place in range(1, len(runs)):
                if place in parted:
                    tokens.append(runs[place])
                else:
                    tokens[-1] += runs[place]
            elements: list[Element] = [Word(token) for token in tokens]
            elements[-1] = Like(tokens[-1] + wild) if wild else Tail(tokens[-1], suffixed)
            if suffixed and len(tokens) > 1 and text.script(tokens[0][0]) in ("ar", "he"):
                elements[0] = Lead(tokens[0])
            yield tuple(elements), ((STRICT if strict else DESIGNATOR),) * (len(tokens) - 1)


def _twins(runs: list[str]) -> Iterator[list[str]]:
    """The runs of a designator as written, and with its leading or all its letters in their Latin or Cyrillic twins."""
    yield runs
    leading = [runs[0].translate(_TWINS), *runs[1:]]
    if len(runs[0]) <= 3 and runs[0].isalpha() and all(a != b for a, b in zip(runs[0], leading[0], strict=True)):
        yield leading
        letters = "".join(run for run in runs[1:] if run.isalpha())
        if letters and all(letter != letter.translate(_TWINS) for letter in letters):
            yield [run.translate(_TWINS) for run in runs]
