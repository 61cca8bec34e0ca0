"""What a poll shows becomes items, and what is not taken becomes a drop with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from crawler.spiders import KINDS, Listing
from crawler.urls import identity
from storage import Transaction
from vedette.model import Drop, DropReason, Entry, Item, SourceStatus

FIRST_UNDATED = 200
"""Pages without a date that are fetched of an archive when it is first seen; all of them are remembered."""


def take_in(
    tx: Transaction, status: SourceStatus, kind: str, listing: Listing, now: datetime, max_age: timedelta
) -> tuple[int, int]:
    """Store what a listing shows, read by a kind ("": that of its source).

    How many items are new, and how many entries there were.
    """
    source = status.source
    first = status.first_success_at is None
    pairs: list[tuple[str, Entry]] = [(identity(e.url), e) for e in listing.entries if e.url]
    added = tx.items.add_entries(source.id, pairs, silent=first and not source.alert_on_first_poll, now=now)
    if listing.changed:
        fresh = {item.identity for item in added.new}
        for key in {key for key, _ in pairs} - fresh:
            tx.items.fetch_again(key, now)
    if KINDS[kind or source.kind].archive:
        for item, reason, detail in unwanted(added.new, now - max_age, first=first):
            tx.items.drop(item.id, None, Drop(reason, now, "crawl", item.url, detail, source.id, item.id))
    if first:  # told once, not at every poll
        for reason, detail in _left_out(listing, len(pairs)):
            tx.drops.add(Drop(reason, now, "crawl", url=source.url, detail=detail, source_id=source.id))
    return len(added.new), len(pairs)


def unwanted(items: Sequence[Item], oldest: datetime, *, first: bool) -> Iterator[tuple[Item, DropReason, str]]:
    """Which new items of an archive are not fetched, and why: what is older than `oldest`, most of what is undated."""
    undated = 0
    for item in items:
        dates = [date for date in (item.entry.published_at, item.entry.updated_at) if date is not None]
        if dates and max(dates) < oldest:
            yield item, DropReason.TOO_OLD, f"the source dates it {max(dates):%Y-%m-%d}"
        elif not dates and first:
            undated += 1
            if undated > FIRST_UNDATED:
                yield item, DropReason.OVERFLOW, f"not among the first {FIRST_UNDATED} of an archive without dates"


def _left_out(listing: Listing, taken: int) -> Iterator[tuple[DropReason, str]]:
    nowhere = len(listing.entries) - taken
    if nowhere:
        yield DropReason.NOT_AN_ARTICLE, f"{nowhere} entries name no page"
    if listing.overflow:
        yield DropReason.OVERFLOW, f"{listing.overflow} entries beyond crawl.max_entries or the limit of their kind"
