"""What every operator and term of the rule language is: a node of a rule's tree, one file each in `operators/`.

A node declares how it is written (`form`, `name`), says its own normal form and its words, evaluates itself in a scope
of a document, names the presearch features that it needs, and explains why it does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from vedette.model import Article

if TYPE_CHECKING:
    from alerts.entities import Catalogue

Group = tuple[str, ...]
"""Presearch features of which one must be present for a node to hold."""


_MOST_RANKS = 2  # groups that alternatives are given together


class Form(StrEnum):
    """How an operator is written; the grammar has one production for each."""

    BARE = "bare"  # a word that stands for itself; `reads` says whose it is, in `order`
    QUOTED = "quoted"  # "a phrase"
    SIGIL = "sigil"  # `name` is one character before a word or a quoted text
    FIELD = "field"  # name:operand
    VALUE = "value"  # name:value
    FUNCTION = "function"  # NAME(operands) or NAME/number(operands)
    INFIX = "infix"  # a NAME/number b
    JOIN = "join"  # AND, OR, NOT, which the grammar knows


class Level:
    """How strongly an operator binds; the printer sets brackets by it."""

    OR, AND, NEAR, NOT, ATOM = range(5)


class Written(NamedTuple):
    """What stood in the rule: the name as written, the text after it, the number after a slash, operands, weights."""

    start: int
    end: int
    name: str = ""
    text: str = ""
    quoted: bool = False
    number: int | None = None
    operands: tuple[Node, ...] = ()
    weights: tuple[float | None, ...] = ()
    bracketed: tuple[bool, ...] = ()


class Reason(NamedTuple):
    """Why a clause does not hold: the clause as written in normal form, a sentence, and whether it was a near miss."""

    clause: str
    text: str
    near_miss: bool = False


def told(names: Callable[[str], str], template: str, *parts: object) -> str:
    """A part of `words` in the language of `names`: of its method `say`, where it has one; else as it is written."""
    say: Callable[[str], str] = getattr(names, "say", str)
    return say(template).format(*parts)


class Weigh(NamedTuple):
    """How common a presearch feature is expected to be: its share of articles, 0 to 1.

    `terms`: terms answer with their normal form instead of their features (for people).
    """

    share: Callable[[str], float]
    terms: bool = False

    def group(self, group: Group) -> float:
        """The expected share of articles that have one of a group."""
        return sum(map(self.share, group))


@dataclass(frozen=True, slots=True)
class Node:
    """The base of all operators; equality looks at what is meant, not at where it stood."""

    start: int = field(default=0, compare=False, kw_only=True, repr=False)
    end: int = field(default=0, compare=False, kw_only=True, repr=False)

    form: ClassVar[Form]
    name: ClassVar[str] = ""  # as written
    order: ClassVar[int] = 0  # of BARE forms: the lowest that reads a word has it
    numbered: ClassVar[bool] = False  # NAME/number
    level: ClassVar[int] = Level.ATOM
    positional: ClassVar[bool] = False  # it has places in the text, so it can stand in NEAR and ATLEAST
    example: ClassVar[str] = ""  # a rule that uses it
    holds_in: ClassVar[Article] = Article("", "")  # what the example catches
    fails_in: ClassVar[Article] = Article("", "")  # what it does not

    @classmethod
    def reads(cls, word: str) -> bool:
        """Of BARE forms: whether a bare word is this kind of term."""
        return False

    @classmethod
    def build(cls, written: Written) -> Node:
        """The node for what stood in the rule; raises Refusal."""
        raise NotImplementedError

    @property
    def children(self) -> tuple[Node, ...]:
        """The operands."""
        return ()

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The same operator over other operands."""
        return self

    def normal(self) -> str:
        """The normal form: parsing it gives an equal node."""
        raise NotImplementedError

    def words(self, names: Callable[[str], str]) -> str:
        """The node as an English clause; `names` gives an entity's name for its id."""
        raise NotImplementedError

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """The evidence within a scope; None where the node does not hold, [] where it holds with nothing to show."""
        raise NotImplementedError

    def places(self, document: Document, scope: Scope) -> list[Hit]:
        """All occurrences within a scope, of positional nodes."""
        return self.evaluate(document, scope) or []

    def spots(self, document: Document) -> Sequence[int] | None:
        """The positions of a term of one token, ascending; None of other nodes. Lets NEAR look before it leaps."""
        return None

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """Why the node does not hold in a scope where `evaluate` answers None."""
        return [Reason(self.normal(), f"{self.normal()} does not occur")]

    def score(self, document: Document, scope: Scope) -> float | None:
        """The score where the rule has one."""
        return None

    def groups(self, weigh: Weigh) -> list[Group]:
        """Presearch features: of each group one must be present wherever the node holds; [] when nothing is sure."""
        return []

    def positive(self) -> bool:
        """Whether the node can hold only where something it looks for is there."""
        return True

    def check(self) -> Iterator[tuple[Node, str]]:
        """Warnings that need no catalogue: (node, what and why)."""
        return iter(())

    def bind(self, catalogue: Callable[[], Catalogue]) -> Node:
        """The node with names of entities replaced by ids; raises Refusal for an unknown one."""
        return self

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def bracketed(self, least: int) -> str:
        """The normal form, in brackets where it binds less than `least`."""
        return self.normal() if self.level >= least else f"({self.normal()})"

    def refuse(self, message: str, remedy: str = "") -> Refusal:
        """A Refusal at this node."""
        return Refusal(self.start, self.end, message, remedy)


def within(hits: Iterable[Hit], scope: Scope) -> list[Hit]:
    """The hits that lie wholly in a scope."""
    first, last = scope
    return [hit for hit in hits if hit.start >= first and hit.end <= last]


def leaves(hits: Iterable[Hit]) -> list[Hit]:
    """Hits with those that span several taken apart, each once, in order."""
    flat: dict[Hit, None] = {}
    for hit in hits:
        for part in leaves(hit.parts) if hit.parts else (hit,):
            flat[part] = None
    return sorted(flat, key=lambda h: (h.start, h.end))


def rebind(node: Node, catalogue: Callable[[], Catalogue]) -> Node:
    """A tree with every node bound (see `Node.bind`)."""
    children = node.children
    if children:
        bound = tuple(rebind(child, catalogue) for child in children)
        if any(a is not b for a, b in zip(bound, children, strict=True)):
            node = node.with_children(bound)
    return node.bind(catalogue)


def cheapest(node: Node, weigh: Weigh) -> Group | None:
    """The least common of a node's groups; None when it has none."""
    return min(node.groups(weigh), key=weigh.group, default=None)


def one_of(nodes: Iterable[Node], weigh: Weigh) -> list[Group]:
    """The groups that say that one of several nodes holds; [] when one of them needs nothing.

    Whichever holds satisfies all of its own groups: so the rarest of each together, then the second rarest of each.
    """
    return one_of_ranked([node.groups(weigh) for node in nodes], weigh)


def one_of_ranked(choices: list[list[Group]], weigh: Weigh) -> list[Group]:
    """The groups that hold when all groups of one of several choices do."""
    if not choices or not all(choices):
        return []
    ranked = [sorted(groups, key=weigh.group) for groups in choices]
    depth = min(_MOST_RANKS, max(map(len, ranked)))
    return [
        tuple(dict.fromkeys(f for groups in ranked for f in groups[min(rank, len(groups) - 1)]))
        for rank in range(depth)
    ]


def quote(text: str) -> str:
    """A text in the quotes of the rule language."""
    return '"' + text.replace('"', "”") + '"'


Topics = Mapping[str, Node]
