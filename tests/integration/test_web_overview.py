"""The overview as a page, by the API and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.test_overview import NOW, four_weeks
from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.cli import cli
from vedette.clock import FrozenClock


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Website]:
    with Website(tmp_path, FrozenClock(NOW)) as running:
        yield running


def test_the_page_tells_what_rises_and_can_be_read_without_pictures(site: Website) -> None:
    four_weeks(site.store)
    furnish(site.store, NOW)
    publish(site.store, NOW - timedelta(days=2))
    page = site.member("anna").page("/overview")
    assert "XQ-99" in page
    assert "never before" in page
    assert "South Korea" in page
    assert "four weeks and now: 0, 0," in page, "a chart's figures stand in its description"
    assert 'href="/search?q=%22XQ-99%22&amp;days=30"' in page
    assert "The airlifter for Baku" in page
    week = site.member("bea", locale="it").page("/overview?days=7")
    assert "Nominati più del solito" in week
    assert "sigla" in week


def test_a_young_archive_says_that_it_is_young(site: Website) -> None:
    furnish(site.store, NOW)
    page = site.member("anna").page("/overview")
    assert "The archive knows 0 days before today" in page
    assert "No articles." in page


def test_the_api_and_the_command_tell_the_same(site: Website, tmp_path: Path) -> None:
    four_weeks(site.store)
    site.member("anna")
    token = site.token("anna")
    answer = site.browser(Authorization=f"Bearer {token}").get("/api/v1/overview").json()
    config = tmp_path / "vedette.toml"
    config.write_text(f'{config.read_text()}\n[clock]\nstart = "{NOW.isoformat()}"\nspeed = 1\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["--config", str(config), "overview", "--json"], standalone_mode=False)
    told = json.loads(result.stdout)
    assert [one["name"] for one in told["rising"]] == [one["name"] for one in answer["rising"]]
    assert {"XQ-99"} <= {one["name"] for one in answer["rising"]}
    figures = next(one["figures"] for one in answer["rising"] if one["name"] == "XQ-99")
    assert (figures["count"], figures["usual"], figures["unusual"]) == (5, 0, True)
    assert answer["countries"][0]["country"] == "KR"
