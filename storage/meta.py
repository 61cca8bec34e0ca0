"""What the installation remembers, and its living processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from storage._base import Aggregate, rowcount
from storage.hosts import Hosts
from storage.models import DeliveryRow, HostRow, ItemRow, MetaRow, SourceRow, WorkerRow
from vedette.model import DeliveryState, ItemState

LEASED = (SourceRow, ItemRow, DeliveryRow)
"""Tables whose rows workers lease, besides that of the hosts."""
SECOND = timedelta(seconds=1)


class Meta(Aggregate):
    """Small values by name."""

    def get(self, key: str, default: Any = None) -> Any:
        """A value, or `default`."""
        row = self.session.get(MetaRow, key)
        return default if row is None else row.value["value"]

    def set(self, key: str, value: Any) -> None:
        """Remember a JSON value."""
        self.session.merge(MetaRow(key=key, value={"value": value}))
        self.session.flush()


@dataclass(frozen=True, slots=True)
class Worker:
    """A process and when it last said that it lives."""

    owner: str
    role: str
    beat_at: datetime
    info: Mapping[str, Any]


class Workers(Aggregate):
    """Heartbeats and leases."""

    def beat(self, owner: str, role: str, now: datetime, info: Mapping[str, Any] | None = None) -> None:
        """Say that a worker lives."""
        self.session.merge(WorkerRow(owner=owner, role=role, beat_at=now, info=dict(info or {})))
        self.session.flush()

    def list(self) -> list[Worker]:
        """All that ever said so and have not been cleared, the latest first."""
        query = select(WorkerRow).order_by(WorkerRow.beat_at.desc())
        return [Worker(row.owner, row.role, row.beat_at, row.info) for row in self.session.scalars(query)]

    def remove(self, owner: str) -> None:
        """A worker ended."""
        self.session.execute(delete(WorkerRow).where(WorkerRow.owner == owner))

    def void_leases(self, except_boot: str, now: datetime, second: timedelta = SECOND) -> int:
        """End the leases of all workers of other boots; how many there were. `second` is a real second in clock time.

        For a daemon that has just taken the lock: nobody else may work on this database. A delivery that was being
        sent may have arrived: it is UNCERTAIN, and goes out again under the same key. Owners are "role:boot:pid".
        """
        count = Hosts(self.session).void(HostRow.owner.not_like(f"%:{except_boot}:%"), now, second)
        count += sum(self._void(table, table.owner.not_like(f"%:{except_boot}:%")) for table in LEASED)
        self.session.execute(delete(WorkerRow).where(WorkerRow.owner.not_like(f"%:{except_boot}:%")))
        return count

    def void_role(self, role: str, boot: str, alive: Collection[int], now: datetime, second: timedelta = SECOND) -> int:
        """End the leases of a role's processes of this boot that are not alive; how many there were.

        What they held may be why they died: it counts as an attempt, and what the network brings is left alone for
        a while that doubles each time, so that one bad source can't keep all others from being polled.
        """
        owners = [f"{role}:{boot}:{pid}" for pid in alive]
        lost = HostRow.owner.like(f"{role}:{boot}:%") & HostRow.owner.not_in(owners)
        count = Hosts(self.session).void(lost, now, second)
        for table in LEASED:
            dead = table.owner.like(f"{role}:{boot}:%") & table.owner.not_in(owners)
            if table is SourceRow:
                held = sorted(self.session.scalars(select(SourceRow).where(dead)), key=lambda source: source.id)
                for place, source in enumerate(held, 1):
                    source.failures += 1
                    source.last_error = "the crawler died while it was polled"
                    source.next_poll_at = now + _pause(source.failures, place / len(held))
            elif table is ItemRow:
                items = sorted(self.session.scalars(select(ItemRow).where(dead)), key=lambda item: item.id)
                for place, item in enumerate(items, 1):
                    item.attempts += 1
                    if item.state == ItemState.NEW.value:
                        item.next_attempt_at = now + _pause(item.attempts, place / len(items))
            self.session.flush()
            count += self._void(table, dead)
        gone = WorkerRow.owner.like(f"{role}:{boot}:%") & WorkerRow.owner.not_in(owners)
        self.session.execute(delete(WorkerRow).where(gone))
        return count

    def _void(self, table: Any, condition: Any) -> int:
        values: dict[str, Any] = {"owner": None, "lease_until": None}
        if table is DeliveryRow:
            values["state"] = DeliveryState.UNCERTAIN.value
        statement = update(table).where(table.owner.is_not(None), condition).values(values)
        count = rowcount(self.session.execute(statement.execution_options(synchronize_session=False)))
        self.session.expire_all()
        return count


def _pause(deaths: int, place: float) -> timedelta:
    """How long to leave something alone: what was in flight together is spread, so that the culprit dies alone."""
    return timedelta(seconds=15 * 2 ** min(deaths - 1, 9) * (0.5 + place))
