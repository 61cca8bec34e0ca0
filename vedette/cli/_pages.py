"""Pages from files, and what extraction made of them as JSON: for the commands that show, capture and compare it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from vedette.cli import _output

if TYPE_CHECKING:
    from vedette.cli._app import App
    from vedette.errors import Refused
    from vedette.model import Article, Page

INTERNAL = ("id", "revision", "fingerprint", "source", "country")
"""Fields of an article that say something about the archive, not about the page."""


def read(body: bytes, url: str, content_type: str = "") -> Page:
    """A page from the bytes of a file, which may be gzipped."""
    from vedette.cli.feed import _plain
    from vedette.model import Page

    return Page(url, _plain(body), headers={"content-type": content_type} if content_type else {})


def check_address(url: str) -> None:
    """UsageError for what can't be where a page or a feed came from."""
    from vedette.errors import UsageError

    if not re.match(r"https?://[^/?#]", url, re.IGNORECASE):
        raise UsageError(f"--url {url}: no address of the web: write https://host/path.")


def take(app: App, page: str, url: str | None, content_type: str = "") -> Page:
    """The page in a file, in standard input ("-") or at an address; Refused where the address gives none."""
    from vedette.errors import UsageError

    if page.startswith(("http://", "https://")):
        return ask(app, page)
    if not url:
        raise UsageError(f"where does {page} come from? Add --url https://... (its links and dates depend on it).")
    check_address(url)
    try:
        with click.open_file(page, "rb") as file:
            return read(file.read(), url, content_type)
    except OSError as error:
        raise UsageError(f"{page}: {error.strerror}: give a file, - for standard input, or a URL.") from None


def ask(app: App, url: str) -> Page:
    """The page at a URL, politely; what is known of its host is taken from the database, where there is one."""
    import tempfile

    from crawler.visit import visit
    from storage import open_store
    from vedette import log
    from vedette.clock import SystemClock
    from vedette.daemon.context import Context, new_boot
    from vedette.errors import StorageError

    with tempfile.TemporaryDirectory(prefix="vedette-") as folder:
        try:
            context = app.context("visit")
        except StorageError:
            store = open_store(f"sqlite:///{folder}/hosts.db", upgrade=True)
            context = Context(app.settings, SystemClock(), store, "visit", new_boot(), log.get("vedette", role="visit"))
        try:
            return visit(context, url)
        finally:
            context.store.close()


def outcome(page: Page, explain: Callable[[str, str], None] = lambda step, what: None) -> dict[str, Any]:
    """The article on a page, or its refusal, which alone has a "reason"."""
    import logging
    import warnings

    from extractors import extract
    from vedette.errors import Refused

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # libraries complain about pages; the answer is the answer
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _article(extract(page, explain=explain))
    except Refused as refused:
        return _refusal(refused)
    finally:
        logging.disable(before)


def _article(article: Article) -> dict[str, Any]:
    data: dict[str, Any] = _output.plain(article)
    data["published_at"] = _in_zone(article.published_at, article.published_zone)
    data["modified_at"] = data["modified_at"] or None
    for internal in INTERNAL:
        del data[internal]
    return data


def _refusal(refused: Refused) -> dict[str, Any]:
    kind = refused.detail.partition(":")[0] if refused.reason == "not-an-article" else ""
    return {"kind": kind, "reason": str(refused.reason), "detail": refused.detail}


def _in_zone(at: datetime | None, zone: str) -> str | None:
    """An instant in the zone that the page gave it."""
    if at is None:
        return None
    if not zone or zone == "+00:00":
        return _output.iso(at)
    sign = -1 if zone[0] == "-" else 1
    offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
    return at.astimezone(offset).isoformat(timespec="seconds")
