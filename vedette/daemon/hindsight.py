"""What was said before about a story, for the decision whether there is news in it."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.facts import Facts, facts
from storage import Transaction
from vedette.model import Stored, Subscription

MOST_ARTICLES = 40
"""Articles of an alert that are read again; later ones of a long story repeat the earlier ones."""


def known_facts(tx: Transaction, alert_id: int, stored: Stored) -> Facts:
    """What the articles of an alert state in all their revisions, but for the revision that was just stored."""
    known = Facts()
    for article_id in tx.alerts.articles(alert_id)[:MOST_ARTICLES]:
        article = tx.articles.get(article_id)
        if article is None:
            continue
        entities = {span.entity for m in tx.matches.list(article_id) for span in m.match.spans if span.entity}
        for revision in tx.articles.revisions(article_id):
            if (article_id, revision.revision) != (stored.article.id, stored.article.revision):
                known |= facts(revision.title, revision.text, article.language, entities)
    return known


def told_before(tx: Transaction, subscriptions: Iterable[Subscription], story_id: int) -> dict[str, tuple[str, ...]]:
    """For each subscription the other topics under which its reader got the story through the same channel."""
    found = {}
    for subscription in subscriptions:
        topics = tuple(
            other.topic
            for other in tx.subscriptions.list(analyst=subscription.analyst)
            if other.topic != subscription.topic
            and other.channel == subscription.channel
            and tx.deliveries.has_told(other.id, story_id)
        )
        if topics:
            found[subscription.id] = topics
    return found
