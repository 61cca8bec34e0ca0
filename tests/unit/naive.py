"""A second, deliberately naive evaluator: no index, no presearch, no memo, brute force over all tokens.

An independent judge of the real one for the scripts with spaces. It reads the same trees and shares no other code.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from alerts.rules.node import Node
from vedette.model import Article

DASHES = "-‐‑‒–—−"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\u200e\u200f\ufeff"
ORDINAL = {"az"}
"""Languages of the laws in which a number with a full stop is an ordinal."""
BEFORE_NUMBERS = {"a", "il", "su", "at", "с", "o", "e"}


class Token(NamedTuple):
    field: str
    start: int
    end: int
    folded: str
    paragraph: int
    sentence: int


def fold(text: str) -> str:
    text = "".join(c for c in text if c not in INVISIBLE)
    text = unicodedata.normalize("NFKD", text.replace("ı", "i")).casefold().replace("ə", "e").replace("ł", "l")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def tokens_of(article: Article) -> list[Token]:
    """Tokens by splitting the text wherever a character is no letter, digit, mark or invisible sign."""
    tokens = []
    paragraph = sentence = 0
    for field, text in (("title", article.title), ("body", article.text)):
        paragraph += 1
        sentence += 1
        at = 0
        while at < len(text):
            if re.match(r"\n[ \t]*\n", text[at:]):
                paragraph += 1
                sentence += 1
            following = re.match(r"[.!?]+\s+(\S)", text[at:])
            if following and at and text[at - 1] not in ".!?" and not following[1].islower():
                sentence += not abbreviates(text, at, article.language)
            if not is_word(text[at]) or text[at] in INVISIBLE:
                at += 1
                continue
            end = at
            while end < len(text) and is_word(text[end]):
                end += 1
            last = end
            while text[last - 1] in INVISIBLE:
                last -= 1
            tokens.append(Token(field, at, last, fold(text[at:end]), paragraph, sentence))
            at = end
    return tokens


def abbreviates(text: str, at: int, language: str) -> bool:
    """Whether the full stop at a place belongs to an initial ("C. Bianchi") or to an ordinal ("27. Brigade")."""
    if text[at] != "." or text[at + 1] in ".!?":
        return False
    word = re.split(r"[^\w]", text[:at])[-1]
    return (len(word) == 1 and word.isupper()) or (language in ORDINAL and word.isdigit() and len(word) <= 2)


def is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.combining(char) > 0 or char in INVISIBLE


class Naive:
    """Evaluates trees against one article. Occurrences are pairs (first, last) of token numbers."""

    def __init__(self, article: Article) -> None:
        self.article, self.tokens = article, tokens_of(article)

    def matches(self, node: Node) -> bool:
        return self.holds(node, list(range(len(self.tokens))))

    def holds(self, node: Node, scope: list[int]) -> bool:
        kind = node.kind  # type: ignore[attr-defined]
        if kind == "and":
            return all(self.holds(child, scope) for child in node.children)
        if kind == "or":
            return any(self.holds(child, scope) for child in node.children)
        if kind == "not":
            return not self.holds(node.children[0], scope)
        if kind in ("title", "body", "lead"):
            return self.holds(node.children[0], self.narrow(kind, scope))
        if kind in ("sent", "para"):
            numbers = [t.sentence if kind == "sent" else t.paragraph for t in self.tokens]
            parts = {number: [i for i in scope if numbers[i] == number] for number in numbers}
            return any(self.holds(node.children[0], part) for part in parts.values() if part)
        if kind == "any":
            return sum(self.holds(child, scope) for child in node.children) >= node.count  # type: ignore[attr-defined]
        if kind == "score":
            return sum(w for c, w in node.clauses if self.holds(c, scope)) >= node.least  # type: ignore[attr-defined]
        if kind == "atleast":
            return self.most_disjoint(self.occurrences(node.children[0], scope)) >= node.count  # type: ignore[attr-defined]
        if kind == "lang":
            return self.article.language == node.value  # type: ignore[attr-defined]
        return bool(self.occurrences(node, scope))

    def narrow(self, field: str, scope: list[int]) -> list[int]:
        body = [i for i, t in enumerate(self.tokens) if t.field == "body"]
        title = [i for i, t in enumerate(self.tokens) if t.field == "title"]
        wanted = {"title": title, "body": body, "lead": title + body[:60]}[field]
        return [i for i in scope if i in wanted]

    def most_disjoint(self, found: list[tuple[int, int]]) -> int:
        """The size of the largest set of occurrences without overlap, by trying every way."""
        if not found:
            return 0
        first, *rest = found
        without = self.most_disjoint(rest)
        return max(without, 1 + self.most_disjoint([o for o in rest if o[0] > first[1] or o[1] < first[0]]))

    def occurrences(self, node: Node, scope: list[int]) -> list[tuple[int, int]]:
        kind = node.kind  # type: ignore[attr-defined]
        if kind == "or":
            return sorted({o for child in node.children for o in self.occurrences(child, scope)})
        if kind in ("title", "body", "lead"):
            return self.occurrences(node.children[0], self.narrow(kind, scope))
        if kind in ("near", "before"):
            return self.near(node, scope, ordered=kind == "before")
        found = []
        for first in scope:
            for last in scope:
                near = first <= last < first + 6 and self.tokens[first].paragraph == self.tokens[last].paragraph
                if near and self.is_term(node, first, last):
                    found.append((first, last))
        return found

    def near(self, node: Node, scope: list[int], *, ordered: bool) -> list[tuple[int, int]]:
        found = set()
        for a in self.occurrences(node.children[0], scope):
            for b in self.occurrences(node.children[1], scope):
                if a[1] < b[0]:
                    first, last = a, b
                elif b[1] < a[0] and not ordered:
                    first, last = b, a
                else:
                    continue
                same = self.tokens[first[0]].paragraph == self.tokens[last[1]].paragraph
                if same and last[0] - first[1] - 1 <= node.distance:  # type: ignore[attr-defined]
                    found.add((first[0], last[1]))
        return sorted(found)

    def written(self, number: int) -> str:
        token = self.tokens[number]
        text = self.article.title if token.field == "title" else self.article.text
        return unicodedata.normalize("NFC", "".join(c for c in text[token.start : token.end] if c not in INVISIBLE))

    def gap(self, number: int) -> str:
        """What stands between a token and the next."""
        a, b = self.tokens[number], self.tokens[number + 1]
        text = self.article.title if a.field == "title" else self.article.text
        return "".join(c for c in text[a.end : b.start] if c not in INVISIBLE)

    def is_term(self, node: Node, first: int, last: int) -> bool:
        kind, text = node.kind, node.text  # type: ignore[attr-defined]
        row = [t.folded for t in self.tokens[first : last + 1]]
        if kind == "designator":
            return self.is_designator(text, first, last)
        words = re.findall(r"[^\W_]+", "".join(unicodedata.normalize("NFC", text)))
        if kind == "exact":
            return [self.written(i) for i in range(first, last + 1)] == words
        if kind == "wildcard":
            pattern = fold(text).replace("*", "[^\\W_]*").replace("?", "[^\\W_]")
            return first == last and re.fullmatch(pattern, row[0]) is not None
        return row == [fold(word) for word in words]

    def is_designator(self, text: str, first: int, last: int) -> bool:
        """The same when joined; every border lies between letters and digits, or where the rule has one."""
        wild = text.endswith("*")
        pieces = [p for p in re.split(r"[^\w]+|_", fold(text.rstrip("*"))) if p]
        wanted = "".join(pieces)
        borders = {sum(map(len, pieces[:n])) for n in range(1, len(pieces))}
        borders |= {n for n in range(1, len(wanted)) if wanted[n].isdigit() != wanted[n - 1].isdigit()}
        row = [t.folded for t in self.tokens[first : last + 1]]
        joined = "".join(row)
        rest = joined[len(wanted) :]
        written_rest = self.written(last)[-len(rest) :] if rest else ""
        if not joined.startswith(wanted) or len(joined) - len(row[-1]) >= len(wanted):
            return False
        if not (wild or not rest or (rest == "s" and written_rest == "s")):
            return False
        found = {sum(map(len, row[:n])) for n in range(1, len(row))}
        if not found <= borders:
            return False
        return all(self.joint(i, self.gap(i)) for i in range(first, last))

    def joint(self, number: int, gap: str) -> bool:
        if gap.strip() == "" and gap:
            letters, following = self.tokens[number].folded, self.tokens[number + 1].folded
            if letters in BEFORE_NUMBERS and following.isdigit():
                return False
            text = self.article.title if self.tokens[number].field == "title" else self.article.text
            if letters in "st" and text[: self.tokens[number].start].endswith(("'", "’")):
                return False
            return len(gap) <= 2
        return gap == "" or gap in "/_." or (gap.strip() in DASHES and len(gap) <= 2)
