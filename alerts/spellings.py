"""Spellings of a name in other languages and scripts: by sound, and what texts hold that looks like it. Pure.

Libraries that transliterate give letters for letters (Crosetto: Цросетто); the press writes names as they sound
(Крозетто). So the tables of spellings.yaml go from letters to sounds and from sounds to letters. They propose; an
analyst chooses. Texts are searched through Latin letters (anyascii) by likeness (rapidfuzz).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from anyascii import anyascii
from rapidfuzz import fuzz

from alerts import inflection, text

LIKE = 84.0
"""From 0 to 100: how like a word must be to one of the name's."""
SHORTEST = 4
"""Letters of a word of the name that is looked for alone."""
_BETWEEN = "ẑ"
_SOUNDS = frozenset("aeiouyøıəbvgdžzjklmnprstfxhcčšǰ" + _BETWEEN)
_DOUBLED = re.compile(r"(.)\1")
_VOWELS = re.compile(r"[aeiouywj]")  # and the letters by which Arabic and Hebrew write long ones
_ALIKE = (("sch", "s"), ("sh", "s"), ("ch", "k"), ("kh", "k"), ("gh", "g"), ("ph", "f"), ("ts", "s"), ("x", "ks"))
_ALIKE_LETTERS = str.maketrans({"c": "k", "q": "k", "z": "s", "w": "v", "y": "i", "j": "i"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """A spelling, the language that writes so, and where it is from: "sound" or "archive"."""

    text: str
    language: str
    origin: str


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    source = resources.files("alerts") / "spellings.yaml"
    found: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return found


def languages() -> tuple[str, ...]:
    """The languages whose names can be read by sound; `any` stands for the others."""
    return tuple(_tables()["sounds"])


def by_sound(name: str, language: str = "any") -> list[Spelling]:
    """How other languages may write a name of a language, each once."""
    if language not in _tables()["sounds"]:
        language = "any"
    latin = name if all(text.script(c) == "L" and ord(c) < 0x370 for c in name if c.isalpha()) else anyascii(name)
    sounds = _rewritten(_composed(latin), _rules("sounds", language))
    sounds = "".join(map(_sound, sounds))
    found: dict[tuple[str, str], Spelling] = {}
    for target in _tables()["letters"]:
        if target == language:
            continue
        for heard in dict.fromkeys((sounds.replace(_BETWEEN, "s"), sounds.replace(_BETWEEN, "z"))):
            once = _DOUBLED.sub(r"\1", heard) if target in _tables()["single"] else heard
            written = _titled(_rewritten(once, _rules("letters", target)))
            if text.fold(written) != text.fold(name):
                found.setdefault((target, written), Spelling(written, target, "sound"))
    return list(found.values())


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", text.lower(name)).replace("ı̇", "i")


def _sound(char: str) -> str:
    """A sound; for a letter that the rules of a language left, what it sounds like elsewhere."""
    if char in _SOUNDS or not char.isalpha():
        return char
    latin = anyascii(char).lower()
    return latin if latin in _SOUNDS else "".join(c for c in _rewritten(latin, _rules("sounds", "any")) if c in _SOUNDS)


def _titled(name: str) -> str:
    """Every word with a capital; Georgian has them only for headings."""
    if any(text.script(char) == "ka" for char in name):
        return name
    return re.sub(r"[^\W\d_]+", lambda word: word.group()[0].upper() + word.group()[1:], name)


@lru_cache(maxsize=64)
def _rules(section: str, language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    rules: list[tuple[str, str]] = []
    for rule in _tables()[section][language]:
        if isinstance(rule, str):
            rules += [(known.pattern, letters) for known, letters in _rules(section, rule)]
        else:
            rules += [(re.escape(a), b) for a, b in rule.items()] if isinstance(rule, dict) else [(rule[0], rule[1])]
    return tuple((re.compile(pattern), letters) for pattern, letters in rules)


def _rewritten(source: str, rules: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """Each place by the first rule that fits there; what none fits stays."""
    at, made = 0, []
    while at < len(source):
        for pattern, letters in rules:
            found = pattern.match(source, at)
            if found and found.end() > at:
                made.append(letters)
                at = found.end()
                break
        else:
            made.append(source[at])
            at += 1
    return "".join(made)


# --------------------------------------------------------------------------- what looks like it


class Likeness:
    """Finds in texts what looks like a name, in any script."""

    def __init__(self, name: str) -> None:
        self.parts = [word for word in re.findall(r"[^\W_]+", name) if word]
        self._keys = [_key(part) for part in self.parts]
        self._skeletons = [_skeleton(part) for part in self.parts]
        self._known: dict[tuple[str, str], frozenset[int]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def read(self, source: str, language: str) -> None:
        """Count what a text holds: the whole name, or a word of it that stands alone."""
        words = [m.group() for m in re.finditer(r"[^\W\d_]+", source)]
        at = 0
        while at < len(words):
            here = self._places(words[at], language)
            if not here:
                at += 1
                continue
            run = [words[at]]
            while (
                len(run) < len(self.parts)
                and at + len(run) < len(words)
                and self._places(words[at + len(run)], language)
            ):
                run.append(words[at + len(run)])
            if len(run) > 1 or any(len(self.parts[p]) >= SHORTEST for p in here):
                self.counts[" ".join(run), language] += 1
            at += len(run)

    def _places(self, word: str, language: str) -> frozenset[int]:
        """Which words of the name one of a text is like; words that begin small are none."""
        known = self._known.get((word, language))
        if known is None:
            small = word[0].islower() and text.script(word[0]) != "ka"
            known = self._known[word, language] = frozenset() if small else frozenset(self._compared(word, language))
        return known

    def _compared(self, word: str, language: str) -> Iterator[int]:
        if text.script(word[0]) in ("ar", "he"):  # short vowels are not written
            skeleton = _skeleton(word)
            yield from (p for p, own in enumerate(self._skeletons) if len(own) > 2 and own == skeleton)
        elif key := _key(word, language):
            yield from (p for p, own in enumerate(self._keys) if own and own[0] == key[0] and self._like(own, key))

    @staticmethod
    def _like(own: str, key: str) -> bool:
        return fuzz.ratio(own, key) >= LIKE or (len(own) > SHORTEST and fuzz.ratio(own, key[: len(own)]) >= LIKE + 8)

    def spellings(self) -> list[tuple[Spelling, int]]:
        """What was found, the commonest first; inflected forms count with the form that they are of."""
        merged: Counter[tuple[str, str]] = Counter()
        forms = sorted(self.counts, key=lambda f: (len(f[0]), f))
        for form, language in forms:
            base = next((b for b, of in merged if of == language and _inflects(b, form, language)), form)
            merged[base, language] += self.counts[form, language]
        return [(Spelling(form, language, "archive"), n) for (form, language), n in merged.most_common()]


def _inflects(base: str, form: str, language: str) -> bool:
    ours, theirs = text.tokens(base), text.tokens(form)
    if len(ours) != len(theirs):
        return False
    endings = inflection.table(language)
    return all(endings.inflects(a, b) for a, b in zip(ours, theirs, strict=True))


def _skeleton(word: str) -> str:
    """The consonants of a word as they sound, roughly."""
    return _sounding(_VOWELS.sub("", anyascii(word).lower()))


def _key(word: str, language: str = "") -> str:
    """A word as it sounds, roughly: Latin letters without doubles, those of like sound as one."""
    latin = anyascii(word).lower()
    if language == "az":
        latin = latin.replace("q", "g")
    return _sounding(re.sub("u(?=[aeio])", "v", latin))


def _sounding(latin: str) -> str:
    for letters, one in _ALIKE:
        latin = latin.replace(letters, one)
    return _DOUBLED.sub(r"\1", re.sub(r"[^a-z]", "", latin).translate(_ALIKE_LETTERS))
