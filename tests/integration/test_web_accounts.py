"""Doors of the pages over a real server: the first administrator, invitations, passwords, sessions, forged forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.website import PASSWORD, Browser, Website
from vedette.clock import FrozenClock
from vedette.errors import UsageError
from web import accounts, doors
from web.app import POLICY
from web.visitor import COOKIE

PAGES = ("/", "/me", "/people", "/audit")


@pytest.fixture
def site(tmp_path: Path, clock: FrozenClock) -> Iterator[Website]:
    with Website(tmp_path, clock) as running:
        yield running


def sign_in(browser: Browser, name: str, password: str = PASSWORD) -> int:
    return browser.submit("/sign-in", {"name": name, "password": password}).status_code


def test_the_first_link_makes_an_administrator_once(site: Website) -> None:
    link = accounts.first_link(site.store, site.clock.wall())
    assert link is not None
    late = accounts.first_link(site.store, site.clock.wall())
    assert late is not None
    assert site.browser().get(link).status_code == 404, "a link of an earlier start still works"
    first, second = site.browser(), site.browser()
    guard = second.guard(late)
    answer = first.submit(late, {"id": "Anna", "password": PASSWORD, "timezone": "Europe/Rome"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/start")
    assert "People" in first.page("/people")
    again = second.post(late, data={"csrf": guard, "id": "eve", "password": PASSWORD})
    assert again.status_code == 404
    assert accounts.first_link(site.store, site.clock.wall()) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"password": "short"}, "at least 10"),
        ({"password": "annaanna12"}, "too easy"),
        ({"id": "../etc"}, "A name is short"),
        ({"timezone": "Europe/Roma"}, "Europe/Rome"),
        ({"email": "nowhere"}, "no mail address"),
    ],
)
def test_a_bad_answer_is_told_and_the_link_stays_good(site: Website, values: dict[str, str], said: str) -> None:
    link = accounts.first_link(site.store, site.clock.wall())
    assert link is not None
    browser = site.browser()
    answer = browser.submit(link, {"id": "anna", "password": PASSWORD, **values})
    assert answer.status_code == 422
    assert said in answer.text
    assert browser.submit(link, {"id": "anna", "password": PASSWORD}).status_code == 303


def test_strangers_are_asked_to_sign_in_and_come_back(site: Website) -> None:
    site.member("anna")
    stranger = site.browser()
    assert stranger.get("/me").headers["location"] == "/sign-in?next=%2Fme"
    answer = stranger.submit("/sign-in?next=%2Fme", {"name": "anna", "password": PASSWORD, "next": "/me"}, "/sign-in")
    assert answer.headers["location"] == "/me"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_elsewhere(site: Website, target: str) -> None:
    site.member("anna")
    answer = site.browser().submit("/sign-in", {"name": "anna", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"


def test_guessing_is_slowed_down_and_forgiven(site: Website, clock: FrozenClock) -> None:
    site.member("anna")
    browser = site.browser()
    codes = [sign_in(browser, "anna", f"wrong guess {n}") for n in range(accounts.PER_NAME)]
    assert codes == [403] * accounts.PER_NAME
    assert sign_in(browser, "anna") == 429, "the right password must wait as well, or guessing could go on"
    clock.advance(accounts.WINDOW.total_seconds() + 1)
    assert sign_in(browser, "anna") == 303
    with site.store.read() as tx:
        assert tx.accounts.failures("name:anna", clock.wall() - timedelta(days=1)) == 0


def test_unknown_names_are_answered_like_known_ones(site: Website) -> None:
    site.member("anna")
    browser = site.browser()
    known = browser.submit("/sign-in", {"name": "anna", "password": "not this one"})
    unknown = browser.submit("/sign-in", {"name": "nobody", "password": "not this one"})
    assert known.status_code == unknown.status_code == 403
    assert "Name or password is wrong." in known.text
    assert re.sub(r'value="[^"]*"', "", known.text) == re.sub(r'value="[^"]*"', "", unknown.text)


def test_a_form_without_our_guard_does_nothing(site: Website) -> None:
    anna, eve = site.member("anna"), site.member("eve")
    values = {"name": "Changed"}
    assert anna.post("/me", data=values).status_code == 403
    assert anna.post("/me", data={**values, "csrf": eve.guard("/me")}).status_code == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert anna.post("/me", data={**values, "csrf": anna.guard("/me")}, headers=cross).status_code == 403
    assert "Changed" not in anna.page("/me")
    assert anna.submit("/me", values).status_code == 303
    assert "Changed" in anna.page("/me")


def test_cookies_are_hidden_from_scripts_and_other_sites(site: Website) -> None:
    answer = site.browser().submit("/sign-in", {"name": "nobody", "password": "x"})
    assert "set-cookie" not in answer.headers
    site.member("anna")
    cookie = site.browser().submit("/sign-in", {"name": "anna", "password": PASSWORD}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    with site.store.read() as tx:
        kept = [session.digest for session in tx.accounts.sessions("anna")]
    assert cookie.partition("=")[2].partition(";")[0] not in kept, "the database holds a cookie that opens the door"


def test_a_cookie_is_rotated_and_the_old_one_dies(site: Website, clock: FrozenClock) -> None:
    anna = site.member("anna")
    old = anna.client.cookies[COOKIE]
    clock.advance(13 * 3600)
    anna.page("/me")
    new = anna.client.cookies[COOKIE]
    assert new != old
    thief = site.browser()
    thief.client.cookies.set(COOKIE, old)
    assert thief.get("/me").status_code == 200, "requests of the same page overtake each other"
    clock.advance(61)
    assert thief.get("/me").status_code == 303
    assert anna.get("/me").status_code == 200
    clock.advance(31 * 86400)
    assert anna.get("/me").status_code == 303, "a session that nobody used lives for ever"


def test_a_cookie_is_rotated_beside_others(site: Website, clock: FrozenClock) -> None:
    anna = site.member("anna")
    assert anna.submit("/me", {"name": "Anna"}).status_code == 303
    clock.advance(13 * 3600)
    old = anna.client.cookies[COOKIE]
    assert "Saved." in anna.page("/me"), "this answer takes the message's cookie back as well"
    assert anna.client.cookies[COOKIE] != old
    clock.advance(3600)
    assert anna.get("/me").status_code == 200
    clock.advance(13 * 3600)
    assert anna.submit("/me", {}, "/sign-out").status_code == 303
    assert COOKIE not in anna.client.cookies


def test_a_new_password_signs_everybody_else_out(site: Website) -> None:
    anna, other = site.member("anna"), site.browser()
    assert sign_in(other, "anna") == 303
    wrong = {"old": "not this one", "new": "another four quiet words"}
    assert anna.submit("/me", wrong, "/me/password").status_code == 422
    old = anna.client.cookies[COOKIE]
    assert anna.submit("/me", {**wrong, "old": PASSWORD}, "/me/password").status_code == 303
    assert anna.client.cookies[COOKIE] != old
    assert anna.get("/me").status_code == 200
    assert other.get("/me").status_code == 303
    assert sign_in(site.browser(), "anna") == 403
    assert sign_in(site.browser(), "anna", "another four quiet words") == 303


def test_who_is_locked_out_is_out_at_once(site: Website) -> None:
    boss, anna = site.member("boss", admin=True), site.member("anna")
    token = {"authorization": f"Bearer {site.token('anna')}"}
    assert boss.submit("/people", {"active": "no"}, "/people/anna/active").status_code == 303
    assert anna.get("/").status_code == 303
    assert sign_in(site.browser(), "anna") == 403
    assert boss.submit("/people", {"active": "no"}, "/people/boss/active").status_code == 409
    with site.store.read() as tx:
        assert tx.tokens.find(doors.digest(token["authorization"][7:]), site.clock.wall()) is None
        audit = [(line.actor, line.action, line.subject) for line in tx.audit.list()]
    assert ("boss", "locked out", "anna") in audit


def test_pages_of_administrators_are_not_there_for_analysts(site: Website) -> None:
    anna = site.member("anna")
    assert [anna.get(page).status_code for page in PAGES] == [200, 200, 404, 404]
    guard = anna.guard("/me")
    assert anna.post("/people/invite", data={"csrf": guard, "role": "admin"}).status_code == 404
    assert anna.post("/me/tokens", data={"csrf": guard, "name": "x", "scope": "admin"}).status_code == 403


def test_an_open_invitation_can_not_take_somebodys_name(site: Website) -> None:
    from vedette.model import Analyst

    with site.store.write() as tx:
        tx.analysts.put(Analyst("bob"))  # declared, has never signed in
    boss = site.member("boss", admin=True)
    page = boss.submit("/people", {"analyst": "", "role": "analyst"}, "/people/invite").text
    link = re.search(r"/join/[\w-]+", page)
    assert link
    answer = site.browser().submit(link[0], {"id": "bob", "password": PASSWORD})
    assert answer.status_code == 422
    assert "taken" in answer.text
    assert site.browser().submit(link[0], {"id": "carla", "password": PASSWORD}).status_code == 303


def test_a_token_is_shown_once_and_ends(site: Website) -> None:
    anna, eve = site.member("anna"), site.member("eve")
    shown = anna.submit("/me", {"name": "script", "scope": "read", "days": "30"}, "/me/tokens").text
    secret = re.search(r"vdt_[\w-]+", shown)
    assert secret
    assert secret[0] not in anna.page("/me")
    with site.store.read() as tx:
        (token,) = tx.tokens.list("anna")
    assert eve.submit("/me", {}, f"/me/tokens/{token.id}/end").status_code == 404
    assert anna.submit("/me", {}, f"/me/tokens/{token.id}/end").status_code == 303
    with site.store.read() as tx:
        assert tx.tokens.find(doors.digest(secret[0]), site.clock.wall()) is None


def test_every_answer_keeps_the_browser_safe(site: Website) -> None:
    anna = site.member("anna")
    for path in ("/", "/nothing", "/static/style.css", "/healthz", "/api/v1/nothing"):
        headers = anna.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY
    assert anna.get("/").headers["cache-control"] == "private, no-store"
    for page in ("/", "/me", "/sign-in"):
        html = anna.get(page).text
        assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|\sstyle=|<style|https?://(?!www\.w3)", html), page


def test_health_and_metrics_need_no_account_and_name_nobody(site: Website, clock: FrozenClock) -> None:
    site.member("anna")
    stranger = site.browser()
    assert stranger.get("/healthz").json()["status"] == "ok"
    text = stranger.get("/metrics").text
    assert "vedette_articles 0.0" in text
    assert "anna" not in text
    with site.store.write() as tx:
        tx.workers.beat("crawl:boot:1", "crawl", clock.now())
    clock.advance(600)
    late = stranger.get("/healthz")
    assert (late.status_code, late.json()["late"]) == (503, ["crawl"])


def test_a_request_that_is_too_large_is_refused(site: Website) -> None:
    answer = site.browser().post("/sign-in", content=b"x" * 5_000_000)
    assert answer.status_code == 413


def test_a_role_that_is_none_is_refused(site: Website) -> None:
    with pytest.raises(UsageError, match="unknown role"), site.store.write() as tx:
        accounts.invite(tx, "anna", "king", "test", site.clock.wall())


def test_an_error_keeps_the_frame_of_the_pages_and_their_language(site: Website) -> None:
    rita = site.member("rita", locale="it")
    missing = rita.get("/nothing")
    assert missing.status_code == 404
    assert "Non trovato" in missing.text
    assert 'href="/alerts-to-me"' in missing.text
    assert 'href="/alerts-to-me"' not in site.browser().get("/nothing").text
    wrong = rita.get("/search?q=x&days=ten")
    assert wrong.status_code == 422
    assert "dev’essere un numero intero" in wrong.text


def test_an_empty_house_says_what_to_do(site: Website) -> None:
    first = site.member("first-of-all")
    for path in ("/start", "/topics"):
        html = first.page(path)
        assert "There are no topics yet" in html
        assert 'href="/topics/new"' in html
