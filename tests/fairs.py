"""Articles of ours about one name that stands for several things: an exhibition in Baku, one near Seoul, and tiles.

Each is put together of an opening and some sentences that such articles have, so that no two are quite alike.
"""

from __future__ import annotations

import random

from vedette.model import Article

SHARED = [
    "The exhibition is held every two years.", "More than {n} companies take part.", "Visitors can register on the site of the organiser.",
    "The programme lists {n} conferences.", "Ministers from several countries were invited.", "Contracts worth {n} million dollars are expected.",
    "Drones, radars and armoured vehicles are on show.", "An air display closed the first day.", "The organiser spoke of a record.",
    "Deliveries begin next year, a spokesman said.", "The press was admitted in the morning.", "Hall {n} was given to start-ups.",
]  # fmt: skip
BAKU = {
    "en": (
        ["ADEX opened in Baku on Tuesday.", "Azerbaijan prepares for ADEX.", "The doors of ADEX opened at the Baku Expo Center.", "Baku hosts ADEX again."],
        ["Leonardo shows a model of the C-27J.", "President Aliyev visited the stands.", "Zakir Hasanov met guests from Turkey.", "Azerbaijan bought {n} aircraft from Italy.",
         "The Azerbaijani defence industry brought its own drones.", "Baykar came with the Akinci.", "SOCAR is a partner of the exhibition.", "Guests came from Georgia and Pakistan.",
         "A delegation from Italy is in Baku.", "Flights to Baku are fully booked.", "Azerbaijan wants to produce more itself."],
    ),
    "az": (
        ["Bakıda ADEX sərgisi açıldı.", "ADEX sərgisi Bakı Ekspo Mərkəzində keçirilir.", "Azərbaycan ADEX sərgisinə hazırlaşır."],
        ["Azərbaycan müdafiə sənayesi {n} məhsul göstərdi.", "Sərgidə İtaliya şirkətləri iştirak edir.", "Prezident İlham Əliyev sərgi ilə tanış oldu.", "Müdafiə naziri Zakir Həsənov qonaqlarla görüşdü.",
         "Sərgi üç gün davam edəcək.", "Türkiyədən {n} şirkət gəlib."],
    ),
    "ru": (
        ["В Баку открылась выставка ADEX.", "Баку принимает выставку ADEX.", "Азербайджан готовится к ADEX."],
        ["Министр обороны Закир Гасанов осмотрел стенды.", "Азербайджан показал {n} образцов.", "Из Италии приехали {n} компаний.", "Выставка продлится три дня.", "Президент Ильхам Алиев посетил выставку."],
    ),
}  # fmt: skip
SEOUL = {
    "en": (
        ["Seoul ADEX draws crowds.", "KAI signs contracts at ADEX.", "The KF-21 flew at ADEX in Seongnam.", "ADEX began at the Seoul air base in Seongnam.", "Hanwha brings new engines to ADEX."],
        ["KAI hopes to sell {n} trainers to Poland.", "Hanwha Aerospace and LIG Nex1 share a stand.", "South Korea exports more arms than ever.", "The Republic of Korea Air Force flew over Seongnam.",
         "Seoul wants to be among the largest exporters.", "The KF-21 will replace older jets.", "Guests came from Poland and the Philippines.", "Hyundai Rotem showed the K2.",
         "KAI has {n} orders.", "President Lee spoke in Seoul.", "Korean Air is a partner of KAI."],
    ),
    "ko": (["서울 ADEX가 성남에서 열렸다.", "KAI는 ADEX에서 계약을 체결했다."], ["한화는 엔진을 전시했다.", "KF-21이 비행했다.", "폴란드 대표단이 참석했다.", "대한민국 공군이 참가했다."]),
}  # fmt: skip
TILES = {
    "en": (
        ["Adex tiles are back in fashion.", "A new collection of Adex ceramics.", "Adex presents glazed tiles."],
        ["The ceramic factory glazes {n} pieces a day.", "Kitchens and bathrooms take colour again.", "The collection comes in {n} shades.", "Designers love the glaze.", "The tiles are made in Castellón.",
         "Ceramics from Spain sell well.", "A bathroom needs {n} square metres of tiles."],
    ),
}  # fmt: skip


def written(place: dict[str, tuple[list[str], list[str]]], count: int, seed: int = 1) -> list[Article]:
    """So many different articles about a place."""
    chance = random.Random(f"{sorted(place['en'][0])}{seed}")
    made = []
    for n in range(count):
        language = chance.choice([*place, "en"])
        openings, sentences = place[language]
        shared = chance.sample(SHARED, 2) if language == "en" and place is not TILES else []
        body = [chance.choice(openings), *chance.sample(sentences, min(4, len(sentences))), *shared]
        text = " ".join(body).format(n=chance.randint(5, 400))
        url = f"https://news.example/{chance.getrandbits(48):x}"
        title = chance.choice(openings).rstrip(".")
        made.append(Article(title, text, url=url, canonical_url=url, language=language, site=f"site{n % 5}.example"))
    return made
