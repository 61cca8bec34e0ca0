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
    base = Link(
        Purpose.MUTE,
        delivery.subscription,
        notice.topic,
        notice.story_id,
        delivery.alert_id or 0,
        expires_at=(delivery.created_at + GOOD_FOR).replace(microsecond=0),
    )
    offered = {"mute": replace(base, hours=MUTE_HOURS)}
    if notice.story_id:
        offered["snooze"] = replace(base, purpose=Purpose.SNOOZE, hours=SNOOZE_HOURS)
        offered["not-relevant"] = replace(base, purpose=Purpose.NOT_RELEVANT)
    # it must work for as long as the mail lies in a mailbox, and it can do no more than its name says
    offered["unsubscribe"] = Link(Purpose.UNSUBSCRIBE, delivery.subscription, notice.topic)
    signed = {name: address(public_url, signer.make(link)) for name, link in offered.items()}
    return replace(notice, links={**notice.links, **signed})
