"""The links that a message carries: what its reader can do straight from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from vedette.links import Link, LinkSigner, Purpose, address
from vedette.model import Delivery, Notice

GOOD_FOR = timedelta(days=30)
MUTE_HOURS = 24
SNOOZE_HOURS = 7 * 24


def with_links(delivery: Delivery, signer: LinkSigner, public_url: str) -> Notice:
    """The delivery's notice with its signed links: the same ones on every copy of the message.

    Without a public address, or a subscription that they could act on, the notice stays as it is.
    """
    notice = delivery.notice
    if not public_url or delivery.subscription is None:
        return notice
    until = (delivery.created_at + GOOD_FOR).replace(microsecond=0)
    base = Link(Purpose.MUTE, delivery.subscription, notice.topic, expires_at=until)
    offered = {"mute": replace(base, hours=MUTE_HOURS)}
    if (story := _about(base, notice, delivery.alert_id)) is not None:
        offered["snooze"] = replace(story, purpose=Purpose.SNOOZE, hours=SNOOZE_HOURS)
        offered["not-relevant"] = replace(story, purpose=Purpose.NOT_RELEVANT)
    # it must work for as long as the mail lies in a mailbox, and it can do no more than its name says
    offered["unsubscribe"] = Link(Purpose.UNSUBSCRIBE, delivery.subscription, notice.topic)
    signed = {name: address(public_url, signer.make(link)) for name, link in offered.items()}
    entries = tuple(_with_link(entry, base, signer, public_url) for entry in notice.entries)
    return replace(notice, links={**notice.links, **signed}, entries=entries)


def _about(base: Link, notice: Notice, alert_id: int | None) -> Link | None:
    """A link about the notice's own story; None where there is no alert that it could act on."""
    alert = alert_id or notice.alert_id
    return replace(base, story=notice.story_id, alert=alert) if notice.story_id and alert else None


def _with_link(entry: Notice, base: Link, signer: LinkSigner, public_url: str) -> Notice:
    """An entry of a digest, with the one thing to say of it: that it is not relevant."""
    story = _about(replace(base, topic=entry.topic), entry, None)
    if story is None:
        return entry
    token = signer.make(replace(story, purpose=Purpose.NOT_RELEVANT))
    return replace(entry, links={**entry.links, "not-relevant": address(public_url, token)})
