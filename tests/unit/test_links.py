"""Signed links: what a reader may do from a message, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import CHANNELS, validate
from alerts.links import with_links
from tests.notices import NOW, context, digest, notice
from vedette.links import Link, LinkError, LinkSigner, Purpose, address, feed_address
from vedette.model import Delivery, DeliveryReason, DeliveryState
from vedette.secrets import Vault

KEY = Vault.new_key()
SIGNER = LinkSigner(Vault(KEY))
MUTE = Link(Purpose.MUTE, "anna-adex", "adex", 42, 7, hours=24, expires_at=NOW + timedelta(days=30))

names = st.text(st.characters(codec="utf-8"), max_size=60)
numbers = st.integers(0, 2**53)
links = st.builds(
    Link,
    purpose=st.sampled_from(Purpose),
    subscription=names,
    topic=names,
    story=numbers,
    alert=numbers,
    channel=names,
    hours=st.integers(0, 10_000),
    key=names,
    expires_at=st.none()
    | st.datetimes(datetime(2027, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
)


@given(links)
def test_a_link_comes_back_as_it_was_made(link: Link) -> None:
    token = SIGNER.make(link)
    assert SIGNER.verify(token, NOW) == link
    assert token.isascii()
    assert not set(token) & set(" /?#&%<>|\"'"), "safe in a URL, in a header and in Slack's markup"
    assert SIGNER.make(link) == token, "copies of a message are alike"


@given(st.integers(0, 10_000), st.sampled_from("AZaz09-_.!é\x00"))
def test_a_changed_token_is_refused_or_means_the_same(place: int, char: str) -> None:
    token = SIGNER.make(MUTE)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    try:
        found = SIGNER.verify(changed, NOW)
    except LinkError:
        return
    assert found == MUTE


@given(st.text(max_size=300))
def test_any_text_is_refused_in_one_line(token: str) -> None:
    with pytest.raises(LinkError) as caught:
        SIGNER.verify(token, NOW)
    assert "\n" not in str(caught.value)
    assert not caught.value.expired


def test_the_payload_of_one_link_is_not_taken_under_the_signature_of_another() -> None:
    tokens = [SIGNER.make(replace(MUTE, purpose=purpose)) for purpose in Purpose]
    for one, other in permutations(tokens, 2):
        with pytest.raises(LinkError, match="not valid"):
            SIGNER.verify(one.rpartition(".")[0] + "." + other.rpartition(".")[2], NOW)


@pytest.mark.parametrize(
    ("late", "good"),
    [(timedelta(days=29), True), (timedelta(days=30, seconds=-1), True), (timedelta(days=30), False)],
)
def test_a_link_is_good_until_its_time(late: timedelta, good: bool) -> None:
    token = SIGNER.make(MUTE)
    if good:
        assert SIGNER.verify(token, NOW + late) == MUTE
        return
    with pytest.raises(LinkError, match="past its time") as caught:
        SIGNER.verify(token, NOW + late)
    assert caught.value.expired


def test_another_key_makes_no_links_and_an_old_one_is_taken_while_it_is_replaced() -> None:
    new = Vault.new_key()
    old_token = SIGNER.make(MUTE)
    with pytest.raises(LinkError, match="not valid"):
        LinkSigner(Vault(new)).verify(old_token, NOW)
    both = LinkSigner(Vault(new, KEY))
    assert both.verify(old_token, NOW) == MUTE
    assert LinkSigner(Vault(new)).verify(both.make(MUTE), NOW) == MUTE


def test_a_very_long_token_is_refused_before_it_is_read() -> None:
    with pytest.raises(LinkError, match="not valid"):
        SIGNER.verify("A" * 10_000_000, NOW)


def delivery(**changes: object) -> Delivery:
    made = Delivery(
        1, "key", "mail", DeliveryState.SENDING, DeliveryReason.NEW_STORY, notice(), NOW, alert_id=7, subscription="s1"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def read(url: str) -> Link:
    assert url.startswith("https://vedette.example/links/")
    return SIGNER.verify(url.rpartition("/")[2], NOW)


def test_a_message_carries_what_its_reader_can_do() -> None:
    links = with_links(delivery(), SIGNER, "https://vedette.example/").links
    assert set(links) == {"mute", "snooze", "not-relevant", "unsubscribe"}
    for name, url in links.items():
        link = read(url)
        assert (link.purpose.value, link.subscription, link.topic) == (name, "s1", "adex")
    assert (read(links["mute"]).hours, read(links["snooze"]).story) == (24, 42)
    assert read(links["not-relevant"]).alert == 7
    assert read(links["unsubscribe"]).expires_at is None, "a mail may lie for years"
    assert with_links(delivery(attempts=3), SIGNER, "https://vedette.example").links == links


def test_a_story_is_snoozed_only_where_there_is_one() -> None:
    links = with_links(delivery(notice=notice(story_id=0)), SIGNER, "https://vedette.example").links
    assert set(links) == {"mute", "unsubscribe"}


def test_an_entry_of_a_digest_has_a_link_of_its_own_story() -> None:
    told = with_links(delivery(notice=digest(3), alert_id=None), SIGNER, "https://vedette.example")
    assert set(told.links) == {"mute", "unsubscribe"}
    links = [read(entry.links["not-relevant"]) for entry in told.entries if "not-relevant" in entry.links]
    assert [(link.subscription, link.story, link.alert) for link in links] == [("s1", 1, 1), ("s1", 2, 2)]
    for kind in ("email", "feed"):
        shown = CHANNELS[kind](validate(kind, CHANNELS[kind].example)).preview(told, context())
        for entry in told.entries[1:]:
            assert entry.links["not-relevant"] in shown


@pytest.mark.parametrize(("changes", "public"), [({}, ""), ({"subscription": None}, "https://vedette.example")])
def test_without_an_address_or_a_subscription_there_are_none(changes: dict[str, None], public: str) -> None:
    assert with_links(delivery(**changes), SIGNER, public).links == {}


def test_addresses() -> None:
    assert address("https://v.example/", "t.s") == "https://v.example/links/t.s"
    assert feed_address("https://v.example", "t.s", "rss") == "https://v.example/feeds/t.s.rss"
