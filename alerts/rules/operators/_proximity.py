"""What NEAR and BEFORE share: two operands with places, at most so many tokens between, within one paragraph."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Level, Node, Reason, Weigh, Written, told

MOST = 200
"""The greatest distance; beyond it PARA says what is meant."""


@dataclass(frozen=True, slots=True)
class Proximity(Node):
    """Two operands close to each other."""

    left: Node
    right: Node
    distance: int

    form: ClassVar[Form] = Form.INFIX
    numbered: ClassVar[bool] = True
    level: ClassVar[int] = Level.NEAR
    positional: ClassVar[bool] = True
    ordered: ClassVar[bool] = False

    @classmethod
    def build(cls, written: Written) -> Self:
        """Take operands and distance; refuse what has no place in the text."""
        left, right = written.operands
        if written.number is None:
            raise Refusal(
                written.start,
                written.end,
                f"{cls.name} needs a distance",
                f"Write {cls.name}/5: at most five tokens between.",
            )
        if written.number < 1:
            raise Refusal(
                written.start,
                written.end,
                f"{cls.name}/0 would mean side by side",
                f'Write a phrase, "a b", or {cls.name}/1 for at most one token between.',
            )
        if written.number > MOST:
            raise Refusal(
                written.start,
                written.end,
                f"{cls.name}/{written.number} is too far",
                f"Write {cls.name}/{MOST} at most, or PARA(a b).",
            )
        for operand in (left, right):
            if not operand.positional:
                clause, other = operand.normal(), (right if operand is left else left).normal()
                raise Refusal(
                    operand.start,
                    operand.end,
                    f"{cls.name} needs words on both sides, and {clause} has no single place in the text",
                    _instead(operand, other, f"{cls.name}/{written.number}"),
                )
        return cls(left, right, written.number, start=left.start, end=right.end)

    @property
    def children(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same distance between others."""
        return type(self)(children[0], children[1], self.distance, start=self.start, end=self.end)

    def normal(self) -> str:
        """Both sides with the operator between; a row of them is read from the left."""
        return f"{self.left.bracketed(Level.NEAR)} {self.name}/{self.distance} {self.right.bracketed(Level.NOT)}"

    def words(self, names: Callable[[str], str]) -> str:
        """Both sides and the distance."""
        unordered = "({} and {} with at most {} words between)"
        template = "({} before {} with at most {} words between)" if self.ordered else unordered
        return told(names, template, self.left.words(names), self.right.words(names), self.distance)

    def pairs(self, document: Document, scope: Scope, within: int) -> list[tuple[int, Hit, Hit]]:
        """Pairs of disjoint hits in one paragraph, in reading order, with the number of tokens between.

        Those with at most `within` tokens between are all there.
        """
        found = []
        rights = sorted(self.right.places(document, scope))
        starts = [b.start for b in rights]
        longest = max((b.end - b.start for b in rights), default=0)
        for a in self.left.places(document, scope):
            window = bisect_left(starts, a.start - within - longest), bisect_right(starts, a.end + within)
            for b in rights[slice(*window)]:
                if a.end <= b.start:
                    first, last = a, b
                elif b.end <= a.start and not self.ordered:
                    first, last = b, a
                else:
                    continue
                if document.paragraph(first.start) == document.paragraph(last.end - 1):
                    found.append((last.start - first.end, first, last))
        return found

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """Each pair that is close enough, as one hit that spans both."""
        left, right = self.left.spots(document), self.right.spots(document)
        if left is not None and right is not None and not _close(left, right, self.distance + 1):
            return None
        return [
            Hit(a.start, b.end, self.normal(), None, (a, b))
            for between, a, b in self.pairs(document, scope, self.distance)
            if between <= self.distance
        ] or None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """Which side is missing, or how far apart they are."""
        for side in self.children:
            if not side.places(document, scope):
                return side.why_not(document, scope)
        pairs = self.pairs(document, scope, len(document.tokens))
        if not pairs:
            where = "in this order in one paragraph" if self.ordered else "in one paragraph"
            return [
                Reason(self.normal(), f"{self.left.normal()} and {self.right.normal()} occur, but never {where}", True)
            ]
        between, a, b = min(pairs, key=lambda pair: pair[0])
        quoted = f"“{document.span(a).text}” and “{document.span(b).text}”"
        return [
            Reason(
                self.normal(),
                f"{quoted} have {between} tokens between, {self.distance} are allowed",
                between <= 2 * self.distance + 3,
            )
        ]

    def groups(self, weigh: Weigh) -> list[Group]:
        """Those of both sides."""
        return list(dict.fromkeys([*self.left.groups(weigh), *self.right.groups(weigh)]))


def _close(left: Sequence[int], right: Sequence[int], most: int) -> bool:
    """Whether two positions are at most so far apart."""
    for a in left:
        after = bisect_left(right, a - most)
        if after < len(right) and right[after] <= a + most:
            return True
    return False


def _instead(operand: Node, other: str, near: str) -> str:
    """What to write where an operand has no place."""
    parts = operand.children
    if operand.name == "AND" and all(part.positional for part in parts):
        spread = " AND ".join(f"{part.bracketed(Level.NEAR)} {near} {other}" for part in parts)
        return f"Write {spread}."
    if operand.name == "NOT":
        return f"Write NOT ({parts[0].normal()} {near} {other}), or put {operand.normal()} beside it with AND."
    return "Write a word, a phrase, a designator or an entity there, or several in (a OR b)."
