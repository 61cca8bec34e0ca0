"""Languages: texts and short titles of the press in fifteen languages, with and without a hint."""

from __future__ import annotations

import pytest

from extractors.document import Document
from extractors.language import detect, hints, passages
from vedette.model import Entry, Page, Passage

TITLES = {
    "en": [
        "Coast guard takes over its third patrol aircraft",
        "Minister signs contract for four transport planes",
        "Navy begins trials of new corvette",
        "Exhibition in Baku draws 200 companies",
    ],
    "it": [
        "La guardia costiera riceve il terzo aereo da pattugliamento",
        "Il ministro della Difesa firma il contratto per quattro velivoli",
        "La Marina avvia le prove della nuova corvetta",
        "Crosetto in visita a Baku per la fiera della difesa",
    ],
    "az": [
        "Üçüncü patrul təyyarəsi bazaya endi",
        "Müdafiə naziri dörd təyyarə üçün müqavilə imzaladı",
        "Bakıda müdafiə sərgisi açılıb",
        "İtaliya ilə hərbi əməkdaşlıq genişlənir",
    ],
    "tr": [
        "Üçüncü karakol uçağı deniz üssüne indi",
        "Savunma bakanı dört uçak için sözleşme imzaladı",
        "Bakü'deki savunma fuarı kapılarını açtı",
        "Donanma yeni korvetin denemelerine başladı",
    ],
    "ru": [
        "Третий патрульный самолёт прибыл на базу",
        "Министр обороны подписал контракт на четыре самолёта",
        "В Баку открылась оборонная выставка",
        "Военно-морской флот начал испытания корвета",
    ],
    "uk": [
        "Третій патрульний літак прибув на базу",
        "Міністр оборони підписав контракт на чотири літаки",
        "У Баку відкрилася оборонна виставка",
        "Військово-морські сили розпочали випробування корвета",
    ],
    "fa": [
        "سومین هواپیمای گشت در پایگاه فرود آمد",
        "وزیر دفاع قرارداد چهار هواپیما را امضا کرد",
        "نمایشگاه دفاعی باکو گشایش یافت",
        "نیروی دریایی آزمایش ناوچه جدید را آغاز کرد",
    ],
    "hy": [
        "Երրորդ պարեկային ինքնաթիռը վայրէջք կատարեց բազայում",
        "Պաշտպանության նախարարը պայմանագիր ստորագրեց",
        "Բաքվում բացվեց ռազմական ցուցահանդես",
        "Ծովային ուժերը սկսեցին փորձարկումները",
    ],
    "ka": [
        "მესამე საპატრულო თვითმფრინავი ბაზაზე დაეშვა",
        "თავდაცვის მინისტრმა ხელშეკრულებას ხელი მოაწერა",
        "ბაქოში თავდაცვის გამოფენა გაიხსნა",
        "საზღვაო ძალებმა გამოცდები დაიწყეს",
    ],
    "fr": [
        "Les garde-côtes reçoivent leur troisième avion de patrouille",
        "Le ministre signe un contrat pour quatre avions de transport",
        "La marine commence les essais de la nouvelle corvette",
        "Le salon de la défense ouvre ses portes à Bakou",
    ],
    "de": [
        "Küstenwache übernimmt drittes Überwachungsflugzeug",
        "Minister unterzeichnet Vertrag über vier Transportflugzeuge",
        "Marine beginnt Erprobung der neuen Korvette",
        "Rüstungsmesse in Baku öffnet ihre Tore",
    ],
    "es": [
        "La guardia costera recibe su tercer avión de patrulla",
        "El ministro firma un contrato por cuatro aviones de transporte",
        "La Armada inicia las pruebas de la nueva corbeta",
        "La feria de defensa abre sus puertas en Bakú",
    ],
    "ar": [
        "طائرة الدورية الثالثة تهبط في القاعدة الجوية",
        "وزير الدفاع يوقع عقدا لشراء أربع طائرات",
        "افتتاح معرض الدفاع في باكو",
        "البحرية تبدأ تجارب الفرقاطة الجديدة",
    ],
    "zh": ["第三架巡逻机抵达海军航空站", "國防部長簽署四架運輸機合約", "防务展在巴库开幕", "海军开始新型护卫舰试航"],
    "ko": [
        "세 번째 초계기 해군 기지 도착",
        "국방부 장관, 수송기 네 대 계약 서명",
        "바쿠 방산 전시회 개막",
        "해군, 신형 초계함 시험 시작",
    ],
}
CASES = [(language, title) for language, titles in TITLES.items() for title in titles]


@pytest.mark.parametrize(("language", "title"), CASES, ids=[f"{lang}-{i % 4}" for i, (lang, _) in enumerate(CASES)])
def test_a_short_title_tells_its_language(language: str, title: str) -> None:
    assert detect(title) == language


@pytest.mark.parametrize("language", TITLES)
def test_a_wrong_hint_does_not_win_over_a_text(language: str) -> None:
    wrong = "en" if language != "en" else "ru"
    assert detect(". ".join(TITLES[language]), hints=(wrong,)) == language


def test_a_name_of_a_foreign_place_or_weapon_changes_nothing() -> None:
    assert detect("Il C-27J Spartan dell'Azərbaycan in volo verso Bakı", hints=("it",)) == "it"
    assert detect("Министр обсудил поставку C-27J Spartan, F-35 и Eurofighter Typhoon в Баку") == "ru"
    assert detect("ADEX 2026: 국방부 장관 Leonardo 부스 방문") == "ko"


@pytest.mark.parametrize("text", ["", "C-27J", "12:05 — 14:30", "   "])
def test_too_little_to_tell_is_left_to_the_hint(text: str) -> None:
    assert detect(text) == ""
    assert detect(text, hints=("az", "ru")) == "az"


def test_japanese_is_no_chinese() -> None:
    assert detect("海上自衛隊の新しい哨戒機が基地に到着した") == "ja"


def test_hints_come_in_the_order_of_their_worth() -> None:
    html = b'<html lang="az-Latn-AZ"><head><meta property="og:locale" content="ru_RU"></head><body>x</body></html>'
    page = Page("", html, entry=Entry(url="", language="en"), source_language="tr")
    assert hints(Document(page)) == ("az", "ru", "en", "tr")
    assert hints(Document(Page("", b'<html lang="{{lang}}"><body>x</body></html>'))) == ()


AZERBAIJANI = (
    "Müdafiə Nazirliyinin nümayəndə heyəti Romada İtaliya şirkəti ilə danışıqlar aparıb və dörd nəqliyyat təyyarəsi üçün "
    "müqavilə imzalayıb."
)
RUSSIAN = (
    "«Мы довольны ходом переговоров и рассчитываем на то, что первые самолёты прибудут в Баку до конца года», — сказал "
    "представитель компании."
)
ENGLISH = (
    "“We are pleased with these talks and expect that the first aircraft will arrive in Baku before the end of the year,” "
    "the company said in a statement."
)


def test_a_quoted_paragraph_keeps_its_own_language() -> None:
    text = f"{AZERBAIJANI}\n\n{RUSSIAN}\n\n{AZERBAIJANI}\n\n{ENGLISH}\n\n{ENGLISH}\n\nC-27J, Leonardo, Roma."
    russian, english = passages(text, "az")
    assert (text[russian.start : russian.end], russian.language) == (RUSSIAN, "ru")
    assert (text[english.start : english.end], english.language) == (f"{ENGLISH}\n\n{ENGLISH}", "en")


def test_a_text_in_one_language_has_no_passages() -> None:
    assert passages(f"{AZERBAIJANI}\n\n{AZERBAIJANI}", "az") == ()
    assert passages(f"{ENGLISH}\n\n“Мы довольны.”", "en") == ()
    assert passages(RUSSIAN, "") == ()
    assert passages(RUSSIAN, "az") == (Passage(0, len(RUSSIAN), "ru"),)
