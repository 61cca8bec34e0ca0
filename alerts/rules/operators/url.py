"""`url:/defence/`: part of the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Url(Property):
    """The URL contains this."""

    kind: ClassVar[str] = "url"
    name: ClassVar[str] = "url"
    featured: ClassVar[bool] = False
    example: ClassVar[str] = "url:/defence/ ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.", url="https://news.example/defence/1")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The URL as fetched and the canonical one."""
        return (article.url.casefold(), article.canonical_url.casefold())

    def agrees(self, value: str) -> bool:
        """Contained."""
        return self.value in value
