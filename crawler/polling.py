"""When a source is polled next: pure.

The wait-cost rule: poll when the items that are probably waiting unseen have waited long enough in sum. With items
arriving at a rate L (per second) the expected unseen item-seconds after a wait of t are L t^2 / 2; the poll is due
when they reach `THETA`, so t = sqrt(2 THETA / L). A source's weight multiplies L.

L is a decayed Gamma estimate: events and exposure that lose half their weight in `HALF_LIFE`. It is seeded from the
dates of the items that the first fetch showed. See Cho & Garcia-Molina (2003) and Sia, Cho & Cho (2007).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

HALF_LIFE = timedelta(days=10)
THETA = 600.0
"""Unseen item-seconds at which a poll is due: one item that has waited ten minutes, or ten that waited one."""
PRIOR_EVENTS, PRIOR_SECONDS = 0.125, 1.5 * 3600.0
"""What a source is taken for before anything is known, an item in twelve hours, and how little that weighs."""
JITTER = 0.05
SURPRISE = 9.2
"""Items that "not modified" would have to hide, by the usual rate: by chance that happens once in 10,000 silences."""
DAY = timedelta(days=1)
MAX_BACKOFF_DOUBLINGS = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows."""

    default: timedelta = timedelta(minutes=15)
    shortest: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Rate:
    """The estimate: decayed events over decayed exposure, as of `at`."""

    events: float
    seconds: float
    at: datetime | None

    @property
    def per_second(self) -> float:
        """Items per second, the prior included."""
        return (self.events + PRIOR_EVENTS) / (self.seconds + PRIOR_SECONDS)

    def observe(self, count: int, now: datetime) -> Rate:
        """Count items that appeared since `at`."""
        if self.at is None:
            return Rate(float(count), 0.0, now)
        elapsed = max(0.0, (now - self.at).total_seconds())
        kept = 0.5 ** (elapsed / HALF_LIFE.total_seconds())
        return Rate(self.events * kept + count, self.seconds * kept + elapsed, now)

    def as_json(self) -> dict[str, Any]:
        """For the source's row."""
        return {"events": self.events, "seconds": self.seconds, "at": self.at.isoformat() if self.at else None}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Rate:
        """From the source's row; an empty one knows nothing."""
        at = data.get("at")
        return Rate(
            float(data.get("events", 0.0)),
            float(data.get("seconds", 0.0)),
            datetime.fromisoformat(at) if at else None,
        )


def seed(dates: Sequence[datetime | None], now: datetime) -> Rate:
    """An estimate from the dates that a first fetch showed: a window of items tells how fast the source writes."""
    known = sorted(d for d in dates if d is not None and d <= now)
    if len(known) < 2:
        return Rate(0.0, 0.0, now)
    return Rate(float(len(known)), max(60.0, (now - known[0]).total_seconds()), now)


def must_ask_whole(rate: Rate, whole_at: datetime | None, now: datetime, *, lies: bool) -> bool:
    """Whether to ask without validators once, because "not modified" can't be true.

    At most once a day: where the answers hide more items than chance explains, and where they were found to lie. A
    source that is really silent is asked less and less often, since its rate decays.
    """
    if whole_at is None or now - whole_at < DAY:
        return False
    return lies or rate.per_second * (now - whole_at).total_seconds() >= SURPRISE


def interval_after_success(
    rate: Rate,
    *,
    limits: Limits,
    weight: float = 1.0,
    fixed: timedelta | None = None,
    floor: timedelta | None = None,
    overflowed: bool = False,
) -> timedelta:
    """The wait after a poll that worked.

    `fixed` was set by a person and wins. `floor` is what the server asks for (ttl, max-age). `overflowed`: every item
    shown was new, so some were probably missed: wait half as long.
    """
    if fixed is not None:
        return fixed
    wait = math.sqrt(2 * THETA / (rate.per_second * max(weight, 0.01)))
    if overflowed:
        wait /= 2
    shortest = max(limits.shortest, floor or timedelta(0))
    return max(min(timedelta(seconds=wait), limits.longest), min(shortest, limits.longest))


def interval_after_failure(
    failures: int, previous: timedelta | None, *, limits: Limits, fixed: timedelta | None = None
) -> timedelta:
    """The wait after the n-th failure in a row (from 1): the usual one, doubled with every failure."""
    usual = fixed or previous or limits.default
    doubled: timedelta = usual * 2 ** min(failures - 1, MAX_BACKOFF_DOUBLINGS)
    return min(doubled, max(limits.longest, usual))


def jittered(wait: timedelta, chance: float) -> timedelta:
    """Spread polls: up to 5 % later, by a random number in [0, 1)."""
    return wait * (1 + JITTER * chance)
