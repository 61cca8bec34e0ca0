"""Hosts: politeness that survives a restart and holds over all workers, since one at a time may ask a host.

A worker leases a host before it asks it for anything. Each lease has an epoch of its own: what a worker that lost its
lease learned is not written over what its successor knows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage._base import NOW, Aggregate, free, rowcount
from storage.models import HostRow

TABLE = cast("Table", HostRow.__table__)
ROBOTS = ("robots_status", "robots_text", "robots_fetched_at")
"""Columns that are written only where robots.txt was asked for: most polls don't, and it may be long."""


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
    robots_read: bool = False  # whether robots.txt was asked for since the host was leased


class Hosts(Aggregate):
    """Statements about hosts."""

    def get(self, host: str) -> HostState | None:
        """What is known of a host."""
        row = self.session.get(HostRow, host)
        return _state(row) if row else None

    def put(self, state: HostState) -> None:
        """Remember; a lease stays as it is."""
        values = asdict(state)
        del values["robots_read"]
        self.session.merge(HostRow(**values))
        self.session.flush()

    def lease(
        self, hosts: Collection[str], owner: str, now: datetime, until: datetime, ahead: timedelta | None = NOW
    ) -> dict[str, HostState]:
        """Lease those of the hosts that nobody holds and that may be asked within `ahead`, or whenever with None.

        What is known of each that was got. Hosts are taken in the order of their names, so that two workers never
        wait for each other.
        """
        if not hosts:
            return {}
        dialect: Any = postgresql if self.postgres else sqlite
        fresh = {"delay_seconds": 0.0, "robots_text": "", "failures": 0, "reason": "", "epoch": 1}
        values = [{"host": host, "owner": owner, "lease_until": until, **fresh} for host in sorted(hosts)]
        statement = dialect.insert(TABLE)
        statement = statement.on_conflict_do_update(
            index_elements=[TABLE.c.host],
            set_={
                "owner": statement.excluded.owner,
                "lease_until": statement.excluded.lease_until,
                "epoch": TABLE.c.epoch + 1,
            },
            where=free(HostRow, now) if ahead is None else host_is_free(now, ahead),
        )
        rows = self.session.connection().execute(statement.returning(*TABLE.c), values)
        self.session.expire_all()
        return {row.host: _state(row) for row in rows}

    def renew(self, host: str, owner: str, epoch: int, until: datetime) -> bool:
        """Hold a host for longer; False where the lease was lost."""
        mine = (HostRow.host == host) & (HostRow.owner == owner) & (HostRow.epoch == epoch)
        statement = update(HostRow).where(mine).values(lease_until=until)
        return rowcount(self.session.execute(statement)) == 1

    def give_back(self, states: Sequence[HostState], owner: str) -> int:
        """Remember and end leases; how many still held. Where one was lost nothing is written."""
        written = 0
        for read in (False, True):
            names = ("next_ok_at", "delay_seconds", "failures", "reason", *(ROBOTS if read else ()))
            rows = [
                {"of": state.host, "was": state.epoch, **{f"new_{name}": getattr(state, name) for name in names}}
                for state in sorted(states, key=lambda state: state.host)
                if state.robots_read == read
            ]
            if not rows:
                continue
            mine = (TABLE.c.host == bindparam("of")) & (TABLE.c.owner == owner) & (TABLE.c.epoch == bindparam("was"))
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
            statement = update(TABLE).where(mine).values(owner=None, lease_until=None, **values)
            written += rowcount(self.session.connection().execute(statement, rows))
        self.session.expire_all()
        return written

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


def host_is_free(now: datetime, ahead: timedelta = NOW) -> Any:
    """The condition that nobody holds the host of an outer join and that it may be asked within `ahead`."""
    return free(HostRow, now) & or_(HostRow.next_ok_at.is_(None), HostRow.next_ok_at <= now + ahead)


def _state(row: Any) -> HostState:
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
