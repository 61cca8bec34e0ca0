"""What all channels say alike: time and place in words, sentences with their hits marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from babel import Locale, UnknownLocaleError

from alerts.calendar import zone_of
from alerts.wording import Words
from vedette.model import DeliveryReason, Notice, Sentence


class Mark(NamedTuple):
    """What stands before and after a hit."""

    before: str
    after: str


def marked(sentence: Sentence, escape: Callable[[str], str], mark: Mark, *, longest: int = 1000) -> str:
    """A sentence with its hits marked, escaped piece by piece; a long one is cut after its hits."""
    text, parts, at = sentence.text, [], 0
    for start, end in sentence.marks:
        if start < at or start >= longest:
            continue
        parts += [escape(text[at:start]), mark.before, escape(text[start:end]), mark.after]
        at = end
    rest = text[at:]
    if at + len(rest) > longest:
        rest = rest[: max(0, longest - at)].rstrip() + "…"
    return "".join([*parts, escape(rest)])


def headline(notice: Notice) -> Sentence:
    """The title, with the hits in it marked."""
    told = (s for s in notice.sentences if s.field == "title" and s.text == notice.title)
    return next(told, Sentence(notice.title, (), "title"))


def quoted(notice: Notice) -> list[Sentence]:
    """The sentences to show below the title: not the title again."""
    return [s for s in notice.sentences if s.field != "title" or s.text != notice.title]


def flag(country: str) -> str:
    """The flag of a country by its two letters, "" where there is none."""
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country.upper())


def place(notice: Notice) -> str:
    """Outlet, flag and language; "" for what no outlet carried."""
    if not (notice.site or notice.url):
        return ""
    language = language_name(notice.language, notice.locale)
    return " · ".join(part for part in (f"{flag(notice.country)} {notice.site}".strip(), language) if part)


def language_name(code: str, locale: str) -> str:
    """A language's name in the reader's language."""
    try:
        return (Locale.parse(code, sep="-").get_display_name(Words(locale).babel) or code) if code else ""
    except (UnknownLocaleError, ValueError):
        return code


def local_time(notice: Notice) -> str:
    """When it was published in the reader's zone; only the day where no more is known; else when it was seen."""
    words, zone = Words(notice.locale), zone_of(notice.timezone).key
    if notice.published_at is None:
        return words.say("seen %(when)s", when=f"{words.moment(notice.seen_at, zone)} {zone}")
    if notice.published_precision == "day":
        return words.day(notice.published_at)
    return f"{words.moment(notice.published_at, zone)} {zone}"


def subject_prefix(notice: Notice) -> str:
    """What a subject begins with."""
    if notice.reason is DeliveryReason.TEST:
        return f"{Words(notice.locale).say('Test')}: "
    return "Vedette: " if notice.reason is DeliveryReason.OPERATOR else f"[{notice.topic_title}] "


LINKS = {
    "explain": "Why this alert",
    "mute": "Mute this topic for a day",
    "snooze": "Snooze this story for a week",
    "not-relevant": "Not relevant",
    "unsubscribe": "Unsubscribe",
}
"""What the links of a message are called, in the order in which they are shown."""


def links(notice: Notice) -> list[tuple[str, str]]:
    """(what it is called, address) of the links, ours first."""
    words = Words(notice.locale)
    known = [(words.say(said), notice.links[name]) for name, said in LINKS.items() if notice.links.get(name)]
    return known + [(name, url) for name, url in notice.links.items() if name not in LINKS and url]


def why(notice: Notice) -> str:
    """Which topic, by which version of its rule; "" for what no rule caused."""
    if not notice.topic_version:
        return ""
    return Words(notice.locale).say(
        "Topic “%(title)s” (%(topic)s, rule version %(version)s)",
        title=notice.topic_title,
        topic=notice.topic,
        version=notice.topic_version,
    )


def direction(language: str) -> str:
    """ltr or rtl."""
    return "rtl" if language in {"ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "yi", "dv"} else "ltr"
