"""`NOT a`, `-a`: not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Form, Level, Node, Reason, leaves, told
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The operand does not hold. A rule needs a positive part beside it."""

    operand: Node

    kind: ClassVar[str] = "not"
    form: ClassVar[Form] = Form.JOIN
    name: ClassVar[str] = "NOT"
    level: ClassVar[int] = Level.NOT
    example: ClassVar[str] = "ADEX -Seoul"
    holds_in: ClassVar[Article] = Article("", "ADEX opens in Baku.")
    fails_in: ClassVar[Article] = Article("", "Seoul ADEX opens.")

    @classmethod
    def of(cls, operand: Node, start: int = 0, end: int = 0) -> Node:
        """The negation; of a negation its operand."""
        return operand.operand if isinstance(operand, Not) else cls(operand, start=start, end=end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The negation of another operand."""
        return Not.of(children[0], self.start, self.end)

    def normal(self) -> str:
        """NOT before the operand."""
        return f"NOT {self.operand.bracketed(Level.ATOM)}"

    def words(self, names: Callable[[str], str]) -> str:
        """Not before the operand."""
        inner = self.operand.words(names)
        return told(names, "not {}" if self.operand.level == Level.ATOM else "not ({})", inner)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """Holds without evidence."""
        return [] if self.operand.evaluate(document, scope) is None else None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """What stands there."""
        hits = leaves(self.operand.evaluate(document, scope) or [])
        what = f": “{document.span(hits[0]).text}” in the {document.field_of(hits[0].start)}" if hits else ""
        return [Reason(self.normal(), f"{self.operand.normal()} is excluded and stands there{what}")]

    def positive(self) -> bool:
        """Never: it holds where something is missing."""
        return False
