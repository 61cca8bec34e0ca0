"""The archive asked by pages: monitors are dear to make, so those that rest are kept and used again."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.monitor import Monitor
from alerts.rules.checks import Check, check
from alerts.rules.explain import Explanation
from storage import Archived, Transaction
from vedette.archive import QUERY, Query, monitor_of
from vedette.errors import RuleError
from vedette.model import Article, Match, Topic

AGAINST = "?against"
LONGEST_RULE = 20_000
"""Characters of a rule that is taken from a form or a request."""
MOST_GROUPED = 500
"""The newest hits that are grouped by what they are about: more of them would keep their reader waiting."""
MOST_MONITORS = 4
MOST_SHOWN = 100
"""Hits among which the best are looked for: evaluating more of them would keep a page's reader waiting."""
MOST_LOOKED = 4
"""Articles that are evaluated at most for each hit: a rule of common words may match few of many."""
MOST_ENTITIES = 400
"""Entities that a monitor that rests may know: all are looked for in every article."""
MOST_FOUND = 5000
"""Articles that an export holds, and that cursors reach."""


class Monitors:
    """Monitors over the topics as they stand, all asleep: they are referred to and match nothing."""

    def __init__(self) -> None:
        """None is made yet."""
        self._lock, self._stamp, self._settled = threading.Lock(), "", False
        self._resting: list[Monitor] = []

    @contextlib.contextmanager
    def lend(self, tx: Transaction) -> Iterator[Monitor]:
        """A monitor for one thread; what is put under a name of its own is taken out again."""
        stamp = tx.topics.stamp()
        with self._lock:
            if stamp != self._stamp:
                self._stamp, self._resting = stamp, []
            monitor = self._resting.pop() if self._resting else None
        if monitor is None:
            monitor = monitor_of(tx, asleep=True)
            self._settle()
        try:
            yield monitor
        except RuleError:  # a rule that is refused changes nothing
            self._rest(monitor, stamp)
            raise
        self._rest(monitor, stamp)

    def _settle(self) -> None:
        """Hide what the first monitor loaded from the collector: its look through that would stop every request."""
        if not self._settled:
            self._settled = True
            gc.freeze()

    def _rest(self, monitor: Monitor, stamp: str) -> None:
        """Take a monitor back; one that another exception left somewhere is not used again."""
        monitor.remove(QUERY)
        monitor.remove(AGAINST)
        with self._lock:
            light = len(monitor.knowledge.lexicon.wanted) <= MOST_ENTITIES
            if light and stamp == self._stamp and len(self._resting) < MOST_MONITORS:
                self._resting.append(monitor)


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that a search found."""

    article: Article
    seen_at: datetime
    story_id: int
    match: Match


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a search leaves out beside its rule; "" leaves a condition out."""

    country: str = ""
    language: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits of a search in order, and how they spread. `further`: the id before which older ones were not looked
    for; None where there are none."""

    hits: tuple[Hit, ...]
    facets: dict[str, list[tuple[str, int]]]
    further: int | None = None

    @property
    def whole(self) -> bool:
        """Whether these are all hits."""
        return self.further is None


def search(
    tx: Transaction,
    monitor: Monitor,
    rule: str,
    narrowed: Narrowed,
    *,
    since: datetime | None,
    best: bool = False,
    most: int = MOST_SHOWN,
    before: int | None = None,
) -> Answer:
    """The `most` newest articles that a rule matches, the best first if that is asked; RuleError for no rule.

    `before`: of those with smaller ids, to go on where another search stopped.
    """
    hits: list[Hit] = []
    counts = {name: Counter[str]() for name in ("country", "language", "site")}
    asked, further, last = Query(tx, rule, monitor), None, before
    for looked, row in enumerate(asked.archived(asked.terms, since=since, before=before)):
        if len(hits) >= most or looked >= max(most, MOST_SHOWN) * MOST_LOOKED:
            further = last
            break
        last = row.article.id
        match = asked.match(row.article) if _fits(row, narrowed) else None
        if match is None:
            continue
        for name, counter in counts.items():
            value = getattr(row.article, name)
            if value:
                counter[value] += 1
        hits.append(Hit(row.article, row.seen_at, row.story_id, match))
    if best:
        hits.sort(key=weight, reverse=True)
    return Answer(tuple(hits), {name: counter.most_common(12) for name, counter in counts.items()}, further)


def weight(hit: Hit) -> tuple[float, float]:
    """How good a hit is: its score, where the rule has one; else how dense its evidence is, the title counting most."""
    if hit.match.score is not None:
        return hit.match.score, hit.seen_at.timestamp()
    title = sum(span.field == "title" for span in hit.match.spans)
    terms = len({span.entity or span.term for span in hit.match.spans})
    return 3.0 * title + 2.0 * terms + len(hit.match.spans) / 50, hit.seen_at.timestamp()


def _fits(row: Archived, narrowed: Narrowed) -> bool:
    article = row.article
    return (
        (not narrowed.country or article.country == narrowed.country)
        and (not narrowed.language or article.language == narrowed.language)
        and (not narrowed.site or article.site == narrowed.site)
    )


def checked(monitor: Monitor, rule: str, topic_id: str = "", say: Callable[[str], str] = str) -> Check:
    """What can be said of a rule, with the topics and entities that there are; RuleError where it must be refused.

    `topic_id`: the topic that it is to be the rule of, so that circles are found. `say`: the language of its words.
    """
    result = check(rule, monitor.knowledge.catalogue, say)
    monitor.accepts(Topic(topic_id, rule))
    return result


def explained(monitor: Monitor, topic: Topic, article: Article) -> Explanation | RuleError:
    """How a topic as it stands judges an article."""
    try:
        return monitor.explain(topic.id if topic.id in monitor else topic.rule, article)
    except RuleError as error:
        return error


def since_days(now: datetime, days: int) -> datetime | None:
    """The begin of the last so many days; None for 0, the whole archive."""
    return now - timedelta(days=days) if days else None
