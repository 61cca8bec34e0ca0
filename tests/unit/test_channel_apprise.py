"""Apprise: one target, in a process of its own that can be killed and goes only where it may."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from ssrfguard import Policy

from alerts.apprise_child import guard, veiled
from alerts.channels import Result, make_channel, validate
from alerts.channels.apprise import judge
from tests.faulty import Answer, answer, http_receiver, reset, silent
from tests.notices import KEY, context, hostile, notice
from tests.office import Office
from vedette.errors import UsageError
from vedette.model import AttemptOutcome, DeliveryState, Notice
from vedette.network import make_policy
from vedette.secrets import Vault

VAULT = Vault(Vault.new_key())


def send(url: str, about: Notice | None = None, **changes: Any) -> Result:
    channel = make_channel("apprise", {"url": url.replace("http", "json", 1)}, VAULT)
    return asyncio.run(channel.send(about or notice(), KEY, context(**{"timeout": 30.0, **changes})))


def test_a_service_gets_title_and_text() -> None:
    with http_receiver() as receiver:
        assert send(receiver.url).outcome is AttemptOutcome.SENT
    told = receiver.requests[0].json
    assert told["title"] == "[ADEX fair] ADEX opens in Baku"
    for words in ("*Krosetto* came", "https://news.example/a?b=1&c=2", "12:15", "rule version 3"):
        assert words in told["message"]


def test_a_refusal_is_told_without_the_address_and_no_redirect_is_followed() -> None:
    with http_receiver() as inner, http_receiver(answer(307, b"", Location=inner.url)) as receiver:
        refused = send(receiver.url.replace("hook", "s3cr3t-t0ken"))
        assert inner.requests == []
    assert (refused.outcome, refused.code) == (AttemptOutcome.RETRY, "refused")
    assert "307" in refused.error
    assert "s3cr3t" not in refused.error


@pytest.mark.parametrize(
    ("reply", "outcome", "code", "wait"),
    [
        (answer(404, b"no"), AttemptOutcome.CHANNEL_GONE, "404", None),
        (answer(429, b"", **{"Retry-After": "3600"}), AttemptOutcome.RETRY, "429", 3600.0),
        (reset, AttemptOutcome.UNCERTAIN, "broken", None),
    ],
    ids=["404", "429", "reset"],
)
def test_what_a_service_answers_decides(reply: Answer, outcome: AttemptOutcome, code: str, wait: float | None) -> None:
    with http_receiver(reply) as receiver:
        result = send(receiver.url.replace("hook", "s3cr3t-t0ken"))
    assert (result.outcome, result.code, result.retry_after) == (outcome, code, wait)
    assert "s3cr3t" not in result.error


@pytest.mark.parametrize(
    ("status", "lost", "outcome", "wait"),
    [
        (403, False, AttemptOutcome.CHANNEL_GONE, None),
        (410, False, AttemptOutcome.CHANNEL_GONE, None),
        (429, False, AttemptOutcome.RETRY, 60.0),
        (400, False, AttemptOutcome.RETRY, None),
        (500, False, AttemptOutcome.RETRY, None),
        (200, False, AttemptOutcome.RETRY, None),  # an error told in the body alone
        (None, False, AttemptOutcome.RETRY, None),  # no HTTP, or nobody there
        (None, True, AttemptOutcome.UNCERTAIN, None),
    ],
)
def test_what_is_not_known_to_be_final_is_tried_again(
    status: int | None, lost: bool, outcome: AttemptOutcome, wait: float | None
) -> None:
    result = judge({"sent": False, "error": "", "status": status, "headers": {}, "lost": lost})
    assert (result.outcome, result.retry_after) == (outcome, wait)


def test_a_service_that_refuses_the_token_switches_the_channel_off_and_nothing_is_lost(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with http_receiver(answer(401, b"no"), answer(200)) as receiver, http_receiver() as other:
        office.channel("chat", "apprise", {"url": receiver.url.replace("http", "json", 1)})
        office.hook("hook", other.url)
        message = office.post("chat", "k")
        office.deliver()
        office.deliver()
        assert len(receiver.requests) == 1, "no further try before it is mended"
        assert other.requests[0].json["data"]["article"]["title"] == "Your channel chat was switched off"
        with office.store.write() as tx:
            tx.channels.enable("chat")
        office.advance(minutes=2)
        office.deliver()
    assert office.get(message).state is DeliveryState.SENT
    office.store.close()


def test_a_service_that_hangs_is_cut_off_with_its_process() -> None:
    before = set(psutil.Process(os.getpid()).children())
    with http_receiver(silent) as receiver:
        began = time.monotonic()
        result = send(receiver.url, timeout=1.0)
        assert time.monotonic() - began < 10
    assert (result.outcome, result.code) == (AttemptOutcome.UNCERTAIN, "timeout")
    assert set(psutil.Process(os.getpid()).children()) <= before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://x", "does not know"),
        ("not an address", "does not know"),
        ("tgram://123456789:abcdefg_hijklmnop/1/2/3", "3 targets"),
    ],
)
def test_an_address_of_no_or_of_several_targets_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        validate("apprise", {"url": url})
    assert "abcdefg" not in str(caught.value)


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(socket.socket, "connect", socket.socket.connect)
    monkeypatch.setattr(socket.socket, "connect_ex", socket.socket.connect_ex)

    def set_up(*allowed: str) -> Policy:
        policy = make_policy(allowed)
        guard(policy)
        return policy

    return set_up


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "169.254.169.254", "10.0.0.1", "0x7f.1"])
def test_the_process_connects_to_no_private_address(guarded: Any, host: str) -> None:
    guarded()
    with http_receiver() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="not permitted"):
            socket.create_connection((host, port), timeout=2).close()
        assert receiver.requests == []


def test_what_the_operator_allows_is_connected_to(guarded: Any) -> None:
    guarded("127.0.0.0/8")
    with http_receiver() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        socket.create_connection(("localhost", port), timeout=2).close()


def test_no_part_of_an_address_is_left_in_what_is_said() -> None:
    url = "tgram://123456789:abcdefg_hijklmnop/12315544/?format=markdown"
    said = veiled("could not reach 12315544 with abcdefg_hijklmnop\n of 123456789", url)
    assert said == "could not reach *** with *** of ***"


def test_an_operators_template_and_its_mistakes(tmp_path: Path) -> None:
    channel = make_channel("apprise", {"url": "json://127.0.0.1:1/x"}, VAULT)
    (tmp_path / "apprise.txt.j2").write_text("short: {{ calm(notice.title) }}")
    assert "short: <\u200b!channel>" in channel.preview(hostile("mention"), context(templates=tmp_path))
    (tmp_path / "apprise.txt.j2").write_text("{{ wrong }}")
    result = asyncio.run(channel.send(notice(), KEY, context(templates=tmp_path)))
    assert (result.outcome, result.phase) == (AttemptOutcome.RETRY, "render")
