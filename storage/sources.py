"""Sources: what is watched, and which of them are due."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, literal, or_, select, update

from storage._base import Aggregate, free, rowcount
from storage.fetches import Fetches
from storage.hosts import host_is_free
from storage.models import HostRow, SourceDayRow, SourceRow
from storage.types import Instant
from vedette.errors import UsageError
from vedette.model import Fetch, Health, HealthState, Source, SourceClaim, SourceState, SourceStatus
from vedette.network import host_of


class Sources(Aggregate):
    """Statements about sources."""

    def put(self, source: Source, now: datetime) -> str:
        """Declare a source; what the crawler learned stays unless the URL changes. created, changed or same."""
        row = self.session.get(SourceRow, source.id)
        values = _declared(source)
        if row is not None and row.declared_url == source.url:
            values["url"], values["host"] = row.url, row.host  # it moved since, and was followed
        elif row is not None and row.url != source.url:
            for name, value in _fresh(now).items():
                setattr(row, name, value)
        if row is not None and row.state != SourceState.ACTIVE and source.state == SourceState.ACTIVE:
            values.pop("state")  # declaring a source again does not wake what a person paused
        return self.put_row(SourceRow, source.id, values, {**_fresh(now), "created_at": now})

    def get(self, source_id: str) -> SourceStatus | None:
        """One source with what is known about it."""
        row = self.session.get(SourceRow, source_id)
        return _status(row) if row else None

    def list(self, state: SourceState | None = None) -> list[SourceStatus]:
        """All sources, by id."""
        query = select(SourceRow).order_by(SourceRow.id)
        if state is not None:
            query = query.where(SourceRow.state == state)
        return [_status(row) for row in self.session.scalars(query)]

    def delete(self, source_id: str) -> bool:
        """Forget a source; its articles stay. False where there is none."""
        row = self.session.get(SourceRow, source_id)
        if row is not None:
            self.session.execute(delete(SourceDayRow).where(SourceDayRow.source_id == source_id))
            self.session.delete(row)
            self.session.flush()
        return row is not None

    def set_state(self, source_id: str, state: SourceState, reason: str, now: datetime) -> None:
        """Pause, wake or give up a source, with the reason."""
        self._change(source_id, state=state.value, state_reason=reason, state_at=now)

    def follow(self, source_id: str, url: str, reason: str, now: datetime) -> None:
        """Take another address for a source; the one that was declared stays known: declaring it changes nothing."""
        row = self.session.get(SourceRow, source_id)
        if row is not None:
            row.declared_url = row.declared_url or row.url
            row.url, row.host, row.state_reason, row.state_at = url, host_of(url), reason, now
            row.moved_to, row.moved_at = "", None
            self.session.flush()

    def poll_now(self, source_id: str, now: datetime) -> None:
        """Make a source due at once; the politeness of its host still holds."""
        self._change(source_id, next_poll_at=now)

    def claim_due(
        self,
        owner: str,
        now: datetime,
        limit: int,
        lease_until: datetime,
        busy_hosts: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> builtins.list[SourceClaim]:
        """Lease sources that are due, at most one per host, none whose host must wait or is busy."""
        due = or_(SourceRow.next_poll_at.is_(None), SourceRow.next_poll_at <= now)
        query = (
            select(SourceRow)
            .outerjoin(HostRow, HostRow.host == SourceRow.host)
            .where(SourceRow.state == SourceState.ACTIVE.value, free(SourceRow, now))
            .where(host_is_free(now))
            .order_by(SourceRow.next_poll_at.nulls_first(), SourceRow.id)
            .limit(limit * 4)  # several may share a host
        )
        query = query.where(due) if only is None else query.where(SourceRow.id.in_(only))
        if busy_hosts:
            query = query.where(SourceRow.host.not_in(busy_hosts))
        if self.postgres:
            query = query.with_for_update(skip_locked=True, of=SourceRow)
        claims: builtins.list[SourceClaim] = []
        hosts: set[str] = set()
        for row in self.session.scalars(query):
            if row.host not in hosts and len(claims) < limit:
                hosts.add(row.host)
                row.owner, row.lease_until = owner, lease_until
                claims.append(SourceClaim(_status(row), owner, lease_until))
        self.session.flush()
        return claims

    def record_poll(
        self,
        source_id: str,
        owner: str,
        fetch: Fetch,
        *,
        next_poll_at: datetime,
        interval: timedelta | None,
        etag: str,
        last_modified: str,
        failures: int,
        polling: Mapping[str, Any],
        success: bool,
        now: datetime,
        whole_at: datetime | None = None,
        moved: tuple[str, datetime | None] = ("", None),
        memory: Mapping[str, Any] | None = None,
    ) -> bool:
        """Write down how a poll ended and end its lease. False where the lease was lost; the fetch is kept then too.

        `moved`: where a permanent redirect leads, and since when. `memory`: what the kind wants to know at the next
        poll, None to leave it as it is.
        """
        Fetches(self.session).add(fetch)
        values: dict[str, Any] = {
            "owner": None,
            "lease_until": None,
            "next_poll_at": next_poll_at,
            "interval": interval,
            "etag": etag,
            "last_modified": last_modified,
            "failures": failures,
            "polling": dict(polling),
            "last_poll_at": now,
            "last_outcome": fetch.outcome.value,
            "last_error": fetch.error,
            "whole_at": whole_at,
            "moved_to": moved[0],
            "moved_at": moved[1],
        }
        if memory is not None:
            values["memory"] = dict(memory)
        if success:
            values["last_success_at"] = now
            values["first_success_at"] = func.coalesce(SourceRow.first_success_at, literal(now, Instant()))
        mine = (SourceRow.id == source_id) & (SourceRow.owner == owner)
        result = self.session.execute(
            update(SourceRow).where(mine).values(values).execution_options(synchronize_session=False)
        )
        self.session.expire_all()
        return rowcount(result) == 1

    def next_due(self, now: datetime) -> datetime | None:
        """When the next active source falls due; `now` where one has never been polled, None where there are none."""
        query = (
            select(SourceRow)
            .where(SourceRow.state == SourceState.ACTIVE.value)
            .order_by(SourceRow.next_poll_at.nulls_first())
        )
        row = self.session.scalars(query.limit(1)).first()
        return None if row is None else row.next_poll_at or now

    def any_due(self, now: datetime) -> bool:
        """Whether a source is due, looked at without a lock: most looks find nothing."""
        due = or_(SourceRow.next_poll_at.is_(None), SourceRow.next_poll_at <= now)
        query = select(SourceRow.id).where(SourceRow.state == SourceState.ACTIVE.value, due, free(SourceRow, now))
        query = query.outerjoin(HostRow, HostRow.host == SourceRow.host).where(host_is_free(now))
        return self.session.scalars(query.limit(1)).first() is not None

    def release(self, owner: str, only: Collection[str] | None = None) -> int:
        """Give back what a worker holds, all or `only` those; how many there were."""
        held = SourceRow.owner == owner if only is None else (SourceRow.owner == owner) & SourceRow.id.in_(only)
        return rowcount(self.session.execute(update(SourceRow).where(held).values(owner=None, lease_until=None)))

    def _change(self, source_id: str, **values: Any) -> None:
        if not rowcount(self.session.execute(update(SourceRow).where(SourceRow.id == source_id).values(**values))):
            raise UsageError(f"unknown source {source_id!r}: `vedette sources list` shows them")


def _declared(source: Source) -> dict[str, Any]:
    values = asdict(source)
    del values["id"]
    values["fixed_interval"] = values.pop("interval")
    values["settings"] = dict(source.settings)
    values["state"] = source.state.value
    values["host"] = host_of(source.url)
    return values


def _fresh(now: datetime) -> dict[str, Any]:
    return {
        "state_reason": "",
        "state_at": now,
        "next_poll_at": None,
        "last_poll_at": None,
        "last_success_at": None,
        "first_success_at": None,
        "failures": 0,
        "last_outcome": "",
        "last_error": "",
        "etag": "",
        "last_modified": "",
        "interval": None,
        "polling": {},
        "whole_at": None,
        "moved_to": "",
        "moved_at": None,
        "declared_url": "",
        "health": "",
        "health_reason": "",
        "health_at": None,
        "judged_at": None,
        "memory": {},
        "owner": None,
        "lease_until": None,
    }


def _status(row: SourceRow) -> SourceStatus:
    source = Source(
        id=row.id,
        url=row.url,
        kind=row.kind,
        name=row.name,
        homepage=row.homepage,
        language=row.language,
        country=row.country,
        settings=row.settings,
        interval=row.fixed_interval,
        weight=row.weight,
        alert_on_first_poll=row.alert_on_first_poll,
        state=SourceState(row.state),
    )
    return SourceStatus(
        source=source,
        next_poll_at=row.next_poll_at,
        last_poll_at=row.last_poll_at,
        last_success_at=row.last_success_at,
        first_success_at=row.first_success_at,
        failures=row.failures,
        last_outcome=row.last_outcome,
        last_error=row.last_error,
        etag=row.etag,
        last_modified=row.last_modified,
        interval=row.interval,
        polling=row.polling,
        state_reason=row.state_reason,
        whole_at=row.whole_at,
        moved_to=row.moved_to,
        moved_at=row.moved_at,
        health=Health(HealthState(row.health), row.health_reason, row.health_at) if row.health else None,
        judged_at=row.judged_at,
        memory=row.memory,
    )
