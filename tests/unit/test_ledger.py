"""Outcomes are written together, at once where somebody waits for them, and one that fails costs no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import pytest
import structlog

from crawler.ledger import Entries, Ledger
from storage import Store, Transaction
from vedette.errors import StorageError
from vedette.model import Fetch, FetchOutcome

OWNER = "crawl:one:1"


def no_verdicts(tx: Transaction, due: Mapping[str, datetime]) -> None:
    raise AssertionError("nothing was to be judged")


def ledger(store: Store, patience: float = 30.0) -> Ledger:
    return Ledger(store, OWNER, structlog.get_logger(), no_verdicts, patience)


class Visit:
    """A record of one visit; counts how often it was asked to write itself down."""

    def __init__(self, url: str, now: datetime, error: Exception | None = None) -> None:
        self.fetch, self.error, self.calls = Fetch(url, "poll", now, FetchOutcome.OK), error, 0

    def __call__(self, tx: Transaction, entries: Entries) -> str:
        self.calls += 1
        if self.error is not None:
            raise self.error
        entries.fetches.append(self.fetch)
        return self.fetch.url


def kept(store: Store) -> list[str]:
    with store.read() as tx:
        return [fetch.url for fetch in reversed(tx.fetches.list(limit=100))]


def test_what_waits_is_taken_along_by_what_must_not(store: Store, now: datetime) -> None:
    async def main() -> None:
        book = ledger(store)
        quiet = [asyncio.ensure_future(book.written(Visit(f"/{n}", now), urgent=False)) for n in range(5)]
        await asyncio.sleep(0.1)
        assert kept(store) == []
        assert await book.written(Visit("/now", now)) == "/now"
        assert [await one for one in quiet] == [f"/{n}" for n in range(5)]

    asyncio.run(asyncio.wait_for(main(), 20))
    assert kept(store) == ["/0", "/1", "/2", "/3", "/4", "/now"]


def test_patience_ends(store: Store, now: datetime) -> None:
    async def main() -> None:
        await ledger(store, patience=0.05).written(Visit("/", now), urgent=False)

    asyncio.run(asyncio.wait_for(main(), 20))
    assert kept(store) == ["/"]


def test_a_worker_that_stops_lets_nothing_wait(store: Store, now: datetime) -> None:
    async def main() -> None:
        book = ledger(store)
        quiet = asyncio.ensure_future(book.written(Visit("/", now), urgent=False))
        await asyncio.sleep(0)
        book.hurry()
        await quiet

    asyncio.run(asyncio.wait_for(main(), 20))
    assert kept(store) == ["/"]


def test_a_bug_in_one_outcome_costs_no_other(store: Store, now: datetime) -> None:
    async def main() -> list[object]:
        book = ledger(store)
        good, bad = [Visit(f"/{n}", now) for n in range(2)], Visit("/bad", now, KeyError("a bug"))
        jobs = [book.written(good[0], urgent=False), book.written(bad, urgent=False), book.written(good[1])]
        return list(await asyncio.gather(*jobs, return_exceptions=True))

    first, second, third = asyncio.run(asyncio.wait_for(main(), 20))
    assert (first, third) == ("/0", "/1")
    assert isinstance(second, KeyError)
    assert kept(store) == ["/0", "/1"], "each once"


@pytest.mark.parametrize("failures", [1, 2])
def test_a_locked_database_is_waited_for(
    store: Store, now: datetime, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.ledger.WRITE_PAUSES", (0.01,))
    left = [StorageError("locked")] * failures

    class Locked(Visit):
        def __call__(self, tx: Transaction, entries: Entries) -> str:
            result = super().__call__(tx, entries)
            if left:
                raise left.pop()
            return result

    async def main() -> str:
        return await ledger(store).written(Locked("/", now))

    if failures == 1:
        assert asyncio.run(asyncio.wait_for(main(), 20)) == "/"
        assert kept(store) == ["/"]
    else:
        with pytest.raises(StorageError):
            asyncio.run(asyncio.wait_for(main(), 20))
