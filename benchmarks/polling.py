"""When to poll: the wait-cost rule beside a fixed interval, Miniflux' rule and AIMD, at equal budgets of requests.

    python benchmarks/polling.py [--sources 150] [--days 21] [--budgets 24,96]

Sources are simulated: rates over three orders of magnitude, working hours and weekends, items in bursts, a feed that
shows the newest 20. Each rule has one knob, which is turned until all rules spend the same number of requests; what
differs is how long an item waits to be seen, and whether it is seen at all. "Known rates" is the wait-cost rule told
what it has to estimate, each source's true rate and hours: what is left to gain. Simulated time, no network.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).parents[1]))

from crawler import polling

START = datetime(2026, 3, 2, tzinfo=UTC)
WARM_DAYS = 28
"""History before the first poll, of which the first fetch sees what the window still holds."""
WINDOW = 20
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
TOGETHER = 0.25
"""The chance that an item is followed by another one within a quarter of an hour."""
BURST = 1 / (1 - TOGETHER)
SHORTEST, LONGEST = 2 * MINUTE, DAY


@dataclass(frozen=True)
class Habits:
    """How a source writes: items a day at its peak hour, its zone in hours, its weekend and its nights."""

    rate: float
    zone: float
    weekend: float  # share of a working day
    depth: float  # how much it sleeps at night, 0 to 1

    def share(self, at: float) -> float:
        """Its activity at an instant, as a share of that of its peak hour."""
        hour, weekday = (at / HOUR + self.zone) % 24, int(at // DAY) % 7
        awake = 1 - self.depth * (0.5 + 0.5 * math.cos((hour - 14) / 24 * 2 * math.pi + math.pi))
        return awake * (self.weekend if weekday >= 5 else 1.0)


@dataclass(frozen=True)
class Simulated:
    """A source, and when it publishes: seconds from the start; before it, negative ones."""

    habits: Habits
    times: Sequence[float]


class Rule(Protocol):
    """A policy for one source: how long to wait after a poll that showed new items of these dates. Seconds."""

    def begin(self, shown: Sequence[float], now: float) -> float: ...

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float: ...


class Fixed:
    def __init__(self, knob: float, habits: Habits) -> None:
        self.wait = DAY / knob

    def begin(self, shown: Sequence[float], now: float) -> float:
        return self.wait

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float:
        return self.wait


class Miniflux:
    """Its entry_frequency scheduler: the week's time, parted by the week's items and a factor."""

    def __init__(self, knob: float, habits: Habits) -> None:
        self.factor, self.seen = knob, list[float]()

    def begin(self, shown: Sequence[float], now: float) -> float:
        self.seen = list(shown)
        return self._wait(now)

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float:
        self.seen += [now] * len(new)
        return self._wait(now)

    def _wait(self, now: float) -> float:
        week = sum(at > now - 7 * DAY for at in self.seen[-2000:])
        return min(LONGEST, max(SHORTEST, 7 * DAY / max(1, week) / self.factor))


class Aimd:
    """Half the wait when something is new, a little more when nothing is."""

    def __init__(self, knob: float, habits: Habits) -> None:
        self.step, self.wait = knob, HOUR

    def begin(self, shown: Sequence[float], now: float) -> float:
        return self.wait

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float:
        self.wait = min(LONGEST, max(SHORTEST, self.wait / 2 if new else self.wait + self.step))
        return self.wait


class WaitCost:
    """Ours: the code of the daemon, with another theta."""

    limits = polling.Limits(timedelta(minutes=15), timedelta(seconds=SHORTEST), timedelta(seconds=LONGEST))

    def __init__(self, knob: float, habits: Habits) -> None:
        self.theta, self.rate = knob, polling.Rate(0.0, 0.0, None)

    def begin(self, shown: Sequence[float], now: float) -> float:
        self.rate = polling.seed([_instant(at) for at in shown], _instant(now))
        return self._wait(overflowed=False)

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float:
        self.rate = self.rate.observe(len(new), _instant(now), dates=[_instant(at) for at in new])
        return self._wait(overflowed=overflowed)

    def _wait(self, *, overflowed: bool) -> float:
        wait = polling.interval_after_success(self.rate, limits=self.limits, overflowed=overflowed, theta=self.theta)
        return wait.total_seconds()


class Told(polling.Rate):
    """A rate whose hours and days are not what was counted but the profile itself."""

    def profile(self) -> tuple[Sequence[float], Sequence[float]]:
        return self.hours, self.days


class KnownRates(WaitCost):
    """Ours, told what the source is like."""

    def __init__(self, knob: float, habits: Habits) -> None:
        super().__init__(knob, habits)
        sure = 1e12  # so much evidence that no prior counts
        hours = [habits.share((hour + 0.5) * HOUR) for hour in range(24)]
        days = [1.0] * 5 + [habits.weekend] * 2
        per_second = habits.rate * BURST * sum(hours) / 24 * sum(days) / 7 / DAY
        known = [tuple(n / statistics.fmean(numbers) for n in numbers) for numbers in (hours, days)]
        self.rate = Told(per_second * sure, sure, _instant(0.0), *known)

    def begin(self, shown: Sequence[float], now: float) -> float:
        return self._wait(overflowed=False)

    def after(self, new: Sequence[float], now: float, overflowed: bool) -> float:
        self.rate = replace(self.rate, at=_instant(now))
        return self._wait(overflowed=overflowed)


RULES: dict[str, tuple[Callable[[float, Habits], Rule], float, float]] = {
    "fixed": (Fixed, 1, 1000),
    "Miniflux' rule": (Miniflux, 0.01, 1000),
    "AIMD": (Aimd, 1e5, 1),
    "wait-cost": (WaitCost, 1e8, 1),
    "known rates": (KnownRates, 1e8, 1),
}
"""Name to rule and the knob's range, from few requests to many."""


@dataclass(frozen=True)
class Result:
    """What a rule cost and brought; waits in seconds."""

    requests: float  # per source and day
    waits: Sequence[float]
    missed: float  # share of items that the window no longer held


def _instant(at: float) -> datetime:
    return START + timedelta(seconds=at)


def make_source(chance: random.Random, days: int) -> Simulated:
    """One of many: a blog, a magazine, an agency."""
    daily = min(600.0, math.exp(chance.gauss(math.log(5), 1.7)))  # items a day, its zone's night and weekend apart
    habits = Habits(daily * 1.6, chance.uniform(-6, 9), chance.choice((0.2, 0.4, 0.9)), chance.uniform(0.3, 1.0))
    times: list[float] = []
    at = -WARM_DAYS * DAY
    peak = daily / DAY * 2.2
    while at < days * DAY:
        at += chance.expovariate(peak)
        if chance.random() < habits.share(at) / 2.2 * 1.6:
            times.append(at)
            while chance.random() < TOGETHER:
                times.append(at + chance.uniform(5, 900))
    return Simulated(habits, sorted(t for t in times if t < days * DAY))


def run(make: Callable[[float, Habits], Rule], knob: float, sources: Sequence[Simulated], days: int) -> Result:
    """Poll all sources by a rule."""
    chance, requests, waits, missed, total = random.Random(1), 0, list[float](), 0, 0
    for source in sources:
        rule, times = make(knob, source.habits), source.times
        seen = bisect_right(times, 0.0)
        total += len(times) - seen
        now = rule.begin(times[max(0, seen - WINDOW) : seen], 0.0) * chance.random()
        while now < days * DAY:
            requests += 1
            upto = bisect_right(times, now)
            new = upto - seen
            lost = max(0, new - WINDOW)
            missed += lost
            waits += [now - at for at in times[seen + lost : upto]]
            seen = upto
            now += rule.after(times[upto - new + lost : upto], now, new >= WINDOW) * (1 + 0.05 * chance.random())
    return Result(requests / len(sources) / days, waits, missed / max(1, total))


def at_budget(
    rule: tuple[Callable[[float, Habits], Rule], float, float], budget: float, sources: Sequence[Simulated], days: int
) -> Result:
    """Turn the knob until the rule spends the budget, by halving its range in the logarithm."""
    make, few, many = rule
    result = None
    for _ in range(14):
        knob = math.sqrt(few * many)
        result = run(make, knob, sources, days)
        if abs(result.requests / budget - 1) < 0.01:
            break
        few, many = (knob, many) if result.requests < budget else (few, knob)
    assert result is not None
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=150)
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--budgets", default="24,96")
    given = parser.parse_args()
    chance = random.Random(7)
    sources = [make_source(chance, given.days) for _ in range(given.sources)]
    items = sum(sum(at > 0 for at in source.times) for source in sources)
    print(f"{given.sources} sources, {given.days} days, {items} items; minutes from publication to seen\n")
    print(f"{'requests/source/day':>20} {'rule':16} {'spent':>7} {'median':>7} {'mean':>7} {'p90':>7} {'missed':>7}")
    for budget in map(float, given.budgets.split(",")):
        for name, rule in RULES.items():
            result = at_budget(rule, budget, sources, given.days)
            waits = [wait / MINUTE for wait in result.waits]
            p90 = statistics.quantiles(waits, n=10)[-1]
            print(
                f"{budget:>20g} {name:16} {result.requests:>7.1f} {statistics.median(waits):>7.1f} "
                f"{statistics.fmean(waits):>7.1f} {p90:>7.1f} {result.missed:>7.2%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
