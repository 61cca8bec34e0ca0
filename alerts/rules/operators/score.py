"""`SCORE/12(a^5, title:a^5, d^-8)`: weights of what is present, summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Level, Node, Reason, Weigh, Written, cheapest, one_of, told
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Score(Node):
    """The weights of the clauses that hold, summed, reach the number. A negative weight takes away."""

    clauses: tuple[tuple[Node, float], ...]
    least: int

    kind: ClassVar[str] = "score"
    form: ClassVar[Form] = Form.FUNCTION
    name: ClassVar[str] = "SCORE"
    numbered: ClassVar[bool] = True
    example: ClassVar[str] = "SCORE/8(ADEX^5, Baku^3, Leonardo^3, Seoul^-8)"
    holds_in: ClassVar[Article] = Article("", "ADEX opens in Baku.")
    fails_in: ClassVar[Article] = Article("", "Seoul ADEX opens; guests from Baku came.")

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take clauses and weights; refuse a missing weight, and a compound without brackets."""
        if not written.number:
            raise Refusal(
                written.start, written.end, "SCORE needs a number to reach, 1 or more", "Write SCORE/12(a^5, b^8)."
            )
        clauses = []
        for operand, weight, bracketed in zip(written.operands, written.weights, written.bracketed, strict=True):
            if weight is None:
                raise Refusal(
                    operand.start,
                    operand.end,
                    f"{operand.normal()} has no weight",
                    f"Write {operand.bracketed(Level.NOT)}^3.",
                )
            if operand.level < Level.NOT and not bracketed:
                last = operand.children[-1].normal()
                raise Refusal(
                    operand.start,
                    operand.end,
                    f"it is not clear what the weight {weight:+g} belongs to, {operand.normal()} or {last} alone",
                    f"Write ({operand.normal()})^{weight:g}.",
                )
            clauses.append((operand, weight))
        return cls(tuple(clauses), written.number, start=written.start, end=written.end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The clauses without their weights."""
        return tuple(clause for clause, _ in self.clauses)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same weights of other clauses."""
        weights = [weight for _, weight in self.clauses]
        return Score(tuple(zip(children, weights, strict=True)), self.least, start=self.start, end=self.end)

    def normal(self) -> str:
        """Clauses with their weights in brackets after the number."""
        return f"SCORE/{self.least}({', '.join(f'{c.bracketed(Level.NOT)}^{w:g}' for c, w in self.clauses)})"

    def words(self, names: Callable[[str], str]) -> str:
        """Clauses with their weights, and the number."""
        parts = ", ".join(told(names, "{:g} for {}", w, c.words(names)) for c, w in self.clauses)
        return told(names, "weights of what is present that reach {} ({})", self.least, parts)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence of the clauses that add, if the sum is reached."""
        evidence: list[Hit] = []
        total = 0.0
        for clause, weight in self.clauses:
            hits = clause.evaluate(document, scope)
            if hits is not None:
                total += weight
                if weight > 0:
                    evidence += hits
        return evidence if total >= self.least else None

    def score(self, document: Document, scope: Scope) -> float | None:
        """The sum."""
        return sum(weight for clause, weight in self.clauses if clause.evaluate(document, scope) is not None)

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """The sum and what it is made of; within a quarter of the number it is a near miss."""
        held = [(c, w) for c, w in self.clauses if c.evaluate(document, scope) is not None]
        total = sum(w for _, w in held)
        made = ", ".join(f"{c.normal()} {w:+g}" for c, w in held) or "nothing it looks for is there"
        return [Reason(self.normal(), f"the score is {total:g} of {self.least} ({made})", total >= 0.75 * self.least)]

    def groups(self, weigh: Weigh) -> list[Group]:
        """Leave out the commonest clauses that can't reach the number without another: one of the others must hold."""
        adding = sorted(((_share(c, weigh), w, c) for c, w in self.clauses if w > 0), key=lambda row: (row[0], row[1]))
        left_out = 0.0
        while adding and left_out + adding[-1][1] < self.least:
            left_out += adding.pop()[1]
        return one_of([clause for _, _, clause in adding], weigh) if adding else []

    def positive(self) -> bool:
        """Whether what can hold on nothing stays below the number."""
        return sum(w for c, w in self.clauses if w > 0 and not c.positive()) < self.least

    def check(self) -> Iterator[tuple[Node, str]]:
        """Warnings for a number out of reach, a clause that decides nothing, and one that fires alone."""
        most = sum(weight for _, weight in self.clauses if weight > 0)
        if most < self.least:
            yield self, f"SCORE/{self.least} can never hold: all weights together are {most:g}."
        for clause, weight in self.clauses:
            if weight >= self.least and len(self.clauses) > 1:
                yield clause, f"{clause.normal()}^{weight:g} reaches {self.least} alone: no other clause is needed."


def _share(node: Node, weigh: Weigh) -> float:
    group = cheapest(node, weigh)
    return 2.0 if group is None else weigh.group(group)
