"""How well and how fast articles are extracted: our chain and its peers over pages whose texts people took down.

    python benchmarks/extraction.py [--peers] [--set NAME ...] [--limit N] [--misses]

The gold pages are found under VEDETTE_REPLAY, default ../shared/replay. Per set: the mean F1 of the words of the body,
exact titles, exact sets of authors, days (as the page's own zone or UTC writes them), instants, and CPU per page. An
instant is asked for where all that the page's source states of its publication is one instant with its zone. Of one set
the labels are pieces of the text that must be held, and pieces from around it that must be left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import re
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from extractors import extract
from extractors.fingerprint import bands, containment, fingerprint, jaccard, shingles
from vedette.errors import Refused
from vedette.model import Page

REPLAY = Path(os.environ.get("VEDETTE_REPLAY", "../shared/replay"))
SHOWN = ("f1", "title", "authors", "day", "instant", "holds", "leaves")
CUT = 0.7
"""The share of a text that its excerpt keeps, for the figure of copies found."""


@dataclass
class Found:
    """What an extractor says about a page."""

    text: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    days: frozenset[str] = frozenset()
    instant: datetime | None = None
    refused: str = ""


@dataclass
class Figures:
    """The measures of one extractor on one set, a list of values each."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def mean(self, name: str) -> str:
        numbers = self.values[name]
        return f"{sum(numbers) / len(numbers):.3f}" if numbers else "-"


def gold(limit: int | None) -> Iterator[tuple[dict[str, Any], Page]]:
    folder = REPLAY / "data"
    path = folder / "labelled" / "gold.jsonl.gz"
    if not path.exists():
        sys.exit(f"no gold pages at {path}: set VEDETTE_REPLAY to a folder that holds them")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if limit is not None and number >= limit:
                return
            label = json.loads(line)
            yield label, Page(label["url"], gzip.decompress((folder / label["page"]).read_bytes()))


def ours(page: Page) -> Found:
    try:
        article = extract(page)
    except Refused as refused:
        return Found(refused=str(refused))
    at = article.published_at
    days = set()
    if at is not None:
        days.add(at.date().isoformat())
        if article.published_zone:
            sign = -1 if article.published_zone[0] == "-" else 1
            hours, minutes = map(int, article.published_zone[1:].split(":"))
            days.add((at + sign * timedelta(hours=hours, minutes=minutes)).date().isoformat())
    instant = at if article.published_precision == "instant" else None
    return Found(article.text, article.title, article.authors, frozenset(days), instant)


def trafilatura(page: Page) -> Found:
    import trafilatura as library

    found = library.bare_extraction(page.body, url=page.url, include_comments=False, with_metadata=True)
    if found is None:
        return Found(refused="nothing")
    names = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
    return Found(found.text or "", found.title or "", names, frozenset(filter(None, [found.date])))


def readability(page: Page) -> Found:
    from readability import Document
    from readability.readability import Unparseable

    from extractors.text import strip_markup

    try:
        document = Document(page.body.decode("utf-8", "replace"))
        return Found(strip_markup(document.summary(html_partial=True)), document.short_title())
    except (Unparseable, ValueError) as error:
        return Found(refused=str(error))


def resiliparse(page: Page) -> Found:
    from resiliparse.extract.html2text import extract_plain_text

    return Found(extract_plain_text(page.body.decode("utf-8", "replace"), main_content=True, alt_texts=False))


def newspaper4k(page: Page) -> Found:
    import newspaper

    article = newspaper.Article(page.url, fetch_images=False)
    try:
        article.download(input_html=page.body.decode("utf-8", "replace"))
        article.parse()
    except (ImportError, newspaper.ArticleException) as error:  # some languages want a tokenizer of their own
        return Found(refused=str(error))
    day = article.publish_date.date().isoformat() if article.publish_date else None
    return Found(article.text, article.title, tuple(article.authors), frozenset(filter(None, [day])))


PEERS: dict[str, Callable[[Page], Found]] = {
    "trafilatura": trafilatura,
    "readability": readability,
    "resiliparse": resiliparse,
    "newspaper4k": newspaper4k,
}
EVERYTHING = {"title", "authors", "date"}
GIVES: dict[str, set[str]] = {"readability": {"title"}, "resiliparse": set()}
"""What peers say besides the text, where that is not everything."""


def f1(mine: str, theirs: str) -> float:
    """F1 of two texts as bags of words. Where words may be broken is no part of them."""
    a, b = (Counter(re.findall(r"\w+", text.replace("\xad", "").lower())) for text in (mine, theirs))
    common = sum((a & b).values())
    return 2 * common / (sum(a.values()) + sum(b.values())) if a or b else 1.0


def normal(text: str) -> str:
    return " ".join(text.translate(str.maketrans("’‘“”", "''\"\"")).split())


STATED = re.compile(
    r"""["']datePublished["']\s*:\s*["']([^"']+)["']|(?:property|name)=["']article:published_time["']\s+content=["']([^"']+)"""
)
"""What pages state of their publication, in their source."""


def stated(page: Page) -> datetime | None:
    """The instant that a page states of its publication; None where it states none, several, or one without zone."""
    texts = {a or b for a, b in STATED.findall(page.body.decode("utf-8", "replace"))}
    found = set()
    for text in texts:
        try:
            found.add(datetime.fromisoformat(text.strip()))
        except ValueError:
            return None
    at = found.pop() if len(found) == 1 else None
    return at if at is not None and at.tzinfo is not None and ":" in next(iter(texts)) else None


def measure(label: dict[str, Any], page: Page, found: Found, gives: set[str], figures: Figures) -> list[str]:
    """Add the figures of one page; what was missed, for people."""
    values, misses = figures.values, []
    plain = " ".join(found.text.split())
    values["holds"] += [" ".join(piece.split()) in plain for piece in label.get("with", ())]
    values["leaves"] += [" ".join(piece.split()) not in plain for piece in label.get("without", ())]
    values["refused"].append(bool(found.refused))
    if label.get("body"):
        values["f1"].append(f1(found.text, label["body"]))
        if values["f1"][-1] < 0.8:
            misses.append(f"body {values['f1'][-1]:.2f}")
    if label.get("title") and "title" in gives:
        values["title"].append(normal(found.title) == normal(label["title"]))
        if not values["title"][-1]:
            misses.append(f"title {found.title!r} for {label['title']!r}")
    if label.get("authors") and "authors" in gives:
        wanted = {normal(n if isinstance(n, str) else " ".join(map(str, n))).lower() for n in label["authors"]}
        values["authors"].append({normal(n).lower() for n in found.authors} == wanted)
    if label.get("date") and "date" in gives:
        values["day"].append(day(label) in found.days)
        if not values["day"][-1]:
            misses.append(f"day {sorted(found.days)} for {label['date']}")
        at = stated(page)
        if at is not None and abs((at.date() - date.fromisoformat(day(label))).days) <= 1:
            values["instant"].append(found.instant == at)
    return misses


def day(label: dict[str, Any]) -> str:
    """The day of a label, some of which are written without zeros."""
    year, month, number = label["date"][:10].split("-")
    return f"{year}-{int(month):02}-{int(number[:2]):02}"


def copies(texts: list[str]) -> str:
    """How many excerpts find their whole text, and how many pairs of different texts would be joined."""
    texts = [text for text in dict.fromkeys(texts) if len(text) > 500]
    keys = [set(bands(fingerprint(text))) for text in texts]
    sets = [shingles(text) for text in texts]
    found = 0
    for text, key, whole in zip(texts, keys, sets, strict=True):
        words = text.split(" ")
        part = " ".join(words[: int(len(words) * CUT)])
        found += bool(key & set(bands(fingerprint(part)))) and containment(shingles(part), whole) >= 0.6
    joined = sum(
        (jaccard(sets[i], sets[j]) >= 0.5 or containment(sets[i], sets[j]) >= 0.6) and bool(keys[i] & keys[j])
        for i in range(len(texts))
        for j in range(i)
    )
    pairs = len(texts) * (len(texts) - 1) // 2
    return f"{found} of {len(texts)} excerpts of {CUT:.0%} found; {joined} of {pairs} pairs of other texts joined"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true", help="measure the peers as well")
    parser.add_argument("--set", nargs="*", default=[], help="only these sets")
    parser.add_argument("--limit", type=int, help="take only the first N pages")
    parser.add_argument("--misses", action="store_true", help="tell each page that we got wrong")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    ways: dict[str, Callable[[Page], Found]] = {"vedette": ours, **(PEERS if options.peers else {})}
    results: dict[tuple[str, str], Figures] = defaultdict(Figures)
    texts = []
    for label, page in gold(options.limit):
        if options.set and label["set"] not in options.set:
            continue
        for name, way in list(ways.items()):
            begun = time.process_time()
            try:
                found = way(page)
            except ImportError:
                print(f"{name} is not installed: left out", file=sys.stderr)
                del ways[name]
                continue
            figures = results[label["set"], name]
            figures.values["cpu"].append(time.process_time() - begun)
            misses = measure(label, page, found, GIVES.get(name, EVERYTHING), figures)
            if name == "vedette":
                texts.append(found.text)
                if options.misses and misses:
                    print(f"{page.url}: {'; '.join(misses)}", file=sys.stderr)
    print(f"{'set':12} {'extractor':12} pages refused {' '.join(f'{name:>7}' for name in SHOWN)}  ms/page median worst")
    for (of_set, name), figures in sorted(results.items()):
        cpu = [1000 * seconds for seconds in figures.values["cpu"]]
        shown = " ".join(f"{figures.mean(key):>7}" for key in SHOWN)
        refused = int(sum(figures.values["refused"]))
        print(
            f"{of_set:12} {name:12} {len(cpu):5} {refused:6} {shown} {sum(cpu) / len(cpu):8.0f} {sorted(cpu)[len(cpu) // 2]:6.0f} {max(cpu):5.0f}"
        )
    if texts:
        print(copies(texts))


if __name__ == "__main__":
    main()
