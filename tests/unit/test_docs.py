"""The documentation: generated pages are fresh, commands exist and run, links lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from vedette.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
    if path.name != "catalogue.md"
]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_commands() -> set[str]:
    found = set()

    def walk(command: click.Command, path: str) -> None:
        found.add(path)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                sub = command.get_command(context, name)
                assert sub is not None
                walk(sub, f"{path} {name}")

    walk(cli, "vedette")
    return found


@pytest.mark.parametrize("page", ["commands.md", "configuration.md", "sources.md"])
def test_a_generated_page_is_fresh(page: str) -> None:
    expected = generator().PAGES[page]()
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == expected, "run: python docs/generate.py"


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = set(
        re.findall(r"^#+ (vedette .+)$", (ROOT / "docs/commands.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert documented == all_commands() - {"vedette"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_named_in_prose_exist(page: Path) -> None:
    known = all_commands()
    groups = {name for name in known if any(other.startswith(f"{name} ") for other in known)}
    for words in re.findall(r"`vedette ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", page.read_text(encoding="utf-8")):
        noun, _, verb = words.partition(" ")
        assert f"vedette {noun}" in known, f"{page.name}: vedette {words}"
        if verb and f"vedette {noun}" in groups:
            assert f"vedette {noun} {verb}" in known, f"{page.name}: vedette {words}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def console(page: Path) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", [page for page in PAGES if console(page)], ids=lambda path: path.name)
def test_every_command_in_a_page_runs(page: Path, tmp_path: Path) -> None:
    """In an empty folder, one after the other; `# exits N` says so where the answer is no."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "vedette").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vedette "$@"\n')
    (tools / "vedette").chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    for name, text in re.findall(
        r"^```yaml\n# (\S+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        (work / name).write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE")}
    environment |= {
        "PATH": f"{tools}:{environment['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VEDETTE__DATA__DIRECTORY": str(work / "var"),
    }
    for line in console(page):
        command, _, comment = line.partition("  # ")
        expected = int(comment.removeprefix("exits ")) if comment.startswith("exits ") else 0
        done = subprocess.run(
            ["bash", "-c", command], cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == expected, f"{page.name}: $ {command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
