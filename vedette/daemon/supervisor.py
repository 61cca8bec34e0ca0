"""The daemon's own work: worker processes that are started, watched, replaced and ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil

from storage import Store
from vedette.daemon.context import Context
from vedette.daemon.worker import ROLES

HUNG_SECONDS = 180.0
"""Real seconds without a heartbeat after which a worker is replaced."""
END_SECONDS = 25.0
"""Real seconds that workers have to finish what is in flight."""
LONGEST_BACKOFF = 60.0
LARGEST_BYTES = 1_500_000_000
"""Memory at which a worker is asked to end and replaced: libraries leak, and years are long."""
JUMP_SECONDS = 30.0
"""How far the wall clock may run from the steady one between two ticks before it counts as a jump."""
KEEP = timedelta(days=30)
"""How long logs of fetches and drops, page bytes and bands are kept."""


@dataclass
class _Worker:
    name: str
    role: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    not_before: float = 0.0
    failures: int = 0


@dataclass
class Supervisor:
    """Keeps one process per role alive; the number of crawlers is configured."""

    context: Context
    config: Path | None = None
    workers: list[_Worker] = field(default_factory=list)
    _wall: float = 0.0
    _steady: float = 0.0

    def __post_init__(self) -> None:
        crawlers = self.context.settings.crawl.workers
        for role in ROLES:
            count = crawlers if role == "crawl" else 1
            self.workers += [_Worker(f"{role}-{n}" if count > 1 else role, role) for n in range(count)]

    @property
    def store(self) -> Store:
        """The database."""
        return self.context.store

    def start(self) -> None:
        """End the leases of earlier lives, then start every worker."""
        with self.store.write() as tx:
            voided = tx.workers.void_leases(self.context.boot)
        if voided:
            self.context.log.info("took over unfinished work", leases=voided)
        for worker in self.workers:
            self._spawn(worker)

    def watch(self) -> None:
        """A tick: replace workers that died, hang or grew too large."""
        beats = self._beats()
        for worker in self.workers:
            process, steady = worker.process, self.context.clock.monotonic()
            if process is None:
                if steady >= worker.not_before:
                    self._spawn(worker)
            elif (code := process.poll()) is not None:
                self._ended(worker, f"exited with code {code}")
            elif steady - worker.started > HUNG_SECONDS and beats.get(process.pid, HUNG_SECONDS) >= HUNG_SECONDS:
                process.kill()
                process.wait()
                self._ended(worker, f"gave no sign of life for {HUNG_SECONDS:g} s")
            elif _memory(process.pid) > LARGEST_BYTES:
                self.context.log.info("worker is recycled", worker=worker.name, bytes=_memory(process.pid))
                process.terminate()

    def watch_clock(self) -> None:
        """A tick: what was due in five minutes stays due in five minutes when the wall clock was set back."""
        wall, steady = self.context.clock.wall().timestamp(), self.context.clock.monotonic()
        jump = (wall - self._wall) - (steady - self._steady) if self._steady else 0.0
        self._wall, self._steady = wall, steady
        if abs(jump) < JUMP_SECONDS:
            return
        self.context.log.warning("the system clock jumped", seconds=round(jump))
        if jump < 0:
            with self.store.write() as tx:
                tx.maintenance.shift_due(self.context.clock.real(jump), self.context.clock.now())

    def prune(self) -> None:
        """A tick: let go of logs, page bytes and bands that are old."""
        now = self.context.clock.now()
        with self.store.write() as tx:
            counts = tx.maintenance.prune(now - KEEP, now)
        if any(counts.values()):
            self.context.log.info("pruned", **counts)

    def beat(self) -> None:
        """A tick: say that the daemon itself lives."""
        with self.store.write() as tx:
            tx.workers.beat(self.context.owner, self.context.role, self.context.clock.now())

    def stop(self) -> None:
        """Ask all workers to finish; end those that take too long."""
        running = [w.process for w in self.workers if w.process is not None]
        for process in running:
            process.terminate()
        deadline = self.context.clock.monotonic() + END_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - self.context.clock.monotonic()))
            except subprocess.TimeoutExpired:
                self.context.log.warning("worker did not end in time", pid=process.pid)
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        with self.store.write() as tx:
            tx.workers.remove(self.context.owner)

    def _spawn(self, worker: _Worker) -> None:
        command = [sys.executable, "-m", "vedette.daemon.worker", worker.role, "--boot", self.context.boot]
        if self.config is not None:
            command += ["--config", str(self.config)]
        worker.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        worker.started = self.context.clock.monotonic()
        self.context.log.debug("worker started", worker=worker.name, pid=worker.process.pid)

    def _ended(self, worker: _Worker, how: str) -> None:
        steady = self.context.clock.monotonic()
        lived = steady - worker.started
        worker.failures = worker.failures + 1 if lived < 60 else 1
        wait = min(2.0 ** (worker.failures - 1) - 1, LONGEST_BACKOFF)
        worker.process, worker.not_before = None, steady + wait
        self.context.log.error("worker ended", worker=worker.name, how=how, again_in=wait)
        self._give_back(worker.role)

    def _give_back(self, role: str) -> None:
        """End the leases of a dead worker at once, so that its work does not wait until they run out."""
        alive = {w.process.pid for w in self.workers if w.role == role and w.process is not None}
        with self.store.write() as tx:
            tx.workers.void_role(role, self.context.boot, alive)

    def _beats(self) -> dict[int, float]:
        """Process id to real seconds since its last heartbeat."""
        now = self.context.clock.now()
        with self.store.read() as tx:
            return {
                int(worker.owner.rpartition(":")[2]): (now - worker.beat_at).total_seconds() / self.context.clock.speed
                for worker in tx.workers.list()
            }


def _memory(pid: int) -> int:
    try:
        size: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return size


def ticks(supervisor: Supervisor) -> list[tuple[Callable[[], None], float]]:
    """What the scheduler calls, and how often, in real seconds."""
    return [
        (supervisor.watch, 1.0),
        (supervisor.watch_clock, 10.0),
        (supervisor.beat, 5.0),
        (supervisor.prune, 3600.0),
    ]
