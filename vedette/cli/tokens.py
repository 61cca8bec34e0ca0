"""Access tokens of the HTTP API."""

from __future__ import annotations

import click

from vedette.errors import UsageError


@click.command()
def command() -> None:
    """Access tokens of the HTTP API; this version has no HTTP API yet, so there are none to give."""
    raise UsageError("there are no tokens yet: they come with the web pages and the HTTP API, which this version lacks")
