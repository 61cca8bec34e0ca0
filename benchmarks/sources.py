"""What many sources cost: share of a core, memory and dispatch lag, and how these grow.

    python benchmarks/sources.py [--counts 1000,20000,100000] [--minutes 15] [--seconds 60]

The real crawl worker polls sources of invented hosts; only the wire is left out: the fetcher answers 304 after 100 ms.
What remains is the dispatcher, politeness, leases and every transaction, on an SQLite file. Sources are spread evenly
over the interval, of which a sample of `--seconds` is lived through in real time. CPU time is that of the worker's
whole process once it is warm. Lag is the time from the instant at which a source is due to its request. The cost of
the requests themselves is in benchmarks/crawl.py: add it for a share in all. How soon a daemon polls once it is started
is in benchmarks/start.py.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
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
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

ETAG = '"v1"'
BATCH = 5000
WARM_SECONDS = 5.0
"""From the first request on; nothing is measured before."""


def fill(folder: Path, count: int, interval: timedelta) -> tuple[str, float]:
    """A database of sources that were polled before, and the instant from which on they fall due.

    One of them is due already: the first request.
    """
    from storage import HostState, open_store
    from vedette.clock import SystemClock
    from vedette.model import Source

    url, now = f"sqlite:///{folder / 'bench.db'}", SystemClock().now()
    store = open_store(url, upgrade=True)
    first = now + timedelta(seconds=6 + count / 2500)
    robots = {"robots_status": 404, "robots_fetched_at": now, "robots_read": True, "epoch": 1}
    for start in range(0, count, BATCH):
        numbers = range(start, min(count, start + BATCH))
        hosts = [f"host{n}.example" for n in numbers]
        due = [now if n == 0 else first + interval * (n / count) for n in numbers]
        sources = [
            (Source(f"s{n}", f"https://{host}/feed", interval=interval), at)
            for n, host, at in zip(numbers, hosts, due, strict=True)
        ]
        with store.write() as tx:
            tx.sources.add_all(sources, now)
            tx.hosts.lease(hosts, "fill", now, now)
            tx.hosts.give_back([HostState(host, **robots) for host in hosts], "fill")  # type: ignore[arg-type]
    store.close()
    return url, first.timestamp()


def worker(url: str, seconds: float) -> None:
    """Run the crawl worker for a while and print what it cost."""
    gc.disable()  # until all is loaded, as the daemon's workers do
    import structlog
    import uvloop

    import crawler.run as run
    from crawler.fetcher import Answer, Fetcher
    from storage import open_store
    from vedette.clock import SystemClock
    from vedette.config import CrawlSettings, Settings
    from vedette.daemon.context import Context
    from vedette.model import FetchOutcome

    asked: dict[str, float] = {}

    class Still(Fetcher):
        """Answers every request with 304 and asks nobody."""

        async def get(
            self, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
        ) -> Answer:
            asked.setdefault(url, time.time())
            await asyncio.sleep(0.1)
            return Answer(url, FetchOutcome.NOT_MODIFIED, 304, {"etag": ETAG}, milliseconds=100)

    run.Fetcher = Still  # type: ignore[misc]
    store = open_store(url)
    settings = Settings(crawl=CrawlSettings(concurrency=200))
    context = Context(settings, SystemClock(), store, "crawl", "bench", structlog.get_logger())
    warm: list[tuple[float, float, int]] = []
    threading.Timer(WARM_SECONDS, lambda: warm.append((time.monotonic(), cpu(), len(asked)))).start()
    threading.Timer(WARM_SECONDS + seconds, context.stop.set).start()
    gc.freeze()
    gc.enable()
    uvloop.run(run._crawl(context, None, once=False))
    polls, took, spent = len(asked) - warm[0][2], time.monotonic() - warm[0][0], cpu() - warm[0][1]
    print(
        json.dumps(
            {
                "polls": polls,
                "core": spent / took,
                "per_poll": spent / max(1, polls),
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "first": min(asked.values()),
                "asked": {f"s{url[12:].partition('.')[0]}": at for url, at in asked.items()},
            }
        )
    )
    store.close()


def cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(count: int, interval: timedelta, seconds: float) -> dict[str, float]:
    """What a worker in a process of its own costs with so many sources."""
    with tempfile.TemporaryDirectory() as name:
        url, first = fill(Path(name), count, interval)
        time.sleep(max(0.0, first - time.time() - 4))
        command = [sys.executable, __file__, "--worker", url, "--seconds", str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    got: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    # a source that fell due while the worker was starting tells of the start
    due = {name: first + interval.total_seconds() * int(name[1:]) / count for name in got["asked"]}
    lags = [max(0.0, at - due[n]) for n, at in got["asked"].items() if due[n] > got["first"] + 1.0 and n != "s0"]
    return {
        **{name: got[name] for name in ("polls", "core", "per_poll", "memory")},
        "lag50": statistics.median(lags),
        "lag99": statistics.quantiles(lags, n=100)[-1],
    }


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
    interval = timedelta(minutes=given.minutes)
    print(
        f"{'sources':>8} {'polls/s':>8} {'core':>7} {'ms/poll':>8} {'MB':>6} {'kB each':>8} "
        f"{'lag p50 ms':>11} {'p99 ms':>8}"
    )
    least: tuple[int, float] | None = None
    for count in map(int, given.counts.split(",")):
        got = measured(count, interval, given.seconds)
        least = least or (count, got["memory"])
        more = (got["memory"] - least[1]) * 1024 / (count - least[0]) if count > least[0] else 0.0
        print(
            f"{count:>8} {got['polls'] / given.seconds:>8.1f} {got['core']:>7.1%} {got['per_poll'] * 1000:>8.2f} "
            f"{got['memory']:>6.0f} {more:>8.2f} {got['lag50'] * 1000:>11.1f} "
            f"{got['lag99'] * 1000:>8.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
