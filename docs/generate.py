"""Writes docs/commands.md and docs/configuration.md from the code: `python docs/generate.py`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
import yaml

from crawler.spiders import KINDS
from vedette import config
from vedette.cli import cli
from vedette.cli._app import why_local

FOLDER = Path(__file__).parent
NOTE = "Written by `python docs/generate.py` from the code; change the code instead of this page."
COMMANDS = """\
Every command takes `--config FILE`, `--json` and `-v`, before or after its name. Answers go to standard output,
everything else to standard error. The exit code is 0, 1 (the answer is no, or something failed) or 2 (wrong use). None
needs a running daemon; `rules`, `extract` and `feed` need no database either.

With `--server URL` and a token (`--token`, or better `$VEDETTE_TOKEN`) a command asks the HTTP API of another machine
in place of the database, in the name of who the token belongs to: channels, subscriptions and tokens are their own
then, and what is for administrators needs a token that may administer. Commands that do not take it say so below."""
CONFIGURATION = """\
One file, `vedette.toml`; `vedette config init` writes one that explains every key, `vedette config show` prints what is
in force, secrets blotted out. It is looked for under `--config`, then `$VEDETTE_CONFIG`, then in the current folder;
without one everything has the default given here.

Environment variables win over the file: `VEDETTE__CRAWL__CONTACT` sets `crawl.contact`. Durations are seconds or texts
such as `"15m"` and `"1h 30m"`, sizes are bytes or texts such as `"16 MiB"`. A secret is best kept elsewhere and written
`env:NAME` or `file:/path`. An unknown key or a bad value ends every command with one line that names file, line, key
and remedy."""
SOURCES = """\
`vedette sources add URL` finds out of what kind an address is, or the best entry points of its site; files for
`vedette apply` and `vedette sources import` name the kind themselves. robots.txt is obeyed, and one request at a time
is made to a host. A kind of your own is one file: see CONTRIBUTING.md."""
GLOBAL = {"--config", "--json", "-v"}


def commands() -> str:
    """The page of all commands."""
    lines = ["# Commands", "", NOTE, ""]
    lines += [COMMANDS, ""]
    context = click.Context(cli, info_name="vedette")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        lines += _command(command, click.Context(command, parent=context, info_name=name), "##")
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, context: click.Context, level: str) -> Iterator[str]:
    yield f"{level} vedette {context.command_path.removeprefix('vedette ')}"
    yield ""
    yield from _help(command.help or "")
    if isinstance(command, click.Group):
        for name, sub in sorted(command.commands.items()):
            yield from _command(sub, click.Context(sub, parent=context, info_name=name), level + "#")
        return
    usage = command.collect_usage_pieces(context)
    yield f"    {context.command_path} {' '.join(usage)}"
    yield ""
    options = [p for p in command.params if isinstance(p, click.Option) and not GLOBAL & set(p.opts)]
    for option in options:
        record = option.get_help_record(context)
        if record is not None:
            yield f"* `{record[0]}` {record[1]}".rstrip()
    if options:
        yield ""
    if why_local(command):
        yield f"Not with `--server`: {why_local(command)}."
        yield ""


def _help(text: str) -> Iterator[str]:
    """Paragraphs as they are; those that click must not wrap as code."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            yield from (f"    {line}" for line in paragraph.splitlines()[1:])
        else:
            yield paragraph
        yield ""


def configuration() -> str:
    """The page of the configuration."""
    lines = ["# Configuration", "", NOTE, ""]
    lines += [CONFIGURATION, ""]
    for name, section in config.sections().items():
        lines += [f"## [{name}]", "", " ".join((section.__doc__ or "").split()), "", "| key | default | meaning |"]
        lines.append("|---|---|---|")
        for key, default, meaning in config.documented_keys(section):
            meaning = meaning.replace("|", "\\|")
            lines.append(f"| `{key}` | `{config.as_toml(default)}` | {meaning} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def sources() -> str:
    """The page of the source kinds."""
    lines = ["# Kinds of sources", "", NOTE, "", SOURCES, ""]
    for kind, spider in KINDS.items():
        names = f" Also known as {', '.join(spider.aliases)}." if spider.aliases else ""
        lines += [f"## {kind}", "", inspect.cleandoc(spider.__doc__ or "") + names, ""]
        fields = spider.Settings.model_fields
        if fields:
            lines += ["| setting | default | meaning |", "|---|---|---|"]
        for key, field in fields.items():
            meaning = " ".join((field.description or "").split()).replace("|", "\\|")
            lines.append(f"| `{key}` | `{field.get_default(call_default_factory=True)!r}` | {meaning} |")
        declared = yaml.safe_dump({"sources": [dict(spider.example)]}, sort_keys=False).rstrip()
        lines += [*([""] if fields else []), "```yaml", declared, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"commands.md": commands, "configuration.md": configuration, "sources.md": sources}


if __name__ == "__main__":
    for page, write in PAGES.items():
        (FOLDER / page).write_text(write(), encoding="utf-8")
