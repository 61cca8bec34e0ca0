"""WebSub with a hub of our own on loopback, which verifies and calls the real web pages."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import structlog
from click.testing import CliRunner

from crawler.fetcher import Fetcher
from crawler.hubs import Hubs
from crawler.politeness import Politeness
from crawler.run import crawl_once
from storage import HubSubscription, PollRecord
from tests.httpserver import Asked, Reply, Site, serve
from tests.integration.test_crawl import XML, OffsetClock
from tests.website import Website
from vedette.cli import cli
from vedette.daemon.context import Context
from vedette.model import Fetch, FetchOutcome, Source, SourceState, SourceStatus

PUBLIC = "https://vedette.example"
CONFIGURATION = f"""
[crawl]
websub.callback_url = "{PUBLIC}/"
[network]
allow_addresses = ["127.0.0.0/8"]
"""
ITEM = "<item><title>T</title><link>http://127.0.0.1:{port}/{name}</link></item>"


class Newsroom:
    """A publisher with a hub, and a Vedette that watches it."""

    def __init__(self, website: Website, clock: OffsetClock, site: Site) -> None:
        self.website, self.clock, self.store, self.site = website, clock, website.store, site
        self.topic = site.url("/feed?own")
        self.forms: list[dict[str, str]] = []
        self.hub_reply = Reply(status=202)

    def publish(self, *names: str, hub: bool = True) -> None:
        at = "xmlns:atom='http://www.w3.org/2005/Atom'"
        head = f"<atom:link rel='self' href='{self.topic}'/><atom:link rel='hub' href='{self.site.url('/hub')}'/>"
        items = "".join(ITEM.format(port=self.site.port, name=name) for name in names)
        body = f"<rss version='2.0' {at}><channel><title>N</title>{head if hub else ''}{items}</channel></rss>"
        self.site.routes["/feed"] = Reply(body.encode(), headers=XML)
        self.site.routes |= {f"/{name}": Reply(b"<p>text</p>", headers={"Content-Type": "text/html"}) for name in names}

    def hub(self, asked: Asked) -> Reply:
        self.forms.append(dict(parse_qsl(asked.body.decode())))
        return self.hub_reply

    def _context(self) -> Context:
        return Context(self.website.settings, self.clock, self.store, "crawl", "boot", structlog.get_logger())

    def poll(self, **ahead: float) -> int:
        self.clock.ahead += timedelta(**ahead)
        return crawl_once(self._context()).polls

    def ask_hubs(self, **ahead: float) -> list[dict[str, str]]:
        """What hubs are asked once so much time has passed."""
        self.clock.ahead += timedelta(**ahead)
        self.forms.clear()

        async def work() -> None:
            context = self._context()
            async with Fetcher(context.settings, context.clock) as fetcher:
                hubs = Hubs(context, Politeness(fetcher, context.store, context.clock, context.owner), PUBLIC)
                while await hubs.one():
                    pass

        asyncio.run(work())
        return list(self.forms)

    def callback(self, form: dict[str, str]) -> str:
        assert form["hub.callback"].startswith(f"{PUBLIC}/websub/")
        return self.website.url + urlsplit(form["hub.callback"]).path

    def verify(self, form: dict[str, str], **changed: str) -> httpx.Response:
        """The hub asks whether it was really us."""
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "c-1"}
        query |= {"hub.lease_seconds": form.get("hub.lease_seconds", "")}
        query |= {f"hub.{name}": value for name, value in changed.items()}
        return httpx.get(self.callback(form), params=query)

    def call(self, form: dict[str, str], secret: str = "", body: bytes = b"<rss>not read</rss>") -> httpx.Response:
        """The hub says that the feed has changed."""
        made = hmac.new((secret or form["hub.secret"]).encode(), body, "sha256").hexdigest()
        return httpx.post(self.callback(form), content=body, headers={"X-Hub-Signature": f"sha256={made}"})

    def subscribed(self) -> dict[str, str]:
        self.poll()
        (form,) = self.ask_hubs()
        assert self.verify(form).status_code == 200
        return form

    @property
    def subscriptions(self) -> list[HubSubscription]:
        with self.store.read() as tx:
            return tx.websub.list("site")

    @property
    def status(self) -> SourceStatus:
        with self.store.read() as tx:
            found = tx.sources.get("site")
        assert found is not None
        return found


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    monkeypatch.setattr("crawler.politeness.PAUSE", 0.05)
    clock = OffsetClock()
    with Website(tmp_path, clock, CONFIGURATION) as website, serve() as site:
        newsroom = Newsroom(website, clock, site)
        site.routes["/hub"] = newsroom.hub
        with website.store.write() as tx:
            tx.sources.put(Source("site", site.url("/feed")), clock.now())
        newsroom.publish("1")
        yield newsroom


def test_a_hub_that_a_feed_names_is_asked_and_verifies(newsroom: Newsroom) -> None:
    newsroom.poll()
    (form,) = newsroom.ask_hubs()
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", newsroom.topic)
    assert int(form["hub.lease_seconds"]) == 864000
    answer = newsroom.verify(form, lease_seconds="3600")
    assert (answer.status_code, answer.text) == (200, "c-1")
    (own,) = newsroom.subscriptions
    assert own.state == "active"
    assert own.expires_at is not None
    assert abs(own.expires_at - newsroom.clock.now() - timedelta(hours=1)) < timedelta(minutes=1)
    assert newsroom.ask_hubs() == []
    with newsroom.store.read() as tx:
        assert [fetch.purpose for fetch in tx.fetches.list(source_id="site")][:1] == ["hub"]
    # the secret is known to the hub and to nobody who reads the database
    assert own.secret.startswith("vault:")
    assert form["hub.secret"] not in repr(own)


def test_a_call_polls_at_once_within_the_shortest_interval_and_brings_nothing_itself(newsroom: Newsroom) -> None:
    form = newsroom.subscribed()
    newsroom.publish("1", "2")
    asked = len(newsroom.site.asked("/feed"))
    assert newsroom.call(form).status_code == 202
    due = newsroom.status.next_poll_at
    last = newsroom.status.last_poll_at
    assert due is not None
    assert last is not None
    assert due - last == newsroom.website.settings.crawl.min_interval
    assert newsroom.poll() == 0
    assert newsroom.poll(minutes=2, seconds=1) == 1
    assert len(newsroom.site.asked("/feed")) == asked + 1
    with newsroom.store.read() as tx:
        assert {item.url.rpartition("/")[2] for item in (tx.items.get(1), tx.items.get(2)) if item} == {"1", "2"}
    assert newsroom.subscriptions[0].pings == 1
    # a while later the call makes it due now
    newsroom.clock.ahead += timedelta(minutes=3)
    newsroom.call(form)
    assert newsroom.status.next_poll_at is not None
    assert newsroom.status.next_poll_at <= newsroom.clock.now()


def test_a_call_during_a_poll_is_followed_by_another_poll(newsroom: Newsroom) -> None:
    form = newsroom.subscribed()
    newsroom.clock.ahead += timedelta(hours=7)
    now = newsroom.clock.now()
    with newsroom.store.write() as tx:
        (claim,) = tx.sources.claim_due("crawl:x:1", now, 1, now + timedelta(minutes=5))
    newsroom.call(form)
    with newsroom.store.write() as tx:  # the poll ends, and its next one is far away
        fetch = Fetch("u", "poll", now, FetchOutcome.OK)
        tx.sources.record_polls([PollRecord(claim.status, claim.owner, fetch, now + timedelta(hours=6), None)])
    newsroom.ask_hubs()
    assert newsroom.status.next_poll_at == now + newsroom.website.settings.crawl.min_interval


def test_a_forged_call_is_counted_and_changes_nothing(newsroom: Newsroom) -> None:
    form = newsroom.subscribed()
    before = newsroom.status.next_poll_at
    assert newsroom.call(form, secret="guessed").status_code == 202
    assert httpx.post(newsroom.callback(form), content=b"x").status_code == 202
    assert newsroom.status.next_poll_at == before
    config = str(newsroom.website.settings.file)
    shown = CliRunner().invoke(cli, ["--config", config, "sources", "health", "--json"])
    (row,) = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (row["hub"]["state"], row["hub"]["pings"], row["hub"]["forged"]) == ("active", 0, 2)
    assert form["hub.callback"].rpartition("/")[2] not in shown.stdout


def test_what_was_not_asked_for_is_not_verified(newsroom: Newsroom) -> None:
    newsroom.poll()
    (form,) = newsroom.ask_hubs()
    assert newsroom.verify(form, topic="https://elsewhere.example/").status_code == 404
    assert newsroom.verify(form, mode="unsubscribe").status_code == 404
    stranger = {**form, "hub.callback": f"{PUBLIC}/websub/nobody"}
    assert newsroom.verify(stranger).status_code == 404
    assert newsroom.call(stranger).status_code == 410
    assert newsroom.subscriptions[0].state == "wanted"


def test_a_lease_is_renewed_before_it_ends_with_the_same_secret(newsroom: Newsroom) -> None:
    first = newsroom.subscribed()
    assert newsroom.ask_hubs(days=7.9) == []
    (second,) = newsroom.ask_hubs(days=0.2)
    assert second == first
    newsroom.verify(second)
    assert newsroom.ask_hubs(days=2) == []


def test_a_hub_that_refuses_is_asked_again_much_later(newsroom: Newsroom) -> None:
    newsroom.poll()
    newsroom.hub_reply = Reply(status=403)
    assert len(newsroom.ask_hubs()) == 1
    assert newsroom.ask_hubs(hours=23) == []
    assert newsroom.subscriptions[0].reason.startswith("http-error: ")
    assert len(newsroom.ask_hubs(hours=2)) == 1
    newsroom.hub_reply = Reply(status=503, headers={"Retry-After": "0"})
    newsroom.ask_hubs(hours=25)
    assert newsroom.subscriptions[0].reason.startswith("throttled: ")


def test_a_hub_may_deny(newsroom: Newsroom) -> None:
    form = newsroom.subscribed()
    assert newsroom.verify(form, mode="denied", reason="private").status_code == 200
    (own,) = newsroom.subscriptions
    assert (own.state, own.reason) == ("wanted", "the hub denied it: private")
    assert newsroom.ask_hubs(hours=23) == []


@pytest.mark.parametrize("how", ["removed", "paused", "no hub any more"])
def test_a_hub_is_left_when_the_source_is_not_watched_any_more(newsroom: Newsroom, how: str) -> None:
    form = newsroom.subscribed()
    with newsroom.store.write() as tx:
        if how == "removed":
            tx.sources.delete("site")
        elif how == "paused":
            tx.sources.set_state("site", SourceState.PAUSED, "by a person", newsroom.clock.now())
    if how == "no hub any more":
        newsroom.publish("1", "2", hub=False)
        assert newsroom.poll(hours=7) == 1
    (goodbye,) = newsroom.ask_hubs()
    assert (goodbye["hub.mode"], goodbye["hub.callback"]) == ("unsubscribe", form["hub.callback"])
    assert newsroom.call(form).status_code == 410
    assert newsroom.verify(goodbye).text == "c-1"
    assert newsroom.subscriptions == []


def test_a_hub_that_does_not_let_go_is_forgotten(newsroom: Newsroom) -> None:
    newsroom.subscribed()
    with newsroom.store.write() as tx:
        tx.sources.delete("site")
    asked = [len(newsroom.ask_hubs(days=2)) for _ in range(6)]
    assert asked == [1, 1, 1, 1, 0, 0]
    assert newsroom.subscriptions == []


def test_a_hub_on_an_address_of_a_private_network_is_not_asked(newsroom: Newsroom) -> None:
    newsroom.site.url = lambda path="/", host="10.0.0.1": f"http://{host}:80{path}"  # type: ignore[method-assign]
    newsroom.publish("1")
    newsroom.poll()
    assert newsroom.ask_hubs() == []
    assert newsroom.subscriptions[0].reason.startswith("blocked-address: ")
