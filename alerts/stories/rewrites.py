"""Whether two articles tell one event in different words: by what they share, weighed by how rare it is.

Thresholds are set so that different events on one topic stay apart: a wrong join loses an alert, a missed one sends a
second alert. Measured with benchmarks/stories.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from alerts.stories.traits import Traits

WINDOW = timedelta(days=3)
"""How far apart rewrites of one event may be seen."""
LIFE = timedelta(days=5)
"""How long after its first article a story takes rewrites in, so that a running topic does not become one story."""
_WEIGHTS = {"entity": 1.6, "designator": 1.6, "word": 1.0, "number": 0.8, "country": 0.6, "day": 0.5, "year": 0.3}
_NAMED = 1.4
"""Words with a capital weigh more."""
_PRIOR = 200
"""Articles of which two are taken to share a trait before the archive tells otherwise."""
_EITHER_TITLE = 0.42
"""What of either title must stand in the other article: one that only mentions the other's headline is no rewrite."""
COUNTED = 200
"""Articles that are counted per trait at most, so that the cost does not grow with what is in the news."""
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """What a pair must reach to be one event."""

    alike: float  # cosine of the weighed traits
    titles: float  # share of each title's weight that stands in the other article
    shared: float  # weight of all that is shared; the unit is that of a trait that one article in e times as many has
    hard: float  # weight of what is shared beyond plain words
    specific: int = 0  # shared entities, designators and numbers; countries and days are none


SAME_LANGUAGE = Bar(alike=0.16, titles=0.5, shared=42.0, hard=5.0)
ACROSS = Bar(alike=0.0, titles=0.5, shared=0.0, hard=12.5, specific=2)
"""Words do not count across languages."""
_AFTER_A_DAY = 1.25
"""Factor on the bar of pairs that are more than a day apart."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two articles share: `score` (0 to 1) of 0 where they are not taken for one event."""

    score: float
    labels: tuple[str, ...] = ()  # the rarest things that they share


class Weigher:
    """Weighs traits by how many recent articles have them."""

    def __init__(self, counts: Mapping[str, int], total: int) -> None:
        """`counts` of articles of the window by trait, and all of them."""
        self._counts, self._total = counts, total
        self._known: dict[str, float] = {}

    def weight(self, trait: str, names: Set[str] = frozenset()) -> float:
        """The weight of a trait; larger for rare ones."""
        plain = self._known.get(trait)
        if plain is None:
            plain = self._known[trait] = self._weighed(trait)
        return plain * _NAMED if trait in names else plain

    def _weighed(self, trait: str) -> float:
        count = self._counts.get(trait, 0)
        if count >= COUNTED:  # and nobody knows how many more
            count = max(count, self._total // 3)
        rarity = max(0.0, math.log((self._total + _PRIOR) / (count + 2)))
        return _WEIGHTS[trait.partition(":")[0]] * rarity


@dataclass(frozen=True, slots=True)
class Measures:
    """What two articles share, in the terms of a `Bar`, with the weight of every trait that counts."""

    alike: float
    titles: float
    shared: float
    hard: float
    specific: int
    traits: Mapping[str, float]


def measure(mine: Traits, theirs: Traits, weigher: Weigher) -> Measures:
    """Weigh what two articles share; across languages without the words."""
    same = mine.language == theirs.language
    names = mine.names & theirs.names
    common = [t for t in mine.labels.keys() & theirs.labels.keys() if same or not t.startswith("word:")]
    weights = {t: weigher.weight(t, names) for t in common}
    shared = sum(weights.values())
    held = _held(mine, theirs, weigher, same), _held(theirs, mine, weigher, same)
    return Measures(
        alike=shared / math.sqrt(_sum(mine, weigher) * _sum(theirs, weigher) or 1.0),
        titles=sum(held) / 2 if min(held) >= _EITHER_TITLE else 0.0,
        shared=shared,
        hard=sum(w for t, w in weights.items() if not t.startswith("word:") or t in names),
        specific=sum(not t.startswith(("country:", "day:", "year:", "word:")) for t in common),
        traits=weights,
    )


def likeness(mine: Traits, theirs: Traits, weigher: Weigher, apart: timedelta) -> Likeness:
    """Whether two articles seen so far apart tell one event, and by what."""
    if mine.labels.keys().isdisjoint(theirs.title) or _contradict(mine, theirs):
        return Likeness(0.0)
    found = measure(mine, theirs, weigher)
    bar = SAME_LANGUAGE if mine.language == theirs.language else ACROSS
    factor = _AFTER_A_DAY if apart > timedelta(days=1) else 1.0
    reached = (
        found.alike >= bar.alike * factor
        and found.titles >= bar.titles
        and found.shared >= bar.shared
        and found.hard >= bar.hard * factor
        and found.specific >= bar.specific
    )
    if not reached:
        return Likeness(0.0)
    strongest = sorted(found.traits, key=lambda t: (-found.traits[t], t))[:_LABELS]
    return Likeness(round(min(1.0, found.titles), 3), tuple(dict.fromkeys(mine.labels[t] for t in strongest)))


def _contradict(mine: Traits, theirs: Traits) -> bool:
    """Whether the titles name different designators, days or years: another aircraft, the next edition of a fair."""
    for kind in ("designator:", "day:", "year:"):
        ours = {t for t in mine.title if t.startswith(kind)}
        others = {t for t in theirs.title if t.startswith(kind)}
        if ours and others and not ours & others:
            return True
    return False


def _held(mine: Traits, theirs: Traits, weigher: Weigher, same: bool) -> float:
    """The share of a title's weight that stands in another article; across languages of what words are not."""
    weights = {t: weigher.weight(t, mine.names) for t in mine.title if same or not t.startswith("word:")}
    total = sum(weights.values())
    return sum(w for t, w in weights.items() if t in theirs.labels) / total if total else 0.0


def _sum(traits: Traits, weigher: Weigher) -> float:
    return sum(weigher.weight(t, traits.names) for t in traits.labels)
