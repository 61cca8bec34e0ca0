"""What is unusual now: names that rise against their own past, the volumes of topics, and countries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from alerts.entities import Catalogue
from alerts.rules.node import quote
from alerts.rules.operators.entity import EntityTerm
from alerts.surprise import ARTICLES, COUNTRY, DESIGNATOR, ENTITY, LEAST, OUTLETS, Past, Surprise, surprise
from storage import Mentioned, Transaction
from vedette.model import Entity, Topic

PAST_DAYS = 28
"""Whole weeks: a weekend is quieter than a Tuesday."""
MOST_RISING = 20
MOST_COUNTRIES = 30
SHORTEST_PAST = 7
"""Days with articles from which a past tells something."""
_NONE = Mentioned("", 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rising:
    """An entity or a designator that is named far more than usual; `series` are its days, the last one today."""

    name: str
    kind: str  # an entity's, or "designator"
    country: str
    rule: str  # finds the articles
    figures: Surprise
    series: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """The alerts of a topic."""

    topic: Topic
    figures: Surprise
    series: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CountryRow:
    """A country by its two letters: what its outlets wrote, and how often it was named. `rule` finds the latter."""

    country: str
    written: Surprise
    named: Surprise
    rule: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The last day or days against the four weeks before. `past_days`: those of them that had any articles."""

    first: date
    last: date
    articles: int
    past_articles: int
    past_days: int
    rising: tuple[Rising, ...]
    topics: tuple[Volume, ...]
    countries: tuple[CountryRow, ...]
    uncounted: bool  # articles from before counting began are still being counted

    @property
    def past_a_day(self) -> int:
        """Articles of a usual day."""
        return round(self.past_articles / self.past_days) if self.past_days else 0

    @property
    def enough(self) -> bool:
        """Whether the past is long enough to tell what is unusual."""
        return self.past_days >= SHORTEST_PAST


def overview(tx: Transaction, now: datetime, *, days: int = 1) -> Overview:
    """The last `days` days, today (UTC) being the last, against the 28 days before."""
    return _Reckoning(tx, now.date(), days).whole()


class _Reckoning:
    """One overview in the making."""

    def __init__(self, tx: Transaction, today: date, days: int) -> None:
        self.tx, self.today, self.days = tx, today, days
        self.first = today - timedelta(days=days - 1)
        self.before = self.first - timedelta(days=PAST_DAYS), self.first - timedelta(days=1)
        own = tx.entities.list()
        self.catalogue = Catalogue.shipped().with_entities(own) if own else Catalogue.shipped()
        self.articles = self._now([ARTICLES]).get(ARTICLES, _NONE).articles
        self.past = self._past([ARTICLES]).get(ARTICLES, _NONE)

    def whole(self) -> Overview:
        """All parts."""
        return Overview(
            self.first,
            self.today,
            self.articles,
            self.past.articles,
            self.past.days,
            self._rising(),
            self._topics(),
            self._countries(),
            self.tx.mentions.backlog() > 0,
        )

    def _now(self, subjects: Sequence[str]) -> Mapping[str, Mentioned]:
        return self.tx.mentions.totals(self.first, self.today, subjects=subjects)

    def _past(self, subjects: Sequence[str]) -> Mapping[str, Mentioned]:
        return self.tx.mentions.totals(*self.before, subjects=subjects)

    def _judged(self, count: int, before: Mentioned) -> Surprise:
        past = Past(before.articles, before.squares, self.past.days, self.past.articles)
        return surprise(count, self.articles, past, days=self.days)

    def _rising(self) -> tuple[Rising, ...]:
        """Entities, alliances and designators; countries have a table of their own."""
        kinds = (ENTITY, DESIGNATOR, COUNTRY)
        named = self.tx.mentions.totals(self.first, self.today, starts=kinds, least=LEAST)
        entities = {key: self.catalogue.get(key.partition(":")[2]) for key in named}
        named = {key: one for key, one in named.items() if key.startswith(DESIGNATOR) or _is_rising(entities[key])}
        past = self._past(list(named)) if named else {}
        judged = {key: self._judged(one.articles, past.get(key, _NONE)) for key, one in named.items()}
        chosen = sorted((key for key, one in judged.items() if one.unusual), key=lambda key: -judged[key].score)
        chosen = chosen[:MOST_RISING]
        days = self.tx.mentions.per_day(chosen, self.before[0], self.today)
        return tuple(
            _rising(named[key].label, entities[key], judged[key], self._series(days.get(key, {}))) for key in chosen
        )

    def _topics(self) -> tuple[Volume, ...]:
        """Active topics, those with most alerts first."""
        topics = self.tx.topics.list(active=True)
        since = datetime.combine(self.before[0], time(), UTC)
        days = self.tx.stream.per_day([topic.id for topic in topics], since)
        found = []
        for topic in topics:
            series = self._series(days.get(topic.id, {}))
            count, before = sum(series[-self.days :]), series[: -self.days]
            past = Mentioned("", sum(before), sum(n * n for n in before), len(before))
            found.append(Volume(topic, self._judged(count, past), series))
        return tuple(sorted(found, key=lambda one: (-one.figures.count, -sum(one.series), one.topic.id)))

    def _countries(self) -> tuple[CountryRow, ...]:
        """Countries that are named or written from, those that are named most first."""
        now = self.tx.mentions.totals(self.first, self.today, starts=(OUTLETS, COUNTRY))
        past = self.tx.mentions.totals(*self.before, starts=(OUTLETS, COUNTRY))
        keys = {entity.country: entity for entity in self.catalogue.kind("country") if entity.country}
        seen = {key.removeprefix(OUTLETS) for key in (*now, *past) if key.startswith(OUTLETS)}
        seen |= {code for code, entity in keys.items() if COUNTRY + entity.id in now}
        rows = []
        for code in sorted(seen):
            entity = keys.get(code)
            named = COUNTRY + entity.id if entity else ""
            written, told = (
                self._judged(now.get(k, _NONE).articles, past.get(k, _NONE)) for k in (OUTLETS + code, named)
            )
            rows.append(CountryRow(code, written, told, EntityTerm(entity.id).normal() if entity else ""))
        rows.sort(key=lambda row: (-row.named.count, -row.written.count, row.country))
        return tuple(rows[:MOST_COUNTRIES])

    def _series(self, days: Mapping[str, int]) -> tuple[int, ...]:
        """The counts of all days, from the first of the past to today."""
        span = (self.today - self.before[0]).days + 1
        return tuple(days.get((self.before[0] + timedelta(days=n)).isoformat(), 0) for n in range(span))


def _is_rising(entity: Entity | None) -> bool:
    """Whether an entity can be told as rising: it is still there, and no country."""
    return entity is not None and entity.kind != "country"


def _rising(label: str, entity: Entity | None, figures: Surprise, series: tuple[int, ...]) -> Rising:
    if entity is None:
        return Rising(label, "designator", "", quote(label), figures, series)
    return Rising(entity.name, entity.kind, entity.country, EntityTerm(entity.id).normal(), figures, series)
