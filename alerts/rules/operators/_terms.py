"""What the terms that look for written words share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts import text
from alerts.commonness import common_words
from alerts.document import Document, Hit, Scope
from alerts.patterns import Pattern, patterns
from alerts.rules.errors import Refusal
from alerts.rules.node import Group, Node, Weigh, Written, one_of_ranked, quote, within


@dataclass(frozen=True, slots=True)
class TextTerm(Node):
    """A term that looks for a written text; the flavour says how its words are compared."""

    text: str

    flavour: ClassVar[str] = "plain"
    positional: ClassVar[bool] = True

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take the text; refuse one without a letter or digit."""
        term = cls(sys.intern(" ".join(written.text.split())), start=written.start, end=written.end)
        if not term.patterns():
            raise Refusal(
                written.start,
                written.end,
                f"{quote(written.text)} holds no letter and no digit",
                "Write a word to look for.",
            )
        return term

    def patterns(self) -> tuple[Pattern, ...]:
        """What it looks for."""
        return patterns(self.text, self.flavour)

    def normal(self) -> str:
        """The text as written, quoted where it must be."""
        return self.text

    def words(self, names: Callable[[str], str]) -> str:
        """What it looks for, in quotes."""
        return f"“{self.text}”"

    def found(self, document: Document) -> list[Hit]:
        """All hits in the article, in order; of hits within each other the longest."""
        key = (self.flavour, self.text)
        known: list[Hit] | None = document.cache.get(key)
        if known is None:
            made = self.patterns()
            if len(made) == 1:
                ranges = made[0].find(document)
            else:
                ranges = sorted({found for pattern in made for found in pattern.find(document)})
            term = self.normal()
            known = document.cache[key] = [Hit(start, end, term) for start, end in ranges]
        return known

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The hits in the scope."""
        return within(self.found(document), scope) or None

    def groups(self, weigh: Weigh) -> list[Group]:
        """One group per token of the rarest kind; of alternatives, the tokens of each in order of rarity."""
        if weigh.terms:
            return [(self.normal(),)]
        made = self.patterns()
        if len(made) == 1:
            return made[0].groups()
        return one_of_ranked([pattern.groups() for pattern in made], weigh)

    def check(self) -> Iterator[tuple[Node, str]]:
        """A warning for words that stand in most articles."""
        folded = text.fold(self.text)
        if folded in common_words():
            yield (
                self,
                f"{self.normal()} is a very common word: join it to another in a phrase or with NEAR, or drop it.",
            )
