"""Check the database, the clock, the disk, sources, channels and the daemon."""

from __future__ import annotations

import click

from vedette.cli._app import App, local, pass_app
from vedette.cli._output import emit_lines, say

_COLOURS = {"ok": "green", "note": "yellow", "bad": "red"}


@click.command()
@local("this works on the machine of the daemon only")
@pass_app
def command(app: App) -> int:
    """Check configuration, database, disk, clock, daemon, sources and channels; exits 1 when something is wrong.

    Channels are connected to, but nothing is sent: `vedette channels test ID` sends.
    """
    from vedette.checkup import examine
    from vedette.daemon.context import make_clock

    settings = app.settings
    bad = 0
    for finding in examine(settings, lambda store: make_clock(settings, store)):
        bad += finding.level == "bad"
        if app.json:
            emit_lines([finding])
        else:
            say(f"{finding.level:<5} {finding.subject}: {finding.text}", colour=_COLOURS[finding.level])
    return 1 if bad else 0
