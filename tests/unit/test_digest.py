"""Digests over a real outbox: gathered, written once per window, caught up after a stop, never vanishing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.gathering import run_digests
from alerts.wishes import unsubscribe
from storage import DigestRun
from tests.faulty import answer, http_receiver
from tests.notices import NOW, article, notice
from tests.office import ANNA, Office
from vedette.model import Cadence, Delivery, DeliveryReason, DeliveryState, Subscription, Topic

S, R = DeliveryState, DeliveryReason
DAILY = Subscription("s", "anna", "adex", "hook", Cadence.DAILY)
"""Anna is in Rome: NOW is 10:15 there, her digests come at 08:00, 06:00 UTC."""
TOMORROW = datetime(2026, 9, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    with made.store.write() as tx:
        tx.topics.put(Topic("adex", "ADEX", "ADEX fair"), NOW)
    yield made
    made.store.close()


def subscribe(office: Office, subscription: Subscription = DAILY) -> None:
    with office.store.write() as tx:
        tx.subscriptions.put(subscription)


def alert(office: Office, name: str, **changes: Any) -> int:
    """An alert on a story of its own, gathered for a digest unless `changes` say otherwise."""
    with office.store.write() as tx:
        url = f"https://news.example/{name}"
        stored = tx.articles.store(article(name, url=url, canonical_url=url), None, office.clock.now(), story=None)
        assert stored.article.id is not None
        made = tx.alerts.create("adex", stored.story_id, 1, stored.article.id, None, office.clock.now())
    about = replace(notice(name), story_id=stored.story_id)
    gathered = {"not_before": None, "state": S.HELD, "reason": R.DIGEST, "expires_at": None, "subscription": "s"}
    return office.post("hook", name, about, alert_id=made.id, **{**gathered, **changes})


def runs(office: Office) -> list[DigestRun]:
    with office.store.read() as tx:
        return tx.digests.runs("s")


def standing(office: Office, *ids: int) -> list[tuple[DeliveryState, DeliveryReason]]:
    return [(d.state, d.reason) for d in map(office.get, ids)]


def test_what_was_gathered_comes_in_one_message_at_the_readers_time(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office)
        ids = [alert(office, name) for name in ("one", "two")]
        office.deliver()
        office.advance(seconds=(TOMORROW - NOW).total_seconds() - 1)
        office.deliver()
        assert receiver.requests == []
        office.advance(seconds=1)
        office.deliver()
        office.deliver()
        (request,) = receiver.requests
    assert request.json["type"] == "digest.created"
    assert [e["article"]["title"] for e in request.json["data"]["entries"]] == ["one", "two"]
    assert request.json["data"]["article"]["title"] == "2 stories since Wed Sep 23, 2026, 10:15 AM"
    members: list[Delivery] = [office.get(i) for i in ids]
    assert {(m.state, m.sent_at) for m in members} == {(S.SENT, TOMORROW)}
    (run,) = runs(office)
    assert (run.window_start, run.window_end, run.entries) == (NOW, TOMORROW, 2)
    assert {m.digest for m in members} == {run.delivery_id}
    with office.store.read() as tx:
        assert not tx.digests.any_to_do(TOMORROW + timedelta(hours=23))
        assert tx.digests.any_to_do(TOMORROW + timedelta(hours=24))


def test_after_a_stop_of_days_one_digest_tells_all_and_the_next_comes_on_time(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office)
        office.deliver()
        alert(office, "one")
        office.advance(days=3, hours=1)
        alert(office, "two")
        office.deliver()
        office.deliver()
        assert [len(r.json["data"]["entries"]) for r in receiver.requests] == [2]
        assert len(runs(office)) == 1
        with office.store.read() as tx:
            assert not tx.digests.any_to_do(datetime(2026, 9, 27, 5, 59, tzinfo=UTC))
            assert tx.digests.any_to_do(datetime(2026, 9, 27, 6, 0, tzinfo=UTC))


def test_with_nothing_to_tell_there_is_a_run_and_no_message(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office)
        office.deliver()
        office.advance(days=1)
        office.deliver()
        assert receiver.requests == []
    assert [(r.entries, r.delivery_id) for r in runs(office)] == [(0, None)]


def test_two_workers_write_a_digest_once(office: Office) -> None:
    office.hook("hook", "http://127.0.0.1:9/")
    subscribe(office)
    run_digests(office.store, NOW, 30)
    alert(office, "one")
    assert [run_digests(office.store, TOMORROW, 30) for _ in range(2)] == [1, 0]


def test_over_the_cap_messages_come_within_the_hour_in_a_digest_that_says_so(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office, replace(DAILY, cadence=Cadence.AT_ONCE))
        for name in ("one", "two"):
            alert(office, name, reason=R.CAP)
        office.deliver()
        office.advance(minutes=45)  # 11:00 in Rome
        office.deliver()
        office.advance(hours=5)
        office.deliver()
        (request,) = receiver.requests
    assert "2 came over the cap of 30 messages an hour." in request.json["data"]["text"]


def test_an_alert_past_its_time_comes_in_the_next_digest_instead_of_vanishing(office: Office) -> None:
    with http_receiver(answer(500), answer()) as receiver:
        office.hook("hook", receiver.url)
        subscribe(office, replace(DAILY, cadence=Cadence.AT_ONCE))
        one = alert(
            office, "one", not_before=NOW, state=S.PENDING, reason=R.NEW_STORY, expires_at=NOW + timedelta(days=1)
        )
        office.deliver()
        assert standing(office, one) == [(S.RETRY, R.NEW_STORY)]
        with office.store.write() as tx:
            tx.channels.wait_until("hook", NOW + timedelta(days=1))
        office.advance(days=1)
        office.deliver()
        assert standing(office, one) == [(S.HELD, R.TOO_LATE)]
        office.advance(hours=1)
        office.deliver()
        assert (
            "1 could not be delivered in time: the receiver answered 500." in receiver.requests[-1].json["data"]["text"]
        )
    assert standing(office, one) == [(S.SENT, R.TOO_LATE)]


def test_a_digest_past_its_time_hands_on_what_it_tells(office: Office) -> None:
    with http_receiver(answer(500), answer()) as receiver:
        office.hook("hook", receiver.url)
        subscribe(office)
        office.deliver()
        one = alert(office, "one")
        office.advance(seconds=(TOMORROW - NOW).total_seconds())
        office.deliver()
        first = office.get(one).digest
        assert first is not None
        assert office.get(first).state is S.RETRY
        with office.store.write() as tx:
            tx.channels.wait_until("hook", TOMORROW + timedelta(days=4))
        office.advance(days=1)
        two = alert(office, "two")
        office.deliver()
        assert len(runs(office)) == 1, "the next waits for the one before it"
        office.advance(days=3)
        office.deliver()
        office.advance(minutes=11)
        office.deliver()
        assert office.get(first).state is S.EXPIRED
        assert [e["article"]["title"] for e in receiver.requests[-1].json["data"]["entries"]] == ["one", "two"]
    assert [s for s, _ in standing(office, one, two)] == [S.SENT, S.SENT]


def test_a_dead_digest_is_replayed_with_what_it_tells(office: Office) -> None:
    with http_receiver(answer(400, b"invalid_payload"), answer()) as receiver:
        office.channel("hook", "slack", {"webhook_url": receiver.url})
        subscribe(office)
        office.deliver()
        one = alert(office, "one")
        office.advance(days=1)
        office.deliver()
        digest = office.get(one).digest
        assert digest is not None
        assert [s for s, _ in standing(office, one, digest)] == [S.DEAD, S.DEAD]
        with office.store.write() as tx:
            assert tx.deliveries.retry(None, office.clock.now()) == 1
        office.deliver()
        assert len(receiver.requests) == 2
    assert [s for s, _ in standing(office, one, digest)] == [S.SENT, S.SENT]


@pytest.mark.parametrize(
    ("change", "hours"),
    [
        ({"quiet_from": "07:00", "quiet_to": "09:30"}, 1.5),
        ({"muted_until": TOMORROW + timedelta(hours=2)}, 24),
    ],
)
def test_quiet_hours_and_a_mute_hold_a_digest(office: Office, change: dict[str, Any], hours: float) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office, replace(DAILY, **change))
        office.deliver()
        alert(office, "one")
        office.advance(seconds=(TOMORROW - NOW).total_seconds())
        office.deliver()
        office.advance(hours=hours, seconds=-1)
        office.deliver()
        assert receiver.requests == []
        office.advance(seconds=1)
        office.deliver()
        assert len(receiver.requests) == 1


def test_a_channel_that_was_off_tells_what_was_missed_once_it_is_on(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        subscribe(office, replace(DAILY, cadence=Cadence.AT_ONCE))
        with office.store.write() as tx:
            tx.channels.disable("hook", "by hand", NOW)
        one = alert(office, "one", reason=R.CHANNEL_DISABLED)
        for _ in range(3):
            office.advance(hours=1)
            office.deliver()
        assert standing(office, one) == [(S.HELD, R.CHANNEL_DISABLED)]
        with office.store.write() as tx:
            tx.channels.enable("hook")
        office.advance(minutes=10)
        office.deliver()
        assert "while the channel was switched off" in receiver.requests[0].json["data"]["text"]


def test_another_cadence_or_zone_is_reckoned_anew(office: Office) -> None:
    office.hook("hook", "http://127.0.0.1:9/")
    subscribe(office)
    run_digests(office.store, NOW, 30)
    subscribe(office, replace(DAILY, digest_at="12:00"))
    with office.store.read() as tx:
        assert tx.digests.any_to_do(NOW)
    run_digests(office.store, NOW, 30)
    with office.store.write() as tx:
        tx.analysts.put(replace(ANNA, timezone="Asia/Baku"))  # 12:15 there: noon is over
        assert tx.digests.any_to_do(NOW)
    run_digests(office.store, NOW, 30)
    with office.store.read() as tx:
        assert not tx.digests.any_to_do(NOW + timedelta(hours=23, minutes=44))
        assert tx.digests.any_to_do(NOW + timedelta(hours=23, minutes=45))


def test_what_comes_while_a_digest_is_on_its_way_waits_for_the_next_one(office: Office) -> None:
    with http_receiver(answer(500), answer(), answer()) as receiver:
        office.hook("hook", receiver.url)
        subscribe(office)
        one = alert(office, "one")
        alert_id = office.get(one).alert_id
        assert alert_id is not None
        with office.store.write() as tx:
            assert tx.deliveries.unsent(alert_id) == {"s"}
        office.deliver()
        office.advance(days=1)
        office.deliver()  # written, and refused once
        with office.store.write() as tx:
            assert tx.deliveries.unsent(alert_id) == set(), "its digest would not name another outlet any more"
            assert not tx.deliveries.add_to_waiting(alert_id, "s", ["news"], outlet=("o.example", "https://o.example/"))


@pytest.mark.parametrize("ends", ["unsubscribed", "switched off"])
def test_a_digest_that_waits_for_a_dead_channel_ends_with_its_subscription(office: Office, ends: str) -> None:
    with http_receiver(answer(410)) as gone:
        office.hook("hook", gone.url)
        subscribe(office)
        one = alert(office, "one")
        office.deliver()
        office.advance(days=1)
        office.deliver()
        assert not office.channel_now("hook").active
        digest = office.get(one).digest
        assert digest is not None
        with office.store.write() as tx:
            if ends == "unsubscribed":
                unsubscribe(tx, "s", office.clock.now())
            else:
                tx.subscriptions.put(replace(DAILY, active=False))
                tx.channels.enable("hook")
        office.advance(hours=1)
        office.deliver()
        assert len(gone.requests) == 1
    if ends == "unsubscribed":
        assert standing(office, digest) == [(S.SUPPRESSED, R.UNSUBSCRIBED)]
        assert office.get(one).state is S.SUPPRESSED
    else:
        assert office.get(digest).state is S.EXPIRED
        assert (office.get(one).state, office.get(one).digest) == (S.HELD, None), "told when it is switched on again"


def test_a_digest_past_its_time_whose_reader_is_gone_takes_what_it_tells_along(office: Office) -> None:
    office.hook("hook", "http://127.0.0.1:9/")
    subscribe(office)
    one = alert(office, "one")
    run_digests(office.store, NOW, 30)
    run_digests(office.store, TOMORROW, 30)
    digest = office.get(one).digest
    assert digest is not None
    with office.store.write() as tx:
        tx.deliveries.claim_one(digest, "other worker", TOMORROW + timedelta(minutes=2))
        unsubscribe(tx, "s", TOMORROW)  # while it is being sent
        tx.deliveries.expire(TOMORROW + timedelta(days=4))
    assert [office.get(key).state for key in (digest, one)] == [S.EXPIRED, S.EXPIRED]
