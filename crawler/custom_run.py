"""The process that a spider of the operator's own runs in: `python -m crawler.custom_run`.

It reads an order from standard input and writes the spider's items, a JSON line each. It knows no database.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

from itemadapter import ItemAdapter
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response
from scrapy.settings import Settings

from crawler import settings as scrapy_settings

FORBIDS_ALL = b"User-agent: *\nDisallow: /"


class StrictRobots(RobotsTxtMiddleware):
    """As everywhere else here: a robots.txt that can't be read forbids all. Scrapy's own takes that for consent."""

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        unreadable = response.status >= 500
        await super()._parse_robots(response.replace(body=FORBIDS_ALL) if unreadable else response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        waiting: Any = self._parsers[netloc]
        self._parsers[netloc] = self._parserimpl.from_crawler(self.crawler, FORBIDS_ALL)
        waiting.callback(self._parsers[netloc])


def fixed_settings(given: Mapping[str, Any]) -> Settings:
    """The settings of a run. Those that keep it polite and safe win over what a spider sets itself."""
    settings = Settings()
    settings.setmodule(scrapy_settings, priority="project")
    for name in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES"):
        settings.set(name, {}, priority="project")
    for name, value in {"RETRY_ENABLED": False, "REDIRECT_ENABLED": True, "COOKIES_ENABLED": True}.items():
        settings.set(name, value, priority="project")
    own = {
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            StrictRobots: 100,
        },
        "DOWNLOAD_HANDLERS": scrapy_settings.DOWNLOAD_HANDLERS,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "ROBOTSTXT_OBEY": True,
        "RANDOMIZE_DOWNLOAD_DELAY": False,
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "TWISTED_REACTOR_ENABLED": False,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.RFPDupeFilter",
        **given,
    }
    for name, value in own.items():
        settings.set(name, value, priority="cmdline")
    return settings


def main() -> None:
    """Run the order on standard input."""
    import resource

    order = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    module, _, name = order["spider"].rpartition(".")
    try:
        spider = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        sys.exit(f"{order['spider']} can't be imported: {error}")
    if not (isinstance(spider, type) and issubclass(spider, Spider)):
        sys.exit(f"{order['spider']} is no Scrapy spider")
    asyncio.run(_crawl(spider, order))


async def _crawl(spider: type[Spider], order: Mapping[str, Any]) -> None:
    crawler = Crawler(spider, fixed_settings(order["settings"]))
    errors: list[str] = []

    def scraped(item: Any) -> None:
        line = json.dumps(ItemAdapter(item).asdict(), default=str)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def failed(failure: Any) -> None:
        errors.append(f"{type(failure.value).__name__}: {' '.join(str(failure.value).split())}")

    crawler.signals.connect(scraped, signal=signals.item_scraped)
    crawler.signals.connect(failed, signal=signals.spider_error)
    await crawler.crawl_async(**order["arguments"])
    if errors:
        sys.exit(errors[-1])


if __name__ == "__main__":
    main()
