"""`ANY/2(a, b, c)`: at least so many different ones of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Node, Reason, Weigh, Written, cheapest, one_of, told
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Any(Node):
    """At least so many different ones of a list."""

    operands: tuple[Node, ...]
    count: int

    kind: ClassVar[str] = "any"
    form: ClassVar[Form] = Form.FUNCTION
    name: ClassVar[str] = "ANY"
    numbered: ClassVar[bool] = True
    example: ClassVar[str] = "ANY/2(ADEX, Baku, Leonardo)"
    holds_in: ClassVar[Article] = Article("", "Leonardo opens in Baku.")
    fails_in: ClassVar[Article] = Article("", "Leonardo opens in Leonardo.")

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take the list and the number; refuse more than the list has."""
        operands = tuple(dict.fromkeys(written.operands))
        if not written.number:
            raise Refusal(written.start, written.end, "ANY needs a number, 1 or more", "Write ANY/2(a, b, c).")
        if written.number > len(operands):
            raise Refusal(
                written.start,
                written.end,
                f"ANY/{written.number} wants more different ones than the list has ({len(operands)})",
                f"Write ANY/{len(operands)}(...) or a longer list, with commas between.",
            )
        return cls(operands, written.number, start=written.start, end=written.end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The list."""
        return self.operands

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same number of another list."""
        return Any(tuple(dict.fromkeys(children)), self.count, start=self.start, end=self.end)

    def normal(self) -> str:
        """The list in brackets after the number."""
        return f"ANY/{self.count}({', '.join(o.normal() for o in self.operands)})"

    def words(self, names: Callable[[str], str]) -> str:
        """The list and the number."""
        return told(names, "at least {} of ({})", self.count, ", ".join(o.words(names) for o in self.operands))

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence of all that hold, if they are enough."""
        evidence: list[Hit] = []
        held = 0
        for operand in self.operands:
            hits = operand.evaluate(document, scope)
            if hits is not None:
                evidence += hits
                held += 1
        return evidence if held >= self.count else None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """Which are missing."""
        missing = [o.normal() for o in self.operands if o.evaluate(document, scope) is None]
        held = len(self.operands) - len(missing)
        return [
            Reason(
                self.normal(),
                f"{held} of {self.count} hold; missing: {', '.join(missing)}",
                (held and held + 1 >= self.count) or False,
            )
        ]

    def groups(self, weigh: Weigh) -> list[Group]:
        """Leave out as many of the commonest as may be missing together: one of the others must hold."""
        rated = sorted(self.operands, key=lambda o: _share(o, weigh))
        return one_of(rated[: len(rated) - self.count + 1], weigh)

    def positive(self) -> bool:
        """Whether fewer operands than wanted can hold on nothing."""
        return sum(not o.positive() for o in self.operands) < self.count

    def check(self) -> Iterator[tuple[Node, str]]:
        """A warning where the number makes it an AND or an OR."""
        if len(self.operands) > 1 and self.count == len(self.operands):
            yield self, f"{self.normal()} wants all of them: AND says that more plainly."


def _share(node: Node, weigh: Weigh) -> float:
    group = cheapest(node, weigh)
    return 2.0 if group is None else weigh.group(group)
