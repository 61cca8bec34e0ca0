"""One poll of a source, from its first request to all that it shows: children of an index and further pages included.

The kind reads bytes and names what else to ask for; whether and how it is asked is decided here, the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crawler.fetcher import Answer
from crawler.means import Means
from crawler.spiders import KINDS, Further, Listing
from vedette.errors import Refused
from vedette.model import FetchOutcome, SourceStatus

SECONDS = 200.0
"""Real seconds after which a poll asks for nothing more; below the time of its lease."""
MANY_NEW, ENOUGH = 0.9, 20
"""A share of unknown entries among so many that no site of articles shows from one poll to the next."""


@dataclass
class Gathered:
    """What a poll brought. `answer` is how it ended; `others` are the further requests, as (URL asked, answer)."""

    answer: Answer
    listing: Listing | None = None
    others: list[tuple[str, Answer]] = field(default_factory=list)
    memory: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""  # the kind that read it, where that is not the source's own


def validators(etag: str, last_modified: str) -> dict[str, str]:
    """The headers of a conditional request, byte for byte what the server gave."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in headers.items() if value}


def without_validators(memory: Mapping[str, Any]) -> dict[str, Any]:
    """A source's memory with which its further URLs are asked unconditionally."""
    return {
        key: without_validators(value) if isinstance(value, Mapping) else value
        for key, value in memory.items()
        if key not in ("etag", "last_modified")
    }


async def gather(means: Means, status: SourceStatus) -> Gathered:
    """Poll a source whose kind reads answers: ask its URL, then whatever that answer and the last poll name."""
    source = status.source
    poll = _Poll(means, status)
    # what scripts load may have changed although the page that names them has not
    conditions = {} if poll.spider.renders else validators(status.etag, status.last_modified)
    answer = _unasked(await means.ask(source.url, conditions), conditions)
    if answer.outcome is FetchOutcome.OK and poll.spider.renders:
        answer = await means.render(poll.spider, answer)
    if answer.outcome is FetchOutcome.OK:
        try:
            await poll.take(await means.read(poll.spider, answer))
        except Refused as refused:
            answer = replace(answer, outcome=FetchOutcome(refused.reason), error=refused.detail)
    elif answer.outcome is FetchOutcome.NOT_MODIFIED:
        poll.queue = [Further(url, record.get("stamp", "")) for url, record in poll.before.items()]
        poll.is_index = bool(poll.queue)
    if answer.outcome in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED):
        await poll.go_on()
        return await poll.result(answer)
    return Gathered(answer, memory=status.memory)


class _Poll:
    """The state of one poll between its requests."""

    def __init__(self, means: Means, status: SourceStatus) -> None:
        self.means, self.status = means, status
        source = status.source
        self.own: Mapping[str, Any] = status.memory.get("own", {})
        self.before: Mapping[str, Mapping[str, str]] = status.memory.get("further", {})
        self.after: dict[str, Mapping[str, str]] = {}
        self.spider = KINDS[source.kind](source.url, source.settings, self.own)
        self.begun = means.monotonic()
        self.listings: list[Listing] = []
        self.queue: list[Further] = []
        self.others: list[tuple[str, Answer]] = []
        self.seen: set[str] = {source.url}
        self.is_index = False

    async def take(self, listing: Listing) -> None:
        """Note what an answer shows, and what it says to ask for next."""
        self.listings.append(listing)
        if listing.memory is not None and len(self.listings) == 1:
            self.own = listing.memory
        self.is_index = self.is_index or bool(listing.more)
        self.queue += listing.more
        # older entries are worth a request only where the newer ones did not reach back to what is known
        if listing.next_page and self.status.first_success_at is not None:
            known = await self.means.known(listing.entries)
            if len(known) * 2 < len(listing.entries):
                self.queue.append(Further(listing.next_page))

    async def go_on(self) -> None:
        """Ask for what is queued, within the limits of the kind."""
        while self.queue:
            further = self.queue.pop(0)
            if further.url in self.seen:
                continue
            self.seen.add(further.url)
            record = self.before.get(further.url, {})
            if further.stamp and record.get("stamp") == further.stamp:
                self.after[further.url] = record
            elif self._may_ask():
                await self._ask(further, record)

    def _may_ask(self) -> bool:
        asked = len(self.others) + 1
        return asked < self.spider.most_requests and self.means.monotonic() - self.begun < SECONDS

    async def _ask(self, further: Further, record: Mapping[str, str]) -> None:
        headers = validators(record.get("etag", ""), record.get("last_modified", ""))
        answer = _unasked(await self.means.ask(further.url, headers), headers)
        if answer.outcome is FetchOutcome.OK:
            try:
                await self.take(await self.means.read(self.spider, answer))
                record = {
                    "etag": answer.headers.get("etag", ""),
                    "last_modified": answer.headers.get("last-modified", ""),
                    "stamp": further.stamp,
                }
            except Refused as refused:
                answer = replace(answer, outcome=FetchOutcome(refused.reason), error=refused.detail)
        elif answer.outcome is FetchOutcome.NOT_MODIFIED:
            record = {**record, "stamp": further.stamp}
        if answer.outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED):
            record = {**record, "stamp": ""}  # asked again at the next poll, whatever the index says then
        self.after[further.url] = record
        self.others.append((further.url, answer))

    async def result(self, answer: Answer) -> Gathered:
        """The poll as a whole; it failed where its own URL did, or all the others without which it shows nothing."""
        failed = [a for _, a in self.others if a.outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)]
        notes = [f"{a.url}: {a.outcome}: {a.error}" for a in failed[:3]]
        memory = {"own": dict(self.own), "further": self.after if self.is_index else {}}
        if failed and len(failed) == len(self.others) and not any(listing.entries for listing in self.listings):
            answer = replace(answer, outcome=failed[0].outcome, error="; ".join(notes))
            return Gathered(answer, None, self.others, {**self.status.memory, "further": memory["further"]})
        if not self.listings:
            return Gathered(_noted(answer, notes), None, self.others, memory)
        listing = await self._merged()
        return Gathered(_noted(answer, [*listing.notes, *notes]), listing, self.others, memory)

    async def _merged(self) -> Listing:
        """All that was shown as one listing, each URL once, with no more unknown entries than the kind takes."""
        first, entries = self.listings[0], [*self.listings[0].entries]
        for listing in self.listings[1:]:
            shown = {entry.url for entry in entries}
            entries += [entry for entry in listing.entries if entry.url not in shown]
        overflow = sum(listing.overflow for listing in self.listings)
        notes = [note for listing in self.listings for note in listing.notes]
        if self.spider.most_new is not None:
            known = await self.means.known(entries)
            new = [e for e in entries if e.url not in known]
            later = self.status.first_success_at is not None
            if later and len(entries) >= ENOUGH and len(new) > MANY_NEW * len(entries):
                notes.append(f"{len(new)} of {len(entries)} links are new: a trap, or the site was rebuilt")
            refused = {e.url for e in new[self.spider.most_new :]}
            entries, overflow = [e for e in entries if e.url not in refused], overflow + len(refused)
        return replace(
            first,
            entries=entries,
            title=next((listing.title for listing in self.listings if listing.title), ""),
            language=next((listing.language for listing in self.listings if listing.language), ""),
            floor=max((listing.floor for listing in self.listings if listing.floor), default=None),
            overflow=overflow,
            changed=any(listing.changed for listing in self.listings),
            notes=notes,
        )


def _unasked(answer: Answer, conditions: Mapping[str, str]) -> Answer:
    """The answer; a failure where a server says "not modified" to somebody who has never seen anything."""
    if answer.outcome is not FetchOutcome.NOT_MODIFIED or conditions:
        return answer
    return replace(answer, outcome=FetchOutcome.FAILED, error="it says 304 (Not Modified) to an unconditional request")


def _noted(answer: Answer, notes: Sequence[str]) -> Answer:
    """The answer with what a person should know of it."""
    return replace(answer, error="; ".join([answer.error, *notes] if answer.error else notes)) if notes else answer
