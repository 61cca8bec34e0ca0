"""Section pages whose links are built by their scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from crawler import links
from crawler.spiders.listing import LinkSettings, ListingSpider


class JavascriptSettings(LinkSettings):
    """What such a page can set; the selectors are those of a listing."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    wait_for: links.Css = ""
    """CSS selector of what is there once the page is built; until it loads nothing more where none is given."""
    seconds: int = Field(default=60, ge=1, le=120)
    """Real seconds that the page has to build itself."""
    requests: int = Field(default=40, ge=1, le=200)
    """How many URLs the page may load, scripts and data together."""


class JavascriptSpider(ListingSpider):
    """A section page built by scripts, read for links once it is built: Chromium renders it, in a process of its own.

    Try `listing` and `feed` first: a page that is rendered costs a hundred times as much. It needs
    `pip install 'vedette[javascript]'` and a Chromium of the system (`apt-get install chromium`); none is downloaded.
    The browser has no network of its own: the page, its scripts and what they get are asked for by Vedette, one request
    at a time to a host, within robots.txt, and images, fonts, media, frames, sockets and all but GET are refused. The
    pages that it links to are fetched like all others; one that shows no text without its scripts is rendered too.
    """

    name = "javascript"
    kind = "javascript"
    aliases: ClassVar[Sequence[str]] = ("js", "browser", "playwright")
    Settings: ClassVar[type[BaseModel]] = JavascriptSettings
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-newsroom",
        "kind": "javascript",
        "url": "https://newsroom.example/press",
        "settings": {"wait_for": "ul.press > li"},
    }
    most_requests: ClassVar[int] = 1
    renders: ClassVar[bool] = True

    def must_isolate(self, body: bytes) -> bool:
        """What scripts build may be of any shape."""
        return True

    def older(self, tree: Any, url: str) -> str:
        """Only the first page is read."""
        return ""
