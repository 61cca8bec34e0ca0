"""What the crawler relies on: sources, hosts and items, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import HostState, PollRecord, Store, Transaction, open_store
from vedette.errors import UsageError
from vedette.model import (
    Drop,
    DropReason,
    Entry,
    Fetch,
    FetchOutcome,
    ItemState,
    Page,
    Source,
    SourceState,
)

ME, OTHER = "crawl:one:1", "crawl:one:2"
MINUTE = timedelta(minutes=1)


def source(name: str, host: str = "", **more: object) -> Source:
    return Source(name, f"https://{host or name + '.example'}/feed.xml", **more)  # type: ignore[arg-type]


def entry(url: str, **more: object) -> tuple[str, Entry]:
    return url.removeprefix("https://"), Entry(url, **more)  # type: ignore[arg-type]


def record(tx: Transaction, name: str, owner: str, now: datetime, **more: object) -> bool:
    status = tx.sources.get(name)
    assert status is not None
    values: dict[str, object] = {
        "fetch": Fetch(f"https://{name}.example/feed.xml", "poll", now, FetchOutcome.OK, 200, source_id=name),
        "next_poll_at": now + 10 * MINUTE,
        "interval": 10 * MINUTE,
        "etag": '"v1"',
        "last_modified": "Mon, 02 Mar 2026 09:00:00 GMT",
        "polling": {"events": 1.5},
    }
    return tx.sources.record_polls([PollRecord(status, owner, **{**values, **more})]) == 1  # type: ignore[arg-type]


def claim(tx: Transaction, now: datetime, owner: str = ME, limit: int = 10, **more: object) -> list[str]:
    claims = tx.sources.claim_due(owner, now, limit, now + 5 * MINUTE, **more)  # type: ignore[arg-type]
    return [c.status.source.id for c in claims]


def test_a_source_is_created_then_same_then_changed(store: Store, now: datetime) -> None:
    with store.write() as tx:
        assert tx.sources.put(source("one", settings={"a": [1]}), now) == "created"
        assert tx.sources.put(source("one", settings={"a": [1]}), now) == "same"
        assert tx.sources.put(source("one", settings={"a": [2]}), now) == "changed"
    with store.read() as tx:
        found = tx.sources.get("one")
        assert found is not None
        assert found.source.settings == {"a": [2]}
        assert [s.source.id for s in tx.sources.list()] == ["one"]


def test_what_was_learned_stays_with_the_url_and_goes_with_it(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.put(source("one"), now)
        assert claim(tx, now) == ["one"]
        assert record(tx, "one", ME, now)
        tx.sources.put(replace(source("one"), name="A better name"), now)
        status = tx.sources.get("one")
        assert status is not None
        assert (status.etag, status.last_modified) == ('"v1"', "Mon, 02 Mar 2026 09:00:00 GMT")
        assert status.first_success_at == now
        assert status.polling == {"events": 1.5}
        tx.sources.put(source("one", host="elsewhere.example"), now)
        status = tx.sources.get("one")
        assert status is not None
        assert (status.etag, status.first_success_at) == ("", None)


def test_one_source_per_host_is_claimed_and_none_twice(store: Store, now: datetime) -> None:
    with store.write() as tx:
        for name, host in (("a", "one.example"), ("b", "one.example"), ("c", "two.example")):
            tx.sources.put(source(name, host), now)
        assert claim(tx, now) == ["a", "c"]
        assert claim(tx, now, OTHER, busy_hosts=["one.example"]) == []
        assert claim(tx, now, OTHER) == ["b"]
        assert claim(tx, now, OTHER) == []


def test_the_limit_holds(store: Store, now: datetime) -> None:
    with store.write() as tx:
        for number in range(5):
            tx.sources.put(source(f"s{number}"), now)
        assert len(claim(tx, now, limit=2)) == 2


def test_a_lease_that_ran_out_is_claimed_again_and_its_owner_learns_it(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.put(source("one"), now)
        assert claim(tx, now) == ["one"]
        assert claim(tx, now + 4 * MINUTE, OTHER) == []
        assert claim(tx, now + 5 * MINUTE, OTHER) == ["one"]
    with store.write() as tx:
        assert record(tx, "one", ME, now + 6 * MINUTE, etag='"stale"') is False
        assert len(tx.fetches.list(source_id="one")) == 1, "the visit happened and is kept"
    with store.write() as tx:
        assert record(tx, "one", OTHER, now + 6 * MINUTE) is True
        status = tx.sources.get("one")
    assert status is not None
    assert status.etag == '"v1"'
    assert status.next_poll_at == now + 16 * MINUTE


def test_a_paused_source_is_not_claimed_and_declaring_it_does_not_wake_it(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.put(source("one"), now)
        tx.sources.set_state("one", SourceState.PAUSED, "too noisy", now)
        assert claim(tx, now) == []
        tx.sources.put(source("one"), now)
        assert claim(tx, now) == []
        assert [s.source.id for s in tx.sources.list(SourceState.PAUSED)] == ["one"]
        tx.sources.set_state("one", SourceState.ACTIVE, "", now)
        assert claim(tx, now) == ["one"]


def test_a_host_that_waits_is_left_alone(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.put(source("one"), now)
        tx.items.add_entries("one", [entry("https://one.example/1")], silent=False, now=now)
        tx.hosts.put(HostState("one.example", next_ok_at=now + MINUTE, reason="status 429"))
        assert claim(tx, now) == []
        assert tx.items.claim(ItemState.NEW, ME, now, 5, now + MINUTE) == []
        assert claim(tx, now + MINUTE) == ["one"]
        assert len(tx.items.claim(ItemState.NEW, ME, now + MINUTE, 5, now + 2 * MINUTE)) == 1


def test_due_sources(store: Store, now: datetime) -> None:
    with store.write() as tx:
        assert tx.sources.next_due(now) is None
        tx.sources.put(source("one"), now)
        assert tx.sources.next_due(now) == now
        assert tx.sources.any_due(now)
        claim(tx, now)
        assert not tx.sources.any_due(now), "it is being polled"
        record(tx, "one", ME, now)
        assert tx.sources.next_due(now) == now + 10 * MINUTE
        assert claim(tx, now + 9 * MINUTE) == []
        tx.sources.poll_now("one", now)
        assert claim(tx, now) == ["one"]
        assert tx.sources.release(ME) == 1
        assert claim(tx, now, OTHER) == ["one"]


def test_one_item_under_one_url_from_two_sources(store: Store, now: datetime) -> None:
    with store.write() as tx:
        first = tx.items.add_entries("a", [entry("https://x.example/1", title="T")], silent=True, now=now)
        second = tx.items.add_entries("b", [entry("https://x.example/1", entry_id="9")], silent=False, now=now)
        assert (len(first.new), len(second.new), second.known) == (1, 0, 1)
        assert [s.source_id for s in tx.items.sightings(first.new[0].id)] == ["a", "b"]
        item = tx.items.by_url("x.example/1")
    assert item is not None
    assert item.silent, "who saw it first decides"


def test_a_feed_that_gives_every_entry_the_same_id_loses_none(store: Store, now: datetime) -> None:
    urls = [f"https://news.example/{n}" for n in range(3)]
    with store.write() as tx:
        added = tx.items.add_entries("a", [(u, Entry(u, "same", u)) for u in urls], silent=False, now=now)
        again = tx.items.add_entries("a", [(u, Entry(u, "same", u)) for u in urls], silent=False, now=now)
    assert [item.url for item in added.new] == urls
    assert (again.new, again.known, again.retitled) == ((), 3, ())


def test_one_item_under_one_entry_id_though_its_url_moved(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.items.add_entries("a", [entry("https://x.example/1", entry_id="7")], silent=False, now=now)
        moved = tx.items.add_entries("a", [entry("https://x.example/one", entry_id="7")], silent=False, now=now)
        other = tx.items.add_entries("b", [entry("https://y.example/1", entry_id="7")], silent=False, now=now)
    assert (len(moved.new), moved.known) == (0, 1)
    assert len(other.new) == 1, "entry ids are a source's own"


def test_a_retitled_article_is_fetched_again(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.items.add_entries("a", [entry("https://x.example/1", title="Old")], silent=False, now=now)
        (item,) = tx.items.claim(ItemState.NEW, ME, now, 1, now + MINUTE)
        tx.items.store_page(item.id, ME, Page(item.url, b"<p>"), now)
        (item,) = tx.items.claim(ItemState.FETCHED, ME, now, 1, now + MINUTE)
        assert tx.items.done(item.id, ME, 1)
        again = tx.items.add_entries("a", [entry("https://x.example/1", title="Old")], silent=False, now=now)
        assert again.retitled == ()
        again = tx.items.add_entries("a", [entry("https://x.example/1", title="New")], silent=False, now=now)
        assert [i.entry.title for i in again.retitled] == ["New"]
        assert [i.id for i in tx.items.claim(ItemState.NEW, ME, now, 1, now + MINUTE)] == [item.id]


def test_items_are_claimed_in_order_one_per_host(store: Store, now: datetime) -> None:
    with store.write() as tx:
        for number, host in enumerate(("x", "x", "x", "x", "x", "y", "z")):
            at = now + timedelta(seconds=number)
            tx.items.add_entries("a", [entry(f"https://{host}.example/{number}")], silent=False, now=at)
        later = now + MINUTE
        got = tx.items.claim(ItemState.NEW, ME, later, 3, later + MINUTE, busy_hosts=["z.example"])
        assert [i.url for i in got] == ["https://x.example/0", "https://y.example/5"]
        got = tx.items.claim(ItemState.NEW, OTHER, later, 1, later + MINUTE)
        assert [i.url for i in got] == ["https://x.example/1"]


def test_the_ways_of_an_item(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.items.add_entries("a", [entry("https://x.example/1", authors=("Ann",))], silent=False, now=now)
        (item,) = tx.items.claim(ItemState.NEW, ME, now, 1, now + MINUTE)
        assert tx.items.retry(item.id, OTHER, now, "not mine") is False
        assert tx.items.retry(item.id, ME, now + MINUTE, "cut") is True
        assert tx.items.claim(ItemState.NEW, ME, now, 1, now + MINUTE) == []
        (item,) = tx.items.claim(ItemState.NEW, ME, now + MINUTE, 1, now + 2 * MINUTE)
        assert item.attempts == 1
        body = bytes(range(256)) * 10
        page = Page(item.url + "?final", body, 200, {"content-type": "text/html"}, now)
        assert tx.items.store_page(item.id, OTHER, page, now) is False
        assert tx.items.store_page(item.id, ME, page, now) is True
        stored = tx.items.page(item.id)
        assert stored is not None
        assert (stored.body, stored.url, stored.source_id) == (body, page.url, "a")
        assert stored.entry is not None
        assert stored.entry.authors == ("Ann",)
        (item,) = tx.items.claim(ItemState.FETCHED, ME, now, 1, now + MINUTE)
        drop = Drop(DropReason.NOT_AN_ARTICLE, now, "extract", item.url, "a listing", "a", item.id)
        assert tx.items.drop(item.id, OTHER, drop) is False
        assert tx.drops.list(item_id=item.id) == [], "a lost owner drops nothing"
        assert tx.items.drop(item.id, ME, drop) is True
        assert tx.drops.list(item_id=item.id) == [drop]
        assert tx.drops.counts(now) == {DropReason.NOT_AN_ARTICLE: 1}
        counts = tx.items.counts()
    assert counts == {ItemState.NEW: 0, ItemState.FETCHED: 0, ItemState.DONE: 0, ItemState.DROPPED: 1}


def test_an_exception_undoes_the_transaction(store: Store, now: datetime) -> None:
    with pytest.raises(UsageError), store.write() as tx:  # noqa: PT012
        tx.sources.put(source("one"), now)
        tx.channels.enable("none")
    with store.read() as tx:
        assert tx.sources.list() == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.sampled_from(["", "k1", "k2"])), max_size=12))
def test_an_identity_has_one_item_whatever_shows_it(
    tmp_path_factory: pytest.TempPathFactory, now: datetime, shown: list[tuple[str, int, str]]
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('law') / 'v.db'}", upgrade=True)
    try:
        with store.write() as tx:
            new = 0
            for name, number, key in shown:
                pair = entry(f"https://x.example/{number}", entry_id=key)
                new += len(tx.items.add_entries(name, [pair], silent=False, now=now).new)
            claimed = sum(tx.items.counts().values())
            identities = [i for n in range(6) if (i := tx.items.by_url(f"x.example/{n}"))]
            for name, _, key in shown:
                again = tx.items.add_entries(name, [entry("https://x.example/0", entry_id=key)], silent=False, now=now)
                assert key == "" or not again.new, "a known entry id never makes an item"
        assert new == claimed == len(identities)
    finally:
        store.close()


def test_hubs_are_claimed_once_and_their_calls_are_not_lost(store: Store, now: datetime) -> None:
    with store.write() as tx:
        tx.sources.put(source("a"), now)
        tx.websub.heard("a", "https://hub.example/", "https://a.example/feed", now)
        tx.websub.heard("a", "https://hub.example/", "https://a.example/feed", now)
        assert tx.websub.any_work(now)
        claimed = tx.websub.claim(now, now + MINUTE)
        assert claimed is not None
        assert tx.websub.claim(now, now + MINUTE) is None
        assert not tx.websub.any_work(now)
    with store.write() as tx:
        tx.websub.granted(claimed.id, expires_at=now + 9 * MINUTE, renew_at=now + 8 * MINUTE)
        (poll,) = tx.sources.claim_due("crawl:x:1", now, 1, now + 5 * MINUTE)
        tx.websub.ping(claimed.id, now, MINUTE)  # the source is being polled
        assert tx.websub.any_work(now)
        assert record(tx, "a", poll.owner, now, next_poll_at=now + 60 * MINUTE)
        tx.websub.serve_pings(now, MINUTE)
        status = tx.sources.get("a")
        assert status is not None
        assert status.next_poll_at == now + MINUTE
        assert not tx.websub.any_work(now)
        # another hub: the old one is left, and left again by its source's end is nothing new
        tx.websub.heard("a", "https://other.example/", "https://a.example/feed", now)
        tx.sources.delete("a")
        assert tx.websub.any_work(now)
        assert tx.websub.leave_unwatched(now) == 1
        assert {own.state for own in tx.websub.list("a")} == {"leaving"}
        for own in tx.websub.list():
            tx.websub.forget(own.id)
        assert tx.websub.list() == []
