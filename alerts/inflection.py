"""Inflected names and stems: the suffix tables of alerts/suffixes as data, and Snowball for `~word`.

A table says which endings a written form may take in one language. `inflects(base, token)` asks it forwards and
`bases(token)` backwards (which written forms a token may be an inflection of); both answer from the same sets, so that
the presearcher never loses what the evaluator would find. All words here are folded tokens (see `alerts.text`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from alerts import text

MIN_STEM = 3
"""Letters that must stand before a suffix."""
_MOST_KNOWN = 100_000  # pairs of words remembered by a table

_SHARED = {
    **dict.fromkeys(("hr", "bs", "sh", "me"), "sr"),
    **dict.fromkeys(("no", "nb", "nn", "da"), "sv"),
    **dict.fromkeys(("ckb", "ur", "ps"), "fa"),
}
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The endings (and Arabic or Hebrew prefixes) that a written form may take in one language, folded."""

    suffixes: frozenset[str] = frozenset()
    replace: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # ending of the written form -> endings it may take
    prefixes: tuple[str, ...] = ()
    article: str = ""  # which a prefix ending in its last letter swallows: لل for ل + ال

    def __post_init__(self) -> None:
        """Turn `replace` around once, and note the longest ending."""
        inverse: dict[str, set[str]] = {}
        for ending, others in self.replace.items():
            for other in others:
                inverse.setdefault(other, set()).add(ending)
        object.__setattr__(self, "inverse", {k: tuple(sorted(v)) for k, v in inverse.items()})
        object.__setattr__(self, "longest", max(map(len, [*self.suffixes, *inverse, ""])))
        object.__setattr__(self, "replaced", max(map(len, ["", *self.replace])))
        object.__setattr__(self, "_known", {})

    inverse: dict[str, tuple[str, ...]] = field(init=False, compare=False)
    longest: int = field(init=False, compare=False)
    replaced: int = field(init=False, compare=False)  # letters of the longest ending that others take the place of
    _known: dict[tuple[str, str], bool] = field(init=False, compare=False, repr=False)

    def inflects(self, base: str, token: str) -> bool:
        """Whether `token` is `base` with endings or prefixes of this language (or `base` itself)."""
        if token == base:
            return True
        if len(base) < MIN_STEM or (token[:MIN_STEM] != base[:MIN_STEM] and not token.startswith(self.prefixes)):
            return False
        known = self._known.get((base, token))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = any(self._ends(form, rest) for form, rest in self._unprefixed(base, token))
            self._known[base, token] = known
        return known

    def bases(self, token: str) -> Iterator[str]:
        """Every written form that `token` may be an inflection of, itself first; some come twice."""
        yield token
        yield from self._ended(token)
        for prefix in self.prefixes:
            if token.startswith(prefix) and len(token) - len(prefix) >= MIN_STEM:
                rest = token[len(prefix) :]
                yield rest
                yield from self._ended(rest)
                if self.article and prefix.endswith("لل"):
                    yield self.article + rest
                    yield from self._ended(self.article + rest)

    def _unprefixed(self, base: str, token: str) -> Iterator[tuple[str, str]]:
        yield base, token
        for prefix in self.prefixes:
            if token.startswith(prefix) and len(token) - len(prefix) >= MIN_STEM:
                yield base, token[len(prefix) :]
                if self.article and prefix.endswith("لل"):
                    yield base, self.article + token[len(prefix) :]

    def _ends(self, base: str, token: str) -> bool:
        if token == base or (token.startswith(base) and token[len(base) :] in self.suffixes):
            return True
        for length in range(min(self.replaced, len(base) - MIN_STEM) + 1):
            stem = base[: len(base) - length]
            others = self.replace.get(base[len(stem) :])
            if others is not None and token.startswith(stem) and token[len(stem) :] in others:
                return True
        return False

    def _ended(self, token: str) -> Iterator[str]:
        for length in range(min(self.longest, len(token) - MIN_STEM) + 1):
            stem, ending = token[: len(token) - length], token[len(token) - length :]
            if ending and ending in self.suffixes:
                yield stem
            for written in self.inverse.get(ending, ()):
                yield stem + written


def _folded(ending: str) -> str:
    return text.fold(ending).replace(" ", "")


def _table(data: dict[str, Any]) -> Table:
    suffixes = {_folded(s) for s in data.get("suffixes", ())}
    for chain in data.get("chains", ()):
        slots = [["" if part == "-" else _folded(part) for part in slot.split()] for slot in chain]
        suffixes.update("".join(parts) for parts in itertools.product(*slots))
    replace: dict[str, frozenset[str]] = {}
    for ending, others in (data.get("replace") or {}).items():
        key = _folded(ending)
        replace[key] = replace.get(key, frozenset()) | {_folded(other) for other in others}
    prefixes = tuple(sorted({_folded(p) for p in data.get("prefixes", ())}, key=len, reverse=True))
    return Table(frozenset(suffixes - {""}), replace, prefixes, _folded(data.get("article", "")))


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that have a suffix table of their own, sorted."""
    folder = resources.files("alerts") / "suffixes"
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


@lru_cache(maxsize=64)
def table(language: str) -> Table:
    """The table of a language (ISO 639-1); an empty one where it has none; all together where it is not known."""
    language = language.lower().partition("-")[0]
    if not language:
        return _any_language()
    name = _SHARED.get(language, language)
    if name not in languages():
        return Table()
    source = resources.files("alerts") / "suffixes" / f"{name}.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _table(yaml.load(source.read_text(encoding="utf-8"), Loader=loader))


@lru_cache(maxsize=64)
def joined(languages: tuple[str, ...]) -> Table:
    """The tables of several languages as one."""
    return _joined([table(language) for language in languages])


def _any_language() -> Table:
    return _joined([table(name) for name in languages() if name not in ("ko",)])


def _joined(tables: list[Table]) -> Table:
    replace: dict[str, frozenset[str]] = {}
    for one in tables:
        for ending, others in one.replace.items():
            replace[ending] = replace.get(ending, frozenset()) | others
    prefixes = tuple(sorted({p for one in tables for p in one.prefixes}, key=len, reverse=True))
    article = next((one.article for one in tables if one.article), "")
    return Table(frozenset().union(*(one.suffixes for one in tables)), replace, prefixes, article)


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Any:
    import snowballstemmer  # type: ignore[import-untyped]  # a slow import, and most rules have no ~word

    name = _SNOWBALL.get(language or "en")
    return snowballstemmer.stemmer(name) if name else None


def can_stem(language: str) -> bool:
    """Whether `~word` finds more than the word itself in a language."""
    return language in _SNOWBALL or _SHARED.get(language, language) in languages()


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """The folded stem of a word as written; Snowball's, or for languages it lacks the word less its endings."""
    language = language.lower().partition("-")[0]
    stemmer = _stemmer(language)
    if stemmer is not None:
        return _folded(stemmer.stemWord(text.lower(word, language)))
    return _stripped(_folded(word), table(language))


def _stripped(token: str, endings: Table) -> str:
    """A token without its endings, the longest first, as long as enough is left."""
    while True:
        for length in range(min(endings.longest, len(token) - MIN_STEM - 1), 0, -1):
            if token[-length:] in endings.suffixes or token[-length:] in endings.inverse:
                token = token[:-length]
                break
        else:
            return token
