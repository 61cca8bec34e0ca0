"""A process that writes alerts with their deliveries until it is killed: `python -m tests.writer CONFIG NAME CHANNEL...`.

It says the key of each delivery on standard output once that is committed.
"""

from __future__ import annotations

import itertools
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from storage import open_store
from tests.notices import article, notice
from vedette import config
from vedette.clock import SystemClock
from vedette.model import DeliveryReason, NewDelivery


def main(argv: list[str]) -> None:
    """One alert with a delivery to each channel in each transaction, ten a second at most."""
    path, name, *channels = argv
    store, clock = open_store(config.load(Path(path)).database_url), SystemClock()
    for number in itertools.count():
        now, url = clock.now(), f"https://news.example/{name}/{number}"
        keys = [f"{name}-{number}-{channel}" for channel in channels]
        with store.write() as tx:
            stored = tx.articles.store(article(url, url=url, canonical_url=url), None, now, story=None)
            assert stored.article.id is not None
            alert = tx.alerts.create("adex", stored.story_id, 1, stored.article.id, None, now)
            for key, channel in zip(keys, channels, strict=True):
                about = replace(notice(key), story_id=stored.story_id)
                new = NewDelivery(
                    key, channel, DeliveryReason.NEW_STORY, about, now, expires_at=now + timedelta(days=3)
                )
                tx.deliveries.add(new, alert.id, now)
        print(*keys, flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1:])
