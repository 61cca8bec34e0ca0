"""One contract for every term form and operator, and a new one from a module of its own."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from alerts.document import Document
from alerts.entities import Catalogue, entity_from, load_entities
from alerts.monitor import Monitor
from alerts.rules import check, parse
from alerts.rules.node import Form, Node, Weigh, cheapest
from alerts.rules.operators import OPERATORS
from vedette.model import Article, Topic

ENTITIES = Path(__file__).parent.parent / "data" / "rules" / "entities.yaml"
CATALOGUE = Catalogue(entity_from(entry) for entry in load_entities(ENTITIES))


def monitor_with(rule: str) -> Monitor:
    monitor = Monitor(CATALOGUE)
    monitor.put(Topic("az-it-air", "ADEX OR @c-27j"))
    monitor.put(Topic("t", rule))
    return monitor


def matches(monitor: Monitor, article: object) -> bool:
    return any(match.topic == "t" for match in monitor.match(article).matches)  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", OPERATORS.values(), ids=list(OPERATORS))
class TestEveryOperator:
    def test_declares_itself(self, cls: type[Node]) -> None:
        assert isinstance(cls.form, Form)
        assert cls.__doc__
        assert cls.example
        assert cls.form in (Form.BARE, Form.QUOTED) or cls.name

    def test_its_example_uses_it(self, cls: type[Node]) -> None:
        assert any(type(part) is cls for part in parse(cls.example).node.walk())

    def test_its_example_catches_what_it_says_and_nothing_else(self, cls: type[Node]) -> None:
        monitor = monitor_with(cls.example)
        assert matches(monitor, cls.holds_in)
        assert not matches(monitor, cls.fails_in)

    def test_it_says_why_it_does_not_match(self, cls: type[Node]) -> None:
        explanation = monitor_with(cls.example).explain("t", cls.fails_in)
        assert not explanation.matched
        assert all(reason.text and reason.clause for reason in explanation.reasons)
        assert explanation.reasons

    def test_its_normal_form_parses_to_itself(self, cls: type[Node]) -> None:
        rule = parse(cls.example)
        assert parse(rule.normal).node == rule.node
        assert parse(rule.normal).normal == rule.normal

    def test_it_has_words(self, cls: type[Node]) -> None:
        assert re.search(r"\w", parse(cls.example).node.words(str))

    def test_its_nodes_know_where_they_stand(self, cls: type[Node]) -> None:
        for part in parse(cls.example).node.walk():
            assert 0 <= part.start < part.end <= len(cls.example)

    def test_what_it_requires_is_there_where_it_holds(self, cls: type[Node]) -> None:
        monitor = monitor_with(cls.example)
        node = monitor.node(cls.example)
        features = monitor._presearcher.features(Document(cls.holds_in, monitor.knowledge))
        for group in node.groups(monitor._presearcher.weigh):
            assert not features.isdisjoint(group)

    def test_with_its_own_children_it_is_the_same(self, cls: type[Node]) -> None:
        for part in parse(cls.example).node.walk():
            assert part.with_children(part.children) == part


def test_every_operator_of_the_language_is_there() -> None:
    assert set(OPERATORS) >= {"word", "phrase", "designator", "wildcard", "exact", "stem", "entity", "kind", "topic"}
    assert set(OPERATORS) >= {"and", "or", "not", "near", "before", "sent", "para", "title", "lead", "body"}
    assert set(OPERATORS) >= {"source", "site", "country", "lang", "author", "url", "atleast", "any", "score"}


NEW_OPERATOR = '''
from dataclasses import dataclass
from typing import ClassVar
from alerts.rules.node import Form
from alerts.rules.operators._windows import Over

@dataclass(frozen=True, slots=True)
class Twice(Over):
    """The operand occurs twice or more."""

    kind: ClassVar[str] = "twice"
    form: ClassVar[Form] = Form.FUNCTION
    name: ClassVar[str] = "TWICE"
    example: ClassVar[str] = "TWICE(ADEX)"

    def normal(self):
        return f"TWICE({self.operand.normal()})"

    def words(self, names):
        return f"{self.operand.words(names)} twice"

    def evaluate(self, document, scope):
        hits = self.operand.places(document, scope)
        return hits if len(hits) > 1 else None
'''


def test_a_new_operator_is_one_file() -> None:
    module = types.ModuleType("twice_operator")
    sys.modules["twice_operator"] = module
    exec(compile(NEW_OPERATOR, "twice_operator.py", "exec"), vars(module))
    try:
        assert OPERATORS.add(module) == ["twice"]
        monitor = monitor_with("TWICE(ADEX) Baku")
        assert matches(monitor, Article("", "ADEX in Baku. ADEX closes."))
        assert not matches(monitor, Article("", "ADEX in Baku."))
        assert check("TWICE(a OR b)", CATALOGUE).normal == "TWICE(a OR b)"
    finally:
        OPERATORS.forget()
        del sys.modules["twice_operator"]


def test_the_cheapest_group_is_the_rarest() -> None:
    shares = {"adex": 0.01, "the": 0.9}
    node = parse("ADEX the").node
    assert cheapest(node, Weigh(lambda feature: shares[feature])) == ("adex",)
