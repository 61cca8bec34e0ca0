"""Which stored rules an article can possibly satisfy: only rules whose required features occur are looked at.

A feature is a token of the article, or what follows from its tokens (a wildcard's pattern, an entity's rarest token, a
stem) or its properties. Each rule is filed under the least common group of features that it needs; the other groups
are asked before the rule is evaluated. Nothing that would match is ever left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from alerts import inflection, text
from alerts.document import Document
from alerts.entities import Lexicon
from alerts.patterns import glob_prefix, glob_regex
from alerts.rules.node import Group, Weigh
from alerts.rules.operators import OPERATORS
from alerts.rules.operators._properties import Property
from alerts.rules.operators._terms import common_words

T = TypeVar("T")

_MOST_GROUPS = 3  # asked beside the one that a rule is filed under
_COUNTED_EVERY = 16  # articles of which one is counted for the shares
_GLOB_KEY = 2  # letters by which wildcards are filed


class _Bucket(Generic[T]):
    """The rules filed under one feature: those that need nothing more, those that need one more, the others."""

    __slots__ = ("direct", "pairs", "rest")

    def __init__(self) -> None:
        self.direct: dict[int, T] = {}
        self.pairs: dict[str, dict[int, tuple[tuple[frozenset[str], ...], T]]] = {}
        self.rest: dict[int, tuple[tuple[frozenset[str], ...], T]] = {}


class _Derived(dict[str, tuple[str, ...]]):
    """Token -> the features that follow from it in one language; remembers."""

    def __init__(self, derive: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self._derive = derive

    def __missing__(self, token: str) -> tuple[str, ...]:
        if len(self) > 300_000:
            self.clear()
        found = self[token] = self._derive(token)
        return found


class Presearcher(Generic[T]):
    """Files things under what they need and answers those that an article may satisfy."""

    def __init__(self, lexicon: Lexicon, kinds: set[str]) -> None:
        """`lexicon` and `kinds` are those of the rules; call `forget` when they change."""
        self._lexicon, self._kinds = lexicon, kinds
        self._buckets: dict[str, _Bucket[T]] = {}
        self._always: dict[int, T] = {}
        self._filed: dict[int, tuple[Group, tuple[Group, ...]]] = {}
        self._globs: dict[str, dict[str, int]] = {}  # first letters -> pattern -> rules that use it
        self._stems: Counter[str] = Counter()
        self._derived: dict[str, _Derived] = {}
        self._stemmed: dict[str, _Derived] = {}
        self._properties = [cls for cls in OPERATORS.values() if issubclass(cls, Property) and cls.featured]
        self._seen = 0
        self._counted = 0
        self._counts: Counter[str] = Counter()
        self.weigh = Weigh(self._share)

    # ------------------------------------------------------------------ filing

    def put(self, number: int, groups: Iterable[Group], item: T) -> None:
        """File an item that needs one feature of each group; without groups it is always looked at."""
        self.remove(number)
        ordered = sorted(dict.fromkeys(groups), key=self.weigh.group)
        if not ordered:
            self._always[number] = item
            self._filed[number] = ((), ())
            return
        key, others = ordered[0], tuple(ordered[1 : 1 + _MOST_GROUPS])
        self._filed[number] = (key, others)
        single = next((group[0] for group in others if len(group) == 1), None)
        rest = tuple(frozenset(group) for group in others if group != (single,))
        for feature in key:
            bucket = self._buckets.get(feature)
            if bucket is None:
                bucket = self._buckets[feature] = _Bucket()
            if single is not None:
                bucket.pairs.setdefault(single, {})[number] = (rest, item)
            elif rest:
                bucket.rest[number] = (rest, item)
            else:
                bucket.direct[number] = item
        self._register((key, *others), +1)

    def remove(self, number: int) -> None:
        """Take an item out again; nothing happens when it was not there."""
        filed = self._filed.pop(number, None)
        if filed is None:
            return
        key, others = filed
        self._always.pop(number, None)
        single = next((group[0] for group in others if len(group) == 1), None)
        for feature in key:
            bucket = self._buckets[feature]
            bucket.direct.pop(number, None)
            bucket.rest.pop(number, None)
            if single is not None:
                bucket.pairs[single].pop(number, None)
                if not bucket.pairs[single]:
                    del bucket.pairs[single]
            if not (bucket.direct or bucket.rest or bucket.pairs):
                del self._buckets[feature]
        self._register((key, *others), -1)

    def _register(self, groups: Iterable[Group], by: int) -> None:
        """Note the wildcards and stems in use; what tokens give has to be worked out anew when there is a new one."""
        for feature in (f for group in groups for f in group if f[0] in "*~"):
            if feature[0] == "*":
                globs = self._globs.setdefault(glob_prefix(feature[1:])[:_GLOB_KEY], {})
                if feature not in globs:
                    self._derived.clear()
                globs[feature] = globs.get(feature, 0) + by
                if globs[feature] <= 0:
                    del globs[feature]
            else:
                if feature not in self._stems:
                    self._stemmed.clear()
                self._stems[feature] += by
                if self._stems[feature] <= 0:
                    del self._stems[feature]

    def forget(self) -> None:
        """Work out anew what follows from tokens: the lexicon has changed."""
        self._derived.clear()

    # ------------------------------------------------------------------ asking

    def features(self, document: Document) -> set[str]:
        """All features of an article that any item may ask for."""
        words = document.words
        features = set(words)
        if self._lexicon.entities or self._globs:
            derived = self._derived.get(document.language)
            if derived is None:
                language = document.language
                derived = self._derived[language] = _Derived(lambda token: tuple(self._derive(token, language)))
            features.update(*map(derived.__getitem__, words))
        if self._stems:
            features.update(*map(self._stems_of(document.language).__getitem__, document.chunks))
        article = document.article
        for cls in self._properties:
            features.update(f"{cls.name}:{value}" for value in cls.values(article) if value)
        self._seen += 1
        if self._seen % _COUNTED_EVERY == 1:
            self._count(features)
        return features

    def candidates(self, features: set[str]) -> dict[int, T]:
        """The items, by number, that an article with these features may satisfy."""
        found = dict(self._always)
        buckets = self._buckets
        for feature in buckets.keys() & features:
            bucket = buckets[feature]
            if bucket.direct:
                found.update(bucket.direct)
            if bucket.pairs:
                for second in bucket.pairs.keys() & features:
                    for number, (rest, item) in bucket.pairs[second].items():
                        for group in rest:
                            if group.isdisjoint(features):
                                break
                        else:
                            found[number] = item
            if bucket.rest:
                for number, (rest, item) in bucket.rest.items():
                    for group in rest:
                        if group.isdisjoint(features):
                            break
                    else:
                        found[number] = item
        return found

    def _derive(self, token: str, language: str) -> Iterator[str]:
        for glob in self._globs.get(token[:_GLOB_KEY], ()):
            if glob_regex(glob[1:]).fullmatch(token):
                yield glob
        for glob in self._globs.get(token[:1], ()):
            if len(token) >= 1 and glob_regex(glob[1:]).fullmatch(token):
                yield glob
        for compiled, _, _ in self._lexicon.candidates(token, language):
            yield "@" + compiled.entity
            if compiled.kind in self._kinds:
                yield "kind:" + compiled.kind

    def _stems_of(self, language: str) -> _Derived:
        """Chunk -> the `~` features of its words, which are stemmed as written."""
        found = self._stemmed.get(language)
        if found is None:
            wanted: dict[str, list[str]] = {}
            for feature in self._stems:
                wanted.setdefault(inflection.stem(feature[1:], language), []).append(feature)

            def derive(chunk: str) -> tuple[str, ...]:
                spans = text.laid_out[chunk][1]
                return tuple(
                    f for start, end in spans for f in wanted.get(inflection.stem(chunk[start:end], language), ())
                )

            found = self._stemmed[language] = _Derived(derive)
        return found

    # ------------------------------------------------------------------ how common features are

    def _count(self, features: set[str]) -> None:
        self._counted += 1
        self._counts.update(features)
        if len(self._counts) > 400_000:
            self._counts = Counter({feature: n for feature, n in self._counts.items() if n > 1})

    def _share(self, feature: str) -> float:
        """The share of articles expected to have a feature: as counted, and as guessed while little was counted."""
        prior = 16.0
        return (self._counts[feature] + prior * guess(feature)) / (self._counted + prior)


def guess(feature: str) -> float:
    """The share of articles expected to have a feature, before any were seen: short and well-known ones are common."""
    first = feature[0]
    if ":" in feature:
        return 0.3
    if first in "@*~":
        return 0.03
    if feature in common_words():
        return 0.9
    if feature.isdigit():
        return 0.3 if len(feature) <= 2 else 0.1
    if len(feature) <= 2:
        return 0.15
    return 0.06 / len(feature)
