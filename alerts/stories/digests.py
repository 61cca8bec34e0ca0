"""Pages that tell many events: digests, press reviews, live blogs. They join no story, and nothing joins theirs."""

from __future__ import annotations

import re

_PHRASES = {
    "en": "live updates|live coverage|live blog|liveblog|as it happened|round-?ups?|digest|newsletter|news in brief"
    "|in brief|week in review|year in review|top stories|(morning|daily|evening|weekly|weekend) "
    "([\\w-]+ )?(brief|briefing|report|bulletin|review|summary|wrap)|this week in [\\w ]+|press review",
    "it": "in diretta|la diretta|rassegna stampa|notizie in breve|in breve|la giornata in sintesi",
    "fr": "en direct|le direct|revue de presse|en bref|l.actualité en bref|l.essentiel de l.actualité",
    "de": "liveticker|live-ticker|newsblog|newsticker|live-blog|presseschau|kurzmeldungen|kurznachrichten"
    "|nachrichtenüberblick|der tag im überblick|morgenlage|wochenrückblick",
    "es": "en directo|en vivo|minuto a minuto|resumen (de la semana|del día|de prensa|de noticias)|revista de prensa",
    "pt": "ao vivo|resumo (da semana|do dia)|revista de imprensa",
    "pl": "relacja na żywo|na żywo|przegląd (prasy|wydarzeń|tygodnia)|skrót dnia",
    "tr": "canlı (anlatım|blog|yayın)|günün (özeti|manşetleri|öne çıkanları)|haftanın (özeti|öne çıkanları)|basın özeti"
    "|sabah bülteni|haber bülteni",
    "az": "canlı (yayım|blog)|günün (xülasəsi|icmalı|xəbərləri)|həftənin (xülasəsi|icmalı|xəbərləri)|mətbuat icmalı",
    "ru": "дайджест|обзор (прессы|сми|событий|новостей|недели)|главное за (день|ночь|сутки|неделю|утро|выходные)"
    "|итоги (дня|недели|суток)|главные (новости|события)|текстовая трансляция|онлайн-трансляция"
    "|новости к (утру|этому часу)",
    "uk": "дайджест|огляд (преси|змі|подій|новин|тижня)|головне за (день|ніч|добу|тиждень)|підсумки (дня|тижня|доби)",
    "ar": "تغطية مباشرة|بث مباشر|لحظة بلحظة|موجز (الأخبار|الأنباء)|حصاد (اليوم|الأسبوع)|أبرز (الأخبار|العناوين|الأنباء)"
    "|عناوين الصحف",
    "fa": "لحظه به لحظه|خلاصه اخبار|مرور (اخبار|هفته|رسانه)|مهم‌ترین اخبار",
    "zh": "直播|早报|早報|晚报|晚報|周报|週報|一周(要闻|回顾|新闻)|要闻(汇总|速览|回顾)|新闻(汇总|速览)|军情速览",
    "ja": "ライブ更新|ニュースまとめ|今週の|朝刊まとめ|一週間のまとめ",
    "ko": "뉴스 ?브리핑|모닝 ?브리핑|오늘의 (주요|뉴스|국방)|주간 (뉴스|브리핑|종합)"
    "|헤드라인 모음|뉴스 ?모음|이 시각 주요|간추린",
}
"""What such pages are called, by language."""
_SAYS_SO = re.compile(
    rf"(?<!\w)(?:{'|'.join(_PHRASES.values())})(?!\w)|^\W*(?:live|canlı|онлайн|مباشر|زنده)\s*[:|-]", re.I
)
_RUNNING = re.compile(rf"{_PHRASES['zh']}|{_PHRASES['ja']}|{_PHRASES['ko']}")  # where no space ends a word


def tells_many(title: str) -> bool:
    """Whether a title says that the page tells many events."""
    return bool(_SAYS_SO.search(title) or _RUNNING.search(title))
