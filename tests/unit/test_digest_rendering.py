"""A digest, and what is new in a story, as every kind of channel shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from alerts.channels import CHANNELS, SendContext
from alerts.channels.slack import render
from alerts.channels.webhook import LARGEST, minified, payload
from alerts.templating import render_html, render_text
from tests.notices import context, digest, hostile, notice

KINDS = ("email", "slack", "webhook", "console")


def shown(kind: str, about: Any) -> str:
    channel = CHANNELS[kind](CHANNELS[kind].Settings.model_validate(CHANNELS[kind].example))
    settings: SendContext = context()
    return channel.preview(about, settings)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_each_story_of_a_digest_with_its_link(kind: str) -> None:
    text = shown(kind, digest())
    for n in range(3):
        assert f"ADEX story {n}" in text
        assert f"https://news.example/{n}" in text
    assert "now 5 outlets carry it" in text
    assert "One was late." in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_is_new(kind: str) -> None:
    assert "30 aircraft" in shown(kind, notice(news=("numbers: 30 aircraft",)))


def test_a_webhook_says_that_it_is_a_digest_and_how_much_it_leaves_out() -> None:
    message = payload(digest(400))
    assert message["type"] == "digest.created"
    assert len(minified(message).encode()) < LARGEST
    assert len(message["data"]["entries"]) + message["data"]["entries_left_out"] == 400


@pytest.mark.parametrize("name", ["mention", "markup", "long", "pipes", "ampersands", "bidi"])
def test_a_digest_of_hostile_pages_is_valid_and_small(name: str) -> None:
    about = replace(digest(60), entries=(hostile(name),) * 60)
    message = render(about)
    assert len(message["blocks"]) <= 50
    assert len(json.dumps(message, ensure_ascii=False)) < 10_000
    for block, parsed in zip(message["blocks"], Block.parse_all(message["blocks"]), strict=True):
        assert parsed.to_dict() == block
    assert len(minified(payload(about)).encode()) < LARGEST
    assert "<script>" not in render_html(about)


def test_a_mail_of_many_stories_stays_under_what_clients_show() -> None:
    assert len(render_html(digest(300)).encode()) < 100_000
    assert len(render_html(replace(digest(), entries=(hostile("long"),) * 60)).encode()) < 200_000
    assert "and 250 more" in render_text(digest(300))
