"""Folding, paragraphs and sentences: what the rules see of a text, and that offsets are those of the stored one."""

from __future__ import annotations

import time

import pytest

from alerts import inflection, text
from alerts.monitor import Monitor
from vedette.model import Article, Topic


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("ADEX-2024 ADEX2024", ["adex", "2024", "adex2024"]),
        ("HƏRBİ hərbi", ["herbi", "herbi"]),
        ("IŞIK ışık İşik", ["isik", "isik", "isik"]),
        ("Straße ﬁne ½", ["strasse", "fine", "1", "2"]),
        ("Cros\u00adetto A\u200bD", ["crosetto", "ad"]),
        ("rock’n’roll don't", ["rock", "n", "roll", "don", "t"]),
        ("snake_case a/b", ["snake", "case", "a", "b"]),
        ("МiГ-29 С-27J", ["мiг", "29", "с", "27j"]),
        ("C-27J가 2024년", ["c", "27j", "가", "2024", "년"]),
        ("台风5号 F-16战机", ["台", "风", "5", "号", "f", "16", "战", "机"]),
        ("الـF-16 و١٦", ["ال", "f", "16", "و", "16"]),
        ("ก่า ำ", ["ก่", "า", "ํ", "า"]),
        ("Բաքվո՛ւմ", ["բաքվում"]),
        ("ﾚｵﾅﾙﾄﾞ", list("レオナルド")),
        ("e\u0301lan ELÁN", ["elan", "elan"]),
        ("", []),
        (" \n—…", []),
    ],
)
def test_tokens(written: str, tokens: list[str]) -> None:
    found, spans = text.split(written)
    assert list(found) == tokens
    assert text.tokens(written) == tokens
    assert all(written[start:end].strip() for start, end in spans)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("one\n\ntwo", ["one", "two"]),
        ("one\ntwo", ["one\ntwo"]),
        ("one\r\n\r\ntwo\r\nthree", ["one", "two\r\nthree"]),
        ("one\r\rtwo\rthree", ["one", "two\rthree"]),
        ("one\n \t\ntwo", ["one", "two"]),
        ("one\u2029two\u2028three", ["one", "two\u2028three"]),
        ("one\u2028\u2028two", ["one", "two"]),
        ("\n\none\n\n\n\ntwo\n\n", ["one", "two"]),
        ("é", ["é"]),
        ("", []),
    ],
)
def test_paragraphs(written: str, parts: list[str]) -> None:
    assert [written[start:end].strip("\r\n") for start, end in text.paragraphs(written)] == parts


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["The U.S. Air Force came.", "Gen. J. Smith spoke.", "“Yes!” he said.", "It was 2024.", "Next."]),
        ("en", ["Lt. Col. A. Brown of Leonardo S.p.A. signed.", "He left."]),
        ("de", ["Am 24. November kam er.", "Er ging."]),
        ("az", ["Sərgi 3. dəfə keçirildi.", "Nazir gəldi."]),
        ("ru", ["В 2024 г. прошла выставка.", "Она закрылась."]),
        ("tr", ["Prof. Dr. Güler konuştu!", "Sonra gitti."]),
        ("zh", ["台风逼近。", "多地停课！"]),
        ("ar", ["هل وصل الوزير؟", "نعم."]),
        ("hy", ["Նախարարը ժամանեց։", "Նա մեկնեց։"]),
    ],
)
def test_sentences(language: str, parts: list[str]) -> None:
    joined = ("" if language == "zh" else " ").join(parts)
    assert [joined[start:end] for start, end in text.sentences(joined, language)] == parts


@pytest.mark.parametrize(
    ("language", "base", "forms"),
    [
        ("az", "Leonardo", "Leonardonun Leonardodan Leonardoya Leonardolar"),
        ("az", "İtaliya", "İtaliyadan İtaliyanın İtaliyaya İtaliyadakı"),
        ("tr", "Bakanlığı", "Bakanlığına Bakanlığının Bakanlığından"),
        ("ru", "Гасанов", "Гасанова Гасанову Гасановым Гасанове"),
        ("ru", "Италия", "Италии Италию Италией"),
        ("ru", "выставка", "выставки выставке выставку выставкой"),
        ("ru", "международная", "международной международную"),
        ("uk", "Україна", "України Україні Україну Україною"),
        ("uk", "Прага", "Празі Праги"),
        ("pl", "Warszawa", "Warszawy Warszawie Warszawę Warszawą"),
        ("pl", "Polska", "Polsce Polski Polskę"),
        ("fi", "Leonardo", "Leonardon Leonardossa Leonardolla Leonardoon"),
        ("fi", "Helsinki", "Helsinkiin"),
        ("hu", "Crosetto", "Crosettónak Crosettóval Crosettóról"),
        ("hy", "Բաքու", "Բաքվում Բաքվի Բաքվից"),
        ("ka", "აზერბაიჯანი", "აზერბაიჯანის აზერბაიჯანში აზერბაიჯანმა"),
        ("cs", "Praha", "Prahy Praze Prahu Prahou"),
        ("lt", "Vilnius", "Vilniaus Vilniuje"),
        ("ro", "Spartan", "Spartanul Spartanului"),
        ("el", "Ιταλία", "Ιταλίας"),
        ("kk", "Әзербайжан", "Әзербайжанның Әзербайжанда"),
        ("uz", "Ozarbayjon", "Ozarbayjonning Ozarbayjonda"),
        ("ar", "ناتو", "الناتو للناتو والناتو بناتو"),
        ("he", "ישראל", "בישראל וישראל לישראל"),
        ("fa", "موشک", "موشکها موشکهای"),
    ],
)
def test_suffix_tables(language: str, base: str, forms: str) -> None:
    table = inflection.table(language)
    for form in forms.split():
        assert table.inflects(text.fold(base), text.fold(form)), form
        assert text.fold(base) in set(table.bases(text.fold(form))), form
    assert not table.inflects(text.fold(base), "zzz" + text.fold(base))


@pytest.mark.parametrize(
    "body",
    ["한화" * 30_000, "x" * 300_000, "e" + "\u0301" * 60_000, "A. " * 30_000, "a\n\n" * 30_000, "C-27J " * 20_000],
    ids=["running", "token", "marks", "sentences", "paragraphs", "designators"],
)
def test_a_hostile_text_takes_seconds_at_most(body: str) -> None:
    monitor = Monitor()
    for number, rule in enumerate(("한화", "C-27J NEAR/3 C-27J", "SENT(a b)", "PARA(a b)", "xxx*", 'ATLEAST/2("a a")')):
        monitor.put(Topic(str(number), rule))
    started = time.process_time()
    assert monitor.match(Article("t", body, language="ko")).failures == []
    assert time.process_time() - started < 10
