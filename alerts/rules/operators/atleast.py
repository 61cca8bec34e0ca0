"""`ATLEAST/3(a)`: at least so many occurrences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Node, Reason, Weigh, Written, told
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    """At least so many occurrences; overlapping ones count once."""

    operand: Node
    count: int

    kind: ClassVar[str] = "atleast"
    form: ClassVar[Form] = Form.FUNCTION
    name: ClassVar[str] = "ATLEAST"
    numbered: ClassVar[bool] = True
    example: ClassVar[str] = "ATLEAST/2(ADEX)"
    holds_in: ClassVar[Article] = Article("", "ADEX opens. ADEX closes.")
    fails_in: ClassVar[Article] = Article("", "ADEX opens.")

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take operand and number; refuse an operand without places."""
        if len(written.operands) != 1:
            raise Refusal(
                written.start,
                written.end,
                "ATLEAST counts one expression",
                f"Write ATLEAST/{written.number}((a OR b)), or ANY/2(a, b) for different ones.",
            )
        if not written.number:
            raise Refusal(written.start, written.end, "ATLEAST needs a number, 1 or more", "Write ATLEAST/3(a).")
        operand = written.operands[0]
        if not operand.positional:
            raise Refusal(
                operand.start,
                operand.end,
                f"ATLEAST counts occurrences, and {operand.normal()} has no single place in the text",
                "Count a word, a phrase, an entity, a NEAR or (a OR b).",
            )
        return cls(operand, written.number, start=written.start, end=written.end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same number of another operand."""
        return AtLeast(children[0], self.count, start=self.start, end=self.end)

    def normal(self) -> str:
        """The operand in brackets after the number."""
        return f"ATLEAST/{self.count}({self.operand.normal()})"

    def words(self, names: Callable[[str], str]) -> str:
        """The operand and the number."""
        return told(names, "{} at least {} times", self.operand.words(names), self.count)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """All occurrences, if there are enough."""
        hits = self.operand.places(document, scope)
        return hits if len(hits) >= self.count and disjoint(hits) >= self.count else None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """How many there are."""
        found = disjoint(self.operand.places(document, scope))
        if not found:
            return self.operand.why_not(document, scope)
        return [
            Reason(
                self.normal(),
                f"{self.operand.normal()} occurs {found} times, {self.count} are wanted",
                found + 1 >= self.count,
            )
        ]

    def groups(self, weigh: Weigh) -> list[Group]:
        """Those of the operand."""
        return self.operand.groups(weigh)


def disjoint(hits: list[Hit]) -> int:
    """How many of the hits can be chosen so that none overlaps another."""
    count, last = 0, -1
    for hit in sorted(hits, key=lambda h: h.end):
        if hit.start >= last:
            count, last = count + 1, hit.end
    return count
