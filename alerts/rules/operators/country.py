"""`country:az`: the source's country."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Country(Property):
    """The country of the article's source, ISO 3166-1 with two letters."""

    kind: ClassVar[str] = "country"
    name: ClassVar[str] = "country"
    featured: ClassVar[bool] = True
    example: ClassVar[str] = "country:az ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.", country="AZ")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The country code."""
        return (article.country.casefold(),)
