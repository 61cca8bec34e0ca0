"""What a rule would have meant for its readers: days, stories, alerts and messages. Pure.

Rates are counted from the past: the articles that matched, when they appeared, and the outlets that carried them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.calendar import next_digest
from alerts.decide import UPDATE_AT
from vedette.model import Cadence


@dataclass(frozen=True, slots=True)
class Appearance:
    """An article that matched: when it appeared, its story and the outlet that carried it."""

    at: datetime
    story_id: int
    site: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a subscription would have got. `held`: messages over the cap, which come in a digest."""

    cadence: Cadence
    messages: int
    per_week: float
    held: int


def appeared(seen_at: datetime, published_at: datetime | None, *, silent: bool, max_age: timedelta) -> datetime:
    """When an article would have alerted, had the archive been there: when it was first seen.

    What the first poll of a source brought, or what was old when it was first seen, counts from its publication.
    """
    if published_at is None or published_at >= seen_at:
        return seen_at
    return published_at if silent or seen_at - published_at > max_age else seen_at


def weeks_of(since: datetime, until: datetime) -> float:
    """The weeks of a time, a day at least."""
    return max((until - since) / timedelta(weeks=1), 1 / 7)


def per_day(instants: Iterable[datetime]) -> dict[str, int]:
    """Counts by day, UTC, in order; empty days are left out."""
    return dict(sorted(Counter(f"{at:%Y-%m-%d}" for at in instants).items()))


def messages(articles: Iterable[Appearance]) -> list[datetime]:
    """When a reader at once would have been told: a new story, and again at every further step of its outlets."""
    sites: dict[int, set[str]] = {}
    told: list[datetime] = []
    for article in sorted(articles, key=lambda a: a.at):
        known = sites.setdefault(article.story_id, set())
        is_new = article.site not in known
        known.add(article.site)
        if (is_new and len(known) == 1) or (is_new and len(known) in UPDATE_AT):
            told.append(article.at)
    return told


def expected(
    articles: Sequence[Appearance],
    weeks: float,
    *,
    cadence: Cadence,
    cap_per_hour: int,
    timezone: str = "UTC",
    digest_at: str = "08:00",
) -> Expected:
    """What a subscription with that cadence would have got from articles that matched."""
    told = messages(articles)
    if cadence is Cadence.AT_ONCE:
        return Expected(cadence, len(told), round(len(told) / weeks, 1), _over_the_cap(told, cap_per_hour))
    digests = len({next_digest(cadence, digest_at, at, timezone) for at in told})
    return Expected(cadence, digests, round(digests / weeks, 1), 0)


def _over_the_cap(told: Sequence[datetime], cap: int) -> int:
    """How many messages come when the hour before them has had its number."""
    first = held = 0
    for place, at in enumerate(told):
        while told[first] <= at - timedelta(hours=1):
            first += 1
        held += place - first >= cap
    return held
