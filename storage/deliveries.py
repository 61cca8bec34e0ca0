"""Deliveries: the outbox. Claimed in a short transaction, sent outside of any, recorded by who holds the lease."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import aliased

from storage._base import Aggregate, free, instant, iso, rowcount, within
from storage.models import OPEN, AttemptRow, ChannelRow, DeliveryRow, SubscriptionRow, SuppressionRow
from vedette.errors import UsageError
from vedette.model import (
    Attempt,
    AttemptOutcome,
    Delivery,
    DeliveryReason,
    DeliveryState,
    NewDelivery,
    Notice,
    Sentence,
)

LONGEST_TRIED = timedelta(days=10)
"""How long after it was made a message may still be sent."""
MOST_NEWS = 12
"""Lines of news that a waiting update gathers."""
MOST_OUTLETS = 25
"""Other outlets that a waiting message gathers."""


class Deliveries(Aggregate):
    """Statements about deliveries."""

    def add(self, new: NewDelivery, alert_id: int | None, now: datetime) -> int | None:
        """Put a delivery into the outbox; its id, or None where its key is there already."""
        known = self.session.scalars(select(DeliveryRow.id).where(DeliveryRow.idem_key == new.idem_key)).first()
        if known is not None:
            return None
        row = DeliveryRow(
            idem_key=new.idem_key,
            alert_id=alert_id,
            story_id=new.notice.story_id or None,
            subscription=new.subscription,
            channel=new.channel,
            revision=new.revision,
            state=new.state.value,
            reason=new.reason.value,
            notice=_notice_json(new.notice, alert_id),
            created_at=now,
            next_attempt_at=new.not_before,
            expires_at=new.expires_at,
            attempts=0,
            last_error="",
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def claim(
        self,
        owner: str,
        now: datetime,
        limit: int,
        lease_until: datetime,
        *,
        busy_channels: Collection[str] = (),
    ) -> list[Delivery]:
        """Lease deliveries whose time has come, at most one per channel; they are SENDING from now on.

        Not of a channel that is off, waits or is busy; and of one subscription and story never a later one before an
        earlier one is sent or given up.
        """
        claimed: builtins.list[Delivery] = []
        busy = set(busy_channels)
        while len(claimed) < limit:  # one channel may hold the head of the queue: step over it
            step = _due(now, busy)
            if self.postgres:
                step = step.with_for_update(skip_locked=True, of=DeliveryRow)
            row = self.session.scalars(step.limit(1)).first()
            if row is None:
                break
            busy.add(row.channel)
            row.owner, row.lease_until, row.state = owner, lease_until, DeliveryState.SENDING.value
            self.session.flush()
            claimed.append(to_delivery(row))
        return claimed

    def claim_one(self, delivery_id: int, owner: str, lease_until: datetime) -> Delivery:
        """Lease one delivery for who just added it, whatever its channel does: a test message."""
        row = self._row(delivery_id)
        row.owner, row.lease_until, row.state = owner, lease_until, DeliveryState.SENDING.value
        self.session.flush()
        return to_delivery(row)

    def start_attempt(self, delivery_id: int, owner: str, now: datetime) -> Attempt | None:
        """Write an attempt down before sending. None where the lease was lost: then don't send."""
        row = self.session.get(DeliveryRow, delivery_id)
        if row is None or row.owner != owner or row.state != DeliveryState.SENDING.value:
            return None
        row.attempts += 1
        attempt = AttemptRow(
            delivery_id=delivery_id, number=row.attempts, owner=owner, started_at=now, phase="", code="", error=""
        )
        self.session.add(attempt)
        self.session.flush()
        return Attempt(delivery_id, row.attempts, now)

    def finish_attempt(
        self,
        attempt: Attempt,
        owner: str,
        outcome: AttemptOutcome,
        *,
        state: DeliveryState,
        now: datetime,
        next_attempt_at: datetime | None = None,
        reason: DeliveryReason | None = None,
        error: str = "",
        code: str = "",
        phase: str = "",
        receipt: str = "",
    ) -> bool:
        """Write down how an attempt ended and end the lease. `receipt` is what the receiver calls the message.

        False where the lease was lost: the attempt's outcome is kept, the delivery is left to who holds it now.
        """
        log = self.session.get(AttemptRow, (attempt.delivery_id, attempt.number))
        if log is not None:
            log.finished_at, log.outcome, log.phase, log.code, log.error = now, outcome.value, phase, code, error
        values: dict[str, Any] = {
            "state": state.value,
            "owner": None,
            "lease_until": None,
            "next_attempt_at": next_attempt_at,
            "last_error": error,
        }
        if reason is not None:
            values["reason"] = reason.value
        if state is DeliveryState.SENT:
            values["sent_at"], values["receipt"] = now, receipt or None
        mine = (
            (DeliveryRow.id == attempt.delivery_id)
            & (DeliveryRow.owner == owner)
            & (DeliveryRow.attempts == attempt.number)
        )
        self.session.flush()
        result = self.session.execute(
            update(DeliveryRow).where(mine).values(values).execution_options(synchronize_session=False)
        )
        self.session.expire_all()
        if rowcount(result) != 1:
            return False
        self._end_members(attempt.delivery_id, state, now)
        return True

    def thread(self, delivery: Delivery) -> str:
        """The receipt of the first message of the same story on the same channel for the same subscription, or ""."""
        if delivery.subscription is None or not delivery.notice.story_id:
            return ""
        query = select(DeliveryRow.receipt).where(
            DeliveryRow.subscription == delivery.subscription,
            DeliveryRow.story_id == delivery.notice.story_id,
            DeliveryRow.channel == delivery.channel,
            DeliveryRow.id < delivery.id,
            DeliveryRow.receipt.is_not(None),
        )
        return self.session.scalars(query.order_by(DeliveryRow.id).limit(1)).first() or ""

    def any_due(self, now: datetime, busy_channels: Collection[str] = ()) -> bool:
        """Whether a delivery is due, looked at without a lock: most looks find nothing."""
        return self.session.scalars(_due(now, busy_channels).limit(1)).first() is not None

    def expire(self, now: datetime) -> builtins.list[int]:
        """Take out what is past its time and nobody is sending, whatever its channel does; the ids."""
        mine = (within(DeliveryRow.state, OPEN), DeliveryRow.expires_at <= now, free(DeliveryRow, now))
        ids = list(self.session.scalars(select(DeliveryRow.id).where(*mine)))
        for delivery_id in ids:
            self.too_late(delivery_id, now)
        return ids

    def too_late(
        self, delivery_id: int, now: datetime, reason: DeliveryReason = DeliveryReason.TOO_LATE, error: str = ""
    ) -> DeliveryState:
        """Give up sending something by itself; its state from now on.

        An alert waits for the next digest of its subscription. Everything else expires: a digest, whose members then
        wait for the next one, and what has no subscription.
        """
        row = self._row(delivery_id)
        if row.alert_id is None or not self._has_subscription(row):
            self.end(delivery_id, DeliveryState.EXPIRED, reason, now, error)
            return DeliveryState.EXPIRED
        row.state, row.reason, row.last_error = DeliveryState.HELD.value, reason.value, error or row.last_error
        row.owner, row.lease_until, row.next_attempt_at, row.expires_at = None, None, None, None
        self.session.flush()
        return DeliveryState.HELD

    def _is_followed(self, delivery_id: int) -> bool:
        """Whether the subscription of a delivery is still there, switched on or not."""
        return self._subscription(self._row(delivery_id)) is not None

    def _has_subscription(self, row: DeliveryRow) -> bool:
        subscription = self._subscription(row)
        return subscription is not None and subscription.active

    def _subscription(self, row: DeliveryRow) -> SubscriptionRow | None:
        return self.session.get(SubscriptionRow, row.subscription) if row.subscription else None

    def withhold(self, subscription: str, reason: DeliveryReason, now: datetime, *, story_id: int | None = None) -> int:
        """Suppress what waits for a subscription, of one story or all that would go out by itself; how many.

        Each leaves its reason. What a worker is sending is not called back; what a digest tells already goes out, but
        not to who has unsubscribed.
        """
        query = select(DeliveryRow).where(
            DeliveryRow.subscription == subscription,
            within(DeliveryRow.state, OPEN),
            DeliveryRow.digest_id.is_(None),
            free(DeliveryRow, now),
        )
        if reason is not DeliveryReason.UNSUBSCRIBED:
            query = query.where(DeliveryRow.alert_id.is_not(None))
            if story_id is None:
                query = query.where(DeliveryRow.next_attempt_at.is_not(None))
        if story_id is not None:
            query = query.where(DeliveryRow.story_id == story_id)
        rows = list(self.session.scalars(query))
        for row in rows:
            self.suppress(row.id, reason, now)
        return len(rows)

    def suppress(self, delivery_id: int, reason: DeliveryReason, now: datetime) -> None:
        """End a delivery unsent, and write down why its subscription is not told."""
        row = self._row(delivery_id)
        self.end(delivery_id, DeliveryState.SUPPRESSED, reason, now)
        if row.subscription is not None:
            self.session.add(
                SuppressionRow(
                    alert_id=row.alert_id, subscription=row.subscription, reason=reason.value, article_id=None, at=now
                )
            )
        self.session.flush()

    def _end_members(self, digest_id: int, state: DeliveryState, now: datetime) -> None:
        """Let what a digest tells end as the digest did; where that expired it waits for the next one."""
        values: dict[str, Any]
        if state is DeliveryState.SENT:
            values = {"state": state.value, "sent_at": now}
        elif state in (DeliveryState.DEAD, DeliveryState.SUPPRESSED):
            values = {"state": state.value}
        elif state is DeliveryState.EXPIRED and self._is_followed(digest_id):
            values = {"digest_id": None, "state": DeliveryState.HELD.value}
        elif state is DeliveryState.EXPIRED:
            values = {"state": state.value}  # there is no next digest
        else:
            return
        members = update(DeliveryRow).where(DeliveryRow.digest_id == digest_id).values(values)
        self.session.execute(members.execution_options(synchronize_session=False))
        self.session.expire_all()

    def unsent(self, alert_id: int) -> set[str]:
        """The subscriptions whose message on an alert waits and was never tried; they stay so in this transaction."""
        query = select(DeliveryRow).where(DeliveryRow.alert_id == alert_id, *_UNTRIED)
        if self.postgres:
            query = query.with_for_update()
        return {row.subscription for row in self.session.scalars(query) if row.subscription is not None}

    def told_at(self, alert_id: int) -> dict[str, datetime]:
        """When the last message on an alert was made, by subscription."""
        query = (
            select(DeliveryRow.subscription, func.max(DeliveryRow.created_at))
            .where(DeliveryRow.alert_id == alert_id, DeliveryRow.subscription.is_not(None))
            .group_by(DeliveryRow.subscription)
        )
        return {name: at for name, at in self.session.execute(query).all() if name is not None and at is not None}

    def told(self, subscriptions: Iterable[str], story_id: int) -> set[str]:
        """Those of some subscriptions that were sent a story, or will be."""
        query = select(DeliveryRow.subscription).where(
            DeliveryRow.subscription.in_(subscriptions),
            DeliveryRow.story_id == story_id,
            DeliveryRow.state.not_in((DeliveryState.SUPPRESSED.value, DeliveryState.DEAD.value)),
        )
        return {name for name in self.session.scalars(query) if name is not None}

    def add_to_waiting(
        self, alert_id: int, subscription: str, news: Sequence[str] = (), *, outlet: tuple[str, str] | None = None
    ) -> bool:
        """Let a message that waits name one more outlet, (site, url), and, where it is an update, what is new.

        False where none waits any more.
        """
        query = select(DeliveryRow).where(
            DeliveryRow.alert_id == alert_id, DeliveryRow.subscription == subscription, *_UNTRIED
        )
        row = self.session.scalars(query.order_by(DeliveryRow.id.desc()).limit(1)).first()
        if row is None:
            return False
        notice = dict(row.notice)
        if outlet is not None:
            notice["others"] = [*notice["others"], outlet][:MOST_OUTLETS]
        if notice["reason"] == DeliveryReason.UPDATE.value:
            notice["news"] = list(dict.fromkeys([*notice.get("news", ()), *news]))[:MOST_NEWS]
        row.notice = notice
        self.session.flush()
        return True

    def put_back(
        self, delivery_id: int, owner: str, at: datetime, state: DeliveryState, reason: DeliveryReason
    ) -> bool:
        """Give back a claimed delivery untried, to be taken again from `at` on. False where the lease was lost."""
        mine = (DeliveryRow.id == delivery_id) & (DeliveryRow.owner == owner)
        values = {
            "state": state.value,
            "reason": reason.value,
            "owner": None,
            "lease_until": None,
            "next_attempt_at": at,
        }
        result = self.session.execute(
            update(DeliveryRow).where(mine).values(values).execution_options(synchronize_session=False)
        )
        self.session.expire_all()
        return rowcount(result) == 1

    def redirect(self, channel: str, to: str, reason: DeliveryReason, now: datetime) -> int:
        """Let messages of a reason that wait for one channel go out through another; how many there were."""
        mine = (
            DeliveryRow.channel == channel,
            DeliveryRow.reason == reason.value,
            within(DeliveryRow.state, OPEN),
            free(DeliveryRow, now),
        )
        statement = update(DeliveryRow).where(*mine).values(channel=to, next_attempt_at=now)
        return rowcount(self.session.execute(statement.execution_options(synchronize_session=False)))

    def end(
        self, delivery_id: int, state: DeliveryState, reason: DeliveryReason, now: datetime, error: str = ""
    ) -> None:
        """End a delivery without an attempt: expired, suppressed or dead."""
        row = self._row(delivery_id)
        row.state, row.reason, row.last_error = state.value, reason.value, error or row.last_error
        row.owner, row.lease_until, row.next_attempt_at = None, None, None
        self.session.flush()
        self._end_members(delivery_id, state, now)

    def release(self, owner: str) -> int:
        """Give back what a stopping worker claimed and has not begun to send; how many there were."""
        unfinished = (
            select(AttemptRow.delivery_id)
            .where(AttemptRow.delivery_id == DeliveryRow.id, AttemptRow.number == DeliveryRow.attempts)
            .where(AttemptRow.owner == owner, AttemptRow.finished_at.is_(None))
            .exists()
        )
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.owner == owner, ~unfinished)
            .values(owner=None, lease_until=None, state=DeliveryState.PENDING.value)
        )
        return rowcount(self.session.execute(statement.execution_options(synchronize_session=False)))

    def list(
        self,
        state: DeliveryState | None = None,
        limit: int = 50,
        channel: str | None = None,
        alert_id: int | None = None,
    ) -> list[Delivery]:
        """The newest first."""
        query = select(DeliveryRow).order_by(DeliveryRow.id.desc()).limit(limit)
        if state is not None:
            query = query.where(DeliveryRow.state == state.value)
        if channel is not None:
            query = query.where(DeliveryRow.channel == channel)
        if alert_id is not None:
            query = query.where(DeliveryRow.alert_id == alert_id)
        return [to_delivery(row) for row in self.session.scalars(query)]

    def get(self, delivery_id: int) -> Delivery | None:
        """One delivery."""
        row = self.session.get(DeliveryRow, delivery_id)
        return to_delivery(row) if row else None

    def by_key(self, idem_key: str) -> Delivery | None:
        """The delivery of a key."""
        row = self.session.scalars(select(DeliveryRow).where(DeliveryRow.idem_key == idem_key)).first()
        return to_delivery(row) if row else None

    def attempts(self, delivery_id: int) -> builtins.list[Attempt]:
        """The log of a delivery, the first attempt first."""
        query = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id).order_by(AttemptRow.number)
        return [
            Attempt(
                row.delivery_id,
                row.number,
                row.started_at,
                row.finished_at,
                AttemptOutcome(row.outcome) if row.outcome else None,
                row.phase,
                row.code,
                row.error,
            )
            for row in self.session.scalars(query)
        ]

    def retry(self, delivery_id: int | None, now: datetime) -> int:
        """Send a dead or expired delivery again, or all dead ones (None); how many there were.

        What a dead digest tells comes with the digest, unless it is named: then it goes out by itself.
        """
        ended = (DeliveryState.DEAD.value, DeliveryState.EXPIRED.value)
        statement = update(DeliveryRow).values(
            state=DeliveryState.RETRY.value,
            next_attempt_at=now,
            expires_at=None,
            owner=None,
            lease_until=None,
            digest_id=None,
        )
        if delivery_id is None:
            statement = statement.where(DeliveryRow.state == DeliveryState.DEAD.value, DeliveryRow.digest_id.is_(None))
        else:
            row = self._row(delivery_id)
            if row.state == DeliveryState.SENT.value:
                raise UsageError(f"delivery {delivery_id} was sent at {row.sent_at}: there is nothing to retry")
            wanted = DeliveryRow.state.in_((*ended, DeliveryState.RETRY.value, DeliveryState.UNCERTAIN.value))
            statement = statement.where(DeliveryRow.id == delivery_id, wanted)
        count = rowcount(self.session.execute(statement.execution_options(synchronize_session=False)))
        self.session.expire_all()
        return count

    def counts(self) -> dict[DeliveryState, int]:
        """How many deliveries stand in each state."""
        query = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
        rows = dict(self.session.execute(query).all())
        return {state: rows.get(state.value, 0) for state in DeliveryState}

    def overdue(self, before: datetime, now: datetime) -> tuple[int, datetime | None]:
        """What nobody has tried although it was due before that instant and its channel is on: how many, since when."""
        query = (
            select(func.count(), func.min(DeliveryRow.next_attempt_at))
            .join(ChannelRow, ChannelRow.id == DeliveryRow.channel)
            .where(within(DeliveryRow.state, OPEN), DeliveryRow.next_attempt_at <= before, free(DeliveryRow, now))
            .where(ChannelRow.active, or_(ChannelRow.next_ok_at.is_(None), ChannelRow.next_ok_at <= before))
        )
        count, since = self.session.execute(query).one()
        return count, since

    def sent_count(self, since: datetime) -> int:
        """How many messages were sent since then, what digests told not counted apart."""
        query = select(func.count()).where(
            DeliveryRow.created_at >= since - LONGEST_TRIED,
            DeliveryRow.sent_at >= since,
            DeliveryRow.digest_id.is_(None),
        )
        return self.session.scalar(query) or 0

    def sent_since(self, subscription: str, since: datetime) -> int:
        """How many messages of their own a subscription's deliveries of that time make: what its cap counts."""
        gathered = and_(DeliveryRow.state == DeliveryState.HELD.value, DeliveryRow.next_attempt_at.is_(None))
        query = select(func.count()).where(
            DeliveryRow.subscription == subscription,
            DeliveryRow.created_at >= since,
            DeliveryRow.state != DeliveryState.SUPPRESSED.value,
            DeliveryRow.digest_id.is_(None),
            ~gathered,
        )
        return self.session.scalar(query) or 0

    def _row(self, delivery_id: int) -> DeliveryRow:
        row = self.session.get(DeliveryRow, delivery_id)
        if row is None:
            raise UsageError(f"unknown delivery {delivery_id}: `vedette deliveries list` shows them")
        return row


_UNTRIED = (
    DeliveryRow.state.in_((DeliveryState.HELD.value, DeliveryState.PENDING.value)),
    DeliveryRow.attempts == 0,
    DeliveryRow.owner.is_(None),
    DeliveryRow.digest_id.is_(None),  # what a digest tells is written already
)


def _due(now: datetime, busy_channels: Collection[str]) -> Select[DeliveryRow]:
    """What may be sent now, the most urgent first."""
    earlier = aliased(DeliveryRow)
    blocked = (
        select(earlier.id)
        .where(
            earlier.subscription == DeliveryRow.subscription,
            earlier.story_id == DeliveryRow.story_id,
            earlier.channel == DeliveryRow.channel,  # what waits for a channel it had before holds up nothing
            earlier.id < DeliveryRow.id,
            within(earlier.state, OPEN),
            earlier.next_attempt_at.is_not(None),  # not what waits for a digest
        )
        .exists()
    )
    query = (
        select(DeliveryRow)
        .join(ChannelRow, ChannelRow.id == DeliveryRow.channel)
        .where(within(DeliveryRow.state, OPEN), DeliveryRow.next_attempt_at <= now, free(DeliveryRow, now))
        .where(ChannelRow.active, or_(ChannelRow.next_ok_at.is_(None), ChannelRow.next_ok_at <= now))
        .where(~blocked)
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.id)
    )
    return query.where(DeliveryRow.channel.not_in(busy_channels)) if busy_channels else query


def _notice_json(notice: Notice, alert_id: int | None) -> dict[str, Any]:
    data = asdict(notice)
    return {
        **data,
        "alert_id": notice.alert_id if notice.alert_id is not None else alert_id,
        "published_at": iso(notice.published_at),
        "seen_at": iso(notice.seen_at),
        "reason": notice.reason.value,
        "links": dict(notice.links),
        "entries": [_notice_json(entry, None) for entry in notice.entries],
    }


def _notice(data: dict[str, Any]) -> Notice:
    sentences = tuple(
        Sentence(s["text"], tuple((int(a), int(b)) for a, b in s["marks"]), s["field"]) for s in data["sentences"]
    )
    return Notice(
        **{
            **data,
            "published_at": instant(data["published_at"]),
            "seen_at": instant(data["seen_at"]),
            "reason": DeliveryReason(data["reason"]),
            "sentences": sentences,
            "hits": tuple(data["hits"]),
            "others": tuple((site, url) for site, url in data["others"]),
            "news": tuple(data.get("news", ())),
            "entries": tuple(_notice(entry) for entry in data.get("entries", ())),
        }
    )


def to_delivery(row: DeliveryRow) -> Delivery:
    """What the rest of the program sees of a row."""
    return Delivery(
        id=row.id,
        idem_key=row.idem_key,
        channel=row.channel,
        state=DeliveryState(row.state),
        reason=DeliveryReason(row.reason),
        notice=_notice(row.notice),
        created_at=row.created_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
        alert_id=row.alert_id,
        subscription=row.subscription,
        revision=row.revision,
        last_error=row.last_error,
        receipt=row.receipt or "",
        digest=row.digest_id,
    )
