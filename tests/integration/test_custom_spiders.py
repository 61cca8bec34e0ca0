"""Spiders of the operator's own: run in a process, politely, and never without leave."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.httpserver import Reply
from tests.integration import test_crawl
from tests.integration.test_crawl import HTML, Crawl
from vedette.config import PluginSettings
from vedette.model import FetchOutcome

crawl = test_crawl.crawl

SPIDERS = """
import asyncio

from scrapy import Request, Spider


class Tenders(Spider):
    name = "tenders"
    custom_settings = {"ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0, "DOWNLOAD_HANDLERS": {}}

    async def start(self):
        yield Request(self.url + self.section, self.parse)

    def parse(self, response):
        for link in response.css("a"):
            yield {"url": response.urljoin(link.attrib["href"]), "title": link.css("::text").get()}
        yield Request(self.url + "private", self.parse)
        yield Request("http://127.0.0.2:9/", self.parse)
        yield Request("file:///etc/hostname", self.parse)


class Broken(Tenders):
    def parse(self, response):
        raise KeyError("no such field")


class Slow(Tenders):
    async def parse(self, response):
        yield {"url": response.url + "/first"}
        await asyncio.sleep(60)
"""


@pytest.fixture
def spiders(crawl: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crawl]:
    (tmp_path / "our_spiders.py").write_text(SPIDERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    importlib.invalidate_caches()
    crawl.settings = crawl.settings.model_copy(update={"plugins": PluginSettings(modules=["our_spiders"])})
    crawl.site.routes["/defence"] = Reply(b"<a href='/t1'>Trucks</a><a href='/t2'>Boats</a>", headers=HTML)
    crawl.site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private\n")
    for path in ("/t1", "/t2", "/private"):
        crawl.site.routes[path] = Reply(b"<p>A page</p>", headers=HTML)
    yield crawl
    sys.modules.pop("our_spiders", None)


def declare(crawl: Crawl, spider: str, **settings: object) -> None:
    given = {"spider": spider, "arguments": {"section": "defence"}, **settings}
    crawl.declare("/", kind="scrapy", settings=given)


def test_its_items_are_entries_and_it_is_kept_polite_and_safe(spiders: Crawl) -> None:
    declare(spiders, "our_spiders.Tenders")
    assert spiders.run().new_items == 2
    assert [(spiders.item(n).url, spiders.item(n).entry.title) for n in (1, 2)] == [
        (spiders.site.url("/t1"), "Trucks"),
        (spiders.site.url("/t2"), "Boats"),
    ]
    assert [a.path for a in spiders.site.log if a.path == "/private"] == []
    assert {a.headers["User-Agent"].split("/")[0] for a in spiders.site.log} == {"Vedette"}
    assert len(spiders.site.asked("/t1")) == 1
    run = [a.at for a in spiders.site.log if a.path in ("/robots.txt", "/defence")]
    assert min(later - earlier for earlier, later in pairwise(run)) >= 0.04


@pytest.mark.parametrize(
    ("spider", "said"),
    [
        pytest.param("our_spiders.Broken", "KeyError: 'no such field'", marks=pytest.mark.slow),
        ("our_spiders.Missing", "our_spiders.Missing can't be imported"),
        ("os.path.join", "name its module 'os.path' under [plugins] modules"),
        ("", "no `spider` is set"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(spiders: Crawl, spider: str, said: str) -> None:
    declare(spiders, spider)
    spiders.run()
    assert spiders.status.last_outcome == FetchOutcome.FAILED
    assert said in spiders.status.last_error
    assert "\n" not in spiders.status.last_error


@pytest.mark.slow
def test_one_that_hangs_is_ended_and_what_it_gave_is_kept(spiders: Crawl) -> None:
    declare(spiders, "our_spiders.Slow", seconds=20)
    assert spiders.run().new_items == 1
    assert spiders.status.last_outcome == "ok"
    assert "ended after 20 s" in spiders.status.last_error
