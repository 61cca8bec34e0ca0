"""The whole job in one minute, with no network and no configuration: `make demo`.

A news site of our own is served on loopback, the real daemon crawls it, and the alerts are printed as they arrive at
a mail server, a Slack-shaped receiver and a webhook receiver.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.daemon import LOOPBACK, Daemon, declarations
from tests.newssite import ARTICLES, CONFIGURATION_TOPICS, EXPECTED, STORIES, NewsSite, wait_for
from tests.receivers import Receivers

PATIENCE = 60.0


def main() -> int:
    """Run it; 0 when every expected alert arrived on every channel, and nothing else."""
    begun = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:5.1f} s  {text}\n")  # whole lines, from any thread
        sys.stdout.flush()

    with (
        tempfile.TemporaryDirectory() as directory,
        NewsSite() as site,
        Receivers(on_arrival=lambda channel, what: say(f"{channel:8} {what}")) as receivers,
    ):
        daemon = Daemon(Path(directory), LOOPBACK)
        daemon.apply(declarations(site, receivers, CONFIGURATION_TOPICS))
        say(f"a news site with {len(site.HOSTS)} outlets, {len(CONFIGURATION_TOPICS)} topics, three channels")
        with daemon:
            if not wait_for(lambda: all(site.polled(outlet) for outlet in site.HOSTS), 30):
                print(daemon.log.read_text(), file=sys.stderr)
                return 1
            time.sleep(3)  # the first poll imports silently
            say(f"{len(ARTICLES)} articles appear, {sum(not p.topics for p in ARTICLES)} of them decoys")
            for piece in ARTICLES:
                site.show(piece)
            wait_for(lambda: min(receivers.counts) >= len(EXPECTED), PATIENCE)
            time.sleep(3)  # what should not come has time to come
        got = {(p["data"]["topic"]["id"], STORIES[p["data"]["article"]["title"]]) for _, p in receivers.hooks}
        say(f"{len(got & EXPECTED)} of {len(EXPECTED)} expected alerts arrived, {len(got - EXPECTED)} others")
        for topic, story in sorted(EXPECTED - got):
            say(f"missing  [{topic}] {story}")
        say(
            "{} mails, {} Slack messages, {} webhooks".format(*receivers.counts)
            + f", {receivers.bad_signatures} bad signatures"
        )
        whole = got == EXPECTED and set(receivers.counts) == {len(EXPECTED)} and not receivers.bad_signatures
        if not whole:
            print(daemon.log.read_text(), file=sys.stderr)
        return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
