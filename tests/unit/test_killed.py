"""Writers and senders that are killed at any moment: what was committed is delivered, and a copy has the same key."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faulty import answer, http_receiver
from tests.notices import NOW
from tests.nursery import Child, end
from tests.office import Office
from tests.unit.test_deliver_killed import CONCURRENCY, sent, worker
from vedette.clock import SystemClock
from vedette.model import Topic

CHANNELS = tuple(f"hook{n}" for n in range(CONCURRENCY))


def writer(office: Office, name: str, said: Path) -> Child:
    return Child("tests.writer", str(office.config), name, *CHANNELS, said=said)


def committed(said: Path) -> list[str]:
    """The keys that writers said, without a line that a kill cut short."""
    whole, _, _ = said.read_text().rpartition("\n")
    return whole.split()


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(3, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
        pytest.param(500, marks=[pytest.mark.nightly, pytest.mark.timeout(4 * 3600)]),
    ],
)
def test_nothing_that_was_committed_is_lost_whoever_is_killed(database: str, tmp_path: Path, kills: int) -> None:
    configuration = f'[database]\nurl = "{database}"\n[deliver]\nconcurrency = {CONCURRENCY}\n'
    office, said, chance = Office(tmp_path, configuration, SystemClock()), tmp_path / "said", random.Random(kills)
    said.touch()

    def slowly(connection: object) -> None:
        time.sleep(chance.random() * 0.03)
        answer()(connection)  # type: ignore[arg-type]

    with http_receiver(slowly) as receiver:
        with office.store.write() as tx:
            tx.topics.put(Topic("adex", "ADEX"), NOW)
        for name in CHANNELS:
            office.hook(name, receiver.url)
        for kill in range(kills):
            arrived, size = len(receiver.requests), said.stat().st_size
            processes = [writer(office, f"w{kill}", said), worker(office, f"boot{kill}")]
            wait(lambda size=size, arrived=arrived: said.stat().st_size > size and len(receiver.requests) > arrived)
            time.sleep(chance.random() * 0.3)
            chance.shuffle(processes)
            for process in processes:
                end(process, signal.SIGKILL)
            with said.open("ab") as file:
                file.write(b"\n")
        last = worker(office, "last")
        with office.store.read() as tx:
            stored = sum(tx.deliveries.counts().values())
        wait(lambda: sent(office) == stored, 300)
        assert end(last, signal.SIGTERM) == 0
        copies = Counter(request.headers["webhook-id"] for request in receiver.requests)
    assert sent(office) == stored == len(copies)
    assert set(committed(said)) <= set(copies), "nothing is lost"
    doubles = sum(copies.values()) - len(copies)
    assert doubles <= kills * CONCURRENCY
    print(f"{kills} kills of each, {stored} messages: 0 lost, {doubles} sent twice")
    office.store.close()
