"""News sitemaps: the articles of the last two days, as publishers show them to search engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from crawler.spiders.sitemap import SitemapSpider


class NewsSitemapSpider(SitemapSpider):
    """A sitemap with titles and dates of news, or an index that has such children; other pages are left out."""

    name = "newssitemap"
    kind = "newssitemap"
    aliases: ClassVar[Sequence[str]] = ("news-sitemap", "news sitemap")
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-news-sitemap",
        "kind": "newssitemap",
        "url": "https://news.example/news-sitemap.xml",
    }
    news_only: ClassVar[bool] = True
