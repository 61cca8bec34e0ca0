"""Messages about Vedette itself: to the owner of a channel that died, and to who looks after the installation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.notice import clean, plain_notice
from alerts.wording import Words
from storage import Transaction
from vedette.model import Analyst, Channel, DeliveryReason, NewDelivery, Notice

LOOKED_AT = ("feed", "file", "console")
"""Kinds of channels that nobody is called by: told through them only where there is no other."""
KEPT = timedelta(days=7)
"""How long such a message is tried."""


def operator_notice(title: str, text: str, now: datetime, reader: Analyst | None = None) -> Notice:
    """What a message about Vedette itself says, in the reader's language already."""
    return replace(
        plain_notice(title, "vedette", "Vedette", DeliveryReason.OPERATOR, now, reader),
        text=clean(text),
    )


def tell_owner(tx: Transaction, channel: Channel, why: str, now: datetime, operators: Sequence[str] = ()) -> str:
    """Tell the owner of a channel that was disabled, on another one of theirs, else the operator; on which, or ""."""
    active = [c for c in tx.channels.list() if c.active and c.id != channel.id]
    active.sort(key=lambda c: (c.kind in LOOKED_AT, c.failing_since is not None))  # who comes to the reader, and works
    theirs = [c for c in active if c.analyst == channel.analyst]
    chosen = [*theirs, *(c for c in active if c.id in operators)]
    if not chosen:
        return ""
    reader = tx.analysts.get(chosen[0].analyst or "")
    words = Words.of(reader)
    title = words.say("The channel %(channel)s was switched off", channel=channel.id)
    if theirs:
        title = words.say("Your channel %(channel)s was switched off", channel=channel.id)
    text = words.say(
        "Nothing can be delivered through it: %(why)s. Mend it, then run: vedette channels enable %(channel)s",
        why=why,
        channel=channel.id,
    )
    _post(tx, f"operator-{channel.id}-{now.isoformat()}", chosen[0].id, operator_notice(title, text, now, reader), now)
    tx.deliveries.redirect(channel.id, chosen[0].id, DeliveryReason.OPERATOR, now)  # what it was to tell of others
    return chosen[0].id


def tell_operators(
    tx: Transaction, operators: Sequence[str], key: str, said: Callable[[Words], tuple[str, str]], now: datetime
) -> list[str]:
    """Tell who looks after the installation, once per key and channel; the channels that are not there.

    `said` gives the title and the text in the words of whoever a channel belongs to.
    """
    known = {channel.id: channel for channel in tx.channels.list()}
    for name in operators:
        if name in known:
            reader = tx.analysts.get(known[name].analyst or "")
            title, text = said(Words.of(reader))
            _post(tx, f"{key}-{name}", name, operator_notice(title, text, now, reader), now)
    return [name for name in operators if name not in known]


def _post(tx: Transaction, key: str, channel: str, notice: Notice, now: datetime) -> None:
    message = NewDelivery(key, channel, DeliveryReason.OPERATOR, notice, now, expires_at=now + KEPT)
    tx.deliveries.add(message, None, now)
