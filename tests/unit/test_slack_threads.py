"""Slack with a bot token: later messages of a story answer to the first one, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.channels import CHANNELS
from tests.faulty import HttpReceiver, answer, http_receiver
from tests.notices import notice
from tests.office import Office
from vedette.model import DeliveryReason, DeliveryState

FIRST, SECOND = b'{"ok": true, "ts": "1758615300.000100"}', b'{"ok": true, "ts": "1758615400.000200"}'


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(CHANNELS["slack"], "spacing", 0.0)
    return Office(tmp_path)


def bot(office: Office, receiver: HttpReceiver, name: str = "bot") -> None:
    office.channel(name, "slack", {"token": "xoxb-12345678", "channel": "C1", "api_url": receiver.url})


def update(office: Office, key: str, *, channel: str = "bot", subscription: str | None = "s", story: int = 42) -> int:
    about = notice(story_id=story, reason=DeliveryReason.UPDATE)
    return office.post(channel, key, about, subscription=subscription)


def threads(receiver: HttpReceiver) -> list[Any]:
    return [request.json.get("thread_ts") for request in receiver.requests]


def test_an_update_answers_to_the_first_message_of_its_story(office: Office) -> None:
    with http_receiver(answer(body=FIRST), answer(body=SECOND)) as receiver:
        bot(office, receiver)
        first = update(office, "a")
        for key in ("b", "c"):
            update(office, key)
        office.deliver()
        assert threads(receiver) == [None, "1758615300.000100", "1758615300.000100"]
        assert office.get(first).receipt == "1758615300.000100"


def test_another_story_subscription_or_channel_stands_alone(office: Office) -> None:
    with http_receiver(answer(body=FIRST)) as receiver:
        bot(office, receiver)
        bot(office, receiver, "other")
        update(office, "a")
        office.deliver()
        update(office, "b", story=43)
        update(office, "c", subscription="t")
        update(office, "d", channel="other")
        update(office, "e", subscription=None)
        update(office, "f", story=0)
        office.deliver()
    assert threads(receiver) == [None] * 6


def test_where_the_first_message_was_deleted_the_update_stands_alone(office: Office) -> None:
    lost = answer(body=b'{"ok": false, "error": "thread_not_found"}')
    with http_receiver(answer(body=FIRST), lost, answer(body=SECOND)) as receiver:
        bot(office, receiver)
        update(office, "a")
        later = update(office, "b")
        office.deliver()
    assert threads(receiver) == [None, "1758615300.000100", None]
    assert office.get(later).state is DeliveryState.SENT
    assert len(office.attempts(later)) == 1


@pytest.mark.parametrize("body", [b"ok", b'{"ok": true}', b'{"ok": true, "ts": 12}', b'{"ok": true, "ts": "<x>"}'])
def test_an_answer_without_a_usable_name_makes_no_thread(office: Office, body: bytes) -> None:
    with http_receiver(answer(body=body)) as receiver:
        bot(office, receiver)
        first = update(office, "a")
        update(office, "b")
        office.deliver()
    assert threads(receiver) == [None, None]
    assert office.get(first).receipt == ""
