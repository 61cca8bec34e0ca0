"""`a b`, `a AND b`: both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Group, Level, Node, Reason, Weigh
from alerts.rules.operators._joins import Join
from alerts.rules.operators.not_ import Not
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class And(Join):
    """All of the operands."""

    kind: ClassVar[str] = "and"
    name: ClassVar[str] = "AND"
    level: ClassVar[int] = Level.AND
    example: ClassVar[str] = "ADEX Baku"
    holds_in: ClassVar[Article] = Article("", "ADEX opens in Baku.")
    fails_in: ClassVar[Article] = Article("", "ADEX opens in Seoul.")

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence of all."""
        evidence: list[Hit] = []
        for operand in self.operands:
            hits = operand.evaluate(document, scope)
            if hits is None:
                return None
            evidence += hits
        return evidence

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """The reasons of those that fail."""
        failing = [operand for operand in self.operands if operand.evaluate(document, scope) is None]
        return [reason for operand in failing for reason in operand.why_not(document, scope)]

    def score(self, document: Document, scope: Scope) -> float | None:
        """The highest of the operands' scores."""
        return max((s for s in (o.score(document, scope) for o in self.operands) if s is not None), default=None)

    def groups(self, weigh: Weigh) -> list[Group]:
        """All groups of all operands."""
        return list(dict.fromkeys(group for operand in self.operands for group in operand.groups(weigh)))

    def positive(self) -> bool:
        """One positive operand is enough."""
        return any(operand.positive() for operand in self.operands)

    def check(self) -> Iterator[tuple[Node, str]]:
        """A warning where an operand is also excluded."""
        wanted = set(self.operands)
        for operand in self.operands:
            if isinstance(operand, Not) and operand.operand in wanted:
                clause = operand.operand.normal()
                yield self, f"{clause} AND NOT {clause} can never hold: remove one of them."
