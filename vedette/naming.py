"""Spellings of a name that an entity could have: by sound, and from the archive, with how many articles hold each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts import text
from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.spellings import Likeness, Spelling, by_sound, languages
from storage import Transaction
from vedette.archive import Query
from vedette.errors import UsageError
from vedette.model import Alias, Entity

MOST_READ = 3000
"""The newest articles that are read for what looks like the name."""
_MOST_FOUND = 12  # spellings of the archive that are shown
_LANGUAGE_OF = {"AT": "de", "AR": "es", "GB": "en", "US": "en", "CL": "es", "MX": "es", "BE": "fr"}


@dataclass(frozen=True, slots=True)
class Suggested:
    """A spelling and how many articles of the archive hold it, inflected or not."""

    text: str
    language: str
    origin: str  # sound | archive
    articles: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Entities that a name may mean, and spellings that they lack, those that the archive holds first."""

    known: tuple[Entity, ...]
    near: tuple[str, ...]
    spellings: tuple[Suggested, ...]


def catalogue_of(tx: Transaction) -> Catalogue:
    """The shipped entities and the own ones."""
    return Catalogue.shipped().with_entities(tx.entities.list())


def suggest(tx: Transaction, name: str, language: str = "") -> Suggestions:
    """What could be added to an entity of that name. `language`: whose name it is; else its country tells, if known."""
    if not text.tokens(name):
        raise UsageError("a name needs letters")
    catalogue = catalogue_of(tx)
    known = catalogue.find(name)
    near = [identity for identity in catalogue.nearest(name) if identity not in {e.id for e in known}]
    had = {text.fold(alias.text) for entity in known for alias in entity.aliases} | {text.fold(name)}
    seen = [s for s, _ in _seen(tx, name).spellings() if text.fold(s.text) not in had][:_MOST_FOUND]
    spoken = language or _spoken(known)
    heard = [s for s in by_sound(name, spoken) if text.fold(s.text) not in had | {text.fold(o.text) for o in seen}]
    counted = _counted(tx, [*seen, *heard])
    return Suggestions(tuple(known), tuple(near), tuple(sorted(counted, key=lambda s: -s.articles)))


def extended(tx: Transaction, entity_id: str, aliases: Sequence[Alias]) -> Entity:
    """An entity with more aliases; UsageError for an unknown one."""
    entity = catalogue_of(tx).get(entity_id)
    if entity is None:
        raise UsageError(f"unknown entity {entity_id!r}: `vedette entities list WORDS` finds them")
    had = {(alias.text, alias.language) for alias in entity.aliases}
    own = entity.aliases or (Alias(entity.name),)
    return replace(entity, aliases=(*own, *(a for a in aliases if (a.text, a.language) not in had)))


def _spoken(known: Sequence[Entity]) -> str:
    """The language of a country of which names can be read by sound."""
    for entity in known:
        language = _LANGUAGE_OF.get(entity.country, entity.country.lower())
        if language in languages():
            return language
    return "any"


def _seen(tx: Transaction, name: str) -> Likeness:
    likeness = Likeness(name)
    for row in tx.search.archived([], limit=MOST_READ):
        for part in (row.article.title, row.article.text):
            likeness.read(part, row.article.language)
    return likeness


def _counted(tx: Transaction, spellings: Sequence[Spelling]) -> list[Suggested]:
    """How many articles hold each, found as an entity's alias is."""
    tried = [Entity(f"?{n}", s.text, "spelling", (Alias(s.text, s.language),)) for n, s in enumerate(spellings)]
    monitor = Monitor(Catalogue(tried))
    return [
        Suggested(s.text, s.language, s.origin, sum(1 for _ in Query(tx, f'@"{entity.id}"', monitor).matches()))
        for s, entity in zip(spellings, tried, strict=True)
    ]
