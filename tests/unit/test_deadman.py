"""Silence is never ambiguous: who looks after it is told when nothing gets out, and daily that all is well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.operator import tell_owner
from tests.faulty import answer, http_receiver
from tests.notices import NOW
from tests.office import Office
from vedette.daemon.deadman import DeadMan, Vitals, ping, troubles
from vedette.model import Channel, DeliveryReason, Notice

AFTER = timedelta(minutes=30)
MAIL = Channel("mail", "email", {}, failing_since=NOW - AFTER)
OPERATOR = '[operator]\nchannels = ["ops", "nobody"]\ndaily_at = "12:00"\ntimezone = "Europe/Rome"\n'


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, OPERATOR)
    made.channel("ops", "console", {}, None)
    yield made
    made.store.close()


def look(office: Office, *missing: str) -> None:
    DeadMan(office.context(), lambda: missing).look()


def told(office: Office) -> list[Notice]:
    with office.store.read() as tx:
        found = tx.deliveries.list(channel="ops")
    assert all(d.reason is DeliveryReason.OPERATOR for d in found)
    return [d.notice for d in reversed(found)]


@pytest.mark.parametrize(
    ("vitals", "lines"),
    [
        (Vitals([], 0, None), []),
        (Vitals([replace(MAIL, failing_since=NOW - AFTER + timedelta(seconds=1))], 0, None), []),
        (Vitals([replace(MAIL, active=False)], 0, None), []),
        (Vitals([MAIL], 0, None), ["nothing came through the channel mail since 2026-09-23 07:45 UTC"]),
        (Vitals([], 1, NOW), ["1 message waits to be sent since 2026-09-23 08:15 UTC"]),
        (Vitals([], 7, NOW), ["7 messages wait to be sent since 2026-09-23 08:15 UTC"]),
    ],
)
def test_what_counts_as_trouble(vitals: Vitals, lines: list[str]) -> None:
    assert troubles(vitals, NOW, AFTER) == lines


def test_the_operator_is_told_once_that_nothing_comes_through_and_once_that_it_is_over(office: Office) -> None:
    with http_receiver(answer(500), answer(500), answer()) as receiver:
        office.hook("hook", receiver.url)
        office.post("hook", "k")
        office.deliver()
        office.advance(minutes=29)
        look(office)
        assert told(office) == []
        office.deliver()
        office.advance(minutes=1)
        for _ in range(3):
            look(office)
        (notice,) = told(office)
        assert notice.title == "Messages are not delivered"
        assert "the channel hook since 2026-09-23 08:15 UTC" in notice.text
        office.advance(minutes=10)
        office.deliver()
        for _ in range(3):
            look(office)
        assert [n.title for n in told(office)] == ["Messages are not delivered", "Messages are delivered again"]


def test_messages_that_no_worker_takes_are_trouble(office: Office) -> None:
    office.hook("hook", "http://127.0.0.1:9/")
    office.post("hook", "k")
    office.post("hook", "for a digest", not_before=None)
    office.advance(minutes=31)
    look(office)
    assert "1 message waits to be sent" in told(office)[0].text


def test_the_daily_line_comes_daily_at_the_operators_time_and_once_after_a_stop(office: Office) -> None:
    look(office)  # reckons
    office.advance(hours=1)
    look(office)
    assert told(office) == []
    office.advance(hours=1)  # 12:15 in Rome
    for _ in range(2):
        look(office)
    (notice,) = told(office)
    assert notice.title == "All is well"
    assert notice.text == ("In 24 hours 0 articles were read, 0 alerts made and 0 messages sent; 0 of 0 sources fail.")
    office.deliver()
    office.advance(days=3)
    for _ in range(2):
        look(office)
    assert [n.title for n in told(office)] == ["All is well", "All is well"]


def test_the_heart_beats_only_while_all_is_well(tmp_path: Path) -> None:
    with http_receiver() as receiver:
        office = Office(tmp_path, f'[operator]\nheartbeat_url = "{receiver.url}/abc"\nheartbeat_every = "1m"\n')
        man = DeadMan(office.context(), list)
        for _ in range(3):
            man.look()
        beats(receiver.requests, 1)
        office.advance(minutes=1)
        man.look()
        beats(receiver.requests, 2)
        office.advance(minutes=1)
        DeadMan(office.context(), lambda: ["crawl"]).look()
        office.hook("hook", "http://127.0.0.1:9/")
        with office.store.write() as tx:
            tx.channels.failing("hook", NOW - timedelta(hours=1))
        DeadMan(office.context(), list).look()
        time.sleep(0.2)
        assert len(receiver.requests) == 2
        office.store.close()


def beats(requests: list[object], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(requests) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(requests) == count


def test_a_heartbeat_that_is_refused_is_told_without_its_secret(office: Office) -> None:
    with http_receiver(answer(404)) as receiver:
        assert ping(office.context(), f"{receiver.url}/s3cr3t") == "it answered 404"
    assert "s3cr3t" not in ping(office.context(), "http://127.0.0.1:1/s3cr3t")


def test_the_owner_of_a_dead_channel_is_told_on_another_else_the_operator(office: Office) -> None:
    office.channel("mine", "console", {}, "anna")
    dead = Channel("dead", "slack", {}, "anna", active=False)
    with office.store.write() as tx:
        assert tell_owner(tx, dead, "gone", NOW, ["ops"]) == "mine"
        tx.channels.disable("mine", "by hand", NOW)
        assert tell_owner(tx, dead, "gone", NOW + timedelta(seconds=1), ["ops"]) == "ops"
        assert tell_owner(tx, dead, "gone", NOW) == ""
    assert told(office)[0].title == "The channel dead was switched off"
