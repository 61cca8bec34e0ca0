"""What the operators share that look at one part of an article after the other, or at one part alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Level, Node, Reason, Weigh, Written, told


@dataclass(frozen=True, slots=True)
class Over(Node):
    """An operator over one operand."""

    operand: Node

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take the one operand."""
        if len(written.operands) != 1:
            raise Refusal(
                written.start,
                written.end,
                f"{cls.name} takes one expression",
                f"Write {cls.name}(a b), without a comma.",
            )
        return cls(written.operands[0], start=written.start, end=written.end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same over another operand."""
        return type(self)(children[0], start=self.start, end=self.end)

    def groups(self, weigh: Weigh) -> list[Group]:
        """Those of the operand."""
        return self.operand.groups(weigh)

    def positive(self) -> bool:
        """As the operand."""
        return self.operand.positive()


@dataclass(frozen=True, slots=True)
class Window(Over):
    """The operand within one sentence or paragraph."""

    form: ClassVar[Form] = Form.FUNCTION
    what: ClassVar[str] = ""  # sentence | paragraph

    def normal(self) -> str:
        """The operand in the function's brackets."""
        return f"{self.name}({self.operand.normal()})"

    def words(self, names: Callable[[str], str]) -> str:
        """The operand and where."""
        return told(names, "({} in one {})", self.operand.words(names), told(names, self.what))

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence of each part in which the operand holds."""
        evidence: list[Hit] | None = None
        if self.operand.evaluate(document, scope) is None and self.operand.positive() and not _negates(self.operand):
            return None
        for part in document.ranges(self.what, scope):
            hits = self.operand.evaluate(document, part)
            if hits is not None:
                evidence = hits if evidence is None else evidence + hits
        return evidence

    def score(self, document: Document, scope: Scope) -> float | None:
        """The highest of the parts' scores."""
        scores = (self.operand.score(document, part) for part in document.ranges(self.what, scope))
        return max((s for s in scores if s is not None), default=None)

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """What is missing altogether, or that it never comes together."""
        if self.operand.evaluate(document, scope) is None:
            return self.operand.why_not(document, scope)
        return [Reason(self.normal(), f"{self.operand.normal()} holds, but not within one {self.what}", True)]


def _negates(node: Node) -> bool:
    """Whether a node that does not hold in the whole may hold in a part of it."""
    return any(getattr(part, "kind", "") in ("not", "score", "topic") for part in node.walk())


@dataclass(frozen=True, slots=True)
class FieldScope(Over):
    """The operand within one field of the article."""

    form: ClassVar[Form] = Form.FIELD

    @classmethod
    def scope(cls, document: Document) -> Scope:
        """The token positions of the field."""
        raise NotImplementedError

    @property
    def positional(self) -> bool:  # type: ignore[override]
        """As the operand."""
        return self.operand.positional

    def normal(self) -> str:
        """The field before the operand."""
        return f"{self.name}:{self.operand.bracketed(Level.ATOM)}"

    def words(self, names: Callable[[str], str]) -> str:
        """The operand and where."""
        return told(names, "{} in the {}", self.operand.words(names), told(names, self.name))

    def _narrow(self, document: Document, scope: Scope) -> Scope:
        first, last = self.scope(document)
        return max(first, scope[0]), max(min(last, scope[1]), max(first, scope[0]))

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence within the field."""
        return self.operand.evaluate(document, self._narrow(document, scope))

    def score(self, document: Document, scope: Scope) -> float | None:
        """As the operand within the field."""
        return self.operand.score(document, self._narrow(document, scope))

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """That it stands elsewhere, or why it holds nowhere."""
        if self.operand.evaluate(document, document.scope()) is not None:
            return [Reason(self.normal(), f"{self.operand.normal()} holds, but not in the {self.name}", True)]
        return self.operand.why_not(document, self._narrow(document, scope))

    def check(self) -> Iterator[tuple[Node, str]]:
        """A warning for a field within another that it does not share a word with."""
        for inner in self.operand.walk():
            if isinstance(inner, FieldScope) and {inner.name, self.name} == {"title", "body"}:
                yield self, f"{inner.name}: within {self.name}: can never hold: no word stands in both."
