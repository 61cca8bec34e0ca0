"""The language of the interface: English in the code and the templates, others in `web/translations`.

Which language a page speaks is set for the time of its rendering (`speaking`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal

from alerts.calendar import zone_of
from vedette.translations import Catalogues
from web.terms import TERMS

CATALOGUES = Catalogues(Path(__file__).parent / "translations", "web")
_speaking: ContextVar[tuple[str, str]] = ContextVar("speaking", default=("en", "UTC"))


def languages() -> tuple[str, ...]:
    """The languages of the interface."""
    return CATALOGUES.languages


def choices() -> list[tuple[str, str]]:
    """The languages of the interface, each by its own name."""
    return [(code, str(Locale.parse(code).display_name).capitalize()) for code in languages()]


def chosen(accepted: str, own: str = "") -> str:
    """The language for a reader: their own choice, else the browser's Accept-Language, else English."""
    wanted = [own.replace("-", "_").partition("_")[0]] if own else []
    return CATALOGUES.best([*wanted, *(part.partition(";")[0] for part in accepted.split(","))])


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
    return CATALOGUES.gettext(language(), message)


def said(sentence: str) -> str:
    """A sentence of another room, such as why a rule is refused, in the language being spoken."""
    return CATALOGUES.sentence(language(), sentence)


def ngettext(singular: str, plural: str, number: int) -> str:
    """A message with the number it speaks of."""
    return CATALOGUES.ngettext(language(), singular, plural, number)


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
    there = format_date(value.astimezone(zone).date(), "medium", locale=locale)
    return str(locale.datetime_formats["medium"]).replace("'", "").format(clock_time(value), there)


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
