"""Parse a feed and print its entries."""

from __future__ import annotations

from typing import BinaryIO

import click

from vedette.cli import _output, _pages
from vedette.cli._app import local


@click.command()
@local("this reads files and asks nobody")
@click.argument("file", type=click.File("rb"))
@click.option("--url", required=True, help="Where the feed came from: relative links start there.")
@click.option("--limit", default=2000, show_default=True, help="The most entries.")
def command(file: BinaryIO, url: str, limit: int) -> int:
    """Parse a feed (RSS, Atom, RDF, JSON Feed) from FILE, or - for standard input: one JSON line per entry.

    Needs no database and no configuration. Exits 1, with one line on standard error, for what is no feed.
    """
    import asyncio

    from crawler.feeds import looks_malformed
    from crawler.isolate import IsolatedReader, read_listing
    from vedette.errors import Refused

    _pages.check_address(url)
    body = _plain(file.read())
    reader = IsolatedReader()
    try:
        if looks_malformed(body):  # its parser's time is not bounded: run it where it can be killed
            listing = asyncio.run(reader.read("feed", url, {}, body, {}, limit))
        else:
            listing = read_listing("feed", url, {}, body, {}, limit)
    except Refused as refused:
        _output.note(f"vedette: {file.name}: {refused.detail or refused.reason}")
        return 1
    finally:
        reader.close()
    for entry in listing.entries:
        data = _output.plain(entry)
        data["id"] = data.pop("entry_id")
        data["published_at"], data["updated_at"] = data["published_at"] or None, data["updated_at"] or None
        _output.emit_lines([{"url": data.pop("url"), "id": data.pop("id"), **data}])
    if listing.overflow:
        _output.note(f"vedette: {listing.overflow} further entries were left out")
    return 0


def _plain(body: bytes) -> bytes:
    """The bytes of a file that may be gzipped."""
    if body[:2] != b"\x1f\x8b":
        return body
    import gzip
    import zlib

    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
