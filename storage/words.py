"""The words that the full-text index holds, and what SQLite's is asked for.

A prefix makes an index gather every article that any word with it ever stood in, however few of the newest are wanted,
and of a name's prefixes most words are no form of the name. So prefixes are asked for as the words that there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST_WORDS = 400
"""Words that stand for one prefix at most; with more the index does it by itself."""

Fits = Callable[[str, str], bool]
"""Whether a word is meant by a prefix that it begins with: `(prefix, word)`."""
Term = list[tuple[str, ...]]
"""Words of which one of each tuple must be there; a prefix, with its asterisk, stands alone in its tuple."""

_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.index_words USING fts5vocab(main, article_index, instance)"
_NEXT = "SELECT term FROM temp.index_words WHERE term >= {first} AND term < {prefix} || char(1114111) LIMIT 1"
_SQLITE_WORDS = f"""
WITH RECURSIVE found (prefix, word, number) AS (
    SELECT value, ({_NEXT.format(first="value", prefix="value")}), 1 FROM json_each(:prefixes)
    UNION ALL
    SELECT prefix, ({_NEXT.format(first="word || char(1)", prefix="prefix")}), number + 1
    FROM found WHERE word IS NOT NULL AND number <= :most
)
SELECT prefix, word FROM found WHERE word IS NOT NULL
"""  # from one word straight to the next: the vocabulary would count all that a word stands in
_POSTGRES_WORDS = """
SELECT prefix, word FROM json_array_elements_text(CAST(:prefixes AS json)) AS prefix CROSS JOIN LATERAL (
    SELECT word FROM article_words
    WHERE word >= prefix COLLATE "C" AND word < (prefix || chr(1114111)) COLLATE "C" ORDER BY word LIMIT :most + 1
) AS found
"""


def meant(session: Session, groups: Sequence[Iterable[str]], fits: Fits | None = None) -> list[list[Term]]:
    """The terms of each group as the words that the index holds; [] where no article can have one of every group.

    A prefix that too many words begin with stays one, and is left out beside other words: it would narrow little.
    """
    groups = [list(group) for group in groups]
    prefixes = {word[:-1] for group in groups for term in group for word in term.split() if word.endswith("*")}
    known = dict(_known(session, sorted(prefixes), fits))
    found = [[term for term in (_term(words, known) for words in group) if term] for group in groups]
    return found if all(found) else []


def match(session: Session, groups: Sequence[Iterable[str]], fits: Fits | None = None) -> str:
    """An expression for FTS5 that asks for one term of every group; "" where no article can have that."""
    asked = (" OR ".join(_all_of(term) for term in group) for group in meant(session, groups, fits))
    return " AND ".join(f"({group})" for group in asked)


def _known(session: Session, prefixes: Sequence[str], fits: Fits | None) -> Iterator[tuple[str, list[str] | None]]:
    """The words of the index that each prefix means; None for one that has too many."""
    if not prefixes:
        return
    if session.connection().dialect.name == "sqlite":
        session.execute(text(_VOCABULARY))
        query = _SQLITE_WORDS
    else:
        query = _POSTGRES_WORDS
    found: dict[str, dict[str, None]] = {prefix: {} for prefix in prefixes}
    for prefix, word in session.execute(text(query), {"prefixes": json.dumps(prefixes), "most": MOST_WORDS}):
        found[prefix][word] = None
    for prefix, words in found.items():
        many = len(words) > MOST_WORDS
        yield prefix, None if many else [word for word in words if fits is None or fits(prefix, word)]


def _term(term: str, known: dict[str, list[str] | None]) -> Term:
    """What each word of a term stands for; [] where one stands for no word of the index."""
    choices: Term = []
    for word in term.split():
        words = known[word[:-1]] if word.endswith("*") else [word]
        choices.append((word,) if words is None else tuple(words))
    if not all(choices):
        return []
    return [choice for choice in choices if not choice[0].endswith("*")] or choices


def _all_of(term: Term) -> str:
    words = [_one_of(choice) for choice in term]
    return f"({' AND '.join(words)})" if len(words) > 1 else words[0]


def _one_of(choice: tuple[str, ...]) -> str:
    return f"({' OR '.join(map(_quoted, choice))})" if len(choice) > 1 else _quoted(choice[0])


def _quoted(word: str) -> str:
    star = "*" if word.endswith("*") else ""
    return '"' + word.removesuffix("*").replace('"', '""') + '"' + star
