"""The one source of time. A Clock is made at the composition root and passed on; nothing else asks the system.

Two kinds of seconds exist when time is simulated. *Clock seconds* are those of the story: poll intervals, retry
schedules, quiet hours, digests. *Real seconds* are those of the wire and of processes: politeness towards hosts,
timeouts, leases, heartbeats. With `SystemClock` they are the same.
"""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    speed: float
    """Clock seconds per real second; 1.0 unless simulated."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def wall(self) -> datetime:
        """The machine's own date, whatever time is simulated: to read dates that the wire carries."""
        ...

    def monotonic(self) -> float:
        """Real seconds from an arbitrary origin, never going back: for durations and deadlines on the wire."""
        ...

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Wait so many clock seconds, or until `wake` is set; True if it was set."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Wait so many clock seconds in the running event loop."""
        ...

    def real(self, seconds: float) -> timedelta:
        """What so many real seconds come to in clock time: `now() + real(30)` is the instant 30 real seconds ahead."""
        ...


class SystemClock:
    """The machine's clock."""

    speed = 1.0

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def wall(self) -> datetime:
        """The machine's own date."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Real seconds, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Wait so many seconds or until `wake` is set."""
        return _wait(seconds, wake)

    async def asleep(self, seconds: float) -> None:
        """Wait so many seconds in the event loop."""
        await asyncio.sleep(max(0.0, seconds))

    def real(self, seconds: float) -> timedelta:
        """The same number of seconds."""
        return timedelta(seconds=seconds)


class SimulatedClock:
    """A clock that shows `start` at the real instant `anchor` (seconds since 1970) and runs `speed` times as fast.

    Every process of a daemon is given the same three values, and a restarted daemon the ones it had before, so that
    simulated time neither jumps nor starts over.
    """

    def __init__(self, start: datetime, speed: float, anchor: float | None = None) -> None:
        """`anchor` None means now."""
        if start.tzinfo is None:
            raise ValueError("the start of a simulated clock needs a time zone")
        self.start, self.speed = start.astimezone(UTC), float(speed)
        self.anchor = time.time() if anchor is None else anchor

    def now(self) -> datetime:
        """The simulated instant, aware, in UTC."""
        return self.start + timedelta(seconds=(time.time() - self.anchor) * self.speed)

    def wall(self) -> datetime:
        """The machine's own date."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Real seconds, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Wait so many simulated seconds or until `wake` is set."""
        return _wait(seconds / self.speed, wake)

    async def asleep(self, seconds: float) -> None:
        """Wait so many simulated seconds in the event loop."""
        await asyncio.sleep(max(0.0, seconds / self.speed))

    def real(self, seconds: float) -> timedelta:
        """So many real seconds in simulated time."""
        return timedelta(seconds=seconds * self.speed)


class FrozenClock:
    """A clock for tests and pure tools: stands still until it is moved; sleeping moves it."""

    speed = 1.0

    def __init__(self, at: datetime) -> None:
        """Show `at` until moved."""
        self._now, self._elapsed = at.astimezone(UTC), 0.0

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def wall(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds it was moved forward in all."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move forward; a negative number is a wall clock that jumps back, which `monotonic` does not follow."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += max(0.0, seconds)

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Move forward at once; True if `wake` was set already."""
        self.advance(seconds)
        return wake is not None and wake.is_set()

    async def asleep(self, seconds: float) -> None:
        """Move forward at once and let other tasks run."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def real(self, seconds: float) -> timedelta:
        """The same number of seconds."""
        return timedelta(seconds=seconds)


def _wait(seconds: float, wake: threading.Event | None) -> bool:
    if wake is not None:
        return wake.wait(max(0.0, seconds))
    time.sleep(max(0.0, seconds))
    return False
