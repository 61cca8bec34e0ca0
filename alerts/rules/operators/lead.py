"""`lead:x`: in the title or the first 60 tokens of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.document import LEAD_TOKENS, Document, Scope
from alerts.rules.operators._windows import FieldScope
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Lead(FieldScope):
    """In the title or the first 60 tokens of the body."""

    kind: ClassVar[str] = "lead"
    name: ClassVar[str] = "lead"
    example: ClassVar[str] = "lead:ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.")
    fails_in: ClassVar[Article] = Article("", "word " * 60 + "ADEX")

    @classmethod
    def scope(cls, document: Document) -> Scope:
        """The title and as much of the body."""
        return 0, len(document.tokens) and min(document.title_end + LEAD_TOKENS, document.body_end)
