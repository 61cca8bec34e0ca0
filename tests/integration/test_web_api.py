"""The HTTP API over a real server: tokens and scopes, cursors, entity tags, problems, another analyst's things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.clock import FrozenClock


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW
    from vedette.model import Analyst

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        furnish(running.store, running.clock.now())
        for number in range(5):
            publish(running.store, running.clock.now(), f"ADEX, day {number}", "ADEX goes on.", number=number)
        with running.store.write() as tx:
            for name in ("anna", "eve", "boss"):
                tx.analysts.put(Analyst(name, timezone="Europe/Rome"))
        yield running


@pytest.fixture(scope="module")
def api(site: Website) -> Iterator[dict[str, httpx.Client]]:
    """Clients with tokens: "anna" and "eve" may read and write, "reader" reads for anna, "boss" administers."""
    scopes = {
        "anna": ("read", "write"),
        "eve": ("read", "write"),
        "reader": ("read",),
        "boss": ("read", "write", "admin"),
    }
    clients = {
        name: httpx.Client(
            base_url=f"{site.url}/api/v1",
            timeout=30,
            headers={"authorization": f"Bearer {site.token('anna' if name == 'reader' else name, *given)}"},
        )
        for name, given in scopes.items()
    }
    yield clients
    for client in clients.values():
        client.close()


def good(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"]
    return body


def test_without_a_good_token_nothing_is_told(site: Website) -> None:
    for headers in ({}, {"authorization": "Bearer vdt_wrong"}):
        answer = httpx.get(f"{site.url}/api/v1/alerts", headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_may_do_what_it_is_for(api: dict[str, httpx.Client]) -> None:
    assert good(api["reader"].get("/me"))["scopes"] == ["read"]
    problem(api["reader"].put("/topics/x", json={"title": "X", "rule": "ADEX"}), 403)
    problem(api["anna"].get("/audit"), 403)
    assert good(api["boss"].get("/audit"))["items"]


def test_alerts_come_in_pieces_without_a_gap(api: dict[str, httpx.Client]) -> None:
    found, cursor = [], ""
    while True:
        piece = good(api["anna"].get("/alerts", params={"limit": 2, "cursor": cursor, "topic": "adex"}))
        found += [alert["id"] for alert in piece["items"]]
        if piece["next"] is None:
            break
        cursor = piece["next"]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 5
    problem(api["anna"].get("/alerts", params={"cursor": "nonsense!"}), 422)


def test_who_has_it_already_is_told_so(api: dict[str, httpx.Client]) -> None:
    first = api["anna"].get("/topics")
    again = api["anna"].get("/topics", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_story_is_read_and_marked(api: dict[str, httpx.Client]) -> None:
    alert = good(api["anna"].get("/alerts"))["items"][0]
    story = good(api["anna"].get(f"/stories/{alert['story']}"))
    assert story["articles"][0]["text"] == "ADEX goes on."
    assert good(api["anna"].patch(f"/stories/{alert['story']}", json={"saved": True})) == {"read": False, "saved": True}
    assert good(api["anna"].get(f"/alerts/{alert['id']}"))["saved"]
    assert not good(api["eve"].get(f"/alerts/{alert['id']}"))["saved"]
    problem(api["anna"].get("/stories/99999"), 404)
    problem(api["anna"].get("/stories/none"), 422)


def test_search_checks_and_backtests_with_one_engine(api: dict[str, httpx.Client]) -> None:
    found = good(api["anna"].get("/search", params={"q": "ADEX", "limit": 2}))
    assert (found["count"], len(found["items"])) == (5, 2)
    more = good(api["anna"].get("/search", params={"q": "ADEX", "limit": 2, "cursor": found["next"]}))
    assert {hit["article"]["id"] for hit in more["items"]}.isdisjoint(hit["article"]["id"] for hit in found["items"])
    body = problem(api["anna"].get("/search", params={"q": "ADEX OR a AND b"}), 422)
    assert body["line"] == 1
    checked = good(api["anna"].post("/rules/check", json={"rule": "ADEX AND"}))
    assert not checked["ok"]
    assert checked["mistake"]["column"] > 1
    tried = good(api["anna"].post("/rules/backtest", json={"rule": "ADEX", "against": "baku"}))
    assert (tried["articles"], len(tried["gained"])) == (5, 5)


def test_a_topic_has_versions_with_author_and_reason(api: dict[str, httpx.Client]) -> None:
    wanted = {"title": "Leonardo", "rule": "Leonardo"}
    assert good(api["anna"].put("/topics/leonardo", json=wanted))["version"] == 1
    again = {**wanted, "rule": "Leonardo AND baku", "reason": "too many"}
    assert good(api["eve"].put("/topics/leonardo", json=again))["version"] == 2
    assert [(v["author"], v["reason"]) for v in good(api["anna"].get("/topics/leonardo/versions"))] == [
        ("anna", ""),
        ("eve", "too many"),
    ]
    assert problem(api["anna"].put("/topics/leonardo", json={**wanted, "rule": "@nonsuch"}), 422)["remedy"]
    assert api["anna"].delete("/topics/leonardo").status_code == 204
    problem(api["anna"].get("/topics/leonardo"), 404)


def test_channels_and_subscriptions_are_ones_own(api: dict[str, httpx.Client]) -> None:
    anna, eve, boss = api["anna"], api["eve"], api["boss"]
    made = good(anna.post("/channels", json={"kind": "feed", "settings": {"title": "Mine"}}), 201)
    assert made["settings"]["title"] == "Mine"
    assert len(made["settings"]["key"]) < 10, "a secret is told whole"
    assert good(anna.post(f"/channels/{made['id']}/test"))["sent"]
    row = {"topic": "adex", "channel": made["id"], "quiet_hours": "22:00-07:00", "cadence": "daily"}
    followed = good(anna.post("/subscriptions", json=row), 201)
    assert good(anna.post(f"/subscriptions/{followed['id']}/mute", json={"hours": 3}))["muted_until"]
    for other in (eve, boss):
        assert good(other.get("/channels"))["items"] == []
        assert good(other.get("/subscriptions"))["items"] == []
        problem(other.get(f"/channels/{made['id']}"), 404)
        problem(other.patch(f"/channels/{made['id']}", json={"settings": {"title": "Hers"}}), 404)
        problem(other.post(f"/channels/{made['id']}/test"), 404)
        problem(other.delete(f"/channels/{made['id']}"), 404)
        problem(other.post("/subscriptions", json=row), 404)
        problem(other.post(f"/subscriptions/{followed['id']}/mute", json={"hours": 3}), 404)
        problem(other.delete(f"/subscriptions/{followed['id']}"), 404)
    problem(anna.delete(f"/channels/{made['id']}"), 422)
    assert anna.delete(f"/subscriptions/{followed['id']}").status_code == 204
    assert anna.delete(f"/channels/{made['id']}").status_code == 204


def test_nested_secrets_can_not_refer_to_the_machine(api: dict[str, httpx.Client]) -> None:
    settings = {"url": "https://hook.example/", "headers": {"X": "file:/etc/passwd"}}
    body = problem(api["anna"].post("/channels", json={"kind": "webhook", "settings": settings}), 422)
    assert "only administrators" in body["detail"]


def test_a_session_writes_only_with_its_guard(site: Website) -> None:
    browser = site.member("zoe")
    assert browser.get("/api/v1/me").json()["id"] == "zoe"
    change = {"title": "X", "rule": "ADEX"}
    problem(browser.client.put("/api/v1/topics/zoe", json=change), 403)
    guard = {"x-csrf-token": browser.guard("/me")}
    assert browser.client.put("/api/v1/topics/zoe", json=change, headers=guard).status_code == 200


def test_every_operation_is_described_with_its_errors(site: Website) -> None:
    document = httpx.get(f"{site.url}/api/v1/openapi.json").json()
    assert len(document["paths"]) > 15
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            for status in ("401", "404", "422"):
                assert "application/problem+json" in operation["responses"][status]["content"], (method, path, status)


def test_a_private_feed_of_a_topic_is_read_by_whoever_has_its_address(
    site: Website, api: dict[str, httpx.Client]
) -> None:
    problem(api["anna"].get("/topics/adex/feed"), 404)
    problem(api["anna"].put("/topics/nowhere/feed"), 404)
    problem(api["reader"].put("/topics/adex/feed"), 403)
    made = good(api["anna"].put("/topics/adex/feed"))
    assert good(api["anna"].put("/topics/adex/feed")) == good(api["anna"].get("/topics/adex/feed")) == made
    problem(api["eve"].get("/topics/adex/feed"), 404)
    answer = httpx.get(made["json_feed"])
    assert answer.headers["content-type"] == "application/feed+json"
    titles = [item["title"] for item in good(answer)["items"]]
    assert titles
    assert all("ADEX" in title for title in titles)
    atom = httpx.get(made["atom"])
    assert atom.text.count("<entry>") == len(titles)
    assert httpx.get(made["atom"], headers={"if-none-match": atom.headers["etag"]}).status_code == 304
    with site.store.write() as tx:
        tx.accounts.put("anna", "", "analyst", site.clock.wall())
        tx.accounts.set_active("anna", active=False)
    assert httpx.get(made["atom"]).status_code == 404
    with site.store.write() as tx:
        tx.accounts.set_active("anna", active=True)


def test_a_feed_that_was_withdrawn_is_no_more(api: dict[str, httpx.Client]) -> None:
    old = good(api["eve"].put("/topics/adex/feed"))
    assert api["eve"].delete("/topics/adex/feed").status_code == 204
    problem(api["eve"].delete("/topics/adex/feed"), 404)
    assert httpx.get(old["atom"]).status_code == 404
    new = good(api["eve"].put("/topics/adex/feed"))
    assert new["atom"] != old["atom"]
    assert httpx.get(old["atom"]).status_code == 404
    assert httpx.get(new["atom"]).status_code == 200
