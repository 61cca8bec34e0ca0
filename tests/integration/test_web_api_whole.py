"""Everything that the pages can do, the API can: every form of a page has its operation, and those new here work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.newsroom import furnish, publish
from tests.website import PASSWORD, Website
from vedette.clock import FrozenClock
from vedette.model import Channel, Subscription

FORMS = {
    "/channels": "POST /channels",
    "/channels/{channel_id}/do": "POST /channels/{channel_id}/enable",
    "/subscriptions": "POST /subscriptions",
    "/subscriptions/do": "POST /subscriptions/{subscription_id}/mute",
    "/sources": "POST /sources",
    "/sources/{source_id}/do": "POST /sources/{source_id}/poll",
    "/sources/find": "POST /sources/discover",
    "/sources/import": "POST /sources/import",
    "/me": "PATCH /me",
    "/me/password": "PUT /me/password",
    "/me/sessions/end": "DELETE /me/sessions",
    "/me/tokens": "POST /me/tokens",
    "/me/tokens/{token_id}/end": "DELETE /me/tokens/{token_id}",
    "/people/invite": "POST /invitations",
    "/people/{analyst}/active": "PATCH /analysts/{analyst}",
    "/start": "POST /subscriptions",
    "/start/test/{channel_id}": "POST /channels/{channel_id}/test",
    "/alerts/{alert_id}/do": "POST /alerts/{alert_id}/not-relevant",
    "/stories/{story_id}/change": "POST /stories/{story_id}/split",
    "/stories/{story_id}/mark": "PATCH /stories/{story_id}",
    "/stream/read": "POST /alerts/read",
    "/topics": "PUT /topics/{topic_id}",
    "/topics/check": "POST /rules/check",
    "/topics/contexts": "POST /rules/contexts",
    "/topics/{topic_id}/feed": "PUT /topics/{topic_id}/feed",
    "/topics/{topic_id}/restore": "POST /topics/{topic_id}/restore",
    "/links/{token}": "POST /alerts/{alert_id}/snooze",
}
"""Which operation does what a form does."""
ELSEWHERE = {"/sign-in", "/sign-out", "/join/{secret}", "/websub/{name}"}
"""Sessions of browsers, and hubs: programs have tokens."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        furnish(running.store, NOW)
        for number in range(4):
            publish(running.store, NOW, f"ADEX, day {number}", "ADEX goes on.", number=number)
        running.member("anna")
        running.member("boss", admin=True)
        with running.store.write() as tx:
            tx.channels.put(Channel("mail", "console", {}, "anna"))
            tx.subscriptions.put(Subscription("anna:adex:mail", "anna", "adex", "mail"))
        yield running


@pytest.fixture(scope="module")
def anna(site: Website) -> Iterator[httpx.Client]:
    with _client(site, "anna", "read", "write") as client:
        yield client


@pytest.fixture(scope="module")
def boss(site: Website) -> Iterator[httpx.Client]:
    with _client(site, "boss", "read", "write", "admin") as client:
        yield client


def _client(site: Website, name: str, *scopes: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {site.token(name, *scopes)}"}
    return httpx.Client(base_url=f"{site.url}/api/v1", timeout=30, headers=headers)


def good(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_every_form_of_a_page_has_its_operation(site: Website) -> None:
    import importlib
    import pkgutil

    import web.pages

    routers = [
        importlib.import_module(info.name).router
        for info in pkgutil.iter_modules(web.pages.__path__, "web.pages.")
        if hasattr(importlib.import_module(info.name), "router")
    ]
    posted = {
        route.path
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    }
    assert posted - set(FORMS) == ELSEWHERE & posted, "a form without an operation of the API"
    paths = httpx.get(f"{site.url}/api/v1/openapi.json", timeout=60).json()["paths"]
    known = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, all_ in paths.items() for method in all_}
    assert set(FORMS.values()) <= known


def test_a_story_is_split_merged_and_read(anna: httpx.Client, site: Website) -> None:
    rows = good(anna.get("/stories", params={"limit": 2}))
    assert len(rows["items"]) == 2
    assert good(anna.get("/stories", params={"limit": 2, "cursor": rows["next"]}))["items"]
    one, two = (row["id"] for row in rows["items"])
    merged = good(anna.post(f"/stories/{one}/merge", json={"into": two}))
    assert len(merged["articles"]) == 2
    assert anna.get(f"/stories/{one}").status_code == 404
    assert site.member("carl").get(f"/stories/{one}").status_code == 404
    moved = merged["articles"][1]["id"]
    fresh = good(anna.post(f"/stories/{two}/split", json={"articles": [moved], "reason": "another day"}), 201)
    assert fresh["members"][0]["reason"] == "another day"
    assert anna.post(f"/stories/{two}/split", json={"articles": [moved]}).status_code == 422
    assert good(anna.get(f"/articles/{moved}"))["text"] == "ADEX goes on."
    assert good(anna.get(f"/articles/{moved}/matches"))[0]["topic"] == "adex"
    assert good(anna.get(f"/articles/{moved}/revisions"))[0]["revision"] == 1


def test_an_alert_is_snoozed_called_not_relevant_and_read(anna: httpx.Client, boss: httpx.Client) -> None:
    newest = good(anna.get("/alerts"))["items"][0]["id"]
    assert good(anna.post(f"/alerts/{newest}/snooze", json={"hours": 5}))["subscriptions"] == ["anna:adex:mail"]
    good(anna.post(f"/alerts/{newest}/not-relevant"))
    told = good(anna.get(f"/alerts/{newest}/deliveries"))
    assert {one["reason"] for one in told["suppressed"]} >= {"not-relevant"}
    assert boss.post(f"/alerts/{newest}/not-relevant").status_code == 422, "the administrator follows nothing"
    assert good(boss.get(f"/alerts/{newest}/deliveries"))["suppressed"] == [], "another's are not told"
    good(anna.post("/alerts/read", json={"up_to": newest}))
    assert good(anna.get("/alerts", params={"only": "unread"}))["items"] == []
    assert good(anna.get("/alerts", params={"after": newest}))["items"] == []


def test_a_search_that_stops_at_its_bound_can_be_gone_on_with(
    anna: httpx.Client, site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web import asking

    monkeypatch.setattr(asking, "MOST_SHOWN", 1)
    monkeypatch.setattr(asking, "MOST_LOOKED", 1)
    cursor, found, pieces = "", [], 0
    while pieces < 10:
        body = good(anna.get("/search", params={"q": "ADEX AND NOT 3", "limit": 1, "cursor": cursor}))
        found += [item["article"]["title"] for item in body["items"]]
        cursor, pieces = body["next"], pieces + 1
        if not cursor:
            break
    assert found == ["ADEX, day 2", "ADEX, day 1", "ADEX, day 0"]
    monkeypatch.setattr("web.pages.search.PAGE", 1)
    page = site.member("dora").page("/search?q=ADEX+AND+NOT+day&days=0")
    assert "Look further back" in page
    assert "Nothing in the archive matches" not in page, "nobody looked at all of it"
    assert anna.get("/search", params={"q": "ADEX", "cursor": "MTIz"}).status_code == 422


def test_hits_are_exported_and_grouped(anna: httpx.Client) -> None:
    lines = anna.get("/search/export", params={"q": "ADEX", "form": "jsonl"}).text.splitlines()
    assert len(lines) == 4
    assert json.loads(lines[0])["title"] == "ADEX, day 3"
    assert good(anna.post("/rules/contexts", json={"rule": "ADEX"}))["articles"] == 4
    tried = good(anna.post("/rules/backtest", json={"rule": "ADEX", "cadence": "daily", "subscription": None}))
    assert tried["expected"]["cadence"] == "daily"
    assert anna.post("/rules/backtest", json={"rule": "ADEX", "subscription": "eve:x:y"}).status_code == 404


def test_how_a_topic_judges_a_page_and_an_earlier_version(anna: httpx.Client) -> None:
    told = good(anna.get("/explain", params={"url": "https://gazette.example/1", "topic": "c-27j"}))
    assert told["judgement"]["matched"] is False
    assert told["judgement"]["reasons"]
    good(anna.put("/topics/mine", json={"title": "Mine", "rule": "ADEX"}))
    good(anna.put("/topics/mine", json={"title": "Mine", "rule": "ADEX AND baku"}))
    restored = good(anna.post("/topics/mine/restore", json={"version": 1}))
    assert (restored["rule"], restored["version"]) == ("ADEX", 3)
    assert anna.post("/topics/mine/restore", json={"version": 9}).status_code == 404
    assert sum(good(anna.get("/topics/adex/days")).values()) == 4


def test_administrators_watch_sources(anna: httpx.Client, boss: httpx.Client) -> None:
    wanted = {"url": "https://army.example/news/rss"}
    assert anna.post("/sources", json=wanted).status_code == 403
    made = good(boss.post("/sources", json=wanted), 201)
    assert made["id"] == "army-example-news-rss"
    assert boss.post("/sources", json=wanted).status_code == 409
    assert good(boss.patch(f"/sources/{made['id']}", json={"state": "paused"}))["state"] == "paused"
    good(boss.post(f"/sources/{made['id']}/poll"), 202)
    text = "id,url\nnavy,https://navy.example/rss\n,nonsense\n"
    taken = good(boss.post("/sources/import", json={"form": "csv", "text": text}))
    assert (taken["new"], len(taken["refused"])) == (1, 1)
    assert "navy.example" in anna.get("/sources/export", params={"form": "opml"}).text
    for part in ("days", "visits", "drops"):
        assert good(anna.get(f"/sources/navy/{part}")) == []
    assert boss.get("/sources/nowhere/days").status_code == 404


def test_administrators_invite_and_lock_out(anna: httpx.Client, boss: httpx.Client) -> None:
    assert anna.post("/invitations", json={}).status_code == 403
    link = good(boss.post("/invitations", json={"analyst": "zoe"}), 201)["link"]
    assert httpx.get(link).status_code == 200
    assert "zoe" in {one["analyst"] for one in good(boss.get("/invitations"))}
    assert boss.patch("/analysts/boss", json={"active": False}).status_code == 409
    people = good(boss.get("/analysts"))["items"]
    assert next(one for one in people if one["id"] == "anna")["role"] == "analyst"


def test_ones_own_account(anna: httpx.Client, site: Website) -> None:
    assert good(anna.patch("/me", json={"locale": "it"}))["locale"] == "it"
    assert anna.patch("/me", json={"timezone": "Mars/North"}).status_code == 422
    given = good(anna.post("/me/tokens", json={"name": "letter", "scopes": ["read"], "days": 3}), 201)
    with httpx.Client(base_url=f"{site.url}/api/v1", headers={"authorization": f"Bearer {given['secret']}"}) as reader:
        assert good(reader.get("/me"))["scopes"] == ["read"]
        assert reader.post("/me/tokens", json={"name": "more"}).status_code == 403
    assert anna.post("/me/tokens", json={"name": "all", "scopes": ["admin"]}).status_code == 403
    assert anna.delete(f"/me/tokens/{given['id']}").status_code == 204
    assert anna.put("/me/password", json={"old": "wrong", "new": "another four words"}).status_code == 422
    assert anna.put("/me/password", json={"old": PASSWORD, "new": "another four words"}).status_code == 204
    assert good(anna.get("/me/sessions")) == [], "every browser is signed out"


def test_a_token_gives_none_that_outlives_it(site: Website) -> None:
    with _client(site, "boss", "read", "write") as client:
        short = good(client.post("/me/tokens", json={"name": "week", "scopes": ["read", "write"], "days": 7}), 201)
    headers = {"authorization": f"Bearer {short['secret']}"}
    with httpx.Client(base_url=f"{site.url}/api/v1", headers=headers) as client:
        assert client.post("/me/tokens", json={"name": "for ever"}).status_code == 403
        good(client.post("/me/tokens", json={"name": "a day", "days": 1}), 201)


def test_the_kinds_of_channels_say_what_they_need(anna: httpx.Client, boss: httpx.Client) -> None:
    kinds = {one["kind"]: one for one in good(anna.get("/channels/kinds"))}
    assert "console" not in kinds, "it reaches into this machine"
    assert "console" in {one["kind"] for one in good(boss.get("/channels/kinds"))}
    assert {"name": "to", "form": "text"}.items() <= kinds["email"]["settings"][0].items()
    feed = good(anna.post("/channels", json={"kind": "feed", "settings": {"title": "Mine"}}), 201)
    assert httpx.get(feed["feed"]).status_code == 200
    assert good(anna.post(f"/channels/{feed['id']}/enable"))["active"] is True
