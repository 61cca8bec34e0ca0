"""The rooms' contracts, read from the code: who may import whom, and what a room may never touch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("vedette", "crawler", "extractors", "alerts", "storage", "web", "catalogue")
PURE_ALERTS = (
    "rules",
    "monitor",
    "decide",
    "calendar",
    "digest",
    "facts",
    "text",
    "entities",
    "stories",
    "document",
    "layout",
    "patterns",
    "presearch",
)
DATABASE = {"sqlalchemy", "alembic", "sqlite3", "psycopg"}
NETWORK = {"httpx", "aiohttp", "requests", "urllib3", "socket", "smtplib", "aiosmtplib", "ssrfguard"}
CLOCK = {"time", "vedette.clock"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, include_external_packages=True, exclude_type_checking_imports=True)


def modules(graph: grimp.ImportGraph, package: str) -> set[str]:
    return {name for name in graph.modules if name == package or name.startswith(package + ".")}


def direct(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """What each module of a package imports, beyond the package itself."""
    return {
        module: {
            found
            for found in graph.find_modules_directly_imported_by(module)
            if found != package and not found.startswith(package + ".")
        }
        for module in modules(graph, package)
    }


def offences(graph: grimp.ImportGraph, package: str, forbidden: set[str]) -> list[str]:
    """Imports of something forbidden, by its top-level name or its full one."""
    return sorted(
        f"{module} imports {name}"
        for module, names in direct(graph, package).items()
        for name in names
        if name in forbidden or name.partition(".")[0] in forbidden
    )


def test_the_model_imports_the_standard_library_alone(graph: grimp.ImportGraph) -> None:
    found = {name.partition(".")[0] for name in graph.find_modules_directly_imported_by("vedette.model")}
    assert found <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("module", ["clock", "errors", "kinds", "config", "secrets", "log", "network", "model"])
def test_what_all_rooms_share_knows_no_room(graph: grimp.ImportGraph, module: str) -> None:
    assert not offences(graph, f"vedette.{module}", set(ROOMS) - {"vedette"})


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("storage", set(ROOMS) - {"storage", "vedette"}),
        ("extractors", (set(ROOMS) - {"extractors", "vedette"}) | DATABASE | {"httpx", "aiohttp", "socket"}),
        ("extractors", {"scrapy", "vedette.clock", "vedette.config"}),
        ("crawler", {"alerts", "extractors", "web", "catalogue"} | DATABASE),
        ("alerts", {"crawler", "web", "scrapy"} | DATABASE),
        ("web", DATABASE),
        ("vedette.cli", DATABASE),
        *((f"alerts.{name}", {"storage"} | DATABASE | NETWORK | CLOCK) for name in PURE_ALERTS),
        ("crawler.polling", {"storage"} | DATABASE | NETWORK | CLOCK),
        ("alerts.channels", {"storage"} | DATABASE),
    ],
)
def test_a_room_keeps_to_itself(graph: grimp.ImportGraph, room: str, forbidden: set[str]) -> None:
    assert not offences(graph, room, forbidden)


@pytest.mark.parametrize(("one", "other"), [("crawler", "alerts"), ("alerts", "crawler")])
def test_crawler_and_alerts_meet_in_storage_alone(graph: grimp.ImportGraph, one: str, other: str) -> None:
    assert not graph.chain_exists(importer=one, imported=other, as_packages=True)


def test_pages_and_the_api_meet_beside_both(graph: grimp.ImportGraph) -> None:
    for one, other in (("web.api", "web.pages"), ("web.pages", "web.api")):
        assert not [
            (module, found)
            for module in modules(graph, one)
            for found in graph.find_modules_directly_imported_by(module)
            if found.startswith(f"{other}.")
        ]


def test_a_crawler_loads_nothing_that_it_does_not_need() -> None:
    """It is what a start waits for: neither other rooms nor what Scrapy has switched off take a part of that time."""
    code = (
        "import asyncio, sys, vedette.daemon.worker, crawler.run as run\n"
        "from vedette.clock import SystemClock\n"
        "from vedette.config import Settings\n"
        "async def main():\n"
        "    async with run.Fetcher(Settings(), SystemClock()): print(*sys.modules)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    rooms = {name.partition(".")[0] for name in loaded}
    assert {"crawler", "storage", "scrapy"} <= rooms
    assert not rooms & {"extractors", "alerts", "web", "catalogue"}
    assert not rooms & {"alembic", "requests", "tldextract", "httpx", "apprise", "trafilatura", "fastapi"}
    assert not loaded & {"aiohttp.web", "scrapy.downloadermiddlewares.cookies", "scrapy.extensions.remote_control"}


def test_nothing_imports_the_scheduler_but_the_command_that_runs_it(graph: grimp.ImportGraph) -> None:
    found = {
        module
        for room in ROOMS
        for module in modules(graph, room)
        if "scheduler" in graph.find_modules_directly_imported_by(module)
    }
    assert found <= {"vedette.cli.run"}


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def test_no_handler_swallows_everything_in_silence() -> None:
    found = []
    for path in [*sources(*ROOMS), ROOT / "scheduler.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or (isinstance(node.type, ast.Name) and node.type.id.endswith("Exception"))
                if broad and all(isinstance(part, ast.Pass) for part in node.body):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found


def test_pure_modules_ask_nobody_for_the_time() -> None:
    """`now` is an argument: no `datetime.now()` and no `time.time()` outside the clock."""
    allowed = {ROOT / "vedette/clock.py"}
    found = []
    for path in sources("alerts", "crawler", "extractors", "storage", "vedette"):
        if path in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                if called in ("datetime.now", "datetime.utcnow", "date.today", "time.time"):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {called}()")
    # a process that anchors a simulated clock has to read the real one, once
    assert [line for line in found if not line.startswith("vedette/daemon/context.py")] == []
