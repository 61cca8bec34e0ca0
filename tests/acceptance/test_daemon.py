"""The real daemon over our news site: what reaches an analyst, and what a kill, a stop or a twin does to it."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests import demo
from tests.daemon import LOOPBACK, ROOT, Daemon, declarations
from tests.newssite import ARTICLES, CONFIGURATION_TOPICS, EXPECTED, STORIES, NewsSite, wait_for
from tests.receivers import Receivers


def told(receivers: Receivers) -> set[tuple[str, str]]:
    return {(p["data"]["topic"]["id"], STORIES[p["data"]["article"]["title"]]) for _, p in receivers.hooks}


def test_the_demo_alerts_on_every_story_and_no_decoy() -> None:
    assert demo.main() == 0


def survive(tmp_path: Path, kills: int, between: tuple[float, float]) -> None:
    """Kill the daemon again and again while articles appear; then let it finish."""
    chance = random.Random(7)
    with NewsSite() as site, Receivers() as receivers:
        daemon = Daemon(tmp_path, LOOPBACK)
        daemon.apply(declarations(site, receivers, CONFIGURATION_TOPICS))
        daemon.start()
        assert wait_for(lambda: all(site.polled(outlet) for outlet in site.HOSTS), 40), daemon.log.read_text()
        time.sleep(3)
        waiting = list(ARTICLES)
        for _ in range(kills):
            if waiting:
                site.show(waiting.pop(0))
            time.sleep(chance.uniform(*between))
            daemon.kill()
            daemon.start()
        for piece in waiting:
            site.show(piece)
        arrived = wait_for(lambda: told(receivers) >= EXPECTED and min(receivers.counts) >= len(EXPECTED), 90)
        time.sleep(4)
        assert daemon.stop() == 0
        assert arrived, f"lost: {EXPECTED - told(receivers)}\n{daemon.log.read_text()[-3000:]}"
        assert told(receivers) == EXPECTED
        # a receiver that honours the key sees each message once, however often it was sent; a story that goes on while
        # the daemon was away may have been told of before, and then has updates
        firsts = {key for key, p in receivers.hooks if p["data"]["reason"] == "new-story"}
        assert len(firsts) == len(EXPECTED)
        copies = Counter(key for key, _ in receivers.hooks)
        assert sum(copies.values()) - len(copies) <= kills
        threads = {mail["References"] for mail in receivers.mails}
        assert len(threads) == len(EXPECTED)


@pytest.mark.timeout(180)
def test_nothing_is_lost_when_the_daemon_is_killed(tmp_path: Path) -> None:
    survive(tmp_path, kills=3, between=(2.0, 5.0))


def test_a_second_daemon_is_refused_and_sigterm_ends_the_first(tmp_path: Path) -> None:
    with Daemon(tmp_path, LOOPBACK) as daemon:
        assert wait_for(lambda: "Vedette watches" in daemon.log.read_text(), 30)
        twin = daemon.vedette("run", check=False)
        assert twin.returncode == 1
        assert "another daemon" in twin.stderr
        assert len(twin.stderr.strip().splitlines()) == 1
        assert daemon.stop() == 0


def test_sigterm_finishes_the_message_that_is_on_its_way(tmp_path: Path) -> None:
    with NewsSite() as site, Receivers(slow=3.0) as receivers:
        daemon = Daemon(tmp_path, LOOPBACK)
        daemon.apply(declarations(site, receivers, {"c-27j": CONFIGURATION_TOPICS["c-27j"]}))
        daemon.start()
        assert wait_for(lambda: site.polled("rss"), 40), daemon.log.read_text()
        time.sleep(3)
        site.show(ARTICLES[0])
        assert wait_for(lambda: receivers.begun, 40), daemon.log.read_text()
        assert daemon.stop() == 0
        assert len(receivers.hooks) == 1
        (delivery,) = [row for row in daemon.rows("deliveries", "list") if row["channel"] == "hook"]
        assert delivery["state"] == "sent"


BOMB = """
import os
from crawler.spiders import SourceSpider

class Bomb(SourceSpider):
    \"\"\"Ends the process that reads it.\"\"\"

    kind = "bomb"
    example = {}

    def read(self, body, url, headers, max_entries):
        os._exit(7)
"""


def test_a_source_that_kills_its_crawler_stops_neither_the_daemon_nor_the_other_sources(tmp_path: Path) -> None:
    (tmp_path / "bomb_kind.py").write_text(BOMB)
    with NewsSite() as site, Receivers() as receivers:
        env = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
        daemon = Daemon(tmp_path, LOOPBACK + '[plugins]\nmodules = ["bomb_kind"]\n', env)
        declared = declarations(site, receivers, {"c-27j": CONFIGURATION_TOPICS["c-27j"]})
        declared["sources"].append({"id": "bomb", "kind": "bomb", "url": site.feed_url("json") + "?bomb"})
        daemon.apply(declared)
        daemon.start()
        assert wait_for(lambda: "exited with code 7" in daemon.log.read_text(), 40), daemon.log.read_text()
        assert wait_for(lambda: "source=rss" in daemon.log.read_text(), 60), daemon.log.read_text()
        site.show(ARTICLES[0])
        assert wait_for(lambda: receivers.hooks, 60), daemon.log.read_text()
        assert daemon.stop() == 0
        (bomb,) = [row for row in daemon.rows("sources", "list") if row["source"]["id"] == "bomb"]
        assert bomb["failures"] >= 1
