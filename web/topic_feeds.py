"""Private feeds of topics: their addresses, and what they hold."""

from __future__ import annotations

import secrets

from alerts.feed import MOST_ITEMS, Form, Item
from alerts.notice import build_notice
from storage import StreamEntry, Transaction, Wanted
from vedette.links import Link, LinkSigner, Purpose, feed_address
from vedette.model import Analyst, DeliveryReason, Topic
from web import doors
from web.problems import Problem
from web.site import Site


def addresses(site: Site, analyst: str, topic_id: str, key: str, base: str) -> dict[Form, str]:
    """Where a feed with a key is read, by form. `base`: our address where the configuration names none."""
    token = LinkSigner(site.vault).make(Link(Purpose.FEED, subscription=analyst, topic=topic_id, key=key))
    public = site.context.settings.alerts.public_url or base
    return {"atom": feed_address(public, token, "atom"), "json": feed_address(public, token, "json")}


def open_feed(tx: Transaction, site: Site, analyst: str, topic_id: str, address: str) -> str:
    """The key of an analyst's feed of a topic, which is made where there is none; 404 for no topic."""
    if tx.topics.get(topic_id) is None:
        raise Problem(404)
    known = tx.topic_feeds.key(analyst, topic_id)
    if known is None:
        known = tx.topic_feeds.open(analyst, topic_id, secrets.token_urlsafe(16), site.wall())
        tx.audit.add(analyst, "topic feed: made", topic_id, site.wall(), address=address)
    return known


def withdraw(tx: Transaction, site: Site, analyst: str, topic_id: str, address: str) -> None:
    """Make an address worthless; 404 where there is no feed."""
    if not tx.topic_feeds.withdraw(analyst, topic_id):
        raise Problem(404)
    tx.audit.add(analyst, "topic feed: withdrawn", topic_id, site.wall(), address=address)


def change(tx: Transaction, site: Site, analyst: str, topic_id: str, what: str, address: str) -> None:
    """Make a feed ("make"), give it another address ("renew"), or make its address worthless ("withdraw")."""
    if what not in ("make", "renew", "withdraw"):
        raise Problem(422)
    if what != "make":
        withdraw(tx, site, analyst, topic_id, address)
    if what != "withdraw":
        open_feed(tx, site, analyst, topic_id, address)


def read(tx: Transaction, link: Link) -> tuple[Topic, list[Item]]:
    """The topic of a feed's link and its newest alerts; 404 for a link that was withdrawn, or whose owner is gone."""
    analyst, topic = tx.analysts.get(link.subscription), tx.topics.get(link.topic)
    account, key = tx.accounts.get(link.subscription), tx.topic_feeds.key(link.subscription, link.topic)
    shut_out = account is not None and not account.active
    if analyst is None or topic is None or key is None or shut_out or not doors.same(key, link.key):
        raise Problem(404)
    entries = tx.stream.page(analyst.id, Wanted(topic=topic.id), limit=MOST_ITEMS)
    return topic, [_item(entry, topic, analyst) for entry in entries if entry.match is not None]


def _item(entry: StreamEntry, topic: Topic, analyst: Analyst) -> Item:
    assert entry.match is not None
    notice = build_notice(
        entry.article,
        entry.match,
        topic,
        analyst=analyst,
        story_id=entry.alert.story_id,
        reason=DeliveryReason.NEW_STORY,
        seen_at=entry.seen_at,
    )
    return Item(f"alert:{entry.alert.id}", notice, entry.alert.created_at)
