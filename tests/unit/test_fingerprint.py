"""Fingerprints: near copies share a band, strangers do not, and a number once stored means the same for ever."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.fingerprint import bands, containment, fingerprint, jaccard, shingles

WORDS = (
    "minister aircraft delivery radar contract brigade exercise harbour frigate engine pilot budget "
    "company signed tested ordered arrived northern coastal training missile squadron agreement factory"
)


def written(seed: int, length: int = 300) -> str:
    """A text of words in an order of its own."""
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS.split()) + str(chosen.randrange(40)) for _ in range(length))


def edited(text: str, share: float, seed: int = 1) -> str:
    """The text with one run of words replaced, as an editor rewrites a paragraph."""
    words, chosen = text.split(), random.Random(seed)
    count = int(len(words) * share)
    start = chosen.randrange(len(words) - count)
    return " ".join([*words[:start], *written(seed + 1000, count).split(), *words[start + count :]])


def meet(a: str, b: str) -> bool:
    return bool(set(bands(fingerprint(a))) & set(bands(fingerprint(b))))


def test_a_fingerprint_is_128_numbers_and_32_signed_keys() -> None:
    numbers = fingerprint(written(1))
    assert len(numbers) == 128
    keys = bands(numbers)
    assert len(keys) == 32
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert any(key < 0 for key in keys)


def test_a_stored_fingerprint_stays_valid() -> None:
    """These numbers stand in databases: a change of shingles, seed or library needs a migration."""
    numbers = fingerprint("The minister signed the contract for four aircraft on Tuesday in Baku.")
    assert numbers[:3] == (3243440073, 3457450808, 3118544710)
    assert bands(numbers)[:2] == [-1727422792800045012, -6675536168918601303]


def test_other_processes_agree_whatever_their_hash_seed() -> None:
    text = written(3)
    code = f"from extractors.fingerprint import *; print(bands(fingerprint({text!r})))"
    root = Path(__file__).parents[2]
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told == [str(bands(fingerprint(text)))] * 2


@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_edited_copies_meet(share: float) -> None:
    pairs = [(written(seed), edited(written(seed), share, seed)) for seed in range(30)]
    assert sum(meet(a, b) for a, b in pairs) >= 29


def test_an_excerpt_meets_the_whole() -> None:
    whole = [written(seed) for seed in range(30)]
    assert sum(meet(text, " ".join(text.split()[:180])) for text in whole) >= 28


def test_strangers_hardly_ever_meet() -> None:
    texts = [written(seed) for seed in range(40)]
    met = sum(meet(texts[i], texts[j]) for i in range(40) for j in range(i))
    assert met <= 2


def test_a_text_without_words_has_no_fingerprint() -> None:
    for text in ("", "  \n\n", "—— !!! …"):
        assert fingerprint(text) == ()
        assert bands(()) == []


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    one = "國防部長週二在巴庫簽署了四架運輸機的合約並參觀了防務展覽會的義大利展台"
    other = one.replace("週二", "週三")
    assert jaccard(shingles(one), shingles(other)) > 0.6
    korean = "국방부 장관은 화요일 바쿠에서 수송기 네 대의 계약에 서명하고 방산 전시회를 둘러보았다"
    assert len(shingles(korean)) > 20


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_laws_of_the_measures(a: str, b: str) -> None:
    mine, theirs = shingles(a), shingles(b)
    assert jaccard(mine, theirs) == jaccard(theirs, mine)
    assert containment(mine, theirs) == containment(theirs, mine)
    assert 0 <= jaccard(mine, theirs) <= containment(mine, theirs) <= 1
    if mine:
        assert jaccard(mine, mine) == containment(mine, mine) == 1


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=600))
def test_any_text_has_a_fingerprint_that_repeats(text: str) -> None:
    assert fingerprint(text) == fingerprint(text)
    assert len(bands(fingerprint(text))) in (0, 32)
