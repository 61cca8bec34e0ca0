"""Supervision with real worker processes: what dies, hangs or grows is replaced, and the daemon stays.

The supervisor's own clock is moved by the tests, so that three minutes of silence take no time; the workers live in
real time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from storage import Store, open_store
from tests.newssite import wait_for
from vedette import config, log
from vedette.clock import FrozenClock
from vedette.daemon.context import Context
from vedette.daemon.supervisor import HUNG_SECONDS, LONGEST_BACKOFF, Supervisor, backoff, ticks
from vedette.errors import StorageError
from vedette.model import Entry, Item, ItemState, Source

START = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
SOON = timedelta(minutes=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vedette.toml").write_text(
        '[data]\ndirectory = "var"\n[catalogue]\nseed = false\n[web]\nenabled = false\n'
    )
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = open_store(config.load(folder / "vedette.toml").database_url, upgrade=True)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def supervisor(folder: Path, store: Store, clock: FrozenClock) -> Iterator[Supervisor]:
    settings = config.load(folder / "vedette.toml")
    made = Supervisor(Context(settings, clock, store, "daemon", "boot", log.get("vedette")), settings.file)
    yield made
    made.stop()


def pids(supervisor: Supervisor) -> dict[str, int]:
    return {worker.name: worker.process.pid for worker in supervisor.workers if worker.process is not None}


def beats(store: Store) -> dict[int, datetime]:
    with store.read() as tx:
        return {int(worker.owner.rpartition(":")[2]): worker.beat_at for worker in tx.workers.list()}


def started(supervisor: Supervisor, store: Store) -> dict[str, int]:
    supervisor.start()
    running = pids(supervisor)
    assert wait_for(lambda: set(running.values()) <= beats(store).keys(), 30), "no worker says that it lives"
    supervisor.watch()
    return running


def item_in(store: Store, owner: str, state: ItemState = ItemState.NEW) -> Item:
    """An item that `owner` holds."""
    with store.write() as tx:
        tx.sources.put(Source("gazette", "https://news.invalid/rss"), START)
        entry = Entry(url="https://news.invalid/a", title="A")
        (item,) = tx.items.add_entries("gazette", [(entry.url, entry)], silent=False, now=START).new
        (claimed,) = tx.items.claim(state, owner, START, 1, START + timedelta(hours=1))
        assert claimed.id == item.id
    return item


def test_a_worker_that_dies_is_replaced_and_its_work_given_back(
    supervisor: Supervisor, store: Store, clock: FrozenClock
) -> None:
    supervisor.workers = [worker for worker in supervisor.workers if worker.role != "crawl"]  # it would take the item
    before = started(supervisor, store)
    item = item_in(store, f"process:boot:{before['process']}")
    os.kill(before["process"], signal.SIGKILL)
    assert wait_for(
        lambda: _watched(supervisor) and pids(supervisor).get("process", before["process"]) != before["process"], 10
    )
    after = pids(supervisor)
    assert {k: v for k, v in after.items() if k != "process"} == {k: v for k, v in before.items() if k != "process"}
    with store.write() as tx:
        known = tx.items.get(item.id)
        assert known is not None
        assert known.attempts == 1
        later = clock.now() + timedelta(hours=1)
        assert tx.items.claim(ItemState.NEW, "other:boot:1", later, 1, later), "it is still leased"


def test_a_worker_that_hangs_is_replaced_and_those_that_work_are_not(
    supervisor: Supervisor, store: Store, clock: FrozenClock
) -> None:
    before = started(supervisor, store)
    os.kill(before["process"], signal.SIGSTOP)
    silent_since = beats(store)
    for _ in range(2):
        clock.advance(HUNG_SECONDS * 0.6)
        others = {pid for name, pid in before.items() if name != "process"}
        known = beats(store)
        assert wait_for(lambda others=others, known=known: all(beats(store)[p] > known[p] for p in others), 20)
        supervisor.watch()
    assert beats(store).get(before["process"], silent_since[before["process"]]) == silent_since[before["process"]]
    supervisor.watch()
    after = pids(supervisor)
    assert after["process"] != before["process"]
    assert not psutil.pid_exists(before["process"])
    assert {after["crawl"], after["deliver"]} == {before["crawl"], before["deliver"]}


def test_a_wall_clock_that_jumps_ahead_looks_like_no_hang(
    supervisor: Supervisor, store: Store, clock: FrozenClock
) -> None:
    before = started(supervisor, store)
    supervisor.watch_clock()
    clock._now += timedelta(days=2)  # the wall alone: the steady clock stays
    supervisor.watch_clock()
    supervisor.watch()
    supervisor.watch()
    assert pids(supervisor) == before


def test_what_is_due_soon_stays_due_soon_when_the_wall_clock_is_set_back(
    supervisor: Supervisor, store: Store, clock: FrozenClock
) -> None:
    with store.write() as tx:
        tx.sources.put(Source("gazette", "https://news.invalid/rss"), START)
        tx.sources.poll_now("gazette", START + SOON)
    supervisor.watch_clock()
    clock.advance(-3 * 3600)
    supervisor.watch_clock()
    with store.read() as tx:
        status = tx.sources.get("gazette")
        assert status is not None
        assert status.next_poll_at == clock.now() + SOON


def test_a_worker_that_grew_is_replaced_without_counting_as_a_failure(supervisor: Supervisor, store: Store) -> None:
    before = started(supervisor, store)
    supervisor.largest_bytes = 1
    supervisor.watch()
    supervisor.largest_bytes = 10**12
    assert wait_for(lambda: _watched(supervisor) and not set(pids(supervisor).values()) & set(before.values()), 30)
    assert wait_for(lambda: _watched(supervisor) and len(pids(supervisor)) == len(before), 5)
    assert [worker.failures for worker in supervisor.workers] == [0] * len(before)


def test_an_old_crawler_is_replaced_without_counting_as_a_failure(supervisor: Supervisor, store: Store) -> None:
    before = started(supervisor, store)
    supervisor.oldest_seconds = -1
    supervisor.watch()
    supervisor.oldest_seconds = 10**9
    assert wait_for(
        lambda: _watched(supervisor) and pids(supervisor).get("crawl", before["crawl"]) != before["crawl"], 30
    )
    after = pids(supervisor)
    assert {k: v for k, v in after.items() if k != "crawl"} == {k: v for k, v in before.items() if k != "crawl"}
    assert [worker.failures for worker in supervisor.workers] == [0] * len(before)


def test_workers_end_by_themselves_when_the_daemon_is_gone(supervisor: Supervisor, store: Store) -> None:
    before = started(supervisor, store)
    supervisor.nursery._wire.close()  # what the end of the daemon does, however it ended
    assert wait_for(lambda: all(_dead(pid) for pid in before.values()), 20)


def test_a_nursery_that_dies_is_replaced_with_all_its_workers(supervisor: Supervisor, store: Store) -> None:
    before = started(supervisor, store)
    nursery = psutil.Process(before["crawl"]).parent()
    assert nursery is not None
    assert nursery.num_threads() == 1, "it must not fork beside a thread of its own"
    nursery.kill()
    assert wait_for(lambda: all(_dead(pid) for pid in before.values()), 20)
    assert wait_for(lambda: _watched(supervisor) and len(pids(supervisor)) == len(before), 20)
    assert not set(pids(supervisor).values()) & set(before.values())


def test_a_worker_is_there_in_a_moment_and_shows_its_role(supervisor: Supervisor, store: Store) -> None:
    before = started(supervisor, store)
    os.kill(before["crawl"], signal.SIGKILL)
    assert wait_for(
        lambda: _watched(supervisor) and pids(supervisor).get("crawl", before["crawl"]) != before["crawl"], 9
    )
    crawl = psutil.Process(pids(supervisor)["crawl"])
    assert wait_for(lambda: crawl.pid in beats(store), 20)
    assert sum(crawl.cpu_times()[:2]) < 0.3, "it must not load again what its nursery has"
    assert (crawl.name(), os.getsid(crawl.pid)) == ("vedette crawl", crawl.pid)


def test_a_worker_that_is_told_to_end_before_it_can_listen_ends_in_good_order(supervisor: Supervisor) -> None:
    supervisor.start()
    processes = [worker.process for worker in supervisor.workers]
    supervisor.stop()
    assert [process.returncode for process in processes if process is not None] == [0] * len(processes)


def test_where_no_worker_can_be_started_the_daemon_tries_again_later(
    supervisor: Supervisor, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/bin/false")
        supervisor.start()
        assert not pids(supervisor)
        supervisor.watch()
    assert [worker.failures for worker in supervisor.workers] == [2] * len(supervisor.workers)
    supervisor.watch()
    assert not pids(supervisor), "it waits"
    clock.advance(backoff(2))
    supervisor.watch()
    assert len(pids(supervisor)) == len(supervisor.workers)


def test_stopping_ends_every_worker_in_good_order(supervisor: Supervisor, store: Store) -> None:
    started(supervisor, store)
    processes = [worker.process for worker in supervisor.workers]
    supervisor.stop()
    assert [process.returncode for process in processes if process is not None] == [0] * len(processes)


def test_waits_between_starts_double_up_to_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 3, 4)] == [0, 1, 3, 7]
    assert backoff(50) == LONGEST_BACKOFF


def test_a_database_in_trouble_is_told_once_and_stops_no_tick(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = ["database is full", "database is full", "", "database is full"]

    def prune() -> None:
        if words := trouble.pop(0):
            raise StorageError(words)

    monkeypatch.setattr(supervisor, "prune", prune)
    log.configure()
    (tick,) = (tick for tick, seconds in ticks(supervisor) if seconds == 3600.0)
    for _ in range(4):
        tick()
    told = [line for line in capsys.readouterr().err.splitlines() if "can't work" in line or "works again" in line]
    assert ["again" in line for line in told] == [False, True, False]


def _dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _watched(supervisor: Supervisor) -> bool:
    supervisor.watch()
    return True
