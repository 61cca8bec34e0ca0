"""What to change in a rule when an alert was not relevant: clauses that tell its articles from the others. Pure.

A clause that excludes names what the article is about (its title, names, words that come again) and the others don't
have; a clause that requires names what the others have and it lacks. What each does is measured with the evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log

from alerts.effects import Effect, excluding, measured, requiring
from alerts.features import Corpus, Feature
from alerts.monitor import Monitor
from alerts.rules.operators.title import Title
from alerts.separation import bits, clause
from vedette.errors import RuleError
from vedette.model import Article

MOST_PROPOSALS = 5
_TRIED = 12  # single features that are measured
_IN_TITLE = 2.0


def proposals(monitor: Monitor, rule: str, corpus: Corpus, bad: Sequence[int]) -> list[Effect]:
    """Changes of a rule that take out the articles `bad` (places in the corpus), the best first; at most five.

    The other articles of the corpus are those to keep. Every change takes out one article at least.
    """
    unwanted = [corpus.articles[place].article for place in bad]
    wanted = [a.article for place, a in enumerate(corpus.articles) if place not in set(bad)]
    excluded = _measured(monitor, rule, _exclusions(corpus, bad), wanted, unwanted)
    narrower = [f"-{Title.name}:{e.clause[1:]}" for e in excluded if e.lost and " -" not in e.clause]
    excluded += _measured(monitor, rule, narrower, wanted, unwanted)
    required = _measured(monitor, rule, _requirements(corpus, bad), wanted, unwanted)
    best = [*sorted(excluded, key=_cost)[: MOST_PROPOSALS - 1], *sorted(required, key=_cost)[:1]]
    return sorted(best, key=_cost)


def _measured(
    monitor: Monitor, rule: str, clauses: Iterable[str], wanted: Sequence[Article], unwanted: Sequence[Article]
) -> list[Effect]:
    """The effects of those clauses that take out an article and leave one to keep, in their order."""
    found = []
    for text in dict.fromkeys(clauses):
        try:
            effect = measured(monitor, rule, text, wanted, unwanted)
        except RuleError:
            continue  # a clause that the rule can't take
        if effect.left < effect.unwanted and (effect.kept or not wanted):
            found.append(effect)
    return found


def _cost(effect: Effect) -> float:
    """The share of good articles lost and of bad ones left: one lost weighs as much as one left."""
    return (effect.wanted - effect.kept) / max(1, effect.wanted) + effect.left / max(1, effect.unwanted)


def _exclusions(corpus: Corpus, bad: Sequence[int]) -> Iterator[str]:
    """What the bad articles are about, the likeliest first."""
    having, keep, drop = _sides(corpus, bad)
    together = clause(having, keep, drop, corpus.weight)
    if len(together) > 1:
        yield excluding([corpus.term(feature) for feature in together])
    for feature in _telling(corpus, bad)[:_TRIED]:
        yield excluding([corpus.term(feature)])


def _requirements(corpus: Corpus, bad: Sequence[int]) -> Iterator[str]:
    """What the others have and the bad articles lack: one word, or one of several."""
    having, keep, drop = _sides(corpus, bad)
    needed = clause(having, drop, keep, corpus.weight) if keep else []
    for count in range(1, len(needed) + 1):
        yield requiring([corpus.term(feature) for feature in needed[:count]])


def _sides(corpus: Corpus, bad: Sequence[int]) -> tuple[dict[Feature, int], int, int]:
    """The features with the articles that have them, the articles to keep and those to drop."""
    drop = sum(1 << place for place in bad)
    return bits(article.features for article in corpus.articles), ((1 << len(corpus.articles)) - 1) & ~drop, drop


def _telling(corpus: Corpus, bad: Sequence[int]) -> list[Feature]:
    """What the bad articles are about, and the others are not."""
    others = len(corpus.articles) - len(bad)
    judged = {place: corpus.articles[place] for place in bad}
    spread: dict[Feature, int] = {}
    for place, article in enumerate(corpus.articles):
        if place not in judged:
            for feature in article.counts:
                spread[feature] = spread.get(feature, 0) + 1
    worth: dict[Feature, float] = {}
    for article in judged.values():
        for feature, count in article.counts.items():
            title = _IN_TITLE if feature in article.in_title else 1.0
            rare = log((others + 2) / (spread.get(feature, 0) + 1))
            worth[feature] = worth.get(feature, 0.0) + (1 + log(count)) * title * rare * corpus.weight(feature)
    return sorted(worth, key=lambda f: (-worth[f], f))
