"""From page to pending delivery: the process role, as a list of stages.

    claim -> extract -> match -> one transaction: story, article, decision, alerts, deliveries

Several pages are extracted at once; each is written in a part of the transaction of its own, so that a page that can't
be stored takes no other with it, and comes back later until its attempts are used up. What costs time is done before
the transaction begins: with SQLite all other writers wait for it.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from alerts.decide import AlertRules, Decision, World, decide
from alerts.entities import Catalogue
from alerts.monitor import Monitor, MonitorResult
from alerts.notice import as_outlet
from alerts.stories import StoryChoice
from alerts.stories.revisions import revision_change
from alerts.text import tokens
from crawler.urls import identity
from extractors import Limits
from extractors.fingerprint import fingerprint
from extractors.pool import ExtractionPool
from storage import Transaction
from vedette.daemon.context import Context
from vedette.daemon.hindsight import known_facts, told_before
from vedette.daemon.placing import Placer, Sketch
from vedette.errors import Refused, StorageError, VedetteError
from vedette.mentions import Tally, catch_up
from vedette.model import (
    Article,
    Change,
    Drop,
    DropReason,
    Entity,
    Item,
    ItemState,
    Join,
    Match,
    Page,
    PageKind,
    SourceDay,
    Stored,
    Topic,
)

BATCH = 16
LEASE_SECONDS = 180.0
IDLE_SECONDS = 0.2
TROUBLE_SECONDS = 10.0
"""Real seconds to wait for a database that can't be written."""
FORGET_EVERY = timedelta(hours=1)
"""How often the indexes of copies and rewrites are rid of what is too old."""
ATTEMPTS = 5
"""Attempts to store a page before it is given up."""
TUNED_AFTER = 500
"""Articles after which the rules are filed anew by how common their words have proved to be."""
FROZEN_FROM = 1_000
"""Rules loaded at once from which the collector of garbage is told to leave them alone."""
OPT_OUT = {"tdm-reservation", "noai"}


FAILURES = (SQLAlchemyError, VedetteError, ValueError, LookupError, TypeError)
"""What can go wrong with one item. Anything else ends the process; the supervisor counts that as an attempt as well."""


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed item and its page on the way."""

    item: Item
    article: Future[Article] | None


@dataclass(frozen=True, slots=True)
class Ready:
    """An article with all that is known of it before the database is asked."""

    article: Article
    sketch: Sketch  # what its story is found by
    folded: str  # for the archive's index
    result: MonitorResult


Outcome = Ready | Refused | Exception
"""How an item fared before the transaction."""


def main(context: Context) -> None:
    """The worker role: process fetched pages until `context.stop` is set."""
    pipeline = Pipeline(context)
    try:
        while not context.stop.is_set():
            context.touch()
            if not _endure(pipeline.step, pipeline) and not _endure(pipeline.catch_up, pipeline):
                context.clock.sleep(IDLE_SECONDS * context.clock.speed, context.stop)
    finally:
        pipeline.close()


def _endure(step: Callable[[], int], pipeline: Pipeline) -> int:
    """A step; a database that is full or locked is waited for, since no item is to blame."""
    context = pipeline.context
    try:
        return step()
    except StorageError as error:
        context.log.error("processing waits for the database", error=str(error))
        context.clock.sleep(TROUBLE_SECONDS * context.clock.speed, context.stop)
        with contextlib.suppress(StorageError):  # still in trouble: then the leases run out by themselves
            pipeline.give_back()
        return 0


def process_once(context: Context) -> int:
    """Process every fetched page that waits, once; how many there were.

    Alerts wait for nobody: whoever asks for one round sees what comes of it.
    """
    pipeline, count = Pipeline(context, group_wait=timedelta(0)), 0
    try:
        while not context.stop.is_set() and (done := pipeline.step()):
            count += done
    finally:
        pipeline.close()
    return count


class Pipeline:
    """The stages with what they need: an extraction pool, a monitor of all topics, the operator's rules."""

    def __init__(self, context: Context, *, group_wait: timedelta | None = None) -> None:
        """Topics are loaded with the first step. `group_wait` stands in for the configured one."""
        settings = context.settings
        self.context = context
        self._suspects = 0  # items to be taken one at a time
        self._forget_at: datetime | None = None
        self._tally, self._caught_up = Tally(), False
        self.pool = ExtractionPool(
            settings.extract.workers,
            settings.extract.seconds,
            settings.extract.memory_mb,
            Limits(settings.extract.max_bytes, settings.extract.max_elements),
            settings.plugins.modules,
        )
        self.rules = AlertRules(
            group_wait=settings.alerts.group_wait if group_wait is None else group_wait,
            max_age=settings.crawl.max_age,
            public_url=settings.alerts.public_url,
            cap_per_hour=settings.alerts.cap_per_hour,
        )
        self.topics = TopicWatch(context)

    def close(self) -> None:
        """End the pool and give back what is claimed."""
        self.pool.close()
        self.give_back()

    def give_back(self) -> None:
        """End the leases of items that were claimed and not finished."""
        with self.context.store.write() as tx:
            tx.items.release(self.context.owner)

    def step(self) -> int:
        """Take a batch through all stages; how many items it held."""
        work = self._extracting(self._claim())
        if not work:
            return 0
        self.topics.refresh()
        outcomes = [(w.item, self._outcome(w)) for w in work if not self._leaving(w)]
        with self.context.store.write() as tx:
            self._tally = Tally()
            for item, outcome in outcomes:
                self._settle(tx, item, outcome)
            self._tally.write(tx)
            self._forget(tx)
        return len(work)

    def catch_up(self) -> int:
        """With nothing else to do, count what articles name that came before such counting began; how many it were."""
        if self._caught_up:
            return 0
        with self.context.store.write() as tx:
            count = catch_up(tx, self.topics.placer.spotter, self.context.clock.now(), limit=BATCH)
        self._caught_up = not count
        return count

    # ------------------------------------------------------------------ the stages

    def _claim(self) -> list[tuple[Item, Page | None]]:
        clock, store = self.context.clock, self.context.store
        now = clock.now()
        with store.read() as tx:
            if not tx.items.any_waiting(ItemState.FETCHED, now):
                return []
        limit, lease = 1 if self._suspects else BATCH, now + clock.real(LEASE_SECONDS)
        with store.write() as tx:
            items = tx.items.claim(ItemState.FETCHED, self.context.owner, now, limit, lease)
            if len(items) > 1 and any(item.attempts for item in items):
                # one of them may have killed this process before: alone it takes no other with it
                self._suspects = len(items)
                tx.items.release(self.context.owner)
                items = tx.items.claim(ItemState.FETCHED, self.context.owner, now, 1, lease)
            self._suspects = max(0, self._suspects - 1)
            return [(item, tx.items.page(item.id)) for item in items]

    def _extracting(self, claimed: Sequence[tuple[Item, Page | None]]) -> list[Work]:
        return [
            Work(item, self.pool.submit(page) if page and item.attempts < ATTEMPTS else None) for item, page in claimed
        ]

    def _leaving(self, work: Work) -> bool:
        """Whether a page is left to the next life, because this process shall end and it would take a while."""
        return self.context.stop.is_set() and work.article is not None and not work.article.done()

    def _outcome(self, work: Work) -> Outcome:
        """Wait for the article and match it."""
        self.context.touch()
        item = work.item
        if item.attempts >= ATTEMPTS:
            return Refused(DropReason.EXTRACTION_FAILED, f"it ended this process {item.attempts} times")
        if work.article is None:
            return Refused(DropReason.EXTRACTION_FAILED, "its page is not stored any more")
        try:
            return self._matched(self._prepared(work.article.result(), item))
        except FAILURES as error:
            return error

    def _prepared(self, article: Article, item: Item) -> Article:
        """The article under the identity of its canonical URL, as far as that is of its own site."""
        crawl = self.context.settings.crawl
        if set(article.robots) & OPT_OUT and crawl.on_optout == "drop":
            raise Refused(DropReason.OPTED_OUT, f"the page says {', '.join(article.robots)}")
        own = urlsplit(article.url).hostname
        same_site = urlsplit(article.canonical_url).hostname == own
        key = identity(article.canonical_url if same_site else article.url)
        hidden = set(article.robots) & OPT_OUT and crawl.on_optout == "metadata-only"
        text, captions = ("", "") if hidden else (article.text, article.captions)
        return replace(
            article,
            canonical_url=key,
            text=text,
            captions=captions,
            fingerprint=fingerprint(text),
            source=item.source_id,
        )

    def _matched(self, article: Article) -> Ready:
        result = self.topics.match(article)
        for failure in result.failures:
            self.context.log.error("rule failed", topic=failure.topic, url=article.url, error=failure.message)
        folded = " ".join(tokens("\n".join(article.words)))
        return Ready(article, self.topics.placer.sketch(article), folded, result)

    def _settle(self, tx: Transaction, item: Item, outcome: Outcome) -> None:
        """Write one item's end; one that can't be written comes back later, and is given up after some attempts."""
        try:
            if isinstance(outcome, Refused):
                self._refuse(tx, item, DropReason(outcome.reason), outcome.detail)
                return
            if isinstance(outcome, Exception):
                raise outcome
            with tx.savepoint():
                self._store(tx, item, outcome)
        except OperationalError:
            raise  # the database is in trouble, not the item: it is taken again when that is over
        except FAILURES as error:
            self.context.log.error("item failed", item=item.id, url=item.url, error=repr(error)[:500], exc_info=error)
            now = self.context.clock.now()
            if item.attempts + 1 >= ATTEMPTS:
                self._refuse(tx, item, DropReason.EXTRACTION_FAILED, f"could not be stored: {error!r}"[:500])
            else:
                tx.items.retry(item.id, self.context.owner, now + timedelta(minutes=4**item.attempts), repr(error))

    def _refuse(self, tx: Transaction, item: Item, reason: DropReason, detail: str) -> None:
        now = self.context.clock.now()
        drop = Drop(reason, now, "extract", item.url, detail, item.source_id, item.id)
        tx.items.drop(item.id, self.context.owner, drop)
        if reason is DropReason.OPTED_OUT:
            return  # a wish, not a fault
        kind = detail.partition(":")[0] if reason is DropReason.NOT_AN_ARTICLE else ""
        captcha, consent = int(kind == PageKind.CAPTCHA), int(kind == PageKind.CONSENT)
        tx.health.count(item.source_id, SourceDay(now.date(), refused=1, captcha=captcha, consent=consent))

    def _store(self, tx: Transaction, item: Item, ready: Ready) -> None:
        now = self.context.clock.now()
        (stored, join), matches = self._archived(tx, item, ready, now), ready.result.matches
        world = self._world(tx, stored, matches)
        decision = decide(
            stored,
            matches,
            world,
            now=now,
            seen_at=item.seen_at,
            silent=item.silent,
            listed_at=item.entry.published_at,
            rules=self.rules,
        )
        self._write(tx, item, stored, matches, world, decision, now)
        if stored.change is Change.NEW and join is not Join.COPY:
            self._tally.add(stored.article, ready.sketch.traits.labels, now, silent=item.silent)

    def _archived(self, tx: Transaction, item: Item, ready: Ready, now: datetime) -> tuple[Stored, Join]:
        """Store the article in its story: the one of a near copy, or one of its own; and how it came into it."""
        article, placer = ready.article, self.topics.placer
        known = tx.articles.find(canonical=article.canonical_url)
        choice = StoryChoice() if known else placer.choose(tx, article, ready.sketch, now)
        change = None
        if known is not None and known.words != article.words:
            change = revision_change(known, article, placer.spotter).as_json()
        stored = tx.articles.store(
            article,
            item.id,
            now,
            story=choice.story_id,
            join=choice.join,
            score=choice.score or None,
            reason=choice.reason,
            like=choice.like,
            folded=ready.folded,
            change=change,
        )
        if stored.change is not Change.UNCHANGED and stored.article.id is not None:
            placer.remember(tx, stored.article.id, ready.sketch, now)
        return stored, choice.join

    def _forget(self, tx: Transaction) -> None:
        """Keep the indexes of copies and rewrites as small as their windows."""
        now = self.context.clock.now()
        if self._forget_at is None or now >= self._forget_at:
            self.topics.placer.forget(tx, now)
            self._forget_at = now + FORGET_EVERY

    def _world(self, tx: Transaction, stored: Stored, matches: Sequence[Match]) -> World:
        """What the decision needs to know, of the topics that matched."""
        names = [match.topic for match in matches]
        found = {name: tx.alerts.open_for(name, stored.story_id) for name in names}
        alerts = {name: alert for name, alert in found.items() if alert is not None}
        members = tx.alerts.members([alert.id for alert in alerts.values()])
        subscriptions = {name: tx.subscriptions.list(topic=name) for name in names}
        hour_ago = self.context.clock.now() - timedelta(hours=1)
        catalogue = self.topics.monitor.knowledge.catalogue()
        entities = [catalogue.get(name) for name in {s.entity for m in matches for s in m.spans if s.entity}]
        return World(
            topics={name: self.topics.topics[name] for name in names if name in self.topics.topics},
            subscriptions=subscriptions,
            channels={channel.id: channel for channel in tx.channels.list()} if names else {},
            analysts={analyst.id: analyst for analyst in tx.analysts.list()} if names else {},
            open_alerts=alerts,
            outlets={name: [(m.site, m.url) for m in members[alert.id]] for name, alert in alerts.items()},
            known=known_facts(
                tx, {name: [m.article_id for m in members[alert.id]] for name, alert in alerts.items()}, stored
            ),
            told_at={name: tx.deliveries.told_at(alert.id) for name, alert in alerts.items()},
            told_before=told_before(
                tx, [s for name, rows in subscriptions.items() if name not in alerts for s in rows], stored.story_id
            ),
            waiting={name: tx.deliveries.unsent(alert.id) for name, alert in alerts.items()},
            recent={s.id: tx.deliveries.sent_since(s.id, hour_ago) for rows in subscriptions.values() for s in rows},
            silenced=tx.silences.of_story(stored.story_id, self.context.clock.now()) if names else {},
            names={entity.id: entity.name for entity in entities if entity is not None},
        )

    def _write(
        self,
        tx: Transaction,
        item: Item,
        stored: Stored,
        matches: Sequence[Match],
        world: World,
        decision: Decision,
        now: datetime,
    ) -> None:
        article_id = stored.article.id
        assert article_id is not None
        match_ids = {m.topic: tx.matches.add(article_id, stored.article.revision, m, now) for m in matches}
        for plan in decision.plans:
            alert_id = plan.alert_id
            if alert_id is None:
                alert = tx.alerts.create(
                    plan.topic, plan.story_id, plan.episode, article_id, match_ids[plan.topic], now
                )
                alert_id = alert.id
                self.context.log.info(
                    "alert", alert=alert_id, topic=plan.topic, article=article_id, title=stored.article.title
                )
            else:
                tx.alerts.join(alert_id, article_id, now)
            for delivery in plan.deliveries:
                tx.deliveries.add(delivery, alert_id, now)
            is_new = stored.article.site not in {site for site, _ in world.outlets.get(plan.topic, ())}
            outlet = as_outlet(stored.article.site, stored.article.url) if is_new else None
            for subscription, news in plan.additions.items():
                tx.deliveries.add_to_waiting(alert_id, subscription, news, outlet=outlet)
            for subscription, reason in plan.suppressions:
                tx.alerts.suppress(alert_id, subscription, reason, article_id, now)
        for drop in decision.drops:
            tx.drops.add(replace(drop, item_id=item.id))
        article = stored.article
        undated = int(article.published_at is None)
        done = SourceDay(now.date(), articles=1, undated=undated, characters=len(article.text))
        tx.health.count(item.source_id, done)
        if not tx.items.done(item.id, self.context.owner, article_id):
            raise LookupError("its lease was lost: another process has it")


class TopicWatch:
    """The monitor of all active topics and the placer of stories, kept in step with the database."""

    def __init__(self, context: Context) -> None:
        """Loaded when first refreshed."""
        self.context = context
        self.topics: dict[str, Topic] = {}
        self._stamp = ""
        self._entities: tuple[Entity, ...] = ()
        self._matched = 0
        self.monitor, self.placer = self._fresh(()), _placer(())

    def match(self, article: Article) -> MonitorResult:
        """Every topic that an article satisfies; files the rules anew once it is known how common their words are."""
        self._matched += 1
        if self._matched == TUNED_AFTER:
            self.monitor.tune()
        return self.monitor.match(article)

    def refresh(self) -> None:
        """Take in what changed since the last time."""
        with self.context.store.read() as tx:
            stamp = tx.topics.stamp()
            if stamp == self._stamp:
                return
            topics, entities = tx.topics.list(active=True), tuple(tx.entities.list())
        if entities != self._entities:
            self.monitor, self.topics, self._entities = self._fresh(entities), {}, entities
            self.placer = _placer(entities)
        wanted = {topic.id: topic for topic in topics}
        for gone in self.topics.keys() - wanted.keys():
            self.monitor.remove(gone)
        changed = [topic for topic in topics if self.topics.get(topic.id) != topic]
        for topic, error in self.monitor.put_all(changed):
            self.context.log.error("topic refused", topic=topic.id, error=str(error))
        self.topics, self._stamp = wanted, stamp
        if len(changed) > FROZEN_FROM:  # rules stay: let the collector not look through them again and again
            gc.collect()
            gc.freeze()

    def _fresh(self, entities: Sequence[Entity]) -> Monitor:
        return Monitor(
            lambda: Catalogue.shipped().with_entities(entities),
            timer=time.perf_counter,
            on_slow=lambda topic, article, seconds: self.context.log.warning(
                "slow rule", topic=topic, url=article.url, seconds=round(seconds, 3)
            ),
        )


def _placer(entities: Sequence[Entity]) -> Placer:
    if not entities:
        return _shipped_placer()
    return Placer(lambda: Catalogue.shipped().with_entities(entities))


@cache
def _shipped_placer() -> Placer:
    """One for the whole process: it learns the names as it meets them."""
    return Placer(Catalogue.shipped)
