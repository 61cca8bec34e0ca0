"""What a text states that can be new: entities, numbers, dates, a correction. Pure, and the same in all languages.

Near copies of a story say the same in other words; numbers and dates do not change with the words. They are compared
in a normal form and shown as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from alerts.wording import ENGLISH, Words
from vedette.model import Article, Span

MOST_SHOWN = 6
"""Facts of a kind that an update names."""
_ISO = re.compile(r"(?<!\d)(?:19|20)\d\d-(\d\d)-(\d\d)(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})[./](\d{1,2})[./](?:19|20)\d\d(?!\d)")
_YEAR = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w%]|[.,]\d)")
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?:\d{1,3}(?:[ \u00a0\u202f.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)(?!\w|[.,:/]\d|-\w)"
)
"""A number that stands alone: no part of a designator (C-27J), of a time (10:30) or of a word."""
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.,]\d{3})+")
_MONTHS_OF = ("en", "fr", "de", "it", "es", "pt", "tr", "az", "ru", "uk", "pl")
_CORRECTION = re.compile(
    r"\b(?:correction|corrected|corrects|clarification|erratum|errata|retraction|rectificatif|rectification|"
    r"berichtigung|korrektur|korrigiert|correzione|rettifica|errata corrige|corrección|rectificación|correção|"
    r"düzeltme|düzəliş|исправлен\w*|поправка|уточнение|виправлен\w*|sprostowanie|rectificatie|oprava)\b"
    r"|تصحيح|تصویب خطا|تصحیح|更正|訂正|정정",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts by their normal form, with what was written."""

    entities: frozenset[str] = frozenset()  # ids
    numbers: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    corrections: int = 0  # how often a text speaks of one, at most

    def __or__(self, other: Facts) -> Facts:
        """All that either states."""
        return Facts(
            self.entities | other.entities,
            {**other.numbers, **self.numbers},
            {**other.dates, **self.dates},
            max(self.corrections, other.corrections),
        )


def facts(title: str, text: str, language: str, entities: Iterable[str] = ()) -> Facts:
    """What a title and a text state; `entities` are those that were found in them, by id."""
    return replace(_stated(f"{title}\n{text}", language), entities=frozenset(entities))


@lru_cache(maxsize=512)
def _stated(whole: str, language: str) -> Facts:
    """Remembered, for each article of a story asks anew what the others said."""
    dates: dict[str, str] = {}
    rest = whole
    for pattern in (_ISO, _DOTTED, *_written(language)):
        for found in pattern.finditer(rest):
            dates.setdefault(_day(found, pattern, language), found[0].rstrip("."))
        rest = pattern.sub(lambda m: " " * len(m[0]), rest)
    for found in _YEAR.finditer(rest):
        dates.setdefault(found[0], found[0])
    rest = _YEAR.sub(lambda m: " " * len(m[0]), rest)
    numbers = {value: found[0] for found in _NUMBER.finditer(rest) if (value := _value(found[0]))}
    return Facts(frozenset(), numbers, dates, len(_CORRECTION.findall(whole)))


def around(article: Article, spans: Iterable[Span]) -> str:
    """The paragraphs of an article in which a hit stands: what it says of the topic."""
    places = {span.start for span in spans if span.field == "body"}
    kept, at = [], 0
    for paragraph in article.text.split("\n\n"):
        end = at + len(paragraph)
        if any(at <= place < end for place in places):
            kept.append(paragraph)
        at = end + 2
    return "\n\n".join(kept)


def novelties(new: Facts, known: Facts, names: Mapping[str, str], words: Words = ENGLISH) -> tuple[str, ...]:
    """What is stated for the first time, a line for each sort; `names` are those of entities by their ids."""
    lines = []
    if new.corrections > known.corrections:
        lines.append(words.say("it speaks of a correction"))
    entities = sorted(names.get(entity, entity) for entity in new.entities - known.entities)
    dates = [shown for key, shown in new.dates.items() if key not in known.dates]
    numbers = [shown for key, shown in new.numbers.items() if key not in known.numbers]
    for sort, found in (
        (words.say("named"), entities),
        (words.say("dates"), dates),
        (words.say("numbers"), numbers),
    ):
        if found:
            shown = ", ".join(found[:MOST_SHOWN])
            left = len(found) - MOST_SHOWN
            listed = words.say("%(listed)s and %(count)s more", listed=shown, count=left) if left > 0 else shown
            lines.append(f"{sort}: {listed}")
    return tuple(lines)


def _value(written: str) -> str:
    """A number without the separators of its groups; "" for a single digit, which says little."""
    grouped = _GROUPED.match(written)
    if grouped:
        whole = re.sub(r"\D", "", grouped[0])
        return f"{whole}.{written[grouped.end() + 1 :]}" if grouped.end() < len(written) else whole
    return "" if len(written) == 1 else written.replace(",", ".")


@lru_cache(maxsize=64)
def _months(language: str) -> Mapping[str, int]:
    """Names of months, long and short, in lower case."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {}
    names: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            for number, name in locale.months[context][width].items():
                names[name.casefold().rstrip(".")] = number
    return {name: number for name, number in names.items() if not name.isdecimal()}


@lru_cache(maxsize=64)
def _written(language: str) -> tuple[re.Pattern[str], ...]:
    """Days written with the name of their month: "14 March 2027", "March 14", "14. März"."""
    names = sorted({**_months("en"), **_months(language or "en")}, key=len, reverse=True)
    if not names:
        return ()
    month = "|".join(map(re.escape, names))
    after = r"\.?(?!\w)(?:,?\s+(?:19|20)\d\d(?!\d))?"
    return (
        re.compile(
            rf"(?<![\w.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?\s+(?:of\s+|de\s+)?(?P<month>{month}){after}", re.I
        ),
        re.compile(
            rf"(?<!\w)(?P<month>{month})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\w)(?:,?\s+(?:19|20)\d\d(?!\d))?",
            re.I,
        ),
    )


def _day(found: re.Match[str], pattern: re.Pattern[str], language: str) -> str:
    """Month and day: copies of a story leave the year out."""
    if pattern is _ISO:
        return f"{int(found[1]):02}-{int(found[2]):02}"
    if pattern is _DOTTED:
        return f"{int(found[2]):02}-{int(found[1]):02}"
    months = {**_months("en"), **_months(language or "en")}
    return f"{months[found['month'].casefold()]:02}-{int(found['day']):02}"
