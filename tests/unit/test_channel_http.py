"""Slack and webhooks: what a receiver gets, and every way in which one can fail."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from alerts.channels import Result, make_channel
from alerts.channels.slack import render
from alerts.channels.webhook import minified, payload
from tests.faulty import Answer, answer, drip, http_receiver, raw_server, reset, silent
from tests.notices import HOSTILE, KEY, SECRET, context, hostile, notice
from vedette.model import AttemptOutcome, DeliveryReason, Notice, Sentence
from vedette.secrets import Vault

SENT, RETRY, UNCERTAIN = AttemptOutcome.SENT, AttemptOutcome.RETRY, AttemptOutcome.UNCERTAIN
PERMANENT, GONE = AttemptOutcome.PERMANENT, AttemptOutcome.CHANNEL_GONE
OTHER = "whsec_" + "QUJD" * 10


def send(kind: str, stored: dict[str, Any], about: Notice | None = None, **changes: Any) -> Result:
    channel = make_channel(kind, stored, Vault(Vault.new_key()))
    return asyncio.run(channel.send(about or notice(), KEY, context(**changes)))


def slack(url: str, **changes: Any) -> Result:
    return send("slack", {"webhook_url": url}, **changes)


def webhook(url: str, **changes: Any) -> Result:
    return send("webhook", {"url": url, "secret": SECRET}, **changes)


# --------------------------------------------------------------------------- what arrives


def test_a_webhook_is_signed_over_its_exact_bytes() -> None:
    with http_receiver() as receiver:
        assert webhook(receiver.url).outcome is SENT
    (request,) = receiver.requests
    assert request.headers["webhook-id"] == KEY
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 10
    assert Verifier(SECRET).verify(request.body, request.headers) == request.json
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(request.body + b" ", request.headers)
    said = request.json
    assert said["type"] == "alert.created"
    assert said["data"]["topic"] == {"id": "adex", "title": "ADEX fair", "version": 3}
    assert said["data"]["article"]["title"] == "ADEX opens in Baku"
    first = said["data"]["matched"][1]
    assert [first["text"][a:b] for a, b in first["marks"]] == ["ADEX"]
    assert said["data"]["hits"] == ["ADEX", "Guido Crosetto (Krosetto)"]
    assert b": " not in request.body.replace(b"drew many", b"")


def test_while_a_secret_is_replaced_both_verify() -> None:
    with http_receiver() as receiver:
        send("webhook", {"url": receiver.url, "secret": OTHER, "old_secret": SECRET})
    (request,) = receiver.requests
    for secret in (SECRET, OTHER):
        Verifier(secret).verify(request.body, request.headers)


def test_further_headers_are_sent_and_ours_stay_ours() -> None:
    with http_receiver() as receiver:
        send("webhook", {"url": receiver.url, "secret": SECRET, "headers": {"X-Api-Key": "k3y"}})
    (request,) = receiver.requests
    assert request.headers["x-api-key"] == "k3y"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_webhook_stays_under_20_kb(name: str) -> None:
    about = replace(hostile(name), text=HOSTILE[name].encode(errors="replace").decode(), title="ş" * 9000)
    assert len(minified(payload(about)).encode()) < 20_000


def test_a_slack_message_says_what_where_when_and_why() -> None:
    with http_receiver() as receiver:
        assert slack(receiver.url).outcome is SENT
    message = receiver.requests[0].json
    shown = json.dumps(message["blocks"], ensure_ascii=False)
    assert "<https://news.example/a?b=1&amp;c=2|ADEX opens in Baku>" in shown
    assert "Minister \u200b*Krosetto*\u200b came." in shown
    assert "drew many" in shown
    assert "&amp; drew" in shown
    for said in ("ADEX fair", "news.example", "🇦🇿", "English", "Guido Crosetto (Krosetto)", "rule version 3", "12:15"):
        assert said in shown, said
    assert message["text"] == "[ADEX fair] ADEX opens in Baku"
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_a_bot_posts_to_its_channel_with_its_token_in_a_header() -> None:
    with http_receiver(answer(body=b'{"ok": true, "ts": "1.2"}')) as receiver:
        result = send("slack", {"token": "xoxb-12345678", "channel": "C1", "api_url": receiver.url})
    (request,) = receiver.requests
    assert result.outcome is SENT
    assert request.headers["authorization"] == "Bearer xoxb-12345678"
    assert request.json["channel"] == "C1"
    assert "xoxb" not in request.body.decode()


def check_slack(message: dict[str, Any]) -> None:
    """Slack's documented limits, and its own SDK reads the blocks and finds them valid."""
    blocks = message["blocks"]
    assert 0 < len(blocks) <= 50
    for parsed in Block.parse_all(blocks):
        parsed.to_dict()  # validates
    assert [b.to_dict()["type"] for b in Block.parse_all(blocks)] == [b["type"] for b in blocks]
    for block in blocks:
        if block["type"] == "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert 1 <= len(block["text"]["text"]) <= 3000
        else:
            assert 1 <= len(block["elements"]) <= 10
            assert all(1 <= len(e["text"]) <= 3000 for e in block["elements"])
    assert message["text"]
    assert len(json.dumps(message, ensure_ascii=False)) < 10_000


def mentions(message: dict[str, Any]) -> list[str]:
    """Everything between angle brackets that is not a link of ours."""
    texts = [message["text"]]
    for block in message["blocks"]:
        texts += [e["text"] for e in block.get("elements", ())]
        if block["type"] == "section":
            texts.append(block["text"]["text"])
    found = [part.split(">")[0] for text in texts for part in text.split("<")[1:]]
    return [f for f in found if not f.startswith("http")]


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_pages_keep_to_slacks_limits_and_mention_nobody(name: str) -> None:
    message = render(hostile(name))
    check_slack(message)
    assert mentions(message) == []


ANY_TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=1500)
BAD = st.text("&<>|*_~`ş@!", max_size=2500)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.one_of(ANY_TEXT, BAD), st.one_of(ANY_TEXT, BAD), st.lists(st.one_of(ANY_TEXT, BAD), max_size=7))
def test_any_text_keeps_to_the_limits_of_slack_and_of_webhooks(title: str, topic: str, texts: list[str]) -> None:
    sentences = tuple(Sentence(text[:600], ((0, min(3, len(text))),) if text else ()) for text in texts)
    about = notice(
        title=title,
        topic_title=topic[:200],
        sentences=sentences,
        hits=tuple(texts),
        others=tuple((text[:200], f"https://x.example/{n}") for n, text in enumerate(texts)),
        text=title,
        links={"explain": "https://vedette.example/explain?url=" + "%20" * 200},
    )
    message = render(about)
    check_slack(message)
    assert mentions(message) == []
    assert len(minified(payload(about)).encode()) < 20_000


def test_no_entity_is_cut_in_two() -> None:
    shown = json.dumps(render(notice(title="&" * 5000, sentences=(Sentence("<" * 600),))))
    for part in shown.split("&")[1:]:
        assert part.startswith(("amp;", "lt;", "gt;"))


# --------------------------------------------------------------------------- what can fail


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, b"invalid_payload", PERMANENT),
        (403, b"action_prohibited", GONE),
        (404, b"channel_not_found", GONE),
        (410, b"channel_is_archived", GONE),
        (404, b"no_service", GONE),
        (403, b"invalid_token", GONE),
        (500, b"rollup_error", RETRY),
        (503, b"<html>busy</html>", RETRY),
        (200, b"", UNCERTAIN),
        (200, b'{"ok": false, "error": "channel_not_found"}', GONE),
        (200, b'{"ok": false, "error": "not_in_channel"}', GONE),
        (200, b'{"ok": false, "error": "invalid_auth"}', GONE),
        (200, b'{"ok": false, "error": "invalid_blocks"}', PERMANENT),
        (200, b'{"ok": false, "error": "internal_error"}', RETRY),
        (200, b'{"ok": true}', SENT),
        (200, b'{"ok": ', UNCERTAIN),
        (302, b"", RETRY),
    ],
)
def test_slack_answers(status: int, body: bytes, outcome: AttemptOutcome) -> None:
    with http_receiver(answer(status, body)) as receiver:
        result = slack(receiver.url)
    assert result.outcome is outcome, result
    if outcome is not SENT:
        assert result.error


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, SENT),
        (202, SENT),
        (204, SENT),
        (301, RETRY),
        (307, RETRY),
        (400, RETRY),
        (401, RETRY),
        (404, GONE),
        (410, GONE),
        (429, RETRY),
        (500, RETRY),
        (503, RETRY),
    ],
)
def test_webhook_answers(status: int, outcome: AttemptOutcome) -> None:
    with http_receiver(answer(status, b"" if status == 204 else b"whatever")) as receiver:
        assert webhook(receiver.url).outcome is outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60.0),
        ("0", 0.0),
        ("999999999999", 86400.0),
        ("²", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (format_datetime(datetime(2026, 9, 23, 8, 1, 30, tzinfo=UTC), usegmt=True), 90.0),
        (format_datetime(datetime(2026, 9, 23, 7, 0, tzinfo=UTC), usegmt=True), 0.0),
    ],
)
def test_retry_after_counts_for_the_whole_channel(value: str, seconds: float | None) -> None:
    date = format_datetime(datetime(2026, 9, 23, 8, 0, tzinfo=UTC), usegmt=True)
    for kind in (slack, webhook):
        with http_receiver(answer(429, b"slow", Retry_After=value, Date=date)) as receiver:
            result = kind(receiver.url)
        assert result.outcome is RETRY
        assert result.retry_after == (30.0 if seconds is None and kind is slack else seconds)


def test_a_redirect_is_not_followed() -> None:
    with http_receiver() as inner, http_receiver(answer(307, b"", Location=inner.url)) as outer:
        result = webhook(outer.url)
        assert result.outcome is RETRY
        assert "redirects" in result.error
        assert inner.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://[2002:7f00:1::]/",
    ],
)
def test_a_private_address_is_not_visited_unless_allowed(url: str) -> None:
    with http_receiver() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        result = webhook(url.format(port=port), allow_addresses=())
        assert (result.outcome, result.code) == (RETRY, "blocked-address"), result
        assert receiver.requests == []


def test_a_silent_receiver_is_left_in_time_and_may_have_it() -> None:
    with http_receiver(silent) as receiver:
        began = time.monotonic()
        result = webhook(receiver.url, timeout=0.5)
        assert time.monotonic() - began < 2
    assert (result.outcome, result.phase) == (UNCERTAIN, "response")


def test_a_connection_that_is_reset_may_have_delivered() -> None:
    with http_receiver(reset) as receiver:
        assert webhook(receiver.url).outcome is UNCERTAIN


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (drip(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 500), UNCERTAIN),
        (drip(HEAD, b"x" * 500), SENT),
        (answer(200, b"x" * 1_000_000), SENT),
        (answer(500, b"x" * 1_000_000), RETRY),
        (answer(200, b"\x1f\x8bnot gzip", Content_Encoding="gzip"), SENT),
    ],
)
def test_the_status_decides_and_the_deadline_is_kept(
    act: Answer, outcome: AttemptOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.channels._http.BODY_SECONDS", 0.3)
    with http_receiver(act) as receiver:
        began = time.monotonic()
        assert webhook(receiver.url, timeout=0.7).outcome is outcome
        assert time.monotonic() - began < 2


def test_what_is_no_http_is_uncertain() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"220 mail.example ESMTP\r\n")

    with raw_server(talk) as port:
        assert webhook(f"http://127.0.0.1:{port}/").outcome is UNCERTAIN


def test_a_resolver_that_never_answers_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def never(*_: Any, **__: Any) -> Any:
        stop.wait(5)
        raise socket.gaierror(-2, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", never)

    async def measured() -> tuple[Result, float]:
        began = time.monotonic()
        channel = make_channel("webhook", {"url": "https://slow.example/", "secret": SECRET}, Vault(Vault.new_key()))
        result = await channel.send(notice(), KEY, context(timeout=0.4))
        stop.set()
        return result, time.monotonic() - began

    result, took = asyncio.run(measured())
    assert (result.outcome, result.phase) == (RETRY, "connect")
    assert took < 2


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_receiver() as proxy, http_receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert webhook(receiver.url).outcome is SENT
        assert (len(receiver.requests), proxy.requests) == (1, [])


def test_updates_tests_and_operator_notices_are_told_apart() -> None:
    kinds = {reason: payload(notice(reason=reason))["type"] for reason in DeliveryReason}
    assert kinds[DeliveryReason.UPDATE] == "alert.updated"
    assert kinds[DeliveryReason.TEST] == "test"
    assert kinds[DeliveryReason.OPERATOR] == "operator.notice"
    assert kinds[DeliveryReason.NEW_STORY] == "alert.created"
