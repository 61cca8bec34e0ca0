"""Hosts: politeness that survives a restart and holds over all workers, since one at a time may ask a host.

A worker leases a host before it asks it for anything. Each lease has an epoch of its own: what a worker that lost its
lease learned is not written over what its successor knows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage._base import Aggregate, free, rowcount
from storage.models import HostRow


@dataclass(frozen=True, slots=True)
class HostState:
    """What a host asked of us and how it fares. `robots_status` 0 means that robots.txt could not be fetched."""

    host: str
    next_ok_at: datetime | None = None  # no request before this instant
    delay_seconds: float = 0.0  # real seconds between two requests
    robots_status: int | None = None  # None: not fetched yet
    robots_text: str = ""
    robots_fetched_at: datetime | None = None
    failures: int = 0
    reason: str = ""  # why it has to wait
    epoch: int = 0  # counts leases


class Hosts(Aggregate):
    """Statements about hosts."""

    def get(self, host: str) -> HostState | None:
        """What is known of a host."""
        row = self.session.get(HostRow, host)
        return _state(row) if row else None

    def put(self, state: HostState) -> None:
        """Remember; a lease stays as it is."""
        self.session.merge(HostRow(**asdict(state)))
        self.session.flush()

    def lease(
        self, hosts: Collection[str], owner: str, now: datetime, until: datetime, *, due: bool = True
    ) -> dict[str, HostState]:
        """Lease those of the hosts that nobody holds, and with `due` those alone that may be asked now.

        What is known of each that was got. Hosts are taken in the order of their names, so that two workers never
        wait for each other.
        """
        if not hosts:
            return {}
        dialect = postgresql if self.postgres else sqlite
        fresh = {"delay_seconds": 0.0, "robots_text": "", "failures": 0, "reason": "", "epoch": 1}
        values = [{"host": host, "owner": owner, "lease_until": until, **fresh} for host in sorted(hosts)]
        statement = dialect.insert(HostRow).values(values)
        may = host_is_free(now) if due else free(HostRow, now)
        statement = statement.on_conflict_do_update(
            index_elements=[HostRow.host],
            set_={"owner": owner, "lease_until": until, "epoch": HostRow.epoch + 1},
            where=may,
        )
        rows = self.session.scalars(statement.returning(HostRow), execution_options={"populate_existing": True})
        return {row.host: _state(row) for row in rows}

    def renew(self, host: str, owner: str, epoch: int, until: datetime) -> bool:
        """Hold a host for longer; False where the lease was lost."""
        mine = (HostRow.host == host) & (HostRow.owner == owner) & (HostRow.epoch == epoch)
        statement = update(HostRow).where(mine).values(lease_until=until)
        return rowcount(self.session.execute(statement)) == 1

    def give_back(self, state: HostState, owner: str) -> bool:
        """Remember and end the lease. False, and nothing is written, where the lease was lost."""
        row = self.session.get(HostRow, state.host, with_for_update=True, populate_existing=True)
        if row is None or row.owner != owner or row.epoch != state.epoch:
            return False
        row.owner = row.lease_until = None
        self.put(state)
        return True

    def release(self, owner: str, now: datetime, second: timedelta) -> int:
        """Give back what a stopping worker holds, with a pause; how many there were."""
        return self.void(HostRow.owner == owner, now, second)

    def void(self, held: Any, now: datetime, second: timedelta) -> int:
        """End the leases that satisfy a condition; how many there were. `second` is a real second in clock time.

        Their holders could not say when they last asked the host: it may have been a moment ago, so it gets its pause.
        """
        rows = list(self.session.scalars(select(HostRow).where(HostRow.owner.is_not(None), held)))
        for row in rows:
            row.next_ok_at = max(row.next_ok_at or now, now + second * max(1.0, row.delay_seconds))
            row.owner = row.lease_until = None
        self.session.flush()
        return len(rows)

    def list(self) -> list[HostState]:
        """All hosts, by name."""
        return [_state(row) for row in self.session.scalars(select(HostRow).order_by(HostRow.host))]


def host_is_free(now: datetime) -> Any:
    """The condition that nobody holds the host of an outer join and that it may be asked now."""
    return free(HostRow, now) & or_(HostRow.next_ok_at.is_(None), HostRow.next_ok_at <= now)


def _state(row: HostRow) -> HostState:
    return HostState(
        host=row.host,
        next_ok_at=row.next_ok_at,
        delay_seconds=row.delay_seconds,
        robots_status=row.robots_status,
        robots_text=row.robots_text,
        robots_fetched_at=row.robots_fetched_at,
        failures=row.failures,
        reason=row.reason,
        epoch=row.epoch,
    )
