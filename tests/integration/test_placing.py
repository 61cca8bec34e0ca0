"""News of one week as the daemon places it: what one event tells comes together, whatever else is like it does not."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from alerts.entities import Catalogue
from storage import open_store
from vedette.daemon.placing import Placer
from vedette.model import Article, Join

NOW = datetime(2026, 6, 8, 6, tzinfo=UTC)


class Told(NamedTuple):
    """An article: the event that it tells, its site, the hours since the first, language, title and text."""

    event: str
    site: str
    hours: float
    language: str
    title: str
    text: str


DEAL = """Türkiye has signed a contract with Britain for 20 Eurofighter Typhoon jets, the two governments said on Monday, in a
deal worth 8 billion pounds. Prime Minister Keir Starmer and President Recep Tayyip Erdoğan attended the ceremony at the TUSAŞ
plant outside Ankara.

The first aircraft are to arrive in 2030. The contract includes weapons from MBDA and training of pilots at RAF Coningsby. The
order secures 20,000 jobs in Warton and Samlesbury, BAE Systems said.

Germany, which had blocked the sale for years, dropped its veto in July."""
LOCAL = """Sarah Smith, who speaks for Warton in the county council, called it a great day. Union leaders in Preston had warned in
spring that the assembly line would run dry without an order from abroad."""
CORVETTE = """The navy of Peru has taken over the corvette Guise at the yard of Callao. The ship was built with Hyundai Heavy
Industries of Korea and will patrol the coast against illegal fishing. A second ship of the class is to follow next summer, when
the yard will also lay the keel of a frigate."""
PLANT = """Kazakhstan has opened a plant for armoured vehicles in Astana with the South African company Paramount. It will make a
hundred and twenty Arlan vehicles each year, half of them for customers abroad. The defence minister cut the ribbon and promised
orders for ten years."""
LETTER = """On the occasion of the day of the armed forces the president has received a letter of the president of {}. He wished
peace and prosperity to the brotherly people and recalled the visit of last year, when the two countries agreed on the training
of officers and on the exchange of cadets between their academies."""
WEEK = [
    Told("deal", "agency", 0, "en", "Türkiye signs 8 billion pound deal for 20 Eurofighter Typhoon jets", DEAL),
    Told("deal", "gazette", 2, "en", "Jobs boost for Lancashire as Ankara orders Typhoons", f"{DEAL}\n\n{LOCAL}"),
    Told("deal", "brief", 3, "en", "Ankara buys Typhoons", DEAL.split("\n\n")[0]),
    Told(
        "deal",
        "haber",
        1,
        "tr",
        "Türkiye 20 Eurofighter Typhoon için imzayı attı",
        "Türkiye ile İngiltere arasında 20 adet Eurofighter Typhoon için sözleşme imzalandı. 8 milyar sterlinlik anlaşmanın "
        "törenine Cumhurbaşkanı Recep Tayyip Erdoğan ile Başbakan Keir Starmer katıldı. İlk uçaklar 2030 yılında gelecek.",
    ),
    Told(
        "deal",
        "novosti",
        6,
        "ru",
        "Турция подписала контракт на 20 истребителей Eurofighter Typhoon",
        "Турция и Великобритания подписали в Анкаре контракт на 20 истребителей Eurofighter Typhoon стоимостью 8 млрд фунтов. "
        "На церемонии были президент Реджеп Тайип Эрдоган и премьер-министр Кир Стармер. Первые самолёты поступят в 2030 году.",
    ),
    Told(
        "deal",
        "akhbar",
        7,
        "ar",
        "تركيا توقع عقدا لشراء 20 مقاتلة يوروفايتر تايفون من بريطانيا",
        "وقعت تركيا وبريطانيا في أنقرة عقدا لشراء 20 مقاتلة من طراز يوروفايتر تايفون بقيمة 8 مليارات جنيه إسترليني بحضور الرئيس "
        "رجب طيب أردوغان ورئيس الوزراء كير ستارمر. وستصل أولى الطائرات في عام 2030.",
    ),
    Told(
        "deal",
        "sinmun",
        8,
        "ko",
        "튀르키예, 영국과 유로파이터 타이푼 20대 구매 계약 체결",
        "튀르키예와 영국이 앙카라에서 유로파이터 타이푼 전투기 20대 도입 계약을 체결했다. 계약 규모는 80억 파운드다. "
        "레제프 타이이프 에르도안 대통령과 키어 스타머 총리가 서명식에 참석했다.",
    ),
    Told(
        "radars",
        "nord",
        4,
        "en",
        "Poland orders coastal radars for 450 million euros",
        "Poland has ordered coastal radars from Saab for 450 million euros. Twelve stations will watch the Baltic from 2029.",
    ),
    Told(
        "shells",
        "sud",
        5,
        "en",
        "Romania orders artillery shells for 450 million euros",
        "Romania has ordered shells from Rheinmetall for 450 million euros. A plant at Victoria will make them from 2029.",
    ),
    Told(
        "morning",
        "digest",
        9,
        "en",
        "Morning defence brief: jets for Türkiye, radars for Poland",
        "Türkiye has signed for 20 Eurofighter Typhoon jets worth 8 billion pounds, with Keir Starmer and Recep Tayyip Erdoğan "
        "present. Poland has ordered coastal radars from Saab for 450 million euros. Romania buys shells from Rheinmetall.",
    ),
    Told("corvette", "lima", 10, "en", "Peru takes over corvette Guise", CORVETTE),
    Told("plant", "steppe", 11, "en", "Armoured vehicle plant opens in Astana", PLANT),
    Told("letter 1", "court", 13, "en", "President receives letter from Kazakhstan", LETTER.format("Kazakhstan")),
    Told("letter 2", "palace", 14, "en", "President receives letter from Belarus", LETTER.format("Belarus")),
    Told(
        "fair of 2025",
        "hall",
        15,
        "en",
        "IDEF 2025 opens in Istanbul with 1,300 exhibitors",
        "The IDEF fair has opened at the Istanbul Expo Center with 1,300 exhibitors. Haluk Görgün cut the ribbon.",
    ),
    Told(
        "fair of 2027",
        "stand",
        16,
        "en",
        "IDEF 2027 to open in Istanbul with 1,500 exhibitors",
        "The next IDEF fair will be held at the Istanbul Expo Center in 2027 with 1,500 exhibitors, Haluk Görgün said.",
    ),
    Told(
        "Tirana",
        "roma",
        0,
        "it",
        "Crosetto a Tirana: firmato accordo sulla difesa",
        "Il ministro Guido Crosetto ha incontrato a Tirana il collega Pirro Vengu e visitato la base navale di Pashaliman.",
    ),
    Told(
        "Baku",
        "roma",
        48,
        "it",
        "Crosetto a Baku: incontro con Hasanov",
        "Il ministro Guido Crosetto ha incontrato a Baku Zakir Hasanov. Al centro il C-27J Spartan di Leonardo.",
    ),
    Told(
        "Baku",
        "bakida",
        49,
        "az",
        "Zakir Həsənov italiyalı həmkarı Guido Crosetto ilə görüşüb",
        "Müdafiə naziri Zakir Həsənov Bakıda Guido Crosetto ilə görüşüb. Leonardo şirkətinin C-27J Spartan təyyarəsi "
        "müzakirə olunub.",
    ),
]


def test_a_week_of_news(tmp_path: Path) -> None:
    placer = Placer(Catalogue.shipped)
    stories: dict[int, set[str]] = defaultdict(set)
    joins: dict[tuple[str, str], Join] = {}
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/week.db", upgrade=True)) as store:
        for told in sorted(WEEK, key=lambda told: told.hours):
            url, now = f"https://{told.site}.invalid/{told.hours:g}", NOW + timedelta(hours=told.hours)
            article = Article(told.title, told.text, url, url, language=told.language, site=told.site)
            sketch = placer.sketch(article)
            with store.write() as tx:
                choice = placer.choose(tx, article, sketch, now)
                stored = tx.articles.store(article, None, now, story=choice.story_id, join=choice.join)
                assert stored.article.id is not None
                placer.remember(tx, stored.article.id, sketch, now)
            stories[stored.story_id].add(told.event)
            joins[told.event, told.site] = choice.join
    assert sorted(map(sorted, stories.values())) == sorted([event] for event in {told.event for told in WEEK})
    assert [joins["deal", site] for site in ("gazette", "brief", "haber")] == [Join.COPY, Join.COPY, Join.RETOLD]
