"""Templates of the operator's own: for all channels of a kind, for one channel, and what is said when they fail."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from alerts.channels import make_channel
from alerts.templating import SHIPPED
from tests.faulty import http_receiver
from tests.notices import KEY, SECRET, context, hostile, notice
from vedette.model import AttemptOutcome
from vedette.secrets import Vault

VAULT = Vault(Vault.new_key())
SHORT = '{"text": {{ escaped(notice.title, 100) | tojson }}, "blocks": []}'


def sent(kind: str, folder: Path, channel: str = "desk") -> dict[str, object]:
    """What a receiver gets."""
    with http_receiver() as receiver:
        settings = {"webhook_url": receiver.url} if kind == "slack" else {"url": receiver.url, "secret": SECRET}
        result = asyncio.run(
            make_channel(kind, settings, VAULT).send(notice(), KEY, context(templates=folder, channel=channel))
        )
        assert result.outcome is AttemptOutcome.SENT, result
        return dict(receiver.requests[0].json)


def test_slacks_template_can_be_replaced_for_all_and_for_one(tmp_path: Path) -> None:
    (tmp_path / "slack.json.j2").write_text(SHORT)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "slack.json.j2").write_text(SHORT.replace("notice.title", '"desk: " ~ notice.title'))
    assert sent("slack", tmp_path) == {"text": "desk: ADEX opens in Baku", "blocks": []}
    assert sent("slack", tmp_path, "other") == {"text": "ADEX opens in Baku", "blocks": []}
    assert sent("slack", tmp_path, "../desk")["text"] == "ADEX opens in Baku", "an id is no path"


def test_a_webhooks_template_can_build_on_ours(tmp_path: Path) -> None:
    (tmp_path / "webhook.json.j2").write_text(
        '{"type": {{ type | tojson }}, "timestamp": {{ timestamp | tojson }},'
        ' "data": {{ {"title": data.article.title, "why": why} | tojson }}}'
    )
    assert sent("webhook", tmp_path) == {
        "type": "alert.created",
        "timestamp": "2026-09-23T08:15:00Z",
        "data": {"title": "ADEX opens in Baku", "why": "Topic “ADEX fair” (adex, rule version 3)"},
    }


@pytest.mark.parametrize("kind", ["slack", "webhook"])
@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{% if %}", "line 1"),
        ('{"text": }', "writes no JSON"),
        ("[1]", "one JSON object"),
        ('{"text": {{ notice.title + 1 }}}', "fails"),
        ('{"text": "{{ "x" * 30000 }}", "blocks": []}', "writes more than"),
        ("{{ notice.title.__class__.__mro__ }}", "writes no JSON"),
    ],
)
def test_a_template_that_fails_sends_nothing_and_says_where_it_stands(
    kind: str, template: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / f"{kind}.json.j2").write_text(template)
    with http_receiver() as receiver:
        settings = {"webhook_url": receiver.url} if kind == "slack" else {"url": receiver.url, "secret": SECRET}
        channel = make_channel(kind, settings, VAULT)
        result = asyncio.run(channel.send(notice(), KEY, context(templates=tmp_path)))
    assert receiver.requests == []
    assert (result.outcome, result.phase) == (AttemptOutcome.RETRY, "render")
    assert f"{kind}.json.j2" in result.error
    assert said in result.error


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "block 1: its text has 151"),
        ([{"type": "divider"}, {"type": "section", "text": {"type": "mrkdwn", "text": ""}}], "block 2: its text has 0"),
        ([{"type": "context", "elements": []}], "1 to 10 elements"),
        ([{"type": "section", "fields": [{}] * 11}], "more than 10 fields"),
        ([{"type": "section", "text": "x"}], "must be an object"),
        ([{"type": "divider"}] * 51, "51 blocks"),
        ("x", "list of objects"),
    ],
)
def test_what_slack_would_refuse_is_said_before_it_is_asked(blocks: object, said: str, tmp_path: Path) -> None:
    (tmp_path / "slack.json.j2").write_text(json.dumps({"text": "x", "blocks": blocks}))
    channel = make_channel("slack", {"webhook_url": "https://slack.example/x"}, VAULT)
    result = asyncio.run(channel.send(notice(), KEY, context(templates=tmp_path)))
    assert result.phase == "render"
    assert said in result.error


def test_a_shipped_template_is_shortened_until_it_fits(tmp_path: Path) -> None:
    """Also a copy of it with more in it: sentences are left out one by one."""
    shipped = (SHIPPED / "slack.json.j2").read_text()
    more = '"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "{{ "x" * 2900 }}"}},'
    (tmp_path / "slack.json.j2").write_text(shipped.replace('"blocks": [', more * 1, 1))
    channel = make_channel("slack", {"webhook_url": "https://slack.example/x"}, VAULT)
    shown = channel.preview(hostile("long"), context(templates=tmp_path))
    assert len(json.dumps(json.loads(shown), ensure_ascii=False)) < 10_000
