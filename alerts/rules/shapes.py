"""Reading many rules fast: rules of one shape differ in their words alone, so the grammar reads each shape once.

A shape is a rule with its words taken out. The first rule of a shape goes through the grammar; for the others its tree
is filled with their words. Only plain shapes are taken (words, phrases, entities, brackets, AND, OR, NOT, NEAR); all
else, and every rule that must be refused, goes through the grammar itself, which alone decides what a rule means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.rules.node import Node

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<operator>(?:AND|OR|NOT|NEAR/[1-9]\d?|BEFORE/[1-9]\d?)(?=[\s()]|$))
      | (?P<sign>[()]|-(?=[\w(@~="]))
      | (?P<term>[@~=]?(?:"[^"*?“”«»„]*"|[^\W_][\w-]*)(?=[\s()]|$))
    )""",
    re.VERBOSE,
)
_BRACKET = re.compile(r"\s*\(")
_RESERVED = frozenset({"and", "or", "not", "near", "before"})
_MOST_SHAPES = 20_000
_LONGEST = 400  # characters; longer rules hardly ever share a shape


@dataclass(frozen=True, slots=True)
class _Template:
    """The tree of a shape, whose terms are numbered placeholders, and where its tokens stand in its text."""

    node: Node
    offsets: tuple[int, ...]  # end and start of each token


Token = tuple[str, int, int]
"""A term as written, its start and its end."""


class Shapes:
    """Trees by shape. `read` is the grammar, `build` makes the node of a term as written."""

    def __init__(self, read: Callable[[str], Node], build: Callable[[Token], Node]) -> None:
        """Begin with none."""
        self._read, self._build = read, build
        self._known: dict[str, _Template] = {}

    def parse(self, source: str) -> Node | None:
        """The tree of a rule of plain shape; None for any other. Raises Refusal where the grammar would."""
        if len(source) > _LONGEST:
            return None
        shape: list[str] = []
        terms: list[Token] = []
        offsets: list[int] = []
        at, last = 0, len(source.rstrip())
        while at < last:
            token = _TOKEN.match(source, at, last)
            if token is None or (token.lastgroup == "term" and _may_be_an_operator(token)):
                return None
            kind = token.lastgroup or ""
            start, at = token.span(kind)
            offsets += (at, start)
            if kind == "term":
                shape.append("%")
                terms.append((token[kind], start, at))
            else:
                shape.append(token[kind])
        return self._filled(shape, terms, offsets) if terms else None

    def _filled(self, shape: list[str], terms: list[Token], offsets: list[int]) -> Node:
        key = " ".join(shape)
        template = self._known.get(key)
        if template is None:
            if len(self._known) >= _MOST_SHAPES:
                self._known.clear()
            template = self._known[key] = self._template(shape)
        moved = dict(zip(template.offsets, offsets, strict=True))
        return _fill(template.node, [self._build(term) for term in terms], moved)

    def _template(self, shape: Sequence[str]) -> _Template:
        """Read a shape with placeholders for its terms; a Refusal is the grammar's own, and is asked for anew."""
        text, offsets, count = "", [], 0
        for part in shape:
            start = len(text)
            text += f"placeholder{'x' * count}" if part == "%" else part
            offsets += [len(text), start]
            count += part == "%"
            text += "" if part == "-" else " "
        return _Template(self._read(text), tuple(offsets))


def _may_be_an_operator(token: re.Match[str]) -> bool:
    """Whether a word is one that the grammar takes for an operator, or for a slip of one."""
    word = token["term"]
    return word.lower() in _RESERVED or (word.isupper() and _BRACKET.match(token.string, token.end()) is not None)


def _fill(node: Node, terms: Sequence[Node], moved: dict[int, int]) -> Node:
    """A template with its placeholders replaced, and every node moved to where it stands."""
    children = node.children
    if not children:
        return terms[len(node.normal()) - len("placeholder")]
    filled = tuple(_fill(child, terms, moved) for child in children)
    made = node.with_children(filled)
    if not any(made is child for child in filled):
        object.__setattr__(made, "start", moved[node.start])
        object.__setattr__(made, "end", moved[node.end])
    return made
