"""What is new in a text: numbers, dates, names and corrections, in whatever words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts import Facts, around, facts, novelties
from vedette.model import Article, Span


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It costs 1,200 or 1.200 or 1 200 euros", {"1200"}),
        ("1,200.50 and 1.200,50", {"1200.50"}),
        ("2.5 and 2,5 million", {"2.5"}),
        ("up 12% on 24 aircraft", {"12", "24"}),
        ("C-27J, F-16, Su-30MKI, AK47, G7 and 3 ships at 10:30", set()),
        ("in 2027", set()),
        ("٢٤ طائرة", {"٢٤"}),
        ("version 1.2.3", set()),
    ],
)
def test_numbers(text: str, numbers: set[str]) -> None:
    assert set(facts("", text, "en").numbers) == numbers


@pytest.mark.parametrize(
    ("language", "text", "dates"),
    [
        ("en", "on 14 March 2027, on March 14, on 2027-03-14 and on 14.03.2027", {"03-14"}),
        ("en", "It opens on 1st of May.", {"05-01"}),
        ("en", "he may 14 times march", {"05-14"}),  # a price of reading without grammar
        ("de", "am 14. März 2027", {"03-14"}),
        ("fr", "le 1er août", {"08-01"}),
        ("it", "il 3 settembre", {"09-03"}),
        ("ru", "14 марта 2027 года", {"03-14"}),
        ("az", "14 mart 2027", {"03-14"}),
        ("en", "by 2027", {"2027"}),
        ("xx", "14 March", {"03-14"}),
        ("", "14 March", {"03-14"}),
    ],
)
def test_dates(language: str, text: str, dates: set[str]) -> None:
    found = facts("", text, language)
    assert set(found.dates) == dates
    assert "14" not in found.numbers


@pytest.mark.parametrize(
    ("title", "text", "corrected"),
    [
        ("CORRECTED-Baku buys 24 jets", "", True),
        ("Baku buys jets", "Correction: an earlier version said 24.", True),
        ("", "Rettifica: sono 30.", True),
        ("", "Исправлено: 30.", True),
        ("", "更正", True),
        ("Baku buys jets", "A correctional facility.", False),
    ],
)
def test_corrections(title: str, text: str, corrected: bool) -> None:
    assert (facts(title, text, "en").corrections > 0) is corrected


def test_what_is_new_is_said_as_it_was_written() -> None:
    old = facts("Baku buys 24 jets", "The deal of 14 March.", "en", ["leonardo"])
    new = facts("Baku buys 30 jets", "Corrected. The deal of March 14, 2027 is worth 1.2 billion.", "en", ["c-27j"])
    assert novelties(new, old, {"c-27j": "C-27J Spartan"}) == (
        "it speaks of a correction",
        "named: C-27J Spartan",
        "numbers: 30, 1.2",
    )
    assert novelties(old, old | new, {}) == ()


def test_many_facts_are_counted() -> None:
    new = facts("", " ".join(f"{n}," for n in range(10, 30)), "en")
    assert novelties(new, Facts(), {}) == ("numbers: 10, 11, 12, 13, 14, 15 and 14 more",)


def test_only_what_is_said_of_the_topic_counts() -> None:
    article = Article("T", "Fourteen of 77 came.\n\nADEX has 24 halls.\n\nCopyright 99 Inc.")
    at = article.text.index("ADEX")
    assert around(article, [Span("body", at, at + 4, "ADEX", "ADEX")]) == "ADEX has 24 halls."


@given(st.text(max_size=200), st.sampled_from(["en", "de", "ru", "ja", "ar", ""]))
def test_a_text_never_breaks_it_and_has_nothing_new_beside_itself(text: str, language: str) -> None:
    found = facts(text, text, language)
    assert novelties(found, found, {}) == ()
