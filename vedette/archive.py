"""The archive asked anew: topics as they stand now, and searches, over stored articles.

The index finds candidates; the evaluator of live alerts decides.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.notice import matched_sentences
from alerts.presearch import guess
from alerts.rendering import Mark, marked
from alerts.rules.node import Weigh
from storage import Transaction
from vedette.model import Article, Match, Topic

QUERY = "?"
"""The id that a query has beside the topics; no topic can have it."""
STEP = timedelta(days=30)
"""How much of the archive is read at a time where the index can't narrow it."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that a query matches; sentences have the hits between asterisks."""

    article: Article
    match: Match
    sentences: tuple[str, ...]


def monitor_of(tx: Transaction, *, asleep: bool = False) -> Monitor:
    """A monitor over all stored topics and entities; `asleep`: topics can be referred to but match nothing.

    Topics whose rules must be refused are left out: they could not be saved so, but an entity may have gone since.
    """
    own = tx.entities.list()
    monitor = Monitor(lambda: Catalogue.shipped().with_entities(own) if own else Catalogue.shipped())
    topics = tx.topics.list()
    monitor.put_all([replace(topic, active=False) for topic in topics] if asleep else topics)
    return monitor


def search(
    tx: Transaction, query: str, *, now: datetime, since: datetime | None = None, limit: int = 20
) -> list[Found]:
    """The newest articles that a rule matches, from `since` on; RuleError for a text that is no rule."""
    monitor = monitor_of(tx, asleep=True)
    monitor.put(Topic(QUERY, query))
    terms = index_terms(monitor.node(query).groups(Weigh(guess)))
    found = (_found(monitor, article) for article in _candidates(tx, terms, now, since))
    return list(islice((hit for hit in found if hit is not None), limit))


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have caught. `days` counts articles by the day they were seen, UTC; empty days are left out."""

    articles: int
    stories: int
    alerts_per_week: float  # one alert a story
    days: Mapping[str, int]
    examples: tuple[Found, ...]  # the newest


def backtest(tx: Transaction, rule: str, *, now: datetime, days: int, examples: int = 10) -> Backtest:
    """What a rule would have caught in the last so many days, with the evaluator of live alerts."""
    found = search(tx, rule, now=now, since=now - timedelta(days=days), limit=sys.maxsize)
    per_day: Counter[str] = Counter()
    stories = set()
    for hit in found:
        assert hit.article.id is not None
        seen = tx.articles.seen_at(hit.article.id)
        per_day[f"{seen:%Y-%m-%d}"] += 1
        stories.add(tx.stories.of(hit.article.id))
    weeks = max(days / 7, 1 / 7)
    return Backtest(
        len(found), len(stories), round(len(stories) / weeks, 1), dict(sorted(per_day.items())), tuple(found[:examples])
    )


def index_terms(groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """What the index can be asked for: of each group one term must be there.

    A group with a feature that no single word shows (an entity, a stem, a property) can't narrow the search.
    """
    terms = []
    for group in groups:
        words = [_term(feature) for feature in group]
        if all(words):
            terms.append(words)
    return terms


def _term(feature: str) -> str:
    """The index's term for a presearch feature; "" where it has none."""
    if feature[0] in "@~" or ":" in feature:
        return ""
    if feature[0] != "*":
        return feature
    start = feature[1:].replace("?", "*").partition("*")[0]
    return f"{start}*" if start else ""


def _candidates(tx: Transaction, terms: list[list[str]], now: datetime, since: datetime | None) -> Iterator[Article]:
    """Articles that may match, the newest first."""
    if terms:
        yield from tx.search.query(terms, limit=None, since=since)
        return
    left, start, end = tx.articles.count(), now - STEP, None
    while left > 0 and (since is None or end is None or end > since):
        articles = tx.search.query([], limit=None, since=max(start, since) if since else start, until=end)
        yield from articles
        left -= len(articles)
        start, end = start - STEP, start


def _found(monitor: Monitor, article: Article) -> Found | None:
    match = next((m for m in monitor.match(article).matches if m.topic == QUERY), None)
    if match is None:
        return None
    told = matched_sentences(article, match.spans)
    return Found(article, match, tuple(marked(s, str, Mark("*", "*")) for s in told))
