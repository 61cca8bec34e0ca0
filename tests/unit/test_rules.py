"""What an analyst is told about a rule: refusals with position and remedy, warnings, required terms, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.entities import Catalogue, entity_from, load_entities
from alerts.monitor import Monitor
from alerts.rules import RuleError, check, parse
from vedette.model import Alias, Entity, Topic

DATA = Path(__file__).parent.parent / "data" / "rules"
CATALOGUE = Catalogue(entity_from(entry) for entry in load_entities(DATA / "entities.yaml"))


def refused() -> list[tuple[str, int, int, str, str]]:
    rows = []
    for line in (DATA / "refused.txt").read_text(encoding="utf-8").splitlines():
        if line.count("\t") == 3:
            rule, place, message, remedy = line.split("\t")
            number, column = place.split(":")
            rows.append((rule.replace("↵", "\n"), int(number), int(column), message, remedy))
    return rows


@pytest.mark.parametrize(("rule", "line", "column", "message", "remedy"), refused(), ids=lambda value: repr(value)[:40])
def test_a_bad_rule_is_refused_with_position_and_remedy(
    rule: str, line: int, column: int, message: str, remedy: str
) -> None:
    with pytest.raises(RuleError) as caught:
        Monitor(CATALOGUE).put(Topic("t", rule))
    error = caught.value
    assert (error.line, error.column) == (line, column), str(error)
    assert message in error.message
    assert remedy in error.remedy
    assert "\n" not in str(error)
    assert 0 <= error.start <= error.end <= len(rule)


@pytest.mark.parametrize(
    ("rule", "normal"),
    [
        ("a b", "a AND b"),
        ("  a   AND b c ", "a AND b AND c"),
        ("a AND (b AND (c AND a))", "a AND b AND c"),
        ("a OR (b OR c)", "a OR b OR c"),
        ("((a))", "a"),
        ("-a b", "NOT a AND b"),
        ("a -(-b)", "a AND b"),
        ("a -(b OR c)", "a AND NOT (b OR c)"),
        ("title:(a OR b)", "title:(a OR b)"),
        ("TITLE:a", "title:a"),
        ("“joint   production”", '"joint production"'),
        ("«joint production» „x y“", '"joint production" AND "x y"'),
        ("a NEAR/3 b NEAR/4 c", "a NEAR/3 b NEAR/4 c"),
        ("a NEAR/3 (b NEAR/4 c)", "a NEAR/3 (b NEAR/4 c)"),
        ("lang:(it OR az) a", "(lang:it OR lang:az) AND a"),
        ("lang:it_IT a", "lang:it AND a"),
        ("SCORE/5(a^5.0, title:b^-2)", "SCORE/5(a^5, title:b^-2)"),
        ("url:https://a.example/b?c=1 x", "url:https://a.example/b?c=1 AND x"),
        ('author:"Anna Rossi" x', 'author:"anna rossi" AND x'),
        ("http://a.example", "http://a.example"),
        ('="Falco EVO" ~delivery', '="Falco EVO" AND ~delivery'),
        ('NATO (a OR "NEAR")', 'NATO AND (a OR "NEAR")'),
    ],
)
def test_normal_form(rule: str, normal: str) -> None:
    assert parse(rule).normal == normal
    assert parse(normal).normal == normal


def test_a_rule_may_run_over_lines_with_comments() -> None:
    rule = parse("# Air cooperation\n\nADEX AND\n   # in the capital\n  (Baku OR Bakı)\n")
    assert rule.normal == "ADEX AND (Baku OR Bakı)"


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("the", "very common word"),
        ("defence", "very common word"),
        ("mis*", "broad wildcard"),
        ("a -a", "can never hold"),
        ("a AND (b c) AND NOT b", "can never hold"),
        ("title:(body:x)", "can never hold"),
        ("lang:it lang:az x", "can never hold"),
        ("SCORE/9(a^4, b^4)", "can never hold"),
        ("SCORE/5(a^5, b^3)", "reaches 5 alone"),
        ("ANY/2(a, b)", "AND says that more plainly"),
        ("lang:it", "looks at no word"),
        ("lang:italian x", "no language code"),
        ("lang:it Крозетто", "Cyrillic letters"),
        ("lang:ru 台风", "East Asian letters"),
        ("lang:ja ~delivery", "can't be stemmed in ja"),
        ("lang:it @cyrillic", "no alias in the letters"),
        ("국방*", "needs no wildcard"),
        ("@tie", "ambiguous"),
    ],
)
def test_warnings(rule: str, part: str) -> None:
    catalogue = CATALOGUE.with_entities(
        [
            Entity("cyrillic", "Kirill", "person", (Alias("Кирилл"),)),
            Entity("tie", "Tie", "aircraft", (Alias("Twin"),)),
            Entity("other-tie", "Other tie", "ship", (Alias("twin"),)),
        ]
    )
    warnings = check(rule, catalogue).warnings
    assert any(part in warning.message for warning in warnings), warnings
    assert all(0 <= warning.start < warning.end <= len(rule) for warning in warnings)


@pytest.mark.parametrize(
    "rule",
    [
        "ADEX Baku",
        "@c-27j NEAR/5 @azerbaijan",
        "lang:ru Крозетто ADEX",
        "lang:zh 台风",
        "missil* ~delivery",
        "kind:aircraft",
    ],
)
def test_a_good_rule_has_no_warnings(rule: str) -> None:
    assert check(rule, CATALOGUE).warnings == ()


@pytest.mark.parametrize(
    ("rule", "required"),
    [
        ("ADEX Baku -Seoul", {("ADEX",), ("Baku",)}),
        ("ADEX OR IDEX", {("ADEX", "IDEX")}),
        ('title:"joint production"', {('"joint production"',)}),
        ("@c-27j NEAR/5 Baku", {("@c-27j",), ("Baku",)}),
        ("ANY/2(ADEX, IDEX, the)", {("IDEX", "ADEX")}),
        ("SCORE/8(@c-27j^5, the^4, war^4)", {("@c-27j",)}),
        ("author:rossi ADEX", {("ADEX",)}),
    ],
)
def test_required_terms(rule: str, required: set[tuple[str, ...]]) -> None:
    found = {tuple(sorted(group)) for group in check(rule, CATALOGUE).required}
    assert found >= {tuple(sorted(group)) for group in required} or rule.startswith("SCORE")
    assert found


def test_the_catalogue_is_not_asked_for_a_rule_without_entities() -> None:
    def load() -> Catalogue:
        raise AssertionError("the catalogue was loaded")

    assert check('ADEX "joint production" C-27J', load).normal
    Monitor(load).put(Topic("t", "ADEX"))


def test_a_rule_in_words() -> None:
    words = check("title:@c-27j OR (@crosetto NEAR/5 Baku)", CATALOGUE).words
    assert words == (
        "Articles with C-27J Spartan in the title or (Guido Crosetto and “Baku” with at most 5 words between)."
    )


def test_an_entity_by_name_becomes_its_id() -> None:
    assert check('@"guido crosetto"', CATALOGUE).normal == "@crosetto"
    assert check("@Krosetto", CATALOGUE).normal == "@crosetto"


def test_a_deep_rule_is_refused_not_crashed() -> None:
    for rule in ("(" * 500 + "a" + ")" * 500, "title:" * 3000 + "a", " NEAR/5 ".join(["a"] * 3000)):
        with pytest.raises(RuleError):
            parse(rule)


def test_a_long_rule_is_read() -> None:
    rule = parse(" OR ".join(f"word{n}" for n in range(2000)))
    assert len(rule.node.children) == 2000
