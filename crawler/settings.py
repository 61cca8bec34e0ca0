"""Scrapy's settings: what a watcher of many small sites needs, where that differs from a crawler of one large one.

`scrapy crawl feed -a url=...` uses them too, with SCRAPY_SETTINGS_MODULE=crawler.settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler import reactor
from vedette import __version__

if TYPE_CHECKING:
    from vedette.config import Settings

BOT_NAME = "vedette"
SPIDER_MODULES = ["crawler.spiders"]
USER_AGENT = f"Vedette/{__version__}"

TWISTED_REACTOR_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.GuardedDownloadHandler",
    "https": "crawler.handlers.GuardedDownloadHandler",
    # Scrapy reads file:///etc/hostname by default: a feed may name any scheme
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOADER_MIDDLEWARES = {
    # what the dispatcher does itself, so that it is kept over restarts and shared between sources of a host
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.handlers.BytesCompressionMiddleware": 590,
}
SPIDER_MIDDLEWARES = {"scrapy.spidermiddlewares.referer.RefererMiddleware": None}
EXTENSIONS = {"scrapy.extensions.telnet.TelnetConsole": None}
ROBOTSTXT_OBEY = False  # by our own cache: see crawler.robots
CONCURRENT_REQUESTS = 0  # bounded by the dispatcher: with 16 one slow host delays all others
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 2
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 16 * 2**20
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_DELAY = 0
REMOTE_CONTROL_ENABLED = False  # on by default since 2.19, and runs code
TELNETCONSOLE_ENABLED = False
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
LOG_ENABLED = False
LOG_LEVEL = "WARNING"
STATS_DUMP = False
MEMUSAGE_ENABLED = False
COOKIES_ENABLED = False
RETRY_ENABLED = False
REDIRECT_ENABLED = False
ALLOW_ADDRESSES: list[str] = []

ONLY = {
    "DOWNLOAD_HANDLERS_BASE": {},
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
        "crawler.handlers.BytesCompressionMiddleware": 590,
        "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    },
    "SPIDER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES": {},
    "EXTENSIONS_BASE": {},
    "EXTENSIONS": {},
}
"""All that the daemon has of Scrapy's parts: even those that are switched off are loaded, which takes longer than a
poll, and each that is on takes its time of every request."""


def for_daemon(settings: Settings) -> dict[str, Any]:
    """These settings with what the operator configured."""
    values = {name: value for name, value in globals().items() if name.isupper() and name != "ONLY"} | ONLY
    values["USER_AGENT"] = user_agent(settings)
    values["DOWNLOAD_TIMEOUT"] = settings.crawl.timeout
    values["DOWNLOAD_MAXSIZE"] = settings.crawl.max_bytes
    values["ALLOW_ADDRESSES"] = list(settings.network.allow_addresses)
    if settings.crawl.reactor:
        values["TWISTED_REACTOR_ENABLED"] = True
        values["TWISTED_REACTOR"] = reactor.NAME
    return values


def user_agent(settings: Settings) -> str:
    """One name for all requests, with a contact: sites that dislike us can say so."""
    contact = settings.crawl.contact or "https://github.com/vedette-news/vedette"
    shown = contact if "://" in contact else f"mailto:{contact}"
    return f"{settings.crawl.user_agent} (+{shown})"
