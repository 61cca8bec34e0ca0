"""What a full-text index of folded words can be asked for, so that it narrows a search and never loses a match.

The presearch features of a rule become words and prefixes. An entity becomes the tokens by which it is looked up, cut
short where a language may put other endings, with the proclitics that Arabic and Hebrew write before a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from alerts import inflection, text
from alerts.entities import Lexicon

MOST_TERMS = 4000
"""A group of more terms costs more than it saves: it is left out."""


def index_terms(groups: Sequence[Sequence[str]], lexicon: Lexicon | None = None) -> list[list[str]]:
    """What the index can be asked for: of each group one term must be there.

    A term is a word, or some with spaces between that must all be there; a final `*` makes a word a prefix. A group
    with a feature that no word shows (a stem, a property, a kind) can't narrow the search. `lexicon` knows the
    entities that the rule names.
    """
    terms = []
    for group in groups:
        words = [_terms(feature, lexicon) for feature in group]
        flat = _shortest(term for found in words for term in found)
        if all(words) and len(flat) <= MOST_TERMS:
            terms.append(flat)
    return terms


def accepts(groups: Sequence[Sequence[str]], lexicon: Lexicon) -> Callable[[str, str], bool]:
    """Which of the words that begin as a prefix of `index_terms` does are meant by it: `(prefix, word)`.

    A name's prefixes are cut short for all its forms in all languages, so that many words begin as they do.
    """
    globs = {_start(feature) for group in groups for feature in group if feature[0] == "*"}
    known: dict[str, bool] = {}

    def fits(prefix: str, word: str) -> bool:
        if prefix in globs:
            return True
        if word not in known:
            known[word] = lexicon.may_name(word)
        return known[word]

    return fits


def _terms(feature: str, lexicon: Lexicon | None) -> list[str]:
    """The index's terms for a presearch feature, of which one must be there; none where it has none."""
    if feature[0] == "@":
        rows = lexicon.keys(feature[1:]) if lexicon else []
        return [term for row in rows for term in _together(row)]
    if feature[0] == "~" or ":" in feature:
        return []
    if feature[0] != "*":
        return [feature]
    start = _start(feature)
    return [f"{start}*"] if start else []


def _start(feature: str) -> str:
    """What stands before the first wildcard of a feature that begins with an asterisk."""
    return feature[1:].replace("?", "*").partition("*")[0]


def _together(row: Sequence[str]) -> list[str]:
    """Terms for tokens that stand together: every form of the first, with those others that one prefix covers."""
    first, *others = (forms(token) for token in row)
    rest = [found[0] for found in others if len(found) == 1]
    return [" ".join([form, *rest]) for form in first]


def _shortest(terms: Iterable[str]) -> list[str]:
    """Some terms without those that a prefix among them takes in."""
    kept: list[str] = []
    for term in sorted(set(terms), key=lambda term: (term.rstrip("*"), not term.endswith("*"))):
        if not (kept and " " not in kept[-1] and kept[-1].endswith("*") and term.startswith(kept[-1][:-1])):
            kept.append(term)
    return kept


@lru_cache(maxsize=20_000)
def forms(token: str) -> tuple[str, ...]:
    """Terms of which one covers any form that the token of an entity's alias may take in any language."""
    if len(token) < inflection.MIN_STEM and not any(c.isdigit() for c in token):
        return (token,)
    tables = [inflection.table(language) for language in inflection.languages()]
    cut = 0
    for endings in tables:
        for ending in endings.replace:
            if token.endswith(ending) and len(token) - len(ending) >= inflection.MIN_STEM:
                cut = max(cut, len(ending))
    stem = token[: len(token) - cut]
    found = {stem}
    for endings in tables:
        if len(token) >= inflection.MIN_STEM and _same_script(token, endings.prefixes):
            found.update(prefix + stem for prefix in endings.prefixes)
            if endings.article and stem.startswith(endings.article):
                rest = stem[len(endings.article) :]
                found.update(prefix + rest for prefix in endings.prefixes if prefix.endswith(endings.article[-1] * 2))
    shortest = [form for form in found if not any(form != other and form.startswith(other) for other in found)]
    return tuple(sorted(f"{form}*" for form in shortest))


def _same_script(token: str, prefixes: Sequence[str]) -> bool:
    """Whether a language's proclitics can stand before a token."""
    return bool(prefixes) and text.script(token[0]) == text.script(prefixes[0][0])
