"""What commands work with: the settings, the clock and the store, each made when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from vedette.cli import _output
from vedette.errors import UsageError

if TYPE_CHECKING:
    from storage import Store
    from vedette.cli._remote import Remote
    from vedette.clock import Clock
    from vedette.config import Settings
    from vedette.daemon.context import Context


class App:
    """The composition root of one command: `pass_app` hands it to the command function.

    `json` says that the caller wants JSON; `config_path` is `--config`. With `server` a command asks `remote`; one that
    asks for anything of this machine instead is refused.
    """

    def __init__(self) -> None:
        self.config_path: Path | None = None
        self.json = False
        self.verbose = 0
        self.server, self.token = "", ""
        self._store: Store | None = None

    @cached_property
    def settings(self) -> Settings:
        """The configuration; a ConfigError where it is wrong. Also sets up logging on standard error."""
        from vedette import config, log

        self.refuse_remote()
        settings = config.load(self.config_path)
        log.configure(level=self.log_level(), format=settings.log.format)
        if settings.plugins.modules:
            from vedette.daemon.worker import load_plugins

            load_plugins(settings.plugins.modules)
        return settings

    @cached_property
    def remote(self) -> Remote | None:
        """The server that `--server` names, None where the database is asked."""
        if not self.server:
            return None
        from vedette.cli._remote import Remote

        return Remote(self.server, self.token or os.environ.get("VEDETTE_TOKEN", ""))

    def refuse_remote(self, why: str = "this works on the machine of the daemon only") -> None:
        """UsageError with `--server`: for what concerns this machine alone."""
        if self.server:
            raise UsageError(f"{why}: leave out --server")

    def log_level(self) -> str:
        """The level to log at: one-shot commands are quiet below warnings, unless -v says otherwise."""
        return {0: "warning", 1: "info"}.get(self.verbose, "debug")

    @cached_property
    def clock(self) -> Clock:
        """The clock that the configuration asks for; a simulated one continues where the daemon anchored it.

        With `--server` the machine's own.
        """
        if self.server:
            from vedette.clock import SystemClock

            return SystemClock()
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
        self.refuse_remote()
        if self._store is None:
            from storage import open_store

            self._store = open_store(self.settings.database_url, upgrade=create)
        return self._store

    def close(self) -> None:
        """Close what was opened."""
        if "remote" in self.__dict__ and self.remote is not None:
            self.remote.close()
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


P = ParamSpec("P")
R = TypeVar("R")


def local(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a command that no server answers: `--server` is refused, `why` is told and stands in the docs."""

    def marked(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            click.get_current_context().ensure_object(App).refuse_remote(why)
            return command(*args, **kwargs)

        run.local = why  # type: ignore[attr-defined]
        return run

    return marked


def why_local(command: click.Command) -> str:
    """Why no server answers a command, "" for one that works with `--server`."""
    return getattr(command.callback, "local", "")


pass_app = click.make_pass_decorator(App, ensure=True)
