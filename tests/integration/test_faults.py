"""Hosts as their owners and the net spoil them, many in one short run: what each is called in the end, and why."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import text

from crawler.health import DAYS, judge
from crawler.run import crawl_once
from storage import Store, open_store
from tests.httpserver import Asked, Reply, Route, Site, serve
from tests.integration.test_crawl import HTML, START, XML, OffsetClock, rss
from vedette.config import CrawlSettings, NetworkSettings, Settings
from vedette.daemon.context import Context
from vedette.model import Health, Source

POLLS = 5
PAGES = ("/1", "/2", "/3")


@dataclass
class Host:
    """One host with a source; `{}` in an address or a body stands for its own."""

    says: str
    """Its state, and words of the reason."""
    feed: Route | None = None
    robots: Route | None = None
    more: Mapping[str, Route] = field(default_factory=dict)
    kind: str = "feed"
    items: int | None = None
    """How many items it gave."""
    asked: Mapping[str, int] = field(default_factory=dict)
    """How often paths were asked for."""


def news(*paths: str, title: str = "News", entry_id: str = "{}", **headers: str) -> Reply:
    body = rss(*((f"http://{{}}{path}", title + path) for path in paths or PAGES))
    body = b"".join(
        part if n == 0 else f"<guid>{entry_id.format(n)}</guid>".encode() + part.partition(b"</guid>")[2]
        for n, part in enumerate(body.split(b"<guid>"))
    )
    return Reply(body, headers={**XML, **headers})


def rules(text: str | bytes, **reply: int) -> Reply:
    return Reply(text if isinstance(text, bytes) else text.encode(), headers={"Content-Type": "text/plain"}, **reply)  # type: ignore[arg-type]


def to(location: str, status: int = 301) -> Reply:
    return Reply(status=status, headers={"Location": location})


def page(body: str, status: int = 200) -> Reply:
    return Reply(f"<!doctype html><html>{body}</html>".encode(), status, HTML)


def each(*replies: Reply) -> Callable[[Asked], Reply]:
    """One after the other, the last one for ever."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def unless_conditional(status: int, reply: Reply) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(status=status) if "If-None-Match" in asked.headers else reply


CLOUDFLARE = (
    "<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>"
)
DENY = "User-agent: *\nDisallow: /feed\n"
NONE = {"/feed": 0}

HOSTS = {
    # robots.txt
    "robots with a byte order mark": Host("forbidden", robots=rules(b"\xef\xbb\xbf" + DENY.encode()), asked=NONE),
    "robots in UTF-16": Host("forbidden", robots=rules(DENY.encode("utf-16")), asked=NONE),
    "robots with CR only": Host("forbidden", robots=rules(DENY.replace("\n", "\r")), asked=NONE),
    "robots with our name in capitals": Host("forbidden", robots=rules("USER-AGENT: VEDETTE\nDISALLOW: /feed"), asked=NONE),
    "robots with two groups for us": Host(
        "forbidden",
        robots=rules("User-agent: vedette\nDisallow: /b\n\nUser-agent: x\nAllow: /\n\nUser-agent: Vedette\nDisallow: /feed\n"),
        asked=NONE,
    ),
    "robots with an end and a wildcard": Host("forbidden", robots=rules("User-agent: *\nDisallow: /*eed$"), asked=NONE),
    "robots whose longest rule allows": Host("ok", robots=rules("User-agent: *\nDisallow: /\nAllow: /feed\nAllow: /1"), items=3),
    "robots that say they are packed": Host(
        "forbidden", robots=Reply(DENY.encode(), headers={"Content-Encoding": "gzip"}), asked=NONE
    ),
    "robots as partial content": Host("forbidden", robots=rules(DENY, status=206), asked=NONE),
    "robots that are a page": Host("ok", robots=page(f"<h1>Not found</h1><p>{DENY}</p>"), items=3),
    "robots cut in the middle of a rule": Host(
        "ok", robots=rules("User-agent: *\n" + "#" * (512 * 1024 - 26) + "\nDisallow: /private\n"), items=3
    ),
    "robots on another host": Host("forbidden", robots=to("http://localhost:{port}/their-robots.txt"), asked=NONE),
    "robots that lead into a private network": Host("ok", robots=to("http://10.0.0.1/robots.txt"), items=3),
    "robots that lead in circles": Host("ok", robots=to("/robots.txt"), items=3, asked={"/robots.txt": 12}),
    "robots that need a password": Host("ok", robots=rules("no", status=401), items=3),
    "robots that fail": Host("forbidden: robots.txt can't be read", robots=rules("no", status=500), asked=NONE),
    "robots with a delay that is no number": Host("ok", robots=rules("User-agent: *\nCrawl-delay: nan\n"), items=3),
    # redirects
    "moved for good": Host("moved: /new", feed=to("/new", 308), more={"/new": news()}, items=3),
    "moved for a while": Host("ok", feed=to("/new", 307), more={"/new": news()}, items=3),
    "leads to a login": Host("failing: redirected to http://{}/login", feed=to("/login", 302), more={"/login": page("Sign in")}),
    "leads into a private network": Host("failing: http://10.0.0.1/", feed=to("http://10.0.0.1/", 302)),
    "leads to a file": Host("failing: ftp", feed=to("ftp://x.example/feed", 302)),
    # statuses
    "not modified before it was ever seen": Host("failing: unconditional", feed=Reply(status=304)),
    "fails over validators": Host(
        "ok", feed=unless_conditional(500, news(ETag='"1"')), items=3, asked={"/feed": POLLS}
    ),
    "missing once": Host("ok", feed=each(news(), Reply(status=404), news()), items=3),
    "for legal reasons": Host("failing: 451 (Unavailable For Legal Reasons)", feed=Reply(status=451)),
    "gone": Host("gone: 410", feed=Reply(status=410), asked={"/feed": 3}),
    "asks to come back in a week": Host(
        "failing: 429", feed=Reply(status=429, headers={"Retry-After": "604800"}), asked={"/feed": 1}
    ),
    "asks to come back soon": Host("failing: 429", feed=Reply(status=429, headers={"Retry-After": "soon"})),
    "a challenge with 403": Host("captcha: status 403", feed=page(CLOUDFLARE, 403)),
    "a challenge with 503": Host("captcha: status 503", feed=page(CLOUDFLARE, 503)),
    "a challenge in place of articles": Host("captcha", feed=news(), more=dict.fromkeys(PAGES, page(CLOUDFLARE, 403))),
    "a wall of consent": Host("consent", feed=page("<title>Zustimmung</title>Cookies <button>Alle akzeptieren</button>")),
    "a challenge in place of a section page": Host("captcha", kind="listing", feed=page(CLOUDFLARE)),
    # bodies and headers
    "says packed and is not": Host("ok", feed=news(**{"Content-Encoding": "gzip"}), items=3),
    "packed twice": Host(
        "silent", feed=Reply(gzip.compress(gzip.compress(b"<rss><channel/></rss>")), headers={"Content-Encoding": "gzip, gzip"})
    ),
    "an encoding that is a charset": Host("ok", feed=news(**{"Content-Encoding": "utf-8"}), items=3),
    "a header of 100 kB": Host("ok", feed=news(**{"Content-Security-Policy": "x" * 100_000}), items=3),
    "three hundred headers": Host("ok", feed=news(**{f"X-{n}": "1" for n in range(300)}), items=3),
    "empty in the end": Host("failing: empty", feed=each(news(), Reply())),
    "never an entry": Host("silent", feed=Reply(b"<rss version='2.0'><channel><title>T</title></channel></rss>")),
    # items
    "other ids at every poll": Host("ok", feed=each(*(news(entry_id=f"{n}-{{}}") for n in range(POLLS))), items=3),
    "ids given to other articles": Host("ok", feed=each(news("/1", "/2"), news("/3", "/4"), news("/3", "/4")), items=4),
    "other sessions at every poll": Host(
        "ok",
        feed=each(*(news(f"/1;jsessionid={n}A", f"/2?PHPSESSID={n}b", f"/3?_={n}") for n in range(POLLS))),
        more={path: page("A page.") for path in ("/1;jsessionid=0A", "/2?PHPSESSID=0b", "/3?_=0")},
        items=3,
    ),
    "other campaigns at every poll": Host("ok", feed=each(*(news(f"/1?utm_source=r{n}") for n in range(POLLS))), more={"/1?utm_source=r0": page("A")}, items=1),
}  # fmt: skip


@dataclass
class Run:
    """What a run left behind."""

    site: Site
    addresses: Mapping[str, str]
    health: Mapping[str, Health]
    items: Mapping[str, int]


def routes_of(host: Host, address: str, port: int) -> Iterator[tuple[str, Route]]:
    given = {"/feed": host.feed or news(), "/robots.txt": host.robots, **host.more}
    pages = dict.fromkeys(PAGES, Reply(b"<p>A page.</p>", headers=HTML))
    for path, route in {**pages, **given}.items():
        if route is not None:
            yield f"//{address.partition(':')[0]}{path}", _own(route, address, port)


def _own(route: Route, address: str, port: int) -> Route:
    """A route with the host's own address and the port where they are wanted."""
    if not isinstance(route, Reply):
        return lambda asked: _filled(route(asked), address, port)
    return _filled(route, address, port)


def _filled(reply: Reply, address: str, port: int) -> Reply:
    headers = {name: value.replace("{port}", str(port)) for name, value in reply.headers.items()}
    return Reply(reply.body.replace(b"{}", address.encode()), reply.status, headers, reply.cut)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """All hosts, each at an address of its own, polled five times in 28 hours."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('faults') / 'v.db'}", upgrade=True)
    with serve() as site, pytest.MonkeyPatch.context() as patched:
        patched.setattr("crawler.politeness.PAUSE", 0.01)
        addresses = {name: f"127.0.1.{n}:{site.port}" for n, name in enumerate(HOSTS, start=1)}
        for name, host in HOSTS.items():
            site.routes |= routes_of(host, addresses[name], site.port)
        site.routes["//localhost/their-robots.txt"] = rules(DENY)
        crawl(store, addresses)
        yield Run(site, addresses, *found(store))
    store.close()


def crawl(store: Store, addresses: Mapping[str, str]) -> None:
    clock = OffsetClock()
    clock.ahead = START - datetime.now(UTC)
    with store.write() as tx:
        for name, address in addresses.items():
            tx.sources.put(Source(name, f"http://{address}/feed", HOSTS[name].kind), clock.now())
    settings = Settings(
        network=NetworkSettings(allow_addresses=["127.0.0.0/8", "::1/128"]),
        crawl=CrawlSettings(max_bytes=2**20, timeout=5),
    )
    for _ in range(POLLS):
        crawl_once(Context(settings, clock, store, "crawl", "boot", structlog.get_logger()))
        clock.ahead += timedelta(hours=7)


def found(store: Store) -> tuple[dict[str, Health], dict[str, int]]:
    now = START + timedelta(hours=7 * POLLS)
    with store.read() as tx:
        first = (now - timedelta(days=DAYS)).date()
        health = {s.source.id: judge(s, tx.health.days(s.source.id, first), now) for s in tx.sources.list()}
        counts = tx.session.execute(text("SELECT source_id, count(*) FROM items GROUP BY 1"))
        return health, {str(source): int(count) for source, count in counts}


@pytest.mark.parametrize("name", HOSTS)
def test_a_person_would_say_so(run: Run, name: str) -> None:
    host, address = HOSTS[name], run.addresses[name]
    state, _, words = host.says.partition(": ")
    verdict = run.health[name]
    assert verdict.state == state, verdict.reason
    assert words.replace("{}", address) in verdict.reason
    if host.items is not None:
        assert run.items.get(name, 0) == host.items
    own = [asked.path for asked in run.site.log if asked.host == address.partition(":")[0]]
    assert {path: own.count(path) for path in host.asked} == host.asked
