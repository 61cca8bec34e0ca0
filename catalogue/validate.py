"""Checks of the entity files that a reader of one entry can't make: `python -m catalogue.validate` prints the problems.

The shape of an entry is checked by `alerts.entities`; here stand the checks across entries and against languages: ids,
kinds, forms, scripts, too short aliases, aliases that two entities share, and common words without context.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alerts import text
from alerts.entities import Catalogue
from vedette.model import Alias, Entity

KINDS = (
    *("aircraft", "helicopter", "drone", "missile", "ship", "vehicle", "artillery", "air-defence", "radar", "weapon"),
    *("person", "organisation", "company", "exhibition", "alliance", "country", "place"),
)
"""The kinds an entity that ships may have."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "kk", "mk", "ky", "mn"), "CYRILLIC"),
    **dict.fromkeys(("ar", "fa", "ur", "ckb"), "ARABIC"),
    "hy": "ARMENIAN",
    "ka": "GEORGIAN",
    "el": "GREEK",
    "he": "HEBREW",
}
_LATIN = (
    *("en", "it", "az", "tr", "fr", "de", "es", "pl", "pt", "ro", "cs", "sk", "sl", "hr", "hu", "nl", "sv", "no"),
    *("da", "fi", "et", "lv", "lt", "sq", "vi", "id"),
)
_EAST_ASIAN = {"zh": ("CJK",), "ja": ("CJK", "HIRAGANA", "KATAKANA", "FULLWIDTH"), "ko": ("HANGUL", "CJK")}
COMMON = 3.4
"""Zipf frequency (log10 of occurrences in a thousand million words) from which on a word of one language is common."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend in the entity files."""

    entity: str
    message: str

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.entity}: {self.message}"


def problems(entities: Iterable[Entity]) -> list[Problem]:
    """What is wrong with these entities, entity by entity, then across them."""
    entities = list(entities)
    found = [problem for entity in entities for problem in _entity(entity)]
    return [*found, *_twice(entities), *_shared(entities)]


def _entity(entity: Entity) -> Iterator[Problem]:
    if not _ID.fullmatch(entity.id):
        yield Problem(entity.id, "an id is lower-case letters, digits and single hyphens")
    if entity.kind not in KINDS:
        yield Problem(entity.id, f"unknown kind {entity.kind!r}: use one of {', '.join(KINDS)}")
    if entity.country and not _COUNTRY.fullmatch(entity.country):
        yield Problem(entity.id, f"the country {entity.country!r} is not a two-letter code")
    if not entity.reference:
        yield Problem(entity.id, "has no `reference`: say where its names come from")
    if not entity.aliases:
        yield Problem(entity.id, "has no aliases")
    seen: set[tuple[str, str, bool, tuple[str, ...]]] = set()
    for alias in entity.aliases:
        key = (alias.language, alias.text, alias.exact, alias.near)
        if key in seen:
            yield Problem(entity.id, f"the alias {alias.text!r} stands twice under {alias.language or 'any'}")
        seen.add(key)
        yield from (
            Problem(entity.id, f"the alias {alias.text!r} ({alias.language or 'any'}) {m}") for m in _alias(alias)
        )


def _alias(alias: Alias) -> Iterator[str]:
    for word in (alias.text, *alias.near, *alias.not_near):
        if word != unicodedata.normalize("NFC", word) or word != " ".join(word.split()):
            yield f"has {word!r}, which is not composed (NFC) or has loose spaces"
    tokens = text.tokens(alias.text)
    if not tokens:
        yield "has no letters or digits"
    elif len("".join(tokens)) < _shortest(alias):
        yield "is too short to stand alone: give a longer form"
    if alias.language and not _fits(alias):
        yield "has no letter of the script of its language"


def _shortest(alias: Alias) -> int:
    """Letters and digits an alias must have: three; two where each is a syllable, case counts or context helps."""
    running = any(text.is_running(token) for token in text.tokens(alias.text))
    if running and alias.near:
        return 1
    return 2 if running or alias.exact or alias.near else 3


def _fits(alias: Alias) -> bool:
    names = [unicodedata.name(c, "") for c in alias.text if c.isalpha()]
    if not names or alias.language in _LATIN:
        return not names or any(n.startswith("LATIN") for n in names)
    scripts = _EAST_ASIAN.get(alias.language) or ((_SCRIPTS[alias.language],) if alias.language in _SCRIPTS else ())
    # A designator in Latin letters is written so everywhere.
    latin = all(n.startswith("LATIN") for n in names)
    return not scripts or latin or any(n.startswith(scripts) for n in names)


def _twice(entities: list[Entity]) -> Iterator[Problem]:
    seen: set[str] = set()
    for entity in entities:
        if entity.id in seen:
            yield Problem(entity.id, "the id is used twice")
        seen.add(entity.id)


def _shared(entities: list[Entity]) -> Iterator[Problem]:
    """Aliases that several entities have, where one of them has no context to tell it by."""
    owners: dict[str, list[tuple[str, Alias]]] = defaultdict(list)
    for entity in entities:
        for alias in entity.aliases:
            owners[text.fold(alias.text)].append((entity.id, alias))
    for rows in owners.values():
        ids = sorted({identity for identity, _ in rows})
        bare = sorted({i for i, alias in rows if not alias.near and not alias.not_near})
        if len(ids) > 1 and bare:
            others = ", ".join(i for i in ids if i != bare[0])
            yield Problem(bare[0], f"shares the alias {rows[0][1].text!r} with {others}: give it `near` words")


def common_words(entities: Iterable[Entity]) -> list[Problem]:
    """Aliases without context that are common words of some language. Needs wordfreq (ImportError without)."""
    from wordfreq import zipf_frequency

    found = []
    for entity in entities:
        for alias in entity.aliases:
            bare = not (alias.near or alias.not_near or alias.exact)
            one_word = len(text.tokens(alias.text)) == 1 and alias.text.isalpha()
            if not bare or not one_word or _unmistakable(entity, alias):
                continue
            # Every alias is looked for in texts of every language, folded: ŞƏT is found as "set".
            forms = {alias.text.lower(), text.fold(alias.text)}
            if any(zipf_frequency(form, lang) >= COMMON for form in forms for lang in _word_lists(alias.text)):
                found.append(Problem(entity.id, f"the alias {alias.text!r} is a common word: give it `near` words"))
    return found


def _unmistakable(entity: Entity, alias: Alias) -> bool:
    """Names that are frequent because the thing is much written about, not because they mean something else."""
    return entity.kind in ("country", "place") or entity.id in _FAMOUS or alias.text in ("Bundeswehr",)


_FAMOUS = (
    *("nato", "european-union", "united-nations", "osce", "brics", "hezbollah", "hamas", "houthis", "taliban", "isis"),
    *("pkk", "armed-forces-tr", "armed-forces-ua", "pentagon", "cia", "mossad", "sbu", "hur", "fsb", "roscosmos"),
    *("airbus", "boeing", "spacex", "aselsan", "sarsilmaz", "ukroboronprom", "sergei-shoigu", "mariusz-blaszczak"),
    *("alexander-lukashenko", "aleksandar-vucic", "khalifa-haftar"),
    *("recep-tayyip-erdogan", "vladimir-putin", "sergei-lavrov", "volodymyr-zelenskyy", "donald-trump"),
    *("emmanuel-macron", "benjamin-netanyahu", "abdel-fattah-el-sisi"),
)
_WORD_LISTS = {
    "LATIN": ("en", "fr", "de", "it", "es", "pt", "tr", "pl", "nl"),
    "CYRILLIC": ("ru", "uk", "bg", "sh"),
    "ARABIC": ("ar", "fa"),
    "GREEK": ("el",),
    "HEBREW": ("he",),
}


def _word_lists(written: str) -> tuple[str, ...]:
    """The languages of whose words there are lists, by script."""
    return _WORD_LISTS.get(unicodedata.name(written[0], "").partition(" ")[0], ())


def main() -> int:
    """Print the problems of the entities that ship; 1 where there are any."""
    entities = list(Catalogue.shipped())
    found = problems(entities)
    try:
        found += common_words(entities)
    except ImportError:
        sys.stderr.write("The check for common words was left out: it needs the package wordfreq.\n")
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(entities)} entities, {len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
