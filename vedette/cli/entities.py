"""Entities: list, show, add, import, export, suggest, remove."""

from __future__ import annotations

from pathlib import Path

import click

from vedette.cli._app import App, pass_app
from vedette.errors import UsageError


@click.group()
def command() -> None:
    """Named things with their spellings; the shipped catalogue and your own."""


@command.command("list")
@click.option("--kind", help="Only of this kind.")
@click.option("--own", is_flag=True, help="Only your own, not those that ship.")
@click.argument("words", required=False)
@pass_app
def list_(app: App, kind: str | None, own: bool, words: str | None) -> None:
    """Show entities; WORDS in their names or aliases narrow the list."""
    from alerts.entities import Catalogue

    with app.store(create=True).read() as tx:
        mine = tx.entities.list()
    rows = mine if own else list(Catalogue.shipped().with_entities(mine))
    wanted = (words or "").casefold()
    rows = [
        e
        for e in rows
        if (kind is None or e.kind == kind)
        and (not wanted or any(wanted in text.casefold() for text in (e.id, e.name, *(a.text for a in e.aliases))))
    ]
    app.emit_rows(
        rows,
        ("id", "kind", "name", "country", "aliases"),
        lambda e: (e.id, e.kind, e.name, e.country, ", ".join(dict.fromkeys(a.text for a in e.aliases))[:100]),
        empty="No such entity.",
    )


@command.command()
@click.argument("entity_id", metavar="ID")
@click.option("--name", required=True)
@click.option("--kind", required=True)
@click.option("--alias", "aliases", multiple=True, metavar="[LANG:]TEXT", help="A spelling; repeatable.")
@click.option("--country", default="")
@pass_app
def add(app: App, entity_id: str, name: str, kind: str, aliases: tuple[str, ...], country: str) -> None:
    """Make an entity of your own, or change it."""
    import re

    from vedette.model import Alias, Entity

    spellings = []
    for text in aliases:
        found = re.fullmatch(r"([a-z]{2}):(.+)", text)
        spellings.append(Alias(found[2], found[1]) if found else Alias(text))
    entity = Entity(entity_id, name, kind, tuple(spellings) or (Alias(name),), country)
    with app.store().write() as tx:
        answer = tx.entities.put(entity, app.clock.now())
    app.emit({"entity": entity, "answer": answer}, f"{answer}: @{entity.id}")


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """Forget entities of your own."""
    with app.store().write() as tx:
        for name in ids:
            if not tx.entities.delete(name):
                raise UsageError(f"you have no entity {name!r} of your own: `vedette entities list --own`")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_app
def import_(app: App, file: Path) -> None:
    """Take in the `entities` of a YAML FILE, as `vedette apply` reads it."""
    from vedette import apply

    declared = apply.read(file)
    declared = apply.Declared(declared.path, entities=declared.entities, lines=declared.lines)
    lines = apply.apply(declared, app.store(), app.settings.vault(), app.clock.now())
    counts = {answer: sum(line.answer == answer for line in lines) for answer in ("created", "changed", "same")}
    app.emit(counts, ", ".join(f"{n} {answer}" for answer, n in counts.items()))


@command.command()
@click.option("--all", "everything", is_flag=True, help="The shipped catalogue too.")
@pass_app
def export(app: App, everything: bool) -> None:
    """Print your entities as YAML that `vedette apply` takes."""
    import yaml

    from alerts.entities import Catalogue
    from vedette.cli._output import plain

    with app.store().read() as tx:
        mine = tx.entities.list()
    rows = list(Catalogue.shipped().with_entities(mine)) if everything else mine
    dumped = []
    for entity in rows:
        row = {name: value for name, value in plain(entity).items() if value}
        row["aliases"] = [_alias(alias) for alias in row.get("aliases", ())]
        dumped.append(row)
    click.echo(yaml.safe_dump({"entities": dumped}, allow_unicode=True, sort_keys=False), nl=False)


def _alias(alias: dict[str, object]) -> dict[str, object]:
    renamed = {("lang" if name == "language" else name): value for name, value in alias.items()}
    return {name: value for name, value in renamed.items() if value}


@command.command()
@click.argument("name")
@pass_app
def suggest(app: App, name: str) -> None:
    """Show entities that NAME may mean, and how the archive spells what looks like it."""
    import difflib

    from alerts.entities import Catalogue

    with app.store(create=True).read() as tx:
        catalogue = Catalogue.shipped().with_entities(tx.entities.list())
        titles = [article.title for article in tx.articles.recent(2000)]
    words = {word.strip("«»“”\"'.,:;()") for title in titles for word in title.split()}
    seen = difflib.get_close_matches(name, sorted(words), n=10, cutoff=0.75)
    known = catalogue.find(name)
    near = [entity_id for entity_id in catalogue.nearest(name) if entity_id not in {e.id for e in known}]
    lines = [f"@{e.id}: {e.name} ({e.kind})" for e in known] or [f"no entity is called {name!r}"]
    lines += [f"near: {', '.join(near)}"] if near else []
    lines += [f"in the archive: {', '.join(seen)}"] if seen else []
    app.emit({"known": known, "near": near, "archive": seen}, "\n".join(lines))
