"""What an article is about, as traits that a rewrite or a translation of it shares: see `Traits`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from alerts.stories.facts import days, designators, numbers, plain, years
from alerts.stories.spotter import Spotted, Spotter
from alerts.text import fold, is_running, tokens, word_list
from vedette.model import Article

LEAD = 1_000
"""Characters of the text that tell what it is about; what follows is background, which other events share."""
OPENING = 300
"""Characters of the text that tell the event itself: what happened, to whom, where."""
STEM = 6
"""Letters by which inflected words are compared."""
SHORTEST = 4


class Kind(NamedTuple):
    """What a kind of trait says of an event: its weight, and whether it tells one event from others on the topic."""

    weight: float
    is_specific: bool = False  # names one thing, not a scene or a day
    is_thing: bool = False  # what is sold, built, flown: who is in the news everywhere at once is none


KINDS = {
    "entity": Kind(1.6, is_specific=True, is_thing=True),
    "designator": Kind(1.6, is_specific=True, is_thing=True),
    "exhibition": Kind(1.6, is_specific=True),  # a thing where both titles name it
    "person": Kind(1.6, is_specific=True),
    "word": Kind(1.0),
    "number": Kind(0.8, is_specific=True),
    "country": Kind(0.6),
    "day": Kind(0.5),
    "year": Kind(0.3),
    "place": Kind(0.3),  # most of what is told of a region names its capital
}
"""The kinds of traits."""
_ENTITIES = {kind: kind for kind in ("country", "person", "exhibition", "place")} | {"alliance": "country"}
"""The traits of the catalogue's kinds; those of all others are "entity"."""


def kind_of(trait: str) -> Kind:
    """The kind of "kind:value"."""
    return KINDS[trait.partition(":")[0]]


_NAME = re.compile(r"(?<=[^\s.!?:;…\"'“”‘’«»()\[\]-][ \u00a0])[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits with the way the article writes them. A trait is "kind:value": `entity:leonardo`, `country:italy`,
    `person:guido-crosetto`, `exhibition:adex`, `designator:c27j`, `number:450000000`, `day:06-08`, `word:croset`.
    """

    language: str = ""
    title: frozenset[str] = frozenset()  # those that stand in the title
    opening: frozenset[str] = frozenset()  # those that stand in the title or in the first sentences
    names: frozenset[str] = frozenset()  # words with a capital within a sentence
    labels: Mapping[str, str] = field(default_factory=dict)  # every trait with the way it is written

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {
            "language": self.language,
            "title": sorted(self.title),
            "opening": sorted(self.opening),
            "names": sorted(self.names),
            "labels": dict(self.labels),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Back from it; one that was stored before openings were has its title for one."""
        title = frozenset(data["title"])
        opening = frozenset(data.get("opening", title))
        return cls(data["language"], title, opening, frozenset(data["names"]), data["labels"])


def traits_of(article: Article, spotter: Spotter) -> Traits:
    """What title and beginning name."""
    language = article.language.lower().partition("-")[0]
    lead = replace(article, text=article.text[:LEAD], captions="")
    spotted = spotter.spot(lead)
    entities, written = _entities(spotted)
    names = {f"word:{key}": label for key, label in _names(lead.text)}
    body = f"{article.title}\n{lead.text}"
    words = {f"word:{key}": label for key, label in _words(tokens(body))}
    labels = {**entities, **_facts(body, written), **words, **names}
    title = _standing_in(article.title, "", written) | _entities(s for s in spotted if s.in_title)[0].keys()
    begun = _entities(s for s in spotted if s.ends_at is not None and s.ends_at <= OPENING)[0].keys()
    opening = title | _standing_in("", article.text[:OPENING], written) | begun
    return Traits(language, title & labels.keys(), opening & labels.keys(), frozenset(names), labels)


def _standing_in(title: str, text: str, written: set[str]) -> frozenset[str]:
    """The words and facts of a title or of a piece of text, without the way they are written."""
    words = {f"word:{key}" for key, _ in (*_words(tokens(title or text)), *_names(text))}
    return frozenset(words | _facts(title or text, written).keys())


def hard_facts(article: Article, spotter: Spotter) -> dict[str, str]:
    """The entities, designators, numbers and days of a whole article with its captions: what makes a change news."""
    entities, written = _entities(spotter.spot(article))
    return {**entities, **_facts("\n".join(article.words), written)}


def _facts(text: str, named: set[str]) -> dict[str, str]:
    """Designators beyond those that name an entity, numbers and days."""
    return {
        **{
            f"designator:{key}": label
            for key, label in designators(text).items()
            if not any(key in plain(name) for name in named)
        },
        **{f"number:{key}": label for key, label in numbers(text).items()},
        **{f"day:{key}": label for key, label in days(text).items()},
        **{f"year:{year}": year for year in years(text)},
    }


def stem(word: str) -> str:
    """A word without its ending, more or less: names and words are inflected."""
    return word[:STEM]


def _entities(found: Iterable[Spotted]) -> tuple[dict[str, str], set[str]]:
    """The entities as traits, and how their names are written, without spaces."""
    traits: dict[str, str] = {}
    written: set[str] = set()
    for spotted in found:
        traits[f"{_ENTITIES.get(spotted.entity.kind, 'entity')}:{spotted.entity.id}"] = spotted.entity.name
        written |= spotted.forms
    return traits, written


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Words with a capital within a sentence. Where every noun has one (German), rarity must tell."""
    for match in _NAME.finditer(text):
        if unicodedata.category(match[0][0]) == "Lu" and (word := fold(match[0])) not in word_list("common"):
            yield stem(word), match[0]


def _words(found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The stems of longer words; pairs of characters where a script has no spaces."""
    before = ""
    for word in found:
        running = is_running(word)
        if running and before:
            yield before + word, before + word
        elif not running and len(word) >= SHORTEST and not word.isdigit():
            yield stem(word), word
        before = word if running else ""
