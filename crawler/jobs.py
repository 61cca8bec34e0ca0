"""The two jobs of the crawl worker: poll a source, fetch a page. Each ends in one record in the ledger."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler import health, polling
from crawler.browser import is_shell
from crawler.budget import Budget
from crawler.custom import crawled
from crawler.discover import discovered
from crawler.fetcher import Answer, fetch_of
from crawler.gather import Gathered, gather, without_validators
from crawler.intake import Pairs, identified, take_in
from crawler.isolate import IsolatedReader
from crawler.ledger import Entries, Ledger
from crawler.means import means_of
from crawler.politeness import Politeness
from crawler.spiders import KINDS, Listing
from storage import HostState, PollRecord, Transaction
from vedette.model import (
    Drop,
    DropReason,
    Fetch,
    FetchOutcome,
    Health,
    HealthState,
    Item,
    Page,
    Source,
    SourceClaim,
    SourceDay,
    SourceState,
    SourceStatus,
)
from vedette.network import host_of

if TYPE_CHECKING:
    from vedette.daemon.context import Context

GOOD = (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)
ASKS = {
    FetchOutcome.CAPTCHA: "a page asks whether the reader is human",
    FetchOutcome.CONSENT: "a page asks for consent and shows nothing else",
}
GONE_AFTER = 3
"""Polls in a row that must say 410 before a source is given up, loudly."""
NOT_FOUND_ATTEMPTS = 3
"""A page may be missing for a while after its feed names it."""
FIRST_RETRY = timedelta(minutes=1)

FINAL = {
    FetchOutcome.ROBOTS: DropReason.ROBOTS,
    FetchOutcome.GONE: DropReason.GONE,
    FetchOutcome.TOO_LARGE: DropReason.TOO_LARGE,
    FetchOutcome.BLOCKED_ADDRESS: DropReason.BLOCKED_ADDRESS,
    FetchOutcome.BAD_REDIRECT: DropReason.UNREACHABLE,
}
"""Outcomes of a page after which another attempt would end the same."""
LIES = "lies"
"""The key of the polling state that says that "not modified" was found to be untrue."""
REFUSES = "refuses"
"""The key of the polling state that counts when it answered only what was asked without validators."""
FAILED_CONDITIONS = 3
"""Conditional polls in a row that must fail before one without validators is tried."""
OVER_CONDITIONS = (FetchOutcome.SERVER_ERROR, FetchOutcome.HTTP_ERROR, FetchOutcome.CUT)
"""Outcomes by which a server may fail over validators: an error of its program, a 304 with a body."""
INSTEAD = (FetchOutcome.NOT_A_FEED, FetchOutcome.FAILED, FetchOutcome.HTTP_ERROR, FetchOutcome.THROTTLED)
"""Outcomes of an answer that may have brought a page which asks for something in place of what was asked for."""


@dataclass(frozen=True)
class Tools:
    """What jobs work with."""

    context: Context
    polite: Politeness
    reader: IsolatedReader
    ledger: Ledger
    budget: Budget
    slots: asyncio.Semaphore
    """Jobs that may be asking at the same time."""
    chance: random.Random


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll brought."""

    new_items: int = 0
    error: str = ""


# --------------------------------------------------------------------------- polls


async def poll(tools: Tools, claim: SourceClaim) -> PollResult:
    """Ask a source what is new and write it down."""
    status = claim.status
    source, started = status.source, tools.context.clock.now()
    denied_at = status.last_poll_at if status.last_outcome == FetchOutcome.NOT_MODIFIED else None
    rate, lies = polling.Rate.from_json(status.polling), bool(status.polling.get(LIES))
    usual = rate.silent_until(status.last_poll_at)
    whole = polling.must_ask_whole(usual, status.whole_at, denied_at, started, lies=lies)
    asked, bare = status, must_ask_bare(status)
    if whole or bare:
        asked = replace(status, etag="", last_modified="", memory=without_validators(status.memory))
    async with tools.slots:
        gathered = await _gathered(tools, asked, started)
    if gathered.listing is not None and not gathered.listing.entries:
        _ask_in_place(gathered)
    gathered.answer = _asking(gathered.answer)
    if not gathered.kind:  # it is this source's own address that answered
        gathered.answer = _led_elsewhere(gathered.answer, source.url)
    fetch = fetch_of(gathered.answer, source.url, "poll", started, source_id=source.id)
    others = [fetch_of(answer, url, "poll", started, source_id=source.id) for url, answer in gathered.others]
    host = tools.polite.finished(host_of(source.url))
    ended = _Ended(claim, gathered, [fetch, *others], host, whole, bare, rate, identified(gathered.listing))
    now = tools.context.clock.now()
    # that nothing is new can wait for a moment; what a host asks of us, or shows, must not
    urgent = gathered.answer.outcome is not FetchOutcome.NOT_MODIFIED or gathered.listing is not None or whole
    result = await tools.ledger.written(lambda tx, entries: _record_poll(tx, entries, tools, ended, now), urgent=urgent)
    _tell(tools.context, status, gathered.answer, result.new_items)
    return result


def _asking(answer: Answer) -> Answer:
    """An answer that asks whether the reader is human, or for consent, under that name."""
    if answer.outcome not in INSTEAD or (asks := health.challenge(answer.body)) is None:
        return answer
    status = f"status {answer.status}: " if answer.status != 200 else ""
    return replace(answer, outcome=asks, error=f"{status}{ASKS[asks]}")


def _ask_in_place(gathered: Gathered) -> None:
    """Take a page that shows no entry but asks for something for what it is: it is no listing."""
    asks = health.challenge(gathered.answer.body)
    if asks is not None:
        gathered.answer, gathered.listing = replace(gathered.answer, outcome=asks, error=ASKS[asks]), None


def _led_elsewhere(answer: Answer, asked: str) -> Answer:
    """A failure that a redirect led to, with where it led."""
    if answer.outcome in GOOD or answer.url in ("", asked) or answer.url in answer.error:
        return answer
    return replace(answer, error=f"redirected to {answer.url}: {answer.error}")


@dataclass(frozen=True)
class _Ended:
    """A poll that was made and is not written down yet."""

    claim: SourceClaim
    gathered: Gathered
    fetches: Sequence[Fetch]
    host: HostState | None
    whole: bool
    bare: bool
    rate: polling.Rate
    pairs: Pairs


async def _gathered(tools: Tools, status: SourceStatus, now: datetime) -> Gathered:
    """What a source shows, in the way of its kind."""
    kind = KINDS[status.source.kind]
    if kind.runs:
        return await crawled(tools.context, status)
    means = means_of(tools.context, tools.polite, tools.reader)
    return await (discovered(means, status, now) if kind.resolves else gather(means, status))


def _record_poll(tx: Transaction, entries: Entries, tools: Tools, ended: _Ended, now: datetime) -> PollResult:
    """What a poll that ended at `now` brought, and what it changes."""
    status, answer = ended.claim.status, ended.gathered.answer
    source, listing, shown = status.source, ended.gathered.listing, len(ended.pairs)
    good = answer.outcome in GOOD
    failures = 0 if good else status.failures + 1
    first, new_items, overflowed = status.first_success_at is None, 0, False
    rate = learned = ended.rate
    if listing is not None:
        max_age = tools.context.settings.crawl.max_age
        new = take_in(tx, status, ended.gathered.kind, listing, ended.pairs, now, max_age)
        new_items = len(new)
        overflowed = not first and 0 < shown == new_items
        if rate.at is None:
            rate = polling.seed([entry.published_at for entry in listing.entries], now)
        else:
            rate = rate.observe(new_items, now, status.last_poll_at, [item.entry.published_at for item in new])
        learned = rate
    elif good:
        rate = rate.observe(0, now)
        # what silence teaches is worked out anew at each poll from the last one that showed something
        learned = rate if learned.at is None else learned
    wait = _wait(tools, status, answer, listing, rate, failures, overflowed=overflowed)
    polled = {**learned.as_json(), LIES: _lies(status, answer, new_items, whole=ended.whole)}
    if refused := _refused_conditions(status, good=good, bare=ended.bare):
        polled[REFUSES] = refused
    ok = answer.outcome is FetchOutcome.OK
    record = PollRecord(
        status,
        ended.claim.owner,
        ended.fetches[0],
        next_poll_at=now + polling.jittered(wait, tools.chance.random()),
        interval=wait if good else status.interval,
        failures=failures,
        success=good,
        at=now,
        # validators of an answer that could not be used would make the next one "not modified"
        etag=answer.headers.get("etag", "") if ok else None,
        last_modified=answer.headers.get("last-modified", "") if ok else None,
        polling=polled,
        memory=ended.gathered.memory,
        whole_at=now if ok else None,
        moved=health.redirected(status, answer.moved, now) if good else (status.moved_to, status.moved_at),
    )
    entries.polls.append(record)
    if listing is not None and tools.context.settings.crawl.websub.callback_url:
        tx.websub.heard(source.id, listing.hub.url, listing.hub.topic, now)
    entries.fetches += ended.fetches[1:]
    counted = health.day_of_poll(answer.outcome, answer.milliseconds, shown, 0 if first else new_items, now)
    entries.days.append((source.id, counted))
    if ended.host is not None:
        entries.hosts.append(ended.host)
    if answer.outcome is FetchOutcome.GONE and failures >= GONE_AFTER:
        reason = f"answered 410 {failures} times in a row"
        entries.after.append(lambda tx: tx.sources.set_state(source.id, SourceState.GONE, reason, now))
    elif good and health.must_follow(record.moved, now):
        entries.after.append(lambda tx: _follow(tx, tools, status, record.moved[0], now))
    if health.must_judge(status, failures, now):
        entries.judge[source.id] = now
    return PollResult(new_items, answer.error if not good else "")


def must_ask_bare(status: SourceStatus) -> bool:
    """Whether to ask without validators, because it seems that the server fails over them."""
    refused = int(status.polling.get(REFUSES, 0))
    failed = status.failures if status.last_outcome in OVER_CONDITIONS else 0
    return refused > 1 or failed >= FAILED_CONDITIONS or bool(refused and failed)


def _refused_conditions(status: SourceStatus, *, good: bool, bare: bool) -> int:
    """How often in a row it answered a bare request where conditional ones had failed; more than once proves it."""
    refused = int(status.polling.get(REFUSES, 0))
    if not good or (bare and refused > 1):
        return refused
    return refused + 1 if bare else 0


def _lies(status: SourceStatus, answer: Answer, new_items: int, *, whole: bool) -> bool:
    """Whether its "not modified" was found to hide items, and no conditional poll has shown any since."""
    return whole if answer.outcome is FetchOutcome.OK and new_items else bool(status.polling.get(LIES))


def _follow(tx: Transaction, tools: Tools, status: SourceStatus, to: str, now: datetime) -> None:
    """Take the address to which a source has moved."""
    source = status.source
    reason = f"its address was {source.url} until {now:%Y-%m-%d}: a permanent redirect was followed"
    tx.sources.follow(source.id, to, reason, now)
    tools.context.log.warning("source moved", source=source.id, old=source.url, new=to)


def judge(tx: Transaction, due: Mapping[str, datetime], log: Any) -> None:
    """Say how sources fare after polls at these instants; a line is logged where that is another word than before."""
    now = max(due.values())
    all_days = tx.health.days_of(due, (now - timedelta(days=health.DAYS)).date())
    verdicts: dict[str, Health] = {}
    for status in tx.sources.several(due):
        source = status.source.id
        verdict = verdicts[source] = health.judge(status, all_days[source], now)
        before = status.health.state if status.health else HealthState.NEW
        if verdict.state is not before and {verdict.state, before} != {HealthState.NEW, HealthState.OK}:
            tell = log.info if verdict.state is HealthState.OK else log.warning
            tell("source health", source=source, state=verdict.state.value, before=before.value, reason=verdict.reason)
    tx.health.judged(verdicts, now)


def _wait(
    tools: Tools,
    status: SourceStatus,
    answer: Answer,
    listing: Listing | None,
    rate: polling.Rate,
    failures: int,
    *,
    overflowed: bool,
) -> timedelta:
    crawl, source = tools.context.settings.crawl, status.source
    limits = polling.Limits(crawl.interval, crawl.min_interval, crawl.max_interval)
    if failures:
        return polling.interval_after_failure(failures, status.interval, limits=limits, fixed=source.interval)
    return polling.interval_after_success(
        rate,
        limits=limits,
        weight=source.weight,
        fixed=source.interval,
        floor=listing.floor if listing else None,
        overflowed=overflowed,
        theta=tools.budget.theta,
    )


def _tell(context: Context, status: SourceStatus, answer: Answer, new_items: int) -> None:
    """One line when a source begins to fail or recovers; the rest is in the records."""
    name, failed = status.source.id, answer.outcome not in GOOD
    if failed and not status.failures:
        context.log.warning("source fails", source=name, outcome=answer.outcome.value, error=answer.error)
    elif not failed and status.failures:
        context.log.info("source recovered", source=name, after=status.failures)
    if new_items:
        context.log.info("source polled", source=name, new=new_items, silent=status.first_success_at is None)


# --------------------------------------------------------------------------- pages


async def fetch_page(tools: Tools, item: Item, source: Source | None = None) -> bool:
    """Fetch the page of an item and write down how it ended; True where the page is there.

    `source` is that of the item where scripts build its pages: one without text is rendered.
    """
    started = tools.context.clock.now()
    async with tools.slots:
        answer = await tools.polite.get(item.url)
        if source is not None and answer.outcome is FetchOutcome.OK and await asyncio.to_thread(is_shell, answer.body):
            # what its settings wait for is on the page that lists, not on those that it leads to
            spider = KINDS[source.kind](source.url, {**source.settings, "wait_for": ""})
            answer = await means_of(tools.context, tools.polite, tools.reader).render(spider, answer)
    if answer.outcome is FetchOutcome.OK and not answer.body.strip():
        answer = replace(answer, outcome=FetchOutcome.EMPTY, error="the answer is empty")
    answer = _asking(answer)
    fetch = fetch_of(answer, item.url, "page", started, source_id=item.source_id, item_id=item.id)
    host, now = tools.polite.finished(host_of(item.url)), tools.context.clock.now()
    return await tools.ledger.written(
        lambda tx, entries: _record_page(tx, entries, tools, item, answer, fetch, host, now)
    )


def _record_page(
    tx: Transaction,
    entries: Entries,
    tools: Tools,
    item: Item,
    answer: Answer,
    fetch: Fetch,
    host: HostState | None,
    now: datetime,
) -> bool:
    context, owner = tools.context, tools.context.owner
    entries.fetches.append(fetch)
    if host is not None:
        entries.hosts.append(host)
    if answer.outcome is FetchOutcome.OK:
        page = Page(answer.url, answer.body, answer.status, answer.headers, now)
        entries.days.append((item.source_id, SourceDay(now.date(), pages=1)))
        return tx.items.store_page(item.id, owner, page, now)
    reason = drop_reason(answer.outcome, answer.status, item.attempts + 1, context.settings.crawl.item_attempts)
    if reason is None:
        tx.items.retry(item.id, owner, now + retry_wait(item.attempts), answer.error)
        return False
    detail = f"{answer.error} (attempt {item.attempts + 1})"
    tx.items.drop(item.id, owner, Drop(reason, now, "fetch", item.url, detail, item.source_id, item.id))
    if answer.outcome is FetchOutcome.CAPTCHA:
        entries.days.append((item.source_id, SourceDay(now.date(), refused=1, captcha=1)))
    elif reason is not DropReason.ROBOTS:
        entries.days.append((item.source_id, SourceDay(now.date(), pages_failed=1)))
    context.log.info("page dropped", item=item.id, url=item.url, reason=reason.value, error=answer.error)
    return False


def drop_reason(outcome: FetchOutcome, status: int, attempt: int, attempts: int) -> DropReason | None:
    """Why a page is given up after its n-th attempt (from 1), None where another one is worth it."""
    if outcome is FetchOutcome.ROBOTS and status >= 500:
        return DropReason.ROBOTS if attempt >= attempts else None  # nobody forbade it: robots.txt can't be read now
    if outcome in FINAL:
        return FINAL[outcome]
    if outcome is FetchOutcome.HTTP_ERROR:
        return DropReason.HTTP_ERROR if attempt >= min(NOT_FOUND_ATTEMPTS, attempts) else None
    if outcome is FetchOutcome.THROTTLED:
        attempts *= 4  # the host lives and says when: be patient
    return DropReason.UNREACHABLE if attempt >= attempts else None


def retry_wait(attempts: int) -> timedelta:
    """The wait before another attempt, given how many there were before the last: 1, 4, 16, 64 ... minutes."""
    wait: timedelta = FIRST_RETRY * 4 ** min(attempts, 6)
    return min(wait, timedelta(hours=12))
