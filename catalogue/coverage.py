"""The table of docs/catalogue.md: how many entities of each kind have a name in each language.

`python -m catalogue.coverage` prints the page; `python -m catalogue.coverage FILE` writes it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import catalogue
from alerts.entities import Catalogue
from catalogue.validate import KINDS
from vedette.model import Entity

LANGUAGES = (
    "en",
    "it",
    "az",
    "tr",
    "ru",
    "uk",
    "fr",
    "de",
    "es",
    "pl",
    "ar",
    "fa",
    "zh",
    "ko",
    "ja",
    "hy",
    "ka",
    "el",
    "he",
    "pt",
    "ro",
    "cs",
    "sr",
)
"""The columns of the table, ISO 639-1."""


def table(entities: Iterable[Entity]) -> str:
    """A Markdown table: per kind the entities, their aliases, those with context, and entities named per language."""
    entities = list(entities)
    rows = [f"| kind | entities | aliases | with context | any | {' | '.join(LANGUAGES)} |"]
    rows.append("|---" * (len(LANGUAGES) + 5) + "|")
    for kind in KINDS:
        rows.append(_row(kind, [e for e in entities if e.kind == kind]))
    rows.append(_row("all", entities))
    return "\n".join(rows)


def _row(name: str, entities: list[Entity]) -> str:
    aliases = [alias for entity in entities for alias in entity.aliases]
    context = sum(1 for alias in aliases if alias.near or alias.not_near)
    named = Counter(language for entity in entities for language in {alias.language for alias in entity.aliases})
    counts = [len(entities), len(aliases), context, named[""], *(named[language] for language in LANGUAGES)]
    return f"| {name} | {' | '.join(str(count) for count in counts)} |"


def page() -> str:
    """The whole of docs/catalogue.md."""
    sources = catalogue.load_sources(None)
    per_language = Counter(source.language for source in sources)
    topics = "\n".join(f"| `{t.id}` | {t.title} | {t.description} |" for t in catalogue.load_topics())
    return f"""# The catalogue

Written by `python -m catalogue.coverage docs/catalogue.md`; change the files of `catalogue/` instead of this page.

The catalogue ships with Vedette: sources of the defence press, entities with their names in many languages and scripts,
and starter topics. Each is a folder of YAML files that a person can read and extend; `python -m catalogue.validate`
checks the entities.

## Entities

A number under a language is how many entities have a name of their own there; names under `any` (designators such as
C-27J, names of companies) are written alike in many languages and are found in all of them. "With context" are aliases
that are also common words or other things' names: they count only where a word of their context stands in the article,
and none of those that speak against it.

{table(Catalogue.shipped())}

Names of people are as the press respells them by sound; terms of office are as known when the entry was written, and
each file says so. Corrections by native speakers are welcome.

## Sources

{len(sources)} sources: {", ".join(f"{language} {count}" for language, count in per_language.most_common())}.

## Starter topics

| topic | title | what it catches |
|---|---|---|
{topics}
"""


def main(arguments: list[str]) -> int:
    """Print the page, or write it to the file that is named."""
    if len(arguments) > 1:
        sys.stderr.write("usage: python -m catalogue.coverage [FILE]\n")
        return 2
    if arguments:
        Path(arguments[0]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
