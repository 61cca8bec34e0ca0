"""What articles name is counted once, as they come or afterwards, and what rises is told with its figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.stories.traits import traits_of
from storage import Store
from tests.newsroom import SPOTTER, furnish, publish
from vedette.mentions import Tally, catch_up, day_of
from vedette.model import Article
from vedette.overview import overview

NOW = datetime(2026, 9, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def four_weeks(store: Store) -> None:
    """Two articles about Turkey's frigates on each of 28 days, then a day on which the KF-21 is everywhere."""
    told = [
        (f"Ankara orders frigates for Türkiye, part {n}. ASELSAN works on them.", "TR", n // 2) for n in range(2, 58)
    ]
    told += [(f"Seoul shows the KF-21 and the XQ-99 of South Korea, take {n}.", "KR", 0) for n in range(5)]
    told += [("Frigates again: Ankara and ASELSAN say little.", "TR", 0)]
    with store.write() as tx:
        tally = Tally()
        for number, (text, country, back) in enumerate(told):
            at, url = NOW - back * DAY, f"https://news.example/{number}"
            article = Article(text, text, url, canonical_url=url, published_at=at, language="en", country=country)
            tally.add(article, traits_of(article, SPOTTER).labels, at, silent=False)
            tx.articles.store(article, None, at, story=None)
        tally.write(tx)


def test_what_rises_is_told_with_the_figures_behind_it(store: Store) -> None:
    four_weeks(store)
    with store.read() as tx:
        found = overview(tx, NOW)
    assert (found.articles, found.past_articles, found.past_days, found.enough) == (6, 56, 28, True)
    rising = {one.name: one for one in found.rising}
    assert {"XQ-99"} <= rising.keys(), "what the catalogue does not know is a designator"
    assert any("KF-21" in name for name in rising)
    assert "ASELSAN" not in str(rising), "what is always there is not unusual"
    assert "South Korea" not in rising, "countries have a table of their own"
    one = rising["XQ-99"]
    assert (one.kind, one.rule, one.figures.count, one.figures.usual) == ("designator", '"XQ-99"', 5, 0)
    assert one.series == (0,) * 28 + (5,)


def test_countries_are_counted_by_who_writes_and_who_is_named(store: Store) -> None:
    four_weeks(store)
    with store.read() as tx:
        rows = {row.country: row for row in overview(tx, NOW).countries}
    assert next(iter(rows)) == "KR", "the one that is named most comes first"
    korea, turkey = rows["KR"], rows["TR"]
    assert (korea.named.count, korea.written.count, korea.named.unusual) == (5, 5, True)
    assert (turkey.written.count, turkey.written.usual, turkey.written.unusual) == (1, 2, False)
    assert korea.rule.startswith("@")


def test_topics_come_with_their_days(store: Store) -> None:
    furnish(store, NOW - DAY)
    publish(store, NOW - DAY)
    publish(store, NOW, "ADEX", "ADEX opens.", number=2)
    with store.read() as tx:
        volumes = {one.topic.id: one.series[-2:] for one in overview(tx, NOW).topics}
    assert volumes == {"adex": (1, 1), "c-27j": (1, 0)}


def test_a_week_can_be_asked_for(store: Store) -> None:
    four_weeks(store)
    with store.read() as tx:
        found = overview(tx, NOW, days=7)
    assert (str(found.first), str(found.last), found.articles) == ("2026-09-17", "2026-09-23", 18)


def test_without_a_past_nothing_is_called_unusual(store: Store) -> None:
    furnish(store, NOW)
    for number in range(5):
        publish(store, NOW, f"The XQ-99, take {number}", "It flies.", number=number)
    with store.read() as tx:
        found = overview(tx, NOW)
    assert (found.rising, found.enough, found.past_days) == ((), False, 0)


def test_what_came_before_counting_is_counted_once_and_to_the_same_figures(store: Store) -> None:
    four_weeks(store)
    with store.read() as tx:
        live = tx.mentions.totals((NOW - 40 * DAY).date(), NOW.date())
    with store.write() as tx:
        newest = max(article.id or 0 for article in tx.articles.recent(100))
        tx.maintenance.prune(NOW, NOW + 1000 * DAY)
        assert tx.mentions.totals((NOW - 40 * DAY).date(), NOW.date()) == {}
        tx.mentions.counted_down(newest + 1)
    with store.read() as tx:
        assert overview(tx, NOW).uncounted
    counted = []
    while not counted or counted[-1]:
        with store.write() as tx:
            counted.append(catch_up(tx, SPOTTER, NOW, limit=20))
    assert (sum(counted), counted[:3]) == (62, [20, 20, 20])
    with store.read() as tx:
        assert tx.mentions.totals((NOW - 40 * DAY).date(), NOW.date()) == live
        assert not overview(tx, NOW).uncounted


@pytest.mark.parametrize(
    ("published", "silent", "day"),
    [
        (NOW - 3 * DAY, True, "2026-09-20"),  # a first poll brings old articles: they count for their own days
        (NOW + 3 * DAY, False, "2026-09-23"),  # nothing is of tomorrow
        (NOW - 500 * DAY, False, None),
        (None, False, "2026-09-23"),
        (None, True, None),  # of any day
    ],
)
def test_an_article_counts_for_the_day_of_its_publication(
    published: datetime | None, silent: bool, day: str | None
) -> None:
    found = day_of(Article("T", "x", published_at=published), NOW, silent=silent)
    assert (found and found.isoformat()) == day
