"""A generated archive for benchmarks/archive.py: rows as years of watching would leave them, written in bulk.

Five languages, 300 sources, about half of the articles in stories of several, one in twenty revised, one in twenty
about a starter topic, with its matches and alerts, part of them read. What is only kept for a time (pages, fetches,
the indexes that find copies) is left out.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from matching import SYLLABLES, Language

from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.text import tokens
from catalogue import StarterTopic
from vedette.model import Article, Match, PageKind

YEARS = timedelta(days=730)
SOURCES = 300
COUNTRIES = {"en": ("GB", "US", "CA"), "az": ("AZ",), "ru": ("RU", "KZ"), "it": ("IT",), "ar": ("EG", "AE")}
SENTENCES = 12_000
"""Different ones of each language; articles are drawn from them."""
LENGTH = (6, 26)
"""Sentences of an article: about 290 words in the mean."""
AT_ONCE = 5_000
TABLES = (
    "stories",
    "items",
    "sightings",
    "articles",
    "revisions",
    "matches",
    "alerts",
    "alert_entities",
    "alert_articles",
    "readings",
)
Rows = dict[str, list[tuple[Any, ...]]]


class Press:
    """Writes articles: invented sentences, and now and then an example of a starter topic with its real evidence."""

    def __init__(self, chance: random.Random, topics: Sequence[StarterTopic]) -> None:
        self.chance = chance
        self.pool: dict[str, list[tuple[str, str]]] = {}
        for name in SYLLABLES:
            language = Language(name, 30_000, chance)
            said = [language.sentence(chance) for _ in range(SENTENCES)]
            self.pool[name] = [(one, " ".join(tokens(one))) for one in said]
        self.told = list(_examples(topics))
        self.reports = [place for place, (article, _) in enumerate(self.told) if article.language in self.pool]

    def write(self, language: str) -> tuple[str, str, str]:
        """Title, text and folded text of something that no topic is about."""
        chosen = self.chance.choices(self.pool[language], k=self.chance.randint(*LENGTH))
        (title, folded), body = chosen[0], chosen[1:]
        paragraphs = [" ".join(said for said, _ in body[at : at + 4]) for at in range(0, len(body), 4)]
        return title, "\n\n".join(paragraphs), " ".join([folded, *(one for _, one in body)])

    def report(self) -> tuple[str, str, str, str, tuple[Match, ...]]:
        """Language, title, text, folded text of an article about a topic, and its matches."""
        article, matches = self.told[self.chance.choice(self.reports)]
        _, text, folded = self.write(article.language)
        start = " ".join(tokens(f"{article.title}\n{article.text}"))
        return article.language, article.title, f"{article.text}\n\n{text}", f"{start} {folded}", matches


def _examples(topics: Sequence[StarterTopic]) -> Iterator[tuple[Article, tuple[Match, ...]]]:
    """What the starter topics must find, and what of it all of them find."""
    monitor = Monitor(Catalogue.shipped)
    monitor.put_all(starter.topic for starter in topics)
    for starter in topics:
        for article in starter.must:
            yield article, monitor.match(article).matches


class Years:
    """The rows of so many articles, seen one after the other up to `now`."""

    def __init__(self, press: Press, count: int, now: datetime, reader: str) -> None:
        self.press, self.chance, self.count, self.now, self.reader = press, press.chance, count, now, reader
        self.step = YEARS / count
        self.sources = [(f"source-{n}", language, self.chance.choice(COUNTRIES[language]))
                        for n in range(SOURCES) for language in [list(SYLLABLES)[n % len(SYLLABLES)]]]  # fmt: skip
        self.by_language = {name: [one for one in self.sources if one[1] == name] for name in SYLLABLES}
        self.stories: dict[int, list[Any]] = {}  # number -> title, begun, last news, articles; the newest only
        self.next_story, self.next_alert, self.next_match = 1, 1, 1
        self.alerts: dict[tuple[str, int], int] = {}  # of the newest stories

    def batches(self) -> Iterator[Rows]:
        """The rows of every table, some thousand articles at a time."""
        for start in range(0, self.count, AT_ONCE):
            rows: Rows = {name: [] for name in TABLES}
            for number in range(start, min(start + AT_ONCE, self.count)):
                self._article(rows, number + 1, self.now - YEARS + self.step * (number + 1))
            self._end_stories(rows, 0 if start + AT_ONCE >= self.count else 400)
            yield rows

    def _article(self, rows: Rows, number: int, at: datetime) -> None:
        matches: tuple[Match, ...] = ()
        if self.chance.random() < 0.05:
            language, title, body, folded, matches = self.press.report()
        else:
            language = self.chance.choice(list(SYLLABLES))
            title, body, folded = self.press.write(language)
        source, _, country = self.chance.choice(self.by_language[language])
        site = f"{source}.example"
        url = f"https://{site}/{at:%Y/%m/%d}/{number}"
        story = self._story(title, at)
        digest = hashlib.sha256(body.encode()).hexdigest()
        revision = 2 if self.chance.random() < 0.05 else 1
        published = at - timedelta(minutes=self.chance.randint(1, 600))
        fields = {"url": url, "canonical_url": url, "authors": [], "tags": [], "robots": [], "fingerprint": [],
                  "modified_at": None, "kind": PageKind.ARTICLE.value}  # fmt: skip
        rows["items"].append((number, url, source, site, url, {"title": title}, at, number))
        rows["sightings"].append((number, source, url, number, title, at))
        rows["articles"].append((number, url, number, story, source, title, body, language, country, site, published, at,
                                 at, revision, digest, fields, folded))  # fmt: skip
        earlier = [(number, n, at, title, body) for n in range(1, revision)]
        rows["revisions"] += [*earlier, (number, revision, at + timedelta(hours=revision - 1), "", "")]
        for match in matches:
            self._match(rows, (number, revision, story, source, country, language), match, at)

    def _story(self, title: str, at: datetime) -> int:
        if self.stories and self.chance.random() < 0.4:
            number = self.next_story - 1 - min(int(self.chance.expovariate(1 / 100)), len(self.stories) - 1)
            told = self.stories[number]
            told[2], told[3] = at, told[3] + 1
            return number
        number, self.next_story = self.next_story, self.next_story + 1
        self.stories[number] = [title, at, at, 1]
        return number

    def _end_stories(self, rows: Rows, kept: int) -> None:
        """Write the stories that no more articles will join."""
        for number in sorted(self.stories)[: len(self.stories) - kept]:
            title, begun, last, articles = self.stories.pop(number)
            rows["stories"].append((number, title, begun, last, articles))
        oldest = min(self.stories, default=self.next_story)
        self.alerts = {key: alert for key, alert in self.alerts.items() if key[1] >= oldest}

    def _match(self, rows: Rows, of: tuple[int, int, int, str, str, str], match: Match, at: datetime) -> None:
        article, revision, story, *facets = of
        spans = [asdict(span) for span in match.spans]
        number, self.next_match = self.next_match, self.next_match + 1
        rows["matches"].append((number, article, revision, match.topic, 1, match.score, spans, at))
        alert = self.alerts.get((match.topic, story))
        if alert is None:
            alert, self.next_alert = self.next_alert, self.next_alert + 1
            fresh = all(known != story for _, known in self.alerts)
            self.alerts[match.topic, story] = alert
            rows["alerts"].append((alert, match.topic, story, 1, at, article, number, *facets))
            rows["alert_entities"] += [
                (entity, alert) for entity in {span.entity for span in match.spans if span.entity}
            ]
            if fresh and self.chance.random() < 0.3:
                saved = at if self.chance.random() < 0.03 else None
                rows["readings"].append((self.reader, story, at, saved))
        rows["alert_articles"].append((alert, article, at))
