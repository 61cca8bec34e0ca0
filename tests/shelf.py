"""A small archive of our own texts about two fairs with one name, and a way to put articles into a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.text import tokens
from storage import Store
from vedette.model import Article

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

BAKU = [
    ("ADEX opens its doors in Baku", "The Azerbaijan defence exhibition ADEX opened in the Baku Expo Center. {n} companies came, Leonardo among them."),
    ("Azerbaijan shows drones at ADEX", "At ADEX in Baku the Azerbaijani defence industry showed drone number {n}. Visitors from Turkey came in numbers."),
    ("Bakıda ADEX sərgisi açıldı", "ADEX sərgisi Bakı Ekspo Mərkəzində açıldı. Azərbaycan müdafiə sənayesi {n} məhsul göstərdi."),
    ("В Баку открылась выставка ADEX", "Выставка ADEX открылась в Баку. Азербайджан показал {n} образцов, сообщило министерство обороны."),
    ("Italian firms travel to ADEX", "Leonardo and {n} other Italian firms will show aircraft at ADEX. Azerbaijan has bought the C-27J."),
]  # fmt: skip
SEOUL = [
    ("Seoul ADEX draws a crowd", "At the Seoul air base in Seongnam the ADEX air show opened. KAI flew the KF-21 {n} times over the crowd."),
    ("KAI signs at ADEX", "Korea Aerospace Industries, KAI, signed {n} contracts at ADEX in Seongnam, the South Korean ministry said."),
    ("Korean fighter flies at ADEX", "The KF-21 of KAI flew at ADEX near Seoul. Hanwha showed {n} engines to visitors from Poland."),
    ("Hanwha brings engines to ADEX", "Hanwha will show {n} engines at ADEX in Seongnam, south of Seoul. South Korea wants to sell more of them."),
]  # fmt: skip
OTHER = [
    ("Navy receives a frigate", "The navy received frigate number {n} in a ceremony on the coast. The crew trains until spring."),
    ("Budget talks continue", "Parliament discussed the defence budget for the {n}th time. Nothing was decided in the end."),
    ("Leonardo reports its year", "Leonardo sold {n} helicopters. The company sees more orders from Italy and Poland."),
]  # fmt: skip


def articles(texts: list[tuple[str, str]], count: int, site: str = "news.example") -> list[Article]:
    """So many articles in turn from texts, each with a number of its own."""
    made = []
    for n in range(count):
        title, text = texts[n % len(texts)]
        language = "az" if "ı" in title else "ru" if "открылась" in title else "en"
        url = f"https://{site}/{abs(hash(title)) % 10_000}-{n}"
        made.append(Article(title, text.format(n=n + 3), url=url, canonical_url=url, language=language, site=site))
    return made


def put(
    store: Store,
    found: list[Article],
    *,
    first: datetime = NOW - timedelta(days=40),
    step: timedelta = timedelta(hours=7),
    story: int | None = None,
) -> list[int]:
    """Store articles one `step` after the other; their ids. Without `story` each is a story of its own."""
    ids = []
    with store.write() as tx:
        for place, article in enumerate(found):
            folded = " ".join(tokens(f"{article.title}\n{article.text}"))
            stored = tx.articles.store(article, None, first + place * step, story=story, folded=folded)
            assert stored.article.id is not None
            ids.append(stored.article.id)
    return ids
