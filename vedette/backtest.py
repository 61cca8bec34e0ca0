"""What a rule would have caught in the archive, what that means for its readers, and what it narrowly missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.monitor import Monitor
from alerts.outlook import Appearance, Expected, appeared, expected, per_day, weeks_of
from alerts.rules.node import Reason
from storage import Archived, TopicVersion, Transaction
from vedette.archive import Found, Query
from vedette.errors import UsageError
from vedette.model import Article, Cadence

_LOOKED_AT = 100  # articles that are explained for near misses, of each search
_TOLD_EVERY = 50
MOST_TRIED = 20_000
"""Articles that are evaluated at most: a rule that names no word, or words of most articles, would take minutes."""
Progress = Callable[[int, datetime], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose messages are to be reckoned: a subscription's cadence, its analyst's zone, and the cap."""

    cadence: Cadence = Cadence.AT_ONCE
    timezone: str = "UTC"
    digest_at: str = "08:00"
    cap_per_hour: int = 30


@dataclass(frozen=True, slots=True)
class Ref:
    """An article, to be named in a list."""

    id: int
    title: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An article that the rule missed, and the clauses that failed: one alone, or some that came close."""

    article: Ref
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes when the rule takes the place of another one."""

    rule: str  # the other one
    articles: int  # that it caught
    gained: tuple[Ref, ...]
    lost: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have caught. `days` counts articles by the day they appeared, UTC; empty days are left out.
    `whole`: False where so many articles may match that only the newest of them were tried, those from `since` on."""

    articles: int
    stories: int
    since: datetime  # the begin of the archive or of what was tried, where that is later than what was asked for
    alerts_per_week: float  # one alert a story
    days: Mapping[str, int]
    expected: Expected
    examples: tuple[Found, ...]  # the newest, of different stories first
    near_misses: tuple[NearMiss, ...] = ()
    against: Difference | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Hit:
    ref: Ref
    appearance: Appearance


def backtest(
    tx: Transaction,
    rule: str,
    *,
    now: datetime,
    days: int,
    examples: int = 10,
    reader: Reader | None = None,
    against: str | None = None,
    max_age: timedelta = timedelta(days=30),
    progress: Progress | None = None,
    monitor: Monitor | None = None,
    most: int = MOST_TRIED,
) -> Backtest:
    """What a rule would have caught in the last so many days, with the evaluator of live alerts.

    `against`: the text of another rule to compare with. `max_age`: how old an article may be and still alert.
    `progress` hears now and then of the articles looked at so far, and when the last one of them was seen.
    `monitor`: one whose topics are asleep, as for `Query`. `most`: how many articles are evaluated. RuleError for a
    text that is no rule.
    """
    asked, since, reader = Query(tx, rule, monitor), now - timedelta(days=days), reader or Reader()
    other = Query(tx, against, asked.monitor, "?against") if against is not None else None
    shown = _Shown(asked, examples)
    hits, reached = _hits(asked, since, max_age, most, shown, progress)
    appearances = [hit.appearance for hit in hits.values()]
    begin = reached or max(since, tx.articles.began(since) or since)
    stories, weeks = len({a.story_id for a in appearances}), weeks_of(begin, now)
    return Backtest(
        articles=len(hits),
        stories=stories,
        since=begin,
        alerts_per_week=round(stories / weeks, 1),
        days=per_day(a.at for a in appearances),
        expected=expected(
            appearances,
            weeks,
            cadence=reader.cadence,
            cap_per_hour=reader.cap_per_hour,
            timezone=reader.timezone,
            digest_at=reader.digest_at,
        ),
        examples=shown.examples(),
        near_misses=near_misses(asked, since, examples) if examples else (),
        against=_difference(hits, other, reached or since, max_age, most) if other is not None else None,
        whole=reached is None,
    )


def earlier_rule(versions_of: Callable[[str], Sequence[TopicVersion]], against: str, topic_id: str | None) -> str:
    """The rule to compare with: `against` itself, or of a number the version of a topic that it names."""
    if not against.isdigit():
        return against
    if topic_id is None:
        raise UsageError(f"--against {against} is a version: name its topic with --topic ID, or write a rule")
    versions = {version.version: version.rule for version in versions_of(topic_id)}
    if not versions:
        raise UsageError(f"unknown topic {topic_id!r}: `vedette topics list` shows them")
    if int(against) not in versions:
        raise UsageError(f"topic {topic_id!r} has the versions {min(versions)} to {max(versions)}, not {against}")
    return versions[int(against)]


def near_misses(asked: Query, since: datetime, limit: int) -> tuple[NearMiss, ...]:
    """The articles that came nearest: that lack one required term, or one clause, or fail one narrowly."""
    groups = asked.terms
    loosened = [groups[:place] + groups[place + 1 :] for place in range(len(groups))] if len(groups) > 1 else []
    found: dict[int, NearMiss] = {}
    for terms in [groups, *loosened]:
        for row in asked.archived(terms, limit=_LOOKED_AT, since=since):
            assert row.article.id is not None
            if row.article.id not in found and (miss := _near_miss(asked, row)) is not None:
                found[row.article.id] = miss
    best = sorted(found.values(), key=lambda m: m.article.at, reverse=True)
    best.sort(key=lambda m: (not any(reason.near_miss for reason in m.reasons), len(m.reasons)))
    return tuple(best[:limit])


def _near_miss(asked: Query, row: Archived) -> NearMiss | None:
    explanation = asked.monitor.explain(asked.key, row.article)
    if explanation.matched or not (len(explanation.reasons) == 1 or explanation.near_misses):
        return None
    return NearMiss(_ref(row.article, row.seen_at), explanation.near_misses or explanation.reasons)


class _Shown:
    """Collects examples: one of each story, and then more of the same."""

    def __init__(self, asked: Query, limit: int) -> None:
        self._asked, self._limit = asked, limit
        self._stories: set[int] = set()
        self._first: list[Found] = []
        self._more: list[Found] = []

    def see(self, row: Archived, found: Found) -> None:
        """Keep a match where there is room for it."""
        kept = self._more if row.story_id in self._stories else self._first
        self._stories.add(row.story_id)
        if len(kept) < self._limit:
            kept.append(found)

    def wants(self, row: Archived) -> bool:
        """Whether there is room for an article's story."""
        kept = self._more if row.story_id in self._stories else self._first
        return len(kept) < self._limit

    def examples(self) -> tuple[Found, ...]:
        """The examples, the newest stories first."""
        return tuple((self._first + self._more)[: self._limit])


def _hits(
    asked: Query,
    since: datetime,
    max_age: timedelta,
    most: int,
    shown: _Shown | None = None,
    progress: Progress | None = None,
) -> tuple[dict[int, _Hit], datetime | None]:
    """What the rule matches that appeared from `since` on, by article, the newest first; and when the last one that was
    evaluated was seen, where the others were not."""
    found: dict[int, _Hit] = {}
    last: datetime | None = None
    for looked, (row, match) in enumerate(asked.candidates(since), 1):
        if looked > most:
            return found, last
        last = row.seen_at
        if progress is not None and looked % _TOLD_EVERY == 0:
            progress(looked, row.seen_at)
        if match is None:
            continue
        article = row.article
        at = appeared(row.seen_at, article.published_at, silent=row.silent, max_age=max_age)
        if at < since:
            continue
        assert article.id is not None
        found[article.id] = _Hit(_ref(article, at), Appearance(at, row.story_id, article.site))
        if shown is not None and shown.wants(row):
            shown.see(row, asked.found(article, match))
    return found, None


def _difference(hits: Mapping[int, _Hit], other: Query, since: datetime, max_age: timedelta, most: int) -> Difference:
    before, reached = _hits(other, since, max_age, most)
    begin = reached or since
    return Difference(other.rule, len(before), _only(hits, before, begin), _only(before, hits, begin))


def _only(some: Mapping[int, _Hit], others: Iterable[int], begin: datetime) -> tuple[Ref, ...]:
    """Those that the others are not, of what appeared since both were tried."""
    known = set(others)
    return tuple(hit.ref for key, hit in some.items() if key not in known and hit.ref.at >= begin)


def _ref(article: Article, at: datetime) -> Ref:
    assert article.id is not None
    return Ref(article.id, article.title, article.url, at)
