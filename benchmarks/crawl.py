"""What a request costs: polls and pages per CPU second, beside bare aiohttp and Scrapy's own defaults.

    python benchmarks/crawl.py [--requests 300] [--rounds 2]
    python benchmarks/crawl.py --polls 1000000

All ask the same server on loopback, over plain connections that are kept, and over a fresh TLS connection for each
request. A poll is a conditional request for a feed of 30 entries that is answered 304, or 200 with a body that is
read; a page is a GET of 74 kB of gzipped HTML that is not read. CPU time of the asking process alone, the best of the
rounds. Ratios carry over between machines, seconds do not.

With `--polls` one process polls as fast as it can, one in ten answers a body that is read, and its memory is told at
each tenth: the growth is that since the first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import multiprocessing
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

ETAG = '"v1"'
KINDS = ("304", "200", "page")
ENTRY = "<item><title>Title {0} of an entry</title><link>https://news.example/{0}</link><guid>{0}</guid><description>{1}</description><pubDate>Mon, 02 Mar 2026 09:{0:02}:00 GMT</pubDate></item>"
FEED = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{"".join(ENTRY.format(n, "Some words of a summary. " * 12) for n in range(30))}</channel></rss>'.encode()
PAGE = gzip.compress(
    b"<html><head><title>Page</title></head><body>"
    + b"".join(b"<p>Paragraph %d of an article about ships and aircraft.</p>" % n for n in range(1200))
    + b"</body></html>"
)


# ---------------------------------------------------------------- the server, a process of its own


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


def serve(pem: Path, private: Path, ports: Any) -> None:
    """Answer until killed; TLS connections are closed after each answer."""
    from aiohttp import web

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        headers = {"ETag": ETAG}
        if request.secure:
            headers["Connection"] = "close"
        if request.path == "/robots.txt":
            return web.Response(status=404, headers=headers)
        if request.path == "/page":
            coded = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
            return web.Response(body=PAGE, headers={**headers, **coded})
        if request.path == "/304" and request.headers.get("If-None-Match") == ETAG:
            return web.Response(status=304, headers=headers)
        return web.Response(body=FEED, headers={**headers, "Content-Type": "application/rss+xml"})

    async def run() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(pem, private)
        for context in (None, tls):
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ports.put([address[1] for address in runner.addresses])
        await asyncio.Event().wait()

    asyncio.run(run())


# ---------------------------------------------------------------- who asks, each in a process of its own


def measured(main: Callable[[], Awaitable[float]]) -> float:
    """CPU seconds per request, as `main` reports them, in a loop of uvloop."""
    import uvloop

    return float(uvloop.run(main()))


async def paced(ask: Callable[[], Awaitable[None]], requests: int) -> float:
    """CPU seconds per request; a few first ones warm up."""
    for _ in range(10):
        await ask()
    begun = time.process_time()
    for _ in range(requests):
        await ask()
    return (time.process_time() - begun) / requests


def vedette(base: str, kind: str, requests: int) -> float:
    """The daemon's own fetcher and readers, politeness left out."""
    from crawler.fetcher import Fetcher
    from crawler.isolate import read_listing
    from vedette.clock import SystemClock
    from vedette.config import CrawlSettings, NetworkSettings, Settings

    settings = Settings(network=NetworkSettings(allow_addresses=["127.0.0.0/8"]), crawl=CrawlSettings(timeout=20))

    async def main() -> float:
        async with Fetcher(settings, SystemClock()) as fetcher:

            async def ask() -> None:
                answer = await fetcher.get(f"{base}/{kind}", {"If-None-Match": ETAG})
                assert answer.status == (304 if kind == "304" else 200), answer
                if kind == "200":
                    read_listing("feed", answer.url, {}, answer.body, answer.headers, 2000)

            return await paced(ask, requests)

    return measured(main)


def many(base: str, polls: int) -> None:
    """Poll again and again in this process and print its memory at each tenth."""
    import psutil
    import uvloop

    from crawler.fetcher import Fetcher
    from crawler.isolate import read_listing
    from vedette.clock import SystemClock
    from vedette.config import CrawlSettings, NetworkSettings, Settings

    settings = Settings(network=NetworkSettings(allow_addresses=["127.0.0.0/8"]), crawl=CrawlSettings(timeout=20))

    async def some(fetcher: Fetcher, count: int) -> None:
        for number in range(count):
            whole = number % 10 == 0
            answer = await fetcher.get(f"{base}/{'200' if whole else '304'}", {"If-None-Match": ETAG})
            assert answer.status == (200 if whole else 304), answer
            if whole:
                read_listing("feed", answer.url, {}, answer.body, answer.headers, 2000)

    async def main() -> None:
        process, first = psutil.Process(), 0
        async with Fetcher(settings, SystemClock()) as fetcher:
            print(f"{'polls':>9} {'MB':>7} {'growth':>7}")
            for tenth in range(1, 11):
                await some(fetcher, polls // 10)
                memory = process.memory_info().rss
                first = first or memory
                print(f"{tenth * (polls // 10):>9} {memory / 1e6:>7.1f} {memory / first - 1:>7.2%}", flush=True)

    uvloop.run(main())


def aiohttp_alone(base: str, kind: str, requests: int) -> float:
    """A bare session; the feed is parsed by fastfeedparser, as we do it for well-formed ones."""
    import aiohttp
    import fastfeedparser

    async def main() -> float:
        async with aiohttp.ClientSession() as session:

            async def ask() -> None:
                async with session.get(f"{base}/{kind}", headers={"If-None-Match": ETAG}) as response:
                    body = await response.read()
                if kind == "200":
                    fastfeedparser.parse(body)

            return await paced(ask, requests)

    return measured(main)


def scrapy_defaults(base: str, kind: str, requests: int) -> float:
    """A spider under Scrapy's defaults, one request after the other as in the others."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    taken: list[float] = []

    class Asker(scrapy.Spider):
        name = "asker"
        handle_httpstatus_list = (304,)

        async def start(self) -> Any:
            yield self.again(0)

        def again(self, number: int) -> scrapy.Request:
            headers = {"If-None-Match": ETAG}
            return scrapy.Request(f"{base}/{kind}", headers=headers, dont_filter=True, cb_kwargs={"number": number})

        def parse(self, response: scrapy.http.Response, number: int = 0) -> Any:
            if kind == "200":
                response.selector.register_namespace("a", "http://www.w3.org/2005/Atom")  # type: ignore[attr-defined]
                [entry.xpath("title/text()").get() for entry in response.xpath("//item")]
            taken.append(time.process_time())
            if number < requests + 10:
                yield self.again(number + 1)

    process = CrawlerProcess(settings={"LOG_LEVEL": "ERROR", "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0})
    process.crawl(Asker)
    process.start()
    return (taken[-1] - taken[10]) / (len(taken) - 11)


ASKERS = {"vedette": vedette, "aiohttp": aiohttp_alone, "scrapy": scrapy_defaults}


def ask_alone(name: str, base: str, kind: str, requests: int, pem: Path) -> float:
    """One measurement in a fresh process."""
    command = [sys.executable, __file__, "--asker", name, "--base", base, "--kind", kind, "--requests", str(requests)]
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    env["SSL_CERT_FILE"] = str(pem)
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(f"{name} {kind} at {base}: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout))


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """The server in a process of its own: its two addresses, and its certificate."""
    pem, private = certificate(folder)
    spawn = multiprocessing.get_context("spawn")
    ports: Any = spawn.Queue()
    server = spawn.Process(target=serve, args=(pem, private, ports), daemon=True)
    server.start()
    try:
        plain, tls = ports.get(timeout=30)
        yield f"http://127.0.0.1:{plain}", f"https://localhost:{tls}", pem
    finally:
        server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--polls", type=int, default=0)
    parser.add_argument("--asker", choices=sorted(ASKERS), help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--kind", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.asker:
        print(json.dumps(ASKERS[given.asker](given.base, given.kind, given.requests)))
        return
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (plain, tls, pem):
        if given.polls:
            many(plain, given.polls)
            return
        print(f"{'request':8} {'connection':10} " + " ".join(f"{asker:>22}" for asker in ASKERS))
        for kind in KINDS:
            for how, base in (("kept", plain), ("fresh TLS", tls)):
                cells = []
                for asker in ASKERS:
                    best = min(ask_alone(asker, base, kind, given.requests, pem) for _ in range(given.rounds))
                    cells.append(f"{best * 1000:>8.2f} ms {1 / best:>7.0f} /s")
                print(f"{kind:8} {how:10} " + " ".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
