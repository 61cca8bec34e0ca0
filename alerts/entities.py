"""Entities: named things with aliases in many scripts, the shipped catalogue of them, and how a text names them.

A `Catalogue` finds entities by id, name and kind. A `Lexicon` holds the compiled aliases of those that rules ask for
and finds all of them in a document in one pass, however many they are.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

import yaml

import catalogue
from alerts import inflection, text
from alerts.commonness import guess
from alerts.document import Document, Hit
from alerts.patterns import Element, Pattern, is_designator, patterns
from vedette.errors import DataError
from vedette.model import Alias, Entity

_ENTITY_KEYS = {"id", "name", "kind", "country", "aliases", "note", "reference", "facts", "seen"}
_MOST_TOKENS, _RARE = 3, 0.001  # of a row of `keys`; the share of articles below which it needs no more
_MOST_REMEMBERED = 300_000  # words of articles
_ALIAS_KEYS = {"text", "lang", "language", "exact", "near", "not_near"}


# --------------------------------------------------------------------------- reading


def entity_from(data: Mapping[str, Any], where: str = "") -> Entity:
    """An entity from a mapping as in catalogue/entities/*.yaml; `where` begins the message of a DataError."""
    if not isinstance(data, Mapping):
        raise DataError(f"{where}: an entity is a mapping with id, name and kind, not {data!r:.60}")
    unknown = set(data) - _ENTITY_KEYS
    if unknown:
        raise DataError(f"{where}: unknown key {sorted(unknown)[0]!r}: use {', '.join(sorted(_ENTITY_KEYS))}")
    missing = [key for key in ("id", "name", "kind") if not data.get(key)]
    if missing:
        raise DataError(f"{where}: the entity {data.get('id') or data.get('name')!r} has no {missing[0]!r}")
    return Entity(
        id=str(data["id"]),
        name=str(data["name"]),
        kind=str(data["kind"]),
        country=str(data.get("country") or ""),
        aliases=tuple(_aliases(data.get("aliases") or (), f"{where}: {data['id']}")),
        note=str(data.get("note") or ""),
        reference=str(data.get("reference") or ""),
        facts=data.get("facts") or {},
    )


def _aliases(data: Any, where: str) -> Iterator[Alias]:
    if isinstance(data, Mapping):  # language -> list
        for language, items in data.items():
            for item in [items] if isinstance(items, str | Mapping) else items or ():
                yield _alias(item, "" if language in ("any", "*", "und") else str(language), where)
    elif isinstance(data, list | tuple):
        for item in data:
            yield _alias(item, "", where)
    else:
        raise DataError(f"{where}: aliases are a list, or a mapping of languages to lists, not {data!r:.60}")


def _alias(item: Any, language: str, where: str) -> Alias:
    if isinstance(item, str | int | float):
        return Alias(str(item), language)
    if not isinstance(item, Mapping) or "text" not in item:
        raise DataError(f"{where}: an alias is a text or a mapping with a text, not {item!r:.60}")
    unknown = set(item) - _ALIAS_KEYS
    if unknown:
        raise DataError(
            f"{where}: unknown key {sorted(unknown)[0]!r} of an alias: use {', '.join(sorted(_ALIAS_KEYS))}"
        )
    return Alias(
        text=str(item["text"]),
        language=str(item.get("lang") or item.get("language") or language),
        exact=bool(item.get("exact", False)),
        near=_words(item.get("near")),
        not_near=_words(item.get("not_near")),
    )


def _words(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(word) for word in value or ())


def load_entities(path: Path) -> list[dict[str, Any]]:
    """The raw mappings of one YAML, JSON or JSON Lines file; DataError names the file and what is wrong in it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            data: Any = [json.loads(line) for line in source.splitlines() if line.strip()]
        elif path.suffix == ".json":
            data = json.loads(source)
        else:
            data = yaml.load(source, Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: {' '.join(str(error).split())}") from error
    if isinstance(data, dict) and isinstance(data.get("entities"), list):
        data = data["entities"]
    if not isinstance(data or [], list):
        raise DataError(f"{path}: must be a list of entities, each a mapping with id, name and kind")
    for entry in data or []:
        if not isinstance(entry, dict):
            raise DataError(f"{path}: an entity is a mapping with id, name and kind, not {entry!r:.60}")
    return list(data or [])


def _shipped_files() -> list[Path]:
    folder = Path(catalogue.__file__).parent / "entities"
    return sorted(folder.glob("*.yaml"))


def _load_shipped() -> list[dict[str, Any]]:
    """The raw entities that ship, from a compiled copy beside Python's own where the files have not changed since."""
    files = _shipped_files()
    if not files:
        return []
    sources = [*files, Path(__file__), Path(str(text.__file__))]  # the copy holds folded names
    state = "\n".join(f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in sources)
    key = hashlib.sha256(state.encode()).hexdigest()[:20]
    compiled = files[0].parent / "__pycache__" / f"entities.{key}.json"
    try:
        return list(json.loads(compiled.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        pass_on = [_with_names(entry, f.name) for f in files for entry in load_entities(f)]
    _remember(compiled, pass_on)
    return pass_on


def _with_names(entry: dict[str, Any], file: str) -> dict[str, Any]:
    """A raw entity with the file it is from and its folded names, which take a while to work out."""
    entity = entity_from(entry, file)
    return entry | {"_file": file, "_names": _folded_names(entity)}


def _folded_names(entity: Entity) -> list[str]:
    return sorted({text.fold(alias.text) for alias in spellings(entity)} - {""})


def spellings(entity: Entity) -> tuple[Alias, ...]:
    """The aliases of an entity; its name where it has none."""
    return entity.aliases or (Alias(entity.name),)


def _remember(compiled: Path, entries: list[dict[str, Any]]) -> None:
    """Keep the compiled copy if the folder can be written; as with byte code, a read-only one only costs time."""
    try:
        compiled.parent.mkdir(exist_ok=True)
        for old in compiled.parent.glob("entities.*.json"):
            old.unlink(missing_ok=True)
        partial = compiled.with_suffix(".part")
        partial.write_text(json.dumps(entries, ensure_ascii=False, default=str), encoding="utf-8")
        partial.replace(compiled)
    except OSError:
        return


# --------------------------------------------------------------------------- the catalogue


class Catalogue:
    """Entities by id, name and kind. Immutable; `with_entities` answers a catalogue with more (or other) of them."""

    def __init__(self, entities: Iterable[Entity] = ()) -> None:
        """A later entity of the same id replaces an earlier one."""
        self._entities: dict[str, Entity] = {entity.id: entity for entity in entities}
        self._raw: dict[str, dict[str, Any]] = {}
        self._folded: dict[str, list[str]] = {}  # the folded names of entities that are not built yet
        self._names: dict[str, list[str]] | None = None
        self._alias_owners: dict[str, list[str]] | None = None
        self._longer: dict[str, set[tuple[str, str]]] | None = None  # token -> (entity, alias of several tokens)

    @classmethod
    def shipped(cls) -> Catalogue:
        """The entities of catalogue/entities/*.yaml; DataError names the file when one is wrong."""
        return _shipped()

    @classmethod
    def from_raw(cls, entries: Iterable[dict[str, Any]]) -> Catalogue:
        """A catalogue whose entities are built when first asked for."""
        made = cls()
        for entry in entries:
            file, names = entry.pop("_file", ""), entry.pop("_names", None)
            identity = str(entry.get("id", ""))
            if not identity:
                entity_from(entry, file)
            if identity in made._raw:
                raise DataError(f"{file}: the entity {identity!r} is there twice: give one of them another id")
            made._raw[identity] = entry
            if names is not None:
                made._folded[identity] = names
        return made

    def with_entities(self, entities: Iterable[Entity]) -> Catalogue:
        """This catalogue and more entities; one with a known id replaces it."""
        made = Catalogue()
        made._raw = self._raw
        own = {entity.id: entity for entity in entities}
        made._entities = self._entities | own
        made._folded = {identity: names for identity, names in self._folded.items() if identity not in own}
        return made

    def __len__(self) -> int:
        return len(self._raw.keys() | self._entities.keys())

    def __iter__(self) -> Iterator[Entity]:
        for identity in dict.fromkeys([*self._raw, *self._entities]):
            yield self[identity]

    def __contains__(self, identity: object) -> bool:
        return identity in self._entities or identity in self._raw

    def __getitem__(self, identity: str) -> Entity:
        """The entity of an id; KeyError where there is none."""
        found = self._entities.get(identity)
        if found is None:
            found = self._entities[identity] = entity_from(self._raw[identity])
        return found

    def get(self, identity: str) -> Entity | None:
        """The entity of an id, or None."""
        try:
            return self[identity]
        except KeyError:
            return None

    def kind(self, kind: str) -> list[Entity]:
        """All entities of a kind."""
        ids = [i for i, raw in self._raw.items() if i not in self._entities and raw.get("kind") == kind]
        return [e for e in self._entities.values() if e.kind == kind] + [self[i] for i in ids]

    def kinds(self) -> list[str]:
        """The kinds that occur, sorted."""
        kinds = {str(raw.get("kind")) for i, raw in self._raw.items() if i not in self._entities}
        return sorted(kinds | {e.kind for e in self._entities.values()})

    def find(self, id_or_name: str) -> list[Entity]:
        """The entities meant by an id, a name or, where no name fits, an alias; several when it is ambiguous."""
        if id_or_name in self:
            return [self[id_or_name]]
        folded = text.fold(id_or_name)
        if folded.replace(" ", "-") in self:
            return [self[folded.replace(" ", "-")]]
        found = self._by_name().get(folded) or self.owners(id_or_name)
        return [self[identity] for identity in found]

    def owners(self, alias: str) -> list[str]:
        """The ids of the entities that have this alias, compared folded."""
        if self._alias_owners is None:
            owners: dict[str, list[str]] = {}
            for identity, names in self.names():
                for folded in names:
                    owners.setdefault(folded, []).append(identity)
            self._alias_owners = owners
        return self._alias_owners.get(text.fold(alias), [])

    def nearest(self, id_or_name: str, count: int = 3) -> list[str]:
        """Ids whose id or name resembles what was written, best first."""
        wanted = text.fold(id_or_name)
        names = {text.fold(identity): [identity] for identity in dict.fromkeys([*self._raw, *self._entities])}
        for name, ids in self._by_name().items():
            names.setdefault(name, ids)
        close = difflib.get_close_matches(wanted, list(names), n=count * 2, cutoff=0.6)
        close += [name for name in names if wanted and wanted in name][: count * 2]
        return list(dict.fromkeys(identity for name in close for identity in names[name]))[:count]

    def rivals(self, entity: Entity) -> list[Entity]:
        """Entities of the same kind with an alias that has one of this entity's inside: Seoul ADEX for ADEX."""
        if self._longer is None:
            longer: dict[str, set[tuple[str, str]]] = {}
            for identity, names in self.names():
                for folded in names:
                    if " " in folded:
                        for word in folded.split():
                            longer.setdefault(word, set()).add((identity, f" {folded} "))
            self._longer = longer
        found: dict[str, None] = {}
        for folded in _folded_names(entity):
            for identity, other_alias in self._longer.get(folded.split()[0], ()):
                if identity != entity.id and len(other_alias) > len(folded) + 2 and f" {folded} " in other_alias:
                    found[identity] = None
        return [self[identity] for identity in sorted(found) if self[identity].kind == entity.kind]

    def names(self) -> Iterator[tuple[str, list[str]]]:
        """The folded names of every entity."""
        for identity in dict.fromkeys([*self._raw, *self._entities]):
            names = self._folded.get(identity)
            yield identity, _folded_names(self[identity]) if names is None else names

    def _by_name(self) -> dict[str, list[str]]:
        if self._names is None:
            names: dict[str, list[str]] = {}
            for identity in dict.fromkeys([*self._raw, *self._entities]):
                known = self._entities.get(identity)
                name = known.name if known else str(self._raw[identity].get("name", ""))
                names.setdefault(text.fold(name), []).append(identity)
            self._names = names
        return self._names


@lru_cache(maxsize=1)
def _shipped() -> Catalogue:
    return Catalogue.from_raw(_load_shipped())


# --------------------------------------------------------------------------- finding them in a text


class _Compiled:
    """One alias, ready to be looked for."""

    __slots__ = ("alias", "entity", "kind", "patterns")

    def __init__(self, entity: Entity, alias: Alias) -> None:
        self.entity, self.kind, self.alias = entity.id, entity.kind, alias
        self.patterns = patterns(alias.text, "exact alias" if alias.exact else "alias")


class Lexicon:
    """The compiled aliases of some entities, found together in one pass over a document's words."""

    def __init__(self, owners: Callable[[str], list[str]] = lambda _: []) -> None:
        """Begin with none. `owners` answers the ids of all entities that have an alias (`Catalogue.owners`)."""
        self._owners = owners
        self.wanted: set[str] = set()  # the others are rivals, there to claim longer names
        self.entities: dict[str, Entity] = {}
        self._anchors: dict[str, list[tuple[_Compiled, Pattern, int]]] = {}  # token -> alias, pattern, where in it
        self._idle: dict[tuple[str, ...], set[str]] = {}  # languages -> words at which no alias may stand
        self._rows: dict[str, list[tuple[str, ...]]] = {}  # entity -> its `keys`
        self._keys: set[str] = set()  # tokens of `keys`, of all entities
        self._starts: set[str] = set()  # how the tokens that aliases are looked up by begin
        self._near: dict[tuple[str, str], tuple[tuple[_Compiled, Pattern, int], ...]] = {}  # (language, token) -> of it

    def add(self, entity: Entity, *, wanted: bool = True) -> bool:
        """Take in an entity; False when it was there already. One that is not wanted only claims longer names."""
        if wanted:
            self.wanted.add(entity.id)
        if self.entities.get(entity.id) is entity:
            return False
        if entity.id in self.entities:
            self.remove(entity.id)
            if wanted:
                self.wanted.add(entity.id)
        self.entities[entity.id] = entity
        for alias in spellings(entity):
            compiled = _Compiled(entity, alias)
            for pattern in compiled.patterns:
                place = self._anchor(pattern)
                for token in pattern.elements[place].features():
                    self._anchors.setdefault(token, []).append((compiled, pattern, place))
        self._forget()
        return True

    def _anchor(self, pattern: Pattern) -> int:
        """The element to look an alias up by: the one least common in texts and in names so far."""

        def cost(place: int) -> float:
            element = pattern.elements[place]
            if not element.indexed:
                return inf
            return sum(guess(f) * (1 + len(self._anchors.get(f, ()))) for f in element.features())

        return min(range(len(pattern.elements)), key=cost)

    def remove(self, entity_id: str) -> None:
        """Forget an entity."""
        self.wanted.discard(entity_id)
        if self.entities.pop(entity_id, None) is None:
            return
        self._rows.pop(entity_id, None)
        for token, rows in list(self._anchors.items()):
            kept = [row for row in rows if row[0].entity != entity_id]
            if kept:
                self._anchors[token] = kept
            else:
                del self._anchors[token]
        self._forget()

    def _forget(self) -> None:
        self._near.clear()
        self._idle.clear()
        self._keys, self._starts = set(), set()

    def keys(self, entity_id: str) -> list[tuple[str, ...]]:
        """What a full-text index can be asked for: rows of tokens; wherever the entity stands, all of one row do,
        inflected or not. None where that can't be told.

        They are few: an alias that takes in a shorter one needs no row of its own.
        """
        known = self._rows.get(entity_id)
        if known is None and entity_id in self.entities:
            known = self._rows[entity_id] = _keys(self.entities[entity_id])
        return known or []

    def may_name(self, word: str) -> bool:
        """Whether a word of any language may be a token of `keys`, or a form of one, of any entity that is known."""
        if not self._keys:
            self._keys = {token for identity in self.entities for row in self.keys(identity) for token in row}
        bases = (base for language in ("", "ko") for base in _bases(word, language))
        return any(base in self._keys for base in bases) or (word[0].isdigit() and word[0] in self._keys)

    def candidates(self, token: str, language: str) -> tuple[tuple[_Compiled, Pattern, int], ...]:
        """The aliases that may stand where a token stands, inflected or not."""
        key = (language, token)
        found = self._near.get(key)
        if found is None:
            if len(self._near) > _MOST_REMEMBERED:
                self._near.clear()
            bases = dict.fromkeys(_bases(token, language)) if self._beginning((token,), (language,)) else ()
            found = self._near[key] = tuple(row for base in bases for row in self._anchors.get(base, ()))
        return found

    def candidates_in(self, document: Document, token: str) -> tuple[tuple[_Compiled, Pattern, int], ...]:
        """The aliases that may stand where a token stands in a document, by any of its languages."""
        if len(document.languages) == 1:
            return self.candidates(token, document.language)
        return tuple(dict.fromkeys(row for language in document.languages for row in self.candidates(token, language)))

    def _beginning(self, words: Iterable[str], languages: tuple[str, ...]) -> list[str]:
        """The words that begin as some alias does, or with what may stand before one; no other is a form of any."""
        if not self._starts:
            self._starts = {anchor[: inflection.MIN_STEM] for anchor in self._anchors}
        starts, length = self._starts, inflection.MIN_STEM
        prefixes = tuple(prefix for language in languages for prefix in inflection.table(language).prefixes)
        return [w for w in words if w[:length] in starts or w[: length - 1] in starts or w.startswith(prefixes)]

    def hits(self, document: Document) -> dict[str, list[Hit]]:
        """Entity id -> where it stands, in order; of hits within each other the longest."""
        return {
            identity: hits
            for kind in self._standing(document)
            for identity, hits in self.of_kind(document, kind).items()
        }

    def of_kind(self, document: Document, kind: str) -> dict[str, list[Hit]]:
        """The same, of the entities of one kind: a name is claimed by those of its kind alone."""
        known: dict[str, list[Hit]] | None = document.cache.get((self, kind))
        if known is not None:
            return known
        raw: dict[str, list[tuple[int, int]]] = {}
        for word, compiled, pattern, place in self._standing(document).get(kind, ()):
            for position in document.positions(word):
                end = pattern.at(document, position - place)
                if end and context_holds(document, compiled.alias) and not self._is_another(compiled, pattern, word):
                    raw.setdefault(compiled.entity, []).append((position - place, end))
        found = {
            identity: [Hit(start, end, f"@{identity}", identity) for start, end in self._own(identity, ranges, raw)]
            for identity, ranges in raw.items()
            if identity in self.wanted
        }
        document.cache[self, kind] = found
        return found

    def _standing(self, document: Document) -> dict[str, list[tuple[str, _Compiled, Pattern, int]]]:
        """Kind -> the words of a document at which an alias of an entity of that kind may stand, and the alias."""
        known: dict[str, list[tuple[str, _Compiled, Pattern, int]]] | None = document.cache.get(self)
        if known is None:
            known = document.cache[self] = {}
            idle = self._idle.setdefault(document.languages, set())
            if len(idle) > _MOST_REMEMBERED:
                idle.clear()
            fresh = [word for word in document.words if word not in idle]
            idle.update(fresh)
            for word in self._beginning(fresh, document.languages):
                rows = self.candidates_in(document, word)
                if rows:
                    idle.discard(word)
                for compiled, pattern, place in rows:
                    known.setdefault(compiled.kind, []).append((word, compiled, pattern, place))
        return known

    def _is_another(self, compiled: _Compiled, pattern: Pattern, word: str) -> bool:
        """Whether an inflected name of one word is the plain name of something else: Nigeria is no form of Niger.

        People are left out: Алиева is both a form of Алиев and a name.
        """
        if len(pattern.elements) > 1 or compiled.kind == "person" or word in pattern.elements[0].features():
            return False
        owners = self._owners(word)
        return bool(owners) and compiled.entity not in owners

    def _own(
        self, identity: str, ranges: list[tuple[int, int]], raw: Mapping[str, list[tuple[int, int]]]
    ) -> list[tuple[int, int]]:
        """The outermost ranges of an entity that no longer name of another one takes in."""
        others = [r for i, found in raw.items() if i != identity for r in found]
        return [
            (start, end)
            for start, end in outermost(ranges)
            if not any(s <= start and end <= e and e - s > end - start for s, e in others)
        ]


def _keys(entity: Entity) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    made = [pattern for alias in spellings(entity) for pattern in _Compiled(entity, alias).patterns]
    for pattern in sorted(made, key=lambda pattern: len(pattern.elements)):
        tokens = set(filter(None, map(_key, pattern.elements)))
        if not tokens:
            return []
        if not any(tokens.issuperset(row) for row in rows):
            rows.append(_row(tokens))
    return rows


def _key(element: Element) -> str:
    """The token of which a form stands wherever an element does; "" where that can't be told."""
    token, *others = element.features() if element.indexed else ("",)
    return "" if others and not any(c.isdigit() for c in token) else token  # letters with a plural s are no form


def _row(tokens: Iterable[str]) -> tuple[str, ...]:
    """The rarest of some tokens, with one or two more where it is common."""
    chosen, share = list[str](), 1.0
    for token in sorted(tokens, key=lambda token: (guess(token), token)):
        if chosen and (share < _RARE or len(chosen) == _MOST_TOKENS):
            break
        chosen.append(token)
        share *= guess(token)
    return tuple(chosen)


def _bases(token: str, language: str) -> Iterator[str]:
    yield from inflection.table(language).bases(token)
    if token[0].isdigit() or any(c.isdigit() for c in token):
        suffixes = inflection.table(language).suffixes
        for length in range(2, len(token)):
            if token[length:] == "s" or (len(token) - length > 1 and token[length:] in suffixes):
                yield token[:length]


def outermost(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges that lie in no other, in order, each once."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(ranges), key=lambda r: (r[0], -r[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept


def context_holds(document: Document, alias: Alias) -> bool:
    """Whether the article has a word that the alias wants near it, and none that it does not."""
    if not alias.near and not alias.not_near:
        return True
    key = ("context", alias.near, alias.not_near)
    known: bool | None = document.cache.get(key)
    if known is None:
        known = (not alias.near or any_occurs(document, alias.near)) and not any_occurs(document, alias.not_near)
        document.cache[key] = known
    return known


def any_occurs(document: Document, words: tuple[str, ...]) -> bool:
    """Whether one of several context words or phrases stands in the article."""
    if not _single_tokens(words).isdisjoint(document.words):
        return True
    begun: set[str] | None = document.cache.get("begun")
    if begun is None:
        begun = document.cache["begun"] = {word[: inflection.MIN_STEM] for word in document.words}
    return any((not start or start in begun) and occurs(document, word) for word, start in _begun(words))


@lru_cache(maxsize=20_000)
def _single_tokens(words: tuple[str, ...]) -> frozenset[str]:
    """The context words that are one token: found without looking further when they stand as written."""
    split = [text.tokens(word) for word in words if "*" not in word]
    return frozenset(tokens[0] for tokens in split if len(tokens) == 1)


@lru_cache(maxsize=20_000)
def _begun(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Context words, each with the letters that some word of the article begins with where it occurs; "" for any."""
    return tuple((word, _beginning(word)) for word in words)


def _beginning(word: str) -> str:
    """The first letters of a name, which stay the same in every form, but where prefixes may stand before."""
    tokens = text.tokens(word)
    if "*" in word or not tokens or not tokens[0].isalpha() or text.script(tokens[0][0]) in ("ar", "he"):
        return ""
    return tokens[0][: inflection.MIN_STEM] if not is_designator(word.split()[0]) else ""


def occurs(document: Document, word: str) -> bool:
    """Whether a context word or phrase stands in the article, inflected or not; a last `*` allows any ending."""
    key = ("occurs", word)
    known: bool | None = document.cache.get(key)
    if known is None:
        known = any(pattern.find(document) for pattern in patterns(word, "plain" if "*" in word else "alias"))
        document.cache[key] = known
    return known


__all__ = ["Catalogue", "Lexicon", "context_holds", "entity_from", "load_entities", "occurs", "outermost", "spellings"]
