"""The delivery worker: claim, send, record.

A delivery is claimed and its attempt written down in a short transaction, the message sent outside of any transaction
and its end recorded by whoever still holds the lease. A kill at any point loses nothing: the delivery goes out again
under the same key.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from alerts.channels import CHANNELS, Result, SendContext, make_channel
from alerts.channels import Channel as ChannelKind
from alerts.gathering import run_digests
from alerts.holding import hold_back
from alerts.links import with_links
from alerts.operator import tell_owner
from storage import Transaction
from vedette.errors import StorageError, VedetteError
from vedette.links import LinkSigner
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
SWEEP_SECONDS = 10.0
"""Real seconds between two looks for what is past its time."""
GATHER_SECONDS = 0.5
"""Real seconds between two looks for digests that are due."""
SLOW_SECONDS = 2.0
"""Real seconds after which a send no longer holds a place: receivers that hang must not delay the others."""
MOST_SLOW = 4
"""How many times the configured concurrency may hang at once."""
OVERTIME = 30.0
"""Real seconds that a channel may take beyond its deadline before it is cut off."""
GRACE_SECONDS = 20.0
"""Real seconds that messages in flight may still take once the worker shall stop."""
LEASE_MARGIN = 120.0
"""Real seconds by which a lease outlives the deadline of a send: time to record it even when the disk is full."""
RECORD_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Real seconds between attempts to write to a database that refuses."""
JITTER = 0.2
GIVE_UP_CHANNEL_AFTER = timedelta(days=5)

T = TypeVar("T")


@dataclass
class Tally:
    """How many deliveries ended how, in one run."""

    sent: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Begun:
    """A delivery whose attempt is written down: from now on it may arrive."""

    delivery: Delivery
    channel: Channel
    attempt: Attempt
    thread: str


def main(context: Context) -> None:
    """The worker role: deliver until `context.stop` is set."""
    asyncio.run(Courier(context).forever())


def deliver_due(context: Context) -> Tally:
    """Send what is due, once; what fails waits for its next time."""
    courier = Courier(context)
    asyncio.run(courier.once())
    return courier.tally


def send_test(context: Context, channel_id: str, notice: Notice) -> tuple[Delivery, list[Attempt]]:
    """Send a message through a channel now, even one that is off, and only once; how that ended."""
    now = context.clock.now()
    key, lease = f"test-{uuid.uuid4().hex}", now + context.clock.real(context.settings.deliver.timeout + LEASE_MARGIN)
    new = NewDelivery(key, channel_id, DeliveryReason.TEST, notice, now, expires_at=now + timedelta(minutes=10))
    with context.store.write() as tx:
        delivery_id = tx.deliveries.add(new, None, now)
        assert delivery_id is not None
        claimed = tx.deliveries.claim_one(delivery_id, context.owner, lease)
        courier = Courier(context)
        begun = courier.begin(tx, claimed, now)
    if begun is not None:
        asyncio.run(courier.deliver(begun))
    with context.store.write() as tx:
        ended = tx.deliveries.get(delivery_id)
        assert ended is not None
        if ended.state is not DeliveryState.SENT:  # a test is not retried behind the tester's back
            tx.deliveries.end(delivery_id, DeliveryState.DEAD, DeliveryReason.TEST, now)
        return tx.deliveries.get(delivery_id) or ended, tx.deliveries.attempts(delivery_id)


class Courier:
    """The dispatcher: one message at a time per channel, channels side by side."""

    def __init__(self, context: Context) -> None:
        """Nothing is claimed yet."""
        self.context, self.tally = context, Tally()
        self._vault = context.settings.vault()
        self._signer = LinkSigner(self._vault)
        self._chance = random.Random()
        self._running: dict[str, asyncio.Task[None]] = {}  # by channel
        self._begun: dict[str, float] = {}  # by channel, monotonic
        self._resting: dict[str, float] = {}  # channel -> when it takes the next message, monotonic
        self._swept, self._gathered = -SWEEP_SECONDS, -GATHER_SECONDS

    async def forever(self) -> None:
        """Work until told to stop, then finish what is in flight."""
        while not self.context.stop.is_set():
            self.context.touch()
            try:
                if not await self._dispatch():
                    await self._rest()
            except StorageError as error:  # locked or full: it may pass, and what is in flight must not be lost
                self.context.log.error("no deliveries claimed", error=str(error))
                await asyncio.sleep(1.0)
        await self._finish()

    async def once(self) -> None:
        """Work until nothing is due."""
        while not self.context.stop.is_set():
            busy = self._busy()  # before the look: what ends during it may make the next message of a story due
            if not await self._dispatch() and not busy:
                break
            await self._rest()
        await self._finish()

    async def _dispatch(self) -> int:
        await self._sweep()
        await self._gather()
        room = self._room()
        if room <= 0:
            return 0
        count, begun = await asyncio.to_thread(self.claim, room, self._busy())
        for send in begun:
            task = asyncio.ensure_future(self.deliver(send))
            self._running[send.channel.id], self._begun[send.channel.id] = task, time.monotonic()
            task.add_done_callback(partial(self._ended, send.channel.id))
        return count

    def _room(self) -> int:
        """How many more messages may be sent now."""
        limit, now = self.context.settings.deliver.concurrency, time.monotonic()
        quick = sum(now - begun < SLOW_SECONDS for begun in self._begun.values())
        return min(limit - quick, MOST_SLOW * limit - len(self._running))

    def _busy(self) -> tuple[str, ...]:
        """Channels that take no message now: they send, or keep their distance from the last one."""
        now = time.monotonic()
        self._resting = {channel: until for channel, until in self._resting.items() if until > now}
        return (*self._running, *self._resting)

    async def _sweep(self) -> None:
        """End what is past its time, above all what waits for a channel that is off."""
        if time.monotonic() - self._swept < SWEEP_SECONDS:
            return
        self._swept = time.monotonic()
        for delivery_id in await asyncio.to_thread(self._expire):
            self.context.log.warning("delivery is too late", id=delivery_id)

    async def _gather(self) -> None:
        """Write the digests that are due."""
        if time.monotonic() - self._gathered < GATHER_SECONDS:
            return
        self._gathered = time.monotonic()
        cap = self.context.settings.alerts.cap_per_hour
        count = await asyncio.to_thread(run_digests, self.context.store, self.context.clock.now(), cap)
        if count:
            self.context.log.info("digests", count=count)

    def _expire(self) -> list[int]:
        with self.context.store.write() as tx:
            return tx.deliveries.expire(self.context.clock.now())

    def claim(self, room: int, busy: Sequence[str]) -> tuple[int, list[Begun]]:
        """Lease what is due and write the attempts down, in one transaction; how many there were, what is to be sent.

        A commit costs more than a message: there are two for each, this one and the record of how it ended.
        """
        clock, store = self.context.clock, self.context.store
        now = clock.now()
        with store.read() as tx:
            if not tx.deliveries.any_due(now, busy):
                return 0, []
        lease = now + clock.real(self.context.settings.deliver.timeout + LEASE_MARGIN)
        with store.write() as tx:
            claimed = tx.deliveries.claim(self.context.owner, now, room, lease, busy_channels=busy)
            begun = [self.begin(tx, delivery, now) for delivery in claimed]
        return len(claimed), [send for send in begun if send is not None]

    def _ended(self, channel: str, task: asyncio.Task[None]) -> None:
        self._running.pop(channel, None)
        self._begun.pop(channel, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.context.log.error("delivery job failed", channel=channel, error=redact(repr(error)))

    async def deliver(self, begun: Begun) -> None:
        """Send a delivery whose attempt is written down, and record how that ended."""
        channel = begun.channel
        try:
            result = await self._send(begun)
        except asyncio.CancelledError:  # stopped, and the receiver took too long: say so instead of leaving a riddle
            result = Result(AttemptOutcome.UNCERTAIN, "stop", "stopped", "Vedette stopped before the receiver answered")
        if channel.kind in CHANNELS and CHANNELS[channel.kind].spacing:
            self._resting[channel.id] = time.monotonic() + CHANNELS[channel.kind].spacing
        await self._persist(partial(self.record, begun, result))

    async def _persist(self, write: Callable[[], T]) -> T:
        """Write, again and again while the database refuses: what was sent and is not recorded would go out twice."""
        for wait in RECORD_WAITS:
            try:
                return await asyncio.to_thread(write)
            except StorageError as error:
                self.context.log.error("delivery not recorded yet", error=str(error))
                await asyncio.sleep(wait)
        return await asyncio.to_thread(write)

    def begin(self, tx: Transaction, delivery: Delivery, now: datetime) -> Begun | None:
        """Write the attempt down, and look up what the message answers to; None where there is nothing to send."""
        channel = tx.channels.get(delivery.channel)
        if delivery.expires_at is not None and delivery.expires_at <= now:
            state = tx.deliveries.too_late(delivery.id, now)
            self.context.log.warning("delivery is too late", id=delivery.id, state=state.value)
            return None
        if (held := hold_back(tx, delivery, self.context.owner, now)) is not None:
            self.context.log.info("delivery held back", id=delivery.id, state=held.value)
            return None
        if channel is None:
            tx.deliveries.end(delivery.id, DeliveryState.DEAD, DeliveryReason.CHANNEL_DISABLED, now, "no channel")
            return None
        attempt = tx.deliveries.start_attempt(delivery.id, self.context.owner, now)
        return Begun(delivery, channel, attempt, tx.deliveries.thread(delivery)) if attempt is not None else None

    async def _send(self, begun: Begun) -> Result:
        delivery, channel = begun.delivery, begun.channel
        settings = self.context.settings
        send = SendContext(
            now=self.context.clock.now(),
            wall=self.context.clock.wall(),
            timeout=settings.deliver.timeout,
            allow_addresses=tuple(settings.network.allow_addresses),
            smtp=settings.smtp,
            public_url=settings.alerts.public_url,
            user_agent=settings.crawl.user_agent,
            templates=settings.deliver.templates,
            channel=channel.id,
            thread=begun.thread,
        )
        try:
            sender = make_channel(channel.kind, channel.settings, self._vault)
        except VedetteError as error:
            return Result(AttemptOutcome.RETRY, "settings", "settings", str(error))
        notice = with_links(delivery, self._signer, settings.alerts.public_url)
        try:
            # channels bound every phase themselves; this is for one that does not
            async with asyncio.timeout(send.timeout + OVERTIME):
                return await sender.send(notice, delivery.idem_key, send)
        except TimeoutError:
            return Result(AttemptOutcome.UNCERTAIN, "deadline", "timeout", "the channel did not come back in time")
        except Exception as error:  # noqa: BLE001 - a plug-in's bug must not stop the others' messages; it is recorded
            return Result(AttemptOutcome.UNCERTAIN, "bug", type(error).__name__, repr(error))

    def record(self, begun: Begun, result: Result) -> None:
        """Write down how an attempt ended, and what that means for the channel."""
        delivery, channel, attempt = begun.delivery, begun.channel, begun.attempt
        clock, error = self.context.clock, redact(result.error)[:500]
        now = clock.now()
        state, at, reason = what_next(channel.kind, result, attempt.number, now, self._chance.random())
        with self.context.store.write() as tx:
            held = tx.deliveries.finish_attempt(
                attempt,
                self.context.owner,
                result.outcome,
                state=state,
                now=now,
                next_attempt_at=at,
                reason=reason,
                error=error,
                code=redact(result.code)[:100],
                phase=result.phase,
                receipt=result.receipt,
            )
            if held and reason is DeliveryReason.OUT_OF_RETRIES and delivery.alert_id is not None:
                state = tx.deliveries.too_late(delivery.id, now, reason, error)
            self._note_channel(tx, channel, result, error, now)
        if not held:
            self.context.log.warning("lease lost: another worker may send it too", id=delivery.id, channel=channel.id)
        log = self.context.log.info if state is DeliveryState.SENT else self.context.log.warning
        self.tally.sent += state is DeliveryState.SENT
        self.tally.failed += state is not DeliveryState.SENT
        log("delivery", id=delivery.id, channel=channel.id, state=state.value, code=redact(result.code), error=error)

    def _note_channel(self, tx: Transaction, channel: Channel, result: Result, error: str, now: datetime) -> None:
        if tx.channels.get(channel.id) is None:
            return  # removed while the message was on its way
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
                told = tell_owner(tx, channel, why, now, self.context.settings.operator.channels)
                if not told:
                    self.context.log.error("nobody could be told of the channel", channel=channel.id)

    async def _rest(self) -> None:
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(IDLE_SECONDS)

    async def _finish(self) -> None:
        """Let what is in flight end; what does not in time is cut off and recorded as uncertain."""
        for timeout in (GRACE_SECONDS, 2.0):
            tasks = list(self._running.values())
            if tasks:
                await asyncio.wait(tasks, timeout=timeout)
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
    waits = CHANNELS[kind].retry_minutes if kind in CHANNELS else ChannelKind.retry_minutes
    if attempt > len(waits):
        return DeliveryState.DEAD, None, DeliveryReason.OUT_OF_RETRIES
    wait = timedelta(minutes=waits[attempt - 1]) * (1 - JITTER + 2 * JITTER * chance)
    uncertain = result.outcome is AttemptOutcome.UNCERTAIN
    return DeliveryState.UNCERTAIN if uncertain else DeliveryState.RETRY, now + wait, None
