"""Home pages whose best entry point is found, remembered and polled in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from crawler.spiders import NoSettings
from crawler.spiders.listing import ListingSettings, ListingSpider


class AutodiscoverSpider(ListingSpider):
    """A home page: the feed or sitemap that it names is polled, or its own links where it names none.

    No settings. What was found is looked for anew when it fails three times in a row.
    """

    name = "autodiscover"
    kind = "autodiscover"
    aliases: ClassVar[Sequence[str]] = ("auto", "homepage")
    Settings: ClassVar[type[BaseModel]] = NoSettings
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-site",
        "kind": "autodiscover",
        "url": "https://news.example/",
    }
    resolves: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source_settings = ListingSettings()
