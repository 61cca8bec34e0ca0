"""Hostile pages through the real pool: every one ends, in bounded time and memory, with an outcome to record."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from extractors.pool import ExtractionPool
from tests.unit.hostile import TEXT, corpus, page
from vedette.errors import Refused
from vedette.model import Article, DropReason, Page

SECONDS = 5.0
SLACK = 12.0
"""Seconds for a process to start after one was killed, on a busy machine."""
CORPUS = corpus()
ARTICLES = {
    *(
        "depth-300",
        "depth-5000",
        "attribute-of-4-MB",
        "nul-bytes",
        "lone-surrogates",
        "surrogates-in-utf-8",
        "cut-utf-8",
    ),
    *("utf-16", "unknown-charset", "json-ld-of-odd-types", "json-ld-depth-100000", "json-ld-numbers", "title-of-1-MB"),
    *("base-and-canonical-broken", "right-to-left-marks", "plain-text", "meta-10000", "comments", "tag-never-closed"),
}
"""Pages that are odd, but whose article a reader would find."""
SLOW = {
    *("empty-paragraphs-50000", "paragraphs-20000", "text-4-MB", "links-20000", "one-word-4-MB", "attributes-100000"),
    *("depth-5000", "tables-in-tables", "depth-of-fonts", "attribute-of-4-MB"),
}
"""Pages that take their whole time, most of them in both attempts."""
REFUSED = {
    **dict.fromkeys(("pdf", "gzip", "png", "nul-bytes-only", "binary"), DropReason.NOT_HTML),
    **dict.fromkeys(("empty", "white-space", "frames"), DropReason.NO_TEXT),
    **dict.fromkeys(("links-100000", "comments-200000"), DropReason.TOO_COMPLEX),
    **dict.fromkeys(("text-20-MB", "flat-divs-1000000"), DropReason.TOO_LARGE),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[ExtractionPool]:
    made = ExtractionPool(workers=1, seconds=SECONDS, memory_mb=300)
    made.submit(Page("https://outlet.example/warm", page(TEXT))).result(60)
    yield made
    made.close()


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in CORPUS])
def test_a_hostile_page_has_an_outcome(pool: ExtractionPool, name: str) -> None:
    begun = time.monotonic()
    outcome: Article | Refused
    try:
        outcome = pool.submit(Page(f"https://outlet.example/{name}", CORPUS[name])).result(60)
    except Refused as refused:
        outcome = refused
    taken = time.monotonic() - begun
    assert taken <= SECONDS + SLACK
    if isinstance(outcome, Refused):
        assert DropReason(outcome.reason) is not DropReason.EXTRACTION_FAILED, outcome
    else:
        assert outcome.title.encode("utf-8") is not None  # no surrogates: it can be stored
        assert outcome.text.encode("utf-8")
        assert "\0" not in outcome.text
    if name in ARTICLES:
        assert isinstance(outcome, Article), outcome
        assert "aircraft" in outcome.text
    if name in REFUSED:
        assert isinstance(outcome, Refused)
        assert outcome.reason == REFUSED[name]


def test_the_next_page_is_fine_after_all_of_them(pool: ExtractionPool) -> None:
    assert "third patrol aircraft" in pool.submit(Page("https://outlet.example/", page(TEXT))).result(60).text
