"""Paragraphs in another language than their article are matched by the grammar of their own."""

from __future__ import annotations

import pytest

from alerts.monitor import Monitor
from extractors.language import passages
from vedette.model import Article, Topic

ENGLISH = (
    "The ministers met on Friday in the capital and spoke at length of aircraft, ships and of the coming exhibition."
)
RUSSIAN = "Представители компании сообщили, что переговоры с Ростехом в столице о поставках самолётов были успешными."
ARTICLE = Article("Ministers meet", f"{ENGLISH}\n\n{RUSSIAN}\n\n{ENGLISH}", language="en")
QUOTING = Article(ARTICLE.title, ARTICLE.text, language="en", passages=passages(ARTICLE.text, "en"))


def found(article: Article, rule: str) -> list[str]:
    monitor = Monitor()
    monitor.put_all([Topic("t", rule)])
    return [span.text for match in monitor.match(article).matches for span in match.spans]


def test_the_paragraph_is_known() -> None:
    assert [p.language for p in QUOTING.passages] == ["ru"]


@pytest.mark.parametrize(
    ("rule", "spans"),
    [
        ("@rostec", ["Ростехом"]),
        ("~самолёт", ["самолётов"]),
        ("~minister", ["Ministers", "ministers", "ministers"]),
        ("~exhibitions AND @rostec", ["exhibition", "exhibition", "Ростехом"]),
    ],
)
def test_a_quoted_paragraph_is_read_in_its_language(rule: str, spans: list[str]) -> None:
    assert sorted(found(QUOTING, rule)) == sorted(spans)


def test_elsewhere_the_grammar_of_the_article_holds() -> None:
    text = f"Ростехом\n\n{RUSSIAN}"
    assert found(Article("", text, language="en", passages=passages(text, "en")), "@rostec") == ["Ростехом"]
    assert found(Article("", text, language="en"), "@rostec") == []
