"""How a source fares, in a word and with its reason: pure, over 28 days of records.

The first rule that applies gives the verdict, the gravest first: what keeps items from being seen at all, then what
spoils their pages, then what is odd about their number. A source is judged by its own rhythm, never by another's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, pvariance

from vedette.challenge import SHOWN_IN_PLACE, asks_for_consent, asks_whether_human, shows_little
from vedette.model import FetchOutcome, Health, HealthState, SourceDay, SourceState, SourceStatus

LOOK_BYTES = 200_000
"""How much of a page is searched for a challenge."""
DAYS = 28
"""Days of the record."""
JUDGE_EVERY = timedelta(hours=1)
"""A source that fares as before is judged again after this long."""
MOVED_FOR = timedelta(days=7)
"""A permanent redirect that held for so long is followed for good."""
HICCUPS = 2
"""Failures in a row below which a source that worked before is not called failing."""
THROTTLED_ROW = 8
"""Answers 429 or 503 in a row that no busy hour explains."""
RECENT = timedelta(days=3)
PAGES = timedelta(days=7)
FAILED_SHARE, ENOUGH_POLLS = 0.4, 6
BAD_PAGES_SHARE, ENOUGH_PAGES = 0.5, 2
LAST_PAGES = 10
"""A source that brought fewer in a week is judged by so many of the days before, as far as the record goes."""
SHRUNKEN, ENOUGH_ARTICLES, BASE_ARTICLES = 0.4, 5, 15
"""Text of the last days, as a share of what it was, below which something is wrong; and how many articles tell."""
FLOOD_ITEMS = 50
TRAP_SHARE, TRAP_ITEMS = 0.9, 100
SURPRISE = 9.2
"""Items that a silence swallowed by its usual rate: by chance alone that happens once in 10,000 silences."""
LONG_SILENCE = timedelta(days=3)
RHYTHM_DAYS = 7
EMPTY_POLLS = 3
"""Days that must be known before a silence can be told from a rhythm."""
CHANGE_FACTOR, CHANGE_SIGMAS, CHANGE_DAYS = 3.0, 4.0, 5

OUTCOMES = {
    FetchOutcome.TLS: HealthState.CERTIFICATE,
    FetchOutcome.ROBOTS: HealthState.FORBIDDEN,
    FetchOutcome.CAPTCHA: HealthState.CAPTCHA,
    FetchOutcome.CONSENT: HealthState.CONSENT,
    FetchOutcome.GONE: HealthState.GONE,
}
"""Outcomes of a poll that are a state of their own."""

Rule = Callable[[SourceStatus, Sequence[SourceDay], datetime], Health | None]


def judge(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health:
    """The state of a source; `since` is kept where the state is the one that was known."""
    verdict = next((found for rule in RULES if (found := rule(status, days, now))), _fine(status, days, now))
    known = status.health
    since = known.since if known is not None and known.state is verdict.state else now
    return replace(verdict, since=since)


def must_judge(status: SourceStatus, failures: int, now: datetime) -> bool:
    """Whether a poll that leaves so many failures in a row calls for another look."""
    return bool(failures or status.failures) or status.judged_at is None or now - status.judged_at >= JUDGE_EVERY


def day_of_poll(outcome: FetchOutcome, milliseconds: int, shown: int, new: int, now: datetime) -> SourceDay:
    """What one poll adds to its day. `new` is 0 for the first poll: its import says nothing about a day."""
    throttled = outcome is FetchOutcome.THROTTLED
    good = outcome in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED)
    return SourceDay(
        now.date(),
        polls=1,
        failed=int(not good and not throttled),
        throttled=int(throttled),
        unmodified=int(outcome is FetchOutcome.NOT_MODIFIED),
        entries=shown,
        new=new,
        milliseconds=milliseconds,
    )


def redirected(status: SourceStatus, to: str, now: datetime) -> tuple[str, datetime | None]:
    """Where a source's permanent redirects lead and since when, after a poll that was led to `to` ("" for nowhere)."""
    return (to, status.moved_at if to == status.moved_to else now) if to else ("", None)


def must_follow(moved: tuple[str, datetime | None], now: datetime) -> bool:
    """Whether a permanent redirect held for so long that the source's address is to be changed."""
    return moved[1] is not None and now - moved[1] >= MOVED_FOR


def challenge(body: bytes) -> FetchOutcome | None:
    """What a page that came in place of what was asked for asks itself: CAPTCHA or CONSENT, None where neither."""
    markup = body[:LOOK_BYTES].decode("utf-8", "replace")
    if not shows_little(markup, SHOWN_IN_PLACE):
        return None
    if asks_whether_human(markup):
        return FetchOutcome.CAPTCHA
    return FetchOutcome.CONSENT if asks_for_consent(markup, markup) else None


def _stopped(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    if status.source.state is SourceState.GONE:
        return Health(HealthState.GONE, status.state_reason)
    if status.source.state is SourceState.PAUSED:
        return Health(HealthState.PAUSED, status.state_reason)
    return Health(HealthState.NEW, "not polled yet") if not status.last_outcome else None


def _failing(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """What its last polls in a row say."""
    if not status.failures:
        return None
    outcome = FetchOutcome(status.last_outcome)
    if outcome in OUTCOMES:
        return Health(OUTCOMES[outcome], status.last_error or "the server says that it is gone")
    if outcome is FetchOutcome.THROTTLED and status.last_error.startswith("robots.txt"):
        return Health(HealthState.FORBIDDEN, status.last_error)
    patience = THROTTLED_ROW if outcome is FetchOutcome.THROTTLED else HICCUPS
    if status.failures < patience and status.last_success_at is not None:
        return None
    since = f"since {status.last_success_at:%Y-%m-%d %H:%M}" if status.last_success_at else "from the first one on"
    return Health(HealthState.FAILING, f"{status.failures} polls failed {since}: {outcome}: {status.last_error}")


def _unreliable(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """Failing now and then, in the polls of the last days or in the last few there were."""
    recent = _at_least(days, _since(days, now - RECENT), lambda day: day.polls, ENOUGH_POLLS)
    polls, failed = sum(d.polls for d in recent), sum(d.failed for d in recent)
    if polls < ENOUGH_POLLS or failed < FAILED_SHARE * polls:
        return None
    return Health(HealthState.FAILING, f"{failed} of its last {polls} polls failed")


def _moved(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    if not status.moved_to or status.moved_at is None:
        return None
    until = status.moved_at + MOVED_FOR
    reason = f"moved to {status.moved_to} since {status.moved_at:%Y-%m-%d}; followed for good from {until:%Y-%m-%d} on"
    return Health(HealthState.MOVED, reason)


def _pages(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """What became of the pages of the last days, or of the last ten there were."""
    recent = _at_least(days, _since(days, now - PAGES), _ends, LAST_PAGES)
    ends, read = sum(map(_ends, recent)), sum(d.articles + d.refused for d in recent)
    failed, refused = sum(d.pages_failed for d in recent), sum(d.refused for d in recent)
    captcha, consent = sum(d.captcha for d in recent), sum(d.consent for d in recent)
    if _most(failed, ends):
        return Health(HealthState.FAILING, f"{failed} of its last {ends} pages could not be fetched")
    if _most(captcha, read):
        reason = f"{captcha} of its last {read} pages ask whether the reader is human"
        return Health(HealthState.CAPTCHA, reason)
    if _most(consent, read):
        return Health(HealthState.CONSENT, f"{consent} of its last {read} pages ask for consent and show nothing else")
    if _most(refused, read):
        return Health(HealthState.LAYOUT, f"{refused} of its last {read} pages gave no article")
    return None


def _layout(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """Articles that are shorter than they were, or have lost their dates."""
    recent = _since(days, now - RECENT)
    before = days[: len(days) - len(recent)]
    articles, base = sum(d.articles for d in recent), sum(d.articles for d in before)
    if articles < ENOUGH_ARTICLES or base < BASE_ARTICLES:
        return None
    length, usual = sum(d.characters for d in recent) / articles, sum(d.characters for d in before) / base
    if length < SHRUNKEN * usual:
        return Health(HealthState.LAYOUT, f"articles have {length:.0f} characters, {usual:.0f} before")
    undated, usually = sum(d.undated for d in recent) / articles, sum(d.undated for d in before) / base
    if undated > 0.6 and usually < 0.2:
        return Health(HealthState.LAYOUT, f"{undated:.0%} of articles have no date, {usually:.0%} before")
    return None


def _flood(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    past, today = _complete(days, now), [d for d in days if d.day >= (now - timedelta(days=1)).date()]
    if not today:
        return None
    most = max(today, key=lambda d: d.new)
    if most.polls >= 3 and most.new >= TRAP_ITEMS and most.new >= TRAP_SHARE * most.entries:
        return Health(HealthState.FLOOD, f"{most.new} of {most.entries} links were new on {most.day}: a trap?")
    usual = [d.new for d in past if d.day != most.day]
    if len(usual) < CHANGE_DAYS:
        return None
    mean = fmean(usual)
    if most.new > max(FLOOD_ITEMS, 5 * (mean + 3 * math.sqrt(mean)), 3 * max(usual)):
        return Health(HealthState.FLOOD, f"{most.new} items on {most.day}, {mean:.1f} a day usually")
    return None


def _silent(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """Quiet for twice as long as ever in its record, and for longer than its rate explains."""
    past = _complete(days, now)
    busy = [day for day in past if day.new]
    if not busy:
        polled = [day for day in past if day.polls]
        quiet = status.first_success_at is not None and now - status.first_success_at > timedelta(days=DAYS)
        return Health(HealthState.SILENT, f"nothing new for {DAYS} days") if quiet and len(polled) > DAYS / 2 else None
    if any(day.new for day in days if day.day > busy[-1].day):
        return None
    quiet_days = sum(day.polls > 0 for day in past if day.day > busy[-1].day)
    before = [day for day in past if day.day <= busy[-1].day]
    if len(before) < RHYTHM_DAYS:
        return None
    rate = sum(day.new for day in before) / len(before)
    longest = max((b.day - a.day).days - 1 for a, b in pairwise(busy)) if len(busy) > 1 else 0
    if quiet_days < max(LONG_SILENCE.days, 2 * longest + 1) or rate * quiet_days < SURPRISE:
        return None
    reason = f"nothing new since {busy[-1].day}, {rate:.1f} items a day before"
    return Health(HealthState.SILENT, reason)


def _empty(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """Read well, again and again, and nothing in it: a page that is rebuilt, or was never a listing.

    What is empty over a weekend, as a sitemap of the last two days may be, has been empty for as long before.
    """
    full = [day.day for day in days if day.entries]
    after = [day for day in days if not full or day.day > full[-1]]
    read = sum(day.polls - day.failed - day.throttled - day.unmodified for day in after)
    longest = max(((b - a).days - 1 for a, b in pairwise(full)), default=0)
    if read < EMPTY_POLLS or (full and len(after) <= max(1, 2 * longest)):
        return None
    since = f" since {full[-1]}" if full else ""
    return Health(HealthState.SILENT, f"it was read {read} times{since} and showed no entry")


def _change(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health | None:
    """The last week beside the weeks before."""
    past, week = _complete(days, now), (now - timedelta(days=7)).date()
    late, early = [d.new for d in past if d.day >= week], [d.new for d in past if d.day < week]
    if len(late) < CHANGE_DAYS or len(early) < CHANGE_DAYS:
        return None
    a, b = fmean(late), fmean(early)
    # items come in bursts: the variance is what the days show, and at least what chance alone would give
    variance = max(pvariance(late), a, 0.1) / len(late) + max(pvariance(early), b, 0.1) / len(early)
    if max(a, b) < CHANGE_FACTOR * min(a, b) or abs(a - b) < CHANGE_SIGMAS * math.sqrt(variance):
        return None
    return Health(HealthState.CHANGE, f"{a:.1f} items a day in the last week, {b:.1f} before")


def _fine(status: SourceStatus, days: Sequence[SourceDay], now: datetime) -> Health:
    new = sum(day.new for day in _since(days, now - timedelta(days=7)))
    return Health(HealthState.OK, status.state_reason or f"{new} new items in 7 days")


RULES: Sequence[Rule] = (_stopped, _failing, _unreliable, _pages, _moved, _layout, _flood, _empty, _silent, _change)


def _since(days: Sequence[SourceDay], instant: datetime) -> list[SourceDay]:
    return [day for day in days if day.day > instant.date()]


def _complete(days: Sequence[SourceDay], now: datetime) -> list[SourceDay]:
    """Days that are over and on which it was polled."""
    return [day for day in days if day.day < now.date() and day.polls]


def _at_least(
    days: Sequence[SourceDay], recent: Sequence[SourceDay], count: Callable[[SourceDay], int], enough: int
) -> Sequence[SourceDay]:
    """The recent days where they count enough, else the latest that do, or all there are."""
    if sum(map(count, recent)) >= enough:
        return recent
    counting = [day for day in days if count(day)]
    most = next((n for n in range(1, len(counting)) if sum(map(count, counting[-n:])) >= enough), len(counting))
    return counting[-most:]


def _ends(day: SourceDay) -> int:
    """Pages that came to an end, good or bad."""
    return day.pages_failed + day.articles + day.refused


def _most(part: int, whole: int) -> bool:
    return part >= ENOUGH_PAGES and part >= BAD_PAGES_SHARE * whole
