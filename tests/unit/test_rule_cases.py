"""The multilingual case table, tests/data/rules/cases.txt: what each rule highlights, to the code point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from alerts.entities import Catalogue, entity_from, load_entities
from alerts.monitor import Monitor
from vedette.model import Article, Topic

DATA = Path(__file__).parent.parent / "data" / "rules"
ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


class Case(NamedTuple):
    line: int
    rule: str
    language: str
    title: str
    text: str
    matches: bool
    spans: tuple[tuple[str, int, int], ...]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    return Catalogue(entity_from(entry) for entry in load_entities(DATA / "entities.yaml"))


def unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the ranges that they enclosed."""
    plain, opened, ranges = "", [], []
    for char in marked:
        if char == "⟦":
            opened.append(len(plain))
        elif char == "⟧":
            ranges.append((opened.pop(), len(plain)))
        else:
            plain += char
    return plain, sorted(ranges)


def cases() -> Iterator[Case]:
    rule = ""
    for number, line in enumerate((DATA / "cases.txt").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("rule: "):
            rule = line.removeprefix("rule: ")
        elif line.strip() and not line.startswith("#"):
            language, text = line.split("\t")
            text = ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text.replace("¶", "\n\n").replace("↵", "\n"))
            must = text.startswith("+")
            title, parted, body = text.removeprefix("+").partition(" || ")
            if not parted:
                title, body = "", title
            (title, in_title), (body, in_body) = unmarked(title), unmarked(body)
            spans = [("title", *r) for r in in_title] + [("body", *r) for r in in_body]
            yield Case(number, rule, language, title, body, must or bool(spans), tuple(spans))


ALL = list(cases())


def test_the_table_is_large_and_in_many_languages() -> None:
    assert len(ALL) >= 400
    assert len({case.language for case in ALL}) >= 20


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"line{case.line}")
def test_case(case: Case) -> None:
    monitor = Monitor(catalogue())
    monitor.put(Topic("t", case.rule))
    article = Article(case.title, case.text, language=case.language)
    result = monitor.match(article)
    assert not result.failures
    found = tuple((s.field, s.start, s.end) for m in result.matches for s in m.spans)
    shown = [s.text for m in result.matches for s in m.spans]
    assert (bool(result.matches), found) == (case.matches, case.spans), f"line {case.line}: {case.rule!r} found {shown}"
    for match in result.matches:
        for span in match.spans:
            assert getattr(article, "title" if span.field == "title" else "text")[span.start : span.end] == span.text
    assert monitor.explain("t", article).matched == case.matches
    assert case.matches or monitor.explain("t", article).reasons
