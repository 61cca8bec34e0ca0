"""The words of SQLite's full-text index, and what it is asked for.

A prefix makes the index gather every article that any word with it ever stood in, however few of the newest are wanted;
words are read from their newest article on. So prefixes are asked for as the words that there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST_WORDS = 400
"""Words that stand for one prefix at most; with more the index does it by itself."""

Fits = Callable[[str, str], bool]
"""Whether a word is meant by a prefix that it begins with: `(prefix, word)`."""

_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.index_words USING fts5vocab(main, article_index, instance)"
_NEXT = "SELECT term FROM temp.index_words WHERE term >= {first} AND term < {prefix} || char(1114111) LIMIT 1"
_WORDS = f"""
WITH RECURSIVE found (prefix, word, number) AS (
    SELECT value, ({_NEXT.format(first="value", prefix="value")}), 1 FROM json_each(:prefixes)
    UNION ALL
    SELECT prefix, ({_NEXT.format(first="word || char(1)", prefix="prefix")}), number + 1
    FROM found WHERE word IS NOT NULL AND number <= :most
)
SELECT prefix, word FROM found WHERE word IS NOT NULL
"""  # from one word straight to the next: the vocabulary would count all that a word stands in


def match(session: Session, groups: Sequence[Sequence[str]], fits: Fits | None = None) -> str:
    """An expression for the index that asks for one term of every group; "" where no article can have that."""
    prefixes = {word[:-1] for group in groups for term in group for word in term.split() if word.endswith("*")}
    known = dict(_known(session, sorted(prefixes), fits))
    asked = [" OR ".join(filter(None, (_term(term, known) for term in group))) for group in groups]
    return " AND ".join(f"({group})" for group in asked) if all(asked) else ""


def _known(session: Session, prefixes: Sequence[str], fits: Fits | None) -> Iterator[tuple[str, list[str] | None]]:
    """The words of the index that each prefix means; None for one that has too many."""
    if not prefixes:
        return
    session.execute(text(_VOCABULARY))
    found: dict[str, list[str]] = {prefix: [] for prefix in prefixes}
    for prefix, word in session.execute(text(_WORDS), {"prefixes": json.dumps(prefixes), "most": MOST_WORDS}):
        found[prefix].append(word)
    for prefix, words in found.items():
        many = len(words) > MOST_WORDS
        yield prefix, None if many else [word for word in words if fits is None or fits(prefix, word)]


def _term(term: str, known: dict[str, list[str] | None]) -> str:
    """One term, whose words must all be there; "" where no word of the index is such."""
    words = [_word(word, known) for word in term.split()]
    return f"({' AND '.join(words)})" if len(words) > 1 and all(words) else words[0] if all(words) else ""


def _word(word: str, known: dict[str, list[str] | None]) -> str:
    if not word.endswith("*"):
        return _quoted(word)
    words = known[word[:-1]]
    if words is None:
        return _quoted(word[:-1]) + "*"
    return f"({' OR '.join(map(_quoted, words))})" if len(words) > 1 else "".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
