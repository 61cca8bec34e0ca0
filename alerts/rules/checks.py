"""What can be said of a rule before it is saved: normal form, what must be there, warnings, the rule in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alerts import inflection, text
from alerts.commonness import common_words, guess
from alerts.entities import Catalogue, spellings
from alerts.rules.errors import Refusal
from alerts.rules.node import Node, Weigh, rebind, told
from alerts.rules.operators._properties import Property, excluded_pairs
from alerts.rules.operators._terms import TextTerm
from alerts.rules.operators.and_ import And
from alerts.rules.operators.entity import EntityTerm
from alerts.rules.operators.lang import Lang
from alerts.rules.operators.stem import Stem
from alerts.rules.parser import Rule, parse

_SCRIPT_OF = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "kk", "ky", "tg", "mn", "sr", "el"), "L"),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb", "ug"), "ar"),
    **dict.fromkeys(("zh", "ja", "ko", "th", "lo", "my", "km"), "running"),
    "he": "he",
    "yi": "he",
    "hy": "hy",
    "ka": "ka",
}
_ALPHABETS = {"cyrillic": ("ru", "uk", "be", "bg", "mk", "kk", "ky", "tg", "mn", "sr"), "greek": ("el",)}


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that is allowed and probably not meant; offsets are code points of the rule."""

    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking a rule. `required`: of each group one term must stand in an article that matches."""

    rule: Rule
    node: Node  # bound to the catalogue
    normal: str
    required: tuple[tuple[str, ...], ...]
    warnings: tuple[Caution, ...]
    words: str


def check(
    source: str,
    catalogue: Catalogue | Callable[[], Catalogue] = Catalogue.shipped,
    say: Callable[[str], str] = str,
) -> Check:
    """Parse a rule, look its entities up and say what it does; RuleError when it must be refused.

    The catalogue is asked only for rules that name entities. `say` puts the parts of its words into a language.
    """
    rule = parse(source)

    def load() -> Catalogue:
        return catalogue if isinstance(catalogue, Catalogue) else catalogue()

    try:
        node = rebind(rule.node, load)
    except Refusal as refusal:
        raise refusal.at(source) from None
    required = node.groups(Weigh(guess, terms=True))
    return Check(rule, node, node.normal(), tuple(required), tuple(_warnings(node, load)), in_words(node, load, say))


class _Names:
    """The names of entities, for words in the language of `say`."""

    def __init__(self, load: Callable[[], Catalogue], say: Callable[[str], str]) -> None:
        self._load, self.say = load, say

    def __call__(self, identity: str) -> str:
        entity = self._load().get(identity)
        return entity.name if entity else identity


def in_words(node: Node, load: Callable[[], Catalogue], say: Callable[[str], str] = str) -> str:
    """A rule as a sentence: English, or what `say` makes of its parts."""
    names = _Names(load, say)
    return told(names, "Articles with {}.", node.words(names))


def _warnings(node: Node, load: Callable[[], Catalogue]) -> Iterator[Caution]:
    for part in node.walk():
        for guilty, message in part.check():
            yield Caution(guilty.start, guilty.end, message)
        if isinstance(part, And):
            for one, other in excluded_pairs(part.operands):
                message = f"{one.normal()} AND {other.normal()} can never hold: an article has one alone; write OR."
                yield Caution(other.start, other.end, message)
        if isinstance(part, EntityTerm):
            for message in _about_aliases(part, load()):
                yield Caution(part.start, part.end, message)
    if all(isinstance(part, Property) or part.children for part in node.walk()):
        message = "the rule looks at no word of the text: it holds for every article with that property."
        yield Caution(node.start, node.end, message)
    for language, part in _languages(node):
        for guilty, message in _about_language(node, language, part, load):
            yield Caution(guilty.start, guilty.end, message)


def _about_aliases(term: EntityTerm, catalogue: Catalogue) -> Iterator[str]:
    entity = catalogue[term.reference]
    for alias in spellings(entity):
        others = [identity for identity in catalogue.owners(alias.text) if identity != entity.id]
        if others and not (alias.near or alias.not_near):
            also = ", ".join(f"@{identity} ({catalogue[identity].name})" for identity in others[:3])
            yield f"“{alias.text}” is ambiguous: it names {term.normal()} and {also}. Join a word that tells which."
        elif text.fold(alias.text) in common_words() and not (alias.near or alias.exact):
            yield f"“{alias.text}”, an alias of {term.normal()}, is a very common word. Join another word."


def _languages(node: Node) -> Iterator[tuple[str, Node]]:
    """The language that a rule is bound to, if it names one for all of itself."""
    operands = node.operands if isinstance(node, And) else (node,)
    for operand in operands:
        if isinstance(operand, Lang):
            yield operand.value, operand


def _about_language(
    node: Node, language: str, where: Node, load: Callable[[], Catalogue]
) -> Iterator[tuple[Node, str]]:
    if not (len(language) in (2, 3) and language.isalpha()):
        yield where, f"lang:{language} is no language code: write two letters, as in lang:az."
        return
    for term in node.walk():
        if isinstance(term, Stem) and not inflection.can_stem(language):
            yield (
                term,
                f"{term.normal()} can't be stemmed in {language}: only the word itself is found. Write word* instead.",
            )
        elif isinstance(term, TextTerm):
            alphabet = foreign_alphabet(term.text, language)
            if alphabet:
                yield (
                    term,
                    f"{term.normal()} is written in {alphabet} letters, not those of lang:{language}.",
                )
        elif isinstance(term, EntityTerm):
            aliases = spellings(load()[term.reference])
            if aliases and all(foreign_alphabet(alias.text, language) for alias in aliases):
                yield term, f"{term.normal()} has no alias in the letters of lang:{language}: the rule can't match."


def foreign_alphabet(written: str, language: str) -> str:
    """The alphabet of a text that articles in a language do not have; "" for Latin, which stands in all of them."""
    letters = [c for c in "".join(text.tokens(written)) if c.isalpha()]
    for letter in letters[:1]:
        group = text.script(letter)
        if group == "L":
            name = "Greek" if "\u0370" <= letter <= "\u03ff" else "Cyrillic" if letter >= "\u0400" else ""
            return name if name and language not in _ALPHABETS[name.lower()] else ""
        if group != _SCRIPT_OF.get(language, "L") and group not in ("digit", "other"):
            return {"ar": "Arabic", "he": "Hebrew", "hy": "Armenian", "ka": "Georgian", "running": "East Asian"}[group]
    return ""
