"""A date as readers see it near the headline: "9 giugno 2026", "June 9, 2026", "2026年6月9日", "09.06.2026 14:30".

For pages that state it nowhere else. Names of months are CLDR's, by way of Babel.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from lxml.html import HtmlElement

from extractors import calendars
from extractors.document import Document
from vedette.months import month_names

NEAR = 600
"""Characters of text around the headline that are looked at."""
NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](20\d{2})(?!\d)")
EAST_ASIAN = re.compile(r"(20\d{2})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
ISO = re.compile(r"(?<!\d)(20\d{2})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
CLOCK = re.compile(r"^\W{0,4}(?:\w{1,6}\W{1,3})?([01]?\d|2[0-3])[:.h]([0-5]\d)(?!\d)")


def visible_date(document: Document) -> tuple[datetime, bool] | None:
    """The first full date near the headline, in UTC for want of a zone, and whether a time stands with it."""
    text = _around_headline(document).translate(_DIGITS)
    found = sorted(_dates(text), key=lambda hit: hit[0])
    if not found:
        return None
    _, end, day = found[0]
    clock = CLOCK.match(text[end : end + 20])
    if clock:
        return day.replace(hour=int(clock[1]), minute=int(clock[2])), True
    return day, False


def _around_headline(document: Document) -> str:
    headings = document.headings
    place = headings[0] if headings else None
    if place is None:
        body = document.tree.find("body")
        return _words(body)[:NEAR] if body is not None else ""
    text = ""
    for _ in range(4):
        parent = place.getparent()
        if parent is None or parent.tag == "html":
            break
        place = parent
        text = _words(place)
        if len(text) >= NEAR:
            break
    title = _words(headings[0])
    at = max(0, text.find(title))
    return text[max(0, at - NEAR // 2) : at + len(title) + NEAR]


def _words(element: HtmlElement) -> str:
    """The text of an element, what stands in one block parted from what stands in the next."""
    return " ".join(" ".join(element.itertext()).split())


def _dates(text: str) -> list[tuple[int, int, datetime]]:
    hits = []
    for pattern, order in ((ISO, (0, 1, 2)), (EAST_ASIAN, (0, 1, 2)), (NUMERIC, (2, 1, 0))):
        for match in pattern.finditer(text):
            numbers = [int(group) for group in match.groups()]
            hits.append((match.start(), match.end(), _day(*(numbers[i] for i in order))))
    hits += [(start, end, _day(day.year, day.month, day.day)) for start, end, day in calendars.dates(text)]
    folded = text.casefold()
    if len(folded) == len(text):
        for match in _named().finditer(folded):
            groups = match.groupdict()
            month = month_names()[groups["month"] or groups["month2"]]
            day = _day(int(groups["year"] or groups["year2"]), month, int(groups["day"] or groups["day2"]))
            hits.append((match.start(), match.end(), day))
    return [(start, end, day) for start, end, day in hits if day is not None]


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _named() -> re.Pattern[str]:
    """Day month year, or month day year, with a month's name in any language, or both of those it has in Arabic."""
    month = "|".join(sorted(map(re.escape, month_names()), key=len, reverse=True))
    link = r"(?:\s+(?:de|del|di|of|e)\s+|[\s.,/-]+)"
    return re.compile(
        rf"(?<![\d\w])(?P<day>\d{{1,2}})(?:st|nd|rd|th|º|°|er)?\.?{link}(?:(?:{month})\s*/\s*)?(?P<month>{month})\.?{link}(?P<year>20\d\d)(?!\d)"
        rf"|(?<!\w)(?P<month2>{month})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>20\d\d)(?!\d)"
    )
