"""The monitor: many rules at once, one change at a time, failures apart, costs and explanations."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from alerts.document import Document, Hit, Scope
from alerts.entities import Catalogue, entity_from, load_entities
from alerts.monitor import Monitor
from alerts.rules import RuleError
from alerts.rules.node import Form
from alerts.rules.operators import OPERATORS
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article, Topic

DATA = Path(__file__).parent.parent / "data" / "rules"
CATALOGUE = Catalogue(entity_from(entry) for entry in load_entities(DATA / "entities.yaml"))
BAKU = Article("ADEX opens", "The C-27J flew over Baku. Leonardo was there.", language="en")


def monitor(**rules: str) -> Monitor:
    made = Monitor(CATALOGUE)
    assert made.put_all(Topic(name, rule) for name, rule in rules.items()) == []
    return made


def topics(made: Monitor, article: Article = BAKU) -> list[str]:
    return [match.topic for match in made.match(article).matches]


def test_matches_come_in_the_order_of_the_topics() -> None:
    made = monitor(b="ADEX", a="Baku", c="Seoul", d="@c-27j")
    assert topics(made) == ["b", "a", "d"]


def test_a_match_carries_version_spans_and_score() -> None:
    made = Monitor(CATALOGUE)
    made.put(Topic("t", "SCORE/5(@c-27j^4, title:ADEX^3, Seoul^-9)", version=7))
    (match,) = made.match(BAKU).matches
    assert (match.topic, match.version, match.score) == ("t", 7, 7.0)
    assert [(s.field, s.text, s.term, s.entity) for s in match.spans] == [
        ("title", "ADEX", "ADEX", None),
        ("body", "C-27J", "@c-27j", "c-27j"),
    ]


def test_overlapping_hits_are_both_shown() -> None:
    made = monitor(t='"opens in" "in Baku"')
    (match,) = made.match(Article("", "It opens in Baku.")).matches
    assert [s.text for s in match.spans] == ["opens in", "in Baku"]


def test_a_rule_is_replaced_and_removed() -> None:
    made = monitor(t="ADEX", u="Baku")
    made.put(Topic("t", "Seoul"))
    assert topics(made) == ["u"]
    made.remove("u")
    made.remove("never there")
    assert topics(made) == []
    assert len(made) == 1
    assert "t" in made


def test_a_refused_rule_leaves_the_stored_one() -> None:
    made = monitor(t="ADEX")
    with pytest.raises(RuleError):
        made.put(Topic("t", "a OR"))
    with pytest.raises(RuleError):
        made.put(Topic("t", "@nobody"))
    assert topics(made) == ["t"]


def test_an_inactive_topic_does_not_match_but_may_be_referred_to() -> None:
    made = Monitor(CATALOGUE)
    made.put(Topic("t", "ADEX", active=False))
    made.put(Topic("u", "#t Baku"))
    assert topics(made) == ["u"]


def test_references_follow_the_topic_they_name() -> None:
    made = monitor(c="#b Baku", b="#a OR IDEX", a="ADEX")
    assert topics(made) == ["c", "b", "a"]
    made.put(Topic("a", "Seoul"))
    assert topics(made) == []
    assert topics(made, Article("", "Seoul, Baku")) == ["c", "b", "a"]


def test_references_may_not_go_round_in_a_circle() -> None:
    made = monitor(a="ADEX", b="#a x", c="#b y")
    with pytest.raises(RuleError, match="circle: #a → #c → #b → #a"):
        made.put(Topic("a", "ADEX OR #c"))
    with pytest.raises(RuleError, match="refers to itself"):
        made.put(Topic("a", "#a"))
    refused = Monitor(CATALOGUE).put_all([Topic("x", "#y a"), Topic("y", "#x b"), Topic("z", "ADEX")])
    assert {topic.id for topic, _ in refused} == {"x", "y"}


def test_a_rule_whose_reference_is_gone_fails_beside_the_others() -> None:
    made = monitor(a="ADEX", b="#a Baku", c="Baku")
    made.remove("a")
    result = made.match(BAKU)
    assert [match.topic for match in result.matches] == ["c"]
    assert [(f.topic, "#a is gone" in f.message) for f in result.failures] == [("b", True)]
    made.put(Topic("a", "ADEX"))
    assert topics(made) == ["b", "c", "a"]


@dataclass(frozen=True, slots=True)
class Broken(TextTerm):
    """A term of a plug-in that fails when it is evaluated."""

    kind: ClassVar[str] = "broken"
    form: ClassVar[Form] = Form.SIGIL
    name: ClassVar[str] = "%"
    example: ClassVar[str] = "%x"

    def normal(self) -> str:
        return f"%{self.text}"

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        raise ZeroDivisionError("no luck")


def test_a_rule_that_fails_is_reported_and_stops_no_other() -> None:
    try:
        OPERATORS.add(sys.modules[__name__])
        made = monitor(a="ADEX", b="%Baku", c="Baku")
        result = made.match(BAKU)
        assert [match.topic for match in result.matches] == ["a", "c"]
        assert [(f.topic, f.message) for f in result.failures] == [("b", "ZeroDivisionError: no luck")]
        assert [c.failures for c in made.costs() if c.topic == "b"] == [1]
    finally:
        OPERATORS.forget()


def test_only_rules_whose_required_terms_occur_are_evaluated() -> None:
    made = monitor(**{f"t{n}": f"word{n} Baku" for n in range(50)}, hit="ADEX Baku", broad="lang:en ADEX")
    topics(made)
    assert sum(cost.evaluations for cost in made.costs()) == 2


def test_costs_and_slow_rules_are_told() -> None:
    ticks = iter(range(1000))
    slow: list[tuple[str, float]] = []
    made = Monitor(
        CATALOGUE,
        timer=lambda: float(next(ticks)),
        on_slow=lambda topic, article, seconds: slow.append((topic, seconds)),
        slow_after=0.5,
    )
    made.put(Topic("t", "ADEX"))
    made.match(BAKU)
    made.match(BAKU)
    (cost,) = made.costs()
    assert (cost.topic, cost.evaluations, cost.matches, cost.seconds, cost.slowest) == ("t", 2, 2, 2.0, 1.0)
    assert slow == [("t", 1.0), ("t", 1.0)]


def test_tuning_changes_no_answer() -> None:
    made = monitor(a="the ADEX", b="the (Baku OR Seoul)", c="missil* the")
    articles = [BAKU, Article("", "the ADEX"), Article("", "the missiles"), Article("", "the Seoul")] * 30
    before = [topics(made, article) for article in articles]
    made.tune()
    assert [topics(made, article) for article in articles] == before


@pytest.mark.parametrize(
    ("rule", "clause", "says", "near"),
    [
        ("ADEX Seoul", "Seoul", "does not occur", False),
        ("ADEX -Baku", "NOT Baku", "“Baku” in the body", False),
        ("title:Baku", "title:Baku", "not in the title", True),
        ("ADEX NEAR/2 Baku", "ADEX NEAR/2 Baku", "never in one paragraph", True),
        ("C-27J NEAR/1 Baku", "C-27J NEAR/1 Baku", "2 tokens between, 1 are allowed", True),
        ("Baku BEFORE/9 C-27J", "Baku BEFORE/9 C-27J", "never in this order", True),
        ("SENT(C-27J Leonardo)", "SENT(C-27J AND Leonardo)", "not within one sentence", True),
        ("PARA(ADEX Baku)", "PARA(ADEX AND Baku)", "not within one paragraph", True),
        ("ATLEAST/2(Baku)", "ATLEAST/2(Baku)", "occurs 1 times, 2 are wanted", True),
        ("ANY/3(ADEX, Baku, Seoul)", "ANY/3(ADEX, Baku, Seoul)", "2 of 3 hold; missing: Seoul", True),
        ("SCORE/9(ADEX^4, Baku^4, Seoul^4)", "SCORE/9(ADEX^4, Baku^4, Seoul^4)", "8 of 9 (ADEX +4, Baku +4)", True),
        ("SCORE/90(ADEX^4, Baku^90, Baku^-9)", "SCORE/90(ADEX^4, Baku^90, Baku^-9)", "85 of 90", True),
        ("lang:az ADEX", "lang:az", "the lang is en", False),
        ("@typhoon", "@typhoon", "no alias", False),
        ("@seoul-adex OR Seoul", "@seoul-adex OR Seoul", "none of", False),
        ("body:@adex", "@adex", "only in the title", False),
    ],
)
def test_explain_names_the_clause_that_failed(rule: str, clause: str, says: str, near: bool) -> None:
    made = monitor(t=rule)
    explanation = made.explain("t", BAKU)
    assert not explanation.matched
    reasons = {reason.clause: reason for reason in explanation.reasons}
    if clause not in reasons and rule.startswith("body:"):
        clause = next(iter(reasons))
        assert "not in the body" in reasons[clause].text
        return
    assert says in reasons[clause].text, reasons
    assert reasons[clause].near_miss == near
    assert bool(explanation.near_misses) == near


def test_explain_says_that_a_name_lacks_its_context() -> None:
    explanation = monitor(t="@c-27j").explain("t", Article("", "A Spartan flew by."))
    assert [reason.near_miss for reason in explanation.reasons] == [True]
    assert "“Spartan” stands there" in explanation.reasons[0].text


def test_explain_takes_a_rule_that_is_not_stored_and_shows_the_sentences() -> None:
    explanation = monitor(a="ADEX").explain("#a C-27J", BAKU)
    assert explanation.matched
    assert [s.text for s in explanation.spans] == ["ADEX", "C-27J"]
    assert explanation.sentences == ("ADEX opens", "The C-27J flew over Baku.")
    with pytest.raises(RuleError):
        monitor().explain("a OR", BAKU)


def test_an_article_without_text() -> None:
    assert topics(monitor(a="ADEX", b="lang:en", c="SENT(a b)"), Article("", "", language="en")) == ["b"]
    assert topics(monitor(a="title:ADEX"), Article("ADEX", "")) == ["a"]


def test_the_lead_is_the_title_and_sixty_tokens() -> None:
    made = monitor(t="lead:ADEX")
    assert topics(made, Article("x " * 80, "y " * 59 + "ADEX")) == ["t"]
    assert topics(made, Article("x " * 80, "y " * 60 + "ADEX")) == []


def test_an_entity_of_the_analyst_replaces_the_shipped_one() -> None:
    own = entity_from({"id": "adex", "name": "ADEX", "kind": "exhibition", "aliases": ["Baku fair"]})
    made = Monitor(CATALOGUE.with_entities([own]))
    made.put(Topic("t", "@adex"))
    assert topics(made) == []
    assert topics(made, Article("", "The Baku fair")) == ["t"]
