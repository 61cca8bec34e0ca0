"""`lang:az`: the article's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Lang(Property):
    """The language of the article, ISO 639-1; a region is not looked at."""

    kind: ClassVar[str] = "lang"
    name: ClassVar[str] = "lang"
    featured: ClassVar[bool] = True
    example: ClassVar[str] = "lang:az ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX açıldı.", language="az-AZ")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The language code without its region."""
        return (article.language.lower().replace("_", "-").partition("-")[0],)

    @classmethod
    def canonical(cls, value: str) -> str:
        """Lower case, without the region."""
        return value.lower().replace("_", "-").partition("-")[0]
