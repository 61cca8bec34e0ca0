"""Entities: list, add, alias, import, export, suggest, remove."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
from anyascii import anyascii

from vedette.cli._app import App, local, pass_app
from vedette.errors import UsageError
from vedette.model import Alias, Entity

if TYPE_CHECKING:
    from vedette.naming import Suggestions


@click.group()
def command() -> None:
    """Named things with their spellings; the shipped catalogue and your own."""


@command.command("list")
@local("entities are kept on the machine of the daemon")
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
@local("entities are kept on the machine of the daemon")
@click.argument("entity_id", metavar="ID")
@click.option("--name", required=True)
@click.option("--kind", required=True)
@click.option("--alias", "aliases", multiple=True, metavar="[LANG:]TEXT", help="A spelling; repeatable.")
@click.option("--country", default="")
@pass_app
def add(app: App, entity_id: str, name: str, kind: str, aliases: tuple[str, ...], country: str) -> None:
    """Make an entity of your own, or change it."""
    spellings = tuple(_spelling(text) for text in aliases)
    entity = Entity(entity_id, name, kind, spellings or (Alias(name),), country)
    with app.store().write() as tx:
        answer = tx.entities.put(entity, app.clock.now())
    app.emit({"entity": entity, "answer": answer}, f"{answer}: @{entity.id}")


@command.command()
@local("entities are kept on the machine of the daemon")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """Forget entities of your own."""
    with app.store().write() as tx:
        for name in ids:
            if not tx.entities.delete(name):
                raise UsageError(f"you have no entity {name!r} of your own: `vedette entities list --own`")


@command.command("import")
@local("entities are kept on the machine of the daemon")
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
@local("entities are kept on the machine of the daemon")
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
@local("entities are kept on the machine of the daemon")
@click.argument("entity_id", metavar="ID")
@click.argument("aliases", nargs=-1, required=True, metavar="[LANG:]TEXT...")
@pass_app
def alias(app: App, entity_id: str, aliases: tuple[str, ...]) -> None:
    """Give an entity more spellings; one that ships becomes one of your own with all of its aliases."""
    from vedette.naming import extended

    with app.store().write() as tx:
        entity = extended(tx, entity_id, [_spelling(text) for text in aliases])
        answer = tx.entities.put(entity, app.clock.now())
    app.emit({"entity": entity, "answer": answer}, f"{answer}: @{entity.id}, {len(entity.aliases)} aliases")


@command.command()
@local("entities are kept on the machine of the daemon")
@click.argument("name")
@click.option(
    "--from", "language", default="", metavar="LANG", help="Whose name it is: it, fr, de, es, pl, tr, az, en."
)
@pass_app
def suggest(app: App, name: str, language: str) -> None:
    """Show entities that NAME may mean, and other spellings: by its sound, and what the archive has that looks like it.

    The command to add them is the last line. Spellings by sound are proposals: rough rules made them.
    """
    from vedette.naming import suggest

    with app.store(create=True).read() as tx:
        found = suggest(tx, name, language)
    lines = [f"@{e.id}: {e.name} ({e.kind})" for e in found.known] or [f"no entity is called {name!r}"]
    lines += [f"near: {', '.join(found.near)}"] if found.near else []
    for s in found.spellings:
        origin = "in the archive" if s.origin == "archive" else "by sound"
        lines.append(
            f"{s.language or '-':3} {s.text}   {origin}, {s.articles} {'article' if s.articles == 1 else 'articles'}"
        )
    if found.spellings:
        lines.append(_line_to_add(name, found))
    app.emit({"known": found.known, "near": found.near, "spellings": found.spellings}, "\n".join(lines))


def _line_to_add(name: str, found: Suggestions) -> str:
    """The command that adds the spellings: those that the archive has, or else all."""
    held = [s for s in found.spellings if s.articles] or found.spellings
    texts = [shlex.quote(f"{s.language}:{s.text}" if s.language else s.text) for s in held]
    if len(found.known) == 1:
        return f"vedette entities alias {found.known[0].id} {' '.join(texts)}"
    identity = re.sub(r"[^a-z0-9]+", "-", anyascii(name).lower()).strip("-") or "name"
    options = " ".join(f"--alias {text}" for text in (shlex.quote(name), *texts))
    return f"vedette entities add {identity} --name {shlex.quote(name)} --kind person {options}"


def _spelling(written: str) -> Alias:
    found = re.fullmatch(r"([a-z]{2}):(.+)", written)
    return Alias(found[2], found[1]) if found else Alias(written)
