"""Text as the rules see it: folded tokens with exact offsets into the text as stored, paragraphs and sentences.

A token is a run of letters and digits of one word. It is compared folded: NFKC, case gone (all Turkic i's alike),
accents of Latin, Greek and Cyrillic gone, Arabic letter forms and vowel marks unified, invisible characters gone. Han,
Kana, Hangul, Thai and their like have no reliable spaces: there each character is a token of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from itertools import chain

import yaml

Spans = tuple[tuple[int, int], ...]
"""Code point offsets (start, end) of tokens."""

_ASCII_TOKEN = re.compile(r"[a-z0-9]+")
_ASCII_TOKEN_ANY_CASE = re.compile(r"[A-Za-z0-9]+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*|\u2029\s*")
_OTHER_BREAKS = re.compile(r"\r\n?|\x85|\u2028")
MEMO_LIMIT = 300_000  # chunks; some 40 MB at most
MEMO_LENGTH = 48  # longer chunks are running text, which does not come again

# Letters that Unicode does not decompose although readers take them for an accented or joined letter.
_LETTERS = str.maketrans(
    {"ə": "e", "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŋ": "n", "æ": "ae", "œ": "oe", "þ": "th"}
    # Arabic letters that writers and keyboards exchange: hamza carriers, alif maqsura, Persian yeh and kaf, ta marbuta
    | {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ئ": "ي", "ؤ": "و", "ک": "ك", "ة": "ه"}
    | {"ڪ": "ك", "ۀ": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه", "گ": "گ"}
)
_APOSTROPHES = frozenset("ʹʺʻʼʽʾʿˈ՚")  # letters or marks by category, but written where an apostrophe stands
_USUAL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # ＡＤＥＸ: as wide as a Han character
_GONE = frozenset("ـ՛՜՞͏")  # tatweel, Armenian marks that stand inside a word, the combining grapheme joiner

# (first, last, script): scripts that part tokens from each other. Latin, Greek and Cyrillic do not: a mixed
# word is one word (С-27J typed with a Cyrillic С).
_SCRIPTS = (
    (0x0041, 0x052F, "L"),
    (0x0531, 0x058A, "hy"),
    (0x0591, 0x05F4, "he"),
    (0x0600, 0x06FF, "ar"),
    (0x0750, 0x077F, "ar"),
    (0x08A0, 0x08FF, "ar"),
    (0x0E00, 0x0EFF, "running"),  # Thai, Lao
    (0x0F00, 0x0FFF, "running"),  # Tibetan
    (0x1000, 0x109F, "running"),  # Myanmar
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "running"),  # Hangul jamo
    (0x1780, 0x17FF, "running"),  # Khmer
    (0x1C80, 0x1CBF, "ka"),
    (0x1D00, 0x1FFF, "L"),
    (0x2C60, 0x2C7F, "L"),
    (0x2D00, 0x2D2F, "ka"),
    (0x2DE0, 0x2DFF, "L"),
    (0x2E80, 0xA4CF, "running"),  # Han, Kana, Bopomofo, Yi
    (0xA640, 0xA69F, "L"),
    (0xA720, 0xA7FF, "L"),
    (0xA960, 0xA97F, "running"),
    (0xAB30, 0xAB6F, "L"),
    (0xAC00, 0xD7FF, "running"),  # Hangul
    (0xF900, 0xFAFF, "running"),
    (0xFB13, 0xFB17, "hy"),
    (0xFB1D, 0xFB4F, "he"),
    (0xFB50, 0xFEFC, "ar"),
    (0x1B000, 0x1B16F, "running"),
    (0x20000, 0x3FFFF, "running"),
)


@lru_cache(maxsize=20_000)
def script(char: str) -> str:
    """The script group of a folded character: "L" (Latin, Greek, Cyrillic), "ar", "he", "hy", "ka", "running", "other".

    "running" are the scripts without reliable spaces; "digit" and "" (no letter at all) complete the answers.
    """
    category = unicodedata.category(char)
    if category[0] == "N":
        return "digit"
    if (category[0] not in "LM" and char != "゠") or char in _APOSTROPHES:
        return ""
    code = ord(char)
    for first, last, name in _SCRIPTS:
        if first <= code <= last:
            return name
    return "other"


def is_hangul(token: str) -> bool:
    """Whether a token is a Hangul syllable."""
    return "\uac00" <= token[0] <= "\ud7a3"


def is_running(token: str) -> bool:
    """Whether a token is a character of a script without reliable spaces."""
    return script(token[0]) == "running"


@lru_cache(maxsize=20_000)
def _joins(char: str) -> bool:
    """Whether a character belongs to the one before it: marks, conjoining Hangul, half-width sound marks."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


@lru_cache(maxsize=50_000)
def _fold_cluster(cluster: str) -> str:
    """A character with its marks, folded; "" for what is invisible."""
    folded = []
    for char in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold()):
        category = unicodedata.category(char)
        if char in _GONE or category == "Cf":
            continue
        if category == "Nd":
            folded.append(str(unicodedata.decimal(char)))
        elif category == "Mn" and (char <= "\u036f" or script(char) in ("ar", "he") or "\ufe00" <= char <= "\ufe0f"):
            continue
        elif script(char) == "L":
            folded.append("".join(c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn"))
        else:
            folded.append(char)
    return "".join(folded).translate(_LETTERS)


def split(chunk: str) -> tuple[tuple[str, ...], Spans]:
    """The folded tokens of a text and where each stands in it; nothing is remembered."""
    if chunk.isascii():
        found = list(_ASCII_TOKEN.finditer(chunk.lower()))
        return tuple(m.group() for m in found), tuple(m.span() for m in found)
    tokens: list[str] = []
    spans: list[tuple[int, int]] = []
    group = ""  # script group of the token that is open, "" for none
    at, length = 0, len(chunk)
    while at < length:
        end = at + 1
        while end < length and _joins(chunk[end]):
            end += 1
        for char in _fold_cluster(chunk[at:end]):
            kind = script(char)
            mark = kind == "running" and _joins(char)
            if not kind:
                group = ""
            elif group and (mark or _one_word(group, kind)):
                tokens[-1] += char
                spans[-1] = (spans[-1][0], end)
                group = group if kind == "digit" or mark else kind
            else:
                tokens.append(char)
                spans.append((at, end))
                group = kind
        at = end
    return tuple(tokens), tuple(spans)


def _one_word(group: str, kind: str) -> bool:
    """Whether a character goes on in a token of another script group; Arabic and Hebrew letters part from digits."""
    if "running" in (group, kind):
        return False
    return group == kind or ("digit" in (group, kind) and not {group, kind} & {"ar", "he"})


class _Memo(dict[str, tuple[tuple[str, ...], Spans]]):
    """Chunk of text without white space -> its tokens and their offsets. News repeats its words."""

    def __missing__(self, chunk: str) -> tuple[tuple[str, ...], Spans]:
        found = split(chunk)
        if len(chunk) <= MEMO_LENGTH:
            if len(self) >= MEMO_LIMIT:
                self.clear()
            self[chunk] = found
        return found


class _Words(dict[str, tuple[str, ...]]):
    """Chunk of text without white space -> its tokens alone; what the presearcher asks for."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        found = laid_out[chunk][0]
        if len(chunk) <= MEMO_LENGTH:
            if len(self) >= MEMO_LIMIT:
                self.clear()
            self[chunk] = found
        return found


laid_out = _Memo()
"""Chunk without white space -> (tokens, offsets in the chunk); remembers."""

words_of = _Words()
"""Chunk without white space -> tokens; remembers."""


_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_MARKS = tuple(zip("’“”–—‘…\u00a0«»", '\'""--\'. ""', strict=True))  # frequent in plain English texts; one for one


def simplified(text: str) -> str:
    """A text with typographic marks as ASCII has them, one for one, if that makes it ASCII; else as it is."""
    if text.isascii():
        return text
    simple = text
    for mark, plain_mark in _MARKS:
        simple = simple.replace(mark, plain_mark)
    return simple if simple.isascii() else text


def tokens(text: str) -> list[str]:
    """The folded tokens of a text."""
    return tokens_of(simplified(text))


def tokens_of(text: str) -> list[str]:
    """The folded tokens of a text, or of a part of it, that is `simplified`."""
    if text.isascii():
        return text.translate(_ASCII).split()
    return list(chain.from_iterable(map(words_of.__getitem__, text.split())))


def token_spans(text: str) -> list[tuple[int, int]]:
    """Where the tokens of an ASCII text stand in it, in code points."""
    return [match.span() for match in _ASCII_TOKEN_ANY_CASE.finditer(text)]


def fold(text: str) -> str:
    """The folded tokens of a text with single spaces between: two texts are the same to a rule when these are equal."""
    return " ".join(tokens(text))


def plain(text: str) -> str:
    """A text as written, but composed (NFC), of usual width, without invisible characters: what exact terms compare."""
    if text.isascii():
        return text
    text = text.translate(_USUAL_WIDTH)
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf" and c not in _GONE)


def lower(text: str, language: str = "") -> str:
    """Lower case of a word as its language writes it; accents stay. For stemmers, which know accents."""
    text = plain(text).replace("İ", "i")
    if language in ("tr", "az"):
        text = text.replace("I", "ı")
    return text.lower()


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Code point ranges of the paragraphs, which a blank line (or U+2029) parts."""
    if "\n" not in text and text.isascii() and "\r" not in text:
        return [(0, len(text))] if text else []
    if any(mark in text for mark in "\r\x85\u2028\u2029"):  # same length, so that the offsets hold
        text = _OTHER_BREAKS.sub(lambda m: "\n".rjust(len(m.group())), text)
    ranges, at = [], 0
    for start, end in _blank_lines(text):
        if start > at:
            ranges.append((at, start))
        at = end
    if at < len(text):
        ranges.append((at, len(text)))
    return ranges


def _blank_lines(text: str) -> Iterator[tuple[int, int]]:
    """Where the blank lines stand: sought from line break to line break, faster than by the expression alone."""
    if "\u2029" in text:
        yield from (gap.span() for gap in _BLANK_LINE.finditer(text))
        return
    at = text.find("\n")
    while at >= 0:
        gap = _BLANK_LINE.match(text, at)
        if gap:
            yield gap.span()
        at = text.find("\n", gap.end() if gap else at + 1)


@lru_cache(maxsize=8)
def word_list(section: str) -> frozenset[str]:
    """A list of words.yaml, all languages of it together, as written there."""
    source = resources.files("alerts") / "words.yaml"
    sections = yaml.load(source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return frozenset(word for words in sections[section].values() for word in str(words).split())


# --------------------------------------------------------------------------- sentences

_STOP = re.compile(
    r"""[.!?…]+["'”“»’)\]]*(?=\s)      # where words are parted by spaces
      | [。！？｡]+["”’』」）)]*          # where they are not
      | [؟۔।॥։՜՞]+["»”)]*(?=\s)""",
    re.VERBOSE,
)
_NEXT = re.compile(r"""\s*["'“”„«‘(\[—–-]*\s*(.)""")
_LAST_WORD = re.compile(r"[\w.]*$")
_LONGEST_ABBREVIATION = 24  # letters looked at before a full stop
_ORDINALS = frozenset({"az", "tr", "de", "fi", "hu", "cs", "sk", "sl", "hr", "sr", "et", "lv", "no", "nb", "da", "pl"})


def sentences(text: str, language: str = "") -> list[tuple[int, int]]:
    """Code point ranges of the sentences of a text; a paragraph's end always ends one."""
    ranges = []
    for first, last in paragraphs(text):
        at = first
        for stop in _STOP.finditer(text, first, last):
            if stop.end() < last and _ends_sentence(text, at, stop, last, language):
                ranges.append((at, stop.end()))
                at = stop.end()
                while at < last and text[at].isspace():
                    at += 1
        if at < last:
            ranges.append((at, last))
    return [(s, s + len(text[s:e].rstrip())) for s, e in ranges if text[s:e].strip()]


def _ends_sentence(text: str, at: int, stop: re.Match[str], last: int, language: str) -> bool:
    """Whether a full stop ends the sentence that began at `at` or belongs to an abbreviation or a number."""
    mark = stop.group()
    if mark[0] in "。！？｡":
        return True
    following = _NEXT.match(text, stop.end(), last)
    if following and following.group(1).islower():
        return False
    if mark[0] != ".":
        return True
    match = _LAST_WORD.search(text, max(at, stop.start() - _LONGEST_ABBREVIATION), stop.start())
    word = match.group() if match else ""
    if word.isdigit():
        return not (language in _ORDINALS and len(word) <= 2)
    letters = word.rpartition(".")[2]
    return (
        not (len(letters) == 1 and letters.isupper())
        and word.lower() not in word_list("abbreviations")
        and bool(word or len(mark) > 1)
    )
