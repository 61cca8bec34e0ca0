"""A backtest as people and scripts read it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vedette.errors import UsageError
from vedette.model import Cadence

if TYPE_CHECKING:
    from storage import Transaction
    from vedette.backtest import Backtest, NearMiss, Progress, Reader, Ref
    from vedette.config import Settings


def reader(tx: Transaction, settings: Settings, cadence: str | None, subscription_id: str | None) -> Reader:
    """Whose messages are reckoned: a stored subscription, or anybody with a cadence."""
    from vedette.backtest import Reader

    cap = settings.alerts.cap_per_hour
    if subscription_id is None:
        return Reader(Cadence(cadence or Cadence.AT_ONCE), cap_per_hour=cap)
    subscription = tx.subscriptions.get(subscription_id)
    if subscription is None:
        raise UsageError(f"unknown subscription {subscription_id!r}: `vedette subscriptions list` shows them")
    analyst = tx.analysts.get(subscription.analyst)
    chosen = Cadence(cadence) if cadence else subscription.cadence
    return Reader(chosen, analyst.timezone if analyst else "UTC", subscription.digest_at, cap)


@contextmanager
def progress() -> Iterator[Progress | None]:
    """Says on a terminal how far a backtest has come; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("asking the archive") as status:
        yield lambda looked, at: status.update(f"{looked:,} articles looked at, back to {at:%Y-%m-%d}")


def value(result: Backtest) -> dict[str, Any]:
    """The answer for --json."""
    return {
        "articles": result.articles,
        "stories": result.stories,
        "since": result.since,
        "whole": result.whole,
        "alerts_per_week": result.alerts_per_week,
        "expected": result.expected,
        "days": result.days,
        "examples": [found.value() for found in result.examples],
        "near_misses": result.near_misses,
        "against": result.against,
    }


def lines(result: Backtest, shown: int) -> Iterator[str]:
    """The answer for people."""
    expected = result.expected
    yield (
        f"{result.articles} articles of {result.stories} stories since {result.since:%Y-%m-%d}: "
        f"about {result.alerts_per_week} alerts a week"
    )
    if not result.whole:
        yield f"many articles may match: only the newest of them, from {result.since:%Y-%m-%d} on, were tried"
    late = f"; {expected.held} of all over the cap, in a digest" if expected.held else ""
    yield f"a subscription {expected.cadence}: about {expected.per_week} messages a week{late}"
    widest = max(result.days.values(), default=1)
    for day, count in result.days.items():
        yield f"{day} {count:5} {'#' * max(1, round(40 * count / widest))}"
    for hit in result.examples:
        yield f"\n{hit.article.title}\n  {hit.article.url}"
        yield from (f"  > {sentence}" for sentence in hit.sentences[:2])
    if result.near_misses:
        yield "\nnear misses:"
        for miss in result.near_misses:
            yield from _miss(miss)
    if result.against is not None:
        yield f"\nagainst: {' '.join(result.against.rule.split())} ({result.against.articles} articles)"
        yield from _refs("gained", result.against.gained, shown)
        yield from _refs("lost", result.against.lost, shown)


def _miss(miss: NearMiss) -> Iterator[str]:
    yield f"  {miss.article.title}\n    {miss.article.url}"
    for reason in miss.reasons[:3]:
        said = reason.text if reason.clause in reason.text else f"{reason.clause}: {reason.text}"
        yield f"    - {said}"


def _refs(word: str, refs: Sequence[Ref], shown: int) -> Iterator[str]:
    yield f"{word}: {len(refs)}"
    for ref in refs[:shown]:
        yield f"  {ref.at:%Y-%m-%d} {ref.title}\n    {ref.url}"
    if len(refs) > shown:
        yield f"  and {len(refs) - shown} more (--json shows all)"
