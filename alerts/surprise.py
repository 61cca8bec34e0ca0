"""How unusual it is that something is named so often: a count against its own past. Pure.

How often a thing is named is taken as a Poisson process whose rate, per article of the archive, is a Gamma variable:
uncertain where the past is short, and restless where the counts of past days jump. So a count is negative binomial,
and what surprises is a count at least as high as the one seen. Counting per article makes a day that is not over, a
weekend and a source that was added yesterday comparable with the days before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, lgamma, log

PRIOR = 0.5
"""Articles that are taken to have named a thing, on top of those that did: what is new is not infinitely so."""
LEAST = 3
"""Articles that must name a thing before it can be unusual."""
LEAST_TIMES = 1.5
"""How many times as often as expected a thing must be named: what is named every day varies for no reason."""
LEAST_SCORE = 3.0
"""Surprise from which a thing is unusual: once in a thousand, of some hundreds of things that are looked at."""
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class Past:
    """What the days before tell: how many articles named the thing on them, and how much there was to read.

    `squares` is the sum of the squared counts of the days, by which it is told how restless they are.
    """

    count: int
    squares: int
    days: int
    articles: int


@dataclass(frozen=True, slots=True)
class Surprise:
    """A count with the figures behind it: `usual` articles a day, `expected` by now, `score` = -log10 of the chance."""

    count: int
    usual: float
    expected: float
    score: float

    @property
    def times(self) -> float:
        """How many times as often as expected."""
        return self.count / self.expected if self.expected else inf

    @property
    def unusual(self) -> bool:
        """Whether it is worth telling."""
        return self.count >= LEAST and self.times >= LEAST_TIMES and self.score >= LEAST_SCORE


def surprise(count: int, articles: int, past: Past, *, days: int = 1) -> Surprise:
    """How surprising it is that `count` of the `articles` of the last `days` days name something, given its past.

    With nothing to read now or before, nothing is surprising.
    """
    if not (articles and past.articles and past.days):
        return Surprise(count, 0.0, 0.0, 0.0)
    a_day = past.articles / past.days
    expected = (past.count + PRIOR) / (past.articles + a_day) * articles
    shape = 1 / (1 / (past.count + PRIOR) + _restlessness(past) / days)
    return Surprise(count, past.count / past.days, expected, tail(count, expected, shape))


def _restlessness(past: Past) -> float:
    """By how much the rate itself varies from day to day, as variance over squared mean; 0 for a steady one."""
    mean = past.count / past.days
    beyond = past.squares / past.days - mean**2 - mean  # what a Poisson process of a steady rate does not explain
    return max(0.0, beyond / mean**2) if mean else 0.0


def tail(count: int, mean: float, shape: float) -> float:
    """-log10 of the chance that a negative binomial variable of this mean and shape is `count` or more."""
    if count <= 0:
        return 0.0
    fails, wins = log(shape / (shape + mean)), log(mean / (shape + mean))

    def weight(n: int) -> float:
        return lgamma(n + shape) - lgamma(shape) - lgamma(n + 1) + shape * fails + n * wins

    if count <= mean:  # the smaller sum is the more exact one
        below = sum(exp(weight(n)) for n in range(count))
        return max(0.0, -log(max(1 - below, _NEGLIGIBLE)) / log(10))
    total = term = 1.0
    n = count
    while term > _NEGLIGIBLE * total:
        term *= (n + shape) / (n + 1) * exp(wins)
        total += term
        n += 1
    return max(0.0, -(weight(count) + log(total)) / log(10))


# --------------------------------------------------------------------------- what is counted

ARTICLES, OUTLETS, ENTITY, COUNTRY, DESIGNATOR = "articles:", "outlets:", "entity:", "country:", "designator:"
NAMED = (ENTITY, COUNTRY, DESIGNATOR)


def subjects(labels: Mapping[str, str], country: str) -> dict[str, str]:
    """What an article counts for, with the way it is written: every article, those of its country, what it names.

    `labels` are the traits of its title and beginning (`alerts.stories.traits`); `country` is that of its outlet.
    """
    found = {key: label for key, label in labels.items() if key.startswith(NAMED)}
    return {ARTICLES: "", f"{OUTLETS}{country}": country, **found} if country else {ARTICLES: "", **found}
