"""Scrapy spiders of the operator's own, for sites that need more than an address: logins, forms, odd APIs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from crawler.feeds import instant, plain_text
from crawler.spiders import Listing, SourceSpider
from crawler.urls import normalise
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome


class CustomSettings(BaseModel):
    """What a source with a spider of its own can set."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    spider: str = Field(default="", pattern=r"^([A-Za-z_]\w*(\.[A-Za-z_]\w*)+)?$")
    """The spider's class, `module.Class`; the module must be named under `[plugins] modules`."""
    arguments: dict[str, str] = {}
    """What the spider is made with, as `scrapy crawl -a NAME=VALUE` would."""
    seconds: int = Field(default=120, ge=1, le=240)
    """Real seconds after which a run is ended; what it gave until then is kept."""


class CustomSpider(SourceSpider):
    """A Scrapy spider by its import path; the items it yields are entries.

    An item has a `url` and may have `id`, `title`, `summary`, `published_at`, `updated_at`, `authors`, `language`,
    `image` and `tags`. The spider runs in a process of its own, one request to a host at a time, within robots.txt;
    the pages of its items are fetched like all others.
    """

    name = "scrapy"
    kind = "scrapy"
    aliases: ClassVar[Sequence[str]] = ("custom", "spider")
    Settings: ClassVar[type[BaseModel]] = CustomSettings
    source_settings: CustomSettings
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-tenders",
        "kind": "scrapy",
        "url": "https://tenders.example/",
        "settings": {"spider": "our_spiders.Tenders", "arguments": {"section": "defence"}},
    }
    runs: ClassVar[bool] = True

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """The items of a run, which come as JSON Lines."""
        entries, broken = [], 0
        for line in body.splitlines():
            try:
                item = json.loads(line)
            except ValueError:  # not UTF-8 either
                broken += bool(line.strip())
                continue
            if isinstance(item, dict):
                entries.append(_entry(item, url))
        if broken and not entries:
            raise Refused(FetchOutcome.NOT_A_FEED, "expected JSON Lines, the items of a spider")
        return Listing(entries[:max_entries], overflow=max(0, len(entries) - max_entries))


def _entry(item: Mapping[str, Any], base: str) -> Entry:
    def text(name: str) -> str:
        return plain_text(str(item.get(name) or ""))

    def texts(name: str) -> tuple[str, ...]:
        value = item.get(name) or ()
        return tuple(
            plain_text(str(v)) for v in ([value] if isinstance(value, str) or not isinstance(value, list) else value)
        )

    return Entry(
        url=normalise(str(item.get("url") or ""), base),
        entry_id=str(item.get("id") or ""),
        title=text("title"),
        summary=text("summary")[:2000],
        published_at=instant(item.get("published_at")),
        updated_at=instant(item.get("updated_at")),
        authors=texts("authors"),
        language=text("language")[:2].lower(),
        image=normalise(str(item.get("image") or ""), base),
        tags=texts("tags"),
    )
