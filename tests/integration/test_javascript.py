"""Pages whose links are built by their scripts: a real Chromium, with a site of ours on loopback."""

from __future__ import annotations

import gzip
import importlib.util
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from crawler.browser import NAMES, find, is_shell, missing
from tests.httpserver import Reply
from tests.integration import test_crawl
from tests.integration.test_crawl import HTML, Crawl
from vedette.config import CrawlSettings, Settings

crawl = test_crawl.crawl
JSON = {"Content-Type": "application/json"}
SCRIPT = {"Content-Type": "text/javascript"}
SHELL = '<!doctype html><html><head><title>Press</title>{head}</head><body><main id="app"></main>{tail}</body></html>'
APP = """
fetch('/api/news?page=1').then(answer => answer.json()).then(news => {
  document.getElementById('app').innerHTML = '<ul>' + news.map(one =>
    `<li class="row"><h3><a href="${one.url}">${one.title}</a></h3></li>`).join('') + '</ul>'
})"""
NEWS = ", ".join(f'{{"url": "/2026/story-{n}", "title": "A headline about the story number {n}"}}' for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def _chromium(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("slow") and missing(Settings()):
        pytest.skip(missing(Settings()))


@pytest.fixture
def newsroom(crawl: Crawl) -> Crawl:
    crawl.site.routes |= {
        "/press": Reply(SHELL.format(head="", tail='<script src="/app.js"></script>').encode(), headers=HTML),
        "/app.js": Reply(gzip.compress(APP.encode()), headers={**SCRIPT, "Content-Encoding": "gzip"}),
        "/api/news?page=1": Reply(f"[{NEWS}]".encode(), headers=JSON),
        **{f"/2026/story-{n}": Reply(b"<p>text</p>", headers=HTML) for n in (1, 2, 3)},
    }
    declare(crawl)
    return crawl


def declare(crawl: Crawl, **settings: Any) -> None:
    crawl.declare("/press", kind="javascript", settings={"wait_for": "li.row", "seconds": 20, **settings})


def shell(crawl: Crawl, script: str, head: str = "") -> None:
    """The page with another script beside its own."""
    tail = f'<script>{script}</script><script src="/app.js"></script>'
    crawl.site.routes["/press"] = Reply(SHELL.format(head=head, tail=tail).encode(), headers=HTML)


def polled(crawl: Crawl) -> list[str]:
    """What a poll found, by path."""
    crawl.site.log.clear()
    crawl.run(ids=["site"])
    with crawl.store.read() as tx:
        items = [tx.items.get(n) for n in range(1, 20)]
    return [item.url.partition(f":{crawl.site.port}")[2] for item in items if item]


@dataclass
class Trap:
    """A port on loopback, and what was said by whoever connected."""

    port: int
    caught: list[bytes] = field(default_factory=list)


@pytest.fixture
def trap() -> Iterator[Trap]:
    listener, done = socket.create_server(("127.0.0.1", 0)), threading.Event()
    listener.settimeout(0.2)
    trap = Trap(listener.getsockname()[1])

    def accept() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                trap.caught.append(connection.recv(200))

    thread = threading.Thread(target=accept)
    thread.start()
    yield trap
    done.set()
    thread.join(5)
    listener.close()


@pytest.mark.slow
def test_links_that_scripts_build_become_items(newsroom: Crawl) -> None:
    assert polled(newsroom) == ["/2026/story-1", "/2026/story-2", "/2026/story-3"]
    assert newsroom.status.last_outcome == "ok"
    assert newsroom.status.last_error == ""
    asked = [asked.path for asked in newsroom.site.log]
    assert asked[:4] == ["/robots.txt", "/press", "/app.js", "/api/news?page=1"]
    assert {asked.headers["User-Agent"] for asked in newsroom.site.log} == {
        newsroom.site.log[0].headers["User-Agent"]
    }, "who asks is the same for all"


WORDS = "The frigate left the harbour in the morning and came back at night. " * 8


@pytest.mark.slow
def test_a_page_that_shows_no_text_without_its_scripts_is_rendered(newsroom: Crawl) -> None:
    build = f"document.getElementById('app').innerHTML = '<h1>Late</h1><p>{WORDS}</p>'"
    newsroom.site.routes |= {
        "/2026/story-1": Reply(SHELL.format(head="", tail='<script src="/late.js"></script>').encode(), headers=HTML),
        "/2026/story-2": Reply(f"<script>{build}</script><p>Plain. {WORDS}</p>".encode(), headers=HTML),
        "/late.js": Reply(build.encode(), headers=SCRIPT),
    }
    polled(newsroom)
    with newsroom.store.read() as tx:
        late, plain = (tx.items.page(n) for n in (1, 2))
    assert late is not None
    assert plain is not None
    assert b"<h1>Late</h1>" in late.body
    assert b"Plain." in plain.body
    assert b"<h1>Late</h1>" not in plain.body.replace(build.encode(), b""), "what shows its text is taken as it came"
    assert len(newsroom.site.asked("/late.js")) == 1


@pytest.mark.parametrize(
    ("body", "shell"),
    [
        ('<body><div id="root"></div><script src="/a.js"></script>', True),
        (f"<body><script>{'x = 1;' * 500}</script><style>{'p {}' * 500}</style><noscript>{WORDS}</noscript>", True),
        (f"<body><p>{WORDS}</p><script src='/a.js'></script>", False),
        ("<body><p>Short, and that is all.</p>", False),
        ("", False),
        ("\0\xff", False),
    ],
)
def test_what_shows_next_to_nothing_before_its_scripts_have_run(body: str, shell: bool) -> None:
    assert is_shell(body.encode("latin-1")) is shell


@pytest.mark.slow
def test_without_a_selector_the_page_is_built_once_it_asks_for_nothing_more(newsroom: Crawl) -> None:
    declare(newsroom, wait_for="")
    assert len(polled(newsroom)) == 3


@pytest.mark.slow
def test_the_browser_itself_reaches_nothing(newsroom: Crawl, trap: Trap) -> None:
    """Addresses of this machine that are not allowed, and all ways around our own requests."""
    private, own = f"//127.0.0.2:{newsroom.site.port}/secret", f"127.0.0.1:{trap.port}"
    script = f"""
      for (const url of ['http:{private}', 'http://[::1]:{trap.port}/', 'http://0x7f000002/secret', 'file:///etc/passwd'])
        fetch(url).catch(() => 0)
      try {{ new WebSocket('ws://{own}/') }} catch (e) {{}}
      try {{ new EventSource('http:{private}?events') }} catch (e) {{}}
      navigator.sendBeacon('http:{private}?beacon', 'x')
      fetch('http:{private}?post', {{method: 'POST', body: 'x', mode: 'no-cors'}}).catch(() => 0)
      try {{ new RTCPeerConnection({{iceServers: [{{urls: 'turn:{own}?transport=tcp', username: 'u', credential: 'c'}}]}})
        .createDataChannel('x') }} catch (e) {{}}
      window.open('http:{private}?popup')
    """
    head = f"""<link rel="preconnect" href="http://{own}"><link rel="prefetch" href="http:{private}?prefetch">
      <link rel="icon" href="http:{private}?icon">"""
    shell(newsroom, script, head)
    assert len(polled(newsroom)) == 3
    assert not [asked.path for asked in newsroom.site.log if "secret" in asked.path]
    assert trap.caught == []
    assert "blocked-address" in newsroom.status.last_error


@pytest.mark.slow
def test_images_fonts_media_and_frames_are_not_loaded(newsroom: Crawl) -> None:
    head = """<link rel="stylesheet" href="/style.css"><style>@font-face {font-family: F; src: url(/font.woff2)}
      body {font-family: F}</style>"""
    shell(
        newsroom,
        "document.write('<img src=/image.png><video src=/film.mp4></video><iframe src=/frame></iframe>')",
        head,
    )
    assert len(polled(newsroom)) == 3
    asked = {asked.path for asked in newsroom.site.log}
    assert not asked & {"/image.png", "/film.mp4", "/font.woff2", "/frame", "/style.css"}


@pytest.mark.slow
def test_robots_txt_forbids_what_a_page_loads_too(newsroom: Crawl) -> None:
    newsroom.site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /api/")
    declare(newsroom, seconds=3)
    assert polled(newsroom) == []
    assert not newsroom.site.asked("/api/news?page=1")
    assert "robots.txt forbids it" in newsroom.status.last_error


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("while (true) {}", {"seconds": 3}, "its scripts did not come to an end within 3 s"),
        (
            "for (let n = 0; n < 60; n++) fetch('/api/news?n=' + n)",
            {"requests": 10, "seconds": 6},
            "more than 10 requests",
        ),
        ("", {"wait_for": "li.other", "seconds": 3}, "no 'li.other' appeared after 3 s"),
    ],
    ids=["hangs", "asks too much", "nothing to wait for"],
)
def test_limits(newsroom: Crawl, script: str, settings: dict[str, Any], said: str) -> None:
    shell(newsroom, script)
    declare(newsroom, **settings)
    polled(newsroom)
    assert said in newsroom.status.last_error


@pytest.mark.slow
def test_a_page_that_loads_too_much_is_not_given_it(newsroom: Crawl) -> None:
    newsroom.site.routes["/api/large"] = Reply(b"x" * 700_000, headers=JSON)
    shell(newsroom, "for (const n of [1, 2]) fetch('/api/large')")
    declare(newsroom, seconds=5)
    polled(newsroom)
    assert "more than 1024 KiB" in newsroom.status.last_error


def test_what_is_missing_is_said_in_one_line(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl.site.routes["/press"] = Reply(SHELL.format(head="", tail="").encode(), headers=HTML)
    crawl.settings = crawl.settings.model_copy(
        update={"crawl": crawl.settings.crawl.model_copy(update={"browser": "/no/such/chromium"})}
    )
    declare(crawl)
    polled(crawl)
    assert crawl.status.last_outcome == "failed"
    assert crawl.status.last_error == "crawl.browser: there is no program /no/such/chromium"
    monkeypatch.setenv("PATH", "/nowhere")
    assert find(Settings()) == ""
    assert "apt-get install chromium" in missing(Settings())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'vedette[javascript]'" in missing(Settings(crawl=CrawlSettings(browser=NAMES[0])))
