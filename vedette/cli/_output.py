"""How commands speak: data on standard output, everything else on standard error.

On a terminal people get tables, colour and progress bars; piped output is plain: tab-separated values without colour.
With `--json` a command prints one JSON document, or JSON Lines where it lists things.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any, TypeVar

import click

from vedette.errors import VedetteError

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A value as JSON can carry it: dataclasses as objects, instants in ISO 8601, durations in seconds.

    Secrets (anything with `get_secret_value`) become "***".
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "get_secret_value"):
        return "***"
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Iterable) and not isinstance(value, PurePath):
        return [plain(item) for item in value]
    return str(value)


def iso(at: datetime | None) -> str:
    """An instant as `2026-09-23T08:15:00Z`; "" for None."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def emit_json(value: Any) -> None:
    """Print one JSON document, indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=indent))


def emit_lines(values: Iterable[Any]) -> None:
    """Print JSON Lines, one value a line."""
    for value in values:
        click.echo(json.dumps(plain(value), ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "") -> None:
    """Print rows under column names: a table on a terminal, tab-separated values when piped.

    Where there are no rows, `empty` is said on standard error.
    """
    texts = [[_cell(value) for value in row] for row in rows]
    if not texts and empty:
        note(empty)
        return
    if not sys.stdout.isatty():
        click.echo("\t".join(columns))
        for row in texts:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in texts:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, highlight=False).print(drawn)


def _cell(value: Any) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return str(value)


def say(text: str = "", *, bold: bool = False, colour: str | None = None) -> None:
    """Print a line of the answer on standard output; colour only on a terminal."""
    click.secho(text, bold=bold or None, fg=colour)


def note(text: str) -> None:
    """Print a line for a person on standard error: not part of the answer."""
    click.secho(text, err=True)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Any]:
    """A progress bar on standard error: `with progress("Fetching", 10) as step: step()`; nothing when piped.

    `step(n)` advances by n, 1 if not given.
    """
    if not sys.stderr.isatty():
        yield lambda n=1: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda n=1: bar.advance(task, n)


def track(items: Sequence[T], label: str) -> Iterator[T]:
    """Iterate with a progress bar on standard error."""
    with progress(label, len(items)) as step:
        for item in items:
            yield item
            step()


@contextmanager
def report_errors() -> Iterator[None]:
    """Turn an expected error into one line on standard error and the exit code that goes with it."""
    try:
        yield
    except click.UsageError as error:
        if error.ctx is not None:
            note(error.ctx.get_usage())
        _leave(error.format_message(), 2)
    except click.ClickException as error:
        _leave(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _leave("interrupted", 130)
    except VedetteError as error:
        _leave(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        _leave(f"{error.filename}: {error.strerror}", 1)


def _leave(message: str, code: int) -> None:
    from vedette.secrets import redact

    note(f"vedette: {redact(message)}")
    sys.exit(code)
