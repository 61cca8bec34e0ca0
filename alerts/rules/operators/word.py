"""`ADEX`: one token, ignoring case and accents."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from alerts import text
from alerts.document import Document, Hit, Scope
from alerts.rules.node import Form, Group, Weigh, Written
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

    @classmethod
    def build(cls, written: Written) -> Self:
        """As every term; a single token needs no pattern."""
        if _token(written.text):
            return cls(sys.intern(written.text), start=written.start, end=written.end)
        return super(Word, cls).build(written)

    def groups(self, weigh: Weigh) -> list[Group]:
        """The token."""
        token = _token(self.text)
        return [(token,)] if token and not weigh.terms else TextTerm.groups(self, weigh)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """As every term; a single token is looked up directly."""
        token = _token(self.text)
        if not token:
            return TextTerm.evaluate(self, document, scope)
        places = document.positions(token)
        if not places:
            return None
        first, last = scope
        return [Hit(p, p + 1, self.text) for p in places if first <= p < last] or None

    def spots(self, document: Document) -> Sequence[int] | None:
        """Where the token stands; None of a word of several tokens."""
        token = _token(self.text)
        return document.positions(token) if token else None


@cache
def _token(word: str) -> str:
    """The one token of a word; "" when it is several."""
    tokens = text.tokens(word)
    return sys.intern(tokens[0]) if len(tokens) == 1 else ""
