"""What a message says of an article, and how times, places and hits are put into words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notice import UNPRINTABLE, build_notice, clean, clean_url, matched_sentences
from alerts.rendering import Mark, direction, flag, language_name, local_time, marked, place
from tests.notices import article, notice
from vedette.model import DeliveryReason, Match, Sentence, Span, Topic


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Sep 23, 2026, 12:15\u202fPM Asia/Baku"),
        ({"timezone": "Asia/Kathmandu"}, "Sep 23, 2026, 2:00\u202fPM Asia/Kathmandu"),
        ({"locale": "it"}, "23 set 2026, 12:15 Asia/Baku"),
        ({"locale": "pt-BR"}, "23 de set. de 2026 12:15 Asia/Baku"),
        ({"locale": "no such thing"}, "Sep 23, 2026, 12:15\u202fPM Asia/Baku"),
        ({"timezone": "Mars/Olympus"}, "Sep 23, 2026, 8:15\u202fAM UTC"),
        ({"timezone": "../etc/passwd"}, "Sep 23, 2026, 8:15\u202fAM UTC"),
        ({"published_precision": "day"}, "September 23, 2026"),
        ({"published_at": None}, "seen Sep 23, 2026, 12:15\u202fPM Asia/Baku"),
    ],
)
def test_times_are_the_readers(changes: dict[str, Any], said: str) -> None:
    assert local_time(notice(**changes)) == said


@pytest.mark.parametrize(
    ("country", "shown"), [("IT", "🇮🇹"), ("az", "🇦🇿"), ("", ""), ("ITA", ""), ("١٢", ""), ("<b", "")]
)
def test_flags(country: str, shown: str) -> None:
    assert flag(country) == shown


def test_places_leave_out_what_is_not_known() -> None:
    assert place(notice()) == "🇦🇿 news.example · English"
    assert place(notice(country="", language="")) == "news.example"
    assert place(notice(site="", country="", language="zz-unknown")) == "zz-unknown"
    assert language_name("az", "it") == "azerbaigiano"
    assert language_name("zh-Hant", "en") == "Chinese (Traditional)"
    assert (direction("ar"), direction("az")) == ("rtl", "ltr")


TEXT = "First sentence. Minister Krosetto came to ADEX. Last one, of Krosetto.\n\nNew paragraph without a hit."


def spans(*words: str, text: str = TEXT) -> list[Span]:
    return [Span("body", text.index(w), text.index(w) + len(w), w, w) for w in words]


def test_the_sentences_that_matched_are_quoted_and_no_others() -> None:
    found = matched_sentences(article(text=TEXT), spans("Krosetto", "ADEX"))
    assert [s.text for s in found] == ["Minister Krosetto came to ADEX."]
    assert [found[0].text[a:b] for a, b in found[0].marks] == ["Krosetto", "ADEX"]


def test_a_hit_over_a_sentence_end_marks_both_and_overlapping_hits_are_one() -> None:
    text = "He saw the ADEX. Baku liked it."
    both = [Span("body", 11, 21, "ADEX. Baku", "x"), Span("body", 11, 15, "ADEX", "ADEX")]
    found = matched_sentences(article(text=text), both)
    assert [(s.text, [s.text[a:b] for a, b in s.marks]) for s in found] == [
        ("He saw the ADEX.", ["ADEX."]),
        ("Baku liked it.", ["Baku"]),
    ]


def test_a_very_long_sentence_is_cut_around_its_hit() -> None:
    text = "word " * 2000 + "ADEX " + "word " * 2000
    (found,) = matched_sentences(article(text=text), spans("ADEX", text=text))
    assert len(found.text) <= 600
    assert [found.text[a:b] for a, b in found.marks] == ["ADEX"]


def test_at_most_five_sentences_those_with_most_hits() -> None:
    text = " ".join(f"Sentence {n} names ADEX." for n in range(9)) + " ADEX and Baku and ADEX."
    every = [Span("body", n, n + 4, "ADEX", "ADEX") for n in range(len(text)) if text.startswith("ADEX", n)]
    found = matched_sentences(article(text=text), every)
    assert len(found) == 5
    assert found[-1].text == "ADEX and Baku and ADEX."


ANY = st.text(max_size=200)


@given(ANY, st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), max_size=6))
def test_marks_always_fit_their_sentence(text: str, places: list[tuple[int, int]]) -> None:
    hits = [
        Span("body", a, min(a + n, len(text)), text[a : a + n], "t") for a, n in places if a < min(a + n, len(text))
    ]
    for sentence in matched_sentences(article(text=text), hits):
        last = 0
        assert clean(sentence.text) == sentence.text or sentence.text.startswith(" ")
        for start, end in sentence.marks:
            assert last <= start < end <= len(sentence.text)
            last = end
        shown = marked(sentence, str, Mark("[", "]"), longest=10_000)
        assert shown.replace("[", "").replace("]", "") == sentence.text.replace("[", "").replace("]", "")


@given(st.text())
def test_clean_text_is_one_line_without_anything_hidden(text: str) -> None:
    shown = clean(text)
    assert not UNPRINTABLE.search(shown)
    assert len(shown.splitlines()) <= 1
    assert shown == clean(shown)
    shown.encode()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/ü?x=1", True),
        ("HTTP://a.example/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://a.example/\r\nBcc: x", False),
        ("https://a.example/\u202egnp", False),
        ("https://a.example/\ud83d", False),
        ("https://a.example/" + "x" * 3000, False),
        ("", False),
    ],
)
def test_only_web_addresses_are_linked_to(url: str, kept: bool) -> None:
    assert clean_url(url) == (url if kept else "")


def test_an_article_without_a_title_is_named_by_its_address() -> None:
    built = build_notice(
        replace(article(), title=" \u200b "),
        Match("adex", 1, ()),
        Topic("adex", "ADEX"),
        analyst=None,
        story_id=1,
        reason=DeliveryReason.NEW_STORY,
        seen_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert built.title == "https://news.example/a?b=1&c=2"
    assert (built.topic_title, built.timezone, built.locale) == ("adex", "UTC", "en")


def test_long_sentences_are_cut_after_their_hits() -> None:
    sentence = Sentence("ADEX " + "x" * 100, ((0, 4),))
    assert marked(sentence, str, Mark("*", "*"), longest=20) == "*ADEX* " + "x" * 15 + "…"
