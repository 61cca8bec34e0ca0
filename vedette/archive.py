"""The archive asked anew: topics as they stand now, and searches, over stored articles.

The index finds candidates; the evaluator of live alerts decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from alerts.commonness import guess
from alerts.entities import Catalogue
from alerts.indexing import accepts, index_terms
from alerts.monitor import Monitor
from alerts.notice import matched_sentences
from alerts.rendering import Mark, marked
from alerts.rules.node import Weigh
from storage import Archived, Transaction
from vedette.model import Article, Match, Topic

QUERY = "?"
"""The id that a query has beside the topics; no topic can have it."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that a query matches; sentences have the hits between asterisks."""

    article: Article
    match: Match
    sentences: tuple[str, ...]

    def value(self) -> dict[str, object]:
        """What commands say of it in JSON: no text, which may be long."""
        article = self.article
        return {
            "id": article.id,
            "title": article.title,
            "url": article.url,
            "site": article.site,
            "language": article.language,
            "published_at": article.published_at,
            "score": self.match.score,
            "spans": self.match.spans,
            "sentences": self.sentences,
        }


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
    asked = Query(tx, query)
    return [asked.found(row.article, match) for row, match in islice(asked.matches(since), limit)]


class Query:
    """One rule, asked of the archive. It stands beside the stored topics, which it may refer to."""

    def __init__(self, tx: Transaction, rule: str, monitor: Monitor | None = None, key: str = QUERY) -> None:
        """RuleError for a text that is no rule. `monitor`: one whose topics are asleep; several queries with other keys
        may share it."""
        self.tx, self.rule, self.key = tx, rule, key
        self.monitor = monitor_of(tx, asleep=True) if monitor is None else monitor
        self.node = self.monitor.node(rule)
        groups = self.node.groups(Weigh(guess))
        self.terms = index_terms(groups, self.monitor.knowledge.lexicon)
        self._fits = accepts(groups, self.monitor.knowledge.lexicon)
        self.monitor.put(Topic(key, rule))

    def candidates(self, since: datetime | None = None) -> Iterator[tuple[Archived, Match | None]]:
        """The articles that the index finds for the rule, the newest first, and what the evaluator says of each."""
        for row in self.archived(self.terms, since=since):
            yield row, self.match(row.article)

    def archived(
        self,
        terms: Sequence[Sequence[str]],
        *,
        since: datetime | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Archived]:
        """The articles that the index finds for terms, the newest first; `before`: only those with smaller ids."""
        return self.tx.search.archived(terms, limit=limit, since=since, before=before, fits=self._fits)

    def matches(self, since: datetime | None = None) -> Iterator[tuple[Archived, Match]]:
        """The articles that the rule matches, the newest first."""
        for row, match in self.candidates(since):
            if match is not None:
                yield row, match

    def match(self, article: Article) -> Match | None:
        """What the evaluator says of one article."""
        return self.monitor.match_one(self.key, article)

    @staticmethod
    def found(article: Article, match: Match) -> Found:
        """A match as people read it."""
        told = matched_sentences(article, match.spans)
        return Found(article, match, tuple(marked(s, str, Mark("*", "*")) for s in told))
