"""What jobs found out, written down together: a transaction for many outcomes instead of one for each.

An outcome that somebody waits for is written at once, and takes with it whatever waits. One that only says that
nothing is new may wait for a moment; should the process die then, the lease of its source runs out and it is asked
again. Who hands an outcome in waits until it is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from storage import HostState, PollRecord, Store, Transaction
from vedette.errors import StorageError
from vedette.model import Fetch, SourceDay

T = TypeVar("T")
PATIENCE_SECONDS = 1.0
"""Real seconds for which an outcome that nobody waits for is kept back."""
WRITE_PAUSES = (1.0, 5.0, 20.0, 60.0)
"""Real seconds between attempts to write; in all less than a lease lasts."""


@dataclass
class Entries:
    """What several outcomes have in common, gathered to be written with one statement each."""

    owner: str
    fetches: list[Fetch] = field(default_factory=list)
    polls: list[PollRecord] = field(default_factory=list)
    days: list[tuple[str, SourceDay]] = field(default_factory=list)
    hosts: list[HostState] = field(default_factory=list)
    after: list[Callable[[Transaction], None]] = field(default_factory=list)
    """What has to be done when the rest is written."""

    judge: dict[str, datetime] = field(default_factory=dict)
    """Sources of which it has to be said how they fare, and when they were polled."""

    def write(self, tx: Transaction, judge: Judge) -> None:
        """Write all of it."""
        tx.fetches.add_all(self.fetches)
        tx.sources.record_polls(self.polls)
        tx.health.count_all(self.days)
        tx.hosts.give_back(self.hosts, self.owner)
        for step in self.after:
            step(tx)
        if self.judge:
            judge(tx, self.judge)


Judge = Callable[[Transaction, Mapping[str, datetime]], None]
Record = Callable[[Transaction, Entries], Any]
"""Writes what is its own, and adds the rest to the entries. It may be called again where writing failed."""


class Ledger:
    """Writes outcomes down, in the order in which they came."""

    def __init__(self, store: Store, owner: str, log: Any, judge: Judge, patience: float = PATIENCE_SECONDS) -> None:
        """Made in the loop whose jobs use it; `patience` in real seconds."""
        self._store, self._owner, self._log, self._patience = store, owner, log, patience
        self._judge = judge
        self._waiting: list[tuple[Record, asyncio.Future[Any]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._urgent = asyncio.Event()

    async def written(self, record: Callable[[Transaction, Entries], T], *, urgent: bool = True) -> T:
        """Hand in an outcome and wait until it is written: what `record` returned.

        A StorageError after `WRITE_PAUSES` is that of the database; any other error is that of `record` alone.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if urgent:
            self._urgent.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await asyncio.shield(done)

    def hurry(self) -> None:
        """Let nothing wait any more: the worker stops."""
        self._patience = 0.0
        self._urgent.set()

    async def _write(self) -> None:
        """Write until nothing waits."""
        while self._waiting:
            if self._patience and not self._urgent.is_set():
                timer = asyncio.get_running_loop().call_later(self._patience, self._urgent.set)
                await self._urgent.wait()
                timer.cancel()
            self._urgent.clear()
            batch, self._waiting = self._waiting, []
            for (_, done), result in zip(batch, await self._results([record for record, _ in batch]), strict=True):
                if done.cancelled():
                    continue
                if isinstance(result, Exception):
                    done.set_exception(result)
                else:
                    done.set_result(result)
        self._writer = None

    async def _results(self, records: Sequence[Record]) -> list[Any]:
        """What each record returned, or the exception that it ended in."""
        try:
            return await self._patiently(records)
        except Exception as error:  # noqa: BLE001 - a bug in one outcome is handed to its job and costs no other
            if len(records) == 1:
                return [error]
        return [(await self._results([record]))[0] for record in records]

    async def _patiently(self, records: Sequence[Record]) -> list[Any]:
        """Write in one transaction; a database that is locked or full is waited for, as long as leases allow."""
        for pause in WRITE_PAUSES:
            try:
                return await asyncio.to_thread(self._once, records)
            except StorageError as error:
                self._log.warning("outcomes wait for the database", error=str(error), count=len(records), seconds=pause)
                await asyncio.sleep(pause)
        return await asyncio.to_thread(self._once, records)

    def _once(self, records: Sequence[Record]) -> list[Any]:
        entries = Entries(self._owner)
        with self._store.write() as tx:
            results = [record(tx, entries) for record in records]
            entries.write(tx, self._judge)
        return results
