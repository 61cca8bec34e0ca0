"""The language of the interface: English in the code and the templates, others in `web/translations`.

The catalogues are the .po files themselves, read once; there is nothing to compile. Which language a page speaks is
set for the time of its rendering (`speaking`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from alerts.calendar import zone_of
from web.terms import TERMS

FOLDER = Path(__file__).parent / "translations"
_speaking: ContextVar[tuple[str, str]] = ContextVar("speaking", default=("en", "UTC"))


@lru_cache
def languages() -> tuple[str, ...]:
    """The languages of the interface."""
    return ("en", *sorted(path.parents[1].name for path in FOLDER.glob("*/LC_MESSAGES/web.po")))


def choices() -> list[tuple[str, str]]:
    """The languages of the interface, each by its own name."""
    return [(code, str(Locale.parse(code).display_name).capitalize()) for code in languages()]


@lru_cache
def _catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    path = FOLDER / language / "LC_MESSAGES" / "web.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key and not message.fuzzy and message.string and all(message.string):
            found[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


def chosen(accepted: str, own: str = "") -> str:
    """The language for a reader: their own choice, else the browser's Accept-Language, else English."""
    wanted = [own.replace("-", "_").partition("_")[0]] if own else []
    wanted += [part.partition(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
    return negotiate_locale(wanted, languages()) or "en"


@contextlib.contextmanager
def speaking(language: str, zone: str = "UTC") -> Iterator[None]:
    """Speak a language, in a time zone, for a while."""
    token = _speaking.set((language, zone))
    try:
        yield
    finally:
        _speaking.reset(token)


def language() -> str:
    """The language being spoken."""
    return _speaking.get()[0]


def gettext(message: str) -> str:
    """A message in the language being spoken."""
    found = _catalogue(language()).get(message, message)
    return found if isinstance(found, str) else found[0]


def ngettext(singular: str, plural: str, number: int) -> str:
    """A message with the number it speaks of."""
    found = _catalogue(language()).get(singular)
    if isinstance(found, tuple) and len(found) == 2:
        return found[0] if number == 1 else found[1]
    return singular if number == 1 else plural


def _place() -> tuple[Locale, ZoneInfo]:
    name, zone = _speaking.get()
    try:
        return Locale.parse(name), zone_of(zone)
    except (UnknownLocaleError, ValueError):
        return Locale("en"), zone_of(zone)


def moment(value: datetime | None, precision: str = "") -> str:
    """An instant in the reader's zone; only the day where no more is known."""
    if value is None:
        return ""
    locale, zone = _place()
    if precision == "day":
        return format_date(value.date(), "medium", locale=locale)
    return format_datetime(value, "medium", tzinfo=zone, locale=locale).replace("\u202f", " ")


def clock_time(value: datetime) -> str:
    """The time of day in the reader's zone."""
    locale, zone = _place()
    return format_time(value, "short", tzinfo=zone, locale=locale).replace("\u202f", " ")


def day(value: datetime) -> str:
    """The day in the reader's zone, in words."""
    locale, zone = _place()
    return format_date(value.astimezone(zone).date(), "full", locale=locale)


def ago(value: datetime | None, now: datetime) -> str:
    """How long ago something was, or how soon it will be."""
    if value is None:
        return ""
    return format_timedelta(value - now, add_direction=True, locale=_place()[0])


def lasting(value: timedelta | None) -> str:
    """A duration in words."""
    return format_timedelta(value, locale=_place()[0]) if value is not None else ""


def number(value: float) -> str:
    """A number as it is written there."""
    return format_decimal(value, locale=_place()[0])


def rounded(value: float) -> str:
    """A number with one digit after the point; more below a tenth would only pretend."""
    return format_decimal(round(value, 1), locale=_place()[0])


def term(word: str) -> str:
    """A word of the model as people say it."""
    return gettext(TERMS.get(word, word))


def language_name(code: str) -> str:
    """The name of a language."""
    from alerts.rendering import language_name as name

    return name(code, language())


def country_name(code: str) -> str:
    """The name of a country by its two letters."""
    return _place()[0].territories.get(code.upper(), code) if code else ""
