"""What analysts do with stories and alerts: split, merge, hear no more of one. Pages and the API share it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from alerts import wishes
from alerts.effects import Effect
from storage import Story, Transaction
from vedette.errors import UsageError
from vedette.model import DeliveryReason
from vedette.tuning import not_relevant
from web.problems import Problem
from web.site import Site
from web.visitor import Visitor

YEAR = timedelta(days=365)
"""How far back the hits reach on which a proposal is measured."""


def story_of(tx: Transaction, story_id: int) -> Story:
    """A story with articles; Problem 404 for one that is not there, or was merged into another."""
    story = tx.stories.get(story_id)
    if story is None or not story.articles:
        raise Problem(404)
    return story


def split(
    site: Site, found: Visitor, story_id: int, articles: Sequence[int], reason: str = "", address: str = ""
) -> int:
    """Move articles into a story of their own, with the alerts that they caused; its number."""
    with site.store.write() as tx:
        mine = {member.article.id for member in story_of(tx, story_id).articles}
        if not set(articles) <= mine:
            raise UsageError("Not all of these articles are in the story.")
        made = tx.stories.split(story_id, articles, reason or "split by an analyst", site.now())
        if made is None:
            raise UsageError("Choose some of the articles, not all: nothing would be left of the story.")
        tx.audit.add(found.id, "story: split", str(story_id), site.wall(), f"into {made}", address)
    return made


def merge(site: Site, found: Visitor, story_id: int, into: int, reason: str = "", address: str = "") -> int:
    """Move all articles of a story into another one; how many moved."""
    if story_id == into:
        raise UsageError("A story can't be merged with itself.")
    with site.store.write() as tx:
        story_of(tx, story_id)
        story_of(tx, into)
        moved = tx.stories.merge(story_id, into, reason or "merged by an analyst", site.now())
        tx.audit.add(found.id, "story: merge", str(story_id), site.wall(), f"into {into}", address)
    return moved


def silence(site: Site, found: Visitor, alert_id: int, hours: float | None = None, address: str = "") -> list[str]:
    """Hear nothing more of an alert's story, for some hours, or for good as not relevant (None).

    The subscriptions of one's own that it holds for; UsageError where one does not follow the topic.
    """
    reason = DeliveryReason.SNOOZED if hours is not None else DeliveryReason.NOT_RELEVANT
    now = site.now()
    with site.store.write() as tx:
        view = tx.alerts.get(alert_id)
        if view is None:
            raise Problem(404)
        mine = [one.id for one in tx.subscriptions.list(topic=view.alert.topic, analyst=found.id)]
        if not mine:
            raise UsageError("You do not follow this topic: there is nothing to silence.")
        until = now + timedelta(hours=hours) if hours is not None else None
        told = wishes.silence(tx, alert_id, reason, now, until=until, subscriptions=mine)
        tx.audit.add(found.id, f"alert: {reason}", str(alert_id), site.wall(), view.alert.topic, address)
    return told


def proposals(site: Site, topic_id: str, alert_ids: Sequence[int]) -> tuple[Effect, ...]:
    """Clauses by which alerts would not have been, with their effect on a year of hits; none where nothing helps."""
    with site.store.read() as tx:
        try:
            return not_relevant(tx, topic_id, alert_ids, since=site.now() - YEAR).proposals
        except UsageError:  # the rule was changed since, and no longer matches
            return ()
