"""Laws of the rule language, checked by Hypothesis against independent judges.

The naive evaluator (tests/unit/naive.py) and SQLite's FTS5 must agree with the monitor; a normal form parses to itself;
every span is an exact slice. RULE_LAWS_EXAMPLES sets how many cases each law tries.
"""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alerts import inflection, text
from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.rules import Rule, RuleError, parse, parser
from vedette.model import Article, Topic

EXAMPLES = int(os.environ.get("RULE_LAWS_EXAMPLES", "150"))
LAWS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _naive() -> ModuleType:
    """The naive evaluator beside this file (tests are no package)."""
    spec = importlib.util.spec_from_file_location("naive_rules", Path(__file__).with_name("naive.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["naive_rules"] = module
    spec.loader.exec_module(module)
    return module


naive = _naive()

# --------------------------------------------------------------------------- texts and rules

WORDS = [
    "alpha",
    "Beta",
    "GAMMA",
    "alphabet",
    "İtalya",
    "ışık",
    "ISIK",
    "Həsənov",
    "HESENOV",
    "Крозетто",
    "ёлка",
    "élan",
]
PIECES = [
    "C-27J",
    "c27j",
    "C‑27Js",
    "C 27J",
    "MC-27J",
    "27J",
    "27",
    "C",
    "c",
    "J",
    "27JUN25",
    "F-35A",
    "F",
    "35",
    "s",
    "A",
    "10",
]
JOINTS = [
    " ",
    " ",
    " ",
    ", ",
    "-",
    "–",
    "’",
    "'",
    "/",
    ". ",
    "! ",
    "\n",
    " \n",
    "\n\n",
    "\n \n",
    "\u00ad",
    "\u200b",
    "_",
    " - ",
]

texts = st.lists(st.tuples(st.sampled_from(WORDS + PIECES), st.sampled_from(JOINTS)), max_size=18).map(
    lambda parts: "".join(word + joint for word, joint in parts)
)
titles = texts.map(lambda title: title.replace("\n", " "))
articles = st.builds(Article, title=titles, text=texts, language=st.sampled_from(["", "en", "az"]))

terms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["C-27J", "F-35", "A-10", "27J", "F-35*", "C-27*"]),
    st.sampled_from(["alph*", "alpha?et", "gam*", "крозет*", "hes*"]),
    st.sampled_from(["=GAMMA", "=Beta", "=İtalya", "=élan"]),
    st.lists(st.sampled_from([*WORDS, "C", "27"]), min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
)
near_operands = st.one_of(terms, st.tuples(terms, terms).map(lambda pair: f"({pair[0]} OR {pair[1]})"))
near = st.tuples(near_operands, st.sampled_from(["NEAR", "BEFORE"]), st.integers(1, 4), near_operands).map(
    lambda p: f"({p[0]} {p[1]}/{p[2]} {p[3]})"
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    weights = st.integers(-6, 6)
    return st.one_of(
        pair.map(lambda p: f"({p[0]} {p[1]})"),
        pair.map(lambda p: f"({p[0]} AND {p[1]})"),
        pair.map(lambda p: f"({p[0]} OR {p[1]})"),
        pair.map(lambda p: f"({p[0]} AND NOT {p[1]})"),
        inner.map(lambda a: f"NOT {a}"),
        inner.map(lambda a: f"(-{a})"),
        st.tuples(st.sampled_from(["title", "body", "lead"]), inner).map(lambda p: f"{p[0]}:{p[1]}"),
        st.tuples(st.sampled_from(["SENT", "PARA"]), pair).map(lambda p: f"{p[0]}({p[1][0]} {p[1][1]})"),
        st.tuples(st.integers(1, 3), near_operands).map(lambda p: f"ATLEAST/{p[0]}({p[1]})"),
        st.tuples(st.integers(1, 3), st.lists(inner, min_size=3, max_size=4, unique=True)).map(
            lambda p: f"ANY/{p[0]}({', '.join(p[1])})"
        ),
        st.tuples(st.integers(1, 8), st.lists(st.tuples(inner, weights), min_size=1, max_size=4)).map(
            lambda p: f"SCORE/{p[0]}({', '.join(f'({r})^{w}' for r, w in p[1])})"
        ),
    )


rules = st.recursive(st.one_of(terms, near), _compound, max_leaves=6)


def parsed(rule: str) -> Rule | None:
    try:
        return parse(rule)
    except RuleError:
        return None


def refused(rule: str) -> RuleError | None:
    try:
        parse(rule)
    except RuleError as error:
        return error
    return None


# --------------------------------------------------------------------------- the laws


@LAWS
@given(st.lists(rules, min_size=1, max_size=8), articles)
def test_the_monitor_agrees_with_the_naive_evaluator(sources: list[str], article: Article) -> None:
    monitor = Monitor(Catalogue())
    refused = monitor.put_all(Topic(str(number), source) for number, source in enumerate(sources))
    assume(len(refused) < len(sources))
    result = monitor.match(article)
    assert not result.failures
    judge = naive.Naive(article)
    stored = [n for n in range(len(sources)) if str(n) in monitor]
    expected = {str(n) for n in stored if judge.matches(parse(sources[n]).node)}
    assert {match.topic for match in result.matches} == expected, [sources[n] for n in stored]


@LAWS
@given(rules, articles)
def test_every_span_is_an_exact_slice_and_every_answer_is_explained(source: str, article: Article) -> None:
    monitor = Monitor(Catalogue())
    assume(parsed(source))
    monitor.put(Topic("t", source))
    matches = monitor.match(article).matches
    explanation = monitor.explain("t", article)
    assert explanation.matched == bool(matches)
    assert explanation.matched or explanation.reasons
    for span in (span for match in matches for span in match.spans):
        field = article.title if span.field == "title" else article.text
        assert field[span.start : span.end] == span.text
        assert span.text
        assert text.fold(span.text)


@LAWS
@given(rules)
def test_a_normal_form_parses_to_itself(source: str) -> None:
    rule = parsed(source)
    assume(rule)
    again = parse(rule.normal)
    assert again.node == rule.node
    assert again.normal == rule.normal


@LAWS
@given(rules)
def test_reading_by_shape_is_reading_by_grammar(source: str) -> None:
    rule = parsed(source)
    assume(rule)
    by_grammar = parser._parse(source)
    assert rule is not None
    assert rule.node == by_grammar
    assert [node.start for node in rule.node.walk()] == [node.start for node in by_grammar.walk()]


@LAWS
@given(st.text(alphabet=st.sampled_from('ab AND OR NOT NEAR/5 ()"-~=@#*?^,:5ç«»“”\n'), max_size=40))
def test_any_text_is_a_rule_or_a_refusal_with_a_position(source: str) -> None:
    refusal = refused(source)
    if refusal is None:
        rule = parse(source)
        assert parse(rule.normal).node == rule.node
    else:
        assert 0 <= refusal.start <= len(source)
        assert refusal.line >= 1
        assert refusal.column >= 1
        assert refusal.message
        assert refusal.remedy


@LAWS
@given(st.lists(rules, min_size=2, max_size=6), st.data())
def test_putting_and_removing_in_any_order_is_the_same_as_building_anew(
    sources: list[str], data: st.DataObject
) -> None:
    topics = [Topic(str(n), source) for n, source in enumerate(sources) if parsed(source)]
    assume(topics)
    article = data.draw(articles)
    monitor = Monitor(Catalogue())
    for topic in topics:
        monitor.put(topic)
        monitor.match(article)
    for topic in data.draw(st.lists(st.sampled_from(topics), max_size=4)):
        monitor.remove(topic.id)
        if data.draw(st.booleans()):
            monitor.put(topic)
    monitor.tune()
    fresh = Monitor(Catalogue())
    fresh.put_all(topic for topic in topics if topic.id in monitor)
    key = {match.topic: match.spans for match in monitor.match(article).matches}
    assert key == {match.topic: match.spans for match in fresh.match(article).matches}


@LAWS
@given(st.text(max_size=60))
def test_tokens_stand_where_they_say(source: str) -> None:
    tokens, spans = text.split(source)
    assert len(tokens) == len(spans)
    for token, (start, end) in zip(tokens, spans, strict=True):
        assert 0 <= start < end <= len(source)
        assert token
        assert "".join(text.split(source[start:end])[0]).find(token) >= 0
    assert [s for s, _ in spans] == sorted(s for s, _ in spans)


@LAWS
@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "Z", "P"]), max_size=40))
def test_folding_is_blind_to_case_composition_and_invisible_signs(source: str) -> None:
    folded = text.fold(source)
    assert text.fold(unicodedata.normalize("NFD", source)) == folded
    assert text.fold(unicodedata.normalize("NFC", source)) == folded
    assert text.fold("\u200f".join(source)) == folded or any(text.is_running(c) for c in folded if c != " ")


@LAWS
@given(st.sampled_from(inflection.languages()), st.data())
def test_a_suffix_table_answers_the_same_forwards_and_backwards(language: str, data: st.DataObject) -> None:
    table = inflection.table(language)
    base = text.fold(
        data.draw(st.sampled_from(["leonardo", "италия", "гасанов", "ناتو", "ադրբեջան", "იტალია", "kraków", "suomi"]))
    )
    endings = sorted(table.suffixes) + sorted(table.inverse) + [""]
    token = base[: data.draw(st.integers(3, len(base)))] + data.draw(st.sampled_from(endings))
    prefixes = [*table.prefixes, ""]
    token = data.draw(st.sampled_from(prefixes)) + token
    assert table.inflects(base, token) == (base in set(table.bases(token)))


# --------------------------------------------------------------------------- SQLite FTS5 as a second judge

PLAIN = ["alpha", "beta", "gamma", "delta", "alphabet"]
plain_texts = st.lists(st.sampled_from(PLAIN), max_size=14).map(" ".join)


def _fts_rules() -> st.SearchStrategy[tuple[str, str]]:
    """Pairs of one rule in both languages."""
    word = st.sampled_from(PLAIN).map(lambda w: (w, f'"{w}"'))
    phrase = st.lists(st.sampled_from(PLAIN), min_size=2, max_size=3).map(" ".join).map(lambda p: (f'"{p}"', f'"{p}"'))
    prefix = st.sampled_from(["alp", "alphab", "bet"]).map(lambda p: (f"{p}*", f'"{p}"*'))
    close = st.tuples(st.permutations(PLAIN), st.integers(1, 4)).map(
        lambda p: (f"({p[0][0]} NEAR/{p[1]} {p[0][1]})", f'NEAR("{p[0][0]}" "{p[0][1]}", {p[1]})')
    )
    leaf = st.one_of(word, phrase, prefix, close)

    def compound(inner: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            pair.map(lambda p: (f"({p[0][0]} AND {p[1][0]})", f"({p[0][1]} AND {p[1][1]})")),
            pair.map(lambda p: (f"({p[0][0]} OR {p[1][0]})", f"({p[0][1]} OR {p[1][1]})")),
            pair.map(lambda p: (f"({p[0][0]} NOT {p[1][0]})", f"({p[0][1]} NOT {p[1][1]})")),
            st.tuples(st.sampled_from(["title", "body"]), st.one_of(word, phrase, prefix)).map(
                lambda p: (f"{p[0]}:{p[1][0]}", f"{p[0]} : {p[1][1]}")
            ),
        )

    return st.recursive(leaf, compound, max_leaves=5)


@pytest.fixture(scope="module")
def fts() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE article USING fts5(title, body)")
    yield connection
    connection.close()


@LAWS
@given(_fts_rules(), plain_texts, plain_texts)
def test_fts5_agrees(fts: sqlite3.Connection, rule: tuple[str, str], title: str, body: str) -> None:
    fts.execute("DELETE FROM article")
    fts.execute("INSERT INTO article VALUES (?, ?)", (title, body))
    expected = fts.execute("SELECT count(*) FROM article WHERE article MATCH ?", (rule[1],)).fetchone()[0] == 1
    monitor = Monitor(Catalogue())
    monitor.put(Topic("t", rule[0]))
    assert bool(monitor.match(Article(title, body)).matches) == expected
