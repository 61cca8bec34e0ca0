"""A worker process of the daemon: `python -m vedette.daemon.worker ROLE --boot ID [--config FILE]`.

The daemon has its workers forked by `vedette.daemon.nursery`, with the same arguments. A worker ends when told to
(SIGTERM) and when the daemon is gone, however that ended: its standard input is a pipe, which then reaches its end.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from storage import open_store
from vedette import config, log
from vedette.daemon.context import Context, make_clock
from vedette.errors import ConfigError, VedetteError

ROLES = {
    "crawl": "crawler.run",
    "process": "vedette.daemon.pipeline",
    "deliver": "alerts.deliver",
    "web": "web.serve",
}
"""Role to the module whose `main(context)` fills it."""

BEAT_SECONDS = 5.0
STILL_SECONDS = 120.0
"""Real seconds without a round of the main loop after which the heart stops beating."""
LAST_SECONDS = {"deliver": 30.0}
"""Real seconds that a role may still take once the daemon is gone: a message on its way is better sent and recorded.

The others end at once. Their transactions are whole or not at all, and a crawler that went on would ask a host beside
the crawler of the next daemon.
"""


def main(argv: list[str] | None = None) -> int:
    """Run a role until stopped; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("role", choices=sorted(ROLES))
    parser.add_argument("--config", type=Path)
    parser.add_argument("--boot", required=True)
    given = parser.parse_args(argv)
    gc.disable()  # what is loaded now stays: looking through it again and again is a tenth of the start
    try:
        settings = config.load(given.config)
        log.configure(level=settings.log.level, format=settings.log.format)
        load_plugins(settings.plugins.modules)
        store = open_store(settings.database_url)
        clock = make_clock(settings, store)
    except VedetteError as error:
        print(f"vedette: {error}", file=sys.stderr)  # noqa: T201 - there is no log yet
        return error.exit_code
    context = Context(settings, clock, store, given.role, given.boot, log.get("vedette", role=given.role))
    signal.signal(signal.SIGTERM, lambda *_: context.stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the daemon's to handle
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the nursery holds them back until here
    for target in (_watch_parent, _beat):
        threading.Thread(target=target, args=(context,), daemon=True, name=target.__name__).start()
    try:
        role = importlib.import_module(ROLES[given.role])
        gc.freeze()  # a look of the collector through all that is loaded would stop everything for a fifth of a second
        gc.enable()
        role.main(context)
    except VedetteError as error:
        context.log.error("worker failed", error=str(error))
        return error.exit_code
    finally:
        store.close()
    return 0


def load_plugins(modules: Iterable[str]) -> None:
    """Take in the kinds of the operator's own modules; ConfigError for one that can't be imported."""
    if not modules:
        return
    from alerts.channels import CHANNELS
    from alerts.rules.operators import OPERATORS
    from crawler.spiders import KINDS as SOURCES
    from extractors.bodies import KINDS as EXTRACTORS

    for name in modules:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            raise ConfigError(f"[plugins] modules: {name} can't be imported: {error}") from None
        for kinds in (CHANNELS, OPERATORS, SOURCES, EXTRACTORS):
            kinds.add(module)


def _watch_parent(context: Context) -> None:
    while os.read(0, 1024):
        pass
    context.stop.set()
    threading.Event().wait(LAST_SECONDS.get(context.role, 0.0))
    os._exit(1)


def _beat(context: Context) -> None:
    """Write heartbeats as long as the main loop goes round."""
    while True:
        if context.still_for <= STILL_SECONDS:
            try:
                with context.store.write() as tx:
                    tx.workers.beat(context.owner, context.role, context.clock.now())
            except VedetteError as error:
                context.log.warning("heartbeat failed", error=str(error))
        if context.stop.wait(BEAT_SECONDS):
            return


if __name__ == "__main__":
    sys.exit(main())
