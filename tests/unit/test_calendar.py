"""Digests come when a clock on the reader's wall says so, whatever happens to clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest

from alerts.calendar import next_digest
from vedette.model import Cadence

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Santiago",  # midnight is skipped
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",
    "Africa/Cairo",  # midnight is skipped
    "Africa/Casablanca",  # set back for Ramadan
    "Asia/Beirut",
    "Asia/Kathmandu",
)
STEP = timedelta(minutes=15)
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def walk(zone: ZoneInfo) -> list[tuple[datetime, datetime, datetime]]:
    """Every quarter of an hour of the year: the instant, what a clock shows and what it showed a step before."""
    instants = [YEAR[0] + STEP * n for n in range((YEAR[1] - YEAR[0]) // STEP)]
    shown = [at.astimezone(zone).replace(tzinfo=None) for at in (YEAR[0] - STEP, *instants)]
    return list(zip(instants, shown[1:], shown, strict=False))


def hourly(minute: int, zone: ZoneInfo) -> list[datetime]:
    """By brute force: each time the clock shows that minute, or was set forward over it."""
    due = []
    for at, shown, last in walk(zone):
        skipped = range(1, (shown - last) // STEP)
        if shown.minute == minute or any((last + STEP * n).minute == minute for n in skipped):
            due.append(at)
    return due


def once(wanted: Sequence[datetime], zone: ZoneInfo) -> list[datetime]:
    """By brute force: each of these wall times, the first time the clock shows it or a later one."""
    due, waiting = [], list(wanted)
    for at, shown, _ in walk(zone):
        while waiting and shown >= waiting[0]:
            due.append(at)
            waiting.pop(0)
    return due


def reckoned(cadence: Cadence, digest_at: str, zone: str) -> list[datetime]:
    at, found = YEAR[0] - timedelta(seconds=1), []
    while (at := next_digest(cadence, digest_at, at, zone)) < YEAR[1]:
        found.append(at)
    return found


def walls(hour: int, minute: int, zone: str, weekday: int | None = None) -> list[datetime]:
    begin = (YEAR[0] - STEP).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    days = [datetime(2025, 12, 31, hour, minute) + timedelta(days=n) for n in range(368)]
    return [day for day in days if day > begin and weekday in (None, day.weekday())]


SOME = ([15], [(2, 30)])
ALL = ([0, 30, 45], [(0, 0), (0, 30), (1, 45), (3, 0), (8, 0), (23, 45)])


@pytest.mark.parametrize("times", [SOME, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_digests_is_that_of_who_looks_at_the_clock_all_the_time(
    zone: str, times: tuple[list[int], list[tuple[int, int]]]
) -> None:
    info, (minutes, hours) = ZoneInfo(zone), times
    for minute in minutes:
        assert reckoned(Cadence.HOURLY, f"08:{minute:02}", zone) == hourly(minute, info)
    for hour, minute in hours:
        at = f"{hour:02}:{minute:02}"
        assert reckoned(Cadence.DAILY, at, zone) == once(walls(hour, minute, zone), info)
        assert reckoned(Cadence.WEEKLY, f"sun {at}", zone) == once(walls(hour, minute, zone, 6), info)


@pytest.mark.parametrize(
    ("cadence", "digest_at", "after", "wanted"),
    [
        (Cadence.DAILY, "08:00", "2026-03-28T12:00+01:00", "2026-03-29T08:00+02:00"),
        (Cadence.DAILY, "02:30", "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),  # 02:30 does not exist
        (Cadence.DAILY, "02:30", "2026-10-25T00:00+02:00", "2026-10-25T02:30+02:00"),  # the first of two
        (Cadence.DAILY, "02:30", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        (Cadence.HOURLY, "08:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"),
        (Cadence.WEEKLY, "08:00", "2026-09-23T12:00+02:00", "2026-09-28T08:00+02:00"),  # Monday
        (Cadence.WEEKLY, "wed 08:00", "2026-09-23T07:59+02:00", "2026-09-23T08:00+02:00"),
        (Cadence.WEEKLY, "wed 08:00", "2026-09-23T08:00+02:00", "2026-09-30T08:00+02:00"),
        (Cadence.AT_ONCE, "08:00", "2026-09-23T07:20+02:00", "2026-09-23T08:00+02:00"),
        (Cadence.DAILY, "of a hand in the database", "2026-09-23T07:20+02:00", "2026-09-23T08:00+02:00"),
    ],
)
def test_the_next_digest(cadence: Cadence, digest_at: str, after: str, wanted: str) -> None:
    found = next_digest(cadence, digest_at, datetime.fromisoformat(after), "Europe/Berlin")
    assert (found, found.utcoffset()) == (datetime.fromisoformat(wanted), timedelta(0))


def test_a_day_that_a_zone_skips_has_its_digest_when_the_next_begins() -> None:
    found = next_digest(Cadence.DAILY, "08:00", datetime(2011, 12, 30, 9, 59, tzinfo=UTC), "Pacific/Apia")
    assert found == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
