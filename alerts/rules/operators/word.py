"""`ADEX`: one token, ignoring case and accents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Form
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Word(TextTerm):
    """A token, ignoring case and accents; in Han, Kana, Hangul and Thai any part of the text."""

    kind: ClassVar[str] = "word"
    form: ClassVar[Form] = Form.BARE
    order: ClassVar[int] = 90
    example: ClassVar[str] = "ADEX"
    holds_in: ClassVar[Article] = Article("", "The Adex-2024 fair opened.")
    fails_in: ClassVar[Article] = Article("", "The MADEX fair opened.")

    @classmethod
    def reads(cls, word: str) -> bool:
        """What is no other kind of term is a word."""
        return True

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """As every term; a single token is looked up directly."""
        made = self.patterns()
        if len(made) == 1 and len(made[0].elements) == 1:
            places = document.positions(made[0].elements[0].features()[0])
            first, last = scope
            return [Hit(p, p + 1, self.text) for p in places if first <= p < last] or None
        return TextTerm.evaluate(self, document, scope)
