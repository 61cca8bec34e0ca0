"""Subscriptions at hubs that tell when a feed has changed (WebSub)."""

from __future__ import annotations

import builtins
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from storage._base import Aggregate, rowcount
from storage.models import SourceRow, WebSubRow
from vedette.model import SourceState

WANTED, ACTIVE, LEAVING = "wanted", "active", "leaving"
"""To be granted by the hub; granted; to be ended at the hub, then forgotten."""

UNANSWERED = "the hub has not verified the request yet"


@dataclass(frozen=True, slots=True)
class HubSubscription:
    """A source's subscription at a hub. `secret` is encrypted, "" until the hub was asked for the first time."""

    id: str  # the name in its callback, which nobody guesses
    source_id: str
    hub: str
    topic: str
    callback: str
    secret: str
    state: str
    reason: str = ""  # why it is not granted, or not renewed
    failures: int = 0  # requests in a row that the hub has not verified
    next_at: datetime | None = None  # when the hub is asked for the next time
    expires_at: datetime | None = None
    pinged_at: datetime | None = None
    pings: int = 0
    forged: int = 0  # calls without the right signature


class WebSub(Aggregate):
    """Statements about subscriptions at hubs."""

    def heard(self, source_id: str, hub: str, topic: str, now: datetime) -> None:
        """A feed names this hub and calls itself `topic`, "" where it names none: others are left."""
        known = False
        for row in self.session.scalars(select(WebSubRow).where(WebSubRow.source_id == source_id)):
            same = (row.hub, row.topic) == (hub, topic)
            known = known or same
            if same and row.state == LEAVING:
                row.state, row.next_at, row.failures = WANTED, now, 0
            elif not same and row.state != LEAVING:
                row.state, row.next_at, row.failures = LEAVING, now, 0
        if hub and not known:
            fresh = {"callback": "", "secret": "", "reason": "", "failures": 0, "pings": 0, "forged": 0}
            row = WebSubRow(id=secrets.token_urlsafe(24), source_id=source_id, hub=hub, topic=topic, state=WANTED)
            for name, value in {**fresh, "ping_waits": False, "next_at": now, "created_at": now}.items():
                setattr(row, name, value)
            self.session.add(row)
        self.session.flush()

    def leave_unwatched(self, now: datetime) -> int:
        """Leave the hubs of sources that are removed or not polled any more; how many."""
        gone = update(WebSubRow).where(WebSubRow.state != LEAVING, ~_watched())
        return rowcount(self.session.execute(gone.values(state=LEAVING, next_at=now, failures=0)))

    def any_work(self, now: datetime) -> bool:
        """Whether there is anything to do, looked at without a lock: mostly there is not."""
        mine = WebSubRow.ping_waits | (WebSubRow.next_at <= now) | ((WebSubRow.state != LEAVING) & ~_watched())
        return self.session.scalars(select(WebSubRow.id).where(mine).limit(1)).first() is not None

    def claim(self, now: datetime, until: datetime) -> HubSubscription | None:
        """One subscription whose hub is to be asked now; nobody else gets it before `until`."""
        query = self.locked(select(WebSubRow).where(WebSubRow.next_at <= now).order_by(WebSubRow.next_at).limit(1))
        row = self.session.scalars(query).first()
        if row is None:
            return None
        row.next_at = until
        self.session.flush()
        return _subscription(row)

    def asked(self, name: str, *, callback: str, secret: str, failures: int, next_at: datetime) -> None:
        """The hub is being asked, for the n-th time in a row, and until then it has time to verify."""
        self._change(name, callback=callback, secret=secret, failures=failures, next_at=next_at, reason=UNANSWERED)

    def failed(self, name: str, reason: str, next_at: datetime) -> None:
        """The hub refused or could not be reached; it is asked again then."""
        self._change(name, reason=reason, next_at=next_at)

    def granted(self, name: str, *, expires_at: datetime, renew_at: datetime) -> None:
        """The hub verified: it tells of changes until `expires_at`."""
        self._change(name, state=ACTIVE, expires_at=expires_at, next_at=renew_at, failures=0, reason="")

    def denied(self, name: str, reason: str, next_at: datetime) -> None:
        """The hub does not want to tell; it is asked again then."""
        self._change(name, state=WANTED, expires_at=None, reason=reason, next_at=next_at)

    def forget(self, name: str) -> None:
        """The subscription has ended."""
        row = self.session.get(WebSubRow, name)
        if row is not None:
            self.session.delete(row)
            self.session.flush()

    def ping(self, name: str, now: datetime, shortest: timedelta) -> None:
        """The hub called: its source is due at once, or `shortest` after its last poll.

        A poll that is under way may have begun before the change: another one follows it.
        """
        row = self.session.get(WebSubRow, name)
        if row is not None:
            row.pings, row.pinged_at, row.ping_waits = row.pings + 1, now, True
            self.session.flush()
            self._serve(row, now, shortest)

    def serve_pings(self, now: datetime, shortest: timedelta) -> None:
        """Let sources be due that were being polled when their hub called."""
        for row in self.session.scalars(select(WebSubRow).where(WebSubRow.ping_waits)).all():
            self._serve(row, now, shortest)

    def forgery(self, name: str) -> None:
        """Count a call whose signature is wrong."""
        self._change(name, forged=WebSubRow.forged + 1)

    def get(self, name: str) -> HubSubscription | None:
        """One subscription."""
        row = self.session.get(WebSubRow, name)
        return _subscription(row) if row else None

    def list(self, source_id: str | None = None) -> builtins.list[HubSubscription]:
        """All of them or those of a source, the oldest first."""
        query = select(WebSubRow).order_by(WebSubRow.created_at, WebSubRow.id)
        if source_id is not None:
            query = query.where(WebSubRow.source_id == source_id)
        return [_subscription(row) for row in self.session.scalars(query)]

    def _serve(self, row: WebSubRow, now: datetime, shortest: timedelta) -> None:
        source = self.session.get(SourceRow, row.source_id, with_for_update=self.postgres)
        if source is not None and source.owner is not None and source.lease_until and source.lease_until > now:
            return  # it is being polled: once that has ended
        row.ping_waits = False
        if source is not None and source.next_poll_at is not None:
            soonest = max(now, source.last_poll_at + shortest) if source.last_poll_at else now
            source.next_poll_at = min(source.next_poll_at, soonest)
        self.session.flush()

    def _change(self, name: str, **values: object) -> None:
        statement = update(WebSubRow).where(WebSubRow.id == name).values(**values)
        self.session.execute(statement.execution_options(synchronize_session=False))
        self.session.expire_all()


def _watched() -> ColumnElement[bool]:
    """The condition that the source of a subscription is polled."""
    mine = (SourceRow.id == WebSubRow.source_id) & (SourceRow.state == SourceState.ACTIVE.value)
    return select(SourceRow.id).where(mine).exists()


def _subscription(row: WebSubRow) -> HubSubscription:
    return HubSubscription(
        id=row.id,
        source_id=row.source_id,
        hub=row.hub,
        topic=row.topic,
        callback=row.callback,
        secret=row.secret,
        state=row.state,
        reason=row.reason,
        failures=row.failures,
        next_at=row.next_at,
        expires_at=row.expires_at,
        pinged_at=row.pinged_at,
        pings=row.pings,
        forged=row.forged,
    )
