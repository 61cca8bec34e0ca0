"""How sources fare: records of days and the word that a person would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.health import challenge, day_of_poll, judge, must_follow, must_judge, redirected
from vedette.model import FetchOutcome, Health, HealthState, Source, SourceDay, SourceState, SourceStatus

NOW = datetime(2026, 6, 29, 15, tzinfo=UTC)
DAY = timedelta(days=1)
FINE = SourceStatus(
    Source("s", "https://news.example/feed"),
    last_outcome="ok",
    last_success_at=NOW,
    first_success_at=NOW - 90 * DAY,
    last_poll_at=NOW,
)


def days(*new: int, **more: int) -> list[SourceDay]:
    """A record that ends yesterday, with so many new items a day, and today without any yet."""
    first = NOW.date() - len(new) * DAY
    past = [SourceDay(first + n * DAY, polls=24, entries=480, new=count, **more) for n, count in enumerate(new)]
    return [*past, SourceDay(NOW.date(), polls=10, entries=200)]


def with_today(record: Sequence[SourceDay], **values: int) -> list[SourceDay]:
    return [*record[:-1], replace(record[-1], **values)]


def lately(record: Sequence[SourceDay], **values: int) -> list[SourceDay]:
    return [*record[:-3], *(replace(day, **values) for day in record[-3:-1]), record[-1]]


STEADY = days(*[9, 11, 10, 8, 12, 2, 1] * 4)
"""Ten items a working day."""
FAILED = replace(
    FINE, failures=3, last_outcome="timeout", last_error="no whole answer in time", last_success_at=NOW - DAY
)


@pytest.mark.parametrize(
    ("status", "record", "state"),
    [
        (SourceStatus(FINE.source), [], "new"),
        (FINE, days(3), "ok"),
        (FINE, STEADY, "ok"),
        (replace(FINE, source=replace(FINE.source, state=SourceState.PAUSED), state_reason="enough"), STEADY, "paused"),
        (replace(FINE, source=replace(FINE.source, state=SourceState.GONE), state_reason="410"), STEADY, "gone"),
        (replace(FAILED, last_outcome="gone"), STEADY, "gone"),
        (FAILED, STEADY, "failing"),
        (replace(FAILED, failures=1), STEADY, "ok"),
        (replace(FAILED, failures=1, last_success_at=None), [], "failing"),
        (FINE, [replace(day, polls=2, failed=1) for day in STEADY], "failing"),
        (FINE, [replace(day, polls=1, failed=n % 2) for n, day in enumerate(STEADY)], "failing"),
        (FINE, [replace(day, polls=1, failed=int(n == 25)) for n, day in enumerate(STEADY)], "ok"),
        (replace(FAILED, failures=3, last_outcome="throttled"), STEADY, "ok"),
        (replace(FAILED, failures=9, last_outcome="throttled"), STEADY, "failing"),
        (replace(FAILED, failures=1, last_outcome="tls", last_error="expired"), STEADY, "certificate"),
        (replace(FAILED, failures=1, last_outcome="robots", last_error="robots.txt forbids it"), [], "forbidden"),
        (replace(FAILED, failures=1, last_outcome="captcha"), STEADY, "captcha"),
        (FINE, with_today(STEADY, polls=12, failed=12), "ok"),
        (FINE, with_today(days(*[5] * 9, failed=12), polls=12, failed=6), "failing"),
        (replace(FINE, moved_to="https://new.example/feed", moved_at=NOW - DAY), STEADY, "moved"),
        (FINE, with_today(STEADY, pages_failed=3, articles=1), "failing"),
        (FINE, with_today(STEADY, pages_failed=1, articles=2), "ok"),
        (FINE, with_today(STEADY, refused=3, captcha=3), "captcha"),
        (FINE, with_today(STEADY, refused=3, consent=2), "consent"),
        (FINE, with_today(STEADY, refused=3, articles=1), "layout"),
        (FINE, with_today(STEADY, refused=1, articles=6), "ok"),
        (FINE, with_today(days(*[10] * 25, articles=9, characters=27_000), articles=9, characters=9_000), "ok"),
        (FINE, lately(days(*[10] * 20, articles=9, characters=27_000), characters=5_000), "layout"),
        (FINE, lately(days(*[10] * 20, articles=9), undated=8), "layout"),
        (FINE, with_today(STEADY, new=300, entries=5_000), "flood"),
        (FINE, with_today(STEADY, new=40), "ok"),
        (FINE, with_today(days(0, 0), new=190, entries=200), "flood"),
        (FINE, days(*[10] * 20, *[0] * 5), "silent"),
        (FINE, days(*[9, 11, 10, 8, 12, 0, 0] * 3, 9, 11, 10, 0, 0), "ok"),
        (FINE, days(1, *[0] * 9, 1, *[0] * 12), "ok"),
        (FINE, days(*[0] * 28), "silent"),
        (FINE, days(1, *[0] * 12), "ok"),
        (FINE, [SourceDay(NOW.date(), polls=3)], "silent"),
        (FINE, [SourceDay(NOW.date(), polls=3, unmodified=2)], "ok"),
        (replace(FAILED, last_outcome="throttled", last_error="robots.txt can't be read: HTTP status 503"), [], "forbidden"),
        (FINE, days(*[3, 5, 4] * 7, *[30, 28, 33, 31, 29, 35, 30]), "change"),
        (FINE, days(*[30, 28, 33] * 7, *[5, 4, 6, 5, 4, 5, 6]), "change"),
        (FINE, days(*[0, 40, 2, 1, 0, 0, 3] * 4), "ok"),
    ],
)  # fmt: skip
def test_the_word_for_a_record(status: SourceStatus, record: list[SourceDay], state: str) -> None:
    verdict = judge(status, record, NOW)
    assert verdict.state == state, verdict.reason
    assert verdict.reason


def test_a_state_that_stays_keeps_its_date() -> None:
    known = Health(HealthState.FAILING, "once", NOW - 3 * DAY)
    assert judge(replace(FAILED, health=known), STEADY, NOW).since == NOW - 3 * DAY
    assert judge(replace(FINE, health=known), STEADY, NOW).since == NOW


@given(
    st.lists(st.builds(SourceDay, st.just(NOW.date()), *[st.integers(0, 10**6)] * 15), max_size=28), st.integers(0, 9)
)
def test_any_record_has_a_verdict(record: list[SourceDay], failures: int) -> None:
    spread = [replace(day, day=NOW.date() - n * DAY) for n, day in enumerate(record)]
    assert judge(replace(FAILED, failures=failures), sorted(spread, key=lambda d: d.day), NOW).reason


def test_a_permanent_redirect_is_followed_after_a_week_in_one_direction() -> None:
    moved = redirected(FINE, "https://a.example/", NOW - 8 * DAY)
    status = replace(FINE, moved_to=moved[0], moved_at=moved[1])
    assert must_follow(redirected(status, "https://a.example/", NOW), NOW)
    assert not must_follow(redirected(status, "https://b.example/", NOW), NOW)
    assert redirected(status, "", NOW) == ("", None)


def test_a_source_that_fares_as_before_is_judged_once_an_hour() -> None:
    status = replace(FINE, judged_at=NOW)
    assert must_judge(FINE, 0, NOW)
    assert not must_judge(status, 0, NOW + timedelta(minutes=59))
    assert must_judge(status, 0, NOW + timedelta(hours=1))
    assert must_judge(status, 1, NOW)


def test_what_a_poll_adds_to_its_day() -> None:
    assert day_of_poll(FetchOutcome.TIMEOUT, 30_000, 0, 0, NOW).failed == 1
    throttled = day_of_poll(FetchOutcome.THROTTLED, 5, 0, 0, NOW)
    assert (throttled.failed, throttled.throttled) == (0, 1)
    assert day_of_poll(FetchOutcome.NOT_MODIFIED, 5, 0, 0, NOW).unmodified == 1


@pytest.mark.parametrize(
    ("page", "asks"),
    [
        (b"<h1>Just a moment...</h1><p>Checking your browser</p>", FetchOutcome.CAPTCHA),
        (b"<h1>Before you continue</h1>", FetchOutcome.CONSENT),
        (b"<h1>Our feed has moved</h1>", None),
    ],
)
def test_what_a_page_in_the_way_asks_for(page: bytes, asks: FetchOutcome | None) -> None:
    assert challenge(page) is asks
