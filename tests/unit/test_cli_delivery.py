"""`vedette channels`, `vedette deliveries` and `vedette alerts`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from click.testing import CliRunner, Result
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.channels import CHANNELS
from tests.faulty import answer, http_receiver
from tests.notices import SECRET, article
from tests.office import Office
from vedette import log
from vedette.cli import cli
from vedette.clock import FrozenClock
from vedette.model import DeliveryReason, DeliveryState, Match, Span, Topic

Vedette = Callable[..., Result]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, clock=FrozenClock(datetime.now(UTC)))
    yield made
    made.store.close()
    log.configure()


@pytest.fixture
def vedette(office: Office) -> Vedette:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(office.config), *arguments])

    return run


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_channel_is_added_tested_listed_switched_off_and_removed(vedette: Vedette) -> None:
    with http_receiver() as receiver:
        added = vedette("channels", "add", "hook", "webhook", f"url={receiver.url}/s3cr3t", f"secret={SECRET}")
        assert added.exit_code == 0, added.stderr
        assert "vedette channels test hook" in added.stdout
        tested = vedette("channels", "test", "hook", "--json")
        assert tested.exit_code == 0, tested.stderr
        said = json.loads(tested.stdout)
        assert said["delivery"]["state"] == "sent"
        assert len(said["attempts"]) == 1
        assert receiver.requests[0].json["type"] == "test"
    (row,) = lines(vedette("channels", "list", "--json"))
    assert (row["id"], row["kind"], row["state"]) == ("hook", "webhook", "on")
    assert row["settings"] == {"url": "…cr3t", "secret": "…LaSw"}
    assert "off" in vedette("channels", "disable", "hook", "--reason", "on leave").stdout
    assert lines(vedette("channels", "list", "--json"))[0]["state"] == "off: on leave"
    assert vedette("channels", "enable", "hook").exit_code == 0
    assert vedette("channels", "remove", "hook").exit_code == 0
    assert vedette("channels", "list").stdout == ""


def test_a_test_that_fails_says_why_and_exits_1(vedette: Vedette) -> None:
    with http_receiver(answer(500)) as receiver:
        vedette("channels", "add", "hook", "webhook", f"url={receiver.url}/s3cr3t", f"secret={SECRET}")
        result = vedette("channels", "test", "hook")
        assert len(receiver.requests) == 1
    assert result.exit_code == 1
    assert "not sent: response: the receiver answered 500" in result.stdout
    assert "s3cr3t" not in result.output
    (delivery,) = lines(vedette("deliveries", "list", "--json"))
    assert (delivery["state"], delivery["reason"]) == ("dead", "test")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("channels", "add", "x", "pigeon"), "use one of apprise, console, email, feed, file, slack, webhook"),
        (("channels", "add", "x", "email"), "to:"),
        (("channels", "add", "x", "email", "to=a@b.example", "colour=red"), "colour"),
        (("channels", "add", "x", "email", "nonsense"), "KEY=VALUE"),
        (("channels", "test", "nobody"), "vedette channels list"),
        (("channels", "enable", "nobody"), "vedette channels list"),
        (("channels", "remove", "nobody"), "vedette channels list"),
        (("channels", "preview", "nobody"), "vedette channels list"),
        (("deliveries", "show", "99"), "vedette deliveries list"),
        (("deliveries", "retry"), "--all-dead"),
        (("deliveries", "retry", "99"), "vedette deliveries list"),
        (("deliveries", "list", "--state", "lost"), "held, pending"),
        (("alerts", "show", "99"), "vedette alerts list"),
    ],
)
def test_wrong_use_is_told_in_one_line_with_the_remedy(vedette: Vedette, arguments: tuple[str, ...], said: str) -> None:
    result = vedette(*arguments)
    assert result.exit_code == 2
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("vedette: ")
    assert said in last
    assert "Traceback" not in result.output


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_every_kind_and_every_channel_can_be_previewed(vedette: Vedette, kind: str) -> None:
    shown = vedette("channels", "preview", kind)
    assert shown.exit_code == 0, shown.stderr
    assert "ADEX" in shown.stdout
    assert json.loads(vedette("channels", "preview", kind, "--json").stdout)["kind"] == kind


def test_the_operators_template_is_previewed(office: Office, vedette: Vedette, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    template = tmp_path / "own" / "email.txt.j2"
    template.write_text("Ours: {{ notice.title }}")
    with office.config.open("a") as file:
        file.write('[deliver]\ntemplates = "own"\n')
    assert "Ours: " in vedette("channels", "preview", "email").stdout
    template.write_text("{{ nonsense }}")
    broken = vedette("channels", "preview", "email")
    assert broken.exit_code == 2
    assert "email.txt.j2" in broken.stderr
    assert "nonsense" in broken.stderr


def test_kinds_are_listed_with_what_they_take(vedette: Vedette) -> None:
    rows = {row["kind"]: row for row in lines(vedette("channels", "kinds", "--json"))}
    assert set(rows) == set(CHANNELS)
    assert rows["webhook"]["settings"]["secret"] == {"required": True, "secret": True}
    assert all(row["about"] for row in rows.values())


def test_deliveries_are_listed_shown_and_sent_again(office: Office, vedette: Vedette) -> None:
    with http_receiver(answer(400, b"invalid_payload")) as receiver:
        office.channel("slack", "slack", {"webhook_url": receiver.url})
        one = office.post("slack", "k")
        office.deliver()
    (row,) = lines(vedette("deliveries", "list", "--state", "dead", "--json"))
    assert (row["id"], row["channel"], row["attempts"]) == (one, "slack", 1)
    assert "invalid_payload" in row["last_error"]
    assert lines(vedette("deliveries", "list", "--channel", "other", "--json")) == []
    shown = vedette("deliveries", "show", str(one))
    assert "dead (permanent-failure)" in shown.stdout
    assert "attempt 1" in shown.stdout
    assert vedette("deliveries", "retry", "--all-dead").exit_code == 0
    assert office.get(one).state is DeliveryState.RETRY
    assert vedette("deliveries", "retry", "--all-dead").exit_code == 1, "there is none left"


def test_alerts_are_listed_and_shown_with_what_matched_and_who_was_told(office: Office, vedette: Vedette) -> None:
    now = office.clock.now()
    match = Match("adex", 1, (Span("body", 4, 8, "ADEX", "ADEX"),))
    with office.store.write() as tx:
        tx.topics.put(Topic("adex", "ADEX", "ADEX fair"), now)
        stored = tx.articles.store(article(), None, now, story=None)
        other = tx.articles.store(
            replace(
                article("The fair"), url="https://o.example/2", canonical_url="https://o.example/2", site="o.example"
            ),
            None,
            now,
            story=stored.story_id,
        )
        assert stored.article.id is not None
        assert other.article.id is not None
        match_id = tx.matches.add(stored.article.id, 1, match, now)
        alert = tx.alerts.create("adex", stored.story_id, 1, stored.article.id, match_id, now)
        tx.alerts.join(alert.id, other.article.id, now)
        tx.alerts.suppress(alert.id, "bela-adex", DeliveryReason.MUTED, stored.article.id, now)
    office.hook("hook", "https://receiver.example/")
    office.post("hook", "k", alert_id=alert.id, not_before=now + timedelta(hours=1))
    (row,) = lines(vedette("alerts", "list", "--topic", "adex", "--json"))
    assert (row["alert"]["id"], row["articles"], row["topic_title"]) == (alert.id, 2, "ADEX fair")
    assert lines(vedette("alerts", "list", "--topic", "other", "--json")) == []
    shown = vedette("alerts", "show", str(alert.id)).stdout
    for said in ("The *ADEX* fair opened", "also: o.example", "told: hook: pending", "not told: bela-adex: muted"):
        assert said in shown, said
    whole = json.loads(vedette("alerts", "show", str(alert.id), "--json").stdout)
    assert [a["title"] for a in whole["articles"]] == ["ADEX opens in Baku", "The fair"]
    assert whole["suppressions"][0]["reason"] == "muted"


# --------------------------------------------------------------------------- secrets, feeds


def test_a_webhooks_secret_is_replaced_in_two_steps(vedette: Vedette) -> None:
    with http_receiver() as receiver:
        vedette("channels", "add", "hook", "webhook", f"url={receiver.url}", f"secret={SECRET}")
        vedette("channels", "disable", "hook", "--reason", "on leave")
        begun = vedette("channels", "rotate-secret", "hook")
        new = begun.stdout.splitlines()[0]
        assert new.startswith("whsec_")
        assert "already" in vedette("channels", "rotate-secret", "hook").stderr
        vedette("channels", "test", "hook")
        assert "whsec" not in vedette("channels", "list").stdout
        (row,) = lines(vedette("channels", "list", "--json"))
        assert row["state"] == "off: on leave", "a new secret is no reason to send"
        assert vedette("channels", "rotate-secret", "hook", "--finish").exit_code == 0
        assert "to begin" in vedette("channels", "rotate-secret", "hook", "--finish").stderr
        vedette("channels", "test", "hook")
    both, one = receiver.requests
    for request, secrets in ((both, (SECRET, new)), (one, (new,))):
        for secret in secrets:
            Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(one.body, one.headers)


def test_a_private_feed_is_shown_and_has_an_address(office: Office, vedette: Vedette) -> None:
    vedette("channels", "add", "mine", "feed", "title=Mine")
    assert "public_url" in vedette("channels", "feed", "mine", "--address").stderr
    with office.config.open("a") as file:
        file.write('[alerts]\npublic_url = "https://v.example"\n')
    vedette("channels", "test", "mine")
    shown = feedparser.parse(vedette("channels", "feed", "mine").stdout)
    assert shown.feed.title == "Mine"
    assert [entry.title for entry in shown.entries] == ["Test: This is a test message of Vedette"]
    address = vedette("channels", "feed", "mine", "--address", "--form", "rss").stdout.strip()
    assert address.startswith("https://v.example/feeds/")
    assert address.endswith(".rss")
    vedette("channels", "add", "mine", "feed", "title=Mine", "key=other")
    assert vedette("channels", "feed", "mine", "--address", "--form", "rss").stdout.strip() != address


def test_the_message_of_a_delivery_is_previewed_in_the_channels_own_template(
    office: Office, vedette: Vedette, tmp_path: Path
) -> None:
    (tmp_path / "own" / "desk").mkdir(parents=True)
    (tmp_path / "own" / "desk" / "email.txt.j2").write_text("Desk: {{ notice.title }}")
    with office.config.open("a") as file:
        file.write('[deliver]\ntemplates = "own"\n')
    vedette("channels", "add", "desk", "email", "to=desk@example.org")
    delivery = office.post("desk", "a story of today")
    assert "Desk: This is a test" in vedette("channels", "preview", "desk").stdout
    assert "Desk: a story of today" in vedette("channels", "preview", "desk", "--delivery", str(delivery)).stdout
    assert "Desk: " not in vedette("channels", "preview", "email").stdout
    assert "deliveries list" in vedette("channels", "preview", "desk", "--delivery", "99").stderr


@pytest.mark.parametrize("command", ["rotate-secret", "feed"])
def test_what_only_some_kinds_can_is_refused_for_others(vedette: Vedette, command: str) -> None:
    vedette("channels", "add", "desk", "email", "to=desk@example.org")
    refused = vedette("channels", command, "desk")
    assert refused.exit_code == 2
    assert "of the kind email" in refused.stderr
