"""`author:rossi`: an author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts import text
from alerts.rules.operators._properties import Property
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Author(Property):
    """One of the authors has this name or these names in it, ignoring case and accents."""

    kind: ClassVar[str] = "author"
    name: ClassVar[str] = "author"
    featured: ClassVar[bool] = False
    example: ClassVar[str] = "author:rossi ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.", authors=("Anna Rossi",))
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The authors' names, folded."""
        return tuple(text.fold(author) for author in article.authors)

    @classmethod
    def canonical(cls, value: str) -> str:
        """Folded."""
        return text.fold(value)

    def agrees(self, value: str) -> bool:
        """All the words, side by side."""
        return f" {self.value} " in f" {value} "
