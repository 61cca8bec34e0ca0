"""What alerting relies on: alerts that are unique, and an outbox that loses nothing and sends in order."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from storage import Store, Transaction, open_store
from vedette.errors import StorageError, UsageError
from vedette.model import (
    Analyst,
    Article,
    AttemptOutcome,
    Channel,
    Delivery,
    DeliveryReason,
    DeliveryState,
    NewDelivery,
    Notice,
    Sentence,
    Subscription,
    Topic,
)

ME, OTHER = "deliver:one:1", "deliver:one:2"
MINUTE = timedelta(minutes=1)


def notice(now: datetime, story: int) -> Notice:
    sentence = Sentence("Der Eurofighter kam.", ((4, 15),))
    hits, others = ("Eurofighter",), (("x.example", "https://x.example/2"),)
    return Notice(
        topic="jets",
        topic_title="Jets",
        topic_version=1,
        title="Ein Jet",
        url="https://x.example/1",
        site="x.example",
        language="de",
        country="DE",
        published_at=now,
        published_precision="instant",
        seen_at=now,
        sentences=(sentence,),
        hits=hits,
        story_id=story,
        alert_id=None,
        reason=DeliveryReason.NEW_STORY,
        others=others,
        links={"mute": "https://v.example/m"},
    )


def people(tx: Transaction, now: datetime, *channels: str) -> None:
    tx.analysts.put(Analyst("ann", "Ann", "ann@example.org"))
    tx.topics.put(Topic("jets", "jet"), now)
    for channel in channels or ("mail", "chat"):
        tx.channels.put(Channel(channel, "email", {"to": channel}, "ann"))
        tx.subscriptions.put(Subscription(f"ann-{channel}", "ann", "jets", channel))


def story(tx: Transaction, now: datetime, number: int = 1) -> int:
    article = Article(f"T{number}", "Text.", f"https://x.example/{number}", f"https://x.example/{number}")
    return tx.articles.store(article, None, now, story=None).story_id


def add(tx: Transaction, now: datetime, key: str, story_id: int, channel: str = "mail", **more: object) -> int | None:
    new = NewDelivery(
        key, channel, DeliveryReason.NEW_STORY, notice(now, story_id), now, subscription=f"ann-{channel}", **more
    )  # type: ignore[arg-type]
    return tx.deliveries.add(new, None, now)


def claim(tx: Transaction, now: datetime, owner: str = ME, limit: int = 9, **more: object) -> list[str]:
    return [d.idem_key for d in tx.deliveries.claim(owner, now, limit, now + 5 * MINUTE, **more)]  # type: ignore[arg-type]


def finish(tx: Transaction, now: datetime, key: str, state: DeliveryState, owner: str = ME) -> bool:
    attempt = tx.deliveries.start_attempt(known(tx, key).id, owner, now)
    assert attempt is not None
    outcome = AttemptOutcome.SENT if state is DeliveryState.SENT else AttemptOutcome.RETRY
    return tx.deliveries.finish_attempt(
        attempt, owner, outcome, state=state, now=now, next_attempt_at=None if outcome == "sent" else now + MINUTE
    )


def known(tx: Transaction, key: str) -> Delivery:
    found = tx.deliveries.by_key(key)
    assert found is not None
    return found


def test_an_alert_is_unique_and_articles_join_it_once(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        home = story(tx, now)
        alert = tx.alerts.create("jets", home, 1, 1, None, now)
        assert tx.alerts.join(alert.id, 1, now) is False
        assert tx.alerts.articles(alert.id) == [1]
        assert tx.alerts.open_for("jets", home) == alert
        view = tx.alerts.get(alert.id)
        assert view is not None
        assert (view.article_title, view.articles) == ("T1", 1)
        tx.alerts.suppress(alert.id, "ann-mail", DeliveryReason.MUTED, 1, now)
        assert [s.reason for s in tx.alerts.suppressions(alert.id)] == [DeliveryReason.MUTED]
    with pytest.raises((StorageError, IntegrityError)), store.write() as tx:
        tx.alerts.create("jets", home, 1, 1, None, now)
    with store.write() as tx:
        assert tx.alerts.create("jets", home, 2, 1, None, now).episode == 2


def test_a_key_enters_the_outbox_once_and_keeps_what_it_says(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        home = story(tx, now)
        assert add(tx, now, "k", home) is not None
        assert add(tx, now, "k", home) is None
        assert known(tx, "k").notice == notice(now, home)


def test_one_per_channel_and_never_two_owners(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        for number in (1, 2):
            add(tx, now, f"m{number}", story(tx, now, number))
        add(tx, now, "c", story(tx, now, 3), "chat")
        assert claim(tx, now) == ["m1", "c"]
        assert claim(tx, now, OTHER, busy_channels=["mail"]) == []
        assert claim(tx, now, OTHER) == ["m2"]
        assert claim(tx, now, OTHER) == []
        assert known(tx, "m1").state is DeliveryState.SENDING


def test_a_story_is_told_in_order(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        home = story(tx, now)
        add(tx, now, "first", home)
        add(tx, now, "second", home)
        add(tx, now, "other", story(tx, now, 2))
        assert claim(tx, now) == ["first"]
        assert finish(tx, now, "first", DeliveryState.RETRY)
        assert claim(tx, now) == ["other"], "the second waits for the first, others don't"
        assert claim(tx, now + MINUTE) == ["first"]
        assert finish(tx, now + MINUTE, "first", DeliveryState.SENT)
        assert claim(tx, now + MINUTE) == ["second"]
        assert known(tx, "first").sent_at == now + MINUTE
        assert [a.number for a in tx.deliveries.attempts(known(tx, "first").id)] == [1, 2]


def test_channels_that_are_off_or_wait_are_left_alone(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        add(tx, now, "m", story(tx, now))
        assert tx.channels.disable("mail", "mailbox gone", now) is True
        assert tx.channels.disable("mail", "mailbox gone", now) is False
        assert claim(tx, now) == []
        tx.channels.enable("mail")
        tx.channels.wait_until("mail", now + MINUTE)
        assert claim(tx, now) == []
        assert tx.deliveries.any_due(now) is False
        assert claim(tx, now + MINUTE) == ["m"]


def test_a_lost_lease_changes_nothing_but_the_log(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        add(tx, now, "m", story(tx, now))
        claim(tx, now)
        slow = tx.deliveries.start_attempt(known(tx, "m").id, ME, now)
        assert slow is not None
        later = now + 5 * MINUTE
        assert claim(tx, later, OTHER) == ["m"]
        assert tx.deliveries.start_attempt(slow.delivery_id, ME, later) is None
        sent, state = AttemptOutcome.SENT, DeliveryState.SENT
        assert tx.deliveries.finish_attempt(slow, ME, sent, state=state, now=later, code="250") is False
        assert known(tx, "m").state is DeliveryState.SENDING
        assert [a.code for a in tx.deliveries.attempts(slow.delivery_id)] == ["250"]
        assert finish(tx, later, "m", DeliveryState.SENT, OTHER)
        assert tx.deliveries.counts()[DeliveryState.SENT] == 1


def test_what_a_dead_daemon_was_sending_is_uncertain_and_goes_out_again(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        add(tx, now, "m", story(tx, now))
        claim(tx, now, "deliver:dead:7")
        tx.workers.beat("deliver:dead:7", "deliver", now)
        assert tx.workers.void_leases("new", now) == 1
        assert known(tx, "m").state is DeliveryState.UNCERTAIN
        assert tx.workers.list() == []
        assert claim(tx, now, "deliver:new:8") == ["m"]
        assert tx.workers.void_leases("new", now) == 0
        assert tx.workers.void_role("deliver", "new", [8], now) == 0
        assert tx.workers.void_role("deliver", "new", [9], now) == 1


def test_dead_and_expired_deliveries_can_be_sent_again_and_sent_ones_not(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        add(tx, now, "m", story(tx, now), expires_at=now + MINUTE)
        delivery = known(tx, "m")
        assert tx.deliveries.expire(now) == []
        assert tx.deliveries.expire(now + MINUTE) == [delivery.id]
        assert tx.deliveries.retry(None, now) == 0, "all means all dead ones"
        assert tx.deliveries.retry(delivery.id, now + MINUTE) == 1
        assert claim(tx, now + MINUTE) == ["m"]
        tx.deliveries.end(delivery.id, DeliveryState.DEAD, DeliveryReason.OUT_OF_RETRIES, now, "no")
        assert tx.deliveries.retry(None, now) == 1
        claim(tx, now)
        finish(tx, now, "m", DeliveryState.SENT)
        with pytest.raises(UsageError, match="nothing to retry"):
            tx.deliveries.retry(delivery.id, now)
        with pytest.raises(UsageError, match="unknown delivery 999"):
            tx.deliveries.retry(999, now)


def test_a_stopping_sender_gives_back_what_it_has_not_begun(store: Store, now: datetime) -> None:
    with store.write() as tx:
        people(tx, now)
        add(tx, now, "m", story(tx, now))
        add(tx, now, "c", story(tx, now, 2), "chat")
        claim(tx, now)
        tx.deliveries.start_attempt(known(tx, "c").id, ME, now)
        assert tx.deliveries.release(ME) == 1
        assert known(tx, "m").state is DeliveryState.PENDING
        assert known(tx, "c").state is DeliveryState.SENDING


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "claim", "sent", "retry", "die", "wait"]), st.integers(0, 3)), max_size=25
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_each_story_is_told_in_order_by_one_owner(
    tmp_path_factory: pytest.TempPathFactory, now: datetime, steps: list[tuple[str, int]]
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('law') / 'v.db'}", upgrade=True)
    owners, held, sent, at = [ME, OTHER], dict[str, str](), list[str](), now
    with store.write() as tx:
        people(tx, now)
        stories = [story(tx, now, number) for number in (1, 2)]
        for step, (what, number) in enumerate(steps):
            owner = owners[number % 2]
            mine = [key for key in held if held[key] == owner]
            if what == "add":
                channel = ("mail", "chat")[number // 2]
                add(tx, at, f"{channel}-{number % 2}-{step:03}", stories[number % 2], channel)
            elif what == "claim":
                for key in claim(tx, at, owner, limit=number + 1):
                    assert key not in held, "two owners"
                    held[key] = owner
            elif what in ("sent", "retry") and mine:
                assert finish(tx, at, mine[0], DeliveryState(what), owner)
                del held[mine[0]]
                sent += [mine[0]] * (what == "sent")
            elif what == "die":
                tx.workers.void_leases("nobody", at)
                held.clear()
            elif what == "wait":
                at += 5 * MINUTE
                held.clear()
        for _ in range(60):
            at += 5 * MINUTE
            for key in claim(tx, at):
                assert finish(tx, at, key, DeliveryState.SENT)
                sent.append(key)
        assert sum(tx.deliveries.counts().values()) == tx.deliveries.counts()[DeliveryState.SENT] == len(sent)
    store.close()
    assert len(set(sent)) == len(sent)
    for prefix in ("mail-0", "mail-1", "chat-0", "chat-1"):
        told = [key for key in sent if key.startswith(prefix)]
        assert told == sorted(told), "in the order in which they were decided"
