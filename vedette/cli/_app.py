"""What commands work with: the settings, the clock and the store, each made when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli import _output

if TYPE_CHECKING:
    from storage import Store
    from vedette.clock import Clock
    from vedette.config import Settings
    from vedette.daemon.context import Context


class App:
    """The composition root of one command: `pass_app` hands it to the command function.

    `json` says that the caller wants JSON; `config_path` is `--config`.
    """

    def __init__(self) -> None:
        self.config_path: Path | None = None
        self.json = False
        self.verbose = 0
        self._store: Store | None = None

    @cached_property
    def settings(self) -> Settings:
        """The configuration; a ConfigError where it is wrong. Also sets up logging on standard error."""
        from vedette import config, log

        settings = config.load(self.config_path)
        log.configure(level=self.log_level(), format=settings.log.format)
        if settings.plugins.modules:
            from vedette.daemon.worker import load_plugins

            load_plugins(settings.plugins.modules)
        return settings

    def log_level(self) -> str:
        """The level to log at: one-shot commands are quiet below warnings, unless -v says otherwise."""
        return {0: "warning", 1: "info"}.get(self.verbose, "debug")

    @cached_property
    def clock(self) -> Clock:
        """The clock that the configuration asks for; a simulated one continues where the daemon anchored it."""
        from vedette.daemon.context import make_clock

        return make_clock(self.settings, self.store() if self.settings.clock.start else None)

    def context(self, role: str) -> Context:
        """What a worker's code needs, for commands that do its work once."""
        from vedette import log
        from vedette.daemon.context import Context, new_boot

        return Context(self.settings, self.clock, self.store(), role, new_boot(), log.get("vedette", role=role))

    def store(self, *, create: bool = False) -> Store:
        """The database, opened once per command; a StorageError says what to do where it can't be.

        With `create` it is made and brought up to date first.
        """
        if self._store is None:
            from storage import open_store

            self._store = open_store(self.settings.database_url, upgrade=create)
        return self._store

    def close(self) -> None:
        """Close what was opened."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def emit(self, value: Any, text: str | None = None) -> None:
        """Answer with one thing: `value` as JSON, or `text` for a person."""
        if self.json or text is None:
            _output.emit_json(value)
        else:
            _output.say(text)

    def emit_rows(self, values: Iterable[Any], columns: Sequence[str], row: Any, *, empty: str = "") -> None:
        """Answer with a list: JSON Lines, or a table of `row(value)` under `columns`; `empty` is said where none."""
        if self.json:
            _output.emit_lines(values)
        else:
            _output.table(columns, (row(value) for value in values), empty=empty)


pass_app = click.make_pass_decorator(App, ensure=True)
