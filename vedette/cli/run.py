"""Start the daemon in the foreground."""

from __future__ import annotations

import contextlib

import click

from vedette.cli._app import App, local, pass_app
from vedette.daemon.nursery import Nursery


@click.command()
@local("this works on the machine of the daemon only")
@pass_app
def command(app: App) -> None:
    """Start the daemon in the foreground: it polls, extracts, matches and delivers until it is stopped.

    The database is made and brought up to date by itself; an empty one gets the starting set of sources and topics
    ([catalogue] seed). SIGTERM or Ctrl-C finish what is in flight. `python scheduler.py` does the same.
    """
    with contextlib.closing(Nursery()) as nursery:
        nursery.open()  # it loads while the daemon does
        from scheduler import run

        run(app.config_path, nursery)
