"""How a rule could be sharper: what its hits in the archive are about, and what an irrelevant alert asks to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from alerts.contexts import Group, groups, guards
from alerts.effects import Effect, excluding, measured, requiring
from alerts.features import Corpus, describe
from alerts.feedback import proposals
from alerts.monitor import Monitor
from alerts.rules.node import Node
from alerts.rules.operators.entity import EntityTerm
from storage import Archived, Transaction
from vedette.archive import Query
from vedette.errors import UsageError
from vedette.model import Article, Match, Topic

MOST_ARTICLES = 2000
"""The newest hits that are looked at."""


@dataclass(frozen=True, slots=True)
class Context:
    """Hits that are about the same. `marks`: terms typical of them; `name`: the first of them in words."""

    name: str
    articles: int
    stories: int
    marks: tuple[str, ...]
    examples: tuple[Article, ...]
    guards: tuple[Effect, ...]
    """Clauses that keep the rule to this context, with their measured effect; none where there is one context."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """What the hits of a rule in the archive are about, the commonest context first."""

    articles: int
    contexts: tuple[Context, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What alerts that were not relevant ask to change in their topic's rule."""

    topic: Topic
    alerts: tuple[int, ...]
    irrelevant: tuple[Article, ...]
    others: tuple[Article, ...]
    """The other hits in the archive, by which changes are measured."""
    proposals: tuple[Effect, ...]


def contexts(
    tx: Transaction,
    rule: str,
    *,
    since: datetime,
    examples: int = 3,
    most: int = MOST_ARTICLES,
    monitor: Monitor | None = None,
) -> Contexts:
    """The `most` newest hits of a rule since then, grouped by context, and what would keep the rule to each.

    `monitor`: one whose topics are asleep, as for `Query`.
    """
    asked = Query(tx, rule, monitor)
    rows = list(islice(asked.matches(since), most))
    corpus = _corpus(asked, rows)
    found = groups(corpus)
    effects = _guards(asked, corpus, found)
    return Contexts(
        len(rows),
        tuple(_context(asked, corpus, group, effects[number], examples) for number, group in enumerate(found)),
    )


def _context(asked: Query, corpus: Corpus, group: Group, kept: Sequence[Effect], examples: int) -> Context:
    catalogue = asked.monitor.knowledge.catalogue()
    marks = [mark[1:] for mark in group.marks if mark[0] == "@"]
    terms = tuple(corpus.term(mark) for mark in group.marks)
    first = group.marks[0] if group.marks else ""
    name = catalogue[marks[0]].name if first[:1] == "@" else (terms[0] if terms else "everything")
    shown = tuple(corpus.articles[place].article for place in group.articles[:examples])
    return Context(name.strip('"'), len(group.articles), group.stories, terms, shown, tuple(kept))


def _guards(asked: Query, corpus: Corpus, found: Sequence[Group]) -> list[list[Effect]]:
    """The clauses for each group, the one with fewer articles on the wrong side first."""
    if len(found) < 2:
        return [[] for _ in found]
    effects = []
    for guard in guards(corpus, found):
        own = set(found[guard.group].articles)
        keep = [corpus.articles[place].article for place in sorted(own)]
        drop = [a.article for place, a in enumerate(corpus.articles) if place not in own]
        texts = [
            form([corpus.term(feature) for feature in features])
            for form, features in ((excluding, guard.excluded), (requiring, guard.required))
            if features
        ]
        texts += _named(corpus, found[guard.group])
        tried = [measured(asked.monitor, asked.rule, text, keep, drop) for text in texts]
        effects.append(sorted(tried, key=lambda effect: effect.costs))
    return effects


def _named(corpus: Corpus, group: Group) -> list[str]:
    """The entity that the hits of a group mostly name, as a clause."""
    counts = Counter(feature for place in group.articles for feature in corpus.articles[place].named)
    return [corpus.term(feature) for feature, count in counts.most_common(1) if 2 * count >= len(group.articles)]


def not_relevant(tx: Transaction, topic_id: str, alert_ids: Sequence[int] = (), *, since: datetime) -> Feedback:
    """What to change so that alerts of a topic would not have been: those named, or those that readers called so.

    Changes are measured on the hits since then, of which those that readers called not relevant are left out.
    """
    topic = tx.topics.get(topic_id)
    if topic is None:
        raise UsageError(f"unknown topic {topic_id!r}: `vedette topics list` shows them")
    called = tx.alerts.not_relevant(topic_id)
    alerts = tuple(alert_ids) or tuple(called)
    if not alerts:
        raise UsageError(f"no alert on {topic_id!r} was called not relevant: name one with --not-relevant ALERT")
    told, stories = _judged(tx, topic_id, alerts)
    stories |= _judged(tx, topic_id, called)[1]
    asked = Query(tx, topic.rule)
    still = [(article, match) for article in told if (match := asked.match(article)) is not None]
    if not still:
        raise UsageError(f"the rule of {topic_id!r} does not match these articles any more: nothing is to be changed")
    rows = (row for row in asked.matches(since) if row[0].story_id not in stories)
    good = list(islice(rows, MOST_ARTICLES))
    bad = [(Archived(article, since, 0, silent=False), match) for article, match in still]
    changes = proposals(asked.monitor, topic.rule, _corpus(asked, [*bad, *good]), range(len(bad)))
    others = tuple(row.article for row, _ in good)
    return Feedback(topic, alerts, tuple(article for article, _ in still), others, tuple(changes))


def _judged(tx: Transaction, topic_id: str, alert_ids: Sequence[int]) -> tuple[list[Article], set[int]]:
    """The articles and stories of alerts on a topic; UsageError for any other alert."""
    articles: dict[int, Article | None] = {}
    stories = set()
    for alert_id in alert_ids:
        view = tx.alerts.get(alert_id)
        if view is None or view.alert.topic != topic_id:
            raise UsageError(f"{topic_id!r} has no alert {alert_id}: `vedette alerts list --topic {topic_id}`")
        stories.add(view.alert.story_id)
        articles.update({key: tx.articles.get(key) for key in tx.alerts.articles(alert_id)})
    return [article for article in articles.values() if article is not None], stories


def _corpus(asked: Query, rows: Sequence[tuple[Archived, Match]]) -> Corpus:
    """The hits by what tells them apart, less what the rule asks for anyway."""
    described = [(row.article, row.story_id, match.spans) for row, match in rows]
    return describe(described, asked.monitor.knowledge.catalogue(), _entities(asked.node))


def _entities(node: Node) -> list[str]:
    return [part.reference for part in node.walk() if isinstance(part, EntityTerm)]
