"""`title:x`: in the title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Scope
from alerts.rules.operators._windows import FieldScope
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Title(FieldScope):
    """In the title."""

    kind: ClassVar[str] = "title"
    name: ClassVar[str] = "title"
    example: ClassVar[str] = "title:(ADEX OR IDEF)"
    holds_in: ClassVar[Article] = Article("ADEX opens.", "")
    fails_in: ClassVar[Article] = Article("", "It is ADEX.")

    @classmethod
    def scope(cls, document: Document) -> Scope:
        """From the first token to the first of the body."""
        return 0, len(document.tokens) and document.title_end
