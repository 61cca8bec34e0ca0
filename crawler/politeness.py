"""One request to a host at a time, with a pause, and only where its robots.txt allows it.

What a host asked for is kept in its row, so that a restart forgets nothing, and the row is leased to whoever asks the
host, so that all workers together are as polite as one. Pauses are real seconds: it is the host that has to live with
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crawler import robots
from crawler.fetcher import Answer, Fetcher
from storage import HostState, Store
from vedette.clock import Clock
from vedette.model import FetchOutcome
from vedette.network import host_of

PAUSE = 1.0
"""Real seconds between two requests to a host, at least."""
LONGEST_LATENCY_PAUSE = 10.0
PATIENCE = 15.0
"""Real seconds that a request waits for its turn; a host that wants more is asked another time."""
DEFAULT_RETRY_AFTER = 60.0
"""Real seconds to leave a host alone that said 429 or 503 without saying how long; doubled each time it says so."""
LONGEST_RETRY_AFTER = 31 * 24 * 3600.0
"""A host that asks for more has made a mistake."""
LARGEST_SKEW = timedelta(days=1)
"""Between a host's clock and ours; a Date header that is further off is none."""
MAX_REDIRECTS = 5
PERMANENT = (301, 308)
KEEPS_FORM = (307, 308)
LEASE_SECONDS = 300.0
"""Real seconds for which a host is leased; prolonged while it is being asked."""
LOOK_SECONDS = 0.25
"""Real seconds between two looks whether another worker is done with a host."""


@dataclass
class _Host:
    state: HostState
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0  # jobs that rely on the lease; 0 where this process does not hold it
    held_until: float = 0.0  # monotonic real seconds
    not_before: float = 0.0  # monotonic real seconds


class Politeness:
    """Asks for URLs on behalf of sources and items."""

    def __init__(self, fetcher: Fetcher, store: Store, clock: Clock, owner: str) -> None:
        """One per process, which is the `owner` of the hosts it leases."""
        self._fetcher, self._store, self._clock, self._owner = fetcher, store, clock, owner
        self._hosts: dict[str, _Host] = {}

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a URL, following redirects; every hop is asked of its own host's robots.txt and turn."""
        asked, moved, permanent = url, "", True
        for _ in range(MAX_REDIRECTS + 1):
            # the whole way is asked with the validators that its end gave: the source has no others
            answer = await self._one(url, headers or {})
            if not answer.location:
                return replace(answer, url=url, moved=moved)
            permanent = permanent and answer.status in PERMANENT
            moved = answer.location if permanent else moved
            if answer.location == asked:
                break
            url = answer.location
        return Answer(url, FetchOutcome.BAD_REDIRECT, error=f"more than {MAX_REDIRECTS} redirects, or a loop")

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form to a URL, with the same respect; only redirects that keep the form are followed."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._one(url, {}, form)
            if not answer.location:
                return replace(answer, url=url)
            if answer.status not in KEEPS_FORM:
                return Answer(url, FetchOutcome.BAD_REDIRECT, answer.status, error="a redirect that loses the form")
            url = answer.location
        return Answer(url, FetchOutcome.BAD_REDIRECT, error=f"more than {MAX_REDIRECTS} redirects")

    def robots_text(self, url: str) -> str:
        """The robots.txt of a host that was asked, "" where it has none."""
        name = host_of(url)
        if name in self._hosts:
            return self._hosts[name].state.robots_text
        with self._store.read() as tx:
            state = tx.hosts.get(name)
        return state.robots_text if state is not None else ""

    def granted(self, state: HostState) -> None:
        """A job was given this host by the dispatcher, which leased it just now."""
        host = self._hosts.setdefault(state.host, _Host(state))
        self._hold(host, state)
        host.users += 1

    def finished(self, name: str) -> HostState | None:
        """A job has asked a host that it was granted for the last time.

        The state to give back with the job's outcome, None where another job of this process still asks that host.
        """
        host = self._hosts[name]
        host.users -= 1
        self._forget(host)
        return None if host.users else host.state

    async def _one(self, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> Answer:
        if refused := self._fetcher.refused(url):
            return refused
        async with self._alone(url) as host:
            if host is None:
                return Answer(url, FetchOutcome.THROTTLED, error=f"another job asks {host_of(url)}")
            return await self._robots(host, url) or await self._turn(host, url, headers, form)

    @asynccontextmanager
    async def _alone(self, url: str, patience: float | None = None) -> AsyncIterator[_Host | None]:
        """The host of a URL while nobody else asks it; None where another worker would not let it go.

        Within this process it is waited for, but for at most so many real seconds where `patience` says so.
        """
        host = self._hosts.setdefault(host_of(url), _Host(HostState(host_of(url))))
        try:
            await asyncio.wait_for(host.lock.acquire(), patience)
        except TimeoutError:
            yield None
            return
        try:
            if not await self._lease(host):
                yield None
                return
            host.users += 1
            try:
                yield host
            finally:
                host.users -= 1
                if not host.users:  # it was on the way of a redirect: now anyone may ask it
                    self._forget(host)
                    await asyncio.to_thread(self._give_back, host.state)
        finally:
            host.lock.release()

    def _forget(self, host: _Host) -> None:
        if self._hosts.get(host.state.host) is host and not host.users:
            del self._hosts[host.state.host]

    async def _lease(self, host: _Host) -> bool:
        """Lease a host, unless this process holds it, waiting as long as patience goes."""
        give_up = self._clock.monotonic() + PATIENCE
        while not host.users:
            state = await asyncio.to_thread(self._try_lease, host.state.host)
            if state is not None:
                self._hold(host, state)
                break
            if self._clock.monotonic() >= give_up:
                self._forget(host)
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    def _try_lease(self, name: str) -> HostState | None:
        now = self._clock.now()
        with self._store.write() as tx:
            got = tx.hosts.lease([name], self._owner, now, now + self._clock.real(LEASE_SECONDS), None)
        return got.get(name)

    def _hold(self, host: _Host, state: HostState) -> None:
        host.state, host.not_before = state, 0.0
        host.held_until = self._clock.monotonic() + LEASE_SECONDS

    def _give_back(self, state: HostState) -> None:
        with self._store.write() as tx:
            tx.hosts.give_back([state], self._owner)

    async def _held_for(self, host: _Host, seconds: float) -> bool:
        """Make sure that the lease holds for so many real seconds; False where it was lost."""
        if host.held_until - self._clock.monotonic() > seconds:
            return True
        until = self._clock.now() + self._clock.real(LEASE_SECONDS + seconds)
        name, epoch = host.state.host, host.state.epoch

        def renew() -> bool:
            with self._store.write() as tx:
                return tx.hosts.renew(name, self._owner, epoch, until)

        held = await asyncio.to_thread(renew)
        host.held_until = self._clock.monotonic() + (LEASE_SECONDS + seconds if held else 0.0)
        return held

    async def _robots(self, host: _Host, url: str) -> Answer | None:
        """The answer in place of a forbidden URL, None where it is allowed."""
        if robots.must_fetch(host.state, self._clock.now()):
            answer = await self._fetch_robots(host, robots.robots_url(url))
            if answer.status == 0 or answer.outcome is FetchOutcome.THROTTLED:
                error = f"robots.txt can't be read: {answer.error}"
                return replace(
                    answer, url=url, error=error
                )  # the host can't be reached, or not now: that is the reason to record
        if robots.allows(host.state, url, self._fetcher.agent):
            return None
        status = host.state.robots_status or 0
        if status < 500:
            return Answer(url, FetchOutcome.ROBOTS, error="robots.txt forbids it")
        return Answer(url, FetchOutcome.ROBOTS, status, error=f"robots.txt can't be read (status {status})")

    async def _fetch_robots(self, host: _Host, url: str) -> Answer:
        answer = await self._turn(host, url, {})
        for _ in range(MAX_REDIRECTS):
            if not answer.location:
                break
            answer = await self._robots_hop(host, answer.location)
        if answer.status == 0 or answer.outcome is FetchOutcome.THROTTLED:
            return answer
        read = 200 <= answer.status < 300
        state = replace(
            host.state,
            robots_status=404 if answer.location else answer.status,  # redirects without end are no rules
            robots_text=robots.text_of(answer.body) if read else "",
            robots_fetched_at=self._clock.now(),
            robots_read=True,
        )
        host.state = replace(state, delay_seconds=robots.crawl_delay(state, self._fetcher.agent))
        return answer

    async def _robots_hop(self, host: _Host, url: str) -> Answer:
        """Where a robots.txt redirects to, which speaks for this host wherever it is (RFC 9309)."""
        if refused := self._fetcher.refused(url):
            return replace(refused, status=404)  # nothing there is for us to read
        if host_of(url) == host.state.host:
            return await self._turn(host, url, {})
        # two hosts whose rules lead to each other must not wait for each other for ever
        async with self._alone(url, PATIENCE) as other:
            if other is None:
                return Answer(url, FetchOutcome.THROTTLED, error=f"another job asks {host_of(url)}")
            return await self._turn(other, url, {})

    async def _turn(
        self, host: _Host, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Answer:
        """Wait for the host's turn, ask, and note what it said about the next one."""
        wait = self._wait(host)
        # a host's own Crawl-delay is waited for, or what it redirects could never be read
        if wait > max(PATIENCE, 0 if host.state.reason else host.state.delay_seconds + 1):
            return Answer(url, FetchOutcome.THROTTLED, error=f"the host asked to be left alone: {host.state.reason}")
        if not await self._held_for(host, max(wait, 0.0) + self._fetcher.deadline):
            return Answer(url, FetchOutcome.THROTTLED, error=f"lost the turn of {host.state.host}")
        if wait > 0:
            await asyncio.sleep(wait)
        answer = await self._fetcher.get(url, headers, form)
        pause = max(PAUSE, host.state.delay_seconds, min(answer.milliseconds / 1000, LONGEST_LATENCY_PAUSE))
        failures, reason = 0, ""
        if answer.outcome is FetchOutcome.THROTTLED:
            failures = host.state.failures + 1
            reason = f"status {answer.status}"
            asked = retry_after(answer.headers, self._clock.wall())
            pause = max(pause, DEFAULT_RETRY_AFTER * 2 ** min(failures - 1, 6) if asked is None else asked + 0.5)
        host.not_before = self._clock.monotonic() + pause
        next_ok = self._clock.now() + self._clock.real(pause)
        host.state = replace(host.state, next_ok_at=next_ok, failures=failures, reason=reason)
        return answer

    def _wait(self, host: _Host) -> float:
        """Real seconds until the host may be asked: what this process knows, or what its row remembers."""
        mine = host.not_before - self._clock.monotonic()
        if host.not_before or host.state.next_ok_at is None:
            return mine
        remembered = (host.state.next_ok_at - self._clock.now()).total_seconds() / self._clock.speed
        return min(remembered, LONGEST_RETRY_AFTER)


def retry_after(headers: Mapping[str, str], wall: datetime) -> float | None:
    """The real seconds that a Retry-After asks for, None where there is none. `wall` is the machine's own date.

    A date is meant by the host's own clock, which its Date header shows.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    until, theirs = _http_date(value), _http_date(headers.get("date", ""))
    if until is None:
        return None
    now = theirs if theirs is not None and abs(theirs - wall) < LARGEST_SKEW else wall
    seconds = (until - now).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
