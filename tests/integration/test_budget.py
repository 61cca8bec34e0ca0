"""A budget of polls holds over days, restarts and workers."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from crawler.budget import Budget
from crawler.polling import THETA
from storage import Store
from vedette.clock import FrozenClock
from vedette.config import CrawlSettings, Settings
from vedette.daemon.context import Context
from vedette.model import Source, SourceDay

DAY = timedelta(days=1)


def context(store: Store, clock: FrozenClock, polls_per_day: float | None) -> Context:
    crawl = CrawlSettings(polls_per_day=polls_per_day)
    return Context(Settings(crawl=crawl), clock, store, "crawl", "boot", structlog.get_logger())


def spend(store: Store, now: datetime, **polls: int) -> None:
    with store.write() as tx:
        for name, count in polls.items():
            tx.health.count(name, SourceDay(now.date(), polls=count))


def looked(store: Store, clock: FrozenClock, polls_per_day: float | None = 24) -> float:
    budget = Budget(context(store, clock, polls_per_day))
    assert budget.is_due() == (polls_per_day is not None)
    budget.look()
    assert not budget.is_due()
    return budget.theta


def test_a_day_that_cost_too_much_makes_the_next_ones_cheaper(store: Store, now: datetime) -> None:
    clock = FrozenClock(now)
    with store.write() as tx:
        for name in ("busy", "quiet"):
            tx.sources.put(Source(name, f"https://{name}.example/"), now)
        tx.sources.put(Source("fixed", "https://fixed.example/", interval=timedelta(minutes=5)), now)
    assert looked(store, clock) == THETA
    spend(store, now, busy=1)
    clock.advance(DAY.total_seconds())
    assert looked(store, clock) == THETA, "the first day was not a whole one"
    spend(store, clock.now(), busy=60, quiet=12, fixed=288)  # 36 a source; what a person fixed is not counted
    clock.advance(DAY.total_seconds())
    assert looked(store, clock) == 1.5 * THETA
    assert looked(store, clock) == 1.5 * THETA, "another worker turns it no further"


def test_without_a_budget_nothing_is_turned(store: Store, now: datetime) -> None:
    assert looked(store, FrozenClock(now), None) == THETA
