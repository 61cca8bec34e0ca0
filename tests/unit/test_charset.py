"""The charset of a page: its bytes are believed before the header that came with them."""

from __future__ import annotations

import pytest

from extractors import extract
from extractors.charset import decode
from vedette.model import Page

TEXTS = {
    "de": "Die Küstenwache übernahm am Donnerstag ihr drittes Überwachungsflugzeug, das über der See fliegen soll.",
    "fr": "Les garde-côtes ont reçu jeudi leur troisième avion, dont l'équipage a été formé à l'école de l'armée.",
    "is": "Landhelgisgæslan tók við þriðju eftirlitsflugvélinni á fimmtudag og þjálfun áhafna hefst síðar í vor.",
    "pl": "Straż przybrzeżna przejęła w czwartek trzeci samolot, którego załogi szkoliły się przez sześć miesięcy.",
    "tr": "Sahil güvenlik, üçüncü karakol uçağını perşembe günü teslim aldı; mürettebatın eğitimi altı ay sürdü.",
    "ru": "Береговая охрана получила в четверг третий патрульный самолёт, экипажи которого учились шесть месяцев.",
    "uk": "Берегова охорона отримала у четвер третій патрульний літак, екіпажі якого навчалися шість місяців.",
    "el": "Η ακτοφυλακή παρέλαβε την Πέμπτη το τρίτο αεροσκάφος της, τα πληρώματα του οποίου εκπαιδεύτηκαν μήνες.",
    "he": "משמר החופים קיבל ביום חמישי את מטוס הסיור השלישי שלו, שצוותיו התאמנו במשך שישה חודשים.",
    "ar": "تسلم خفر السواحل يوم الخميس طائرة الدورية الثالثة التي تدربت أطقمها ستة أشهر في المدرسة الجوية.",
    "zh": "海岸警卫队星期四接收了第三架巡逻机，机组人员接受了六个月的训练，第四架将于秋天交付。",
    "ja": "海上保安庁は木曜日、三機目の哨戒機を受領した。乗員は六か月の訓練を受け、四機目は秋に届く予定である。",
    "ko": "해안경비대는 목요일 세 번째 초계기를 인수했으며 승무원들은 여섯 달 동안 훈련을 받았다고 밝혔다.",
}
WRITTEN = [
    *(("de", c) for c in ("utf-8", "iso-8859-1", "windows-1252", "utf-16")),
    *(("fr", "iso-8859-1"), ("is", "iso-8859-1"), ("pl", "iso-8859-2"), ("pl", "windows-1250")),
    *(("tr", "iso-8859-9"), ("tr", "windows-1254"), ("ru", "windows-1251"), ("ru", "koi8-r"), ("ru", "iso-8859-5")),
    *(("uk", "windows-1251"), ("uk", "koi8-u"), ("el", "windows-1253"), ("el", "iso-8859-7"), ("he", "windows-1255")),
    *(("ar", "windows-1256"), ("zh", "gb18030"), ("zh", "big5"), ("ja", "shift_jis"), ("ja", "euc-jp")),
    *(("ja", "iso-2022-jp"), ("ko", "euc-kr")),
]
HEADERS = ("", "text/html", "text/html; charset=utf-8", "text/html; charset=ISO-8859-1", "text/html; charset=none")


@pytest.mark.parametrize("meta", ["", '<meta charset="{}">'], ids=["silent", "declared"])
@pytest.mark.parametrize(("language", "charset"), WRITTEN)
def test_a_wrong_header_spoils_nothing(language: str, charset: str, meta: str) -> None:
    text = TEXTS[language].translate(str.maketrans("警卫队", "警衛隊")) if charset == "big5" else TEXTS[language]
    page = f"<html><head>{meta.format(charset)}<title>x</title></head><body><p>{text}</p></body></html>"
    body = page.encode(charset, "ignore")
    for header in (*HEADERS, f"text/html; charset={charset}"):
        assert decode(body, header) == body.decode(charset), header


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ("Küste ".encode() * 60 + b"\xfc", "text/html; charset=utf-8"),
        ("Küste ".encode() * 60 + b"\xfc", "text/html; charset=iso-8859-1"),
        (b"\xef\xbb\xbf" + "Küste ".encode() * 60 + b"\xfc", ""),
    ],
)
def test_a_broken_character_is_one_broken_character(body: bytes, header: str) -> None:
    assert decode(body, header) == "Küste " * 60 + "\ufffd"


def test_one_of_two_declarations_that_disagree_is_what_the_bytes_look_like() -> None:
    page = f'<meta charset="windows-1251"><p>{TEXTS["ru"]}</p>'
    assert TEXTS["ru"] in decode(page.encode("koi8-r"), "text/html; charset=koi8-u")
    assert TEXTS["ru"] in decode(page.encode("windows-1251"), "text/html; charset=koi8-r")


def test_joiners_of_persian_and_hindi_words_are_kept() -> None:
    said = "وزارت دفاع اعلام کرد که هواپیما‌های گشت دریایی در پایگاه شمالی مستقر می‌شوند و پرواز می‌کنند."
    other = "रक्षा मंत्रालय ने कहा कि तटरक्षक बल क्‍या करेगा।"
    body = "".join(f"<p>{said} {other} {number}.</p>" for number in range(4))
    article = extract(Page("https://press.example/1", f"<article><h1>گشت دریایی</h1>{body}</article>".encode()))
    assert article.text.split("\n\n")[0] == f"{said} {other} 0."


def test_readings_above_characters_are_no_text() -> None:
    page = "<h1><ruby>海上<rt>かいじょう</rt></ruby>保安隊が哨戒機を受領</h1><p>国防省は木曜日、三機目の哨戒機を受領したと発表した。</p>"
    assert extract(Page("https://press.example/1", page.encode())).title == "海上保安隊が哨戒機を受領"
