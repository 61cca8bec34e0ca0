"""Damaged pages: whatever bytes come, the chain answers with an article or a reasoned refusal, and nothing else."""

from __future__ import annotations

import os
import random
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from extractors import extract
from vedette.errors import Refused
from vedette.model import Article, Page

PAGES = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "data" / "pages").glob("*.html"))]
SECONDS = float(os.environ.get("EXTRACTION_FUZZ_SECONDS", "600"))
PIECES = [
    *(
        b"<",
        b">",
        b"\0",
        b"\xff\xfe",
        b"&#x110000;",
        b"&#xd800;",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"<svg>",
        b"<template>",
    ),
    *(b"<script type='application/ld+json'>[[{", b"</script>", b"<meta charset=utf-16>", b"<base href='http://['>"),
    *(b"<time datetime='0000-99-99T99:99:99+99:99'>", b"<link rel=canonical href='http://[::1'>", b"<h1>", b"</html>"),
    *(b"<article><article>", b"<frameset>", b'{"@type":"NewsArticle","author":[null,1,{}],"datePublished":{}}'),
    *(b"<html lang='\xf0\x9f\x92\xa9'>", b"<title></title>", "\u202e\ufeff".encode(), b"<table><td><table>"),
]


def answered(body: bytes, url: str = "https://press.example/1", content_type: str = "") -> None:
    """Extract; Refused is an answer, anything else that is raised is a finding."""
    headers = {"content-type": content_type} if content_type else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            article = extract(Page(url, body, headers=headers))
        except Refused:
            return
    assert isinstance(article, Article)
    assert (article.title + article.text).encode("utf-8").count(b"\0") == 0
    for passage in article.passages:
        assert 0 <= passage.start < passage.end <= len(article.text)


def damaged(page: bytes, chance: random.Random) -> bytes:
    """A page with some cuts, doubled stretches, flipped bytes and strange pieces."""
    body = bytearray(page)
    for _ in range(chance.randint(1, 12)):
        at, length = chance.randrange(len(body) + 1), chance.randint(1, 200)
        match chance.randrange(5):
            case 0:
                del body[at : at + length]
            case 1:
                body[at:at] = body[at : at + length] * chance.randint(1, 20)
            case 2:
                body[at:at] = chance.choice(PIECES)
            case 3:
                body[at : at + length] = chance.randbytes(min(length, 12))
            case 4:
                other = chance.choice(PAGES)
                body[at:at] = other[chance.randrange(len(other)) :][: length * 5]
    return bytes(body)


def test_some_damaged_pages_are_answered() -> None:
    chance = random.Random(7)
    for _ in range(40):
        answered(damaged(chance.choice(PAGES), chance))


@given(
    st.binary(max_size=2_000), st.sampled_from(["", "text/html", "text/html; charset=utf-16", "text/html; charset=?"])
)
@settings(max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_any_bytes_are_answered(body: bytes, content_type: str) -> None:
    answered(body, content_type=content_type)
    answered(b"<html><body><p>" + body, content_type=content_type)


@pytest.mark.nightly
@pytest.mark.timeout(0)
def test_damaged_pages_are_answered_for_minutes() -> None:
    until, seed, count = time.monotonic() + SECONDS, int(os.environ.get("EXTRACTION_FUZZ_SEED", time.time())), 0
    while time.monotonic() < until:
        chance = random.Random(f"{seed}.{count}")
        body = damaged(chance.choice(PAGES), chance)
        try:
            answered(body)
        except Exception as error:
            raise AssertionError(f"seed {seed}.{count} breaks the chain: {error!r}") from error
        count += 1
    print(f"{count} damaged pages, seed {seed}")
