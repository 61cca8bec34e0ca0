"""The private feed: what a feed reader makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from alerts.channels import make_channel, seal
from alerts.feed import FeedHead, Item, build_feed, feed_token, items_of
from crawler.feeds import parse_feed
from tests.notices import HOSTILE, NOW, context, hostile, notice
from tests.office import Office
from vedette.errors import ConfigError
from vedette.links import LinkSigner, Purpose
from vedette.model import DeliveryState
from vedette.secrets import Vault

HEAD = FeedHead("anna-feed", "Anna's topics", "https://v.example/feeds/t.atom", "https://v.example/")
FORMS = ("atom", "rss")
Form = Literal["atom", "rss"]


def read(items: list[Item], form: Form = "atom", head: FeedHead = HEAD) -> Any:
    document = build_feed(head, items, NOW, form)
    etree.fromstring(document)
    parsed = feedparser.parse(document)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_sees_what_an_alert_says(form: Form) -> None:
    links = {"explain": "https://v.example/explain?url=x&y=1", "mute": "https://v.example/links/t"}
    parsed = read([Item("k1", notice(links=links), NOW)], form)
    (entry,) = parsed.entries
    assert parsed.feed.title == "Anna's topics"
    assert (entry.title, entry.link, entry.id) == (
        "[ADEX fair] ADEX opens in Baku",
        "https://news.example/a?b=1&c=2",
        "urn:vedette:k1",
    )
    said = entry.content[0].value if "content" in entry else entry.summary
    for words in ("<strong>Krosetto</strong>", "Guido Crosetto (Krosetto)", "news.example", "12:15", "rule version 3"):
        assert words in said
    assert 'href="https://v.example/links/t"' in said
    assert entry.published_parsed[:5] == NOW.utctimetuple()[:5]


def test_readers_of_json_feeds_see_the_same() -> None:
    items = [Item(f"k{n}", notice(f"Story {n}"), NOW + timedelta(minutes=n)) for n in range(3)]
    parsed = parse_feed(build_feed(HEAD, items, NOW, "json"), url=HEAD.address, headers={})
    assert (parsed.title, len(parsed.entries)) == ("Anna's topics", 3)
    first = parsed.entries[0]
    assert (first.title, first.url) == ("[ADEX fair] Story 2", "https://news.example/a?b=1&c=2")
    assert first.published_at == NOW + timedelta(minutes=2)
    assert "<strong>Krosetto</strong>" in first.content
    for name in HOSTILE:
        json.loads(build_feed(HEAD, [Item("k", hostile(name), NOW)], NOW, "json"))


@pytest.mark.parametrize("form", FORMS)
def test_the_newest_comes_first_and_fifty_are_enough(form: Form) -> None:
    items = [Item(f"k{n}", notice(f"Story {n}"), NOW + timedelta(minutes=n)) for n in range(60)]
    parsed = read(items, form)
    assert [entry.id for entry in parsed.entries] == [f"urn:vedette:k{n}" for n in range(59, 9, -1)]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_entries_make_the_same_document(form: Form) -> None:
    items = [Item(f"k{n}", notice(), NOW) for n in range(3)]
    later = build_feed(HEAD, list(reversed(items)), NOW + timedelta(days=1), form)
    if form == "atom":
        assert build_feed(HEAD, items, NOW, form) == later, "a server can answer 304"


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_feed_is_a_feed(form: Form) -> None:
    assert read([], form, FeedHead("f", "")).entries == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_pages_leave_a_feed_well_formed_and_harmless(form: Form, name: str) -> None:
    (entry,) = read([Item("k", hostile(name), NOW)], form).entries
    assert entry.title
    raw = etree.fromstring(build_feed(HEAD, [Item("k", hostile(name), NOW)], NOW, form))
    assert not {"<", ">"} & set("".join(raw.xpath("//*[local-name()='title' or local-name()='name']/text()")))
    for told in raw.xpath("//*[local-name()='content' or local-name()='encoded' or local-name()='description']/text()"):
        tags = {element.tag for element in html.fragment_fromstring(told, create_parent=True).iter()}
        assert tags <= {"div", "p", "blockquote", "ul", "li", "a", "strong"}


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
@given(st.text(max_size=200), st.text(max_size=100))
def test_any_channel_and_title_make_a_feed(title: str, channel: str) -> None:
    read([Item("k", notice(), NOW)], "atom", FeedHead(channel, title))


def test_what_was_sent_through_the_channel_is_what_the_feed_tells(tmp_path: Any) -> None:
    office = Office(tmp_path)
    office.channel("anna-feed", "feed", {"title": "Anna's"})
    first = office.post("anna-feed", "a", subscription="s1")
    office.post("anna-feed", "later", subscription="s1", not_before=NOW + timedelta(hours=1))
    office.deliver()
    signer = LinkSigner(office.settings.vault())
    with office.store.read() as tx:
        sent = tx.deliveries.list(DeliveryState.SENT, channel="anna-feed")
    items = items_of(sent, signer, "https://v.example")
    assert [item.key for item in items] == [office.get(first).idem_key]
    assert "https://v.example/links/" in items[0].notice.links["mute"]
    (entry,) = read(items).entries
    assert entry.id == "urn:vedette:a"


def test_the_address_of_a_feed_names_its_channel_and_its_key() -> None:
    signer = LinkSigner(Vault(Vault.new_key()))
    link = signer.verify(feed_token(signer, "anna-feed", "k1"), NOW + timedelta(days=9999))
    assert (link.purpose, link.channel, link.key) == (Purpose.FEED, "anna-feed", "k1")
    assert feed_token(signer, "anna-feed", "k2") != feed_token(signer, "anna-feed", "k1")


def test_the_operators_template_is_used_and_a_broken_one_says_where(tmp_path: Any) -> None:
    folder = tmp_path / "anna-feed"
    folder.mkdir()
    (folder / "feed.html.j2").write_text("<p>ours: {{ notice.title }}</p>")
    head = replace(HEAD, templates=tmp_path)
    assert b"ours: ADEX opens" in build_feed(head, [Item("k", notice(), NOW)], NOW)
    assert b"ours:" not in build_feed(replace(head, channel="other"), [Item("k", notice(), NOW)], NOW)
    (folder / "feed.html.j2").write_text("{{ nothing }}")
    vault = Vault(Vault.new_key())
    channel = make_channel("feed", seal("feed", {}, vault), vault)
    with pytest.raises(ConfigError, match=r"anna-feed/feed\.html\.j2"):
        channel.preview(notice(), context(templates=tmp_path, channel="anna-feed"))
