"""Twisted's asyncio reactor in a loop that runs already, for plug-ins that need one.

The loop is ours (uvloop, started by the worker); the reactor is a guest in it and never runs a loop of its own.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

NAME = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


def adopt(loop: asyncio.AbstractEventLoop) -> None:
    """Let the reactor live in `loop`; the one of an earlier loop of this process moves over."""
    if "twisted.internet.reactor" not in sys.modules:
        from twisted.internet import asyncioreactor

        asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed

    reactor: Any = installed
    reactor._asyncioEventloop = loop
    if not reactor.running:
        reactor.startRunning(installSignalHandlers=False)
