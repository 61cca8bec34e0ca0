"""The lineage of a story as the archive holds it, for pages, the API and commands."""

from __future__ import annotations

from alerts.stories.lineage import Lineage, Telling, lineage
from storage import Story


def lineage_of(story: Story) -> Lineage:
    """Who told a story first, and how many tell it on their own; the story has at least one article."""
    return lineage(
        [
            Telling(
                member.article.id or 0,
                member.article.site,
                member.seen_at,
                member.article.published_at,
                member.article.published_precision,
                member.join,
                member.like,
            )
            for member in story.articles
        ]
    )
