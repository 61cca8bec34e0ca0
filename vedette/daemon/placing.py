"""The story of a new article: what `alerts.stories` decides over what `storage.stories` finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.entities import Catalogue
from alerts.stories import StoryChoice, Traits, Weigher, choose_copied, choose_retold, contradict, copies, rewrites
from alerts.stories.digests import tells_many
from alerts.stories.spotter import Spotter
from alerts.stories.traits import traits_of
from extractors.fingerprint import bands, fingerprint
from storage import Transaction
from vedette.model import Article, PageKind


@dataclass(frozen=True, slots=True)
class Sketch:
    """An article as its copies and rewrites are found by; made before the transaction, since it costs time."""

    bands: Sequence[int]
    traits: Traits
    stands_alone: bool = False  # tells many events, or nothing: no story of a rewrite is looked for


@dataclass(frozen=True, slots=True)
class Recent:
    """A recent article that may tell the same event."""

    article_id: int
    story_id: int
    site: str
    url: str
    at: datetime
    began_at: datetime
    traits: Traits


class Placer:
    """Places articles in stories."""

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        """`catalogue` gives the entities by which events are told apart, when first asked."""
        self.spotter = Spotter(catalogue)

    def sketch(self, article: Article) -> Sketch:
        """What the article is found by."""
        many = article.kind is PageKind.LIVE_BLOG or tells_many(article.title)
        return Sketch(
            bands(article.fingerprint or fingerprint(article.text)),
            traits_of(article, self.spotter),
            many or not article.text,
        )

    def choose(self, tx: Transaction, article: Article, sketch: Sketch, now: datetime) -> StoryChoice:
        """The story of a near copy, else of a rewrite, else one of its own."""

        def contradicts(title: str, text: str) -> bool:
            theirs = Article(title, text, language=article.language)
            return contradict(sketch.traits, traits_of(theirs, self.spotter))

        copied = choose_copied(article, tx.stories.candidates(sketch.bands, now - copies.WINDOW), now, contradicts)
        if copied.reason or sketch.stands_alone:
            return copied
        return self._retold(tx, article, sketch.traits, now)

    def remember(self, tx: Transaction, article_id: int, sketch: Sketch, now: datetime) -> None:
        """Make an article, or its new revision, findable."""
        tx.stories.add_bands(article_id, sketch.bands, now)
        traits = Traits() if sketch.stands_alone else sketch.traits
        tx.stories.add_portrait(article_id, traits.labels, traits.as_json(), now)

    def forget(self, tx: Transaction, now: datetime) -> None:
        """Drop from the indexes what is too old to be found."""
        tx.stories.forget(now - copies.WINDOW, now - rewrites.WINDOW)

    def _retold(self, tx: Transaction, article: Article, traits: Traits, now: datetime) -> StoryChoice:
        since = now - rewrites.WINDOW
        known = tx.stories.count_traits(traits.labels, since, rewrites.COUNTED)
        weigher = Weigher(known.counts, known.total)
        telling = [t for t in traits.labels if 0 < known.counts.get(t, 0) < rewrites.COUNTED]
        telling.sort(key=lambda t: (-weigher.weight(t, traits.names), t))
        found = [
            Recent(p.article_id, p.story_id, p.site, p.url, p.at, p.began_at, Traits.from_json(p.traits))
            for p in tx.stories.neighbours(telling, since)
        ]
        return choose_retold(article, traits, found, weigher, now)
