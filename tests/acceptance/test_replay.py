"""The daemon over a stored piece of the real web, in simulated time: weeks in minutes.

The replay web is not part of this repository: name its folder in VEDETTE_REPLAY, or put it at ../shared/replay.
"""

from __future__ import annotations

import csv
import os
import random
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from slack_sdk.models.blocks import Block

from catalogue import load_topics
from tests.daemon import ROOT, Daemon
from tests.newssite import wait_for
from tests.receivers import SECRET, Receivers

REPLAY = Path(os.environ.get("VEDETTE_REPLAY", ROOT.parent / "shared" / "replay"))
TOPICS = {"ADEX-Baku": "adex-baku", "C-27J": "c-27j", "Crosetto": "crosetto", "Italy-Azerbaijan": "italy-azerbaijan"}
"""The names in the truth table and the starter topics that stand for them."""

pytestmark = [
    pytest.mark.replay,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (REPLAY / "replay.py").is_file(), reason=f"the replay web is not at {REPLAY}"),
]


@dataclass(frozen=True)
class Window:
    """A stretch of virtual time and how fast it passes."""

    start: str
    days: float
    speed: float

    @property
    def seconds(self) -> float:
        return self.days * 86400 / self.speed


WINDOWS = (Window("2026-03-01T00:00:00Z", 100, 50_000), Window("2026-06-06T00:00:00Z", 9, 6_000))
"""All of spring at a gallop, then the days of the contract at a trot."""


def rows(name: str) -> list[dict[str, str]]:
    with (REPLAY / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def truth(window: Window) -> list[dict[str, str]]:
    """The judged pages that become visible in the window in sources of ours, a day before its end at the latest."""
    start = instant(window.start)
    first, last = start + timedelta(days=window.days * 0.05), start + timedelta(days=window.days * 0.9)
    ours = {row["id"] for row in rows("sources.csv") if row["group"] == "written"}
    return [
        row
        for row in rows("truth.csv")
        if row["source_id"] in ours
        and row["kind"] in ("story", "hard-negative")
        and first < instant(row["visible"]) < last
    ]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: w.start[:10])
def test_every_written_story_alerts_and_no_decoy(window: Window, tmp_path: Path) -> None:
    report = play(window, tmp_path, kills=0)
    check_politeness(report)


@pytest.mark.nightly
def test_nothing_is_lost_in_fifty_kills(tmp_path: Path) -> None:
    play(Window("2026-06-06T00:00:00Z", 9, 1_500), tmp_path, kills=50)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def play(window: Window, tmp_path: Path, kills: int) -> str:
    """Run the daemon through a window, killing it so many times; what the proxy reports of it."""
    log = tmp_path / "requests.jsonl"
    port = free_port()
    replay = [sys.executable, str(REPLAY / "replay.py")]
    state = ["--port", str(port), "--state", str(tmp_path / "state")]
    server = subprocess.Popen(
        [*replay, "serve", *state, "--log", str(log), "--speed", str(window.speed), "--start", window.start,
         "--latency", "30"], stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        server.stdout.readline()
        exports = subprocess.run([*replay, "env", *state], capture_output=True, text=True, check=True).stdout
        env = dict(re.findall(r"export (\w+)=(\S+)", exports))
        with Receivers() as receivers:
            run(tmp_path, window, env, receivers, kills)
            check_messages(window, receivers, kills)
        return subprocess.run(
            [*replay, "report", str(log), "--top", "400"], capture_output=True, text=True, check=True
        ).stdout
    finally:
        server.kill()
        server.communicate()


def run(tmp_path: Path, window: Window, env: dict[str, str], receivers: Receivers, kills: int) -> None:
    simulated = f'[clock]\nstart = "{window.start}"\nspeed = {window.speed}\n'
    local = '[network]\nallow_addresses = ["127.0.0.0/8"]\n[crawl]\nmax_age = "3650d"\nmax_interval = "3h"\n'
    daemon = Daemon(tmp_path, simulated + local, env)
    rules = {topic.id: topic for topic in load_topics()}
    hook = f"http://127.0.0.1:{receivers.http_port}"
    server = {"host": "127.0.0.1", "port": receivers.smtp_port, "security": "none"}
    daemon.apply(
        {
            "analysts": [{"id": "anna", "timezone": "Asia/Baku"}],
            "channels": [
                {"id": "mail", "kind": "email", "analyst": "anna", "to": "anna@example.org", "server": server},
                {"id": "slack", "kind": "slack", "analyst": "anna", "webhook_url": f"{hook}/slack"},
                {"id": "hook", "kind": "webhook", "analyst": "anna", "url": f"{hook}/hook", "secret": SECRET},
            ],
            "topics": [{"id": name, "title": rules[name].title, "rule": rules[name].rule} for name in TOPICS.values()],
            "subscriptions": [
                {"analyst": "anna", "topics": list(TOPICS.values()), "channels": ["mail", "slack", "hook"]}
            ],
            "sources": [
                {key: row[key] for key in ("id", "kind", "url", "language", "country")}
                for row in rows("sources.csv")
                if row["group"] == "written"
            ],
        }
    )
    chance = random.Random(11)
    end = time.monotonic() + window.seconds
    with daemon:
        for left in range(kills, 0, -1):
            time.sleep(max(0.5, (end - time.monotonic()) / (left + 1) * chance.uniform(0.4, 1.6)))
            daemon.kill()
            daemon.start()
        time.sleep(max(0.0, end - time.monotonic()))
        # one that was never let live long has something to catch up with, and Slack takes a message a second
        wait_for(lambda: told_all(window, receivers), 120)
        if kills:
            time.sleep(20)  # the last daemon shall be up before it is asked to stop
        assert daemon.stop() == 0


def expected_topics(row: dict[str, str]) -> set[str]:
    return {TOPICS[name] for name in row["topic_hits"].split(";") if name in TOPICS}


def wanted_alerts(window: Window) -> set[tuple[str, str]]:
    """Every judged story with each topic on which one of its pages must alert."""
    return {(row["story_id"], topic) for row in truth(window) for topic in expected_topics(row)}


def told_alerts(window: Window, receivers: Receivers) -> set[tuple[str, str]]:
    """The judged stories with the topics on which one of their pages was told."""
    stories = {row["url"]: row["story_id"] for row in truth(window)}
    told = [(p["data"]["article"]["url"], p["data"]["topic"]["id"]) for _, p in receivers.hooks]
    return {(stories[url], topic) for url, topic in told if url in stories}


def told_all(window: Window, receivers: Receivers) -> bool:
    """Whether every expected alert arrived at every receiver."""
    wanted = wanted_alerts(window)
    hooks = told_alerts(window, receivers)
    return hooks >= wanted and len(receivers.mails) >= len(wanted) <= len(receivers.slack)


def check_messages(window: Window, receivers: Receivers, kills: int) -> None:
    told: dict[str, set[str]] = {}
    for _, payload in receivers.hooks:
        told.setdefault(payload["data"]["article"]["url"], set()).add(payload["data"]["topic"]["id"])
    judged = truth(window)
    assert judged
    for row in judged:  # a page joins the alert of its story, or has one of its own
        assert told.get(row["url"], set()) <= expected_topics(row), (row["language"], row["title"])
    assert told_alerts(window, receivers) == wanted_alerts(window)
    assert receivers.bad_signatures == 0
    # a receiver that honours the key sees each message once; on the wire a kill may repeat what was in flight
    keys = {key for key, _ in receivers.hooks}
    messages = {(key, p["data"]["topic"]["id"], p["data"]["article"]["url"]) for key, p in receivers.hooks}
    mails = {mail["Message-ID"] for mail in receivers.mails}
    assert len(keys) == len(messages)
    assert len(receivers.hooks) - len(keys) <= kills
    assert len(receivers.mails) - len(mails) <= kills
    for message in receivers.slack:
        for block in message["blocks"]:
            Block.parse(block).to_dict()
    # the daemon was stopped in the middle of its life: what came last may have reached one channel and not yet another
    wanted = len(wanted_alerts(window))
    assert len(mails) >= wanted
    assert len(receivers.slack) >= wanted


def check_politeness(report: str) -> None:
    assert "robots violations 0 " in report, report
    assert "earlier than Retry-After: 0" in report, report
    for line in report.splitlines():
        row = re.match(r"(\S+\.\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+", line)
        assert row is None or int(row[4]) <= 1, f"{row[1]} had {row[4]} connections at once"
