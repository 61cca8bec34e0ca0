"""How often the language of a body and of a title alone is told right, per language; what a paragraph costs.

    python benchmarks/language.py [--misses]

Reads the articles of the replay web at VEDETTE_REPLAY, default ../shared/replay, whose languages are labelled. No hints
are given: neither the page's nor the source's. Beside our way stands its detector alone.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import logging
import os
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from eld import LanguageDetector

from extractors import extract
from extractors.language import detect
from vedette.errors import Refused
from vedette.model import Page

REPLAY = Path(os.environ.get("VEDETTE_REPLAY", "../shared/replay"))
WANTED = "en it az tr ru uk fa hy ka fr de es ar zh ko".split()
"""The languages of the target; the others are counted together."""
LONG = 200
"""Characters of a body that can be judged."""
WORDS = 4
"""Words of a title that can be judged; East Asian ones are counted by characters."""
SAME = {"no": "nb", "nn": "nb"}


def items() -> list[dict[str, Any]]:
    """The articles of the replay web that tell something."""
    path = REPLAY / "data" / "items.jsonl.gz"
    if not path.exists():
        sys.exit(f"no articles at {path}: set VEDETTE_REPLAY to a folder that holds them")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["origin"] != "fault"]


def bodies(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Language and text: as written, or as we extract it from real pages."""
    with (REPLAY / "data" / "index.jsonl").open(encoding="utf-8") as lines:
        files = {row["url"]: row["body"] for row in map(json.loads, lines) if row.get("body")}
    for row in rows:
        if row["origin"] == "written":
            yield row["lang"], "\n\n".join(row["body"])
        elif row["origin"] == "page" and row["url"] in files:
            page = Page(row["url"], gzip.decompress((REPLAY / "data" / files[row["url"]]).read_bytes()))
            with contextlib.suppress(Refused):
                yield row["lang"], extract(page).text


def titles(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Language and title."""
    for row in rows:
        if len(row["title"].split()) >= WORDS or row["lang"] in ("zh", "ja", "ko"):
            yield row["lang"], row["title"]


def told(way: Callable[[str], str], texts: list[tuple[str, str]], misses: bool) -> tuple[dict[str, list[bool]], float]:
    """Per language which texts were told right, and the CPU seconds of one text."""
    found: dict[str, list[bool]] = defaultdict(list)
    begun = time.process_time()
    for language, text in texts:
        answer = way(text)
        right = SAME.get(answer, answer) == SAME.get(language, language)
        found[language if language in WANTED else "others"].append(right)
        if misses and not right:
            print(f"{language} taken for {answer or 'none'}: {text[:110]!r}", file=sys.stderr)
    return found, (time.process_time() - begun) / max(1, len(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="tell each text that we got wrong")
    options = parser.parse_args()
    eld = LanguageDetector()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    rows = items()
    long = [(language, text) for language, text in bodies(rows) if len(text) >= LONG]
    for what, texts in (("bodies", long), ("titles", list(titles(rows)))):
        ours, cost = told(detect, texts, options.misses)
        alone, alone_cost = told(lambda text: eld.detect(text[:2000]).language or "", texts, False)
        print(f"{what}: {1e6 * cost:.0f} us a text, the detector alone {1e6 * alone_cost:.0f}")
        for language in [*WANTED, "others"]:
            mine, theirs = ours.get(language, []), alone.get(language, [])
            if mine:
                print(
                    f"  {language:6} {len(mine):5}  {sum(mine) / len(mine):7.2%}  alone {sum(theirs) / len(theirs):7.2%}"
                )
        wanted = [right for language in WANTED for right in ours.get(language, [])]
        print(f"  all    {len(wanted):5}  {sum(wanted) / len(wanted):7.2%}")


if __name__ == "__main__":
    main()
