"""Extract the article from a page."""

from __future__ import annotations

import time

import click

from vedette.cli import _output
from vedette.cli._app import App, local, pass_app
from vedette.errors import Refused


@click.command()
@local("this reads files and asks nobody")
@click.argument("page", metavar="FILE|URL")
@click.option("--url", help="Where the page in FILE came from.")
@click.option("--content-type", default="", help="The Content-Type header it came with.")
@click.option("--explain", is_flag=True, help="Tell each step and its time on standard error.")
@pass_app
def command(app: App, page: str, url: str | None, content_type: str, explain: bool) -> int:
    """Extract the article from the page in FILE, or - for standard input, or at URL, and print it as JSON.

    Needs no database and no configuration. FILE may be gzipped. A URL is asked for as the daemon would: by its
    robots.txt, and never on a private address. A page that is no article exits 1 and says why.
    """
    from vedette.cli import _pages

    name = page
    try:
        found_page = _pages.take(app, page, url, content_type)
    except Refused as refused:
        _output.note(f"vedette: {name}: {refused.reason}: {refused.detail}")
        return 1
    begun = time.perf_counter()

    def tell(step: str, what: str) -> None:
        if explain:
            _output.note(f"{(time.perf_counter() - begun) * 1000:6.0f} ms  {step}: {what}")

    found = _pages.outcome(found_page, tell)
    tell("end", f"{len(found_page.body)} bytes")
    if "reason" in found:
        if app.json:
            _output.emit_json(found)
        _output.note(f"vedette: {name}: {found['reason']}: {found['detail']}")
        return 1
    _output.emit_json(found)
    return 0
