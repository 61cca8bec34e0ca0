"""When a source is polled next: pure.

The wait-cost rule: poll when the items that are probably waiting unseen have waited long enough in sum. With items
arriving at a rate L(u) the expected unseen item-seconds after a wait of t are the integral of L(u) (t - u) over u from
0 to t; the poll is due when they reach theta. A source's weight multiplies L. Theta is the one knob for all sources:
`THETA`, or what `steer` makes of it from day to day to hold a budget.

L is a decayed Gamma estimate (events and exposure that lose half their weight in `HALF_LIFE`) times a profile of the
hours of the day and of the days of the week (UTC), which few items leave flat, and which says nothing of hours and days
that were not watched yet. It is seeded from the dates of the items that the first fetch showed. See Cho & Garcia-Molina
(2003) and Sia, Cho & Cho (2007).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from vedette.model import SourceStatus

HALF_LIFE = timedelta(days=20)
THETA = 600.0
"""Unseen item-seconds at which a poll is due: one item that has waited ten minutes, or ten that waited one."""
LEAST_THETA, MOST_THETA, MOST_STEP = 1.0, 1e8, 4.0
"""Limits of a theta that is steered, and of one step."""
PRIOR_EVENTS, PRIOR_SECONDS = 0.125, 1.5 * 3600.0
"""What a source is taken for before anything is known, an item in twelve hours, and how little that weighs."""
FLAT_HOURS, FLAT_DAYS = 24.0, 24.0
"""Items that pull the profile of hours, and that of days, towards flat."""
WEEK_HOURS = 7 * 24
JITTER = 0.05
SURPRISE = 9.2
"""Items that "not modified" would have to hide, by the usual rate: by chance that happens once in 10,000 silences."""
DAY = timedelta(days=1)
MIDNIGHT = time(0)
"""The time of a date that has none."""
MAX_BACKOFF_DOUBLINGS = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows."""

    default: timedelta = timedelta(minutes=15)
    shortest: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Rate:
    """The estimate: decayed events over decayed exposure, and in which hours and days they fell, as of `at`."""

    events: float
    seconds: float
    at: datetime | None
    hours: tuple[float, ...] = (0.0,) * 24
    days: tuple[float, ...] = (0.0,) * 7

    @property
    def per_second(self) -> float:
        """Items per second, the prior included."""
        return (self.events + PRIOR_EVENTS) / (self.seconds + PRIOR_SECONDS)

    def profile(self) -> tuple[Sequence[float], Sequence[float]]:
        """How many times the mean rate each hour of the day and each day of the week (from Monday) is worth."""
        hours, days = _watched(self.at, self.seconds) if self.at is not None else ([1.0] * 24, [1.0] * 7)
        return _times_even(self.hours, hours, FLAT_HOURS), _times_even(self.days, days, FLAT_DAYS)

    def observe(
        self,
        count: int,
        now: datetime,
        since: datetime | None = None,
        dates: Sequence[datetime | None] = (),
    ) -> Rate:
        """Count items that appeared between `since`, a poll after `at`, and `now`; `since` None means `at`.

        What is dated in between tells its hour; the rest is spread over the time in which it may have appeared.
        Silence may be counted in one step or in many: the estimate is the same.
        """
        if self.at is None:
            return Rate(float(count), 0.0, now)
        elapsed = max(0.0, (now - self.at).total_seconds())
        kept = 0.5 ** (elapsed / HALF_LIFE.total_seconds())
        exposed = (1 - kept) * HALF_LIFE.total_seconds() / math.log(2)
        hours, days = [n * kept for n in self.hours], [n * kept for n in self.days]
        if count:
            window = elapsed if since is None else min(elapsed, max(0.0, (now - since).total_seconds()))
            told = [
                d for d in dates if d is not None and 0 <= (now - d).total_seconds() <= window and d.time() != MIDNIGHT
            ]
            parts = min(24, 1 + int(window // 3600))
            spread = [now - timedelta(seconds=window * (part + 0.5) / parts) for part in range(parts)]
            shares = [(d, 1.0) for d in told] + [(when, (count - len(told)) / parts) for when in spread]
            for when, share in shares:
                hours[when.hour] += share
                days[when.weekday()] += share
        return Rate(self.events * kept + count, self.seconds * kept + exposed, now, tuple(hours), tuple(days))

    def silent_until(self, at: datetime | None) -> Rate:
        """The estimate with nothing seen from the last count until then; the same where either is unknown."""
        return self if self.at is None or at is None else self.observe(0, at)

    def as_json(self) -> dict[str, Any]:
        """For the source's row."""
        data: dict[str, Any] = {
            "events": self.events,
            "seconds": self.seconds,
            "at": self.at.isoformat() if self.at else None,
        }
        if any(self.hours):
            data |= {"hours": list(self.hours), "days": list(self.days)}
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Rate:
        """From the source's row; an empty one knows nothing."""
        at = data.get("at")
        return Rate(
            float(data.get("events", 0.0)),
            float(data.get("seconds", 0.0)),
            datetime.fromisoformat(at) if at else None,
            tuple(data.get("hours", (0.0,) * 24)),
            tuple(data.get("days", (0.0,) * 7)),
        )


def _watched(at: datetime, seconds: float) -> tuple[list[float], list[float]]:
    """How the hours of the day, and the days of the week, share an exposure of so many decayed seconds until `at`."""
    hours, days = [0.0] * 24, [0.0] * 7
    half = HALF_LIFE.total_seconds() / 3600
    left = max(0.01, 1 - seconds / 3600 * math.log(2) / half)
    watched = -half * math.log2(left)  # hours, of which each counts for more than the one before
    week, hour, day = 0.5 ** (WEEK_HOURS / half), at.hour, at.weekday()
    age, width = 0.0, at.minute / 60
    while age < min(watched, WEEK_HOURS):
        weeks = 1 + int((watched - age) // WEEK_HOURS)  # in how many this hour was watched
        weight = 0.5 ** (age / half) * (1 - week**weeks) * min(width, watched - age)
        hours[hour] += weight
        days[day] += weight
        age += width
        width = min(1.0, WEEK_HOURS - age)
        hour -= 1
        if hour < 0:
            hour, day = 23, (day - 1) % 7
    return hours, days


def _times_even(seen: Sequence[float], watched: Sequence[float], flat: float) -> list[float]:
    """For each hour or day what was seen over what an even rate would have shown, pulled towards 1 by `flat` items."""
    expected = sum(seen) / (sum(watched) or 1.0)
    prior = flat / len(seen)
    return [(n + prior) / (expected * w + prior) for n, w in zip(seen, watched, strict=True)]


def seed(dates: Sequence[datetime | None], now: datetime) -> Rate:
    """An estimate from the dates that a first fetch showed: a window of items tells how fast the source writes."""
    known = sorted(d for d in dates if d is not None and d <= now)
    if len(known) < 2:
        return Rate(0.0, 0.0, now)
    hours, days = [0.0] * 24, [0.0] * 7
    for date in known:
        hours[date.hour] += date.time() != MIDNIGHT
        days[date.weekday()] += 1
    span = max(60.0, (now - known[0]).total_seconds())
    return Rate(float(len(known)), span, now, tuple(hours), tuple(days))


def wait_cost(rate: Rate, theta: float, weight: float, now: datetime, longest: timedelta) -> timedelta:
    """The wait after which the expected unseen item-seconds reach `theta`, at most `longest`."""
    waited, unseen, cost = 0.0, 0.0, 0.0
    last = longest.total_seconds()
    day, hour = now.weekday(), now.hour
    by_hour, by_day = rate.profile()
    usual = rate.per_second * weight
    step = 3600.0 - (now.minute * 60 + now.second)
    while waited < last:
        arriving = max(usual * by_hour[hour] * by_day[day], 1e-12)
        # cost after x more seconds: cost + unseen x + arriving x^2 / 2
        needed = (math.sqrt(unseen * unseen + 2 * arriving * (theta - cost)) - unseen) / arriving
        if needed <= step:
            return timedelta(seconds=min(last, waited + needed))
        waited, cost, unseen = (
            waited + step,
            cost + unseen * step + arriving * step * step / 2,
            unseen + arriving * step,
        )
        hour, step = (hour + 1) % 24, 3600.0
        day = (day + (hour == 0)) % 7
    return longest


def steer(theta: float, spent: float, budget: float) -> float:
    """Another theta after a day that took `spent` polls per source where `budget` were allowed.

    A wait grows with the root of theta, so that the square of their ratio would be right at once; a step is smaller,
    because days differ, and limits on waits keep some sources from following.
    """
    step = max(1 / MOST_STEP, min(MOST_STEP, spent / budget))
    return max(LEAST_THETA, min(MOST_THETA, theta * step))


def must_ask_whole(
    rate: Rate, whole_at: datetime | None, denied_at: datetime | None, now: datetime, *, lies: bool
) -> bool:
    """Whether to ask without validators once, because "not modified" can't be true.

    `whole_at` is when it last sent its body, `denied_at` when it last said that nothing had changed since. At most once
    a day: where that hides more items than chance explains, and where it was found to lie. A source that is really
    silent is asked less and less often, since its rate decays.
    """
    if whole_at is None or denied_at is None or now - whole_at < DAY:
        return False
    return lies or rate.per_second * (denied_at - whole_at).total_seconds() >= SURPRISE


def interval_after_success(
    rate: Rate,
    *,
    limits: Limits,
    weight: float = 1.0,
    fixed: timedelta | None = None,
    floor: timedelta | None = None,
    overflowed: bool = False,
    theta: float = THETA,
) -> timedelta:
    """The wait after a poll that worked.

    `fixed` was set by a person and wins. `floor` is what the server asks for (ttl, max-age). `overflowed`: every item
    shown was new, so some were probably missed: wait half as long.
    """
    if fixed is not None:
        return fixed
    if rate.at is None:
        return limits.default
    wait = wait_cost(rate, theta, max(weight, 0.01), rate.at, limits.longest)
    if overflowed:
        wait /= 2
    shortest = max(limits.shortest, floor or timedelta(0))
    return max(wait, min(shortest, limits.longest))


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


def items_per_day(status: SourceStatus) -> float | None:
    """How many new items a source is thought to show on a day; None where nothing is known yet."""
    rate = Rate.from_json(status.polling).silent_until(status.last_success_at)
    return round(rate.per_second * 86400, 2) if rate.at else None
