"""From text to tree: the grammar filled in from the operators, and every refusal with position and remedy."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from alerts.rules.errors import Refusal
from alerts.rules.hints import explain_unexpected, refuse_before_parsing, refuse_stray_words
from alerts.rules.node import Form, Level, Node, Written
from alerts.rules.operators import OPERATORS
from alerts.rules.operators.and_ import And
from alerts.rules.operators.not_ import Not
from alerts.rules.operators.or_ import Or
from alerts.rules.shapes import Shapes

MOST_NODES = 5_000
MOST_DEPTH = 60
MOST_CHARACTERS = 100_000

_COMMENT = re.compile(r"^[ \t]*#(?=[ \t]|$)[^\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule: its text as written and its tree."""

    source: str
    node: Node

    @property
    def normal(self) -> str:
        """The normal form; parsing it gives an equal tree."""
        return self.node.normal()


def parse(source: str) -> Rule:
    """The rule that a text says; RuleError with position, what was meant and the remedy otherwise.

    Entities and topics that it names are not looked up (see `alerts.rules.check` and `alerts.monitor`).
    """
    try:
        return Rule(source, _by_shape(source) or _parse(source))
    except Refusal as refusal:
        raise refusal.at(source) from None
    except RecursionError:
        deep = Refusal(0, len(source), "the rule is nested too deep", "Split it into topics and join them with #topic.")
        raise deep.at(source) from None


def _by_shape(source: str) -> Node | None:
    """The tree of a rule whose shape is known; None where the grammar must read it, or refuse it in its own words."""
    try:
        return _shapes(tuple(OPERATORS)).parse(source)
    except Refusal:
        return None


@lru_cache(maxsize=2)
def _shapes(kinds: tuple[str, ...]) -> Shapes:
    builder = _Build(_forms(kinds))
    return Shapes(_parse, builder.term)


def _parse(source: str) -> Node:
    if len(source) > MOST_CHARACTERS:
        raise Refusal(
            MOST_CHARACTERS,
            len(source),
            f"the rule is longer than {MOST_CHARACTERS} characters",
            "Split it into topics and join them with #topic.",
        )
    text = _COMMENT.sub(lambda m: " " * len(m.group()), source)
    refuse_before_parsing(text, MOST_DEPTH)
    try:
        node: Node = _parser(tuple(OPERATORS)).parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise explain_unexpected(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Refusal):
            raise error.orig_exc from None
        raise
    if sum(1 for _ in node.walk()) > MOST_NODES:
        raise Refusal(
            0,
            len(source),
            f"the rule has more than {MOST_NODES} terms",
            "Split it into topics and join them with #topic.",
        )
    if not node.positive():
        raise _nothing_positive(node)
    return node


def _nothing_positive(node: Node) -> Refusal:
    """Where a rule could hold because something is missing; an OR has such a part beside positive ones."""
    guilty = next((part for part in node.children if not part.positive()), node) if isinstance(node, Or) else node
    return guilty.refuse(
        f"{guilty.normal()} looks for nothing: it would hold for almost every article",
        f"Add what must be there: (something to look for) AND {guilty.bracketed(Level.NEAR)}.",
    )


Forms = dict[Form, dict[str, type[Node]]]
"""The operators by form and by the name they are written with."""


@lru_cache(maxsize=2)
def _forms(kinds: tuple[str, ...]) -> Forms:
    forms: Forms = {form: {} for form in Form}
    for kind in kinds:
        cls = OPERATORS[kind]
        forms[cls.form][cls.name or kind] = cls
    return forms


@lru_cache(maxsize=2)
def _parser(kinds: tuple[str, ...]) -> Lark:
    """The parser for these kinds of operators; built anew when a plug-in adds one."""
    forms = _forms(kinds)
    grammar = (resources.files("alerts.rules") / "grammar.lark").read_text(encoding="utf-8")
    grammar = grammar.replace("@SIGILS@", "".join(map(re.escape, forms[Form.SIGIL])))
    for place, form in (("@INFIXES@", Form.INFIX), ("@FUNCTIONS@", Form.FUNCTION), ("@VALUES@", Form.VALUE)):
        grammar = grammar.replace(place, "|".join(sorted(forms[form], key=len, reverse=True)))
    return Lark(grammar, parser="lalr", transformer=_Build(forms), propagate_positions=False, maybe_placeholders=False)


@dataclass(frozen=True, slots=True)
class _Group:
    """A node that stood in brackets, with where they stood."""

    node: Node


def _open(part: Node | _Group) -> Node:
    return part.node if isinstance(part, _Group) else part


def _span(token: Token) -> tuple[int, int]:
    start = token.start_pos or 0
    return start, start + len(token)


def _unquoted(text: str) -> tuple[str, bool]:
    if len(text) > 1 and text[0] in '"“«„':
        return text[1:-1].replace('"', "”"), True
    return text, False


@v_args(inline=True)
class _Build(Transformer[Token, Node]):
    """Builds nodes while the parser reads; brackets live as `_Group` until the join around them is built."""

    def __init__(self, forms: Forms) -> None:
        super().__init__()
        self._forms = forms
        self._bare = sorted(forms[Form.BARE].values(), key=lambda cls: cls.order)
        (self._quoted,) = forms[Form.QUOTED].values()

    def start(self, part: Any) -> Node:
        return _open(part)

    def term(self, written: tuple[str, int, int]) -> Node:
        """The node of a term, from its text and where it stands."""
        text, start, end = written
        if text[0] == '"':
            return self._quoted.build(Written(start, end, text=text[1:-1], quoted=True))
        if text[0] in self._forms[Form.SIGIL]:
            inner, quoted = _unquoted(text[1:])
            return self._forms[Form.SIGIL][text[0]].build(Written(start, end, text[0], inner, quoted))
        return self._word(text, start, end)

    def _word(self, word: str, start: int, end: int) -> Node:
        for cls in self._bare:
            if cls.reads(word):
                return cls.build(Written(start, end, text=word))
        raise Refusal(start, end, f"{word} is no term")

    def group(self, part: Any) -> _Group:
        return _Group(_open(part))

    def bare(self, token: Token) -> Node:
        start, end = _span(token)
        word = str(token)
        refuse_stray_words(word, start, end)
        return self._word(word, start, end)

    def quoted(self, token: Token) -> Node:
        start, end = _span(token)
        return self._quoted.build(Written(start, end, text=_unquoted(token)[0], quoted=True))

    def sigil(self, token: Token) -> Node:
        start, end = _span(token)
        text, quoted = _unquoted(token[1:])
        return self._forms[Form.SIGIL][token[0]].build(Written(start, end, token[0], text, quoted))

    def field(self, name: Token, part: Any) -> Node:
        start, end = _span(name)
        wanted = name[:-1].lower()
        fields = self._forms[Form.FIELD]
        if wanted not in fields:
            known = sorted([*fields, *self._forms[Form.VALUE]])
            near = difflib.get_close_matches(wanted, known, n=1)
            hint = f"Did you mean {near[0]}:?" if near else f"Fields are {', '.join(f'{f}:' for f in known)}."
            raise Refusal(
                start, end, f"there is no field {name}", f'{hint} A colon inside a word needs quotes: "{name}...".'
            )
        operand = _open(part)
        return fields[wanted].build(Written(start, operand.end, wanted, operands=(operand,)))

    def value(self, name: Any, tokens: Any = None) -> Any:
        if tokens is None:  # the production of one value
            return [name]
        start, _ = _span(name)
        cls = self._forms[Form.VALUE][name[:-1].lower()]
        made = []
        for token in tokens:
            text, quoted = _unquoted(token)
            made.append(cls.build(Written(start, _span(token)[1], cls.name, text, quoted)))
        return made[0] if len(made) == 1 else _Group(Or.of(tuple(made), start, made[-1].end))

    def value_unit(self, token: Token) -> Token:
        return token

    def value_or(self, *tokens: Token) -> list[Token]:
        return [token for token in tokens if token.type != "OR"]

    def values(self, tokens: list[Token]) -> list[Token]:
        return tokens

    def negation(self, sign: Token, part: Any) -> Node:
        operand = _open(part)
        return Not.of(operand, _span(sign)[0], operand.end)

    def near(self, first: Any, *rest: Any) -> Any:
        if not rest:
            return first
        left = _open(first)
        for infix, part in zip(rest[::2], rest[1::2], strict=True):
            start, end = _span(infix)
            name, slash, number = infix.partition("/")
            right = _open(part)
            written = Written(
                start, end, name, number=int(number) if slash and number else None, operands=(left, right)
            )
            left = self._forms[Form.INFIX][name].build(written)
        return left

    def and_(self, *parts: Any) -> Any:
        operands = [part for part in parts if not isinstance(part, Token)]
        if len(operands) == 1:
            return operands[0]
        nodes = tuple(map(_open, operands))
        return And.of(nodes, nodes[0].start, nodes[-1].end)

    def or_(self, *parts: Any) -> Any:
        operands = [part for part in parts if not isinstance(part, Token)]
        if len(operands) == 1:
            return operands[0]
        for index, part in enumerate(operands):
            if isinstance(part, And):
                raise _mixed(operands, index)
        nodes = tuple(map(_open, operands))
        return Or.of(nodes, nodes[0].start, nodes[-1].end)

    def argument(self, part: Any, weight: Token | None = None) -> tuple[Node, float | None, bool]:
        return _open(part), float(weight[1:]) if weight is not None else None, isinstance(part, _Group)

    def function(self, name: Token, *arguments: tuple[Node, float | None, bool]) -> Node:
        start, end = _span(name)
        written, slash, number = name.partition("/")
        cls = self._forms[Form.FUNCTION][written]
        if slash and not cls.numbered:
            raise Refusal(start, end, f"{written} takes no number", f"Write {written}(...).")
        weighted = [row for row in arguments if row[1] is not None]
        if weighted and written != "SCORE":
            raise Refusal(
                start, end, f"weights such as ^5 stand in SCORE alone, not in {written}", "Write SCORE/12(a^5, b^8)."
            )
        return cls.build(
            Written(
                start,
                max([end, *(row[0].end for row in arguments)]),
                written,
                number=int(number) if number else None,
                operands=tuple(row[0] for row in arguments),
                weights=tuple(row[1] for row in arguments),
                bracketed=tuple(row[2] for row in arguments),
            )
        )


setattr(_Build, "and", _Build.and_)  # names of grammar rules that Python keeps for itself
setattr(_Build, "or", _Build.or_)


def _mixed(operands: list[Any], index: int) -> Refusal:
    """AND and OR at one level: shows both readings."""
    conjunction = operands[index]
    nodes = [_open(part) for part in operands]
    first = " OR ".join(f"({n.normal()})" if isinstance(n, And) else n.bracketed(Level.NEAR) for n in nodes)
    inner = [child.bracketed(Level.NEAR) for child in conjunction.children]
    if index + 1 < len(nodes):
        rest = " OR ".join([inner[-1], *(n.bracketed(Level.NEAR) for n in nodes[index + 1 :])])
        before = [n.bracketed(Level.NEAR) for n in nodes[:index]]
        second = " AND ".join([*inner[:-1], f"({rest})"])
        second = " OR ".join([*before, f"({second})"]) if before else second
    else:
        rest = " OR ".join([*(n.bracketed(Level.NEAR) for n in nodes[:index]), inner[0]])
        second = " AND ".join([f"({rest})", *inner[1:]])
    return Refusal(
        conjunction.start,
        nodes[-1].end,
        "AND and OR stand together without brackets; words side by side count as AND",
        f"Write {first} or {second}.",
    )
