"""The daemon's own work: worker processes that are started, watched, replaced and ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from storage import Store
from vedette.daemon.context import Context
from vedette.daemon.deadman import DeadMan
from vedette.daemon.nursery import Forked, Nursery
from vedette.daemon.worker import ROLES
from vedette.errors import VedetteError

HUNG_SECONDS = 180.0
"""Real seconds without a heartbeat after which a worker is replaced."""
END_SECONDS = 25.0
"""Real seconds that workers have to finish what is in flight."""
LONGEST_BACKOFF = 60.0
STEADY_SECONDS = 60.0
"""Real seconds after which a worker that ends counts as having failed for the first time."""
LARGEST_BYTES = 1_500_000_000
"""Memory at which a worker is asked to end and replaced: libraries leak, and years are long."""
OLDEST_SECONDS = 24 * 3600.0
"""Real seconds after which a crawler is replaced, one at a time: it speaks to strangers all day."""
JUMP_SECONDS = 30.0
"""How far the wall clock may run from the steady one between two ticks before it counts as a jump."""
KEEP = timedelta(days=30)
"""How long logs of fetches and drops, page bytes and bands are kept."""
NEVER = (datetime.min.replace(tzinfo=UTC), float("-inf"))
"""The beat of a worker that has not been heard yet."""


@dataclass
class _Worker:
    name: str
    role: str
    process: Forked | None = None
    started: float = 0.0
    not_before: float = 0.0
    failures: int = 0
    leaving: bool = False  # it was asked to end, so that a fresh one takes its place


@dataclass
class Supervisor:
    """Keeps one process per role alive; the number of crawlers is configured."""

    context: Context
    config: Path | None = None
    nursery: Nursery = field(default_factory=Nursery)
    largest_bytes: int = LARGEST_BYTES
    oldest_seconds: float = OLDEST_SECONDS
    workers: list[_Worker] = field(default_factory=list)
    _beats: dict[int, tuple[datetime, float]] = field(default_factory=dict)  # pid -> its beat, and when that was new
    _bereft: set[str] = field(default_factory=set)  # roles with a dead worker whose leases are to be ended
    _clocks: tuple[float, float] | None = None  # wall and steady seconds at the last look

    def __post_init__(self) -> None:
        settings = self.context.settings
        counts = {"crawl": settings.crawl.workers, "web": int(settings.web.enabled)}
        for role in ROLES:
            count = counts.get(role, 1)
            self.workers += [_Worker(f"{role}-{n}" if count > 1 else role, role) for n in range(count)]

    @property
    def store(self) -> Store:
        """The database."""
        return self.context.store

    def start(self) -> None:
        """End the leases of earlier lives, then start every worker."""
        with self.store.write() as tx:
            voided = tx.workers.void_leases(self.context.boot, self.context.clock.now(), self.context.clock.real(1))
        if voided:
            self.context.log.info("took over unfinished work", leases=voided)
        for worker in self.workers:
            self._spawn(worker)

    def watch(self) -> None:
        """A tick: replace workers that died, hang or grew too large."""
        self._listen()
        for worker in self.workers:
            process, steady = worker.process, self.context.clock.monotonic()
            if process is None:
                if steady >= worker.not_before:
                    self._spawn(worker)
            elif (code := process.poll()) is not None:
                self._ended(worker, f"exited with code {code}")
            elif steady - max(worker.started, self._beats.get(process.pid, NEVER)[1]) > HUNG_SECONDS:
                process.kill()
                process.wait(END_SECONDS)
                self._ended(worker, f"gave no sign of life for {HUNG_SECONDS:g} s")
            elif not worker.leaving and (why := self._must_leave(worker, process.pid)):
                self.context.log.info("worker is recycled", worker=worker.name, why=why)
                worker.leaving = True
                process.terminate()
        self._give_back()

    def _must_leave(self, worker: _Worker, pid: int) -> str:
        """Why a worker shall end for a fresh one, "" where it may stay."""
        if (size := _memory(pid)) > self.largest_bytes:
            return f"it grew to {size // 10**6} MB"
        others = any(w.leaving or w.process is None for w in self.workers if w.role == worker.role)
        age = self.context.clock.monotonic() - worker.started
        if worker.role == "crawl" and not others and age > self.oldest_seconds:
            return f"it is {age / 3600:.0f} hours old"
        return ""

    def watch_clock(self) -> None:
        """A tick: what was due in five minutes stays due in five minutes when the wall clock was set back."""
        wall, steady = self.context.clock.wall().timestamp(), self.context.clock.monotonic()
        last_wall, last_steady = self._clocks or (wall, steady)
        self._clocks = (wall, steady)
        jump = (wall - last_wall) - (steady - last_steady)
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

    def missing(self) -> list[str]:
        """Workers that do not run."""
        return [w.name for w in self.workers if w.process is None or w.process.poll() is not None]

    def stop(self) -> None:
        """Ask all workers to finish; end those that take too long."""
        running = [w.process for w in self.workers if w.process is not None]
        for process in running:
            process.terminate()
        deadline = self.context.clock.monotonic() + END_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - self.context.clock.monotonic()))
            except TimeoutError:
                self.context.log.warning("worker did not end in time", pid=process.pid)
                process.kill()
                process.wait(END_SECONDS)
        self.nursery.close()
        with self.store.write() as tx:
            tx.workers.remove(self.context.owner)

    def _spawn(self, worker: _Worker) -> None:
        arguments = [worker.role, "--boot", self.context.boot]
        if self.config is not None:
            arguments += ["--config", str(self.config)]
        worker.started, worker.leaving = self.context.clock.monotonic(), False
        try:
            worker.process = self.nursery.fork(arguments)
        except OSError as error:
            self._ended(worker, f"could not be started: {error}")
            return
        self.context.log.debug("worker started", worker=worker.name, pid=worker.process.pid)

    def _ended(self, worker: _Worker, how: str) -> None:
        steady, wait = self.context.clock.monotonic(), 0.0
        if worker.leaving:
            worker.failures = 0
        else:
            worker.failures = worker.failures + 1 if steady - worker.started < STEADY_SECONDS else 1
            wait = backoff(worker.failures)
            self.context.log.error("worker ended", worker=worker.name, how=how, again_in=wait)
        worker.process, worker.not_before = None, steady + wait
        self._bereft.add(worker.role)

    def _give_back(self) -> None:
        """End the leases of dead workers at once, so that their work does not wait until they run out."""
        for role in sorted(self._bereft):
            alive = {w.process.pid for w in self.workers if w.role == role and w.process is not None}
            with self.store.write() as tx:
                clock = self.context.clock
                tx.workers.void_role(role, self.context.boot, alive, clock.now(), clock.real(1))
            self._bereft.discard(role)  # only once it is written: a locked database is tried again

    def _listen(self) -> None:
        """Note which workers beat since the last look.

        Only whether a beat is new counts, not its date: a wall clock that jumps must not look like a hang.
        """
        with self.store.read() as tx:
            beats = {int(worker.owner.rpartition(":")[2]): worker.beat_at for worker in tx.workers.list()}
        steady = self.context.clock.monotonic()
        self._beats = {
            pid: known if (known := self._beats.get(pid, NEVER))[0] == beat else (beat, steady)
            for pid, beat in beats.items()
        }


def backoff(failures: int) -> float:
    """Real seconds to wait before a worker is started again after so many failures in a row."""
    return float(min(2.0 ** (failures - 1) - 1, LONGEST_BACKOFF))


def _memory(pid: int) -> int:
    try:
        size: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return size


def ticks(supervisor: Supervisor) -> list[tuple[Callable[[], None], float]]:
    """What the scheduler calls, and how often, in real seconds."""
    return [
        (_enduring(supervisor.watch, supervisor), 1.0),
        (_enduring(supervisor.watch_clock, supervisor), 5.0),
        (_enduring(supervisor.beat, supervisor), 5.0),
        (_enduring(supervisor.prune, supervisor), 3600.0),
        (_enduring(DeadMan(supervisor.context, supervisor.missing).look, supervisor), 5.0),
    ]


def _enduring(tick: Callable[[], None], supervisor: Supervisor) -> Callable[[], None]:
    """A tick that lives through a database that is locked or full: told once, and once when it is over."""
    log, trouble = supervisor.context.log, ""

    def run() -> None:
        nonlocal trouble
        try:
            tick()
        except VedetteError as error:
            if str(error) != trouble:
                log.error("the daemon can't work", error=str(error))
            trouble = str(error)
        else:
            if trouble:
                log.info("the daemon works again", after=trouble)
            trouble = ""

    return run
