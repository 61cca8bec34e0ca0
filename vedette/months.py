"""Names of months as CLDR has them, by way of Babel."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

LOCALES = (
    "en it az tr ru uk fr de es pt ar ar_LB ar_MA fa hy ka el pl ro cs nl sv da nb fi hu bg sr hr sk sl he id vi kk uz"
)


@lru_cache(maxsize=1)
def month_names() -> dict[str, int]:
    """The names and short names of the months in many languages, case folded, with the month's number."""
    names: dict[str, int] = {}
    for code in LOCALES.split():
        months = Locale.parse(code).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[form][width].items():
                    key = name.casefold().strip(". ")
                    if len(key) > 2 and not key.isdigit():
                        names.setdefault(key, number)
    return names
