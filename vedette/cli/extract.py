"""Extract the article from a page."""

from __future__ import annotations

import time
from typing import BinaryIO

import click

from vedette.cli import _output
from vedette.cli._app import App, pass_app


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--url", required=True, help="Where the page came from.")
@click.option("--content-type", default="", help="The Content-Type header it came with.")
@click.option("--explain", is_flag=True, help="Tell each step and its time on standard error.")
@pass_app
def command(app: App, file: BinaryIO, url: str, content_type: str, explain: bool) -> int:
    """Extract the article from the page in FILE, or - for standard input, and print it as JSON.

    Needs no database and no configuration. FILE may be gzipped. A page that is no article exits 1 and says why.
    """
    from vedette.cli import _pages

    page = _pages.read(file.read(), url, content_type)
    begun = time.perf_counter()

    def tell(step: str, what: str) -> None:
        if explain:
            _output.note(f"{(time.perf_counter() - begun) * 1000:6.0f} ms  {step}: {what}")

    found = _pages.outcome(page, tell)
    tell("end", f"{len(page.body)} bytes")
    if "reason" in found:
        if app.json:
            _output.emit_json(found)
        _output.note(f"vedette: {file.name}: {found['reason']}: {found['detail']}")
        return 1
    _output.emit_json(found)
    return 0
