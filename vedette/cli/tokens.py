"""Access tokens of the HTTP API: list, add, remove."""

from __future__ import annotations

import click

from vedette.cli._app import App, pass_app
from vedette.errors import UsageError


@click.group()
def command() -> None:
    """Access tokens of the HTTP API."""


@command.command("list")
@click.option("--analyst", help="Only those of this analyst.")
@pass_app
def list_(app: App, analyst: str | None) -> None:
    """Show all tokens, by their last characters."""
    if app.remote:
        rows = app.remote.tokens(analyst)
    else:
        with app.store().read() as tx:
            rows = tx.tokens.list(analyst)
    app.emit_rows(
        rows,
        ("id", "token", "name", "analyst", "scopes", "last used", "good until"),
        lambda t: (t.id, f"...{t.hint}", t.name, t.analyst, ",".join(t.scopes), t.used_at, t.expires_at),
        empty="There are no tokens yet: `vedette tokens add NAME --analyst ID`.",
    )


@command.command()
@click.argument("name")
@click.option("--analyst", required=True, help="In whose name it acts.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(("read", "write", "admin")), help="May be repeated."
)
@click.option("--days", type=click.IntRange(1), help="Days for which it is good. Default: for ever.")
@pass_app
def add(app: App, name: str, analyst: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token for a program called NAME and print it, this once. It may read, unless --scope says more."""
    if app.remote:
        given = app.remote.give_token(analyst, name, scopes or ("read",), days)
        app.emit({"token": given["secret"], "id": given["id"], "scopes": given["scopes"]}, given["secret"])
        return
    from web import accounts

    now = app.clock.wall()
    with app.store().write() as tx:
        if tx.analysts.get(analyst) is None:
            raise UsageError(f"unknown analyst {analyst!r}: `vedette users list` shows them")
        secret, token = accounts.give_token(tx, analyst, name, scopes or ("read",), now, days, "command line")
    app.emit({"token": secret, "id": token.id, "scopes": token.scopes}, secret)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=int, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[int, ...]) -> None:
    """End tokens."""
    if app.remote:
        for token in ids:
            app.remote.end_token(token)
        app.emit({"removed": list(ids)}, f"ended: {', '.join(map(str, ids))}")
        return
    with app.store().write() as tx:
        for token in ids:
            if not tx.tokens.delete(token):
                raise UsageError(f"unknown token {token}: `vedette tokens list` shows them")
            tx.audit.add("command line", "ended a token", str(token), app.clock.wall())
    app.emit({"removed": list(ids)}, f"ended: {', '.join(map(str, ids))}")
