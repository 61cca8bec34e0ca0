"""`source:trend-az`: the article's source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Source(Property):
    """The id of the source that showed the article."""

    kind: ClassVar[str] = "source"
    name: ClassVar[str] = "source"
    featured: ClassVar[bool] = True
    example: ClassVar[str] = "source:trend-az ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.", source="trend-az")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The id of the source."""
        return (article.source.casefold(),)
