"""Several crawling processes over one database are as polite as one, also when they are killed.

Real worker processes crawl a site on loopback whose hosts are 127.0.0.x. The site writes down when each request
began and when it ended, or when its connection was lost.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from storage import Store, open_store
from tests.daemon import ROOT
from vedette.clock import SystemClock
from vedette.model import ItemState, Source

HOSTS = [f"127.0.0.{n}" for n in range(1, 7)]
PAGES = 4
SHORTEST_GAP = 0.95
"""Seconds; the pause is one second, and the two ends of a connection see a request at different moments."""


@dataclass
class Records:
    """What the owner of the site measures: (host, begin, end) of each request that asked for something."""

    visits: list[tuple[str, float, float]] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def by_host(self) -> dict[str, list[tuple[float, float]]]:
        hosts: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for host, begin, end in sorted(self.visits, key=lambda visit: visit[1]):
            hosts[host].append((begin, end))
        return hosts

    def overlaps(self) -> int:
        return sum(later[0] < earlier[1] for times in self.by_host().values() for earlier, later in pairwise(times))

    def gaps(self) -> list[float]:
        return [later[0] - earlier[1] for times in self.by_host().values() for earlier, later in pairwise(times)]


@contextmanager
def site() -> Iterator[tuple[int, Records]]:
    """A feed and some pages per host, each page answered after a moment."""
    records = Records()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            begun, host = time.monotonic(), self.headers["Host"].partition(":")[0]
            try:
                self.respond(host)
            except OSError:  # who asked was killed
                self.close_connection = True
            finally:
                with records.lock:
                    records.visits.append((host, begun, time.monotonic()))
                    records.asked[f"{host}{self.path}"] += 1

        def respond(self, host: str) -> None:
            time.sleep(0.05)
            address = f"http://{host}:{self.server.server_address[1]}"  # type: ignore[index, str-bytes-safe]
            if self.path == "/feed":
                items = "".join(f"<item><title>{n}</title><link>{address}/{n}</link></item>" for n in range(PAGES))
                body = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()
            else:
                body = b"User-agent: *\nDisallow:\n" if self.path == "/robots.txt" else b"<p>A page.</p>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], records
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Crew:
    """Worker processes of one boot, replaced when they are killed, as the supervisor does it."""

    def __init__(self, folder: Path, database: str, count: int) -> None:
        self.config, self.store = folder / "vedette.toml", open_store(database, upgrade=True)
        self.config.write_text(
            f'[data]\ndirectory = "var"\n[database]\nurl = "{database}"\n'
            '[network]\nallow_addresses = ["127.0.0.0/8"]\n[catalogue]\nseed = false\n'
        )
        self.processes = [self.start() for _ in range(count)]

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "vedette.daemon.worker", "crawl", "--boot", "boot", "--config"]
        return subprocess.Popen([*command, str(self.config)], stdin=subprocess.PIPE, cwd=ROOT)

    def kill(self, number: int) -> None:
        self.processes[number].kill()
        self.bury(number)
        alive = {process.pid for n, process in enumerate(self.processes) if n != number}
        with self.store.write() as tx:
            tx.workers.void_role("crawl", "boot", alive, SystemClock().now())
        self.processes[number] = self.start()

    def bury(self, number: int) -> None:
        process = self.processes[number]
        process.wait(40)
        assert process.stdin is not None
        process.stdin.close()

    def close(self) -> None:
        for number, process in enumerate(self.processes):
            process.send_signal(signal.SIGTERM)
            self.bury(number)
        self.store.close()


def unfinished(store: Store) -> int:
    """Items still to be fetched, and sources still to be polled."""
    with store.read() as tx:
        counts, sources = tx.items.counts(), tx.sources.list()
    return counts[ItemState.NEW] + sum(status.first_success_at is None for status in sources)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [0, 6])
def test_hosts_are_shared_politely(database: str, tmp_path: Path, kills: int) -> None:
    with site() as (port, records):
        crew = Crew(tmp_path, database, 3)
        try:
            with crew.store.write() as tx:
                for n, host in enumerate(HOSTS):
                    tx.sources.put(Source(f"s{n}", f"http://{host}:{port}/feed"), SystemClock().now())
            chance = random.Random(5)
            for _ in range(kills):
                time.sleep(chance.uniform(0.8, 2.5))
                crew.kill(chance.randrange(3))
            deadline = time.monotonic() + 75
            while unfinished(crew.store) and time.monotonic() < deadline:
                time.sleep(0.2)
            with crew.store.read() as tx:
                counts = tx.items.counts()
        finally:
            crew.close()
    assert counts[ItemState.FETCHED] == len(HOSTS) * PAGES, "items were lost"
    assert counts[ItemState.NEW] == counts[ItemState.DROPPED] == 0
    assert records.overlaps() == 0
    assert min(records.gaps()) >= SHORTEST_GAP
    if not kills:
        assert set(records.asked.values()) == {1}
