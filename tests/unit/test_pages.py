"""Golden pages: each file of tests/data/pages, written by us, gives exactly what the JSON beside it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vedette.cli import _pages

FOLDER = Path(__file__).parents[1] / "data" / "pages"
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", CASES)
def test_a_golden_page(name: str) -> None:
    case = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    page = _pages.read((FOLDER / f"{name}.html").read_bytes(), case["url"], case["content_type"])
    found = _pages.outcome(page)
    content_type = f" --content-type {case['content_type']!r}" if case["content_type"] else ""
    assert found == case["expected"], (
        "if the new answer is the better one: python -m vedette capture --force "
        f"tests/data/pages/{name}.html --url {case['url']} --name {name}{content_type}"
    )


def test_every_page_has_its_expectation() -> None:
    assert {path.stem for path in FOLDER.glob("*.html")} == set(CASES)
    assert len(CASES) >= 40
