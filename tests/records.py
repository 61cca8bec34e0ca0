"""A database with a past, written through the storage's own methods: pages that went every way there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.monitor import Monitor
from alerts.notice import build_notice
from alerts.text import tokens
from crawler.urls import identity
from storage import Store, open_store
from vedette.model import (
    Analyst,
    Article,
    AttemptOutcome,
    Channel,
    DeliveryReason,
    DeliveryState,
    Drop,
    DropReason,
    Entry,
    Fetch,
    FetchOutcome,
    Item,
    ItemState,
    NewDelivery,
    Page,
    Source,
    Subscription,
    Topic,
)

NOW = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
OWNER = "test:boot:1"
TOPIC = Topic("baku-fair", "@adex", "ADEX in Baku")
ALERTED = "https://news.example/adex-opens"
UNMATCHED = "https://news.example/football"
SILENT = "https://news.example/old-adex"
WAITING = "https://news.example/waiting"
FORBIDDEN = "https://news.example/forbidden"
TEXT = (
    "The ADEX exhibition opened in Baku on Wednesday. Azerbaijan and Italy talked about the C-27J.\n\n"
    "The minister said that deliveries begin next year."
)


def write(url: str) -> Store:
    """Make the database and its records; the open store."""
    store = open_store(url, upgrade=True)
    with store.write() as tx:
        tx.sources.put(Source("gazette", "https://news.example/rss", name="Example Gazette", language="en"), NOW)
        tx.topics.put(TOPIC, NOW)
        tx.topics.put(Topic("tanks", "tank*"), NOW)
        tx.analysts.put(Analyst("anna", "Anna", "anna@example.org", "Europe/Rome"))
        tx.channels.put(Channel("anna-console", "console", {}, "anna"))
        tx.subscriptions.put(Subscription("s1", "anna", "baku-fair", "anna-console"))
        urls = {ALERTED: "ADEX opens", UNMATCHED: "Football", SILENT: "Old", WAITING: "Late", FORBIDDEN: "No"}
        entries = [(identity(u), Entry(url=u, title=title)) for u, title in urls.items()]
        items = {item.url: item for item in tx.items.add_entries("gazette", entries, silent=False, now=NOW).new}
        # one claim gives one item per host
        for _ in items:
            tx.items.claim(ItemState.NEW, OWNER, NOW, 10, NOW + timedelta(minutes=5))
    _alerted(store, items[ALERTED])
    _read(store, items[UNMATCHED], Article("Football", "A match of football was played."), DropReason.NO_MATCH)
    _read(store, items[SILENT], Article("ADEX 2024", "ADEX was held in Baku in 2024."), DropReason.SILENT_IMPORT)
    with store.write() as tx:
        item = items[FORBIDDEN]
        fetch = Fetch(item.url, "page", NOW, FetchOutcome.ROBOTS, source_id="gazette", item_id=item.id)
        tx.fetches.add(fetch)
        tx.items.drop(
            item.id, OWNER, Drop(DropReason.ROBOTS, NOW, "fetch", item.url, "Disallow: /", "gazette", item.id)
        )
    return store


def sqlite_url(folder: Path) -> str:
    """The address of the database that a configuration with `directory = folder` uses."""
    return f"sqlite:///{folder / 'vedette.db'}"


def _store(store: Store, item: Item, article: Article) -> tuple[int, int]:
    made = Article(
        title=article.title, text=article.text, url=item.url, canonical_url=item.identity, language="en", site="Gazette"
    )
    with store.write() as tx:
        tx.fetches.add(
            Fetch(item.url, "page", NOW, FetchOutcome.OK, 200, 5000, 120, source_id="gazette", item_id=item.id)
        )
        tx.items.store_page(item.id, OWNER, Page(item.url, b"<html></html>", fetched_at=NOW), NOW)
        tx.items.claim(ItemState.FETCHED, OWNER, NOW, 1, NOW + timedelta(minutes=5))
        folded = " ".join(tokens(f"{made.title}\n{made.text}"))
        stored = tx.articles.store(made, item.id, NOW, story=None, folded=folded)
        tx.items.done(item.id, OWNER, stored.article.id or 0)
    return stored.article.id or 0, stored.story_id


def _read(store: Store, item: Item, article: Article, reason: DropReason) -> None:
    article_id, _ = _store(store, item, article)
    with store.write() as tx:
        tx.drops.add(Drop(reason, NOW, "decide", item.url, "", "gazette", None, article_id))


def _alerted(store: Store, item: Item) -> None:
    article_id, story_id = _store(store, item, Article("ADEX opens in Baku", TEXT))
    monitor = Monitor()
    monitor.put(TOPIC)
    with store.write() as tx:
        article = tx.articles.get(article_id)
        assert article is not None
        (match,) = monitor.match(article).matches
        match_id = tx.matches.add(article_id, 1, match, NOW)
        alert = tx.alerts.create("baku-fair", story_id, 1, article_id, match_id, NOW)
        notice = build_notice(
            article, match, TOPIC, analyst=None, story_id=story_id, reason=DeliveryReason.NEW_STORY, seen_at=NOW
        )
        delivery = tx.deliveries.add(
            NewDelivery("key-1", "anna-console", DeliveryReason.NEW_STORY, notice, NOW, subscription="s1"),
            alert.id,
            NOW,
        )
        assert delivery is not None
        tx.deliveries.claim(OWNER, NOW, 1, NOW + timedelta(minutes=1))
        attempt = tx.deliveries.start_attempt(delivery, OWNER, NOW)
        assert attempt is not None
        tx.deliveries.finish_attempt(
            attempt, OWNER, AttemptOutcome.SENT, state=DeliveryState.SENT, now=NOW, phase="response", code="ok"
        )
        tx.alerts.suppress(alert.id, "s2", DeliveryReason.MUTED, article_id, NOW)
