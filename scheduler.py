"""The daemon on one screen: ticks, signals, shutdown. `python scheduler.py` and `vedette run` are the same.

APScheduler is the ticker, not the calendar: what is due when stands in the database. See vedette.daemon.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from storage import daemon_lock, open_store
from vedette import config, log
from vedette.daemon.context import Context, make_clock, new_boot
from vedette.daemon.nursery import Nursery
from vedette.daemon.start import seed, summary
from vedette.daemon.supervisor import Supervisor, ticks
from vedette.daemon.worker import load_plugins
from vedette.errors import VedetteError


def run(path: Path | None, nursery: Nursery) -> None:
    """Run the daemon in the foreground until SIGTERM or SIGINT, with workers from this nursery."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = config.load(path)
    log.configure(level=settings.log.level, format=settings.log.format)
    load_plugins(settings.plugins.modules)
    with daemon_lock(settings.database_url):
        store = open_store(settings.database_url, upgrade=True)
        clock = make_clock(settings, store, anchor=True)
        context = Context(settings, clock, store, "daemon", new_boot(), log.get("vedette", role="daemon"))
        seed(context)
        print(*summary(settings, store), sep="\n", file=sys.stderr, flush=True)  # noqa: T201 - for the person who started it
        supervisor = Supervisor(context, settings.file, nursery)
        # no tick is lost to a late start, none runs twice at once, and none outlives the process
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for tick, seconds in ticks(supervisor):
            scheduler.add_job(tick, "interval", seconds=seconds)
        try:
            supervisor.start()
            scheduler.start()
            stop.wait()
            context.log.info("stopping")
            scheduler.shutdown()
        finally:
            supervisor.stop()
            store.close()


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]) if sys.argv[1:] else None, Nursery())
    except VedetteError as failure:
        sys.exit(f"vedette: {failure}")
