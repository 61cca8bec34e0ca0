"""What was meant where a rule can't be read: one line with position and remedy for each common slip."""

from __future__ import annotations

import difflib
import re

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from alerts.rules.errors import Refusal
from alerts.rules.node import Form, quote
from alerts.rules.operators import OPERATORS

_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“”"}
_OPERATOR_WORD = re.compile(r"(and|or|not|near|before)(/\d+)?", re.IGNORECASE)
_NUMBERED = re.compile(r"([A-Z]{2,})/\d+")


def refuse_before_parsing(text: str, most_depth: int) -> None:
    """Raise Refusal for an empty rule, a quote or bracket without its partner, and too deep brackets."""
    if not text.strip():
        raise Refusal(0, len(text), "the rule is empty", 'Write what to look for: ADEX, "joint production", C-27J.')
    opened: list[int] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in _QUOTES:
            end = next((n for n in range(at + 1, len(text)) if text[n] in _QUOTES[char]), -1)
            if end < 0:
                raise Refusal(
                    at, len(text), f"the quote {char} is never closed", f"Put {_QUOTES[char][0]} where the phrase ends."
                )
            at = end
        elif char in "”»":
            raise Refusal(
                at,
                at + 1,
                f"the quote {char} closes nothing",
                "Put a quote where the phrase begins, or remove this one.",
            )
        elif char == "(":
            opened.append(at)
            if len(opened) > most_depth:
                raise Refusal(
                    at,
                    at + 1,
                    f"brackets are nested more than {most_depth} deep",
                    "Split the rule into topics and join them with #topic.",
                )
        elif char == ")":
            if not opened:
                raise Refusal(
                    at, at + 1, "this bracket ) closes nothing", "Remove it, or put ( where the group begins."
                )
            opened.pop()
        at += 1
    if opened:
        raise Refusal(opened[-1], opened[-1] + 1, "this bracket ( is never closed", "Put ) where the group ends.")


def refuse_stray_words(word: str, start: int, end: int) -> None:
    """Raise Refusal for a bare word that was surely meant as an operator."""
    if _OPERATOR_WORD.fullmatch(word):
        upper = word.upper()
        if upper != word:
            meant = upper if "/" in upper or upper not in ("NEAR", "BEFORE") else f"{upper}/5"
            raise Refusal(
                start,
                end,
                f"operators are upper case, and {word} is a word to search for",
                f"Write {meant}, or {quote(word)} for the word itself.",
            )
        raise Refusal(
            start,
            end,
            f"{word} needs something on both sides",
            f"Write a {word} b, or {quote(word)} for the word itself.",
        )
    if word == "-":
        raise Refusal(start, end, "- stands alone", "Write it directly before what is excluded: -Seoul or NOT Seoul.")
    numbered = _NUMBERED.fullmatch(word)
    if numbered:
        names = {cls.name for cls in OPERATORS.values() if cls.numbered}
        near = difflib.get_close_matches(numbered.group(1), names, n=1, cutoff=0.6)
        if near:
            raise Refusal(
                start,
                end,
                f"there is no operator {word}",
                f"Did you mean {near[0]}? For the word itself write {quote(word)}.",
            )
    if word[0] in "–—−‐‑":
        raise Refusal(
            start,
            end,
            f"{word} begins with a dash",
            f"To exclude a word write the hyphen, {'-' + word[1:]}, or NOT {word[1:]}.",
        )
    if word[0] in "&|!+~=@#" or word in ("&&", "||"):
        operator = {"&": "AND", "|": "OR", "!": "NOT"}.get(word[0])
        hint = f"Write {operator}." if operator else f"Write the word after it, or {quote(word)} for the text itself."
        raise Refusal(start, end, f"{word} is no operator here", hint)


def explain_unexpected(text: str, error: UnexpectedInput) -> Refusal:
    """The Refusal for what the grammar did not expect."""
    if isinstance(error, UnexpectedCharacters):
        return _at_character(text, error.pos_in_stream)  # type: ignore[arg-type]
    if isinstance(error, UnexpectedToken):
        return _at_token(text, error)
    return Refusal(0, len(text), "the rule can't be read", "Check brackets and operators.")


def _at_character(text: str, at: int) -> Refusal:
    char = text[at]
    if char == "^":
        return Refusal(at, at + 1, "^ needs a number, and stands in SCORE alone", "Write SCORE/12(a^5, b^8).")
    if char == "-":
        return Refusal(at, at + 1, "- stands alone", "Write it directly before what is excluded: -Seoul or NOT Seoul.")
    if char in "".join(cls.name for cls in OPERATORS.values() if cls.form is Form.SIGIL):
        return Refusal(
            at,
            at + 1,
            f"{char} has nothing to stand for",
            f'Write the word directly after it: {char}word or {char}"two words".',
        )
    return Refusal(at, at + 1, f"{char} is not expected here", f"For the character itself write {quote(char)}.")


def _at_token(text: str, error: UnexpectedToken) -> Refusal:
    token = error.token
    at = token.start_pos if token.start_pos is not None and token.type != "$END" else len(text.rstrip())
    end = at + len(token)
    before = re.search(r"(\S+)\s*$", text[:at])
    previous = before.group(1).rpartition("(")[2] or "(" if before else ""
    if token.type == "$END":
        return Refusal(
            max(at - len(previous), 0), at, f"the rule ends after {previous}", "Something to look for must follow."
        )
    if token.type in ("AND", "OR", "INFIX"):
        sides = f"{token} needs something on both sides"
        remedy = (
            "Put a word before it."
            if not previous or previous == "("
            else f"Remove {token} or {previous}, or put a word between them."
        )
        return Refusal(at, end, sides, f'{remedy} For the word itself write "{token}".')
    if token.type == "RPAR":
        if previous == "(":
            return Refusal(at - 1, end, "these brackets hold nothing", "Put something between them, or remove them.")
        return Refusal(at, end, f"{previous} has nothing after it", "Put a word before the bracket.")
    if token.type == "COMMA":
        if previous == "(" or not previous or previous.endswith(","):
            return Refusal(at, end, "the comma has nothing before it", "Remove it.")
        return Refusal(at, end, "a comma stands only in the lists of ANY and SCORE", "Write ANY/1(a, b), or a OR b.")
    if token.type == "WEIGHT":
        return Refusal(at, end, f"the weight {token} stands in SCORE alone", "Write SCORE/12(a^5, b^8).")
    return Refusal(
        at, end, f"{token} is not expected after {previous}", "Put a space, an operator or brackets where they belong."
    )
