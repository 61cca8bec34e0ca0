"""Dates of other calendars in print: the solar one of Iran (1404/12/21) and the eras of Japan (令和8年3月12日).

Babel has the names of their months but does no reckoning; the rules here hold for the years that pages are of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

_IRANIAN = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
_IRANIAN_NAMED = re.compile(rf"(?<!\d)(\d{{1,2}})\s+({'|'.join(_IRANIAN)})\s*(?:ماه)?[\s،,]+(1[34]\d\d)(?!\d)")
_IRANIAN_NUMERIC = re.compile(r"(?<!\d)(1[34]\d\d)[./-](\d{1,2})[./-](\d{1,2})(?!\d)")
_LEAP = {1, 5, 9, 13, 17, 22, 26, 30}  # of a cycle of 33 years
_NEW_YEAR = (1404, date(2025, 3, 21))
_ERA = re.compile(r"(令和|平成)\s*(\d{1,2}|元)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_ERAS = {"令和": 2018, "平成": 1988}


def dates(text: str) -> Iterator[tuple[int, int, date]]:
    """Where such dates begin and end in a text whose digits are ASCII, and the days of ours that they are."""
    for match in _IRANIAN_NAMED.finditer(text):
        day, name, year = match.groups()
        yield from _found(match, _from_iranian(int(year), _IRANIAN.index(name) + 1, int(day)))
    for match in _IRANIAN_NUMERIC.finditer(text):
        year, month, day = match.groups()
        yield from _found(match, _from_iranian(int(year), int(month), int(day)))
    for match in _ERA.finditer(text):
        era, number, month, day = match.groups()
        yield from _found(match, _ours(_ERAS[era] + (1 if number == "元" else int(number)), int(month), int(day)))


def _found(match: re.Match[str], day: date | None) -> Iterator[tuple[int, int, date]]:
    if day is not None:
        yield match.start(), match.end(), day


def _ours(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _from_iranian(year: int, month: int, day: int) -> date | None:
    """Six months have 31 days, five have 30, the last has 29 or 30."""
    longest = 31 if month <= 6 else 30 if month < 12 or _is_leap(year) else 29
    if not (1 <= month <= 12 and 1 <= day <= longest):
        return None
    known, new_year = _NEW_YEAR
    between = range(min(year, known), max(year, known))
    days = sum(366 if _is_leap(passed) else 365 for passed in between)
    first = new_year + timedelta(days if year > known else -days)
    return first + timedelta(31 * (month - 1) - max(0, month - 7) + day - 1)


def _is_leap(year: int) -> bool:
    return year % 33 in _LEAP
