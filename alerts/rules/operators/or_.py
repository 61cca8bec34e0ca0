"""`a OR b`: either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Group, Level, Reason, Weigh, one_of
from alerts.rules.operators._joins import Join
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Or(Join):
    """At least one of the operands."""

    kind: ClassVar[str] = "or"
    name: ClassVar[str] = "OR"
    level: ClassVar[int] = Level.OR
    example: ClassVar[str] = "ADEX OR IDEF"
    holds_in: ClassVar[Article] = Article("", "IDEF opens.")
    fails_in: ClassVar[Article] = Article("", "DSEI opens.")

    @property
    def positional(self) -> bool:  # type: ignore[override]
        """Where all operands have places."""
        return all(operand.positional for operand in self.operands)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence of all that hold."""
        evidence: list[Hit] | None = None
        for operand in self.operands:
            hits = operand.evaluate(document, scope)
            if hits is not None:
                evidence = hits if evidence is None else evidence + hits
        return evidence

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """The near misses of the operands, or that none occurs."""
        reasons = [reason for operand in self.operands for reason in operand.why_not(document, scope)]
        near = [reason for reason in reasons if reason.near_miss]
        return [Reason(self.normal(), f"none of {', '.join(o.normal() for o in self.operands)} holds"), *near]

    def score(self, document: Document, scope: Scope) -> float | None:
        """The highest score of the operands that hold."""
        holding = [o for o in self.operands if o.evaluate(document, scope) is not None]
        return max((s for s in (o.score(document, scope) for o in holding) if s is not None), default=None)

    def groups(self, weigh: Weigh) -> list[Group]:
        """One of the operands' groups."""
        return one_of(self.operands, weigh)

    def positive(self) -> bool:
        """Every operand must be."""
        return all(operand.positive() for operand in self.operands)
