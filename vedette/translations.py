"""Catalogues of translations: English stands in the code and the templates, other languages in .po files beside them.

The .po files are read as they are, once; there is nothing to compile. Which language to speak is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from babel import negotiate_locale
from babel.messages.pofile import read_po

PART = "part of a rule in words"
"""The comment in a catalogue of texts that are put together, and so are no sentences to be recognised."""


class Catalogues:
    """The translations of one room: `folder`/LANGUAGE/LC_MESSAGES/`domain`.po."""

    def __init__(self, folder: Path, domain: str) -> None:
        """Nothing is read before it is needed."""
        self.folder, self.domain = folder, domain

    def path(self, language: str) -> Path:
        """Where the catalogue of a language is, or would be."""
        return self.folder / language / "LC_MESSAGES" / f"{self.domain}.po"

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages there are, English first."""
        found = self.folder.glob(f"*/LC_MESSAGES/{self.domain}.po")
        return ("en", *sorted(path.parents[1].name for path in found))

    def best(self, wanted: Iterable[str]) -> str:
        """The first of the wanted locales ("it", "it_CH", "it-CH") that there is a catalogue for, else English."""
        return negotiate_locale([code.strip().replace("-", "_") for code in wanted], self.languages) or "en"

    def gettext(self, language: str, message: str) -> str:
        """A message in a language; as it is where nobody has translated it."""
        found = _read(self.path(language)).get(message, message)
        return found if isinstance(found, str) else found[0]

    def sentence(self, language: str, text: str) -> str:
        """A sentence with values in it, of code that knows of no other language than English.

        It is recognised by the words around its values ({} in the catalogue). Of the values those are translated that
        the catalogue has, or that are sentences themselves.
        """
        path = self.path(language)
        known = _read(path)
        if not known or text in known:
            return self.gettext(language, text)
        for pattern, wanted in _sentences(path):
            found = pattern.fullmatch(text)
            if found:
                values = (self.sentence(language, v) if v in known or _ends(v) else v for v in found.groups())
                return wanted.format(*values)
        if text.endswith("."):  # which some get only when they are shown
            return f"{self.sentence(language, text[:-1])}."
        return text

    def ngettext(self, language: str, singular: str, plural: str, number: int) -> str:
        """A message with the number it speaks of."""
        found = _read(self.path(language)).get(singular)
        if isinstance(found, tuple) and len(found) == 2:
            return found[0] if number == 1 else found[1]
        return singular if number == 1 else plural


@lru_cache(maxsize=32)
def _read(path: Path) -> dict[str, str | tuple[str, ...]]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key and not message.fuzzy and message.string and all(message.string):
            found[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


@lru_cache(maxsize=32)
def _sentences(path: Path) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with values: how each is recognised, and what is said; those with the most words of ours first."""
    with path.open("rb") as file:
        whole = [m for m in read_po(file) if isinstance(m.id, str) and "{}" in m.id and PART not in m.auto_comments]
    whole.sort(key=lambda message: -len(str(message.id).replace("{}", "")))
    return tuple(
        (re.compile("(.*?)".join(map(re.escape, str(m.id).split("{}"))), re.DOTALL), str(m.string)) for m in whole
    )


def _ends(value: str) -> bool:
    """Whether a value looks like a sentence, or like what pydantic complains of."""
    return len(value) > 8 and (value[-1] in ".?!" or value.startswith(("Input should ", "String should ")))
