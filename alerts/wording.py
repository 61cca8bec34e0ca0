"""The words of messages in the reader's language: what `alerts/translations` has, English for all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal

from alerts.calendar import zone_of
from vedette.model import Analyst
from vedette.translations import Catalogues

CATALOGUES = Catalogues(Path(__file__).parent / "translations", "alerts")


@dataclass(frozen=True, slots=True)
class Words:
    """How one reader is spoken to. `locale` is that of their account, such as "it" or "pt-BR"."""

    locale: str = "en"

    @classmethod
    def of(cls, reader: Analyst | None) -> Self:
        """How an analyst is spoken to; English to whoever is none."""
        return cls(reader.locale) if reader else cls()

    @property
    def language(self) -> str:
        """The language of the words: one that there is a catalogue for."""
        return CATALOGUES.best([self.locale])

    def gettext(self, message: str) -> str:
        """A message as it stands, its placeholders not filled in."""
        return CATALOGUES.gettext(self.language, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """A message with the number it speaks of, its placeholders not filled in."""
        return CATALOGUES.ngettext(self.language, singular, plural, number)

    def say(self, message: str, **values: Any) -> str:
        """A message with its %(name)s filled in."""
        text = self.gettext(message)
        return text % values if values else text

    def many(self, singular: str, plural: str, number: int, **values: Any) -> str:
        """A message with its number, %(count)s, as the reader writes numbers, and whatever else it names."""
        return self.ngettext(singular, plural, number) % {"count": self.number(number), **values}

    def number(self, value: float) -> str:
        """A number as the reader writes it."""
        return format_decimal(value, locale=self.babel)

    def day(self, value: datetime) -> str:
        """A date of which no more than the day is known."""
        return format_date(value.date(), "long", locale=self.babel)

    def moment(self, at: datetime, timezone: str, *, weekday: bool = False) -> str:
        """Day and time of day in a zone, without seconds: those of a publisher mean nothing."""
        zone, locale = zone_of(timezone), self.babel
        local = at.astimezone(zone)
        date = format_date(local, "medium", locale=locale)
        if weekday:
            date = f"{format_date(local, 'EEE', locale=locale)} {date}"
        time = format_time(at, "short", tzinfo=zone, locale=locale)
        return str(get_datetime_format("medium", locale=locale)).replace("{1}", date).replace("{0}", time)

    @property
    def babel(self) -> Locale:
        """The reader's locale for dates and numbers; English where it is unknown."""
        try:
            return Locale.parse(self.locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            return Locale("en")


ENGLISH = Words()
