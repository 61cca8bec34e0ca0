"""Which entities of the catalogue a text names, all of them, at the cost of those that it may name.

Compiling every alias takes seconds; here an entity is compiled when a word of its names first turns up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from alerts.document import Document, Hit
from alerts.entities import Catalogue, Lexicon, spellings
from alerts.inflection import table
from alerts.knowledge import Knowledge
from alerts.text import tokens
from vedette.model import Article, Entity

_WORDS_JOINED = 3
"""Of so many words an alias may be written as one: C-27J, C27J."""
_MEMO_LIMIT = 200_000


class Spotted(NamedTuple):
    """An entity that an article names."""

    entity: Entity
    forms: frozenset[str]  # folded, as they stand there, without spaces
    in_title: bool
    ends_at: int | None  # of its first place in the text, in characters; None where it stands in the title alone


class Spotter:
    """Finds the entities of a catalogue in articles."""

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        """Take what loads the catalogue; it is loaded for the first article."""
        self._load = catalogue
        self._knowledge = Knowledge(catalogue)
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def spot(self, article: Article) -> list[Spotted]:
        """The entities that title and text name."""
        document = Document(article, self._knowledge)
        lexicon = self._lexicon
        spoken = document.languages
        wanted = set().union(*(self._owners(word, language) for language in spoken for word in document.words))
        for identity in wanted - lexicon.wanted:
            lexicon.add(self._catalogue[identity])
        return [
            _spotted(lexicon.entities[identity], hits, document) for identity, hits in lexicon.hits(document).items()
        ]

    @cached_property
    def _catalogue(self) -> Catalogue:
        return self._load()

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self._catalogue.owners)

    def _owners(self, word: str, language: str) -> frozenset[str]:
        """The entities of which a word, inflected or not, may be the rarest part of a name."""
        key = (word, language)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MEMO_LIMIT:
                self._known.clear()
            names = self._names
            found = frozenset().union(*(names.get(base, ()) for base in (*table(language).bases(word), *_stems(word))))
            self._known[key] = found
        return found

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """The entities by what their names are looked up by."""
        filed: dict[str, set[str]] = {}
        for entity in self._catalogue:
            for alias in spellings(entity):
                for word in _handles(alias.text):
                    filed.setdefault(word, set()).add(entity.id)
        return filed


def _spotted(entity: Entity, hits: Sequence[Hit], document: Document) -> Spotted:
    forms = frozenset("".join(document.tokens[hit.start : hit.end]) for hit in hits)
    below = next((hit for hit in hits if hit.start >= document.title_end), None)
    ends_at = document.end(below.end - 1) if below is not None else None
    return Spotted(entity, forms, any(hit.start < document.title_end for hit in hits), ends_at)


def _handles(alias: str) -> list[str]:
    """What an alias is looked up by: its longest word, and all of them written as one."""
    words = tokens(alias)
    if not words:
        return []
    return [max(words, key=len), *(["".join(words)] if 1 < len(words) <= _WORDS_JOINED else [])]


def _stems(word: str) -> list[str]:
    """What stands before an ending of a word with digits: C-27Js, F-16nın."""
    if not any(char.isdigit() for char in word):
        return []
    return [word[:length] for length in range(2, len(word))]
