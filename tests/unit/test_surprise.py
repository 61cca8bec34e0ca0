"""What is unusual is what is named far more often than its own past lets expect."""

from __future__ import annotations

from math import comb, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.surprise import Past, Surprise, subjects, surprise, tail

STEADY = [2, 3, 1, 2, 2, 3, 2] * 4


def past(counts: list[int], articles: int = 100) -> Past:
    return Past(sum(counts), sum(c * c for c in counts), len(counts), articles * len(counts))


@pytest.mark.parametrize(
    ("counts", "today", "articles", "unusual"),
    [
        (STEADY, 14, 100, True),  # seven times the usual
        (STEADY, 4, 100, False),
        (STEADY, 14, 700, False),  # there is seven times as much to read
        (STEADY, 5, 10, True),  # in the early morning five are many
        ([0] * 28, 4, 100, True),  # never heard of
        ([0] * 28, 2, 100, False),  # two articles are no wave
        ([0] * 24 + [12, 15, 9, 14], 14, 100, False),  # it comes in waves, as an exhibition does
        ([60, 75, 66, 58, 70, 62, 80] * 4, 85, 100, False),  # what everybody names every day varies
        ([60, 75, 66, 58, 70, 62, 80] * 4, 100, 80, True),
    ],
)
def test_a_count_is_judged_by_its_own_past(counts: list[int], today: int, articles: int, unusual: bool) -> None:
    found = surprise(today, articles, past(counts))
    assert found.unusual is unusual, found


def test_the_figures_behind_it() -> None:
    found = surprise(14, 100, past(STEADY))
    assert (found.count, round(found.usual, 2), round(found.expected, 2)) == (14, 2.14, 2.09)
    assert 6 < found.times < 7
    assert 6 < found.score < 8


def test_without_a_past_nothing_is_said() -> None:
    assert surprise(9, 100, Past(0, 0, 0, 0)) == Surprise(9, 0.0, 0.0, 0.0)
    assert not surprise(9, 100, Past(0, 0, 0, 0)).unusual


def test_a_week_evens_out_what_single_days_do() -> None:
    restless = [0, 0, 9, 0, 0, 0, 8] * 4
    day, week = surprise(20, 100, past(restless)), surprise(70, 700, past(restless), days=7)
    assert week.times == pytest.approx(70 / 17, rel=0.1)
    assert week.score > day.score


@pytest.mark.parametrize(("count", "shape"), [(1, 2), (3, 2), (8, 3), (2, 5)])
def test_the_chance_is_that_of_the_textbook(count: int, shape: int) -> None:
    mean = 2.5
    lose = mean / (shape + mean)
    below = sum(comb(n + shape - 1, n) * (1 - lose) ** shape * lose**n for n in range(count))
    assert tail(count, mean, shape) == pytest.approx(-log10(1 - below), rel=1e-6)


@given(st.integers(0, 3000), st.floats(0.01, 500), st.floats(0.05, 500))
def test_more_is_never_less_surprising(count: int, mean: float, shape: float) -> None:
    assert 0 <= tail(count, mean, shape) <= tail(count + 1, mean, shape) + 1e-6


def test_an_article_counts_for_what_it_names_and_where_it_comes_from() -> None:
    labels = {"entity:leonardo": "Leonardo", "designator:kf21": "KF-21", "country:italy": "Italy", "word:fabric": "x"}
    assert subjects(labels, "IT") == {
        "articles:": "", "outlets:IT": "IT", "entity:leonardo": "Leonardo", "designator:kf21": "KF-21",
        "country:italy": "Italy",
    }  # fmt: skip
    assert subjects({}, "") == {"articles:": ""}
