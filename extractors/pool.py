"""Extraction in processes that can be killed: no page stops or slows the others for longer than its time.

A page that hangs, eats memory or crashes its process is tried once more with the extractor that no page has broken
yet, and then refused with its reason.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial

from pebble import ProcessExpired, ProcessPool

from extractors import Limits, extract
from extractors.bodies import KINDS
from vedette.errors import Refused
from vedette.model import Article, DropReason, Page

PR_SET_PDEATHSIG = 1
TASKS_PER_PROCESS = 500
"""A process is replaced after so many pages: libraries keep what they allocate."""
DETAIL = 300
"""Characters of an unexpected error that are kept."""


FIRST_SHARE = 0.6
"""Of a page's time for its first attempt; the rest is for the last resort, which is ten times as fast."""
RESTARTS = 3
"""How often a page is tried in a fresh pool before the fault is taken for the machine's."""
CLOSED = Refused(DropReason.EXTRACTION_FAILED, "the extraction pool is closed")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A page on its way through the pool."""

    page: Page
    answer: Future[Article]
    last_resort: bool = False
    restarts: int = 0


class ExtractionPool:
    """Turns pages into articles, `workers` at a time.

    `seconds` is wall time for a page, all attempts at it together, `memory_mb` what a process may grow by. `work` makes
    the article in the process: a function of a module, called as `work(page, limits=..., last_resort=...)`.
    """

    def __init__(
        self,
        workers: int = 1,
        seconds: float = 5.0,
        memory_mb: int = 300,
        limits: Limits | None = None,
        plugins: Sequence[str] = (),
        work: Callable[..., Article] = extract,
    ) -> None:
        """Processes start with the first page. `plugins` are modules with extractors of the operator's own."""
        self._work, self._plugins = work, tuple(plugins)
        self._workers = workers
        self.seconds, self.memory_mb = seconds, memory_mb
        self.limits = limits or Limits()
        self._lock = threading.RLock()
        self._open: set[Future[Article]] = set()
        self._pool: ProcessPool | None = self._fresh()

    def submit(self, page: Page) -> Future[Article]:
        """The article to be; the future's exception is always Refused."""
        answer: Future[Article] = Future()
        answer.set_running_or_notify_cancel()  # from here on it can't be cancelled, only answered
        with self._lock:
            self._open.add(answer)
        self._schedule(_Attempt(page, answer))
        return answer

    def close(self) -> None:
        """End the processes; pages not yet extracted are refused."""
        with self._lock:
            pool, self._pool = self._pool, None
            waiting = list(self._open)
        if pool is not None:
            _discard(pool)
        for answer in waiting:
            self._answer(answer, CLOSED)

    def _fresh(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_PER_PROCESS,
            initializer=_prepare,
            initargs=(self.memory_mb, os.getpid(), self._plugins),
            context=multiprocessing.get_context("spawn"),
        )

    def _schedule(self, attempt: _Attempt) -> None:
        work = partial(_guarded, self._work, attempt.page, limits=self.limits, last_resort=attempt.last_resort)
        with self._lock:
            pool = self._pool
        if pool is None:
            self._answer(attempt.answer, CLOSED)
            return
        try:
            share = 1 - FIRST_SHARE if attempt.last_resort else FIRST_SHARE
            running = pool.schedule(work, timeout=self.seconds * share)
        except RuntimeError:  # it broke while nobody looked: an idle process was killed
            self._restarted(attempt, pool)
        else:
            running.add_done_callback(partial(self._ended, attempt=attempt, pool=pool))

    def _ended(self, running: Future[Article], attempt: _Attempt, pool: ProcessPool) -> None:
        """Called in a thread of the pool when an attempt has ended in any way."""
        error = CLOSED if running.cancelled() else running.exception()
        if error is None:
            self._answer(attempt.answer, running.result())
        elif isinstance(error, BrokenProcessPool):
            self._restarted(attempt, pool)
        elif isinstance(error, Refused):
            self._answer(attempt.answer, error)
        elif not attempt.last_resort:
            self._schedule(replace(attempt, last_resort=True))
        else:
            self._answer(attempt.answer, self._refusal(error))

    def _restarted(self, attempt: _Attempt, broken: ProcessPool) -> None:
        """Try again in a fresh pool: Pebble gives a pool up for good when its idle processes are killed."""
        if attempt.restarts >= RESTARTS:
            self._answer(attempt.answer, Refused(DropReason.EXTRACTION_FAILED, "no extraction process stays alive"))
            return
        with self._lock:
            mine = self._pool is broken  # nobody else has replaced it, and it was not closed
            if mine:
                self._pool = self._fresh()
        if mine:  # in a thread of its own: this one may belong to the broken pool, and can't wait for itself
            threading.Thread(target=_discard, args=(broken,), daemon=True).start()
        self._schedule(replace(attempt, restarts=attempt.restarts + 1))

    def _answer(self, answer: Future[Article], outcome: Article | BaseException) -> None:
        with self._lock:
            if answer not in self._open:
                return  # closing was faster
            self._open.discard(answer)
        if isinstance(outcome, Article):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)

    def _refusal(self, error: BaseException) -> Refused:
        if isinstance(error, TimeoutError):
            return Refused(DropReason.TOO_COMPLEX, f"took more than {self.seconds:g} s")
        if isinstance(error, MemoryError | RecursionError):
            return Refused(DropReason.TOO_COMPLEX, f"took more than {self.memory_mb} MB ({type(error).__name__})")
        if isinstance(error, ProcessExpired):
            return Refused(DropReason.EXTRACTION_FAILED, f"its process died ({error})")
        return Refused(DropReason.EXTRACTION_FAILED, " ".join(repr(error).split())[:DETAIL])


def _guarded(work: Callable[..., Article], page: Page, *, limits: Limits, last_resort: bool) -> Article:
    """In the process: a page that ate the memory gives it back, so that the next one does not pay for it.

    The error that is raised keeps no frame of the work, whose variables it would hold until the next page has ended.
    """
    try:
        return work(page, limits=limits, last_resort=last_resort)
    except MemoryError as error:
        traceback.clear_frames(error.__traceback__)
    gc.collect()
    raise MemoryError


def _discard(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _prepare(memory_mb: int, parent: int, plugins: Sequence[str]) -> None:
    """In a fresh process: die with the parent, load what every page needs, then bound the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent(parent)
    for name in plugins:
        KINDS.add(importlib.import_module(name))
    warm: Callable[[Page], Article] = extract
    text = "<p>" + "An undated page that every library reads once, so that no real page waits for that. " * 10
    warm(Page("https://warm.invalid/page", f"<html><h1>Warm</h1>{text}</html>".encode()))
    import resource

    import psutil

    allowed = psutil.Process().memory_info().vms + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def _die_with_parent(parent: int) -> None:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: the pool's own pipe tells, a little later
    if os.getppid() != parent:
        os._exit(1)  # it died before the line above
