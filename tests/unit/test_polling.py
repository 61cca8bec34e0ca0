"""When a source is polled next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.polling import Limits, Rate, interval_after_failure, interval_after_success, jittered, seed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Limits()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_busy_source_is_polled_more_often_than_a_quiet_one() -> None:
    busy = seed([NOW - HOUR * n / 6 for n in range(24)], NOW)
    quiet = seed([NOW - DAY * n for n in range(24)], NOW)
    assert interval_after_success(busy, limits=LIMITS) < 20 * MINUTE
    assert interval_after_success(quiet, limits=LIMITS) > 2 * HOUR


def test_a_source_that_falls_silent_is_polled_less_and_less() -> None:
    rate = seed([NOW - HOUR * n for n in range(24)], NOW)
    waits = []
    at = NOW
    for _ in range(10):
        at += 5 * DAY
        rate = rate.observe(0, at)
        waits.append(interval_after_success(rate, limits=LIMITS))
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]


def test_weight_floor_overflow_and_a_fixed_interval() -> None:
    rate = seed([NOW - HOUR * n for n in range(24)], NOW)
    usual = interval_after_success(rate, limits=LIMITS)
    assert interval_after_success(rate, limits=LIMITS, weight=4) < usual
    assert interval_after_success(rate, limits=LIMITS, overflowed=True) < usual
    assert interval_after_success(rate, limits=LIMITS, floor=6 * HOUR) == 6 * HOUR
    assert interval_after_success(rate, limits=LIMITS, fixed=7 * MINUTE, floor=6 * HOUR) == 7 * MINUTE


def test_failures_double_the_wait_up_to_the_longest() -> None:
    waits = [interval_after_failure(n, 10 * MINUTE, limits=LIMITS) for n in range(1, 12)]
    assert waits[:4] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE]
    assert waits[-1] == LIMITS.longest


dates = st.lists(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)) | st.none(), max_size=50
)


@given(dates, st.floats(0.01, 100), st.booleans())
def test_every_wait_is_within_the_limits(shown: list[datetime | None], weight: float, overflowed: bool) -> None:
    wait = interval_after_success(seed(shown, NOW), limits=LIMITS, weight=weight, overflowed=overflowed)
    assert LIMITS.shortest <= wait <= LIMITS.longest
    assert wait <= jittered(wait, 0.999) <= wait * 1.06


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10**6)), max_size=20))
def test_the_estimate_survives_the_database(polls: list[tuple[int, int]]) -> None:
    rate, at = Rate(0.0, 0.0, NOW), NOW
    for count, seconds in polls:
        at += timedelta(seconds=seconds)
        rate = rate.observe(count, at)
    assert Rate.from_json(rate.as_json()) == rate
    assert rate.per_second > 0
