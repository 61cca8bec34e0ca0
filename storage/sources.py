"""Sources: what is watched, and which of them are due."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, insert, or_, select, update

from storage._base import NOW, Aggregate, free, rowcount
from storage.fetches import Fetches
from storage.hosts import host_is_free
from storage.models import HostRow, SourceDayRow, SourceRow
from vedette.errors import UsageError
from vedette.model import Fetch, Health, HealthState, Source, SourceClaim, SourceState, SourceStatus
from vedette.network import host_of

TABLE = cast("Table", SourceRow.__table__)
COLUMNS = tuple(TABLE.columns)


@dataclass(frozen=True, slots=True)
class PollRecord:
    """How one poll ended. None in `etag`, `last_modified`, `polling`, `memory`, `whole_at` leaves what is known."""

    status: SourceStatus
    """The source as it was claimed."""
    owner: str
    fetch: Fetch
    next_poll_at: datetime
    interval: timedelta | None
    failures: int = 0
    success: bool = True
    at: datetime | None = None
    """When it ended; None: when it was begun."""
    etag: str | None = None
    last_modified: str | None = None
    polling: Mapping[str, Any] | None = None
    memory: Mapping[str, Any] | None = None
    whole_at: datetime | None = None
    moved: tuple[str, datetime | None] = ("", None)
    """Where a permanent redirect leads, and since when."""


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

    def add_all(self, sources: Sequence[tuple[Source, datetime]], now: datetime) -> None:
        """Declare sources that are not there yet, each with the instant at which it is due: thousands at a time."""
        rows = [
            {"id": source.id, "owner": None, "lease_until": None, **_fresh(now), **_declared(source)}
            | {"next_poll_at": due, "created_at": now}
            for source, due in sources
        ]
        self.session.connection().execute(insert(TABLE), rows)

    def get(self, source_id: str) -> SourceStatus | None:
        """One source with what is known about it."""
        row = self.session.get(SourceRow, source_id)
        return _status(row) if row else None

    def list(self, state: SourceState | None = None) -> list[SourceStatus]:
        """All sources, by id."""
        query = select(*COLUMNS).order_by(TABLE.c.id)
        if state is not None:
            query = query.where(TABLE.c.state == state)
        return [_status(row) for row in self.session.execute(query)]

    def count(self, state: SourceState | None = None) -> int:
        """How many there are, in this state."""
        query = select(func.count()).select_from(TABLE)
        return self.session.scalar(query if state is None else query.where(TABLE.c.state == state)) or 0

    def failing_count(self) -> int:
        """How many active ones failed at their last poll."""
        failing = (TABLE.c.state == SourceState.ACTIVE, TABLE.c.failures > 0)
        return self.session.scalar(select(func.count()).select_from(TABLE).where(*failing)) or 0

    def several(self, ids: Collection[str]) -> builtins.list[SourceStatus]:
        """Those of these sources that there are, by id."""
        query = select(*COLUMNS).where(TABLE.c.id.in_(ids)).order_by(TABLE.c.id)
        return [_status(row) for row in self.session.execute(query)]

    def of_kinds(self, ids: Collection[str], kinds: Collection[str]) -> dict[str, Source]:
        """Those of these sources that are of one of these kinds, by id."""
        query = select(*COLUMNS).where(TABLE.c.id.in_(ids), TABLE.c.kind.in_(kinds))
        return {row.id: _status(row).source for row in self.session.execute(query)}

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
        ahead: timedelta = NOW,
    ) -> builtins.list[SourceClaim]:
        """Lease sources that are due, at most one per host, none whose host must wait or is busy.

        `ahead`: also what falls due within so long, to be asked at its instant; the claimer waits for it.
        """
        query = (
            select(*COLUMNS)
            .outerjoin(HostRow, HostRow.host == SourceRow.host)
            .where(SourceRow.state == SourceState.ACTIVE.value, free(SourceRow, now))
            .where(host_is_free(now, ahead))
            .order_by(SourceRow.next_poll_at.nulls_first(), SourceRow.id)
            .limit(limit * 4)  # several may share a host
        )
        query = query.where(_due(now + ahead)) if only is None else query.where(SourceRow.id.in_(only))
        if busy_hosts:
            query = query.where(SourceRow.host.not_in(busy_hosts))
        if self.postgres:
            query = query.with_for_update(skip_locked=True, of=SourceRow)
        rows: dict[str, Any] = {}
        for row in self.session.execute(query):
            if row.host not in rows and len(rows) < limit:
                rows[row.host] = row
        if rows:
            mine = update(TABLE).where(TABLE.c.id.in_([row.id for row in rows.values()]))
            self.session.connection().execute(mine.values(owner=owner, lease_until=lease_until))
            self.session.expire_all()
        return [SourceClaim(_status(row), owner, lease_until) for row in rows.values()]

    def record_polls(self, records: Sequence[PollRecord]) -> int:
        """Write down how polls ended and end their leases; how many leases still held.

        Where one was lost only the visit itself is written. One statement serves all polls that say as much.
        """
        Fetches(self.session).add_all([record.fetch for record in records])
        alike: dict[tuple[str, ...], builtins.list[dict[str, Any]]] = {}
        for record in records:
            values = _learned(record)
            alike.setdefault(tuple(values), []).append(values)
        written = 0
        for names, rows in alike.items():
            values = {name: bindparam(name) for name in names if name not in ("of", "by")}
            if "last_success_at" in values:
                values["first_success_at"] = func.coalesce(TABLE.c.first_success_at, values["last_success_at"])
            mine = (TABLE.c.id == bindparam("of")) & (TABLE.c.owner == bindparam("by"))
            statement = update(TABLE).where(mine).values(owner=None, lease_until=None, **values)
            written += rowcount(self.session.connection().execute(statement, rows))
        self.session.expire_all()
        return written

    def next_due(self, now: datetime) -> datetime | None:
        """When the next active source falls due; `now` where one has never been polled, None where there are none."""
        query = (
            select(SourceRow)
            .where(SourceRow.state == SourceState.ACTIVE.value)
            .order_by(SourceRow.next_poll_at.nulls_first())
        )
        row = self.session.scalars(query.limit(1)).first()
        return None if row is None else row.next_poll_at or now

    def any_due(self, now: datetime, ahead: timedelta = NOW) -> bool:
        """Whether a source is due, or falls due within `ahead`, looked at without a lock: most looks find nothing."""
        query = select(SourceRow.id).where(SourceRow.state == SourceState.ACTIVE.value, free(SourceRow, now))
        query = query.outerjoin(HostRow, HostRow.host == SourceRow.host).where(host_is_free(now, ahead))
        query = query.where(_due(now + ahead))
        return self.session.scalars(query.limit(1)).first() is not None

    def release(self, owner: str, only: Collection[str] | None = None) -> int:
        """Give back what a worker holds, all or `only` those; how many there were."""
        held = SourceRow.owner == owner if only is None else (SourceRow.owner == owner) & SourceRow.id.in_(only)
        return rowcount(self.session.execute(update(SourceRow).where(held).values(owner=None, lease_until=None)))

    def _change(self, source_id: str, **values: Any) -> None:
        if not rowcount(self.session.execute(update(SourceRow).where(SourceRow.id == source_id).values(**values))):
            raise UsageError(f"unknown source {source_id!r}: `vedette sources list` shows them")


def _due(by: datetime) -> Any:
    return or_(SourceRow.next_poll_at.is_(None), SourceRow.next_poll_at <= by)


def _learned(record: PollRecord) -> dict[str, Any]:
    """The columns that a poll changes; `of` and `by` say in which row. What stays as it is is left out."""
    status, fetch = record.status, record.fetch
    values: dict[str, Any] = {
        "of": status.source.id,
        "by": record.owner,
        "next_poll_at": record.next_poll_at,
        "interval": record.interval,
        "failures": record.failures,
        "last_poll_at": fetch.at if record.at is None else record.at,
        "last_outcome": fetch.outcome.value,
    }
    if record.success:
        values["last_success_at"] = values["last_poll_at"]
    given = {
        "etag": record.etag,
        "last_modified": record.last_modified,
        "polling": record.polling,
        "memory": record.memory,
        "whole_at": record.whole_at,
    }
    values |= {name: value for name, value in given.items() if value is not None and value != getattr(status, name)}
    if fetch.error != status.last_error:
        values["last_error"] = fetch.error
    if record.moved != (status.moved_to, status.moved_at):
        values["moved_to"], values["moved_at"] = record.moved
    return values


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


def _status(row: Any) -> SourceStatus:
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
