"""The outbox at work: claimed, sent, recorded, tried again, given up, and never lost."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels import CHANNELS, Channel, ChannelSettings, Result, SendContext
from alerts.deliver import Courier, main, send_test, what_next
from storage import Store
from tests.faulty import Answer, MailReceiver, answer, http_receiver, mail_receiver, silent
from tests.notices import NOW, article, notice
from tests.office import Office
from vedette import log
from vedette.errors import StorageError
from vedette.model import AttemptOutcome, DeliveryReason, DeliveryState, Notice, Sentence, Subscription, Topic

S = DeliveryState


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


# --------------------------------------------------------------------------- what follows an attempt: pure


@pytest.mark.parametrize(
    ("kind", "attempt", "minutes"),
    [
        ("webhook", 1, 5 / 60),
        ("webhook", 2, 5),
        ("webhook", 9, 24 * 60),
        ("webhook", 10, None),
        ("slack", 1, 1 / 60),
        ("slack", 3, 0.5),
        ("slack", 7, 60),
        ("slack", 30, None),
        ("email", 1, 1),
        ("email", 4, 30),
        ("email", 8, 240),
        ("email", 18, None),
        ("of a plug-in that is gone", 1, 0.1),
    ],
)
@pytest.mark.parametrize("outcome", [AttemptOutcome.RETRY, AttemptOutcome.UNCERTAIN, AttemptOutcome.CHANNEL_GONE])
def test_waits_are_those_of_the_kind(kind: str, attempt: int, minutes: float | None, outcome: AttemptOutcome) -> None:
    state, at, reason = what_next(kind, Result(outcome), attempt, NOW, 0.5)
    if minutes is None:
        assert (state, at, reason) == (S.DEAD, None, DeliveryReason.OUT_OF_RETRIES)
    else:
        assert state is (S.UNCERTAIN if outcome is AttemptOutcome.UNCERTAIN else S.RETRY)
        assert at == pytest.approx(NOW + timedelta(minutes=minutes), abs=timedelta(seconds=0.01))


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9))
def test_jitter_stays_within_a_fifth(chance: float, attempt: int) -> None:
    waits = CHANNELS["webhook"].retry_minutes
    _, at, _ = what_next("webhook", Result(AttemptOutcome.RETRY), attempt, NOW, chance)
    assert at is not None
    assert 0.799 <= (at - NOW) / timedelta(minutes=waits[attempt - 1]) <= 1.201


def test_what_was_sent_or_refused_for_good_has_no_next_time() -> None:
    assert what_next("email", Result(AttemptOutcome.SENT), 1, NOW, 0) == (S.SENT, None, None)
    refused = what_next("email", Result(AttemptOutcome.PERMANENT), 1, NOW, 0)
    assert refused == (S.DEAD, None, DeliveryReason.PERMANENT_FAILURE)


# --------------------------------------------------------------------------- sending


def test_what_is_due_is_sent_once_and_the_attempt_is_on_record(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        ids = [office.post("hook", f"k{n}") for n in range(5)]
        later = office.post("hook", "later", not_before=NOW + timedelta(seconds=1))
        assert office.deliver().sent == 5
        assert office.deliver().sent == 0
        assert [r.headers["webhook-id"] for r in receiver.requests] == [f"k{n}" for n in range(5)]
    for delivery_id in ids:
        delivery, (attempt,) = office.get(delivery_id), office.attempts(delivery_id)
        assert (delivery.state, delivery.sent_at, delivery.attempts) == (S.SENT, NOW, 1)
        assert (attempt.outcome, attempt.finished_at) == (AttemptOutcome.SENT, NOW)
    assert office.get(later).state is S.PENDING


def test_a_held_message_goes_out_when_its_time_comes(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        held = office.post("hook", "k", state=S.HELD, not_before=NOW + timedelta(hours=8))
        office.deliver()
        assert office.get(held).state is S.HELD
        office.advance(hours=8)
        office.deliver()
        assert office.get(held).state is S.SENT


def test_a_failure_is_tried_again_under_the_same_key(office: Office) -> None:
    with http_receiver(answer(500), answer(503), answer(200)) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        for state, wait in ((S.RETRY, 7), (S.RETRY, 400), (S.SENT, 0)):
            office.deliver()
            assert office.get(one).state is state
            office.deliver()  # not before its time
            office.advance(seconds=wait)
        assert [r.headers["webhook-id"] for r in receiver.requests] == ["k", "k", "k"]
    assert [a.code for a in office.attempts(one)] == ["500", "503", "ok"]
    assert office.channel_now("hook").failing_since is None


def test_retry_after_holds_the_whole_channel(office: Office) -> None:
    with http_receiver(answer(429, b"", Retry_After="60"), answer()) as receiver:
        office.channel("slack", "slack", {"webhook_url": receiver.url})
        ids = [office.post("slack", f"k{n}") for n in range(2)]
        office.deliver()
        office.advance(seconds=59)
        office.deliver()
        assert len(receiver.requests) == 1
        office.advance(seconds=2)
        office.deliver()
        assert len(receiver.requests) == 3
    assert {office.get(i).state for i in ids} == {S.SENT}


def test_slack_gets_one_message_a_second(office: Office) -> None:
    with http_receiver() as receiver:
        office.channel("slack", "slack", {"webhook_url": receiver.url})
        for n in range(3):
            office.post("slack", f"k{n}")
        began = time.monotonic()
        office.deliver()
        assert len(receiver.requests) == 3
        assert time.monotonic() - began >= 2.0


class LooksLong(Courier):
    """Its looks for work take longer than a send: what was busy when it looked is done when it has looked."""

    def claim(self, room: int, busy: Sequence[str]) -> Any:
        found = super().claim(room, busy)
        time.sleep(0.5 if busy else 0)
        return found


def test_what_becomes_due_during_a_look_is_sent_in_the_same_run(office: Office) -> None:
    def slowly(connection: Any) -> None:
        time.sleep(0.3)
        answer()(connection)

    with http_receiver(slowly) as receiver:
        office.hook("hook", receiver.url)
        for key in ("first", "second"):
            office.post("hook", key, subscription="s")
        asyncio.run(LooksLong(office.context()).once())
        assert [r.headers["webhook-id"] for r in receiver.requests] == ["first", "second"]


def test_one_story_keeps_its_order_for_a_subscription(office: Office) -> None:
    with http_receiver(answer(500), answer()) as receiver:
        office.hook("hook", receiver.url)
        first = office.post("hook", "first", subscription="s")
        second = office.post("hook", "second", subscription="s", reason=DeliveryReason.UPDATE)
        other = office.post("hook", "other", notice(story_id=43), subscription="s")
        office.deliver()
        assert [office.get(i).state for i in (first, second, other)] == [S.RETRY, S.PENDING, S.SENT]
        office.advance(seconds=10)
        office.deliver()
        assert [r.headers["webhook-id"] for r in receiver.requests] == ["first", "other", "first", "second"]


def test_a_message_that_waits_for_a_channel_of_before_holds_up_none_of_the_new_one(office: Office) -> None:
    with http_receiver(answer(500)) as failing, http_receiver() as receiver:
        office.hook("old", failing.url)
        office.hook("new", receiver.url)
        about = notice(story_id=1)
        office.post("old", "first", about, subscription="s")
        office.deliver()
        office.post("new", "second", about, subscription="s")
        office.deliver()
        assert [r.headers["webhook-id"] for r in receiver.requests] == ["second"]


# --------------------------------------------------------------------------- giving up


def test_a_channel_that_is_gone_is_switched_off_and_its_owner_told_on_another(office: Office) -> None:
    with http_receiver(answer(410, b"channel_is_archived"), answer()) as gone, http_receiver() as other:
        office.channel("slack", "slack", {"webhook_url": gone.url})
        office.hook("z-hook", other.url)
        one = office.post("slack", "k")
        office.deliver()
        channel = office.channel_now("slack")
        assert not channel.active
        assert "channel_is_archived" in channel.disabled_reason
        told = other.requests[0].json
        assert told["type"] == "operator.notice"
        assert "slack" in told["data"]["article"]["title"]
        assert "vedette channels enable slack" in told["data"]["text"]
        office.advance(hours=2)
        office.deliver()
        assert len(gone.requests) == 1, "a channel that is off is left alone"
        assert office.get(one).state is S.RETRY, "and what waits for it is kept"
        with office.store.write() as tx:
            tx.channels.enable("slack")
        office.deliver()
        assert office.get(one).state is S.SENT


def test_where_the_other_channel_is_gone_too_all_is_told_on_the_third(office: Office) -> None:
    with http_receiver(answer(410)) as first, http_receiver(answer(410)) as second, http_receiver() as third:
        office.channel("a-feed", "feed", {"title": "Anna's"})  # nobody is called by a feed
        office.hook("b", first.url)
        office.hook("c", second.url)
        office.hook("d", third.url)
        office.post("b", "k")
        office.deliver()
        office.deliver()
        assert len(second.requests) == 1
    titles = {request.json["data"]["article"]["title"] for request in third.requests}
    assert titles == {"Your channel b was switched off", "Your channel c was switched off"}


def test_without_another_channel_nobody_is_told_and_nothing_breaks(office: Office) -> None:
    with http_receiver(answer(410)) as gone:
        office.hook("hook", gone.url)
        office.post("hook", "k")
        office.deliver()
    assert not office.channel_now("hook").active


def test_five_days_of_failure_switch_a_channel_off(office: Office) -> None:
    with http_receiver(answer(500)) as receiver:
        office.hook("hook", receiver.url)
        office.post("hook", "k")
        office.deliver()
        office.advance(days=4)
        office.post("hook", "l")
        office.deliver()
        assert office.channel_now("hook").active
        office.advance(days=1, minutes=1)
        office.post("hook", "m")
        office.deliver()
    channel = office.channel_now("hook")
    assert not channel.active
    assert "failing since 2026-09-23" in channel.disabled_reason


@pytest.mark.parametrize("on", [True, False])
def test_past_its_time_a_message_expires_whatever_its_channel_does(office: Office, on: bool) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        if not on:
            with office.store.write() as tx:
                tx.channels.disable("hook", "by hand", NOW)
        office.advance(days=3)
        office.deliver()
        assert receiver.requests == []
    assert (office.get(one).state, office.get(one).reason) == (S.EXPIRED, DeliveryReason.TOO_LATE)


def test_a_dead_message_can_be_replayed(office: Office) -> None:
    with http_receiver(answer(400, b"invalid_payload"), answer()) as receiver:
        office.channel("slack", "slack", {"webhook_url": receiver.url})
        one = office.post("slack", "k")
        office.deliver()
        assert (office.get(one).state, office.get(one).reason) == (S.DEAD, DeliveryReason.PERMANENT_FAILURE)
        with office.store.write() as tx:
            assert tx.deliveries.retry(one, NOW) == 1
        office.deliver()
    assert office.get(one).state is S.SENT


# --------------------------------------------------------------------------- what must not go wrong


def test_a_channel_that_hangs_does_not_delay_the_others(tmp_path: Path) -> None:
    office = Office(tmp_path, "[deliver]\nconcurrency = 1\ntimeout = 4.0\n")
    with http_receiver(silent) as hanging, http_receiver() as receiver:
        for n in range(3):
            office.hook(f"a{n}", hanging.url)
            office.post(f"a{n}", f"a{n}")
        office.hook("b", receiver.url)
        for n in range(10):
            office.post("b", f"b{n}")
        context = office.context()
        worker = threading.Thread(target=main, args=(context,))
        began = time.monotonic()
        worker.start()
        while len(receiver.requests) < 10 and time.monotonic() - began < 20:
            time.sleep(0.05)
        took = time.monotonic() - began
        context.stop.set()
        worker.join(30)
    assert len(receiver.requests) == 10
    assert took < 11, "after one another they would take 12"
    office.store.close()


def test_a_message_lost_after_the_text_goes_out_again_under_the_same_message_id(tmp_path: Path) -> None:
    with mail_receiver(MailReceiver(drop="end")) as receiver:
        smtp = f'[smtp]\nhost = "127.0.0.1"\nport = {receiver.port}\nsecurity = "none"\nsender = "v@watch.example"\n'
        office = Office(tmp_path, smtp)
        office.channel("mail", "email", {"to": "anna@example.org"})
        one = office.post("mail", "k")
        office.deliver()
        assert office.get(one).state is S.UNCERTAIN
        receiver.drop = ""
        office.advance(minutes=2)
        office.deliver()
        assert office.get(one).state is S.SENT
    assert len({m["Message-ID"] for m in receiver.mails}) == 1
    office.store.close()


def test_no_secret_is_logged_or_recorded(office: Office) -> None:
    said = io.StringIO()
    log.configure(level="debug", format="json", stream=said)
    try:
        with http_receiver(answer(500), answer(410, b"https://hooks.slack.com/services/T0/B0/s3cr3tpart")) as receiver:
            base = receiver.url.removesuffix("/hook")
            office.channel("slack", "slack", {"webhook_url": f"{base}/services/T0CANARY/B0/abcdefCANARY"})
            office.channel("dead", "slack", {"webhook_url": "http://127.0.0.1:1/services/CANARY/deadCANARY"})
            ids = [office.post("slack", "k"), office.post("dead", "l")]
            for _ in range(2):
                office.deliver()
                office.advance(minutes=10)
    finally:
        log.configure()
    kept = [repr(office.get(i)) + repr(office.attempts(i)) for i in ids] + [repr(office.channel_now("slack"))]
    for text in (said.getvalue(), *kept):
        assert "CANARY" not in text
        assert "s3cr3tpart" not in text
    assert "channel disabled" in said.getvalue()
    stored = json.dumps(dict(office.channel_now("slack").settings))
    assert "CANARY" not in stored


class BuggySettings(ChannelSettings):
    pass


class Buggy(Channel):
    """Raises, as a plug-in of somebody else might."""

    kind: ClassVar[str] = "buggy"
    Settings: ClassVar[type[ChannelSettings]] = BuggySettings
    example: ClassVar[dict[str, Any]] = {}

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        raise ZeroDivisionError("oops")


@pytest.fixture
def buggy() -> Iterator[None]:
    module = ModuleType(__name__)
    module.Buggy = Buggy  # type: ignore[attr-defined]
    Buggy.__module__ = __name__
    CHANNELS.add(module)
    yield
    CHANNELS.forget()


@pytest.mark.usefixtures("buggy")
def test_a_plug_in_that_raises_is_recorded_and_stops_nobody(office: Office) -> None:
    with http_receiver() as receiver:
        office.channel("buggy", "buggy", {})
        office.hook("hook", receiver.url)
        bad, good = office.post("buggy", "k"), office.post("hook", "l")
        office.deliver()
    assert office.get(good).state is S.SENT
    assert office.get(bad).state is S.UNCERTAIN
    assert "oops" in office.attempts(bad)[0].error
    CHANNELS.forget()
    office.advance(minutes=10)
    office.deliver()  # the plug-in is gone now
    assert office.get(bad).state is S.RETRY
    assert "unknown channel kind 'buggy'" in office.get(bad).last_error


class Refusing:
    """A store whose next writes are refused, as a full disk does."""

    def __init__(self, store: Store) -> None:
        self.store, self.refuse = store, 0

    @contextlib.contextmanager
    def write(self) -> Iterator[Any]:
        if self.refuse:
            self.refuse -= 1
            raise StorageError("database or disk is full")
        with self.store.write() as tx:
            yield tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_what_was_sent_is_recorded_once_the_database_takes_it_again(office: Office) -> None:
    store = Refusing(office.store)

    def fills_the_disk(connection: Any) -> None:
        store.refuse = 3
        answer()(connection)

    with http_receiver(fills_the_disk) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        office.store = store  # type: ignore[assignment]
        office.deliver()
        assert len(receiver.requests) == 1
    assert office.get(one).state is S.SENT


def test_a_worker_outlives_a_database_that_refuses(office: Office) -> None:
    store = Refusing(office.store)
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        store.refuse = 2
        office.store = store  # type: ignore[assignment]
        context = office.context()
        worker = threading.Thread(target=main, args=(context,))
        worker.start()
        deadline = time.monotonic() + 15
        while office.get(one).state is not S.SENT and time.monotonic() < deadline:
            time.sleep(0.05)
        context.stop.set()
        worker.join(20)
    assert office.get(one).state is S.SENT


def _takes_it_over(office: Office) -> Answer:
    def act(connection: Any) -> None:
        office.advance(hours=1)  # the lease is over
        with office.store.write() as tx:
            assert tx.deliveries.claim("another", office.clock.now(), 1, office.clock.now() + timedelta(hours=1))
        answer()(connection)

    return act


def test_who_lost_the_lease_records_the_attempt_and_leaves_the_delivery(office: Office) -> None:
    with http_receiver(_takes_it_over(office)) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        office.deliver()
    assert office.get(one).state is S.SENDING
    assert office.attempts(one)[0].outcome is AttemptOutcome.SENT


def test_a_channel_removed_while_a_message_is_on_its_way(office: Office) -> None:
    def removes(connection: Any) -> None:
        with office.store.write() as tx:
            tx.channels.delete("hook")
        answer(500)(connection)

    with http_receiver(removes) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        office.deliver()
    assert office.get(one).state is S.RETRY


def test_told_to_stop_it_finishes_what_is_in_flight_and_claims_no_more(office: Office) -> None:
    context = office.context()

    def slow(connection: Any) -> None:
        context.stop.set()
        time.sleep(0.7)
        answer()(connection)

    with http_receiver(slow) as receiver:
        office.hook("hook", receiver.url)
        first, second = office.post("hook", "k"), office.post("hook", "l")
        main(context)
        assert len(receiver.requests) == 1
    assert (office.get(first).state, office.get(second).state) == (S.SENT, S.PENDING)


def test_what_does_not_end_in_time_is_recorded_as_uncertain(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.deliver.GRACE_SECONDS", 0.3)
    context = office.context()

    def hangs(connection: Any) -> None:
        context.stop.set()
        silent(connection)

    with http_receiver(hangs) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        main(context)
    (attempt,) = office.attempts(one)
    assert (office.get(one).state, attempt.outcome, attempt.phase) == (S.UNCERTAIN, AttemptOutcome.UNCERTAIN, "stop")


def test_a_test_message_goes_out_once_even_through_a_channel_that_is_off(office: Office) -> None:
    with http_receiver(answer(), answer(500)) as receiver:
        office.hook("hook", receiver.url)
        office.post("hook", "real")
        with office.store.write() as tx:
            tx.channels.disable("hook", "by hand", NOW)
        delivery, attempts = send_test(office.context(), "hook", replace(notice(), reason=DeliveryReason.TEST))
        assert (delivery.state, len(attempts)) == (S.SENT, 1)
        delivery, attempts = send_test(office.context(), "hook", notice())
        assert (delivery.state, delivery.reason, attempts[0].code) == (S.DEAD, DeliveryReason.TEST, "500")
        office.advance(days=1)
        office.deliver()
        assert len(receiver.requests) == 2


def test_an_outlet_is_added_to_the_message_that_waits_and_to_none_that_was_sent(office: Office) -> None:
    with http_receiver() as receiver:
        office.hook("hook", receiver.url)
        with office.store.write() as tx:
            tx.topics.put(Topic("adex", "ADEX"), NOW)
            tx.subscriptions.put(Subscription("s", "anna", "adex", "hook"))
            stored = tx.articles.store(article(), None, NOW, story=None)
            assert stored.article.id is not None
            alert = tx.alerts.create("adex", stored.story_id, 1, stored.article.id, None, NOW)
        office.post("hook", "k", subscription="s", alert_id=alert.id, not_before=NOW + timedelta(seconds=30))
        with office.store.write() as tx:
            assert tx.deliveries.unsent(alert.id) == {"s"}
            assert tx.deliveries.add_to_waiting(alert.id, "s", outlet=("o.example", "https://o.example/"))
            assert not tx.deliveries.add_to_waiting(alert.id, "other", outlet=("o.example", "https://o.example/"))
        office.advance(minutes=1)
        office.deliver()
        with office.store.write() as tx:
            assert tx.deliveries.unsent(alert.id) == set()
            assert not tx.deliveries.add_to_waiting(alert.id, "s", outlet=("p.example", "https://p.example/"))
    said = receiver.requests[0].json["data"]
    assert said["alert"] == alert.id
    assert said["others"] == [{"site": "o.example", "url": "https://o.example/"}]


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=50)
INSTANT = st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
NOTICES = st.builds(
    Notice,
    *[TEXT] * 2,
    st.integers(1, 99),
    *[TEXT] * 5,
    published_at=st.none() | INSTANT,
    published_precision=st.sampled_from(["", "day", "instant"]),
    seen_at=INSTANT,
    sentences=st.lists(st.builds(Sentence, TEXT, st.just(((0, 1), (2, 3))), TEXT), max_size=3).map(tuple),
    hits=st.lists(TEXT, max_size=3).map(tuple),
    story_id=st.integers(0, 99),
    alert_id=st.none() | st.integers(1, 99),
    reason=st.sampled_from(DeliveryReason),
    rule=TEXT,
    timezone=TEXT,
    locale=TEXT,
    score=st.none() | st.floats(0, 100),
    others=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    text=TEXT,
    links=st.dictionaries(TEXT, TEXT, max_size=3),
    news=st.lists(TEXT, max_size=2).map(tuple),
    entries=st.lists(st.integers(0, 9).map(lambda n: notice(f"entry {n}")), max_size=2).map(tuple),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NOTICES)
def test_a_notice_comes_out_of_the_database_as_it_went_in(office: Office, about: Notice) -> None:
    office.channel("file", "file", {"path": "/dev/null"})
    assert office.get(office.post("file", uuid.uuid4().hex, about)).notice == about


def test_a_courier_with_nothing_to_do_writes_nothing(office: Office) -> None:
    courier = Courier(office.context())
    assert courier.claim(5, ()) == (0, [])


def test_while_one_channel_hangs_the_others_wait_less_than_five_seconds(tmp_path: Path) -> None:
    office = Office(tmp_path, "[deliver]\ntimeout = 6.0\n")
    with http_receiver(silent) as hanging, http_receiver() as receiver:
        office.hook("hangs", hanging.url)
        for n in range(3):
            office.post("hangs", f"hangs{n}")
        for n in range(4):
            office.hook(f"hook{n}", receiver.url)
        for n in range(40):
            office.post(f"hook{n % 4}", f"k{n}")
        context = office.context()
        worker = threading.Thread(target=main, args=(context,))
        began = time.monotonic()
        worker.start()
        times: list[float] = []
        while len(times) < 40 and time.monotonic() - began < 30:
            times += [time.monotonic() - began] * (len(receiver.requests) - len(times))
            time.sleep(0.02)
        context.stop.set()
        worker.join(30)
    assert len(times) == 40
    assert sorted(times)[int(0.95 * 40)] < 5
    office.store.close()
