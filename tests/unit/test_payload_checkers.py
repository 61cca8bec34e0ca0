"""Messages as programs of others read them: Slack's own types, webhook verifiers, HTML validators, a mail reader."""

from __future__ import annotations

import base64
import json
import mailbox
import os
import random
import re
import shutil
import subprocess
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

import html5lib
import jsonschema
import pytest
import standardwebhooks
import svix
from slack_sdk.models.blocks import Block

from alerts.channels import make_channel
from alerts.channels.email import EmailSettings, build
from alerts.channels.slack import render
from alerts.notice import clean
from alerts.templating import render_html
from tests.faulty import http_receiver
from tests.notices import HOSTILE, KEY, SECRET, context, digest, hostile, notice
from vedette.model import DeliveryReason, Notice
from vedette.secrets import Vault

SCHEMA = Path(__file__).parents[1] / "data" / "slack" / "message.schema.json"
NODE = Path(__file__).parents[1] / "node"
EVERYTHING = {
    "others": (("Azernews", "https://azernews.example/1"), ("Il Sole", "https://ilsole.example/2")),
    "links": {name: f"https://v.example/links/{name}" for name in ("explain", "mute", "not-relevant", "unsubscribe")},
}
MESSAGES: dict[str, Notice] = {
    "alert": notice(**EVERYTHING),
    "italian": notice(**EVERYTHING, locale="it"),
    "italian digest": digest(60, locale="it", timezone="Europe/Rome"),
    "update": notice(reason=DeliveryReason.UPDATE),
    "test": notice(reason=DeliveryReason.TEST, text="A test."),
    "operator": notice(reason=DeliveryReason.OPERATOR, sentences=(), hits=(), url="", published_at=None, text="Off."),
    **{f"hostile {name}": hostile(name) for name in HOSTILE},
}


@cache
def slack_validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_slacks_types_and_slacks_sdk_take_our_messages(name: str) -> None:
    message = render(MESSAGES[name])
    assert [error.message for error in slack_validator().iter_errors(message)] == []
    for block, parsed in zip(message["blocks"], Block.parse_all(message["blocks"]), strict=True):
        assert parsed.to_dict() == block, "the SDK validates as it writes"


def test_the_schema_can_refuse() -> None:
    message = render(MESSAGES["alert"])
    message["blocks"][0]["text"]["type"] = "markdown"
    assert not slack_validator().is_valid(message)


@pytest.mark.parametrize("name", ["alert", "hostile emoji", "hostile surrogate"])
def test_webhooks_verify_with_the_verifiers_that_receivers_use(name: str) -> None:
    import asyncio

    old = "whsec_" + base64.b64encode(b"o" * 32).decode()
    with http_receiver() as receiver:
        settings = {"url": receiver.url, "secret": SECRET, "old_secret": old}
        channel = make_channel("webhook", settings, Vault(Vault.new_key()))
        asyncio.run(channel.send(MESSAGES[name], KEY, context()))
    (request,) = receiver.requests
    svix_headers = {f"svix-{part}": request.headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature")}
    for secret in (SECRET, old):
        told = standardwebhooks.Webhook(secret).verify(request.body, request.headers)
        svix.Webhook(secret).verify(request.body, svix_headers)
        assert told["data"]["article"]["title"] == MESSAGES[name].title
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(request.body + b" ", request.headers)
    with pytest.raises(svix.WebhookVerificationError):
        svix.Webhook(SECRET).verify(request.body + b" ", svix_headers)


# --------------------------------------------------------------------------- HTML


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_strict_html_parser_finds_no_fault_in_a_mail(name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(render_html(MESSAGES[name]))


def test_an_html_validator_and_the_tables_of_mail_clients_find_no_fault() -> None:
    modules = Path(os.environ.get("VEDETTE_NODE_MODULES", NODE / "node_modules"))
    if shutil.which("node") is None or not (modules / "html-validate").is_dir():
        pytest.skip("html-validate and doiuse-email are not here: `make checkers` installs them with npm")
    mails = [render_html(about) for about in MESSAGES.values()]
    script = modules.parent / "check.mjs"
    if script.parent != NODE:
        shutil.copy(NODE / "check.mjs", script)
    done = subprocess.run(["node", script], input=json.dumps(mails), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name, found in zip(MESSAGES, json.loads(done.stdout), strict=True):
        assert found["invalid"] == [], name
        # what has no substitute: a client that drops one shows the same mail, or a very long word that stands out
        bearable = ("`<body> element`", "`role attribute`", "`word-break`")
        told = [line for line in found["unsupported"] if not line.startswith(bearable)]
        assert told == [], name


# --------------------------------------------------------------------------- mail


def mail(about: Notice, key: str = KEY) -> bytes:
    return build(about, key, "Vedette <v@watch.example>", EmailSettings(to="a@b.example"), context()).as_bytes()


def test_a_mail_reader_sees_one_thread_for_a_story(tmp_path: Path) -> None:
    if shutil.which("notmuch") is None:
        pytest.skip("notmuch is not here: Debian's package of that name has it")
    box = mailbox.Maildir(tmp_path / "mail", create=True)
    told = [(42, f"{n:02x}" * 32) for n in range(4)] + [(43, f"{n:02x}" * 32) for n in range(9, 11)]
    for n, (story, key) in enumerate(told):
        box.add(mail(notice(f"Headline {n}", story_id=story, published_at=None), key))
    environment = {**os.environ, "NOTMUCH_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}
    (tmp_path / "config").write_text(f"[database]\npath={tmp_path / 'mail'}\n[user]\nprimary_email=a@b.example\n")

    def notmuch(*arguments: str) -> str:
        done = subprocess.run(
            ["notmuch", *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    notmuch("new", "--quiet")
    threads = json.loads(notmuch("search", "--format=json", "*"))
    assert sorted(thread["total"] for thread in threads) == [2, 4]


WORDS = {
    "en": "The defence minister signed a contract for 24 armoured vehicles & a radar, sources say – in Baku".split(),
    "fr": "Le ministre des Armées a signé à Bakou un contrat d’été : 24 véhicules blindés « modernisés », déjà".split(),
    "de": "Verteidigungsminister unterzeichnet Rüstungsvertrag über Schützenpanzer für größere Übung in Köln".split(),
    "ja": "防衛大臣 は バクー で 装甲車 二十四両 の 契約 に 署名 した 。 レーダー も 含まれる 予定 である".split(),
}


def headlines(count: int) -> list[str]:
    chance = random.Random(20260923)
    made = []
    for n in range(count):
        words = WORDS[sorted(WORDS)[n % len(WORDS)]]
        made.append(" ".join(chance.choice(words) for _ in range(chance.randint(1, 40)))[: chance.randint(20, 290)])
    return [clean(text) for text in made]


@pytest.mark.parametrize("count", [400, pytest.param(4000, marks=pytest.mark.slow)])
def test_subjects_come_back_as_they_were(count: int) -> None:
    """In short lines, read by the parser of old and by the new one."""
    about = notice()
    for title in headlines(count):
        raw = subject(about, title)
        unfolded = re.sub(r"\r?\n(?=[ \t])", "", message_from_bytes(raw)["Subject"])
        assert str(make_header(decode_header(unfolded))) == f"[ADEX fair] {title}"
        assert message_from_bytes(raw, policy=default)["Subject"] == f"[ADEX fair] {title}"
        for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"):
            assert len(line) <= 76, line
            for word in re.findall(rb"=\?[^ ]*\?=", line):
                assert len(word) <= 75


def subject(about: Notice, title: str) -> bytes:
    from alerts.channels._mime import new_message

    message: Any = new_message()
    message["Subject"] = f"[{about.topic_title}] {title}"
    return bytes(message.as_bytes())
