"""The database: upgrade, check, backup, prune."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from vedette.cli._app import App, local, pass_app


@click.group()
def command() -> None:
    """The database as a whole."""


@command.command()
@local("this works on the machine of the daemon only")
@pass_app
def upgrade(app: App) -> None:
    """Make the database, or bring it up to date."""
    from storage import revision, upgrade

    changed = upgrade(app.settings.database_url)
    found = revision(app.settings.database_url)
    app.emit({"changed": changed, "revision": found}, "brought up to date" if changed else "already up to date")


@command.command()
@local("this works on the machine of the daemon only")
@pass_app
def check(app: App) -> int:
    """Look for damage; exits 1 when there is any."""
    from storage import check

    problems = check(app.settings.database_url)
    app.emit({"problems": problems}, "\n".join(problems) or "all is well")
    return 1 if problems else 0


@command.command()
@local("this works on the machine of the daemon only")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_app
def backup(app: App, file: Path) -> None:
    """Copy the embedded database, also while the daemon runs, into FILE."""
    from storage import backup

    backup(app.settings.database_url, file)
    app.emit({"file": file.absolute(), "bytes": file.stat().st_size}, f"wrote {file}")


@command.command()
@local("this works on the machine of the daemon only")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1), help="Keep the last so many days.")
@pass_app
def prune(app: App, days: int) -> None:
    """Delete old logs of fetches and drops and page bytes; articles, alerts and deliveries stay."""
    now = app.clock.now()
    with app.store().write() as tx:
        counts = tx.maintenance.prune(now - timedelta(days=days), now)
    app.emit(counts, ", ".join(f"{n} {name}" for name, n in counts.items() if n) or "nothing is that old")
