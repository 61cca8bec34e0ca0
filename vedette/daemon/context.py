"""What a worker process is given. Processes share the database and the clock, nothing else."""

from __future__ import annotations

import os
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vedette.clock import Clock, SimulatedClock, SystemClock

if TYPE_CHECKING:
    from storage import Store
    from vedette.config import Settings

ANCHOR = "clock"
"""The key under which the database remembers a simulated clock."""


@dataclass(frozen=True)
class Context:
    """Handed to the `main` of every role. `stop` is set when the process shall finish what is in flight and end."""

    settings: Settings
    clock: Clock
    store: Store
    role: str
    boot: str
    log: Any
    stop: threading.Event = field(default_factory=threading.Event)

    _touched: list[float] = field(default_factory=list)

    def touch(self) -> None:
        """Say that the main loop goes round: a process whose loop stands still is replaced."""
        self._touched[:] = [self.clock.monotonic()]

    @property
    def still_for(self) -> float:
        """Real seconds since the main loop last went round."""
        return self.clock.monotonic() - self._touched[0] if self._touched else 0.0

    @property
    def owner(self) -> str:
        """The name under which this process leases rows."""
        return f"{self.role}:{self.boot}:{os.getpid()}"


def new_boot() -> str:
    """A name for one life of the daemon."""
    return uuid.uuid4().hex[:12]


def make_clock(settings: Settings, store: Store | None, *, anchor: bool = False) -> Clock:
    """The clock that the configuration asks for.

    A simulated one continues where the database remembers it, as long as its start and speed are the same. With
    `anchor` a clock that is not remembered yet starts now, and is remembered.
    """
    if settings.clock.start is None:
        return SystemClock()
    start, speed = settings.clock.start, settings.clock.speed
    known = None
    if store is not None:
        with store.read() as tx:
            known = tx.meta.get(ANCHOR)
    if known and datetime.fromisoformat(known["start"]) == start and known["speed"] == speed:
        return SimulatedClock(start, speed, known["anchor"])
    now = time.time()
    if anchor and store is not None:
        with store.write() as tx:
            tx.meta.set(ANCHOR, {"start": start.isoformat(), "speed": speed, "anchor": now})
    return SimulatedClock(start, speed, now)
