"""`body:x`: in the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Scope
from alerts.rules.operators._windows import FieldScope
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Body(FieldScope):
    """In the body, which does not have the title nor the captions of pictures."""

    kind: ClassVar[str] = "body"
    name: ClassVar[str] = "body"
    example: ClassVar[str] = "body:ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opens.")
    fails_in: ClassVar[Article] = Article("ADEX opens.", "")

    @classmethod
    def scope(cls, document: Document) -> Scope:
        """From the first token of the body to the last."""
        return len(document.tokens) and document.title_end, document.body_end
