"""When a source is polled next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.polling import (
    Limits,
    Rate,
    interval_after_failure,
    interval_after_success,
    jittered,
    must_ask_whole,
    seed,
    steer,
    wait_cost,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Limits()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_busy_source_is_polled_more_often_than_a_quiet_one() -> None:
    busy = seed([NOW - HOUR * n / 6 for n in range(24)], NOW)
    quiet = seed([NOW - DAY * n - HOUR * (7 * n % 24) for n in range(24)], NOW)
    assert interval_after_success(busy, limits=LIMITS) < 20 * MINUTE
    assert interval_after_success(quiet, limits=LIMITS) > 2 * HOUR


def test_a_source_that_falls_silent_is_polled_less_and_less() -> None:
    rate = seed([NOW - HOUR * n for n in range(24)], NOW)
    waits = []
    at = NOW
    for _ in range(10):
        at += 7 * DAY
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


@settings(deadline=None)
@given(dates, st.floats(0.01, 100), st.booleans())
def test_every_wait_is_within_the_limits(shown: list[datetime | None], weight: float, overflowed: bool) -> None:
    wait = interval_after_success(seed(shown, NOW), limits=LIMITS, weight=weight, overflowed=overflowed)
    assert LIMITS.shortest <= wait <= LIMITS.longest
    assert wait <= jittered(wait, 0.999) <= wait * 1.06


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10**6)), max_size=20))
def test_the_estimate_survives_the_database(polls: list[tuple[int, int]]) -> None:
    rate, at = Rate(0.0, 0.0, NOW), NOW
    for count, seconds in polls:
        at += timedelta(seconds=seconds)
        rate = rate.observe(count, at)
    assert Rate.from_json(rate.as_json()) == rate
    assert rate.per_second > 0


def test_the_hours_in_which_a_source_writes_are_learned() -> None:
    """Ten items every working day between eight and noon, for four weeks of hourly polls."""
    rate, at = Rate(0.0, 0.0, NOW), NOW
    while at < NOW + 28 * DAY:
        at += HOUR
        rate = rate.observe(5 if at.weekday() < 5 and at.hour in (9, 11) else 0, at)
    night, morning, sunday = (rate.observe(0, at + timedelta(hours=h)) for h in (1, 9, 6 * 24 + 9))
    waits = [interval_after_success(r, limits=LIMITS) for r in (night, morning, sunday)]
    assert waits[1] < 0.6 * waits[0]
    assert waits[1] < 0.75 * waits[2]


def test_the_dates_of_items_tell_hours_that_rare_polls_can_not() -> None:
    """One poll a day brings ten items of nine o'clock; days alone, or dates from elsewhere, teach no hours."""
    rate = undated = elsewhere = Rate(0.0, 0.0, NOW)
    for day in range(1, 29):
        at = NOW + day * DAY
        nine = at.replace(hour=9, minute=5)
        told = [nine if nine <= at else nine - DAY] * 10
        midnight, ancient = at.replace(hour=0, minute=0, second=0, microsecond=0), at - 3 * DAY
        rate = rate.observe(10, at, dates=told)
        undated = undated.observe(10, at, dates=[None] * 10)
        elsewhere = elsewhere.observe(10, at, dates=[midnight, ancient] * 5)
    assert rate.profile()[0][9] > 4 * rate.profile()[0][15]
    assert undated.profile()[0][9] < 1.1 * undated.profile()[0][15]
    assert elsewhere == undated
    assert rate.events == undated.events


def test_hours_and_days_that_were_not_watched_yet_tell_nothing() -> None:
    """Two items an hour from a Monday on: not even by Friday is that taken for a source that rests on Sundays."""
    rate, at = seed([NOW - n * HOUR / 2 for n in range(20)], NOW), NOW
    for _ in range(4 * 24):
        at += HOUR
        rate = rate.observe(2, at)
        assert min(*rate.profile()[0], *rate.profile()[1]) > 0.8
        assert max(*rate.profile()[0], *rate.profile()[1]) < 1.25
    quiet = rate
    for _ in range(24):
        at += HOUR
        quiet = quiet.observe(0, at)
    assert quiet.profile()[1][4] < 0.5, "a day that was watched and silent tells much"
    assert quiet.profile()[1][5] > 1.1 * quiet.profile()[1][4]


@settings(deadline=None)
@given(
    events=st.floats(0, 1e5),
    seconds=st.floats(0, 1e8),
    hours=st.lists(st.floats(0, 1e2), min_size=24, max_size=24),
    days=st.lists(st.floats(0, 1e2), min_size=7, max_size=7),
    theta=st.floats(1, 1e6),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_the_expected_cost_of_a_wait_is_theta(
    events: float, seconds: float, hours: list[float], days: list[float], theta: float, start: datetime
) -> None:
    rate = Rate(events, seconds, start, tuple(hours), tuple(days))
    wait = wait_cost(rate, theta, 1.0, start, DAY)
    assert timedelta(0) < wait <= DAY
    total, cost, at, fastest = wait.total_seconds(), 0.0, 0.0, 0.0
    by_hour, by_day = rate.profile()
    while at < total:  # every stretch of an hour of the clock
        when = start + timedelta(seconds=at)
        end = min(total, at + 3600 - (when.minute * 60 + when.second + when.microsecond / 1e6) + 1e-6)
        arriving = rate.per_second * by_hour[when.hour] * by_day[when.weekday()]
        cost += arriving * (end - at) * (total - (at + end) / 2)
        at, fastest = end, max(fastest, arriving)
    microsecond = fastest * total * 1e-6  # the wait's own resolution, felt where thousands of items come in a second
    assert cost <= theta * 1.01 + 1e-3 + microsecond
    assert wait == DAY or cost >= theta * 0.97 - microsecond


@pytest.mark.parametrize(
    ("per_day", "age", "lies", "whole"),
    [
        (20, timedelta(hours=12), False, False),
        (20, timedelta(hours=25), False, True),
        (2, timedelta(hours=25), False, False),
        (2, timedelta(days=6), False, True),
        (2, timedelta(hours=25), True, True),
        (2, timedelta(hours=23), True, False),
    ],
)
def test_when_a_source_is_asked_whole(per_day: int, age: timedelta, lies: bool, whole: bool) -> None:
    rate = Rate(per_day * 100.0, 100 * 86400.0, NOW)
    assert must_ask_whole(rate, NOW - age, NOW, NOW, lies=lies) is whole
    assert not must_ask_whole(rate, None, NOW, NOW, lies=lies), "nothing was ever sent"
    assert not must_ask_whole(rate, NOW - age, None, NOW, lies=lies), "it was not polled since"


@settings(deadline=None)
@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=20), st.integers(0, 30))
def test_silence_counts_the_same_in_one_step_or_in_many(steps: list[int], new: int) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    known = seed([begin - timedelta(hours=n) for n in range(100)], begin)
    often, now = known, begin
    for step in steps:
        now += timedelta(seconds=step)
        often = often.observe(0, now)
    later = now + timedelta(minutes=10)
    at_once, in_steps = known.observe(new, later, since=now), often.observe(new, later)
    assert at_once.per_second == pytest.approx(in_steps.per_second)
    assert at_once.hours == pytest.approx(in_steps.hours)
    assert at_once.days == pytest.approx(in_steps.days)


@pytest.mark.parametrize("budget", [6.0, 24.0, 96.0])
def test_the_knob_finds_the_budget_and_stays_there(budget: float) -> None:
    sources = [seed([NOW - DAY * 3 * n / items for n in range(items)], NOW) for items in (3, 10, 30, 100, 300)]
    theta, spent = 600.0, 0.0
    for _ in range(30):
        waits = [interval_after_success(rate, limits=LIMITS, theta=theta) for rate in sources]
        spent = sum(DAY / wait for wait in waits) / len(waits)
        theta = steer(theta, spent, budget)
    assert spent == pytest.approx(budget, rel=0.02)


def test_one_strange_day_turns_the_knob_a_little_only() -> None:
    assert steer(600.0, 1e9, 24.0) == 4 * 600.0
    assert steer(600.0, 0.0, 24.0) == 600.0 / 4
