"""The frame of the command line: nouns, options, streams, exit codes, and how little it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from vedette.cli import _modules, cli, summary

NOUNS = {
    *("run", "crawl", "sources", "extract", "feed", "rules", "entities", "topics", "subscriptions", "channels"),
    *("alerts", "deliveries", "explain", "search", "apply", "db", "users", "tokens", "doctor", "config"),
}
HEAVY = {"sqlalchemy", "scrapy", "pydantic", "trafilatura", "lxml", "httpx", "structlog", "rich", "lark", "alembic"}


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "vedette.toml"
    path.write_text('[data]\ndirectory = "."\n')
    return str(path)


def python(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_every_noun_is_there_and_says_what_it_is() -> None:
    assert set(_modules()) >= NOUNS
    text = CliRunner().invoke(cli, ["--help"]).stdout
    for noun in NOUNS:
        assert noun in text
        assert summary(_modules()[noun])


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_every_noun_has_help(noun: str) -> None:
    result = CliRunner().invoke(cli, [noun, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: vedette ")


def imported(*args: str) -> set[str]:
    code = (
        "import sys\nfrom vedette.cli import cli\n"
        f"try:\n    cli.main({list(args)!r})\nexcept SystemExit:\n    pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    return set(python("-c", code).stderr.split())


def test_help_and_checking_a_rule_import_nothing_heavy() -> None:
    assert not imported("--help") & HEAVY
    loaded = imported("rules", "check", "ADEX AND baku")
    assert not loaded & (HEAVY - {"lark"})


def test_global_options_stand_before_or_after(config: str) -> None:
    CliRunner().invoke(cli, ["--config", config, "db", "upgrade"])
    forms = (
        ["--config", config, "--json", "topics", "list"],
        ["topics", "--config", config, "list", "--json"],
        ["topics", "list", "--json", "--config", config],
    )
    for form in forms:
        result = CliRunner().invoke(cli, form)
        assert (result.exit_code, result.stdout) == (0, ""), form


def test_wrong_use_exits_2_and_says_what_was_meant() -> None:
    for args, said in (
        (["topcis"], "Did you mean 'topics'?"),
        (["topics", "lst"], "lst"),
        (["apply"], "FILE"),
        (["--jsn", "db"], "--json"),
        (["apply", "no-such.yaml"], "no-such.yaml"),
    ):
        result = CliRunner().invoke(cli, args)
        assert result.exit_code == 2, args
        assert said in result.stderr
        assert result.stdout == ""


def test_a_missing_database_is_one_line_with_the_remedy(config: str) -> None:
    result = CliRunner().invoke(cli, ["--config", config, "topics", "list"])
    assert result.exit_code == 1
    assert result.stderr.startswith("vedette: database ")
    assert "run `vedette db upgrade`" in result.stderr


def test_piped_tables_are_tab_separated_and_json_is_a_line_each(config: str) -> None:
    def run(*args: str) -> str:
        return CliRunner().invoke(cli, ["--config", config, *args]).stdout

    run("db", "upgrade")
    run("topics", "add", "fair", "ADEX", "--title", "The fair")
    run("topics", "add", "tanks", "tank*")
    header, *rows = run("topics", "list").splitlines()
    assert header.split("\t")[0] == "id"
    assert [row.split("\t")[0] for row in rows] == ["fair", "tanks"]
    assert [json.loads(line)["id"] for line in run("topics", "list", "--json").splitlines()] == ["fair", "tanks"]


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m vedette --json entities list | head -1; exit ${{PIPESTATUS[1]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "VEDETTE__DATA__DIRECTORY": str(tmp_path / "data"),
        },
    )
    assert done.stderr == ""
    assert json.loads(done.stdout)["id"]


def test_an_unreadable_file_is_one_line(config: str, tmp_path: Path) -> None:
    done = python("-m", "vedette", "--config", config, "db", "backup", str(tmp_path / "no" / "such" / "folder.db"))
    assert done.returncode == 1
    assert done.stderr.startswith("vedette: ")
    assert "Traceback" not in done.stderr


def test_database_commands(config: str, tmp_path: Path) -> None:
    def run(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["--config", config, *args])
        return result.exit_code, result.stdout + result.stderr

    assert run("db", "check")[0] == 1
    assert run("db", "upgrade") == (0, "brought up to date\n")
    assert run("db", "upgrade") == (0, "already up to date\n")
    assert run("db", "check") == (0, "all is well\n")
    copy = tmp_path / "copy.db"
    assert run("db", "backup", str(copy))[0] == 0
    assert copy.stat().st_size > 0
    assert run("db", "backup", str(copy))[0] == 1  # never over an existing file
    assert run("db", "prune") == (0, "nothing is that old\n")


def test_tokens_say_that_they_are_still_to_come() -> None:
    result = CliRunner().invoke(cli, ["tokens"])
    assert result.exit_code == 2
    assert "HTTP API" in result.stderr
