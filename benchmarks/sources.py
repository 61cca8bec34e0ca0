"""What many sources cost: share of a core, memory, start-up and dispatch lag, and how these grow.

    python benchmarks/sources.py [--counts 1000,20000,100000] [--minutes 15] [--seconds 60]

The real crawl worker polls sources of invented hosts; only the wire is left out: the fetcher answers 304 after 100 ms.
What remains is the dispatcher, politeness, leases and every transaction, on an SQLite file. CPU time is that of the
worker's whole process. Sources are spread evenly over the interval. Dispatch lag is the time from the instant at which
a source is due to its request. The cost of requests themselves is in benchmarks/crawl.py: add it for a share in all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

ETAG = '"v1"'
BATCH = 2000


def fill(folder: Path, count: int, interval: timedelta) -> str:
    """A database of sources that were polled before and are due one after the other."""
    from storage import HostState, open_store
    from vedette.clock import SystemClock
    from vedette.model import Source

    url, now = f"sqlite:///{folder / 'bench.db'}", SystemClock().now()
    store = open_store(url, upgrade=True)
    robots = {"robots_status": 404, "robots_fetched_at": now}
    for start in range(0, count, BATCH):
        with store.write() as tx:
            for n in range(start, min(count, start + BATCH)):
                host = f"host{n}.example"
                tx.sources.put(Source(f"s{n}", f"https://{host}/feed", interval=interval), now)
                tx.sources.poll_now(f"s{n}", now + timedelta(seconds=6) + interval * (n / count))
                tx.hosts.put(HostState(host, **robots))  # type: ignore[arg-type]
    store.close()
    return url


def worker(url: str, seconds: float) -> None:
    """Run the crawl worker for a while and print what it cost."""
    begun = time.monotonic()
    import structlog
    import uvloop

    import crawler.run as run
    from crawler.fetcher import Answer, Fetcher
    from storage import open_store
    from vedette.clock import SystemClock
    from vedette.config import CrawlSettings, Settings
    from vedette.daemon.context import Context
    from vedette.model import FetchOutcome

    asked: list[float] = []

    class Still(Fetcher):
        """Answers every request with 304 and asks nobody."""

        async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
            asked.append(time.time())
            await asyncio.sleep(0.1)
            return Answer(url, FetchOutcome.NOT_MODIFIED, 304, {"etag": ETAG}, milliseconds=100)

    run.Fetcher = Still  # type: ignore[misc]
    store = open_store(url)
    settings = Settings(crawl=CrawlSettings(concurrency=200))
    context = Context(settings, SystemClock(), store, "crawl", "bench", structlog.get_logger())
    with store.read() as tx:
        due = sorted(s.next_poll_at.timestamp() for s in tx.sources.list() if s.next_poll_at is not None)
    ready = time.monotonic() - begun
    before = resource.getrusage(resource.RUSAGE_SELF)
    threading.Timer(seconds, context.stop.set).start()
    start = time.monotonic()
    uvloop.run(run._crawl(context, None, once=False))
    took = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # sources are polled in the order in which they fall due, each once
    lags = [max(0.0, at - due[n]) for n, at in enumerate(asked) if n < len(due)]
    print(
        json.dumps(
            {
                "polls": len(asked),
                "core": cpu / took,
                "per_poll": cpu / max(1, len(asked)),
                "memory": after.ru_maxrss / 1024,
                "ready": ready,
                "lag50": statistics.median(lags),
                "lag99": statistics.quantiles(lags, n=100)[-1],
            }
        )
    )
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", default="1000,20000,100000")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker(given.worker, given.seconds)
        return
    print(
        f"{'sources':>8} {'polls':>7} {'polls/s':>8} {'core':>7} {'ms/poll':>8} {'MB':>6} {'start s':>8} {'lag p50 ms':>11} {'p99 ms':>8}"
    )
    for count in map(int, given.counts.split(",")):
        with tempfile.TemporaryDirectory() as name:
            url = fill(Path(name), count, timedelta(minutes=given.minutes))
            command = [sys.executable, __file__, "--worker", url, "--seconds", str(given.seconds)]
            done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])
            got = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{count:>8} {got['polls']:>7} {got['polls'] / given.seconds:>8.1f} {got['core']:>7.1%} "
                f"{got['per_poll'] * 1000:>8.2f} {got['memory']:>6.0f} {got['ready']:>8.2f} "
                f"{got['lag50'] * 1000:>11.0f} {got['lag99'] * 1000:>8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
