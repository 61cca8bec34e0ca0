"""Keep a page and what extraction makes of it as a test case."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import BinaryIO

import click

from vedette.cli._app import App, pass_app
from vedette.errors import UsageError

FOLDER = Path("tests/data/pages")


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--url", required=True, help="Where the page came from.")
@click.option("--name", required=True, help="The name of the test case, a slug.")
@click.option("--content-type", default="", help="The Content-Type header it came with.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True)
@click.option("--force", is_flag=True, help="Replace a test case of that name.")
@pass_app
def command(app: App, file: BinaryIO, url: str, name: str, content_type: str, folder: Path, force: bool) -> None:
    """Write NAME.html, the page in FILE (- for standard input), and NAME.json, what extraction made of it today.

    Read the JSON and correct what is wrong in it: the tests then demand it. Pages that others wrote are theirs;
    a public test case is better written anew in the same shape.
    """
    from vedette.cli import _pages

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no name for a test case: write it as a slug, such as {_slug(name)!r}.")
    html, expected = folder / f"{name}.html", folder / f"{name}.json"
    if expected.exists() and not force:
        raise UsageError(f"{expected} exists already: choose another --name, or replace it with --force.")
    page = _pages.read(file.read(), url, content_type)
    case = {"url": url, "content_type": content_type, "expected": _pages.outcome(page)}
    folder.mkdir(parents=True, exist_ok=True)
    if html.resolve() != Path(file.name).resolve():
        html.write_bytes(page.body)
    expected.write_text(json.dumps(case, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    app.emit({"page": html, "expected": expected}, f"{html} and {expected} written: check what the second one says.")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "a-page"
