"""What every kind of channel keeps to."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import CHANNELS, Channel, make_channel, masked, seal, secret_fields, unseal, validate
from tests.faulty import MailReceiver, answer, http_receiver, mail_receiver
from tests.notices import HOSTILE, KEY, SECRET, context, hostile, notice
from vedette.config import SmtpSettings
from vedette.errors import UsageError
from vedette.model import AttemptOutcome
from vedette.secrets import Vault, is_reference

CANARY = "c4n4ry-s3cr3t-v4lue"


@contextlib.contextmanager
def receiver_for(kind: str, path: Path) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Settings that lead to a receiver that takes everything, the context, and a function that counts arrivals."""
    if kind == "email":
        with mail_receiver() as mail:
            smtp = SmtpSettings(host=mail.host, port=mail.port, security="none", sender="Vedette <v@news.example>")
            yield {"to": "anna@example.org"}, context(smtp=smtp), lambda: len(mail.mails)
    elif kind == "file":
        file = path / "alerts.jsonl"
        yield {"path": str(file)}, context(), lambda: len(file.read_text().splitlines()) if file.exists() else 0
    elif kind == "console":
        with contextlib.redirect_stdout(io.StringIO()) as screen:
            yield {}, context(), lambda: len(screen.getvalue().splitlines())
    elif kind == "feed":  # what is sent is an entry: nothing leaves the house
        yield {}, context(), lambda: 1
    elif kind == "apprise":
        with http_receiver() as http:
            yield {"url": http.url.replace("http", "json", 1)}, context(timeout=30), lambda: len(http.requests)
    else:
        with http_receiver() as http:
            settings = {"webhook_url": http.url} if kind == "slack" else {"url": http.url, "secret": SECRET}
            yield settings, context(), lambda: len(http.requests)


@pytest.mark.parametrize("kind", sorted(CHANNELS))
class TestEveryKind:
    """One contract for all kinds: a kind of your own passes it too."""

    def test_it_declares_itself(self, kind: str) -> None:
        cls = CHANNELS[kind]
        assert cls.__doc__
        assert cls.kind == kind
        assert validate(kind, cls.example) is not None
        assert sum(cls.retry_minutes) >= 20 * 60, "retries go on for the better part of a day"
        assert list(cls.retry_minutes) == sorted(cls.retry_minutes)

    def test_an_unknown_setting_is_an_error_that_lists_the_known(self, kind: str) -> None:
        with pytest.raises(UsageError, match=r"colour.*a .* channel knows"):
            validate(kind, {**CHANNELS[kind].example, "colour": "red"})

    def test_secrets_are_sealed_masked_and_come_back(self, kind: str) -> None:
        vault, example = Vault(Vault.new_key()), dict(CHANNELS[kind].example)
        stored = seal(kind, example, vault)
        assert unseal(kind, stored, vault) == example
        assert seal(kind, stored, vault) == stored or not secret_fields(kind)
        shown = json.dumps([stored, masked(kind, stored, vault)], default=str)
        for name in secret_fields(kind) & example.keys():
            assert not is_reference(str(stored[name]))
            assert str(example[name]) not in shown

    def test_it_delivers(self, kind: str, tmp_path: Path) -> None:
        with receiver_for(kind, tmp_path) as (settings, where, arrived):
            result = asyncio.run(make_channel(kind, settings, Vault(Vault.new_key())).send(notice(), KEY, where))
            assert result.outcome is AttemptOutcome.SENT, result
            assert arrived() == 1

    @pytest.mark.parametrize("name", sorted(HOSTILE))
    def test_hostile_pages_do_no_harm(self, kind: str, name: str, tmp_path: Path) -> None:
        with receiver_for(kind, tmp_path) as (settings, where, arrived):
            channel = make_channel(kind, settings, Vault(Vault.new_key()))
            if kind != "apprise" or name == "surrogate":  # a process for each of them would take a while
                result = asyncio.run(channel.send(hostile(name), KEY, where))
                assert result.outcome is AttemptOutcome.SENT, result
                assert arrived() == 1
            shown = channel.preview(hostile(name), where)
            assert "javascript:" not in shown
            assert not set(shown) & set("\x00\x07\x1b\u202e\u2066\ud83d\udfff")

    def test_a_preview_is_text_and_needs_no_receiver(self, kind: str) -> None:
        channel: Channel = CHANNELS[kind](validate(kind, CHANNELS[kind].example))
        assert "Krosetto" in channel.preview(notice(), context())

    def test_nobody_there_means_later(self, kind: str, tmp_path: Path) -> None:
        """A refused connection, or a folder that is not there, is retried and is certainly not delivered."""
        nowhere: dict[str, dict[str, Any]] = {
            "email": {"to": "a@b.example", "server": {"host": "127.0.0.1", "port": 1, "security": "none"}},
            "file": {"path": str(tmp_path / "missing" / "file")},
            "apprise": {"url": "json://127.0.0.1:1/x"},
            "slack": {"webhook_url": "http://127.0.0.1:1/x"},
            "webhook": {"url": "http://127.0.0.1:1/x", "secret": SECRET},
        }
        if kind in ("console", "feed"):
            pytest.skip("it needs nobody")
        where = context(timeout=30.0)
        result = asyncio.run(make_channel(kind, nowhere[kind], Vault(Vault.new_key())).send(notice(), KEY, where))
        assert result.outcome is AttemptOutcome.RETRY, result
        assert result.error

    def test_a_second_copy_carries_the_same_key(self, kind: str, tmp_path: Path) -> None:
        """A receiver can tell that it has the message already, however often it comes."""
        if kind in ("slack", "apprise", "console", "feed"):
            pytest.skip("the receiver takes no key")
        seen = []
        if kind == "email":
            with mail_receiver() as mail:
                smtp = SmtpSettings(host=mail.host, port=mail.port, security="none")
                channel = make_channel(kind, {"to": "anna@example.org"}, Vault(Vault.new_key()))
                for _ in range(2):
                    asyncio.run(channel.send(notice(), KEY, context(smtp=smtp)))
                seen = [m["Message-ID"] for m in mail.mails]
        elif kind == "webhook":
            with http_receiver(answer()) as http:
                channel = make_channel(kind, {"url": http.url, "secret": SECRET}, Vault(Vault.new_key()))
                for _ in range(2):
                    asyncio.run(channel.send(notice(), KEY, context()))
                seen = [(r.headers["webhook-id"], r.body) for r in http.requests]
        else:
            file = tmp_path / "f"
            for _ in range(2):
                asyncio.run(
                    make_channel(kind, {"path": str(file)}, Vault(Vault.new_key())).send(notice(), KEY, context())
                )
            seen = file.read_text().splitlines()
        assert len(seen) == 2
        assert len(set(seen)) == 1


def test_secrets_of_a_table_are_sealed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "value")
    vault = Vault(Vault.new_key())
    given = {**CHANNELS["webhook"].example, "headers": {"X-Api-Key": CANARY, "X-Other": "env:OTHER_KEY"}}
    stored = seal("webhook", given, vault)
    assert CANARY not in json.dumps(stored)
    assert stored["headers"]["X-Other"] == "env:OTHER_KEY"
    assert masked("webhook", stored, vault)["headers"] == {"X-Api-Key": "…4lue", "X-Other": "env:OTHER_KEY"}


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("webhook", {"url": "ftp://x.example/", "secret": SECRET}, "begins with https"),
        ("webhook", {"url": "https://x.example/", "secret": "short"}, "24 to 64 bytes"),
        ("webhook", {"url": "https://x.example/"}, "secret"),
        ("webhook", {"url": "https://x.example/", "secret": SECRET, "headers": {"A\nB": "x"}}, "can't be sent"),
        ("webhook", {"url": "https://x.example/", "secret": SECRET, "headers": {"A": "x\r\ny"}}, "can't be sent"),
        ("webhook", {"url": "https://x.example/", "secret": SECRET, "headers": {"Webhook-Id": "x"}}, "own"),
        ("slack", {}, "either webhook_url, or token"),
        ("slack", {"token": "xoxb-1"}, "needs the channel"),
        ("slack", {"webhook_url": "hooks.slack.com/x"}, "begins with https"),
        ("email", {"to": "nobody"}, "one mail address"),
        ("email", {"to": "a@b.example, c@d.example"}, "one mail address"),
        ("email", {"to": "a@b.example\r\nBcc: c@d.example"}, "one mail address"),
        ("email", {"to": "ä@b.example"}, "xn--"),
        ("email", {"to": "a@b.example", "unsubscribe_url": "http://x"}, "https://"),
    ],
)
def test_settings_that_can_not_work_are_refused_in_one_line(kind: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        validate(kind, settings)
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(UsageError, match="use one of apprise, console, email, feed, file, slack, webhook"):
        validate("pigeon", {})


def test_a_torn_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    file.write_text('{"id": "torn')
    channel = make_channel("file", {"path": str(file)}, Vault(Vault.new_key()))
    asyncio.run(channel.send(notice(), KEY, context()))
    assert json.loads(file.read_text().splitlines()[1])["id"] == KEY


def test_the_receivers_of_these_tests_can_refuse() -> None:
    with mail_receiver(MailReceiver(refuse={"rcpt": "550 5.1.1 who?"})) as mail:
        smtp = SmtpSettings(host=mail.host, port=mail.port, security="none")
        channel = make_channel("email", {"to": "anna@example.org"}, Vault(Vault.new_key()))
        assert asyncio.run(channel.send(notice(), KEY, context(smtp=smtp))).outcome is AttemptOutcome.CHANNEL_GONE
        assert mail.mails == []
