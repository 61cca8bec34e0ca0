"""What AND and OR share: a flat row of operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.node import Form, Level, Node, told


@dataclass(frozen=True, slots=True)
class Join(Node):
    """Operands joined by one word. Operands of the same kind are taken in, and the same operand twice is one."""

    operands: tuple[Node, ...]

    form: ClassVar[Form] = Form.JOIN

    @classmethod
    def of(cls, operands: tuple[Node, ...], start: int = 0, end: int = 0) -> Node:
        """The join of several nodes; of one node that node itself."""
        flat: dict[Node, None] = {}
        for operand in operands:
            for part in operand.operands if isinstance(operand, cls) else (operand,):
                flat.setdefault(part)
        if len(flat) == 1:
            return next(iter(flat))
        return cls(tuple(flat), start=start, end=end)

    @property
    def children(self) -> tuple[Node, ...]:
        """The operands."""
        return self.operands

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same join over other operands."""
        return type(self).of(children, self.start, self.end)

    def normal(self) -> str:
        """Operands with the word between; AND and OR never stand unbracketed together."""
        return f" {self.name} ".join(operand.bracketed(Level.NEAR) for operand in self.operands)

    def words(self, names: Callable[[str], str]) -> str:
        """Operands with the word between."""
        parts = [o.words(names) if not isinstance(o, Join) else f"({o.words(names)})" for o in self.operands]
        return f" {told(names, self.name.lower())} ".join(parts)
