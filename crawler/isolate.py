"""Reading an answer in a process that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from pebble import ProcessExpired, ProcessPool

from crawler.browser import AT_ONCE
from crawler.spiders import KINDS, Listing
from vedette.errors import Refused
from vedette.model import FetchOutcome

SECONDS = 30.0
"""Real seconds for one answer: on a busy machine the process gets but a part of them."""
CPU_SECONDS = 4.9
"""CPU seconds for one answer."""
MEMORY_BYTES = 1_500_000_000
TASKS = 500
"""Answers after which a fresh process takes over, whatever the parsers have leaked by then."""


def read_listing(
    kind: str,
    url: str,
    settings: Mapping[str, Any],
    body: bytes,
    headers: Mapping[str, str],
    max_entries: int,
    memory: Mapping[str, Any] | None = None,
) -> Listing:
    """What an answer shows, by the kind of its source. `memory` is what the kind knows of its last poll."""
    return KINDS[kind](url, settings, memory).read(body, url, headers, max_entries)


def _read_within(cpu_seconds: float, *asked: Any) -> Listing:
    """As `read_listing`; the system ends this process when it has computed for too long, wherever it is then."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        return read_listing(*asked)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class IsolatedReader:
    """A pool of one process, made when first needed; a body that hangs or kills it is refused."""

    def __init__(self, plugins: Sequence[str] = ()) -> None:
        """Close it with `close`. `plugins` are modules with source kinds of the operator's own."""
        self._plugins = tuple(plugins)
        self._pool: ProcessPool | None = None
        self.browsers = asyncio.Semaphore(AT_ONCE)
        """Room for pages that are rendered before they are read."""

    async def read(
        self,
        kind: str,
        url: str,
        settings: Mapping[str, Any],
        body: bytes,
        headers: Mapping[str, str],
        most: int,
        memory: Mapping[str, Any] | None = None,
    ) -> Listing:
        """As `read_listing`, within limits of time and memory; Refused beyond them."""
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=1,
                initializer=_prepare,
                initargs=(self._plugins,),
                context=multiprocessing.get_context("spawn"),
                max_tasks=TASKS,
            )
        arguments = (CPU_SECONDS, kind, url, dict(settings), body, dict(headers), most, dict(memory or {}))
        future = self._pool.schedule(_read_within, args=arguments, timeout=SECONDS)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Refused(FetchOutcome.FAILED, f"reading it took more than {SECONDS:g} s") from None
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGPROF:
                raise Refused(FetchOutcome.FAILED, f"reading it took more than {CPU_SECONDS:g} s of CPU") from None
            raise Refused(FetchOutcome.FAILED, f"reading it broke the parser ({error})") from None
        except (MemoryError, RecursionError) as error:
            raise Refused(FetchOutcome.FAILED, f"reading it took too much ({type(error).__name__})") from None

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()


def _prepare(plugins: Sequence[str]) -> None:
    import importlib
    import resource

    for name in plugins:
        KINDS.add(importlib.import_module(name))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
