"""Analysts: list, add, invite, remove."""

from __future__ import annotations

import click

from vedette.cli._app import App, local, pass_app
from vedette.errors import UsageError


@click.group()
def command() -> None:
    """The people who are told."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all analysts."""
    if app.remote:
        rows = app.remote.analysts()
    else:
        with app.store().read() as tx:
            rows = tx.analysts.list()
    app.emit_rows(
        rows,
        ("id", "name", "email", "timezone", "locale"),
        lambda a: (a.id, a.name, a.email, a.timezone, a.locale),
        empty="There are no analysts yet: `vedette users add ID`.",
    )


@command.command()
@local("this works on the machine of the daemon only")
@click.argument("analyst_id", metavar="ID")
@click.option("--name", default="")
@click.option("--email", default="")
@click.option("--timezone", default="UTC", show_default=True, help="Such as Europe/Rome.")
@click.option("--locale", default="en", show_default=True)
@pass_app
def add(app: App, analyst_id: str, name: str, email: str, timezone: str, locale: str) -> None:
    """Add an analyst, or change one."""
    from vedette import apply

    row = {"id": analyst_id, "name": name, "email": email, "timezone": timezone, "locale": locale}
    (analyst,) = apply.analysts("analyst", row)
    with app.store(create=True).write() as tx:
        answer = tx.analysts.put(analyst)
    app.emit({"analyst": analyst, "answer": answer}, f"{answer}: {analyst.id}")


@command.command()
@local("this works on the machine of the daemon only")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """Forget analysts who have neither channel nor subscription."""
    with app.store().write() as tx:
        for name in ids:
            if not tx.analysts.delete(name):
                raise UsageError(f"unknown analyst {name!r}: `vedette users list` shows them")


@command.command()
@click.argument("analyst_id", metavar="ID", default="")
@click.option("--admin", is_flag=True, help="As an administrator.")
@pass_app
def invite(app: App, analyst_id: str, admin: bool) -> None:
    """Make a link, good once, with which ID can sign in to the pages and choose a password.

    Without ID they choose their name. For somebody who lost their password it makes a new one.
    """
    if app.remote:
        link = app.remote.invite(analyst_id, "admin" if admin else "analyst")
        app.emit({"link": link}, link)
        return
    from web import accounts

    with app.store(create=True).write() as tx:
        secret = accounts.invite(tx, analyst_id, "admin" if admin else "analyst", "command line", app.clock.wall())
    web, base = app.settings.web, app.settings.alerts.public_url.rstrip("/")
    link = f"{base or f'http://{web.host}:{web.port}'}/join/{secret}"
    app.emit({"link": link}, link)
