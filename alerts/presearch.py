"""Which stored rules an article can possibly satisfy: only rules whose required features occur are looked at.

A feature is a token of the article, or what follows from its tokens (a wildcard's pattern, an entity's rarest token, a
stem) or its properties. Each rule is filed under the least common group of features that it needs; the other groups
are asked before the rule is evaluated. Nothing that would match is ever left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from alerts import inflection, layout, text
from alerts.commonness import guess
from alerts.document import Document
from alerts.entities import Lexicon
from alerts.patterns import glob_prefix, glob_regex
from alerts.rules.node import Group, Weigh
from alerts.rules.operators import OPERATORS
from alerts.rules.operators._properties import Property

T = TypeVar("T")
Features = dict[str, Any] | set[str]

_MOST_GROUPS = 3  # asked beside the one that a rule is filed under
_COUNTED_EVERY = 16  # articles of which one is counted for the shares
_FEW = 8  # features that are sooner asked for one by one than all at once
_GLOB_KEY = 2  # letters by which wildcards are filed


_Row = tuple[int, tuple[Group, ...], T]
"""An item with its number, and the groups of which one feature each must be there as well."""


class _Bucket(Generic[T]):
    """The items filed under one feature: by another feature that they need, and those that need none or a choice."""

    __slots__ = ("pairs", "rows")

    def __init__(self) -> None:
        self.pairs: dict[str, list[_Row[T]]] | None = None
        self.rows: list[_Row[T]] | None = None

    def add(self, second: str | None, row: _Row[T]) -> None:
        """File an item; `second` is the other feature that it needs."""
        if second is None:
            self.rows = [] if self.rows is None else self.rows
            self.rows.append(row)
        else:
            self.pairs = {} if self.pairs is None else self.pairs
            self.pairs.setdefault(second, []).append(row)

    def discard(self, second: str | None, number: int) -> bool:
        """Take an item out; whether the bucket is empty now."""
        if second is None:
            self.rows = [row for row in self.rows or () if row[0] != number] or None
        elif self.pairs is not None:
            kept = [row for row in self.pairs[second] if row[0] != number]
            if kept:
                self.pairs[second] = kept
            else:
                del self.pairs[second]
        return not self.rows and not self.pairs


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
        self._filed: dict[int, tuple[Group, ...]] = {}  # the first is the one it is filed under
        self._globs: dict[str, dict[str, int]] = {}  # first letters -> pattern -> rules that use it
        self._stems: Counter[str] = Counter()
        self._derived: dict[str, _Derived] = {}
        self._stemmed: dict[str, _Derived] = {}
        self._properties = [cls for cls in OPERATORS.values() if issubclass(cls, Property) and cls.featured]
        self._values = 0  # how many features of properties are asked for
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
            self._filed[number] = ()
            return
        filed = self._filed[number] = tuple(ordered[: 1 + _MOST_GROUPS])
        second = _second(filed)
        row = (number, tuple(group for group in filed[1:] if second is None or group != (second,)), item)
        for feature in filed[0]:
            bucket = self._buckets.get(feature)
            if bucket is None:
                bucket = self._buckets[feature] = _Bucket()
            bucket.add(second, row)
        self._register(filed, +1)

    def remove(self, number: int) -> None:
        """Take an item out again; nothing happens when it was not there."""
        filed = self._filed.pop(number, None)
        if filed is None:
            return
        if not filed:
            del self._always[number]
            return
        second = _second(filed)
        for feature in filed[0]:
            if self._buckets[feature].discard(second, number):
                del self._buckets[feature]
        self._register(filed, -1)

    def _register(self, groups: Iterable[Group], by: int) -> None:
        """Note the wildcards and stems in use; what tokens give has to be worked out anew when there is a new one."""
        for feature in (f for group in groups for f in group if f[0] in "*~" or ":" in f):
            if ":" in feature:
                self._values += by
            elif feature[0] == "*":
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

    def features(self, document: Document) -> Features:
        """All features of an article that any item may ask for."""
        words = document.words
        features: Features = words
        if self._lexicon.entities or self._globs:
            for language in document.languages:
                features = set(features).union(*map(self._derived_of(language).__getitem__, words))
        if self._stems:
            for language in document.languages:
                features = set(features).union(*map(self._stems_of(language).__getitem__, document.chunks))
        if self._values:
            article = document.article
            values = (f"{cls.name}:{value}" for cls in self._properties for value in cls.values(article) if value)
            features = set(features).union(values)
        self._seen += 1
        if self._seen % _COUNTED_EVERY == 1:
            self._count(features)
        return features

    def candidates(self, features: Features) -> dict[int, T]:
        """The items, by number, that an article with these features may satisfy."""
        found = dict(self._always)
        take(self._buckets, features, found)
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

    def _derived_of(self, language: str) -> _Derived:
        found = self._derived.get(language)
        if found is None:
            found = self._derived[language] = _Derived(lambda token: tuple(self._derive(token, language)))
        return found

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

    def _count(self, features: Features) -> None:
        self._counted += 1
        self._counts.update(iter(features))  # of a mapping it would add the values
        if len(self._counts) > 400_000:
            self._counts = Counter({feature: n for feature, n in self._counts.items() if n > 1})

    def _share(self, feature: str) -> float:
        """The share of articles expected to have a feature: as counted, and as guessed while little was counted."""
        prior = 16.0
        return (self._counts.get(feature, 0) + prior * guess(feature)) / (self._counted + prior)


def _second(filed: tuple[Group, ...]) -> str | None:
    """The single feature that something filed needs beside its first group, None where there is none."""
    return next((group[0] for group in filed[1:] if len(group) == 1), None)


def take_all(buckets: dict[str, Any], features: Features, found: dict[int, Any]) -> None:
    """Add the items of all buckets that an article with these features may satisfy; the twin of the kernel's."""
    there = features.keys() if isinstance(features, dict) else features
    lacks = there.isdisjoint
    for feature in buckets.keys() & there:
        bucket = buckets[feature]
        if bucket.rows is not None:
            _take(bucket.rows, lacks, found)
        pairs = bucket.pairs
        if pairs is None:
            continue
        for second in pairs if len(pairs) <= _FEW else pairs.keys() & there:
            if second in there:
                _take(pairs[second], lacks, found)


def _take(rows: list[_Row[T]], lacks: Callable[[Group], bool], found: dict[int, T]) -> None:
    """Add the items of which no group is lacking."""
    for number, groups, item in rows:
        for group in groups:
            if lacks(group):
                break
        else:
            found[number] = item


take = layout.kernel.candidates if layout.kernel else take_all
