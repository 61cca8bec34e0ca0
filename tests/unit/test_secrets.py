"""Secrets stay secret: at rest, in logs, in exceptions, in URLs and in what libraries log."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette import log, secrets
from vedette.errors import ConfigError
from vedette.secrets import Vault, redact, register

PASSWORD = 'p&ss "wörd"/2026'
SLACK = "https://hooks.slack.com/services/T0123/B4567/abcdefghijklmnop"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    secrets.forget()
    root = logging.getLogger()
    before, level, hook = list(root.handlers), root.level, sys.excepthook
    yield
    root.handlers[:], sys.excepthook = before, hook
    root.setLevel(level)
    logging.captureWarnings(False)
    secrets.forget()


def configured(format: str) -> io.StringIO:
    stream = io.StringIO()
    log.configure("debug", format, stream)
    return stream


@pytest.mark.parametrize("format", ["console", "json"])
def test_no_secret_gets_into_a_log_line(format: str) -> None:
    stream = configured(format)
    register(PASSWORD)
    logger = log.get("test", channel="anna")
    logger.info("sending", password=PASSWORD, nested={"deep": [PASSWORD]}, url=SLACK)
    logger.info(f"event with {PASSWORD}")
    logging.getLogger("some.library").warning("GET %s?key=%s", SLACK, quote(PASSWORD))
    try:
        raise ValueError(f"cannot log in with {PASSWORD} at {SLACK}")
    except ValueError:
        logger.exception("failed")
        logging.getLogger("some.library").exception("failed too")
    text = stream.getvalue()
    assert "anna" in text
    assert "cannot log in" in text
    for part in (PASSWORD, "wörd", quote(PASSWORD), json.dumps(PASSWORD)[1:-1], "abcdefghijklmnop", "B4567"):
        assert part not in text


def test_a_line_of_json_is_one_object_with_its_ids() -> None:
    stream = configured("json")
    log.get("crawler", source="gazette").info("polled", new=3)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.get("crawler").exception("failed")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 2
    assert {"source": "gazette", "event": "polled", "new": 3, "level": "info"}.items() <= lines[0].items()
    assert "two\nlines" in lines[1]["exception"]


def test_libraries_that_log_addresses_are_quiet_and_redacted() -> None:
    stream = configured("console")
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        client.post(SLACK)
    assert stream.getvalue() == ""  # httpx would log the whole address at INFO
    logging.getLogger("httpx").warning("HTTP Request: POST %s", SLACK)
    assert "abcdefghijklmnop" not in stream.getvalue()
    assert "hooks.slack.com" in stream.getvalue()


def test_a_crash_prints_no_secret() -> None:
    code = (
        "from vedette import log, secrets\n"
        f"log.configure(); secrets.register({PASSWORD!r})\n"
        f"raise RuntimeError({PASSWORD!r} + ' and ' + {SLACK!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "RuntimeError: ***" in done.stderr.splitlines()[-1]
    assert "abcdefghijklmnop" not in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:word@db/x", "postgresql://me:***@db/x"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("https://api.example/x?token=abc123&page=2", "https://api.example/x?token=***&page=2"),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_***"),
        ("xoxb-1234-5678-abcd", "xoxb-***"),
        ("a plain https://news.example/a?id=7 stays", "a plain https://news.example/a?id=7 stays"),
        ("basic training of the key partners", "basic training of the key partners"),
        (f"GET /links/.{'t0ken_-' * 9}.{'s' * 43} 200", "GET /links/*** 200"),
        (f"https://v.example/feeds/{'t0ken_-' * 9}.{'s' * 43}.atom", "https://v.example/feeds/***.atom"),
        (
            f"https://news.example/feeds/{'a-long-headline-' * 5}.xml",
            f"https://news.example/feeds/{'a-long-headline-' * 5}.xml",
        ),
        ("GET /links/ 404", "GET /links/ 404"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(st.text(min_size=6, max_size=40).filter(lambda s: s.strip("*")), st.text(max_size=30), st.text(max_size=30))
def test_a_registered_secret_never_survives(secret: str, before: str, after: str) -> None:
    secrets.forget()
    register(secret)
    assert secret not in redact(before + secret + after) or secret in secrets.MASK * 20


@given(st.text(max_size=200))
def test_what_was_encrypted_comes_back(secret: str) -> None:
    vault = Vault(Vault.new_key())
    stored = vault.encrypt(secret)
    assert stored.startswith(Vault.prefix)
    assert vault.decrypt(stored) == secret


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    stored = Vault.open("", path).encrypt("a secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Vault.open("", path).decrypt(stored) == "a secret"
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]


def test_another_key_or_none_is_told(tmp_path: Path) -> None:
    stored = Vault(Vault.new_key()).encrypt("a secret")
    with pytest.raises(ConfigError, match="encrypted with another key"):
        Vault(Vault.new_key()).decrypt(stored)
    with pytest.raises(ConfigError, match="32 bytes"):
        Vault("no key")
    old, new = Vault.new_key(), Vault.new_key()
    assert Vault(new, old).decrypt(Vault(old).encrypt("a secret")) == "a secret"
