"""`C-27J`: letters and digits joined, separator-blind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.patterns import is_designator
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Written
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Designator(TextTerm):
    """C27J, C 27J and C‑27J are one; a plural s or a suffix after an apostrophe, hyphen or quote may follow.

    Between letters and a bare number a space does not count where the letters are a word of running text ("a 10 per
    cent rise" is not the A-10). Leading letters may be typed with their Cyrillic or Latin twins (С-27J).
    """

    kind: ClassVar[str] = "designator"
    form: ClassVar[Form] = Form.BARE
    order: ClassVar[int] = 20
    example: ClassVar[str] = "C-27J"
    holds_in: ClassVar[Article] = Article("", "Two C27Js landed.")
    fails_in: ClassVar[Article] = Article("", "BTC-27JUN25-70000-C and the MC-27J, a C-27A, a C-271.")

    @classmethod
    def reads(cls, word: str) -> bool:
        """Letters and digits in one word."""
        return is_designator(word)

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take it; wildcards may only end it, after three letters and digits."""
        body = written.text.rstrip("*?")
        if "*" in body or "?" in body:
            raise Refusal(
                written.start,
                written.end,
                f"a wildcard may only end a designator such as {written.text}",
                "Write F-35* or Su-3?.",
            )
        if written.text.endswith("*") and sum(c.isalnum() for c in body) < 3:
            raise Refusal(
                written.start,
                written.end,
                f"{written.text} is too short: at least three letters or digits must stand before *",
                "Write more of the name, or the names themselves: (S-300 OR S-400).",
            )
        return super(Designator, cls).build(written)
