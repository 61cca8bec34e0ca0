"""What the terms share that look at a property of the article, not at its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Node, Reason, Weigh, Written, quote, told
from alerts.rules.operators.exact import is_plain
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Property(Node):
    """A property of the article has a value. `featured`: it is compared as a whole, so the presearcher knows it."""

    value: str

    form: ClassVar[Form] = Form.VALUE
    featured: ClassVar[bool] = False

    @classmethod
    def build(cls, written: Written) -> Node:
        """Take the value, without case where case means nothing."""
        if not written.text.strip():
            raise Refusal(written.start, written.end, f"{cls.name}: has no value", f"Write {cls.name}:value.")
        return cls(cls.canonical(written.text.strip()), start=written.start, end=written.end)

    @classmethod
    def canonical(cls, value: str) -> str:
        """A value as it is compared."""
        return value.casefold()

    @classmethod
    def values(cls, article: Article) -> tuple[str, ...]:
        """The article's values, canonical."""
        raise NotImplementedError

    def agrees(self, value: str) -> bool:
        """Whether an article's value is the one wanted."""
        return value == self.value

    def normal(self) -> str:
        """The name before the value."""
        return f"{self.name}:{self.value if is_plain(self.value.replace(':', '')) else quote(self.value)}"

    def words(self, names: Callable[[str], str]) -> str:
        """The property and its value."""
        return told(names, "the {} “{}”", told(names, "language" if self.name == "lang" else self.name), self.value)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """Holds without evidence: it is not in the text."""
        return [] if any(self.agrees(value) for value in self.values(document.article)) else None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """What the article has instead."""
        values = [value for value in self.values(document.article) if value]
        return [Reason(self.normal(), f"the {self.name} is {', '.join(values) or 'not known'}")]

    def groups(self, weigh: Weigh) -> list[Group]:
        """The feature of the value."""
        return [(f"{self.name}:{self.value}",)] if self.featured else []


def excluded_pairs(operands: tuple[Node, ...]) -> Iterator[tuple[Property, Property]]:
    """Pairs of properties joined by AND of which an article can have one alone."""
    seen: dict[type[Node], Property] = {}
    for operand in operands:
        if isinstance(operand, Property) and operand.featured:
            other = seen.setdefault(type(operand), operand)
            if other != operand:
                yield other, operand
