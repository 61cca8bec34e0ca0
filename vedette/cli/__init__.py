"""The command line: one module of this package per noun, each exporting a click command or group named `command`.

Modules are found, not listed, and imported only when their noun is used: the top-level help reads the first line of
their docstrings from the source text. Names that begin with an underscore are helpers.

Every command and subcommand takes the global options too, so that `vedette topics list --json` and
`vedette --json topics list` are the same. A command may return its exit code: 0, 1 (the answer is no, or something
failed); wrong use (2) is an error it raises.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from vedette import __version__
from vedette.cli._app import App
from vedette.cli._output import report_errors


class _Nouns(click.Group):
    """The top-level group: its commands are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The nouns, without importing them."""
        return sorted(_modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a noun, None where there is none."""
        module_name = _modules().get(cmd_name)
        if module_name is None:
            return None
        command = importlib.import_module(f"{__name__}.{module_name}").command
        assert isinstance(command, click.Command), f"vedette/cli/{module_name}.py must export `command`"
        command.name = cmd_name
        _accept_global_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` name; an unknown one is a usage error that names the nearest."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _modules():
            near = difflib.get_close_matches(name, _modules(), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else " `vedette --help` lists them."
            raise click.UsageError(f"no such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the nouns with the first line of their module's docstring."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(module)) for name, module in sorted(_modules().items())])

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run and leave the process with the exit code; errors are told on standard error in one line."""
        with report_errors():
            result = super().main(args, prog_name or "vedette", **{**extra, "standalone_mode": False})
        sys.exit(result if isinstance(result, int) else 0)


def _modules() -> dict[str, str]:
    """Command name to module name."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    return {name.replace("_", "-"): name for name in names if not name.startswith("_")}


def summary(module: str) -> str:
    """The first line of a command module's docstring, read from its source without importing it."""
    source = (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def _setter(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """What puts the value of a global option, where it is given, into the App."""

    def put(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(ctx.ensure_object(App), name, value)

    return put


def _set_verbose(ctx: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        ctx.ensure_object(App).verbose += value


def _global_options(*, hidden: bool) -> list[click.Option]:
    return [
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="The configuration file. Default: $VEDETTE_CONFIG, then ./vedette.toml, then built-in values.",
            expose_value=False,
            hidden=hidden,
            callback=_setter("config_path"),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Answer in JSON, or JSON Lines, on standard output.",
            expose_value=False,
            callback=_setter("json"),
        ),
        click.Option(
            ["--server"],
            metavar="URL",
            help="Ask the HTTP API there, in place of the database.",
            expose_value=False,
            hidden=hidden,
            callback=_setter("server"),
        ),
        click.Option(
            ["--token"],
            metavar="TOKEN",
            help="A token of that server. Default: $VEDETTE_TOKEN, which other users of this machine can't see.",
            expose_value=False,
            hidden=hidden,
            callback=_setter("token"),
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            help="Log more on standard error; -vv for everything.",
            expose_value=False,
            hidden=hidden,
            callback=_set_verbose,
        ),
    ]


def _accept_global_options(command: click.Command) -> None:
    """Let a command and all below it take the global options, where it has none of the same name of its own."""
    taken = {opt for param in command.params for opt in param.opts}
    command.params += [option for option in _global_options(hidden=True) if not taken & set(option.opts)]
    if isinstance(command, click.Group):
        for sub in command.commands.values():
            _accept_global_options(sub)


@click.command(cls=_Nouns, name="vedette", params=_global_options(hidden=False))
@click.version_option(__version__, prog_name="vedette")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Vedette watches the defence press and alerts analysts: one alert per story, with the sentence that matched.

    \b
    vedette run                 start the daemon
    vedette apply FILE.yaml     declare sources, topics, channels and subscriptions
    vedette explain URL         why a page alerted, or why it did not
    """
    ctx.ensure_object(App)
    ctx.call_on_close(ctx.ensure_object(App).close)


def main() -> NoReturn:
    """The entry point of the `vedette` command."""
    if sys.stdin is None:  # closed by the caller: whoever reads it finds nothing there
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  # until the process ends
    cli.main()
