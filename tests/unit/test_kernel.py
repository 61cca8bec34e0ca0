"""The compiled kernel and its twin in Python give the same answers."""

from __future__ import annotations

import gc
import random
import sys
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import layout, text
from alerts.document import Document
from alerts.entities import Catalogue
from alerts.knowledge import Knowledge
from alerts.layout import PurePython
from alerts.presearch import Presearcher, take_all
from vedette.model import Article

kernel = layout.kernel
if kernel is None:
    pytest.skip("the compiled kernel was not built: no C compiler when it was installed", allow_module_level=True)

WORDS = [
    *"ADEX C-27J C‑27J “Leonardo”dan Krosetto’nun Гандзаку КРОЗЕТТО İtaliya HƏRBİ ﬁne ½ 国防部长 방위사업청".split(" "),
    *"وزارة ١٢٣ Ⅻ e\u0301te\u0301 a\u00adb … «да» it's 12,5 \U0001f680 ไทย \u200b ـ Ａ４００Ｍ".split(" "),
    *("x" * 60, "я" * 49),
]
GAPS = [" ", "  ", "\n", "\n\n", "\n \n", "\u00a0", "\u2029", "\r\n\r\n", "\u3000", "\t", "\x1c", "\u2028", "\x85"]
texts = st.lists(st.sampled_from(WORDS + GAPS) | st.text(max_size=6), max_size=30).map("".join)


def laid_out(title: str, body: str, memo: Any = None) -> layout.Layout:
    memo = kernel.Memo(text.split, text.MEMO_LIMIT, text.MEMO_LENGTH) if memo is None else memo
    return memo.lay_out(title, text.paragraphs(title), body, text.paragraphs(body))  # type: ignore[no-any-return]


def said(made: layout.Layout) -> tuple[object, ...]:
    places = range(len(made.tokens))
    return (
        made.tokens,
        list(made.words),
        made.firsts,
        made.title_end,
        {word: list(made.positions(word)) for word in [*made.words, "absent"]},
        [(made.start(p), made.end(p)) for p in places],
    )


@settings(deadline=None)
@given(texts, texts)
def test_any_text_is_laid_out_alike(title: str, body: str) -> None:
    assert said(laid_out(title, body)) == said(PurePython(title, body))


@settings(deadline=None)
@given(st.lists(texts, min_size=2, max_size=12))
def test_a_memo_that_is_full_or_remembers_nothing_answers_alike(bodies: list[str]) -> None:
    small, none = kernel.Memo(text.split, 5, 8), kernel.Memo(text.split, 100, 0)
    for body in bodies:
        expected = said(PurePython("Title", body))
        assert said(laid_out("Title", body, small)) == expected
        assert said(laid_out("Title", body, none)) == expected
    assert len(small) <= 5
    assert len(none) == 0


def test_the_same_word_in_texts_of_different_width_is_one_entry() -> None:
    memo = kernel.Memo(text.split, 100, 48)
    for body in ("adex", "adex Баку", "adex 🚀", "adex"):
        assert laid_out("", body, memo).tokens[0] == "adex"
    assert len(memo) == 3  # the rocket, the town and the fair


@pytest.mark.parametrize(
    "split",
    [
        lambda chunk: None,
        lambda chunk: ((chunk,), ()),
        lambda chunk: ((chunk,), ("ab",)),
        lambda chunk: ((chunk,), (("a", "b"),)),
        lambda chunk: ([chunk], [(0, 1)]),
        lambda chunk: 1 / 0,
    ],
)
def test_a_split_that_answers_nonsense_is_an_error_and_nothing_is_remembered(split: Any) -> None:
    memo = kernel.Memo(split, 100, 48)
    with pytest.raises((TypeError, ValueError, ZeroDivisionError)):
        laid_out("", "word", memo)
    assert len(memo) == 0


def test_positions_that_do_not_exist_are_refused() -> None:
    made = laid_out("", "one two")
    for ask in (made.start, made.end, PurePython("", "one two").start):
        for position in (-1, 2):
            with pytest.raises(IndexError):
                ask(position)
    with pytest.raises(IndexError):
        kernel.Memo(text.split, 9, 9).lay_out("", [], "short", [(0, 99)])


def test_nothing_leaks() -> None:
    memo = kernel.Memo(text.split, 50, 48)
    chance = random.Random(1)

    def some() -> None:
        for _ in range(300):
            laid_out("", " ".join(chance.choices("абвгдежзиклмн", k=3)) + f" w{chance.random()}", memo).positions("а")

    some()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(5):
        some()
    gc.collect()
    assert sys.getallocatedblocks() - before < 400


def test_threads_may_share_a_memo() -> None:
    memo, wrong = kernel.Memo(text.split, 40, 48), []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(200):
            body = " ".join(f"слово{chance.randrange(60)}" for _ in range(40))
            if laid_out("", body, memo).tokens != body.split():
                wrong.append(body)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


FEATURES = [f"f{n}" for n in range(12)]
groups = st.lists(st.lists(st.sampled_from(FEATURES), min_size=1, max_size=3).map(tuple), max_size=4)


@settings(deadline=None)
@given(st.lists(groups, max_size=30), st.sets(st.sampled_from(FEATURES)))
def test_the_same_candidates_are_found(needs: list[list[tuple[str, ...]]], there: set[str]) -> None:
    knowledge = Knowledge(Catalogue())
    presearcher: Presearcher[str] = Presearcher(knowledge.lexicon, knowledge.kinds)
    for number, need in enumerate(needs):
        presearcher.put(number, need, f"item {number}")
    expected = {n: f"item {n}" for n, need in enumerate(needs) if need and all(there & set(group) for group in need)}
    for features in (there, dict.fromkeys(there)):
        for take in (take_all, kernel.candidates):
            found: dict[int, str] = {}
            take(presearcher._buckets, features, found)
            assert found == expected


def test_a_word_is_as_common_as_the_articles_that_have_it_wherever_it_stands() -> None:
    knowledge = Knowledge(Catalogue())
    presearcher: Presearcher[str] = Presearcher(knowledge.lexicon, knowledge.kinds)
    for number in range(64):
        presearcher.features(Document(Article("", f"everywhere {' '.join('abcdef')} rare{number}"), knowledge))
    share = presearcher.weigh.share
    assert share("rare0") < 0.1 < share("everywhere")
