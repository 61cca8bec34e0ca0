"""When: quiet hours and digests by the reader's own clock, as instants in UTC. Pure.

A reader's clock skips an hour in spring and shows one twice in autumn. The rule for both: what is due at a wall time
is due once, at the first instant at which a clock on the wall shows that time or a later one. Hourly digests alone
come in both of the doubled hours.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vedette.model import Cadence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DIGEST_AT = re.compile(rf"(?:({'|'.join(DAYS)}) )?([01]\d|2[0-3]):([0-5]\d)")
"""How `digest_at` is written: "08:00", and for a weekly digest "fri 08:00"."""


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name; UTC where there is none, so that a slip in an analyst's row loses no message."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def next_digest(cadence: Cadence, digest_at: str, after: datetime, timezone: str) -> datetime:
    """The first instant after `after` at which a digest is due, in UTC.

    Hourly ones come at the minute of `digest_at`, daily ones at its time, weekly ones on its day (Monday where it
    names none). What a subscription with another cadence has gathered comes hourly.
    """
    zone = zone_of(timezone)
    day, wall = _read(digest_at)
    local = after.astimezone(zone).replace(tzinfo=None)
    if cadence in (Cadence.DAILY, Cadence.WEEKLY):
        around = [
            datetime.combine(local.date() + timedelta(days=n), wall)
            for n in range(-1, 3 if cadence is Cadence.DAILY else 10)
        ]
        wanted = [at for at in around if cadence is Cadence.DAILY or at.weekday() == day]
        instants = [first_instant(at, zone) for at in wanted]
    else:
        hour = local.replace(minute=wall.minute, second=0, microsecond=0)
        instants = [at for n in range(-1, 4) for at in _instants(hour + timedelta(hours=n), zone)]
    return min(at for at in instants if at > after)


def _read(digest_at: str) -> tuple[int, time]:
    found = DIGEST_AT.fullmatch(digest_at)
    if found is None:
        return 0, time(8)
    return DAYS.index(found[1] or "mon"), time(int(found[2]), int(found[3]))


def quiet_until(quiet_from: str, quiet_to: str, at: datetime, timezone: str) -> datetime | None:
    """When the quiet hours end that hold the instant `at`, None where they do not hold it.

    Hours are local wall time, "HH:MM", and may cross midnight. Where clocks are set forward over the end, it is the
    first instant after the gap; where they are set back over it, its first occurrence.
    """
    if not quiet_from or not quiet_to or quiet_from == quiet_to:
        return None
    zone = zone_of(timezone)
    local = at.astimezone(zone)
    clock = local.strftime("%H:%M")
    crosses = quiet_from > quiet_to
    inside = (clock >= quiet_from or clock < quiet_to) if crosses else quiet_from <= clock < quiet_to
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if crosses and clock >= quiet_from else 0)
    end = first_instant(datetime.combine(day, time.fromisoformat(quiet_to)), zone)
    return end if end > at else None


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock on the wall shows `wall` or more."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return first
    at = second  # `wall` is in a gap: the later reading of it lies before the gap, the earlier one after
    while at.astimezone(zone).replace(tzinfo=None) < wall:
        at += timedelta(minutes=1)
    return at


def _instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every instant at which a clock on the wall shows `wall`; the end of the gap where it shows it never."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return (first, second) if first <= second else (first_instant(wall, zone),)
