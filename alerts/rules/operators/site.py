"""`site:news.example`: the article's site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Site(Property):
    """The host of the article's URL is this domain or one below it; or the site's name."""

    kind: ClassVar[str] = "site"
    name: ClassVar[str] = "site"
    featured: ClassVar[bool] = False
    example: ClassVar[str] = "site:news.example ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.", url="https://www.news.example/1")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The host, and the name that the page gives its site."""
        return (host(article.url), host(article.canonical_url), article.site.casefold())

    def agrees(self, value: str) -> bool:
        """The same domain or one below it."""
        return value == self.value or value.endswith("." + self.value)


def host(url: str) -> str:
    """The host of a URL in lower case; "" where it has none or is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
