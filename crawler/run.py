"""The crawl worker: claims what is due, asks for it politely, and writes down how it ended.

Per host there is one job at a time, a poll or a page; jobs of different hosts run side by side. Polls are claimed a
moment ahead, many in one transaction, and each waits for its own instant: no claim stands between it and its request.
Every job ends in the ledger, which writes its outcome, the items it brought and what its host asked for.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import uvloop

from crawler import hubs, jobs
from crawler.budget import Budget
from crawler.fetcher import Fetcher
from crawler.isolate import IsolatedReader
from crawler.ledger import PATIENCE_SECONDS, Ledger
from crawler.politeness import PATIENCE, Politeness
from crawler.spiders import KINDS
from storage import HostState, Transaction
from vedette.errors import StorageError
from vedette.model import Item, ItemState, Source, SourceClaim, SourceState
from vedette.network import host_of

if TYPE_CHECKING:
    from vedette.daemon.context import Context

LEASE_SECONDS = 300.0
"""Real seconds; longer than a poll with all its redirects and pauses can take."""
LOOK_SECONDS = 0.2
"""Real seconds between two looks for work."""
TROUBLE_SECONDS = 1.0
"""Real seconds to wait when the database can't be used."""
NEAR_SECONDS, AHEAD_SECONDS = 0.5, 1.5
"""When a source falls due, or a page's host may be asked, within the first so many real seconds, all that do within
the second are claimed."""
HELD_AT_MOST = 256
"""Jobs that may wait for their instant, or for their outcome to be written, beside those that are asking."""
GRACE_SECONDS = 10.0
"""Real seconds that requests in flight may still take once the worker shall stop."""
CLAIM_AT_MOST = 64
SERVED_AT_MOST = 1000
"""Hosts of which it is known that a poll's turn is next."""

RENDERED = tuple(kind for kind, spider in KINDS.items() if spider.renders)
"""Kinds of sources whose pages scripts may build."""
Claimed = tuple[Sequence[SourceClaim], Sequence[Item], Sequence[HostState], Mapping[str, Source]]
"""Polls and pages, their hosts, and those sources of the pages whose pages scripts may build."""


@dataclass
class Tally:
    """What a run did."""

    polls: int = 0
    pages: int = 0
    new_items: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # source -> why


def main(context: Context) -> None:
    """The worker role: crawl until `context.stop` is set."""
    uvloop.run(_crawl(context, None, once=False))


def crawl_once(context: Context, ids: Collection[str] | None = None) -> Tally:
    """Poll what is due, or the sources named, once, and fetch every page that waits."""
    return uvloop.run(_crawl(context, ids, once=True))


async def _crawl(context: Context, ids: Collection[str] | None, *, once: bool) -> Tally:
    async with Fetcher(context.settings, context.clock) as fetcher:
        reader = IsolatedReader(context.settings.plugins.modules)
        try:
            polite = Politeness(fetcher, context.store, context.clock, context.owner)
            worker = Worker(context, polite, reader, once=once)
            if once:
                await worker.once(ids)
                return worker.tally
            async with hubs.asking(context, polite):
                await worker.forever()
            return worker.tally
        finally:
            reader.close()


class Worker:
    """The dispatcher of one process."""

    def __init__(self, context: Context, polite: Politeness, reader: IsolatedReader, *, once: bool) -> None:
        """Made in the loop it runs in."""
        self.context, self.tally = context, Tally()
        slots = asyncio.Semaphore(context.settings.crawl.concurrency)
        patience = 0.0 if once else PATIENCE_SECONDS
        ledger = Ledger(context.store, context.owner, context.log, self._judge, patience)
        self.tools = jobs.Tools(context, polite, reader, ledger, Budget(context), slots, random.Random())
        self._running: dict[str, asyncio.Task[None]] = {}  # by host
        self._served: dict[str, None] = {}  # hosts whose last job was a page, the latest last
        self._early: set[str] = set()  # hosts whose job waits for its instant
        real = context.clock.real
        self._near, self._ahead = (real(0), real(0)) if once else (real(NEAR_SECONDS), real(AHEAD_SECONDS))

    def _judge(self, tx: Transaction, due: Mapping[str, datetime]) -> None:
        jobs.judge(tx, due, self.context.log)

    async def forever(self) -> None:
        """Work until told to stop, then finish what is in flight."""
        stop = self.context.stop
        while not stop.is_set():
            self.context.touch()
            try:
                await self._dispatch(None)
                await asyncio.sleep(LOOK_SECONDS)
            except StorageError as error:  # locked or full: it may pass, and what is in flight must not be lost
                self.context.log.error("nothing claimed to crawl", error=str(error))
                await asyncio.sleep(TROUBLE_SECONDS)
        await self._finish()

    async def once(self, ids: Collection[str] | None) -> None:
        """Work until nothing is due and no page waits."""
        left = set(ids) if ids is not None else None
        if left is None:
            left = await asyncio.to_thread(self._due)
        while not self.context.stop.is_set():
            started = await self._dispatch(left)
            if not started and not self._running:
                refused = await asyncio.to_thread(self._not_now, left)
                self.tally.failed.update(refused)
                left -= set(refused)
                if not left and not await asyncio.to_thread(self._pages_wait):
                    break
            if not started:
                await self._rest()
        await self._finish()

    async def _dispatch(self, only: set[str] | None) -> int:
        """Start jobs as long as there is room; how many. `only` names the sources still to be polled."""
        if self.tools.budget.is_due():
            await asyncio.to_thread(self.tools.budget.look)
        most = self.context.settings.crawl.concurrency + (HELD_AT_MOST if self._ahead else 0)
        room = min(most - len(self._running), CLAIM_AT_MOST)
        if room <= 0:
            return 0
        busy = set(self._running)
        polls, pages, hosts, rendered = await asyncio.to_thread(self._claim, room, busy, only)
        for host in hosts:
            self.tools.polite.granted(host)
        free_at = {host.host: host.next_ok_at for host in hosts}
        for claim in polls:
            source, due = claim.status.source, claim.status.next_poll_at
            if only is not None:
                only.discard(source.id)
                due = None
            name = host_of(source.url)
            self._served.pop(name, None)
            self._start(name, [due, free_at[name]], self._poll(claim))
        for item in pages:
            name = host_of(item.url)
            self._served.pop(name, None)
            self._served[name] = None
            if len(self._served) > SERVED_AT_MOST:
                del self._served[next(iter(self._served))]
            self._start(name, [free_at[name]], self._page(item, rendered.get(item.source_id)))
        return len(polls) + len(pages)

    def _claim(self, room: int, busy: set[str], only: Collection[str] | None) -> Claimed:
        clock, store, ahead = self.context.clock, self.context.store, self._ahead
        now = clock.now()
        with store.read() as tx:
            pages_wait = tx.items.any_waiting(ItemState.NEW, now, self._near)
            polls_wait = bool(only) if only is not None else tx.sources.any_due(now, self._near)
            if not pages_wait and not polls_wait:
                return (), (), (), {}
            # what is claimed is claimed ahead: a host that one of them may have by then, the other may want too
            pages_wait = pages_wait or tx.items.any_waiting(ItemState.NEW, now, ahead)
            polls_wait = polls_wait or (only is None and tx.sources.any_due(now, ahead))
        lease, owner = now + clock.real(LEASE_SECONDS), self.context.owner
        pages: Sequence[Item] = ()
        polls: Sequence[SourceClaim] = ()
        with store.write() as tx:
            # a host with both gives them in turns, so that neither keeps the other waiting for ever
            if pages_wait:
                half = max(1, room // 2) if polls_wait else room  # each is sure of it
                served = set(self._served) if polls_wait else set()
                pages = tx.items.claim(ItemState.NEW, owner, now, half, lease, busy | served, ahead)
            taken = busy | {host_of(item.url) for item in pages}
            if polls_wait and len(pages) < room:
                polls = tx.sources.claim_due(owner, now, room - len(pages), lease, taken, only, ahead)
            left = room - len(pages) - len(polls)
            if pages_wait and polls_wait and left:
                taken |= {host_of(claim.status.source.url) for claim in polls}
                pages = [*pages, *tx.items.claim(ItemState.NEW, owner, now, left, lease, taken, ahead)]
            return self._granted(tx, polls, pages, now)

    def _granted(self, tx: Transaction, polls: Sequence[SourceClaim], pages: Sequence[Item], now: datetime) -> Claimed:
        """Lease the hosts of what was claimed; what another worker was quicker to get is put back."""
        owner, until = self.context.owner, now + self.context.clock.real(LEASE_SECONDS)
        hosts = {host_of(claim.status.source.url) for claim in polls} | {host_of(item.url) for item in pages}
        got = tx.hosts.lease(hosts, owner, now, until, self._ahead)
        late_polls = [c.status.source.id for c in polls if host_of(c.status.source.url) not in got]
        late_pages = [item.id for item in pages if host_of(item.url) not in got]
        if late_polls:
            tx.sources.release(owner, late_polls)
        if late_pages:
            tx.items.release(owner, late_pages)
        return (
            [claim for claim in polls if claim.status.source.id not in late_polls],
            [item for item in pages if item.id not in late_pages],
            list(got.values()),
            tx.sources.of_kinds({item.source_id for item in pages}, RENDERED) if pages else {},
        )

    def _start(self, host: str, not_before: Sequence[datetime | None], job: Coroutine[Any, Any, None]) -> None:
        now = self.context.clock.now()
        wait = max((at - now for at in not_before if at is not None), default=timedelta(0))
        task = asyncio.ensure_future(self._later(host, wait, job) if wait > timedelta(0) else job)
        self._running[host] = task
        task.add_done_callback(lambda done: self._ended(host, done))

    def _ended(self, host: str, task: asyncio.Task[None]) -> None:
        self._running.pop(host, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # the lease runs out and the job is taken again: a bug costs a delay, never an item
            self.context.log.error("crawl job failed", host=host, error=repr(error), exc_info=error)

    async def _later(self, host: str, wait: timedelta, job: Coroutine[Any, Any, None]) -> None:
        """Do a job at its instant, unless the worker stops before."""
        self._early.add(host)
        try:
            await self.context.clock.asleep(wait.total_seconds())
        except asyncio.CancelledError:
            job.close()
            raise
        finally:
            self._early.discard(host)
        await job

    async def _poll(self, claim: SourceClaim) -> None:
        result = await jobs.poll(self.tools, claim)
        self.tally.polls += 1
        self.tally.new_items += result.new_items
        if result.error:
            self.tally.failed[claim.status.source.id] = result.error

    async def _page(self, item: Item, source: Source | None) -> None:
        if await jobs.fetch_page(self.tools, item, source):
            self.tally.pages += 1

    async def _rest(self) -> None:
        """Wait for a job to end, or for a moment."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(LOOK_SECONDS)

    async def _finish(self) -> None:
        self.tools.ledger.hurry()
        for host in list(self._early):
            self._running[host].cancel()
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=GRACE_SECONDS)
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        with self.context.store.write() as tx:
            tx.sources.release(self.context.owner)
            tx.items.release(self.context.owner)
            tx.hosts.release(self.context.owner, self.context.clock.now(), self.context.clock.real(1))

    def _due(self) -> set[str]:
        now = self.context.clock.now()
        with self.context.store.read() as tx:
            return {
                status.source.id
                for status in tx.sources.list()
                if status.source.state == "active" and (status.next_poll_at is None or status.next_poll_at <= now)
            }

    def _not_now(self, ids: Collection[str]) -> dict[str, str]:
        """Which of these sources can't be polled in this run, and why: waiting for them could take a day."""
        soon = self.context.clock.now() + self.context.clock.real(PATIENCE)
        refused = {}
        with self.context.store.read() as tx:
            for source_id in ids:
                status = tx.sources.get(source_id)
                if status is None or status.source.state is not SourceState.ACTIVE:
                    refused[source_id] = "no such source" if status is None else f"it is {status.source.state}"
                    continue
                host = tx.hosts.get(host_of(status.source.url))
                if host is not None and host.next_ok_at is not None and host.next_ok_at > soon:
                    refused[source_id] = f"the host asked to be left alone until {host.next_ok_at}: {host.reason}"
        return refused

    def _pages_wait(self) -> bool:
        with self.context.store.read() as tx:
            soon = self.context.clock.now() + self.context.clock.real(30)
            return tx.items.any_waiting(ItemState.NEW, soon)
