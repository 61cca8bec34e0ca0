"""Which features tell one set of articles from another, by Dunning's log-likelihood, and the clause made of them. Pure.

Sets of articles are bits of integers: bit n is article n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import log

from alerts.features import Feature

MOST_TERMS = 4
"""Terms of a clause: more of them describe the articles of today instead of what they are about."""
_ENOUGH = 0.97  # of the articles that a clause is to take out
_DEAR = 2.0  # how many articles taken out rightly are worth one lost


def bits(articles: Iterable[Set[Feature]]) -> dict[Feature, int]:
    """Of each feature the articles that have it."""
    found: dict[Feature, int] = {}
    for number, features in enumerate(articles):
        for feature in features:
            found[feature] = found.get(feature, 0) | 1 << number
    return found


def likelihood(both: int, first: int, second: int, total: int) -> float:
    """Dunning's G² of two properties of `total` articles: how far they are from being independent.

    `first` and `second` articles have one or the other, `both` have both. Over 10.8 it is hardly chance (p < 0.001).
    """
    cells = (
        (both, first * second),
        (first - both, first * (total - second)),
        (second - both, (total - first) * second),
        (total - first - second + both, (total - first) * (total - second)),
    )
    return 2 * sum(seen * log(seen * total / product) for seen, product in cells if seen and product)


@dataclass(frozen=True, slots=True)
class Marker:
    """A feature that stands in one set more than in the other: in how many articles of each, and its G²."""

    feature: Feature
    inside: int
    outside: int
    likelihood: float


def markers(
    having: Mapping[Feature, int],
    inside: int,
    outside: int,
    weight: Callable[[Feature], float] = lambda _: 1.0,
    domain: Callable[[Feature], int] = lambda _: -1,
) -> list[Marker]:
    """The features that are commoner inside than outside, the most telling first.

    `domain` answers the articles in which a feature could stand, such as those in its language: others don't count.
    """
    found = []
    for feature, articles in having.items():
        where = domain(feature)
        size, rest = (where & inside).bit_count(), (where & outside).bit_count()
        here, there = (articles & inside).bit_count(), (articles & outside).bit_count()
        if here * rest > there * size:
            found.append(Marker(feature, here, there, likelihood(here, size, here + there, size + rest)))
    return sorted(found, key=lambda m: (-m.likelihood * weight(m.feature), m.feature))


def clause(
    having: Mapping[Feature, int], keep: int, drop: int, weight: Callable[[Feature], float] = lambda _: 1.0
) -> list[Feature]:
    """At most four features, of which some stand in most articles of `drop` and few of `keep`; [] where there are none.

    Greedy: each next one takes out the most that is left, one wrongly taken out counting as several rightly.
    """
    taken = 0
    chosen: list[Feature] = []
    price = max(1.0, drop.bit_count() / max(1, keep.bit_count())) * _DEAR
    telling = [m.feature for m in markers(having, drop, keep, weight)[:200]]
    while len(chosen) < MOST_TERMS and (taken & drop).bit_count() < _ENOUGH * drop.bit_count():
        best = max(telling, key=lambda f: _gain(having[f] & ~taken, keep, drop, price) * weight(f), default=None)
        if best is None or _gain(having[best] & ~taken, keep, drop, price) <= 0.02 * drop.bit_count():
            break
        chosen.append(best)
        taken |= having[best]
    return _without_idle(chosen, having, drop)


def _gain(articles: int, keep: int, drop: int, price: float) -> float:
    return (articles & drop).bit_count() - price * (articles & keep).bit_count()


def _without_idle(chosen: Sequence[Feature], having: Mapping[Feature, int], drop: int) -> list[Feature]:
    """The features without those whose articles the others take out too."""
    kept = list(chosen)
    for feature in chosen:
        others = 0
        for other in kept:
            others |= having[other] if other != feature else 0
        if len(kept) > 1 and not having[feature] & drop & ~others:
            kept.remove(feature)
    return kept
