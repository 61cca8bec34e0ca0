"""Articles of the replay web that changed their titles: each is told once, and again only as an update.

The replay web is not part of this repository: name its folder in VEDETTE_REPLAY, or put it at ../shared/replay.
"""

from __future__ import annotations

import contextlib
import gzip
import html
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.urls import identity
from storage import Store, open_store
from tests.daemon import ROOT
from vedette import config, log
from vedette.clock import FrozenClock
from vedette.daemon.context import Context
from vedette.daemon.pipeline import Pipeline
from vedette.model import Analyst, Channel, DeliveryState, Entry, ItemState, Page, Source, Subscription, Topic

ITEMS = Path(os.environ.get("VEDETTE_REPLAY", ROOT.parent / "shared" / "replay")) / "data" / "items.jsonl.gz"
OWNER = "crawl:boot:1"
START = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.replay,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not ITEMS.is_file(), reason=f"the replay web is not at {ITEMS.parent.parent}"),
]


def retitled() -> list[dict[str, Any]]:
    """The articles that show several titles in the course of time."""
    with gzip.open(ITEMS, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["origin"] == "timeline" and row.get("revisions")]


def page(row: dict[str, Any], title: str) -> bytes:
    """The article under one of its titles."""
    text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in row["body"])
    head = f"<title>{html.escape(title)}</title><meta property='article:published_time' content='{row['published']}'>"
    return (
        f"<!doctype html><html lang={row['lang']}><head><meta charset=utf-8>{head}</head>"
        f"<body><article><h1>{html.escape(title)}</h1>{text}</article></body></html>"
    ).encode()


def titles(number: int, row: dict[str, Any]) -> Iterator[tuple[datetime, int, str]]:
    """When an article shows which title; what keeps its title and changes its summary alone is not fetched again."""
    last = ""
    for at, title in [(row["visible"], row["title"]), *((r["at"], r["title"]) for r in row["revisions"])]:
        if title != last:
            yield datetime.fromisoformat(at), number, title
        last = title


class Press:
    """A daemon's database and pipeline, and a source that shows the articles."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.clock = store, FrozenClock(START)
        (folder / "vedette.toml").write_text('[data]\ndirectory = "."\n')
        settings = config.load(folder / "vedette.toml")
        context = Context(settings, self.clock, store, "process", "boot", log.get("vedette"), threading.Event())
        self.pipeline = Pipeline(context, group_wait=timedelta(0))
        with store.write() as tx:
            tx.sources.put(Source("press", "https://press.invalid/rss"), START)
            tx.topics.put(Topic("all", "source:press"), START)
            tx.analysts.put(Analyst("anna"))
            tx.channels.put(Channel("screen", "console", {}, "anna"))
            tx.subscriptions.put(Subscription("s1", "anna", "all", "screen"))

    def shows(self, row: dict[str, Any], title: str, at: datetime) -> list[str]:
        """Poll, fetch and process an article under a title; the reasons of the messages that follow, all sent on."""
        self.clock.advance((at - self.clock.now()).total_seconds())
        url = row.get("page") or row["url"]
        with self.store.write() as tx:
            entry = Entry(url, url, title, published_at=datetime.fromisoformat(row["published"]))
            added = tx.items.add_entries("press", [(identity(url), entry)], silent=False, now=at)
            assert added.new or added.retitled
            for item in tx.items.claim(ItemState.NEW, OWNER, at, 10, at + timedelta(hours=1)):
                tx.items.store_page(item.id, OWNER, Page(url, page(row, title), entry=entry, fetched_at=at), at)
        while self.pipeline.step():
            pass
        with self.store.write() as tx:
            made = [d for d in tx.deliveries.list(limit=50) if d.state is not DeliveryState.SENT]
            for delivery in made:
                tx.deliveries.end(delivery.id, DeliveryState.SENT, delivery.reason, at)
            return [delivery.notice.reason.value for delivery in made]

    def alerts(self) -> int:
        with self.store.read() as tx:
            return len(tx.alerts.list(limit=10_000))


def test_a_retitled_article_is_an_update_at_most_and_never_a_new_alert(tmp_path: Path) -> None:
    known = dict(enumerate(retitled()))
    shown = sorted(showing for number, row in known.items() for showing in titles(number, row))
    first, again = Counter[str](), Counter[str]()
    with contextlib.closing(open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)) as store:
        press = Press(store, tmp_path)
        seen: set[int] = set()
        for at, number, title in shown:
            before = press.alerts()
            reasons = press.shows(known[number], title, at)
            if number in seen:
                assert press.alerts() == before, title
                again.update(reasons or ["nothing: the same facts"])
            else:
                first.update(reasons or ["nothing: told before"])
            seen.add(number)
        press.pipeline.close()
    print(f"{len(known)} articles: first {dict(first)}; {len(shown) - len(known)} new titles: {dict(again)}")
    assert first["new-story"] >= 0.9 * len(known)
    assert set(again) <= {"update", "nothing: the same facts"}
