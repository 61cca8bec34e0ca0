"""Fills a store as the daemon would: articles through the monitor and the pure decision, into stories and alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.entities import Catalogue
from alerts.stories.spotter import Spotter
from alerts.stories.traits import traits_of
from alerts.text import tokens
from storage import Store
from vedette.archive import monitor_of
from vedette.mentions import Tally
from vedette.model import Alert, Article, DeliveryReason, NewDelivery, Source, Topic

SPOTTER = Spotter(Catalogue.shipped)
TOPICS = (
    Topic("c-27j", "@c-27j AND (baku OR azerbaijan)", "The airlifter for Baku", "Spartan deliveries"),
    Topic("adex", "ADEX", "The exhibition in Baku"),
)
TEXT = (
    "The first C-27J Spartan arrived in Baku on Monday, the ministry of Azerbaijan said.\n\n"
    "Leonardo will show it at ADEX. <b>A minister</b> spoke of «more to come»."
)


def furnish(store: Store, now: datetime) -> None:
    """Two sources and two topics."""
    with store.write() as tx:
        tx.sources.put(
            Source("gazette", "https://gazette.example/rss", name="The Gazette", country="IT", language="en"), now
        )
        tx.sources.put(Source("haber", "https://haber.example/rss", name="Haber", country="AZ", language="az"), now)
        for topic in TOPICS:
            tx.topics.put(topic, now, author="catalogue", reason="starting set")


def publish(
    store: Store,
    now: datetime,
    title: str = "The first C-27J lands in Baku",
    text: str = TEXT,
    *,
    number: int = 1,
    story: int | None = None,
    source: str = "gazette",
    language: str = "en",
    country: str = "IT",
    told: str = "",
) -> tuple[int, list[int]]:
    """An article, matched and alerted on; its story and its alerts. `told`: "subscription channel" that got a message."""
    url = f"https://{source}.example/{number}"
    article = Article(
        title, text, url, canonical_url=url, published_at=now, published_precision="instant", language=language,
        site=f"{source}.example", country=country, source=source, authors=("A. Writer",),
    )  # fmt: skip
    with store.write() as tx:
        folded = " ".join(tokens(f"{title}\n{text}"))
        stored = tx.articles.store(article, None, now, story=story, folded=folded)
        assert stored.article.id is not None
        tally = Tally()
        tally.add(stored.article, traits_of(stored.article, SPOTTER).labels, now, silent=False)
        tally.write(tx)
        made = []
        for match in monitor_of(tx).match(stored.article).matches:
            match_id = tx.matches.add(stored.article.id, stored.article.revision, match, now)
            known = tx.alerts.open_for(match.topic, stored.story_id)
            if known is not None:
                tx.alerts.join(known.id, stored.article.id, now)
                continue
            alert = tx.alerts.create(match.topic, stored.story_id, 1, stored.article.id, match_id, now)
            made.append(alert.id)
            if told:
                subscription, channel = told.split()
                tx.deliveries.add(_delivery(article, match.topic, alert, subscription, channel, now), alert.id, now)
        return stored.story_id, made


def _delivery(
    article: Article, topic: str, alert: Alert, subscription: str, channel: str, now: datetime
) -> NewDelivery:
    from alerts.notice import sample_notice

    notice = replace(sample_notice(now), topic=topic, title=article.title, url=article.url, alert_id=alert.id)
    notice = replace(notice, story_id=alert.story_id)
    return NewDelivery(
        f"{alert.id}-{subscription}", channel, DeliveryReason.NEW_STORY, notice, now, subscription=subscription
    )
