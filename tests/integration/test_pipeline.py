"""From a fetched page to a pending delivery, over a real database; extraction is faked where its cost would hide
what is tested, since it has tests of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from alerts.stories.revisions import RevisionChange
from storage import Store, open_store
from vedette import config, log
from vedette.clock import FrozenClock
from vedette.daemon.context import Context
from vedette.daemon.pipeline import ATTEMPTS, Pipeline, process_once
from vedette.errors import Refused, StorageError
from vedette.model import (
    Analyst,
    Article,
    Channel,
    DeliveryState,
    DropReason,
    Entry,
    Item,
    ItemState,
    Join,
    Page,
    Source,
    Subscription,
    Topic,
)

NOW = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
LEASE = NOW + timedelta(hours=1)
STORY = (
    "The ministry of defence in Baku opened the ADEX exhibition on Wednesday in front of guests from forty countries. "
    "Two hundred companies show vehicles, drones and radars in the halls by the sea, more than at any fair before it. "
    "The minister said at the gate that the army would sign for transport aircraft before the end of the week."
)


class Extraction:
    """Stands in for the extraction pool: answers from a table, and never for a URL that is not in it."""

    def __init__(self) -> None:
        self.answers: dict[str, Article | Refused] = {}

    def submit(self, page: Page) -> Future[Article]:
        future: Future[Article] = Future()
        answer = self.answers.get(page.url)
        if isinstance(answer, Refused):
            future.set_exception(answer)
        elif answer is not None:
            future.set_result(answer)
        return future

    def close(self) -> None:
        return


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)
    with opened.write() as tx:
        for name in ("gazette", "courier"):
            tx.sources.put(Source(name, f"https://{name}.invalid/rss"), NOW)
        tx.topics.put(Topic("fair", "ADEX"), NOW)
        tx.analysts.put(Analyst("anna"))
        tx.channels.put(Channel("screen", "console", {}, "anna"))
        tx.subscriptions.put(Subscription("s1", "anna", "fair", "screen"))
    yield opened
    opened.close()


@pytest.fixture
def context(tmp_path: Path, store: Store) -> Context:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')
    settings = config.load(tmp_path / "vedette.toml")
    return Context(settings, FrozenClock(NOW), store, "process", "boot", log.get("vedette"), threading.Event())


@pytest.fixture
def pipeline(context: Context) -> Iterator[Pipeline]:
    made = Pipeline(context)
    made.pool.close()
    made.pool = Extraction()  # type: ignore[assignment]
    yield made
    made.close()


def fetched(
    pipeline: Pipeline, name: str, answer: Article | Refused | None, *, source: str = "gazette", silent: bool = False
) -> Item:
    """An item whose page was fetched and will be extracted to `answer`, never to anything where that is None."""
    url = f"https://{source}.invalid/{name}"
    if answer is not None:
        pipeline.pool.answers[url] = answer  # type: ignore[attr-defined]
    with pipeline.context.store.write() as tx:
        (item,) = tx.items.add_entries(source, [(url, Entry(url=url, title=name))], silent=silent, now=NOW).new
        tx.items.claim(ItemState.NEW, "crawl:boot:1", NOW, 10, LEASE)
        assert tx.items.store_page(item.id, "crawl:boot:1", Page(url, b"<html></html>", fetched_at=NOW), NOW)
    return item


def article(name: str, body: str = STORY, *, source: str = "gazette", title: str = "ADEX opens in Baku") -> Article:
    url = f"https://{source}.invalid/{name}"
    return Article(title, body, url=url, canonical_url=url, language="en", site=source, published_at=NOW)


def state(store: Store, item: Item) -> Item:
    with store.read() as tx:
        known = tx.items.get(item.id)
    assert known is not None
    return known


def reasons(store: Store, item: Item) -> list[str]:
    with store.read() as tx:
        return [drop.reason.value for drop in tx.drops.list(item_id=item.id, limit=20)]


def test_a_page_becomes_an_article_an_alert_and_a_delivery(pipeline: Pipeline, store: Store) -> None:
    item = fetched(pipeline, "a", article("a"))
    assert pipeline.step() == 1
    known = state(store, item)
    assert known.state is ItemState.DONE
    with store.read() as tx:
        (alert,) = tx.alerts.list(limit=10)
        assert tx.alerts.articles(alert.alert.id) == [known.article_id]
        (match,) = tx.matches.list(known.article_id)
        (delivery,) = tx.deliveries.list(limit=10)
    assert match.match.topic == "fair"
    assert delivery.state is DeliveryState.PENDING
    assert delivery.notice.sentences[0].text


def test_a_first_poll_is_matched_but_alerts_nobody(pipeline: Pipeline, store: Store) -> None:
    item = fetched(pipeline, "a", article("a"), silent=True)
    pipeline.step()
    assert reasons(store, item) == [DropReason.SILENT_IMPORT.value]
    with store.read() as tx:
        assert tx.matches.list(state(store, item).article_id)
        assert tx.alerts.list(limit=10) == []


def test_what_is_no_article_is_dropped_with_its_reason(pipeline: Pipeline, store: Store) -> None:
    item = fetched(pipeline, "a", Refused(DropReason.NOT_AN_ARTICLE, "a PDF"))
    pipeline.step()
    assert state(store, item).state is ItemState.DROPPED
    assert reasons(store, item) == [DropReason.NOT_AN_ARTICLE.value]


def test_a_near_copy_joins_the_story_and_is_no_second_alert(pipeline: Pipeline, store: Store) -> None:
    fetched(pipeline, "a", article("a"))
    pipeline.step()
    copy = article("b", STORY + " Reporting by the agency.", source="courier")
    fetched(pipeline, "b", copy, source="courier")
    pipeline.step()
    with store.read() as tx:
        (alert,) = tx.alerts.list(limit=10)
        assert len(tx.alerts.articles(alert.alert.id)) == 2


RETOLD = (
    "Two hundred companies from forty countries show drones, radars and vehicles by the sea in Baku since Wednesday, when "
    "the ministry of defence opened the ADEX exhibition. No fair before it was larger. The army of Azerbaijan is to sign "
    "for transport aircraft before the end of the week, the minister told guests at the gate."
)


def test_an_event_in_other_words_joins_the_story_and_is_no_second_alert(pipeline: Pipeline, store: Store) -> None:
    fetched(pipeline, "a", article("a"))
    pipeline.step()
    item = fetched(pipeline, "b", article("b", RETOLD, source="courier", title="Baku: ADEX opened"), source="courier")
    pipeline.step()
    with store.read() as tx:
        (alert,) = tx.alerts.list(limit=10)
        assert len(tx.alerts.articles(alert.alert.id)) == 2
        story = tx.stories.get(alert.alert.story_id)
    assert story is not None
    member = story.articles[1]
    assert (member.article.id, member.join) == (state(store, item).article_id, Join.RETOLD)
    assert member.score is not None
    assert "gazette.invalid/a" in member.reason
    assert "ADEX" in member.reason


def test_a_revision_tells_again_only_what_is_news(pipeline: Pipeline, store: Store, context: Context) -> None:
    assert isinstance(context.clock, FrozenClock)

    def revised(name: str, title: str, body: str) -> tuple[Item, list[str]]:
        """A page with the address of the first article; the messages that it makes."""
        page = replace(article(name, body, title=title), canonical_url="https://gazette.invalid/a")
        item = fetched(pipeline, name, page)
        pipeline.step()
        with store.write() as tx:
            made = [d for d in tx.deliveries.list(limit=10) if d.state is not DeliveryState.SENT]
            for delivery in made:
                tx.deliveries.end(delivery.id, DeliveryState.SENT, delivery.reason, context.clock.now())
        context.clock.advance(7200)
        return item, [d.notice.reason.value for d in made]

    assert revised("a", "ADEX opens in Baku", STORY)[1] == ["new-story"]
    item, made = revised("a2", "ADEX has opened in Baku", STORY)
    assert made == []
    with store.read() as tx:
        (drop,) = tx.drops.list(item_id=item.id)
        retitled = tx.articles.revisions(state(store, item).article_id or 0)[1]
    assert (drop.reason, drop.topic_id) == (DropReason.ALREADY_ALERTED, "fair")
    assert "no new names, numbers or dates" in drop.detail
    assert RevisionChange.from_json(retitled.change).old_title == "ADEX opens in Baku"
    assert revised("a3", "ADEX has opened in Baku", f"{STORY}\n\nIt ends on 27 September, with 300 companies.")[1] == [
        "update"
    ]
    with store.read() as tx:
        change = RevisionChange.from_json(tx.articles.revisions(state(store, item).article_id or 0)[2].change)
        assert len(tx.alerts.list(limit=10)) == 1
    assert change.added == ("It ends on 27 September, with 300 companies.",)
    assert set(change.new_facts) == {"09-27", "300"}


def test_a_caption_alone_makes_a_revision_and_may_match(pipeline: Pipeline, store: Store) -> None:
    plain = article("a", "Ministers met behind closed doors.", title="Ministers meet")
    plain = replace(plain, canonical_url="https://gazette.invalid/a")
    fetched(pipeline, "a", plain)
    pipeline.step()
    item = fetched(pipeline, "a2", replace(plain, captions="The minister at the stand of ADEX in Baku"))
    pipeline.step()
    with store.read() as tx:
        (revision,) = tx.articles.revisions(state(store, item).article_id or 0)[1:]
        assert len(tx.alerts.list(limit=10)) == 1
    assert RevisionChange.from_json(revision.change).added == ("The minister at the stand of ADEX in Baku",)


def test_a_story_goes_on_with_what_is_new_in_it(pipeline: Pipeline, store: Store, context: Context) -> None:
    assert isinstance(context.clock, FrozenClock)

    def told() -> list[tuple[str, tuple[str, ...]]]:
        """What was made since the last look, sent on."""
        pipeline.step()
        with store.write() as tx:
            made = [d for d in tx.deliveries.list(limit=10) if d.state is not DeliveryState.SENT]
            for delivery in made:
                tx.deliveries.end(delivery.id, DeliveryState.SENT, delivery.reason, context.clock.now())
        context.clock.advance(7200)
        return [(d.notice.reason.value, d.notice.news) for d in made]

    fetched(pipeline, "a", article("a"))
    assert told() == [("new-story", ())]
    fetched(pipeline, "b", article("b", STORY + " By the agency.", source="courier"), source="courier")
    assert told() == [("update", ("2 outlets carry it now",))]
    fetched(pipeline, "c", article("c", STORY + " By the agency, 99.", source="courier"), source="courier")
    assert told() == [("update", ("numbers: 99",))], "another page of the same outlet, with a number"
    fetched(pipeline, "d", article("d", STORY + " By the agency, 99!", source="courier"), source="courier")
    assert told() == []


def test_a_page_that_cannot_be_stored_takes_no_other_with_it_and_is_given_up(
    pipeline: Pipeline, store: Store, context: Context
) -> None:
    bad = fetched(pipeline, "bad", article("bad", title="half a character: \ud800"))
    good = fetched(pipeline, "good", article("good"), source="courier")
    pipeline.step()
    assert state(store, good).state is ItemState.DONE
    for attempt in range(1, ATTEMPTS):
        known = state(store, bad)
        assert (known.state, known.attempts) == (ItemState.FETCHED, attempt)
        assert known.next_attempt_at is not None
        assert known.next_attempt_at > context.clock.now()
        assert isinstance(context.clock, FrozenClock)
        context.clock.advance((known.next_attempt_at - context.clock.now()).total_seconds() + 1)
        pipeline.step()
    assert state(store, bad).state is ItemState.DROPPED
    assert reasons(store, bad) == [DropReason.EXTRACTION_FAILED.value]


def test_pages_of_a_process_that_died_are_taken_one_at_a_time_and_given_up_after_enough_deaths(
    pipeline: Pipeline, store: Store
) -> None:
    items = [fetched(pipeline, name, article(name, title=name)) for name in "abc"]
    deadly = items[0]
    for death in range(ATTEMPTS):
        with store.write() as tx:
            taken = tx.items.claim(ItemState.FETCHED, "process:boot:9", NOW, 10 if death == 0 else 1, LEASE)
            assert deadly.id in {item.id for item in taken}
            tx.workers.void_role("process", "boot", (), NOW)
    assert [state(store, item).attempts for item in items] == [ATTEMPTS, 1, 1]
    assert [pipeline.step() for _ in range(4)] == [1, 1, 1, 0]
    assert state(store, deadly).state is ItemState.DROPPED
    assert [state(store, item).state for item in items[1:]] == [ItemState.DONE, ItemState.DONE]


def test_a_full_disk_blames_no_item_and_loses_none(pipeline: Pipeline, store: Store) -> None:
    item = fetched(pipeline, "a", article("a", STORY + " word" * 200_000))
    with store.write() as tx:
        pages = tx.session.execute(text("PRAGMA page_count")).scalar_one()
        tx.session.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
    with pytest.raises(StorageError, match="disk is full"):
        pipeline.step()
    with store.write() as tx:
        tx.session.execute(text("PRAGMA max_page_count = 1000000"))
    pipeline.give_back()
    assert (state(store, item).state, state(store, item).attempts) == (ItemState.FETCHED, 0)
    pipeline.step()
    assert state(store, item).state is ItemState.DONE


def test_a_stop_does_not_wait_for_pages_that_take_long(pipeline: Pipeline, store: Store, context: Context) -> None:
    slow = fetched(pipeline, "slow", None)
    context.stop.set()
    pipeline.step()
    pipeline.close()
    with store.write() as tx:
        assert [item.id for item in tx.items.claim(ItemState.FETCHED, "other:boot:1", NOW, 5, LEASE)] == [slow.id]


def test_topics_are_taken_in_while_it_runs(pipeline: Pipeline, store: Store) -> None:
    fetched(pipeline, "a", article("a", title="First"))
    pipeline.step()
    with store.write() as tx:
        tx.topics.put(Topic("radars", "radars"), NOW)
        tx.topics.put(Topic("broken", "AND AND"), NOW)
        tx.topics.put(Topic("fair", "ADEX", active=False), NOW)
    item = fetched(pipeline, "b", article("b", STORY.replace("Baku", "Quba") + " Radars.", title="Second"))
    pipeline.step()
    with store.read() as tx:
        assert [row.match.topic for row in tx.matches.list(state(store, item).article_id)] == ["radars"]


def test_one_round_alerts_at_once(pipeline: Pipeline, store: Store, context: Context) -> None:
    page = (
        f"<html lang=en><head><title>ADEX opens in Baku</title></head><body><article><h1>ADEX opens in Baku</h1>"
        f"<p>{STORY}</p></article></body></html>"
    ).encode()
    item = fetched(pipeline, "a", None)
    with store.write() as tx:
        tx.items.claim(ItemState.FETCHED, "crawl:boot:1", NOW, 1, LEASE)
        assert tx.items.store_page(item.id, "crawl:boot:1", Page("https://gazette.invalid/a", page), NOW)
    assert process_once(context) == 1
    with store.read() as tx:
        (delivery,) = tx.deliveries.list(limit=10)
    assert delivery.next_attempt_at == NOW


def test_an_article_of_a_long_story_asks_the_database_no_more_than_one_of_a_short(
    pipeline: Pipeline, store: Store
) -> None:
    with store.write() as tx:
        for number in range(12):
            tx.sources.put(Source(f"paper{number}", f"https://paper{number}.invalid/rss"), NOW)
        tx.topics.put(Topic("exhibitions", "exhibition"), NOW)
        tx.subscriptions.put(Subscription("s2", "anna", "exhibitions", "screen"))
    asked: list[int] = []
    for number in range(12):
        fetched(pipeline, "a", article("a", source=f"paper{number}"), source=f"paper{number}")
        statements: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object, kept: list[str] = statements) -> None:
            kept.append(statement)

        event.listen(store.engine, "before_cursor_execute", note)
        pipeline.step()
        event.remove(store.engine, "before_cursor_execute", note)
        asked.append(len(statements))
    with store.read() as tx:
        assert [view.articles for view in tx.alerts.list()] == [12, 12]
    assert asked[11] <= asked[2], asked
