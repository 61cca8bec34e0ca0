"""Extract the article from a page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import BinaryIO

import click

from vedette.cli import _output
from vedette.cli._app import App, pass_app


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--url", required=True, help="Where the page came from.")
@click.option("--content-type", default="", help="The Content-Type header it came with.")
@click.option("--explain", is_flag=True, help="Tell each step on standard error.")
@pass_app
def command(app: App, file: BinaryIO, url: str, content_type: str, explain: bool) -> int:
    """Extract the article from the page in FILE, or - for standard input, and print it as JSON.

    Needs no database and no configuration. A page that is no article exits 1 and says why.
    """
    import logging
    import warnings

    from extractors import extract
    from vedette.cli.feed import _plain
    from vedette.errors import Refused
    from vedette.model import Page

    logging.disable(logging.CRITICAL)  # libraries complain about pages; the answer is the answer
    warnings.simplefilter("ignore")
    headers = {"content-type": content_type} if content_type else {}
    page = Page(url, _plain(file.read()), headers=headers)
    tell = (lambda step, what: _output.note(f"{step}: {what}")) if explain else (lambda step, what: None)
    try:
        article = extract(page, explain=tell)
    except Refused as refused:
        if app.json:
            kind = refused.detail.partition(":")[0] if refused.reason == "not-an-article" else ""
            _output.emit_json({"kind": kind, "reason": refused.reason, "detail": refused.detail})
        _output.note(f"vedette: {file.name}: {refused.reason}: {refused.detail}")
        return 1
    data = _output.plain(article)
    data["published_at"] = _in_zone(article.published_at, article.published_zone)
    data["modified_at"] = data["modified_at"] or None
    for internal in ("id", "revision", "fingerprint", "source", "country"):
        del data[internal]
    _output.emit_json(data)
    return 0


def _in_zone(at: datetime | None, zone: str) -> str | None:
    """An instant in the zone that the page gave it."""
    if at is None:
        return None
    if not zone or zone == "+00:00":
        return _output.iso(at)
    sign = -1 if zone[0] == "-" else 1
    offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
    return at.astimezone(offset).isoformat(timespec="seconds")
