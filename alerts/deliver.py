"""The delivery worker: claim, send, record.

A delivery is claimed in a short transaction, its attempt written down, the message sent outside of any transaction and
its end recorded by whoever still holds the lease. A kill at any point loses nothing: the delivery goes out again under
the same key.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.channels import CHANNELS, Result, SendContext, make_channel
from alerts.notice import clean
from storage import Transaction
from vedette.errors import VedetteError
from vedette.model import (
    Attempt,
    AttemptOutcome,
    Channel,
    Delivery,
    DeliveryReason,
    DeliveryState,
    NewDelivery,
    Notice,
)
from vedette.secrets import redact

if TYPE_CHECKING:
    from vedette.daemon.context import Context

IDLE_SECONDS = 0.2
"""Real seconds between two looks for work."""
GRACE_SECONDS = 15.0
"""Real seconds that messages in flight may still take once the worker shall stop."""
LEASE_MARGIN = 60.0
"""Real seconds by which a lease outlives the deadline of a send."""
JITTER = 0.2
GIVE_UP_CHANNEL_AFTER = timedelta(days=5)


@dataclass
class Tally:
    """How many deliveries ended how, in one run."""

    sent: int = 0
    failed: int = 0


def main(context: Context) -> None:
    """The worker role: deliver until `context.stop` is set."""
    asyncio.run(Courier(context).forever())


def deliver_due(context: Context) -> Tally:
    """Send what is due, once; what fails waits for its next time."""
    courier = Courier(context)
    asyncio.run(courier.once())
    return courier.tally


class Courier:
    """The dispatcher: one message at a time per channel, channels side by side."""

    def __init__(self, context: Context) -> None:
        """Nothing is claimed yet."""
        self.context, self.tally = context, Tally()
        self._vault = context.settings.vault()
        self._chance = random.Random()
        self._running: dict[str, asyncio.Task[None]] = {}  # by channel

    async def forever(self) -> None:
        """Work until told to stop, then finish what is in flight."""
        while not self.context.stop.is_set():
            self.context.touch()
            if not await self._dispatch():
                await self._rest()
        await self._finish()

    async def once(self) -> None:
        """Work until nothing is due."""
        while not self.context.stop.is_set() and (await self._dispatch() or self._running):
            await self._rest()
        await self._finish()

    async def _dispatch(self) -> int:
        room = self.context.settings.deliver.concurrency - len(self._running)
        if room <= 0:
            return 0
        claimed = await asyncio.to_thread(self._claim, room, tuple(self._running))
        for delivery in claimed:
            task = asyncio.ensure_future(self._deliver(delivery))
            self._running[delivery.channel] = task
            task.add_done_callback(lambda done, name=delivery.channel: self._ended(name, done))  # type: ignore[misc]
        return len(claimed)

    def _claim(self, room: int, busy: Sequence[str]) -> list[Delivery]:
        clock, store = self.context.clock, self.context.store
        now = clock.now()
        with store.read() as tx:
            if not tx.deliveries.any_due(now, busy):
                return []
        lease = now + clock.real(self.context.settings.deliver.timeout + LEASE_MARGIN)
        with store.write() as tx:
            return tx.deliveries.claim(self.context.owner, now, room, lease, busy_channels=busy)

    def _ended(self, channel: str, task: asyncio.Task[None]) -> None:
        self._running.pop(channel, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.context.log.error("delivery job failed", channel=channel, error=redact(repr(error)))

    async def _deliver(self, delivery: Delivery) -> None:
        begun = await asyncio.to_thread(self._begin, delivery)
        if begun is None:
            return
        channel, attempt = begun
        result = await self._send(channel, delivery)
        await asyncio.to_thread(self._record, delivery, channel, attempt, result)

    def _begin(self, delivery: Delivery) -> tuple[Channel, Attempt] | None:
        """Write the attempt down; None where there is nothing to send any more."""
        now = self.context.clock.now()
        with self.context.store.write() as tx:
            channel = tx.channels.get(delivery.channel)
            if delivery.expires_at is not None and delivery.expires_at <= now:
                tx.deliveries.end(delivery.id, DeliveryState.EXPIRED, DeliveryReason.TOO_LATE, now)
                self.context.log.warning("delivery expired", delivery=delivery.id, channel=delivery.channel)
                return None
            if channel is None:
                tx.deliveries.end(delivery.id, DeliveryState.DEAD, DeliveryReason.CHANNEL_DISABLED, now, "no channel")
                return None
            attempt = tx.deliveries.start_attempt(delivery.id, self.context.owner, now)
            return (channel, attempt) if attempt is not None else None

    async def _send(self, channel: Channel, delivery: Delivery) -> Result:
        settings = self.context.settings
        send = SendContext(
            now=self.context.clock.now(),
            wall=self.context.clock.wall(),
            timeout=settings.deliver.timeout,
            allow_addresses=tuple(settings.network.allow_addresses),
            smtp=settings.smtp,
            public_url=settings.alerts.public_url,
            user_agent=settings.crawl.user_agent,
        )
        try:
            sender = make_channel(channel.kind, channel.settings, self._vault)
        except VedetteError as error:
            return Result(AttemptOutcome.RETRY, "settings", "settings", str(error))
        try:
            # channels bound every phase themselves; this is for one that does not
            async with asyncio.timeout(send.timeout + LEASE_MARGIN / 2):
                return await sender.send(delivery.notice, delivery.idem_key, send)
        except TimeoutError:
            return Result(AttemptOutcome.UNCERTAIN, "deadline", "timeout", "the channel did not come back in time")
        except Exception as error:  # noqa: BLE001 - a plug-in's bug must not stop the others' messages; it is recorded
            return Result(AttemptOutcome.UNCERTAIN, "bug", type(error).__name__, repr(error))

    def _record(self, delivery: Delivery, channel: Channel, attempt: Attempt, result: Result) -> None:
        clock, error = self.context.clock, redact(result.error)[:500]
        now = clock.now()
        state, at, reason = what_next(channel.kind, result, attempt.number, now, self._chance.random())
        with self.context.store.write() as tx:
            tx.deliveries.finish_attempt(
                attempt,
                self.context.owner,
                result.outcome,
                state=state,
                now=now,
                next_attempt_at=at,
                reason=reason,
                error=error,
                code=result.code,
                phase=result.phase,
            )
            self._note_channel(tx, channel, delivery, result, error, now)
        log = self.context.log.info if state is DeliveryState.SENT else self.context.log.warning
        self.tally.sent += state is DeliveryState.SENT
        self.tally.failed += state is not DeliveryState.SENT
        log("delivery", id=delivery.id, channel=channel.id, state=state.value, code=result.code, error=error)

    def _note_channel(
        self, tx: Transaction, channel: Channel, delivery: Delivery, result: Result, error: str, now: datetime
    ) -> None:
        if result.outcome is AttemptOutcome.SENT:
            if channel.failing_since is not None or channel.next_ok_at is not None:
                tx.channels.ok(channel.id)
            return
        if result.retry_after is not None:
            tx.channels.wait_until(channel.id, now + self.context.clock.real(result.retry_after))
        since = tx.channels.failing(channel.id, now)
        gone = result.outcome is AttemptOutcome.CHANNEL_GONE
        if gone or now - since >= GIVE_UP_CHANNEL_AFTER:
            why = error if gone else f"failing since {since:%Y-%m-%d %H:%M} UTC: {error}"
            if tx.channels.disable(channel.id, why, now):
                self.context.log.error("channel disabled", channel=channel.id, reason=why)
                tell_owner(tx, channel, why, now)

    async def _rest(self) -> None:
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(IDLE_SECONDS)

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=GRACE_SECONDS)
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        with self.context.store.write() as tx:
            tx.deliveries.release(self.context.owner)


def what_next(
    kind: str, result: Result, attempt: int, now: datetime, chance: float
) -> tuple[DeliveryState, datetime | None, DeliveryReason | None]:
    """The state after the n-th attempt (from 1), when to try again, and the reason where it changes.

    Waits are those of the channel's kind, 20 % more or less by a random number in [0, 1).
    """
    if result.outcome is AttemptOutcome.SENT:
        return DeliveryState.SENT, None, None
    if result.outcome is AttemptOutcome.PERMANENT:
        return DeliveryState.DEAD, None, DeliveryReason.PERMANENT_FAILURE
    waits = CHANNELS[kind].retry_minutes
    if attempt > len(waits):
        return DeliveryState.DEAD, None, DeliveryReason.OUT_OF_RETRIES
    wait = timedelta(minutes=waits[attempt - 1]) * (1 - JITTER + 2 * JITTER * chance)
    uncertain = result.outcome is AttemptOutcome.UNCERTAIN
    return DeliveryState.UNCERTAIN if uncertain else DeliveryState.RETRY, now + wait, None


def tell_owner(tx: Transaction, channel: Channel, why: str, now: datetime) -> None:
    """Tell the owner of a channel that was disabled, on another one of theirs."""
    others = [c for c in tx.channels.list(channel.analyst) if c.active and c.id != channel.id and channel.analyst]
    if not others:
        return
    owner = tx.analysts.get(channel.analyst or "")
    notice = Notice(
        topic="vedette",
        topic_title="Vedette",
        topic_version=0,
        title=f"Your channel {channel.id} was switched off",
        url="",
        site="",
        language="en",
        country="",
        published_at=None,
        published_precision="",
        seen_at=now,
        sentences=(),
        hits=(),
        story_id=0,
        alert_id=None,
        reason=DeliveryReason.OPERATOR,
        timezone=owner.timezone if owner else "UTC",
        locale=owner.locale if owner else "en",
        text=clean(
            f"Nothing can be delivered through it: {why}. Mend it, then run: vedette channels enable {channel.id}"
        ),
    )
    key = f"operator-{channel.id}-{now.isoformat()}"
    tx.deliveries.add(
        NewDelivery(key, others[0].id, DeliveryReason.OPERATOR, notice, now, expires_at=now + timedelta(days=7)),
        None,
        now,
    )
