"""Declare sources, entities, topics, channels and subscriptions from a YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli._app import App, local, pass_app

if TYPE_CHECKING:
    from vedette.apply import Line


@click.command()
@local("all or nothing is a matter of the database")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--prune", is_flag=True, help="Also delete what the file does not declare, in the sections that it has.")
@pass_app
def command(app: App, file: Path, dry_run: bool, prune: bool) -> None:
    """Bring the database in line with FILE: sources, entities, topics, analysts, channels, subscriptions.

    All or nothing; a second time nothing changes. The database is made where it is missing.

    \b
    analysts:      [{id: anna, email: anna@example.org, timezone: Europe/Rome}]
    channels:      [{id: anna-mail, kind: email, analyst: anna, to: anna@example.org}]
    topics:        [{id: baku-fair, title: ADEX in Baku, rule: "@adex"}]
    subscriptions: [{analyst: anna, topics: [baku-fair], channels: [anna-mail], quiet_hours: "22:00-07:00"}]
    """
    from vedette import apply

    vault = app.settings.vault()  # before the file is read: its settings bring the kinds of plug-ins
    declared = apply.read(file)
    answers = apply.apply(declared, app.store(create=True), vault, app.clock.now(), dry_run=dry_run, prune=prune)
    told = [line for line in answers if line.answer != "same"]
    counts = {answer: sum(line.answer == answer for line in answers) for answer in ("created", "changed", "deleted")}
    summary = ", ".join(f"{n} {answer}" for answer, n in counts.items() if n) or "nothing to change"
    if app.json:
        app.emit({"dry_run": dry_run, **counts, "lines": told})
        return
    signs = {"created": "+", "changed": "~", "deleted": "-"}
    text = [
        shown
        for line in told
        for shown in (f"{signs[line.answer]} {_singular(line.section)} {line.id}", *_fields(line))
    ]
    app.emit(None, "\n".join([*text, f"{'Would be: ' if dry_run else ''}{summary}."]))


def _fields(line: Line) -> Iterator[str]:
    """What changed, a line each."""
    for name, (before, after) in line.fields.items():
        yield f"    {name}: {_short(before)} -> {_short(after)}"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 200 else text[:199] + "…")


def _singular(section: str) -> str:
    return "entity" if section == "entities" else section.removesuffix("s")
