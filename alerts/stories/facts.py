"""The hard facts of a text that survive rewriting and translation: designators, amounts, days."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.months import month_names

_HYPHENS = str.maketrans("‐‑‒–—", "-----")
_TWINS = str.maketrans("АВСЕКМОРТХ", "ABCEKMOPTX")  # Cyrillic letters typed for Latin ones in designators
_DESIGNATOR = re.compile(r"(?<![\w-])([A-ZА-Я][A-Za-zА-Яа-я]{0,5})-?(\d{1,4}[A-Z]{0,3}[0-9]?)(?![\w-]*[./]\w)(?!\d)")
_NUMBER = re.compile(
    r"(?<![\w.,/:-])(\d{1,3}(?:[ ,.'’\u00a0\u202f]\d{3})+|\d+)([.,]\d{1,2})?(?!\w*\d|:\d)[ \u00a0]?(\w+)?"
)
_ISO_DAY = re.compile(r"(?<!\d)(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_NUMERIC_DAY = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})[./](20\d\d)(?!\d)")
_EAST_ASIAN_DAY = re.compile(r"(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_YEAR = re.compile(r"(?<![\d.,])(199\d|20[0-5]\d)(?![\d.,]\d|\d)")
_DAY_MONTH = re.compile(r"(?<!\w)(\d{1,2})(?:st|nd|rd|th|º|°|er)?\.?\s+(?:de\s+|of\s+)?([^\W\d_]{3,})")
_MONTH_DAY = re.compile(r"(?<!\w)([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?!\w|[.,]\d)")
_MAGNITUDES = {
    1_000: "thousand bin min тысяч тысячи тыс тисяч mila mille tausend tysięcy mil ألف آلاف հազար ათასი هزار 천 千",
    1_000_000: (
        "million millions mln m mn milyon milyona milionu milioni millones millón milhões milione millionen mio млн "
        "миллион миллиона миллионов мільйон мільйонів مليون ملايين միլիոն მილიონი میلیون 백만 百万"
    ),
    1_000_000_000: (
        "billion billions bn b mrd milyar milyard milyarda miliardo miliardi milliard milliards milliarden mln.mil "
        "миллиард миллиарда миллиардов млрд мільярд мільярдів مليار ملايير միլիարդ მილიარდი میلیارد 십억 十亿"
    ),
    10_000: "만 万 萬",
    100_000_000: "억 亿 億",
    1_000_000_000_000: "조 兆",
}
_FACTOR = {word: factor for factor, words in _MAGNITUDES.items() for word in words.split()}
_EAST_ASIAN_FACTORS = "만万萬억亿億조兆천千"
SMALLEST = 10
"""Numbers below stand in every text."""


def plain(written: str) -> str:
    """A designator as it is folded, written with any twin letters."""
    return written.upper().translate(_TWINS).lower()


def designators(text: str) -> dict[str, str]:
    """Letters and digits that name a thing, folded, with the way they are written: "c27j": "C-27J"."""
    found: dict[str, str] = {}
    for match in _DESIGNATOR.finditer(text.translate(_HYPHENS)):
        letters, digits = match[1].translate(_TWINS), match[2]
        found.setdefault(plain(letters + digits), f"{letters}-{digits}" if "-" in match[0] else match[0])
    return found


def numbers(text: str) -> dict[str, str]:
    """Amounts of ten and more, as plain digits, with the way they are written. Years and days are none."""
    found: dict[str, str] = {}
    for match in _NUMBER.finditer(_without_days(text)):
        whole, part, word = re.sub(r"\D", "", match[1]), match[2] or "", (match[3] or "").lower()
        factor = _factor(word)
        value = float(whole + part.replace(",", ".")) * factor
        if value < SMALLEST or (factor == 1 and not part and len(match[1]) == 4 and 1900 <= value < 2100):
            continue
        written = match[0].strip() if factor > 1 else match[1] + part
        found.setdefault(f"{value:.10g}", written)
    return found


def days(text: str) -> dict[str, str]:
    """Days of the year that are named, as "MM-DD"; a year need not stand with them."""
    found: dict[str, str] = {}
    for day in _days(text):
        found.setdefault(day, day)
    return found


def years(text: str) -> list[str]:
    """Years from 1990 to 2059 that are named."""
    return list(dict.fromkeys(_YEAR.findall(text)))


def _factor(word: str) -> int:
    if word and word[0] in _EAST_ASIAN_FACTORS:
        return _FACTOR.get(word[0], 1)
    return _FACTOR.get(word.rstrip("."), 1)


def _days(text: str) -> Iterator[str]:
    for pattern, month, day in ((_ISO_DAY, 2, 3), (_NUMERIC_DAY, 2, 1), (_EAST_ASIAN_DAY, 1, 2)):
        for match in pattern.finditer(text):
            yield from _day(int(match[month]), int(match[day]))
    for match in _DAY_MONTH.finditer(text):
        yield from _day(month_names().get(match[2].casefold(), 0), int(match[1]))
    for match in _MONTH_DAY.finditer(text):
        yield from _day(month_names().get(match[1].casefold(), 0), int(match[2]))


def _day(month: int, day: int) -> Iterator[str]:
    if 1 <= month <= 12 and 1 <= day <= 31:
        yield f"{month:02}-{day:02}"


def _without_days(text: str) -> str:
    for pattern in (_ISO_DAY, _NUMERIC_DAY, _EAST_ASIAN_DAY):
        text = pattern.sub(" ", text)
    text = _DAY_MONTH.sub(lambda m: " " if m[2].casefold() in month_names() else m[0], text)
    return _MONTH_DAY.sub(lambda m: " " if m[1].casefold() in month_names() else m[0], text)
