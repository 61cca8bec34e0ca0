"""A delivery worker that is killed at any moment loses nothing, and what it sends twice carries the same key."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faulty import answer, http_receiver
from tests.nursery import Child, end
from tests.office import Office
from vedette.clock import SystemClock
from vedette.model import DeliveryState

CONCURRENCY = 4


def worker(office: Office, boot: str) -> Child:
    """The role as the daemon starts it; leases of an earlier life end first, as the daemon sees to."""
    with office.store.write() as tx:
        tx.workers.void_leases(boot, SystemClock().now())
    return Child("vedette.daemon.worker", "deliver", "--boot", boot, "--config", str(office.config))


def sent(office: Office) -> int:
    with office.store.read() as tx:
        return tx.deliveries.counts()[DeliveryState.SENT]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, f"[deliver]\nconcurrency = {CONCURRENCY}\n", SystemClock())


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])])
def test_kills_lose_nothing_and_double_at_most_what_was_in_flight(office: Office, kills: int) -> None:
    chance = random.Random(kills)

    def slowly(connection: object) -> None:
        time.sleep(chance.random() * 0.06)
        answer()(connection)  # type: ignore[arg-type]

    with http_receiver(slowly) as receiver:
        for n in range(CONCURRENCY):
            office.hook(f"hook{n}", receiver.url)
        keys: list[str] = []
        for kill in range(kills):
            for _ in range(8):
                keys.append(f"key{len(keys)}")
                office.post(f"hook{len(keys) % CONCURRENCY}", keys[-1])
            before, process = len(receiver.requests), worker(office, f"boot{kill}")
            deadline = time.monotonic() + 20
            while len(receiver.requests) == before and time.monotonic() < deadline:
                time.sleep(0.01)  # it has begun
            time.sleep(chance.random() * 0.15)
            end(process, signal.SIGKILL)
        last = worker(office, "last")
        deadline = time.monotonic() + 300
        while sent(office) < len(keys) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert end(last, signal.SIGTERM) == 0
        arrived = Counter(request.headers["webhook-id"] for request in receiver.requests)
    assert set(arrived) == set(keys), "nothing is lost"
    assert sent(office) == len(keys)
    doubles = sum(arrived.values()) - len(keys)
    assert doubles <= kills * CONCURRENCY
    print(f"{kills} kills, {len(keys)} messages: 0 lost, {doubles} sent twice")
    office.store.close()


@pytest.mark.parametrize("stops", [3, pytest.param(200, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])])
def test_sigterm_loses_nothing_and_doubles_nothing(office: Office, stops: int) -> None:
    def slowly(connection: object) -> None:
        time.sleep(0.1)
        answer()(connection)  # type: ignore[arg-type]

    with http_receiver(slowly) as receiver:
        for n in range(CONCURRENCY):
            office.hook(f"hook{n}", receiver.url)
        keys = [f"key{n}" for n in range(stops * 12)]
        for n, key in enumerate(keys):
            office.post(f"hook{n % CONCURRENCY}", key)
        for stop in range(stops):
            before, process = len(receiver.requests), worker(office, f"boot{stop}")
            deadline = time.monotonic() + 20
            while len(receiver.requests) == before and sent(office) < len(keys) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.05)
            assert end(process, signal.SIGTERM) == 0
            assert sent(office) == len(receiver.requests), "what was sent is recorded"
        last = worker(office, "last")
        deadline = time.monotonic() + 300
        while sent(office) < len(keys) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert end(last, signal.SIGTERM) == 0
        assert Counter(r.headers["webhook-id"] for r in receiver.requests) == Counter(keys)
    office.store.close()
