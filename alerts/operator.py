"""Messages about Vedette itself: to the owner of a channel that died, and to who looks after the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.notice import clean, plain_notice
from storage import Transaction
from vedette.model import Analyst, Channel, DeliveryReason, NewDelivery, Notice

KEPT = timedelta(days=7)
"""How long such a message is tried."""


def operator_notice(title: str, text: str, now: datetime, reader: Analyst | None = None) -> Notice:
    """What a message about Vedette itself says."""
    return replace(
        plain_notice(title, "vedette", "Vedette", DeliveryReason.OPERATOR, now),
        timezone=reader.timezone if reader else "UTC",
        locale=reader.locale if reader else "en",
        text=clean(text),
    )


def tell_owner(tx: Transaction, channel: Channel, why: str, now: datetime, operators: Sequence[str] = ()) -> str:
    """Tell the owner of a channel that was disabled, on another one of theirs, else the operator; on which, or ""."""
    active = [c for c in tx.channels.list() if c.active and c.id != channel.id]
    theirs = [c.id for c in active if c.analyst == channel.analyst]
    chosen = [*theirs, *(c.id for c in active if c.id in operators)]
    if not chosen:
        return ""
    notice = operator_notice(
        f"Your channel {channel.id} was switched off" if theirs else f"The channel {channel.id} was switched off",
        f"Nothing can be delivered through it: {why}. Mend it, then run: vedette channels enable {channel.id}",
        now,
        tx.analysts.get(channel.analyst or "") if theirs else None,
    )
    _post(tx, f"operator-{channel.id}-{now.isoformat()}", chosen[0], notice, now)
    return chosen[0]


def tell_operators(
    tx: Transaction, operators: Sequence[str], key: str, title: str, text: str, now: datetime
) -> list[str]:
    """Tell who looks after the installation, once per key and channel; the channels that are not there."""
    known = {channel.id for channel in tx.channels.list()}
    for channel in operators:
        if channel in known:
            _post(tx, f"{key}-{channel}", channel, operator_notice(title, text, now), now)
    return [channel for channel in operators if channel not in known]


def _post(tx: Transaction, key: str, channel: str, notice: Notice, now: datetime) -> None:
    message = NewDelivery(key, channel, DeliveryReason.OPERATOR, notice, now, expires_at=now + KEPT)
    tx.deliveries.add(message, None, now)
