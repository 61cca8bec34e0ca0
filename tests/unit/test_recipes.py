"""The recipes of CONTRIBUTING.md: each is one file, added here as it stands there, and used."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from alerts.channels import CHANNELS, SendContext, make_channel
from alerts.monitor import Monitor
from alerts.rules.checks import check
from alerts.rules.operators import OPERATORS
from crawler.spiders import KINDS as SOURCES
from extractors import extract
from extractors.bodies import KINDS as EXTRACTORS
from vedette.daemon.worker import load_plugins
from vedette.errors import ConfigError, Refused
from vedette.model import Article, AttemptOutcome, DeliveryReason, Notice, Page, Topic
from vedette.secrets import Vault

NOW = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^```python\n# (\S+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Write a recipe into a module of its own and load it as a plug-in; all kinds are as before afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def add(file: str) -> ModuleType:
        name = f"recipe_{Path(file).stem}"
        (tmp_path / f"{name}.py").write_text(RECIPES[file], encoding="utf-8")
        importlib.invalidate_caches()
        load_plugins([name])
        return sys.modules[name]

    yield add
    for kinds in (CHANNELS, OPERATORS, SOURCES, EXTRACTORS):
        kinds.forget()
    for name in [name for name in sys.modules if name.startswith("recipe_")]:
        del sys.modules[name]


def test_there_are_four_recipes_in_the_packages_that_find_them() -> None:
    folders = {str(Path(file).parent) for file in RECIPES}
    assert folders == {"crawler/spiders", "extractors/bodies", "alerts/rules/operators", "alerts/channels"}


def test_a_source_kind(install: Callable[[str], ModuleType]) -> None:
    install("crawler/spiders/url_list.py")
    kind = SOURCES["url-list"]
    spider = kind("https://news.example/new.txt", {"comment": "//"})
    body = b"// new today\nhttps://news.example/a\nhttps://news.example/b\n"
    listing = spider.read(body, spider.url, {}, 1)
    assert [entry.url for entry in listing.entries] == ["https://news.example/a"]
    assert listing.overflow == 1
    with pytest.raises(Refused, match="got markup"):
        spider.read(b"<html>", spider.url, {}, 10)


def test_an_extractor(install: Callable[[str], ModuleType]) -> None:
    module = install("extractors/bodies/main_element.py")
    asked: list[str] = []
    original = module.MainElement.text

    def text(self: object, document: object) -> str:
        asked.append("asked")
        return str(original(self, document))

    module.MainElement.text = text
    page = Page("https://news.example/empty", b"<html><body><main><p>Too short.</p></main></body></html>")
    with pytest.raises(Refused):
        extract(page)
    assert asked  # the chain asks it, after all others, and judges its answer as theirs


def test_a_rule_operator(install: Callable[[str], ModuleType]) -> None:
    module = install("alerts/rules/operators/tag.py")
    assert check(module.Tag.example).normal == "tag:drones AND baku"
    monitor = Monitor()
    monitor.put(Topic("drones", module.Tag.example))
    assert [match.topic for match in monitor.match(module.Tag.holds_in).matches] == ["drones"]
    assert monitor.match(module.Tag.fails_in).matches == []
    why = monitor.explain("drones", Article("", "Seen in Baku.", tags=("Ships",)))
    assert "the tag is ships" in why.reasons[0].text


def test_a_channel(install: Callable[[str], ModuleType], tmp_path: Path) -> None:
    install("alerts/channels/headline.py")
    path = tmp_path / "headlines.txt"
    channel = make_channel("headline", {"path": str(path)}, Vault(Vault.new_key()))
    notice = Notice(
        topic="fair",
        topic_title="The fair",
        topic_version=1,
        title="ADEX opens",
        url="https://news.example/a",
        site="",
        language="en",
        country="",
        published_at=None,
        published_precision="",
        seen_at=NOW,
        sentences=(),
        hits=(),
        story_id=1,
        alert_id=1,
        reason=DeliveryReason.NEW_STORY,
    )
    result = asyncio.run(channel.send(notice, "key", SendContext(now=NOW, wall=NOW)))
    assert result.outcome is AttemptOutcome.SENT
    assert path.read_text() == "ADEX opens https://news.example/a\n"
    nowhere = make_channel("headline", {"path": str(tmp_path / "no" / "folder")}, Vault(Vault.new_key()))
    assert asyncio.run(nowhere.send(notice, "key", SendContext(now=NOW, wall=NOW))).outcome is AttemptOutcome.RETRY


def test_a_plug_in_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match=r"\[plugins\] modules: no_such_kinds can't be imported"):
        load_plugins(["no_such_kinds"])
