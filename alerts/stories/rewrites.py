"""Whether two articles tell one event in different words: by what they share, weighed by how rare it is.

Thresholds are set so that different events on one topic stay apart: a wrong join loses an alert, a missed one sends a
second alert. Measured with benchmarks/stories.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from alerts.stories.traits import Traits, kind_of

WINDOW = timedelta(days=3)
"""How far apart rewrites of one event may be seen."""
LIFE = timedelta(days=5)
"""How long after its first article a story takes rewrites in, so that a running topic does not become one story."""
_RAREST = math.log(200 / 3)
"""The weight of a word that one more article has, however many there are: else much that is common would outweigh it,
and the bars would fall as the archive grows."""
_NAMED = 1.4
"""Words with a capital weigh more."""
_DAY = timedelta(days=1)
_PRIOR = 200
"""Articles of which two are taken to share a trait before the archive tells otherwise."""
COUNTED = 200
"""Articles that are counted per trait at most, so that the cost does not grow with what is in the news."""
_LABELS = 6
_EVERYWHERE = ("person:", "country:", "place:")


@dataclass(frozen=True, slots=True)
class Bar:
    """What a pair must reach to be one event."""

    alike: float = 0.0  # cosine of the weighed traits
    titles: float = 0.0  # mean share of a title's weight that stands in the other article
    either: float = 0.0  # what of either title must stand there
    one: float = 0.0  # what of one of the titles must stand there
    openings: float = 0.0  # weight of what both openings have
    opening: float = 0.0  # cosine of the openings
    titled: float = 0.0  # weight of what both titles have beyond persons and countries, who are in many
    shared: float = 0.0  # weight of all that is shared
    hard: float = 0.0  # weight of what is shared beyond plain words
    specific: int = 0  # shared entities, designators and numbers; countries and days are none
    things: int = 0  # of these what is no person, number or fair, or is a fair that both titles name
    within: timedelta = WINDOW  # how far apart they may be seen


SAME_LANGUAGE = (
    Bar(alike=0.16, titles=0.5, either=0.42, titled=11.0, shared=30.0, hard=5.0, openings=18.0),
    Bar(alike=0.16, titles=0.5, either=0.42, titled=4.0, shared=54.0, hard=8.0, openings=18.0),
    Bar(alike=0.16, either=0.6, titled=15.0, shared=25.0),
    Bar(alike=0.14, either=0.1, one=0.4, shared=42.0, hard=15.0, openings=30.0, opening=0.17, within=_DAY),
    Bar(alike=0.2, either=0.2, one=0.34, shared=75.0, hard=25.0, openings=30.0, opening=0.14, within=_DAY),
)
"""By the titles, of which either must stand in the other article, for one that only mentions the other's headline is no
rewrite: the less the titles have in common, the more the texts must. Or within a day by the openings, where each outlet
headlines another side of the event."""
ACROSS = (Bar(titles=0.5, either=0.42, hard=12.5, specific=2, things=1),)
"""Words do not count across languages, nor names that the catalogue does not know, which are mostly of towns and yards;
and who is in the news everywhere at once tells no event."""
_AFTER_A_DAY = 1.25, 1.5
"""Factors on the cosines and on the weights of the bar of pairs that are more than a day apart: the next attack on a
town is told like the last one."""


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
        articles = self._total + _PRIOR
        rarity = max(0.0, math.log(articles / (count + 2)) / math.log(articles / 3))
        return kind_of(trait).weight * _RAREST * rarity


@dataclass(frozen=True, slots=True)
class Measures:
    """What two articles share, in the terms of a `Bar`, with the weight of every trait that counts."""

    alike: float
    held: tuple[float, float]  # of each title's weight the share that stands in the other article
    openings: float
    opening: float
    titled: float
    shared: float
    hard: float
    specific: int
    things: int
    traits: Mapping[str, float]


def measure(mine: Traits, theirs: Traits, weigher: Weigher) -> Measures:
    """Weigh what two articles share; across languages without the words."""
    same = mine.language == theirs.language
    names = mine.names & theirs.names
    common = [t for t in mine.labels.keys() & theirs.labels.keys() if same or not t.startswith("word:")]
    weights = {t: weigher.weight(t, names) for t in common}
    shared = sum(weights.values())
    openings = sum(weights.get(t, 0.0) for t in mine.opening & theirs.opening)
    return Measures(
        alike=shared / math.sqrt(_sum(mine, mine.labels, weigher) * _sum(theirs, theirs.labels, weigher) or 1.0),
        held=(_held(mine, theirs, weigher, same), _held(theirs, mine, weigher, same)),
        openings=openings,
        opening=openings / math.sqrt(_sum(mine, mine.opening, weigher) * _sum(theirs, theirs.opening, weigher) or 1.0),
        titled=sum(weights.get(t, 0.0) for t in mine.title & theirs.title if not t.startswith(_EVERYWHERE)),
        shared=shared,
        hard=sum(w for t, w in weights.items() if not t.startswith("word:") or t in names),
        specific=sum(kind_of(t).is_specific for t in common),
        things=sum(
            kind_of(t).is_thing or (t.startswith("exhibition:") and t in mine.title & theirs.title) for t in common
        ),
        traits=weights,
    )


def likeness(mine: Traits, theirs: Traits, weigher: Weigher, apart: timedelta) -> Likeness:
    """Whether two articles seen so far apart tell one event, and by what."""
    if mine.labels.keys().isdisjoint(theirs.title) or contradict(mine, theirs):
        return Likeness(0.0)
    found = measure(mine, theirs, weigher)
    bars = SAME_LANGUAGE if mine.language == theirs.language else ACROSS
    factors = _AFTER_A_DAY if apart > _DAY else (1.0, 1.0)
    if not any(apart <= bar.within and _reaches(found, bar, *factors) for bar in bars):
        return Likeness(0.0)
    strongest = sorted(found.traits, key=lambda t: (-found.traits[t], t))[:_LABELS]
    return Likeness(round(max(0.001, sum(found.held) / 2), 3), tuple(dict.fromkeys(mine.labels[t] for t in strongest)))


def _reaches(found: Measures, bar: Bar, cosines: float, weights: float) -> bool:
    return (
        found.alike >= bar.alike * cosines
        and sum(found.held) / 2 >= bar.titles
        and min(found.held) >= bar.either
        and max(found.held) >= bar.one
        and found.openings >= bar.openings
        and found.opening >= bar.opening * cosines
        and found.titled >= bar.titled * weights
        and found.shared >= bar.shared * weights
        and found.hard >= bar.hard * weights
        and found.specific >= bar.specific
        and found.things >= bar.things
    )


def contradict(mine: Traits, theirs: Traits) -> bool:
    """Whether the titles name different designators, days or years (another aircraft, the next edition of a fair), or
    each a country of which the other article knows nothing (another ambassador).
    """
    for kind in ("designator:", "day:", "year:"):
        ours, others = _titled(mine, kind), _titled(theirs, kind)
        if ours and others and not ours & others:
            return True
    return bool(_titled(mine, "country:") - theirs.labels.keys() and _titled(theirs, "country:") - mine.labels.keys())


def _titled(traits: Traits, kind: str) -> set[str]:
    return {trait for trait in traits.title if trait.startswith(kind)}


def _held(mine: Traits, theirs: Traits, weigher: Weigher, same: bool) -> float:
    """The share of a title's weight that stands in another article; across languages of what words are not."""
    weights = {t: weigher.weight(t, mine.names) for t in mine.title if same or not t.startswith("word:")}
    total = sum(weights.values())
    return sum(w for t, w in weights.items() if t in theirs.labels) / total if total else 0.0


def _sum(traits: Traits, which: Iterable[str], weigher: Weigher) -> float:
    return sum(weigher.weight(t, traits.names) for t in which)
