"""The wheel: what is inside, and that it runs from a clean environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("vedette", "crawler", "extractors", "alerts", "storage", "web", "catalogue")
DATA = {".yaml", ".lark", ".j2", ".mako", ".css", ".js", ".svg", ".html", ".po"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources, so that no build folder of an earlier build can hide a missing file."""
    copy = tmp_path_factory.mktemp("source") / "vedette"
    ignored = shutil.ignore_patterns(".git", ".venv", "var", "build", "dist", "*.egg-info", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel; our libraries are seen through a path file, to download nothing again."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    query = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip())
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return python


def test_all_packages_and_their_data_are_inside_and_the_tests_are_not(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {"scheduler.py", "vedette/py.typed"}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if "__pycache__" not in path.parts and (path.suffix == ".py" or path.suffix in DATA):
                expected.add(path.relative_to(ROOT).as_posix())
    assert expected <= names, sorted(expected - names)
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {*PACKAGES, "scheduler.py"}


def test_it_runs_from_a_clean_environment(clean: Path, tmp_path: Path) -> None:
    def run(*args: str) -> str:
        environment = {"PATH": "/usr/bin:/bin", "VEDETTE__DATA__DIRECTORY": str(tmp_path / "var")}
        done = subprocess.run(args, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    vedette = str(clean.parent / "vedette")
    where = run(str(clean), "-c", "import scheduler, vedette, catalogue; print(scheduler.__file__, vedette.__file__)")
    assert all(Path(part).is_relative_to(clean.parent.parent) for part in where.split())
    assert "Usage: vedette" in run(vedette, "--help")
    assert "ADEX" in run(vedette, "rules", "check", "ADEX @c-27j")  # the grammar and the catalogue are there
    run(vedette, "db", "upgrade")  # so are the migrations
    assert "created" in run(vedette, "topics", "import", "--starter")
