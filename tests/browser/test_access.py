"""axe-core over every page, light and dark: no serious violation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.test_walks import opened
from tests.website import Website
from web.visitor import COOKIE

pytestmark = pytest.mark.slow
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

PAGES = (
    "/", "/overview", "/overview?days=7", "/start", "/start?topic=adex", "/topics", "/topics/new?rule=ADEX%20AND", "/topics/adex", "/topics/adex/edit?alert=1", "/search",
    "/search?q=ADEX", "/search?q=ADEX+OR+", "/explain", "/explain?url=https%3A%2F%2Fgazette.example%2F1&topic=c-27j",
    "/sources", "/sources?span=year", "/sources/gazette", "/stories/1", "/alerts/1", "/alerts-to-me", "/channels/new?kind=slack", "/me",
    "/people", "/audit", "/api", "/nothing",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.timeout(300)
def test_no_page_shuts_anybody_out(chromium: Any, site: Website, scheme: str) -> None:
    cookie = site.member(f"boss-{scheme}", admin=True).client.cookies[COOKIE]
    page = opened(
        chromium, site, [{"name": COOKIE, "value": cookie, "url": site.url}], color_scheme=scheme, bypass_csp=True
    )
    stranger = opened(chromium, site, [], color_scheme=scheme, bypass_csp=True)
    found = []
    for where, path in ((stranger, "/sign-in"), *((page, path) for path in PAGES)):
        where.goto(path)
        for violation in axe.Axe().run(where).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:150] for node in violation["nodes"][:3]]
                found.append(f"{path}: {violation['id']}: {nodes}")
    assert not found, "\n".join(found)
