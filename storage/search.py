"""The archive's full-text index: FTS5 on SQLite, tsvector on PostgreSQL, over text that the caller folded.

The index finds candidates; the rule evaluator decides. So it need only never miss: terms are words or prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select, text

from storage import words
from storage._base import Aggregate
from storage.models import ArticleRow, ItemRow
from storage.words import Fits, Term
from vedette.model import Article

_AT_FIRST, _AT_ONCE = 25, 200  # rows read at a time
_DAYS_KNOWN = 100  # days whose first article a connection remembers
_MANY_TERMS = 8  # terms above which PostgreSQL's guess at their articles is far too high
_ENOUGH = 3  # letters of a word that stands in few articles
_AT_A_TIME = 32  # terms of one question to PostgreSQL's index
_STRETCH = 20_000  # ids that PostgreSQL looks at first


@dataclass(frozen=True, slots=True)
class Archived:
    """An article of the archive. `seen_at`: when it was first stored; `silent`: the first poll of its source had it."""

    article: Article
    seen_at: datetime
    story_id: int
    silent: bool


class Search(Aggregate):
    """Statements about the index."""

    def query(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int | None = 100,
        since: datetime | None = None,
        until: datetime | None = None,
        fits: Fits | None = None,
    ) -> list[Article]:
        """Articles that hold at least one term of every group, the newest first.

        A term is one folded word, or some with spaces between that must all be there; with a final `*` a word is a
        prefix. No groups: every article of the time. `fits` may tell which words are meant by a prefix: others need
        not be found.
        """
        return [row.article for row in self.archived(terms, limit=limit, since=since, until=until, fits=fits)]

    def archived(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        fits: Fits | None = None,
    ) -> Iterator[Archived]:
        """As `query`, but read as they are asked for, with what the archive knows about each. The last stored is the
        newest; `before`: only articles with smaller ids, to go on from one."""
        first, last = self._bounds(since, until)
        last = last if before is None else min(last, before - 1)
        groups = [group for group in terms if group]
        read = self._postgres_ids if self.postgres else self._sqlite_ids
        ids = read(groups, first, last, fits)
        left = limit
        for some in _pieces(ids):
            for row in self._rows(some):
                if (since is None or row.seen_at >= since) and (until is None or row.seen_at < until):
                    yield row
                    left = None if left is None else left - 1
                    if left == 0:
                        return

    def _rows(self, ids: Sequence[int]) -> list[Archived]:
        """These articles, in this order."""
        from storage.articles import to_article

        query = (
            select(ArticleRow, ItemRow.silent)
            .outerjoin(ItemRow, ItemRow.id == ArticleRow.item_id)
            .where(ArticleRow.id.in_(ids))
            .order_by(ArticleRow.id.desc())
        )
        rows = self.session.execute(query)
        return [Archived(to_article(row), row.seen_at, row.story_id, bool(silent)) for row, silent in rows]

    def _bounds(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """The ids between which all articles of a time are."""
        last = select(func.max(ArticleRow.id))
        if until is not None:
            seen = select(ArticleRow.id).where(ArticleRow.seen_at < until).offset(0).subquery()
            last = select(func.max(seen.c.id))
        lowest = self._first() if since is None else self._first_since(since)
        highest = self.session.scalar(last)
        return (lowest, highest) if lowest is not None and highest is not None else (0, -1)

    def _first(self) -> int | None:
        return self.session.scalar(select(func.min(ArticleRow.id)))

    def _first_since(self, since: datetime) -> int | None:
        """An id that no article seen since then is below.

        All of the time must be looked through for it, months for some; but what is stored later has higher ids, so that
        the answer for a whole day stays good, and a connection remembers it.
        """
        day = since.replace(hour=0, minute=0, second=0, microsecond=0)
        known: dict[datetime, int] = self.session.connection().info.setdefault("vedette_first_of_days", {})
        if day not in known:
            seen = select(ArticleRow.id).where(ArticleRow.seen_at >= day).offset(0).subquery()
            first = self.session.scalar(select(func.min(seen.c.id)))
            if first is None:
                return None
            if len(known) >= _DAYS_KNOWN:
                known.clear()
            known[day] = first
        return known[day]

    def _sqlite_ids(self, groups: Sequence[Sequence[str]], first: int, last: int, fits: Fits | None) -> Iterator[int]:
        """The index itself gives its rows in descending order, one by one."""
        asked: dict[str, int | str] = {"first": first, "last": last}
        if groups:
            asked["q"] = words.match(self.session, groups, fits)
            if not asked["q"]:
                return
            query = "SELECT rowid FROM article_index WHERE article_index MATCH :q AND rowid BETWEEN :first AND :last"
        else:
            query = "SELECT id AS rowid FROM articles WHERE id BETWEEN :first AND :last"
        yield from self.session.scalars(text(f"{query} ORDER BY rowid DESC"), asked)

    def _postgres_ids(self, groups: Sequence[Sequence[str]], first: int, last: int, fits: Fits | None) -> Iterator[int]:
        """The index gives no order and all there is: it is asked for ever longer stretches, the newest first."""
        asked: dict[str, int | str] = {}
        held = words.meant(self.session, [dict.fromkeys(map(_telling, group)) for group in groups], fits)
        if groups and not held:
            return
        holds = "".join(f"({_ts_group(group, f'q{number}', asked)}) AND " for number, group in enumerate(held))
        query = text(f"SELECT id FROM articles WHERE {holds}id BETWEEN :first AND :last ORDER BY id DESC")
        stretch = _STRETCH
        while last >= first:
            begin = max(first, last - stretch + 1)
            yield from self.session.scalars(query, {**asked, "first": begin, "last": last})
            last, stretch = begin - 1, stretch * 3


def _pieces(ids: Iterator[int]) -> Iterator[list[int]]:
    """Ids in lists that grow: who wants a few need not wait for many."""
    size = _AT_FIRST
    while some := list(islice(ids, size)):
        yield some
        size = min(size + size // 2, _AT_ONCE)


def _ts_group(group: Sequence[Term], name: str, asked: dict[str, int | str]) -> str:
    """The condition that an article holds one of some terms, whose values are put into `asked`.

    The index tries every article of any word against all terms of one question, so that many are asked in parts; and
    those of several words by themselves, for of these it reads the rarest word only, and skips through the others. A
    question that is no constant is taken to be true of few articles; one of many terms would be taken to be true of
    most, and all articles would be read.
    """
    alone = [_ts_word(word) for word in dict.fromkeys(word for term in group if len(term) == 1 for word in term[0])]
    together = [_ts_term(term) for term in group if len(term) > 1]
    questions = [*_parts(alone, _AT_A_TIME), *_parts(together, -(-len(together) // _AT_A_TIME))]
    many = len(alone) + len(together) > _MANY_TERMS
    conditions = []
    for number, terms in enumerate(questions):
        asked[f"{name}_{number}"] = " | ".join(terms)
        asks = f"to_tsquery('simple', :{name}_{number})"
        conditions.append(f"to_tsvector('simple', folded) @@ {f'(SELECT {asks})' if many else asks}")
    return " OR ".join(conditions)


def _parts(terms: Sequence[str], size: int) -> list[Sequence[str]]:
    return [terms[start : start + size] for start in range(0, len(terms), size)] if terms else []


def _telling(term: str) -> str:
    """A term; of several words the longest alone where it says enough: the index counts all that any of them stands in,
    and many such terms cost more than the articles that they spare."""
    longest = max(term.split(), key=lambda word: len(word.rstrip("*")))
    enough = len(longest.rstrip("*")) >= _ENOUGH and not longest.rstrip("*").isdigit()
    return longest if enough else term


def _ts_term(term: Term) -> str:
    return "(" + " & ".join(f"({' | '.join(map(_ts_word, choice))})" for choice in term) + ")"


def _ts_word(word: str) -> str:
    bare = word.removesuffix("*").replace("\\", "\\\\").replace("'", "''")
    return f"'{bare}'" + (":*" if word.endswith("*") else "")
