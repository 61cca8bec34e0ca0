"""A real Chromium over real pages; where there is none, the tests say so and are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.clock import SystemClock


def chromium_path() -> str | None:
    """The system's Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium; Playwright downloads none of its own.

    One per module: while it lives, its event loop runs in this thread, and no other can.
    """
    found = chromium_path()
    if found is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Pages over a store with sources, topics and a story."""
    with Website(tmp_path_factory.mktemp("web"), SystemClock()) as running:
        now = running.clock.now()
        furnish(running.store, now)
        story, _ = publish(running.store, now)
        publish(running.store, now, number=2, story=story, source="haber", language="az", country="AZ")
        publish(running.store, now, "معرض ADEX", "يقام معرض ADEX في باكو.", number=3, language="ar", country="EG")
        yield running
