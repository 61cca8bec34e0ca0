"""Stories in the database: their indexes, and what an analyst does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from storage import Store, Transaction
from vedette.model import Article, Join, Match, Passage, Topic


def stored(tx: Transaction, name: str, now: datetime, *, story: int | None = None, like: int | None = None) -> int:
    """An article's number."""
    url = f"https://{name}.invalid/a"
    article = Article(name, f"The text of {name}.", url, url, site=name)
    join = Join.FIRST if story is None else Join.COPY
    kept = tx.articles.store(article, None, now, story=story, join=join, score=0.9, reason="alike", like=like)
    assert kept.article.id is not None
    return kept.article.id


def test_bands_find_the_newest_copies_of_the_window(store: Store, now: datetime) -> None:
    with store.write() as tx:
        old, one, two = (stored(tx, name, now) for name in ("old", "one", "two"))
        tx.stories.add_bands(old, [1, 2, 3], now - timedelta(days=9))
        tx.stories.add_bands(one, [1, 2], now)
        tx.stories.add_bands(two, [2, -5], now)
        found = tx.stories.candidates([1, 2, 2, 77], now - timedelta(days=7))
        assert [candidate.article_id for candidate in found] == [one, two]
        assert (found[0].title, found[0].url, found[0].at) == ("one", "https://one.invalid/a", now)
        tx.stories.add_bands(one, [8], now)  # a new revision is found by what it says now
        assert [c.article_id for c in tx.stories.candidates([1, 2], now - timedelta(days=7))] == [two]
        assert tx.stories.candidates([], now) == []


def test_a_band_that_everything_shares_costs_no_more_than_its_newest(store: Store, now: datetime) -> None:
    with store.write() as tx:
        numbers = [stored(tx, f"n{number}", now) for number in range(25)]
        for number in numbers:
            tx.stories.add_bands(number, [4], now)
        found = {candidate.article_id for candidate in tx.stories.candidates([4], now)}
        assert found == set(numbers[-20:])


def test_traits_are_counted_up_to_a_limit_and_find_their_articles(store: Store, now: datetime) -> None:
    since = now - timedelta(days=3)
    with store.write() as tx:
        numbers = [stored(tx, f"n{number}", now) for number in range(5)]
        for number in numbers:
            tx.stories.add_portrait(number, ["word:said", f"word:{number}"], {"number": number}, now)
        tx.stories.add_portrait(numbers[0], ["word:said", "entity:adex"], {"number": 0}, since - timedelta(hours=1))
        tx.stories.add_portrait(numbers[1], ["word:said", "entity:adex"], {"number": 1}, now)
        known = tx.stories.count_traits(["word:said", "entity:adex", "word:none"], since, 3)
        assert known.counts == {"word:said": 3, "entity:adex": 1, "word:none": 0}
        assert known.total == 4
        (found,) = tx.stories.neighbours(["entity:adex"], since)
        assert (found.article_id, found.site, found.traits) == (numbers[1], "n1", {"number": 1})
        assert found.began_at == now
        assert tx.stories.neighbours(["word:none"], since) == []


def test_what_is_too_old_to_be_found_is_dropped(store: Store, now: datetime) -> None:
    with store.write() as tx:
        old, new = stored(tx, "old", now), stored(tx, "new", now)
        for number, at in ((old, now - timedelta(days=10)), (new, now)):
            tx.stories.add_bands(number, [1], at)
            tx.stories.add_portrait(number, ["word:said"], {}, at)
        assert tx.stories.forget(now - timedelta(days=30), now - timedelta(days=3)) == 2
        assert {c.article_id for c in tx.stories.candidates([1], now - timedelta(days=60))} == {old, new}
        assert {p.article_id for p in tx.stories.neighbours(["word:said"], now - timedelta(days=60))} == {new}


def test_how_an_article_joined_is_told(store: Store, now: datetime) -> None:
    with store.write() as tx:
        first = stored(tx, "one", now)
        story = tx.stories.of(first)
        second = stored(tx, "two", now + timedelta(minutes=1), story=story, like=first)
        found = tx.stories.get(story or 0)
    assert found is not None
    assert [(m.article.id, m.join, m.like) for m in found.articles] == [
        (first, Join.FIRST, None),
        (second, Join.COPY, first),
    ]


def alerted(tx: Transaction, topic: str, article: int, now: datetime) -> int:
    tx.topics.put(Topic(topic, "word"), now)
    match = tx.matches.add(article, 1, Match(topic, 1, ()), now)
    return tx.alerts.create(topic, tx.stories.of(article) or 0, 1, article, match, now).id


def test_an_analyst_splits_a_story_and_its_alerts_follow_their_articles(store: Store, now: datetime) -> None:
    with store.write() as tx:
        first = stored(tx, "one", now)
        story = tx.stories.of(first) or 0
        second = stored(tx, "two", now, story=story)
        kept, moved = alerted(tx, "kept", first, now), alerted(tx, "moved", second, now)
        fresh = tx.stories.split(story, [second], "another visit", now)
        assert fresh is not None
        assert (tx.stories.of(first), tx.stories.of(second)) == (story, fresh)
        open_alerts = {topic: tx.alerts.open_for(topic, fresh) for topic in ("kept", "moved")}
        assert open_alerts["kept"] is None
        assert open_alerts["moved"] is not None
        assert open_alerts["moved"].id == moved
        assert tx.alerts.open_for("kept", story).id == kept  # type: ignore[union-attr]
        (member,) = tx.stories.get(fresh).articles  # type: ignore[union-attr]
        assert (member.join, member.reason) == (Join.ANALYST, "another visit")
        assert tx.stories.split(story, [first], "all of it", now) is None
        assert tx.stories.split(story, [second], "not in it", now) is None


def test_an_analyst_merges_stories_and_a_topic_keeps_one_open_alert(store: Store, now: datetime) -> None:
    with store.write() as tx:
        first, second = stored(tx, "one", now), stored(tx, "two", now)
        into, other = tx.stories.of(first) or 0, tx.stories.of(second) or 0
        mine = alerted(tx, "both", first, now)
        alerted(tx, "both", second, now)
        theirs = alerted(tx, "only", second, now)
        assert tx.stories.merge(other, into, "one visit", now) == 1
        assert tx.stories.of(second) == into
        assert tx.alerts.open_for("both", into).id == mine  # type: ignore[union-attr]
        assert tx.alerts.open_for("only", into).id == theirs  # type: ignore[union-attr]
        assert [story.id for story in tx.stories.list(10)] == [into]
        assert tx.stories.merge(into, into, "itself", now) == 0


def test_an_article_comes_back_as_it_was_stored(store: Store, now: datetime) -> None:
    passages = (Passage(14, 28, "ru"),)
    given = Article("Title", "A paragraph.\n\nЕщё один абзац", "https://a.invalid/1", language="en", passages=passages)
    with store.write() as tx:
        kept = tx.articles.store(given, None, now, story=None).article
        assert kept.id is not None
        found = tx.articles.get(kept.id)
    assert found == replace(given, id=kept.id)
