"""Hosts: politeness that survives a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from storage._base import Aggregate
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


class Hosts(Aggregate):
    """Statements about hosts."""

    def get(self, host: str) -> HostState | None:
        """What is known of a host."""
        row = self.session.get(HostRow, host)
        return _state(row) if row else None

    def put(self, state: HostState) -> None:
        """Remember."""
        self.session.merge(HostRow(**asdict(state)))
        self.session.flush()

    def list(self) -> list[HostState]:
        """All hosts, by name."""
        return [_state(row) for row in self.session.scalars(select(HostRow).order_by(HostRow.host))]


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
    )
