"""`missil*`, `organi?ation`: any ending, any one letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts import text
from alerts.patterns import glob_tokens
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Node, Written
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article

LEAST = 3
"""Letters that must stand before `*`."""


@dataclass(frozen=True, slots=True)
class Wildcard(TextTerm):
    """A word with `*` (any ending) or `?` (any one letter); never first in a word, three letters before `*`."""

    kind: ClassVar[str] = "wildcard"
    form: ClassVar[Form] = Form.BARE
    order: ClassVar[int] = 30
    example: ClassVar[str] = "missil*"
    holds_in: ClassVar[Article] = Article("", "New missiles were shown.")
    fails_in: ClassVar[Article] = Article("", "A dismissal.")

    @classmethod
    def reads(cls, word: str) -> bool:
        """A word with a wildcard."""
        return "*" in word or "?" in word

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take it; refuse wildcards that would look at every word."""
        refuse_bad_wildcards(written.text, written.start, written.end)
        return super(Wildcard, cls).build(written)

    def check(self) -> Iterator[tuple[Node, str]]:
        """A warning for three letters before `*`."""
        head = self.text.partition("*")[0]
        if not any("*" in token or "?" in token for token in glob_tokens(self.text)):
            yield self, f"{self.text} needs no wildcard: terms in this script match inside running text."
        elif "*" in self.text and len(text.fold(head).replace(" ", "")) <= LEAST:
            yield self, f"{self.text} is a broad wildcard: write more letters before *, or ~ before a whole word."


def refuse_bad_wildcards(word: str, start: int, end: int) -> None:
    """Raise Refusal for a wildcard that stands first, too early, or where it has no use."""
    if "**" in word:
        raise Refusal(start, end, f"{word} has two wildcards in a row", f"Write {word.replace('**', '*')}.")
    for token in glob_tokens(word):
        head = token.split("*")[0].split("?")[0]
        if not head and ("*" in token or "?" in token):
            raise Refusal(
                start,
                end,
                f"a wildcard can't stand first in a word, as in {word}",
                "Write the beginning of the word: missil* finds missile and missiles.",
            )
        if "*" in token[:-1]:
            raise Refusal(
                start,
                end,
                f"* ends a word, and does not in {word}",
                f"Write {head}*, or ? for each single letter in between.",
            )
        if "*" in token and len(token.split("*")[0]) < LEAST:
            raise Refusal(
                start,
                end,
                f"{word} is too short: at least three letters must stand before *",
                f"Write more of the word, or the words themselves: ({head}a OR {head}e).",
            )
