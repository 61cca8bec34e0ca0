"""What a poll shows becomes items, and what is not taken becomes a drop with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.spiders import KINDS, Listing
from crawler.urls import identity, unwrapped
from storage import Transaction
from vedette.model import Drop, DropReason, Entry, Item, SourceStatus

FIRST_UNDATED = 200
"""Pages without a date that are fetched of an archive when it is first seen; all of them are remembered."""


Pairs = Sequence[tuple[str, Entry]]


def identified(listing: Listing | None) -> Pairs:
    """The entries that name a page, each with its identity; to be called before a transaction holds up others.

    What a redirect carries is asked in its place: those who redirect forbid it to robots.
    """
    if listing is None:
        return []
    direct = (e if (url := unwrapped(e.url)) == e.url else replace(e, url=url) for e in listing.entries if e.url)
    return [(identity(e.url), e) for e in direct]


def take_in(
    tx: Transaction,
    status: SourceStatus,
    kind: str,
    listing: Listing,
    pairs: Pairs,
    now: datetime,
    max_age: timedelta,
) -> Sequence[Item]:
    """Store what a listing shows, read by a kind ("": that of its source); the items that are new."""
    source = status.source
    first = status.first_success_at is None
    added = tx.items.add_entries(source.id, pairs, silent=first and not source.alert_on_first_poll, now=now)
    if listing.changed:
        fresh = {item.identity for item in added.new}
        for key in {key for key, _ in pairs} - fresh:
            tx.items.fetch_again(key, now)
    if KINDS[kind or source.kind].archive:
        left = unwanted(added.new, now - max_age, first=first)
        tx.items.drop_new([Drop(why, now, "crawl", item.url, text, source.id, item.id) for item, why, text in left])
    if first:  # told once, not at every poll
        for reason, detail in _left_out(listing, len(pairs)):
            tx.drops.add(Drop(reason, now, "crawl", url=source.url, detail=detail, source_id=source.id))
    return added.new


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
