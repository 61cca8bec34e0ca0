"""Keep a page and what extraction makes of it as a test case."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from vedette.cli import _output
from vedette.cli._app import App, local, pass_app
from vedette.errors import Refused, UsageError

FOLDER = Path("tests/data/pages")


@click.command()
@local("this reads files and asks nobody")
@click.argument("source", metavar="FILE|URL")
@click.option("--url", help="Where the page in FILE came from.")
@click.option("--name", required=True, help="The name of the test case, a slug.")
@click.option("--content-type", default="", help="The Content-Type header it came with.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True)
@click.option("--force", is_flag=True, help="Replace a test case of that name.")
@pass_app
def command(
    app: App, source: str, url: str | None, name: str, content_type: str, folder: Path, force: bool
) -> int | None:
    """Write NAME.html, the page in FILE (- for standard input) or at URL, and NAME.json, what is extracted today.

    Read the JSON and correct what is wrong in it: the tests then demand it. Pages that others wrote are theirs;
    a public test case is better written anew in the same shape.
    """
    from vedette.cli import _pages

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no name for a test case: write it as a slug, such as {_slug(name)!r}.")
    html, expected = folder / f"{name}.html", folder / f"{name}.json"
    if expected.exists() and not force:
        raise UsageError(f"{expected} exists already: choose another --name, or replace it with --force.")
    try:
        page = _pages.take(app, source, url, content_type)
    except Refused as refused:
        _output.note(f"vedette: {source}: {refused.reason}: {refused.detail}")
        return 1
    content_type = page.headers.get("content-type", "")
    case = {"url": page.url, "content_type": content_type, "expected": _pages.outcome(page)}
    folder.mkdir(parents=True, exist_ok=True)
    if html.resolve() != Path(source).resolve():
        html.write_bytes(page.body)
    expected.write_text(json.dumps(case, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    app.emit({"page": html, "expected": expected}, f"{html} and {expected} written: check what the second one says.")
    return None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "a-page"
