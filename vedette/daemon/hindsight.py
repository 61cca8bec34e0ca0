"""What was said before about a story, for the decision whether there is news in it.

Read within the write, while others wait: in a few statements, however many topics and articles there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.facts import Facts, facts
from storage import Transaction
from vedette.model import Stored, Subscription

MOST_ARTICLES = 40
"""Articles of an alert that are read again; later ones of a long story repeat the earlier ones."""


def known_facts(tx: Transaction, articles: Mapping[str, Sequence[int]], stored: Stored) -> dict[str, Facts]:
    """What the articles of each topic's alert state in all their revisions, but for the one that was just stored."""
    read = {name: ids[:MOST_ARTICLES] for name, ids in articles.items()}
    wanted = {article_id for ids in read.values() for article_id in ids}
    if not wanted:
        return {}
    entities = tx.matches.entities(wanted)
    by_article: dict[int, Facts] = {}
    for said in tx.articles.wordings(wanted):
        if (said.article_id, said.revision) != (stored.article.id, stored.article.revision):
            stated = facts(said.title, said.text, said.language, entities.get(said.article_id, ()))
            by_article[said.article_id] = by_article.get(said.article_id, Facts()) | stated
    return {name: _all(by_article[key] for key in ids if key in by_article) for name, ids in read.items()}


def _all(stated: Iterable[Facts]) -> Facts:
    known = Facts()
    for one in stated:
        known |= one
    return known


def told_before(tx: Transaction, subscriptions: Sequence[Subscription], story_id: int) -> dict[str, tuple[str, ...]]:
    """For each subscription the other topics under which its reader got the story through the same channel."""
    of_reader = {name: tx.subscriptions.list(analyst=name) for name in {s.analyst for s in subscriptions}}
    told = tx.deliveries.told([s.id for rows in of_reader.values() for s in rows], story_id) if of_reader else set()
    found = {}
    for subscription in subscriptions:
        topics = tuple(
            other.topic
            for other in of_reader[subscription.analyst]
            if other.id in told and other.topic != subscription.topic and other.channel == subscription.channel
        )
        if topics:
            found[subscription.id] = topics
    return found
