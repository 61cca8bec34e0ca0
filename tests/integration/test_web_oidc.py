"""Signing in through a provider: who is let in as what, and every answer that must not be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import NOW
from tests.provider import CLIENT, SECRET, Provider
from tests.website import Browser, Website
from vedette.clock import FrozenClock
from vedette.model import Analyst


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider(NOW.timestamp()) as running:
        yield running


@pytest.fixture
def website(provider: Provider, tmp_path: Any) -> Iterator[Callable[[str], Website]]:
    opened: list[Website] = []

    def make(more: str = "", web: str = "") -> Website:
        settings = f'[web]\n{web}\n[web.oidc]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT}"\n'
        settings += f'client_secret = "{SECRET}"\n{more}\n'
        opened.append(Website(tmp_path, FrozenClock(NOW), settings).__enter__())
        return opened[-1]

    provider.wrong = ""
    yield make
    for site in opened:
        site.__exit__()


def walk(site: Website, provider: Provider, **claims: Any) -> tuple[Browser, httpx.Response]:
    """Follow the button to the provider and back; the last answer."""
    provider.claims = {"sub": "1", "email": "Anna@corp.example", "email_verified": True, "name": "Anna", **claims}
    browser = site.browser()
    there = httpx.get(browser.get("/sign-in/oidc?next=/topics").headers["location"])
    back = urlsplit(there.headers["location"])
    return browser, browser.get(f"{back.path}?{back.query}")


def test_a_person_of_an_allowed_domain_gets_an_account(website: Any, provider: Provider) -> None:
    site = website('domains = ["corp.example"]')
    assert "Single sign-on" in site.browser().page("/sign-in")
    browser, answer = walk(site, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/topics")
    browser.page("/topics")
    with site.store.read() as tx:
        account = tx.accounts.get("anna")
        assert account is not None
        assert account.role == "analyst"
    walk(site, provider, email="anna.renamed@corp.example")  # the same subject stays the same analyst
    with site.store.read() as tx:
        assert [a.id for a in tx.analysts.list()] == ["anna"]
    with site.store.write() as tx:
        tx.accounts.set_active("anna", active=False)
    assert walk(site, provider)[1].status_code == 403


def test_groups_decide_who_administers(website: Any, provider: Provider) -> None:
    site = website('analyst_groups = ["desk"]\nadmin_groups = ["ops"]')
    assert walk(site, provider, groups=["others"])[1].status_code == 403
    for groups, role in ((["desk"], "analyst"), (["desk", "ops"], "admin"), (["desk"], "analyst")):
        assert walk(site, provider, groups=groups)[1].status_code == 303
        with site.store.read() as tx:
            account = tx.accounts.get("anna")
            assert account is not None
            assert account.role == role


def test_without_domains_and_groups_only_known_people_come_in(website: Any, provider: Provider) -> None:
    site = website()
    assert walk(site, provider)[1].status_code == 403
    with site.store.write() as tx:
        tx.analysts.put(Analyst("a.rossi", email="anna@corp.example"))
    assert walk(site, provider)[1].status_code == 303
    assert walk(site, provider, sub="2")[1].status_code == 403  # another person with the same address


def test_an_unchecked_address_takes_over_no_account(website: Any, provider: Provider) -> None:
    site = website('domains = ["corp.example"]')
    site.member("boss", admin=True, email="boss@corp.example")
    for claims in ({}, {"email_verified": False}, {"email_verified": None}):
        assert (
            walk(site, provider, **{"email": "boss@corp.example", "email_verified": None, **claims})[1].status_code
            == 403
        )
    assert walk(site, provider, email="boss@corp.example")[1].status_code == 303


@pytest.mark.parametrize("wrong", ["issuer", "audience", "nonce", "old", "signature"])
def test_a_token_that_is_not_good_lets_nobody_in(website: Any, provider: Provider, wrong: str) -> None:
    site = website('domains = ["corp.example"]')
    there = httpx.get(site.browser().get("/sign-in/oidc").headers["location"])
    assert there.status_code == 303
    if wrong == "issuer":
        provider.wrong = wrong
        assert site.browser().get("/sign-in/oidc").status_code == 503
        return
    provider.wrong = wrong
    browser, answer = walk(site, provider)
    assert answer.status_code == 403
    assert browser.get("/topics").status_code == 303


def test_an_answer_of_another_browser_is_refused(website: Any, provider: Provider) -> None:
    site = website('domains = ["corp.example"]')
    provider.claims = {"sub": "1", "email": "anna@corp.example", "email_verified": True}
    there = httpx.get(site.browser().get("/sign-in/oidc").headers["location"])
    back = urlsplit(there.headers["location"])
    stranger = site.browser()
    assert stranger.get(f"{back.path}?{back.query}").status_code == 403
    stranger.get("/sign-in/oidc")
    assert stranger.get(f"{back.path}?{back.query}").status_code == 403


def test_passwords_can_be_turned_off(website: Any) -> None:
    site = website('domains = ["corp.example"]', web="passwords = false")
    page = site.browser().page("/sign-in")
    assert 'type="password"' not in page


def test_without_a_provider_there_is_no_button(tmp_path: Any) -> None:
    with Website(tmp_path, FrozenClock(NOW)) as site:
        assert "oidc" not in site.browser().page("/sign-in")
        assert site.browser().get("/sign-in/oidc").status_code == 404
