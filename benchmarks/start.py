"""How soon after `vedette run` the first poll leaves, and how soon after a crawler was killed the next one.

    python benchmarks/start.py [--sources 20000] [--rounds 3]

The whole daemon with all its workers, over an SQLite file of so many sources. Two hundred of them are on loopback and
due again and again, a host each; the others are due tomorrow. Seconds from the start of the process to the first
request that arrives, and from `kill -9` of the crawler to the next one; CPU is that of all processes until the first
request, and of these the nursery and the crawler, which a first request waits for. Memory counts shared pages once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

ROOT = Path(__file__).parents[1]
NEAR = [f"127.0.0.{n}" for n in range(1, 201)]
AGAIN = timedelta(seconds=10)
CONFIGURATION = '[data]\ndirectory = "var"\n[network]\nallow_addresses = ["127.0.0.0/8"]\n[log]\nlevel = "warning"\n[web]\nport = 0\n'
BATCH = 5000


@contextlib.contextmanager
def served(asked: list[float]) -> Iterator[int]:
    """A server that answers "not modified" and notes when it was asked; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(time.time())
            self.send_response(304)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def fill(url: str, port: int, count: int) -> None:
    """Sources whose hosts are known already, so that the first request is a poll."""
    from storage import HostState, open_store
    from vedette.clock import SystemClock
    from vedette.model import Source
    from vedette.network import host_of

    store, now = open_store(url, upgrade=True), SystemClock().now()
    urls = [f"http://{address}:{port}/feed" for address in NEAR]
    urls += [f"https://host{n}.example/feed" for n in range(count - len(urls))]
    for start in range(0, count, BATCH):
        few = range(start, min(count, start + BATCH))
        hosts = [host_of(urls[n]) for n in few]
        known = [HostState(host, robots_status=404, robots_fetched_at=now, robots_read=True, epoch=1) for host in hosts]
        due = [now if n < len(NEAR) else now + timedelta(days=1) for n in few]
        with store.write() as tx:
            rows = [(Source(f"s{n}", urls[n], interval=AGAIN), at) for n, at in zip(few, due, strict=True)]
            tx.sources.add_all(rows, now)
            tx.hosts.lease(hosts, "fill", now, now)
            tx.hosts.give_back(known, "fill")
    store.close()


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    whole = psutil.Process(pid)
    return [whole, *whole.children(recursive=True)]


def cpu(pid: int) -> tuple[float, float]:
    """CPU seconds of a process and all below it, and of these the nursery's and the crawler's."""
    every, path = 0.0, 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            spent = sum(process.cpu_times()[:2])
            every += spent
            path += spent if process.name() == "vedette crawl" or process.ppid() == pid else 0.0
    return every, path


def crawler(url: str) -> int:
    """The process of the crawl worker, by its heartbeat."""
    from storage import open_store

    store = open_store(url)
    try:
        while True:
            with store.read() as tx:
                owners = [worker.owner for worker in tx.workers.list() if worker.owner.startswith("crawl")]
            if owners:
                return int(owners[0].rpartition(":")[2])
            time.sleep(0.1)
    finally:
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asked: list[float] = []
    rows: list[tuple[float, ...]] = []
    with tempfile.TemporaryDirectory() as name, served(asked) as port:
        folder = Path(name)
        config, url = folder / "vedette.toml", f"sqlite:///{folder / 'var' / 'vedette.db'}"
        config.write_text(CONFIGURATION)
        (folder / "var").mkdir()
        fill(url, port, given.sources)
        command = [sys.executable, "-m", "vedette", "run", "--config", str(config)]
        for _ in range(given.rounds):
            time.sleep(AGAIN.total_seconds())  # something is due
            asked.clear()
            began = time.time()
            daemon = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
            while not asked:
                time.sleep(0.005)
            first, spent = asked[0] - began, cpu(daemon.pid)
            time.sleep(AGAIN.total_seconds())  # all is started
            memory = sum(process.memory_full_info().pss for process in family(daemon.pid)) / 1e6
            os.kill(crawler(url), signal.SIGKILL)
            killed = time.time()
            while asked[-1] < killed + 0.05:  # what was under way
                time.sleep(0.005)
            rows.append((first, *spent, next(at for at in asked if at >= killed + 0.05) - killed, memory))
            daemon.terminate()
            daemon.wait(60)
    titles = ("start to first poll s", "CPU s", "of it on the way s", "kill -9 to next poll s", "MB in all")
    print(f"{'sources':>8} " + " ".join(f"{title:>22}" for title in titles))
    middle = [statistics.median(column) for column in zip(*rows, strict=True)]
    print(f"{given.sources:>8} " + " ".join(f"{value:>22.2f}" for value in middle))


if __name__ == "__main__":
    main()
