"""What readers ask for on the command line: it holds, it leaves its reason, and explain shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storage import Store
from tests import records
from vedette import log
from vedette.cli import cli
from vedette.model import Channel, DeliveryReason, DeliveryState, NewDelivery, Subscription

Vedette = Callable[..., Result]
SUBSCRIPTION = "s1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = records.write(records.sqlite_url(tmp_path))
    with made.write() as tx:
        tx.channels.put(Channel("anna-console", "console", {}, "anna"))
    yield made
    made.close()
    log.configure()


@pytest.fixture
def vedette(store: Store, tmp_path: Path) -> Vedette:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(tmp_path / "vedette.toml"), *arguments])

    return run


def another(store: Store, key: str, at: datetime | None) -> int:
    """One more message of the alert in the records, to be sent at that instant or in a digest."""
    now = datetime.now(UTC)
    with store.write() as tx:
        first = tx.deliveries.by_key("key-1")
        assert first is not None
        state = DeliveryState.PENDING if at else DeliveryState.HELD
        new = NewDelivery(
            key, "anna-console", DeliveryReason.UPDATE, first.notice, at, state, subscription=SUBSCRIPTION
        )
        made = tx.deliveries.add(new, first.alert_id, now)
    assert made is not None
    return made


def state(store: Store, delivery: int) -> tuple[DeliveryState, DeliveryReason]:
    with store.read() as tx:
        found = tx.deliveries.get(delivery)
    assert found is not None
    return found.state, found.reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("snooze", "1", "--hours", "2"), "snoozed"), (("not-relevant", "1", "--subscription", "s1"), "not-relevant")],
)
def test_a_story_is_silenced_and_explain_says_so(
    store: Store, vedette: Vedette, arguments: tuple[str, ...], reason: str
) -> None:
    now = datetime.now(UTC)
    waits, gathered = another(store, "k2", now + timedelta(minutes=1)), another(store, "k3", None)
    done = vedette("alerts", *arguments)
    assert done.exit_code == 0, done.stderr
    assert "s1" in done.stdout
    for delivery in (waits, gathered):
        assert state(store, delivery) == (DeliveryState.SUPPRESSED, DeliveryReason(reason))
    assert f"s1 is not told: {reason}" in vedette("explain", records.ALERTED).stdout
    with store.read() as tx:
        story = tx.alerts.list(1)[0].alert.story_id
        assert tx.silences.of_story(story, now) == {"s1": DeliveryReason(reason)}
        later = {} if reason == "snoozed" else {"s1": DeliveryReason.NOT_RELEVANT}
        assert tx.silences.of_story(story, now + timedelta(hours=3)) == later


def test_a_topic_is_muted_and_what_waits_is_withheld_but_no_digest_is_lost(store: Store, vedette: Vedette) -> None:
    now = datetime.now(UTC)
    waits, gathered = another(store, "k2", now + timedelta(minutes=1)), another(store, "k3", None)
    said = json.loads(vedette("subscriptions", "mute", "--topic", "baku-fair", "--hours", "5", "--json").stdout)
    assert (said["muted"], said["withheld"]) == (["s1"], 1)
    assert state(store, waits) == (DeliveryState.SUPPRESSED, DeliveryReason.MUTED)
    assert state(store, gathered)[0] is DeliveryState.HELD
    assert "s1 is not told: muted" in vedette("explain", records.ALERTED).stdout
    assert vedette("subscriptions", "unmute", "s1").exit_code == 0
    with store.read() as tx:
        subscription = tx.subscriptions.get("s1")
    assert subscription is not None
    assert subscription.muted_until is None


def test_the_end_of_a_subscription_withholds_all_that_waits(store: Store, vedette: Vedette) -> None:
    deliveries = another(store, "k2", datetime.now(UTC) + timedelta(minutes=1)), another(store, "k3", None)
    assert vedette("subscriptions", "remove", "s1").exit_code == 0
    for delivery in deliveries:
        assert state(store, delivery) == (DeliveryState.SUPPRESSED, DeliveryReason.UNSUBSCRIBED)


def test_a_subscription_to_digests_is_added_and_listed(store: Store, vedette: Vedette) -> None:
    added = vedette(
        "subscriptions", "add", "anna", "tanks", "anna-console", "--cadence", "weekly", "--digest-at", "fri 18:30"
    )
    assert added.exit_code == 0, added.stderr
    rows = [json.loads(line) for line in vedette("subscriptions", "list", "--json").stdout.splitlines()]
    (row,) = [row for row in rows if row["topic"] == "tanks"]
    assert (row["cadence"], row["digest_at"]) == ("weekly", "fri 18:30")
    assert "fri 18:30" in vedette("subscriptions", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("alerts", "snooze", "99"), "vedette alerts list"),
        (("alerts", "snooze", "1", "--subscription", "nobody"), "vedette subscriptions list"),
        (("subscriptions", "mute"), "--topic"),
        (("subscriptions", "mute", "nobody"), "vedette subscriptions list"),
        (("subscriptions", "mute", "--analyst", "nobody"), "vedette subscriptions list"),
        (("subscriptions", "add", "anna", "tanks", "anna-console", "--digest-at", "8"), "digest_at"),
    ],
)
def test_wrong_use_is_told_in_one_line(vedette: Vedette, arguments: tuple[str, ...], said: str) -> None:
    result = vedette(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr.strip().splitlines()[-1]


def test_a_subscription_that_is_declared_again_keeps_its_mute(store: Store) -> None:
    until = datetime(2030, 1, 1, tzinfo=UTC)
    with store.write() as tx:
        tx.subscriptions.mute("s1", until)
        tx.subscriptions.put(Subscription("s1", "anna", "baku-fair", "anna-console", digest_at="09:00"))
        found = tx.subscriptions.get("s1")
    assert found is not None
    assert found.muted_until == until
