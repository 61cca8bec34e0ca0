"""Whatever happens in whatever order, each alert ends sent, held, suppressed with a reason, expired or dead.

The machine drives the delivery worker's own steps over a real database: it takes the network's part, the clock's, the
reader's and that of a kill.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.channels import Result
from alerts.decide import AlertRules, when_to_send
from alerts.deliver import Begun, Courier
from alerts.gathering import run_digests
from alerts.wishes import mute, silence, unmute
from storage import Transaction
from tests.notices import NOW, article, notice
from tests.office import ANNA, Office
from vedette.model import (
    AttemptOutcome,
    Cadence,
    Delivery,
    DeliveryReason,
    DeliveryState,
    NewDelivery,
    Subscription,
    Topic,
)

S = DeliveryState
RULES = AlertRules(cap_per_hour=3)
SUBSCRIPTIONS = (
    Subscription("once", "anna", "adex", "hook"),
    Subscription("night", "anna", "adex", "hook", quiet_from="11:00", quiet_to="15:00"),
    Subscription("daily", "anna", "adex", "mail", Cadence.DAILY),
)
NAMES = st.sampled_from([s.id for s in SUBSCRIPTIONS])
OUTCOMES = st.sampled_from([o for o in AttemptOutcome if o is not AttemptOutcome.CHANNEL_GONE])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with everybody in it, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    office = Office(folder)
    office.hook("hook", "http://127.0.0.1:9/")
    office.hook("mail", "http://127.0.0.1:9/")
    with office.store.write() as tx:
        tx.topics.put(Topic("adex", "ADEX"), NOW)
        for subscription in SUBSCRIPTIONS:
            tx.subscriptions.put(subscription)
    office.store.close()
    return folder


class Machine(RuleBasedStateMachine):
    """One worker, three subscriptions, two channels."""

    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.office = Office(self.folder)
        self.lives, self.alerts, self.received = 0, 0, set[str]()
        self.flying: list[Begun] = []
        self.live()

    def live(self) -> None:
        self.lives += 1
        with self.office.store.write() as tx:
            tx.workers.void_leases(f"boot{self.lives}", self.now)
        self.courier = Courier(self.office.context(f"boot{self.lives}"))

    @property
    def now(self) -> Any:
        return self.office.clock.now()

    # ------------------------------------------------------------------ what may happen

    @rule(name=NAMES)
    def alert(self, name: str) -> None:
        self.alerts += 1
        url = f"https://news.example/{self.alerts}"
        with self.office.store.write() as tx:
            stored = tx.articles.store(article(url, url=url, canonical_url=url), None, self.now, story=None)
            assert stored.article.id is not None
            made = tx.alerts.create("adex", stored.story_id, 1, stored.article.id, None, self.now)
            subscription = tx.subscriptions.get(name)
            assert subscription is not None
            if subscription.muted_until is not None and subscription.muted_until > self.now:
                tx.alerts.suppress(made.id, name, DeliveryReason.MUTED, stored.article.id, self.now)
                return
            self.post(tx, subscription, made.id, stored.story_id)

    def post(self, tx: Transaction, subscription: Subscription, alert_id: int, story_id: int) -> None:
        channel = tx.channels.get(subscription.channel)
        recent = tx.deliveries.sent_since(subscription.id, self.now - timedelta(hours=1))
        at, held = when_to_send(
            subscription, ANNA, self.now, RULES, recent=recent, channel_is_on=channel is not None and channel.active
        )
        new = NewDelivery(
            f"key{self.alerts}",
            subscription.channel,
            held or DeliveryReason.NEW_STORY,
            notice(f"story {self.alerts}", story_id=story_id),
            at,
            S.HELD if held else S.PENDING,
            at + RULES.expire_after if at else None,
            subscription.id,
        )
        assert tx.deliveries.add(new, alert_id, self.now) is not None

    @rule()
    def claim(self) -> None:
        self.flying += self.courier.claim(5, [begun.channel.id for begun in self.flying])[1]

    @precondition(lambda self: self.flying)
    @rule(outcome=OUTCOMES)
    def finish(self, outcome: AttemptOutcome) -> None:
        begun = self.flying.pop(0)
        if outcome is AttemptOutcome.SENT:
            self.received.add(begun.delivery.idem_key)
        self.courier.record(begun, Result(outcome, "response", "x", "x"))

    @rule()
    def crash(self) -> None:
        self.flying.clear()
        self.live()

    @rule(minutes=st.integers(1, 3000))
    def wait(self, minutes: int) -> None:
        self.office.advance(minutes=minutes)

    @rule(minutes=st.integers(-120, -1))
    def jump_back(self, minutes: int) -> None:
        self.office.advance(minutes=minutes)
        with self.office.store.write() as tx:
            tx.maintenance.shift_due(timedelta(minutes=minutes), self.now)

    @rule(name=NAMES, hours=st.integers(0, 10))
    def mute_or_not(self, name: str, hours: int) -> None:
        with self.office.store.write() as tx:
            if hours:
                mute(tx, name, self.now + timedelta(hours=hours), self.now)
            else:
                unmute(tx, name)

    @precondition(lambda self: self.alerts)
    @rule(data=st.data(), name=NAMES, hours=st.none() | st.integers(1, 10))
    def silence_story(self, data: st.DataObject, name: str, hours: int | None) -> None:
        alert = data.draw(st.integers(1, self.alerts))
        until = self.now + timedelta(hours=hours) if hours else None
        reason = DeliveryReason.SNOOZED if hours else DeliveryReason.NOT_RELEVANT
        with self.office.store.write() as tx:
            silence(tx, alert, reason, self.now, until=until, subscriptions=[name])

    @rule(channel=st.sampled_from(["hook", "mail"]), on=st.booleans())
    def switch(self, channel: str, on: bool) -> None:
        with self.office.store.write() as tx:
            if on:
                tx.channels.enable(channel)
            else:
                tx.channels.disable(channel, "by hand", self.now)

    @rule()
    def tidy(self) -> None:
        run_digests(self.office.store, self.now, RULES.cap_per_hour)
        self.courier._expire()

    @rule()
    def replay(self) -> None:
        with self.office.store.write() as tx:
            tx.deliveries.retry(None, self.now)

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def every_alert_is_accounted_for(self) -> None:
        with self.office.store.read() as tx:
            for view in tx.alerts.list(1000):
                deliveries = tx.deliveries.list(alert_id=view.alert.id)
                reasons = tx.alerts.suppressions(view.alert.id)
                assert deliveries or reasons
                for delivery in deliveries:
                    if delivery.state is S.SUPPRESSED:
                        assert delivery.subscription in {s.subscription for s in reasons}
                    if delivery.state is S.SENT:
                        assert self.arrived(tx, delivery)
                    assert delivery.state is not S.EXPIRED, "it waits for a digest instead"

    def arrived(self, tx: Transaction, delivery: Delivery) -> bool:
        if delivery.digest is None:
            return delivery.idem_key in self.received
        digest = tx.deliveries.get(delivery.digest)
        return digest is not None and digest.idem_key in self.received

    def teardown(self) -> None:
        if not hasattr(self, "office"):
            return
        self.flying.clear()
        self.live()
        with self.office.store.write() as tx:
            for channel in ("hook", "mail"):
                tx.channels.enable(channel)
        for _ in range(60):  # all goes well from now on
            self.office.advance(hours=3)
            self.tidy()
            for _ in range(20):
                self.claim()
                if not self.flying:
                    break
                while self.flying:
                    self.finish(AttemptOutcome.SENT)
            with self.office.store.read() as tx:
                counts = tx.deliveries.counts()
            if sum(counts.values()) == sum(counts[s] for s in (S.SENT, S.SUPPRESSED, S.DEAD, S.EXPIRED)):
                break
        self.every_alert_is_accounted_for()
        assert sum(counts.values()) == sum(counts[s] for s in (S.SENT, S.SUPPRESSED, S.DEAD, S.EXPIRED)), counts
        self.office.store.close()
        shutil.rmtree(self.folder)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(5, 20), pytest.param(400, 60, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])],
)
def test_whatever_happens_each_alert_ends_for_a_reason(template: Path, examples: int, steps: int) -> None:
    Machine.template = template
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
