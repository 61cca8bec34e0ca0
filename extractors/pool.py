"""Extraction in processes that can be killed: no page stops or slows the others for longer than its time.

A page that hangs, eats memory or crashes its process is tried once more with the extractor that no page has broken
yet, and then refused with its reason.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from pebble import ProcessExpired, ProcessPool

from extractors import Limits, extract
from vedette.errors import Refused
from vedette.model import Article, DropReason, Page

PR_SET_PDEATHSIG = 1
TASKS_PER_PROCESS = 500
"""A process is replaced after so many pages: libraries keep what they allocate."""
START_SECONDS = 20.0
"""What the first page in a fresh process may take longer: importing the libraries."""


class ExtractionPool:
    """Turns pages into articles, `workers` at a time.

    `seconds` is wall time for one page; `memory_mb` what a process may grow by for one page.
    """

    def __init__(
        self, workers: int = 1, seconds: float = 5.0, memory_mb: int = 300, limits: Limits | None = None
    ) -> None:
        """Processes start with the first page."""
        self.seconds, self.memory_mb = seconds, memory_mb
        self.limits = limits or Limits()
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_PROCESS,
            initializer=_prepare,
            initargs=(memory_mb, os.getpid()),
            context=multiprocessing.get_context("spawn"),
        )

    def submit(self, page: Page) -> Future[Article]:
        """The article to be; the future's exception is always Refused."""
        answer: Future[Article] = Future()
        self._schedule(page, answer, last_resort=False)
        return answer

    def close(self) -> None:
        """End the processes; pages not yet extracted are refused."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _schedule(self, page: Page, answer: Future[Article], *, last_resort: bool) -> None:
        work = partial(_extract, page, self.limits, last_resort=last_resort)
        try:
            running = self._pool.schedule(work, timeout=self.seconds)
        except RuntimeError:
            answer.set_exception(Refused(DropReason.EXTRACTION_FAILED, "the extraction pool is closed"))
            return
        running.add_done_callback(partial(self._ended, page=page, answer=answer, last_resort=last_resort))

    def _ended(self, running: Future[Article], page: Page, answer: Future[Article], *, last_resort: bool) -> None:
        if running.cancelled():
            answer.set_exception(Refused(DropReason.EXTRACTION_FAILED, "the extraction pool was closed"))
            return
        error = running.exception()
        if error is None:
            answer.set_result(running.result())
        elif isinstance(error, Refused):
            answer.set_exception(error)
        elif not last_resort:
            self._schedule(page, answer, last_resort=True)
        else:
            answer.set_exception(self._refusal(error))

    def _refusal(self, error: BaseException) -> Refused:
        if isinstance(error, TimeoutError):
            return Refused(DropReason.TOO_COMPLEX, f"took more than {self.seconds:g} s")
        if isinstance(error, MemoryError | RecursionError):
            return Refused(DropReason.TOO_COMPLEX, f"took more than {self.memory_mb} MB ({type(error).__name__})")
        if isinstance(error, ProcessExpired):
            return Refused(DropReason.EXTRACTION_FAILED, f"its process died ({error})")
        return Refused(DropReason.EXTRACTION_FAILED, f"{type(error).__name__}: {error}"[:300])


def _extract(page: Page, limits: Limits, *, last_resort: bool) -> Article:
    return extract(page, limits=limits, last_resort=last_resort)


def _prepare(memory_mb: int, parent: int) -> None:
    """In a fresh process: die with the parent, load what every page needs, then bound the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent(parent)
    warm: Callable[[Page], Article] = extract
    text = "<p>" + "A page that every library reads once, so that no real page has to wait for that. " * 10
    warm(Page("https://warm.invalid/2026/01/02/page", f"<html><h1>Warm</h1>{text}</html>".encode()))
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
