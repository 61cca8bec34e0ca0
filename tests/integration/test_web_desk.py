"""An analyst's own channels and subscriptions over a real server: set up, tried, muted; never another's."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest
from aiohttp import web as receiving

from tests.background import BackgroundServer
from tests.newsroom import furnish, publish
from tests.website import Browser, Website
from vedette.clock import FrozenClock
from vedette.links import PATH, Link, LinkSigner, Purpose
from vedette.model import DeliveryReason

LOOPBACK = '[network]\nallow_addresses = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW), LOOPBACK) as running:
        furnish(running.store, running.clock.now())
        yield running


@pytest.fixture(scope="module")
def hook() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The address of a webhook, and what it got."""
    got: list[dict[str, object]] = []

    async def take(request: receiving.Request) -> receiving.Response:
        got.append(json.loads(await request.text()))
        return receiving.Response()

    app = receiving.Application()
    app.router.add_post("/hook", take)
    server = BackgroundServer(app)
    server.start()
    yield f"http://127.0.0.1:{server.port}/hook", got
    server.stop()


SECRET = "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzIDI0"
webhook = {"kind": "webhook", "channel": "", "next": "/alerts-to-me"}


def channel(browser: Browser, url: str) -> None:
    values = {**webhook, "s.url": url, "s.secret": SECRET}
    answer = browser.submit("/channels/new?kind=webhook", values, "/channels")
    assert answer.status_code == 303, answer.text


def test_a_channel_is_made_tested_and_followed_on(site: Website, hook: tuple[str, list[dict[str, object]]]) -> None:
    url, got = hook
    anna = site.member("anna")
    channel(anna, url)
    page = anna.page("/alerts-to-me")
    assert "anna-webhook" in page
    assert url not in page, "secrets are shown by their last characters"
    assert SECRET not in page
    assert SECRET not in anna.page("/channels/anna-webhook")
    tested = anna.submit("/alerts-to-me", {"do": "test"}, "/channels/anna-webhook/do")
    assert tested.status_code == 303
    assert "The test message was taken" in anna.page(tested.headers["location"])
    assert got[-1]["type"] == "test"
    row = {"topic": "adex", "channel": "anna-webhook", "quiet_from": "22:00", "quiet_to": "07:00"}
    assert anna.submit("/alerts-to-me", row, "/subscriptions").status_code == 303
    assert "22:00–07:00" in anna.page("/alerts-to-me")
    one = {"id": "anna:adex:anna-webhook"}
    assert anna.submit("/alerts-to-me", {**one, "do": "mute", "hours": "5"}, "/subscriptions/do").status_code == 303
    assert "muted until" in anna.page("/alerts-to-me")
    assert anna.submit("/alerts-to-me", {**one, "do": "unmute"}, "/subscriptions/do").status_code == 303
    assert anna.submit("/alerts-to-me", {**one, "do": "remove"}, "/subscriptions/do").status_code == 303
    assert "Nothing yet." in anna.page("/alerts-to-me")


def test_a_webhook_needs_no_more_than_its_address(site: Website, hook: tuple[str, list[dict[str, object]]]) -> None:
    """Its secret is made up, and told once."""
    url, got = hook
    gina = site.member("gina")
    done = gina.submit("/start?topic=adex", {"topic": "adex", "way": "webhook", "value-webhook": url}, "/start")
    assert done.headers["location"] == "/start?channel=gina-webhook", done.text
    assert re.search(r"Messages are signed with whsec_[\w+/]{32,}=*: give", gina.page("/start?channel=gina-webhook"))
    assert "whsec_" not in gina.page("/start?channel=gina-webhook")
    gina.submit("/start?channel=gina-webhook", {}, "/start/test/gina-webhook")
    assert got[-1]["type"] == "test"
    made = gina.submit("/channels/new?kind=webhook", {**webhook, "s.url": url}, "/channels")
    assert "whsec_" in gina.page(made.headers["location"])


def test_an_empty_secret_stays_as_it_is(site: Website, hook: tuple[str, list[dict[str, object]]]) -> None:
    url, got = hook
    dora = site.member("dora")
    channel(dora, url)
    changed = {**webhook, "channel": "dora-webhook", "s.url": "", "s.secret": ""}
    assert dora.submit("/channels/dora-webhook", changed, "/channels").status_code == 303
    before = len(got)
    dora.submit("/alerts-to-me", {"do": "test"}, "/channels/dora-webhook/do")
    assert len(got) == before + 1


def test_another_analysts_channel_and_subscription_are_not_there(
    site: Website, hook: tuple[str, list[dict[str, object]]]
) -> None:
    bob, eve = site.member("bob"), site.member("eve", admin=True)
    channel(bob, hook[0])
    row = {"topic": "adex", "channel": "bob-webhook"}
    assert bob.submit("/alerts-to-me", row, "/subscriptions").status_code == 303
    assert "bob-webhook" not in eve.page("/alerts-to-me")
    assert eve.get("/channels/bob-webhook").status_code == 404
    guard = {"csrf": eve.guard("/me")}
    tries = (
        ("/channels/bob-webhook/do", {"do": "test"}),
        ("/channels/bob-webhook/do", {"do": "remove"}),
        ("/channels", {**webhook, "channel": "bob-webhook", "s.url": hook[0]}),
        ("/subscriptions", row),
        ("/subscriptions/do", {"id": "bob:adex:bob-webhook", "do": "remove"}),
        ("/start/test/bob-webhook", {}),
    )
    assert [eve.post(path, data={**guard, **values}).status_code for path, values in tries] == [404] * len(tries)
    with site.store.read() as tx:
        assert tx.channels.get("bob-webhook") is not None
        assert tx.subscriptions.get("bob:adex:bob-webhook") is not None


@pytest.mark.parametrize("kind", ["file", "console", "apprise"])
def test_kinds_that_reach_into_the_machine_are_for_administrators(site: Website, kind: str) -> None:
    carl = site.member(f"carl-{kind}")
    assert carl.get(f"/channels/new?kind={kind}").status_code == 404
    values = {"kind": kind, "channel": "", "s.path": "/tmp/x", "csrf": carl.guard("/me")}
    assert carl.post("/channels", data=values).status_code == 404


def test_an_analyst_can_not_refer_to_the_machines_secrets(site: Website) -> None:
    fred = site.member("fred")
    for value in ("file:/etc/passwd", "env:PATH"):
        answer = fred.submit("/channels/new?kind=webhook", {**webhook, "s.url": value, "s.secret": SECRET}, "/channels")
        assert answer.status_code == 422
        assert "only administrators" in answer.text


def test_a_bad_setting_is_told(site: Website) -> None:
    gina = site.member("gina")
    answer = gina.submit("/channels/new?kind=email", {"kind": "email", "channel": "", "s.to": "nobody"}, "/channels")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_the_first_steps_lead_to_a_tested_channel(site: Website) -> None:
    hans = site.member("hans")
    assert "The airlifter for Baku" in hans.page("/start")
    assert "2 topics chosen" in hans.page("/start?topic=adex&topic=c-27j")
    refused = hans.submit("/start?topic=adex", {"topic": "adex", "way": "slack", "value-slack": "nonsense"}, "/start")
    assert refused.status_code == 422
    values = {"topic": ["adex", "c-27j"], "way": "feed"}
    done = hans.submit("/start?topic=adex", values, "/start")
    assert done.headers["location"] == "/start?channel=hans-feed"
    page = hans.page("/start?channel=hans-feed")
    assert "2 topics" in page
    hans.submit("/start?channel=hans-feed", {}, "/start/test/hans-feed")
    address = re.search(r"/feeds/[^<\"]+", page)
    assert address
    stranger = site.browser()
    document = stranger.get(html.unescape(address[0]))
    assert document.headers["content-type"].startswith("application/atom+xml")
    assert "This is a test message" in document.text
    again = stranger.get(html.unescape(address[0]), headers={"if-none-match": document.headers["etag"]})
    assert again.status_code == 304
    assert stranger.get("/feeds/forged.atom").status_code == 404


def test_links_of_messages_ask_first_and_need_no_account(site: Website) -> None:
    ida = site.member("ida")
    ida.submit("/start?topic=adex", {"topic": "adex", "way": "feed"}, "/start")
    name = "ida:adex:ida-feed"
    story, (alert, *_) = publish(site.store, site.clock.now(), "ADEX", "ADEX opens", number=70, told=f"{name} ida-feed")
    signer, stranger = LinkSigner(site.settings.vault()), site.browser()

    def follow(purpose: Purpose) -> None:
        path = PATH + signer.make(Link(purpose, name, "adex", story, alert, hours=24))
        assert "<form" in stranger.page(path)
        assert "Done." in stranger.post(path).text

    with site.store.read() as tx:
        before = tx.subscriptions.get(name)
    assert before is not None
    assert before.muted_until is None, "looking at a link did something"
    follow(Purpose.MUTE)
    follow(Purpose.NOT_RELEVANT)
    with site.store.read() as tx:
        muted = tx.subscriptions.get(name)
        assert muted is not None
        assert muted.muted_until is not None
        assert tx.silences.of_story(story, site.clock.now()) == {name: DeliveryReason.NOT_RELEVANT}
    follow(Purpose.UNSUBSCRIBE)
    with site.store.read() as tx:
        assert tx.subscriptions.get(name) is None
    assert stranger.get(PATH + "forged").status_code == 404
    assert site.browser().post(PATH + "forged").status_code == 404
