"""Crawling the whole stored web, all kinds of sources and all faults: what its owners measured beside what we noted.

`make replay` shows the tables. VEDETTE_REPLAY names the folder of the replay web, or it is at ../shared/replay.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.acceptance.test_replay import REPLAY, free_port, rows
from tests.daemon import Daemon

START, DAYS, SPEED = "2026-03-01T00:00:00Z", 12.0, 3_000.0

pytestmark = [
    pytest.mark.replay,
    pytest.mark.nightly,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not (REPLAY / "replay.py").is_file(), reason=f"the replay web is not at {REPLAY}"),
]

STATES = {
    "slow-drip": "failing", "hang": "failing", "hang-feed": "failing", "reset": "failing", "cut-short": "failing",
    "empty-feed": "failing", "redirects": "failing", "wrong-cert": "certificate", "expired-cert": "certificate",
    "captcha": "captcha", "soft-404": "layout", "gone": "gone", "robots-deny": "forbidden", "robots-5xx": "forbidden",
    "trap": "silent", "meta-refresh": "silent",
}  # fmt: skip
"""What a person would call each source with a fault at the end; all others are ok.

A calendar without end and a page that only refreshes to another show no article: they are silent. A bomb and a reach
for local files are defused and the rest of their feeds is read; limits, pauses and single bad pages can be lived with.
"""


@dataclass
class Run:
    """What a run left behind."""

    folder: Path
    report: str
    health: list[dict[str, Any]]
    log: list[dict[str, Any]]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "var" / "vedette.db") as database:
            return database.execute(statement).fetchall()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Twelve days of all sources in six minutes."""
    folder = tmp_path_factory.mktemp("replay")
    log, port = folder / "requests.jsonl", str(free_port())
    replay = [sys.executable, str(REPLAY / "replay.py")]
    state = ["--port", port, "--state", str(folder / "state")]
    play = ["serve", *state, "--log", str(log), "--speed", str(SPEED), "--start", START, "--latency", "20"]
    server = subprocess.Popen([*replay, *play], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        exports = subprocess.run([*replay, "env", *state], capture_output=True, text=True, check=True).stdout
        health = crawl(folder, dict(re.findall(r"export (\w+)=(\S+)", exports)))
    finally:
        server.kill()
        server.communicate()
    items = ["--items", str(folder / "items.csv")]
    report = subprocess.run(
        [*replay, "report", str(log), "--top", "2000", *items], capture_output=True, text=True, check=True
    ).stdout
    requests = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return Run(folder, report, health, [line for line in requests if "url" in line])


def crawl(folder: Path, env: dict[str, str]) -> list[dict[str, Any]]:
    simulated = f'[clock]\nstart = "{START}"\nspeed = {SPEED}\n'
    daemon = Daemon(folder, f"{simulated}[crawl]\nworkers = 2\ntimeout = 4\n[catalogue]\nseed = false\n", env)
    sources = (REPLAY / "data" / "sources.csv").read_text(encoding="utf-8")
    (folder / "sources.csv").write_text(sources.replace(",hostile,http", ",feed,http"))
    daemon.vedette("db", "upgrade")
    daemon.vedette("sources", "import", str(folder / "sources.csv"), check=False)
    with daemon:
        time.sleep(DAYS * 86400 / SPEED)
        assert daemon.stop() == 0
        return [
            json.loads(line) for line in daemon.vedette("sources", "health", "--json", check=False).stdout.splitlines()
        ]


def test_the_tables(run: Run) -> None:
    """For reading: what the owners of the sites measured, and what we noted."""
    print(*[line for line in run.report.splitlines() if not re.match(r"\S+\.\S+\s+\d+\s", line)], sep="\n")
    outcomes = run.query("SELECT purpose, outcome, count(*) FROM fetches GROUP BY 1, 2 ORDER BY 1, 3 DESC")
    print("\nour fetches:", *(f"  {purpose:6} {outcome:16} {count}" for purpose, outcome, count in outcomes), sep="\n")
    print("our items:", dict(run.query("SELECT state, count(*) FROM items GROUP BY 1")))
    print("our drops:", dict(run.query("SELECT reason, count(*) FROM drops GROUP BY 1")))
    print("our sources:", dict(Counter(row["health"] for row in run.health)))
    for row in sorted(run.health, key=lambda row: row["id"]):
        if row["id"].startswith("fault-"):
            print(f"  {row['id'][6:]:18} {row['health']:12} {row['reason'][:110]}")
    assert run.health


def test_robots_and_pauses_are_kept(run: Run) -> None:
    assert "robots violations 0 " in run.report
    assert "earlier than Retry-After: 0" in run.report
    for line in run.report.splitlines():
        row = re.match(r"(\S+\.\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+", line)
        assert row is None or int(row[4]) <= 1, f"{row[1]} had {row[4]} connections at once"


def test_polls_are_conditional_where_the_host_allows_it(run: Run) -> None:
    """Of answers that came whole: one that hangs or is cut off brings no validators."""
    offered: dict[str, bool] = {}
    could = did = 0
    for line in sorted(run.log, key=lambda line: line["t"]):
        url = line["url"]
        if line["method"] != "GET" or url.endswith("/robots.txt"):
            continue
        if offered.get(url):
            could, did = could + 1, did + bool(line["inm"] or line["ims"])
        if line["status"] == 200:
            offered[url] = line["cond"] not in ("none", "") and not line["note"]
    print(f"re-polls of answers with a validator: {could}, conditional {did}")
    assert did >= 0.99 * could > 0


def test_every_source_with_a_fault_ends_in_the_state_that_a_person_would_name(run: Run) -> None:
    wrong = {
        row["id"]: (row["health"], row["reason"])
        for row in run.health
        if row["id"].startswith("fault-") and row["health"] != STATES.get(row["id"][6:], "ok")
    }
    assert not wrong


def way_of(url: str) -> str:
    """A URL without scheme and host, letters of other scripts as they are read."""
    return unquote(url.partition("://")[2].partition("/")[2])


def test_every_item_that_was_shown_was_fetched_once_or_has_a_reason(run: Run) -> None:
    fetched: dict[int, list[str]] = defaultdict(list)
    for line in run.log:
        if line.get("item") is not None and line["status"] == 200:
            fetched[line["item"]].append(line["url"])
    urls = {url for (url,) in run.query("SELECT url FROM items")}
    unread = {row["id"] for row in run.health if not row["last_success_at"]}
    with (run.folder / "items.csv").open(encoding="utf-8") as file:
        shown = [row for row in csv.DictReader(file) if row["first_listed_wall"] and row["list"] not in unread]
    ways = {way_of(url) for url in urls}  # a copy on an aggregator has links on its own host
    lost = [row["url"] for row in shown if int(row["item"]) not in fetched and way_of(row["url"]) not in ways]
    assert not lost
    # a page is asked for again only where it was retitled, an attempt was cut off, or another page led to it
    again = {
        url for (url,) in run.query("SELECT url FROM fetches WHERE purpose = 'page' GROUP BY url HAVING count(*) > 1")
    }
    again |= {url for (url,) in run.query("SELECT final_url FROM fetches WHERE purpose = 'page'")}
    assert not [got for got in fetched.values() if len(got) > 1 and not set(got) & again]
    unexplained = run.query(
        "SELECT url FROM items WHERE state = 'dropped' AND id NOT IN (SELECT item_id FROM drops WHERE item_id IS NOT NULL)"
    )
    assert not unexplained


def test_hostile_feeds_crash_nothing_and_take_turns(run: Run) -> None:
    """They are all on one host. It has to live with real time, whatever the clock: once a second at most.

    So a run in which days pass in seconds does not get round, and what each of them is read as is told by
    test_replay_feeds. Here: nothing ends a worker, and no source is asked again while another was never asked.
    """
    assert "worker ended" not in (run.folder / "daemon.log").read_text(encoding="utf-8")
    hostile = {row["url"] for row in rows("sources.csv") if row["group"] == "hostile"}
    host = sorted(line["t"] for line in run.log if "//hostile.example/" in line["url"])
    polls = Counter(line["url"] for line in run.log if line["url"] in hostile and line["status"] == 200)
    print(f"one host in {host[-1] - host[0]:.0f} s: {len(host)} requests, {len(polls)} of {len(hostile)} feeds polled")
    assert polls
    assert len(polls) == len(hostile) or set(polls.values()) == {1}
    assert min(b - a for a, b in pairwise(host)) >= 1.0
