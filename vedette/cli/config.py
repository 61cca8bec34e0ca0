"""Show, check or write the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vedette.cli._app import App, local, pass_app
from vedette.cli._output import emit_json, note, say


@click.group()
def command() -> None:
    """Show, check or write the configuration."""


@command.command()
@local("this works on the machine of the daemon only")
@pass_app
def show(app: App) -> None:
    """Print the settings in force, secrets blotted out."""
    from pydantic import SecretStr

    from vedette.config import as_toml, keys_in_force
    from vedette.secrets import redact

    values: dict[str, Any] = {name: dict(keys_in_force(section)) for name, section in app.settings}
    if app.json:
        shown = {
            name: {key: redact(value) if isinstance(value, str) else value for key, value in section.items()}
            for name, section in values.items()
        }
        emit_json({"file": app.settings.file, **shown})
        return
    say(f"# {app.settings.file or 'no file: built-in values'}")
    for name, section in values.items():
        say(f"\n[{name}]", bold=True)
        for key, value in section.items():
            unset = value is None or (isinstance(value, SecretStr) and not value.get_secret_value())
            say(f"#{key} is not set" if unset else redact(f"{key} = {as_toml(value)}"))


@command.command()
@local("this works on the machine of the daemon only")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@pass_app
def init(app: App, file: Path | None) -> None:
    """Write a documented configuration, vedette.toml here unless FILE says otherwise; never over an existing one."""
    from vedette import config
    from vedette.errors import UsageError

    app.refuse_remote()
    target = file or app.config_path or Path(config.FILE_NAME)
    try:
        with target.open("x", encoding="utf-8") as handle:
            handle.write(config.documented())
    except FileExistsError:
        raise UsageError(f"{target} exists already: edit it, or remove it first") from None
    app.emit({"file": target.absolute()}, f"wrote {target}: every key is explained in it")


@command.command()
@local("this works on the machine of the daemon only")
@pass_app
def path(app: App) -> None:
    """Print the path of the configuration file in use; exits 1 where there is none."""
    from vedette.config import find_file

    app.refuse_remote()
    found = find_file(app.config_path)
    if app.json:
        emit_json({"file": found})
    elif found:
        say(str(found))
    else:
        note("no configuration file: built-in values are used; `vedette config init` writes one")
    if not found:
        raise SystemExit(1)


@command.command("new-key")
@local("this works on the machine of the daemon only")
@pass_app
def new_key(app: App) -> None:
    """Print a fresh key for [secrets] key."""
    from vedette.secrets import Vault

    app.refuse_remote()
    key = Vault.new_key()
    app.emit({"key": key}, key)
