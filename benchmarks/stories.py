"""How well articles are grouped into stories, and what it costs.

    python benchmarks/stories.py [--set NAME ...] [--sizes 1000 10000]

Plays labelled articles in the order of their dates through the same code as the daemon over a SQLite file, and prints
pairwise precision and recall, B-cubed F1 and alerts per story, per set and language; for months of headlines the copies
that joined, the joins that cross the labelled groups, what became of revised pages and the cost of an article from the
first to the last; then the cost at growing sizes of the archive. `--show` lists rewrites for a person to judge.
VEDETTE_REPLAY names the folder of the data, ../shared/replay by default.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gzip
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alerts.entities import Catalogue
from alerts.stories import StoryChoice, rewrites
from alerts.stories.revisions import RevisionChange, revision_change
from storage import open_store
from vedette.daemon.placing import Placer
from vedette.model import Article, Change, Join

DATA = Path(os.environ.get("VEDETTE_REPLAY", Path(__file__).resolve().parents[2] / "shared" / "replay")) / "data"
NEAR = rewrites.WINDOW


@dataclass(frozen=True)
class Told:
    """An article, when it was seen, and the event that it tells; copies carry the same text."""

    article: Article
    at: datetime
    event: str


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def items(origin: str) -> list[dict]:
    with gzip.open(DATA / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["origin"] == origin]


def article(row: dict, language: str) -> Article:
    site = urlsplit(row["url"]).hostname or row["list"]
    return Article(row["title"], "\n\n".join(row["body"]), row["url"], row["url"], language=language, site=site)


def clusters() -> list[Told]:
    """News of 45 events, in English, with their real texts."""
    with gzip.open(DATA / "labelled" / "news_cluster_5w1h.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [
            Told(
                Article(r["title"], r["text"], r["url"], r["url"], language="en", site=r["domain"]),
                instant(r["date"]),
                str(r["event_id"]),
            )
            for r in map(json.loads, lines)
        ]


def written() -> list[Told]:
    """Pages on a few events in twelve languages, and decoys that each stand alone."""
    with (DATA / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["url"]: row for row in csv.DictReader(file)}
    found = []
    for row in items("written"):
        judged = truth[row["url"]]
        event = judged["story_id"] if judged["kind"] == "story" else row["url"]
        found.append(Told(article(row, judged["language"]), instant(row["visible"]), event))
    return found


def timeline() -> list[Told]:
    """Months of headlines in two languages; 741 of them in groups of copies, the others without labels, 133 retitled."""
    found = []
    for row in items("timeline"):
        group, first = str(row.get("dup_group") or ""), article(row, row["lang"])
        found.append(Told(first, instant(row["visible"]), group))
        for change in row.get("revisions", ()):
            found.append(Told(replace(first, title=change["title"]), instant(change["at"]), group))
    return found


SETS = {"clusters": clusters, "written": written, "timeline": timeline}


@dataclass(frozen=True)
class Placed:
    """Where an article went."""

    told: Told
    story: int
    join: Join
    reason: str
    seconds: float
    change: Change
    like: Told | None = None  # what it was joined by
    states_other_facts: bool = False  # where it is a revision


def play(articles: Sequence[Told], placer: Placer, folder: Path) -> list[Placed]:
    """Through the database in the order in which they were seen."""
    placed = []
    stored_as: dict[int, Told] = {}
    with contextlib.closing(open_store(f"sqlite:///{folder / 'stories.db'}", upgrade=True)) as store:
        forget_at = None
        for told in sorted(articles, key=lambda t: t.at):
            with store.write() as tx:
                begin = time.process_time()
                sketch = placer.sketch(told.article)
                known = tx.articles.find(canonical=told.article.canonical_url)
                choice = StoryChoice() if known else placer.choose(tx, told.article, sketch, told.at)
                change = revision_change(known, told.article, placer.spotter) if known else RevisionChange()
                stored = tx.articles.store(
                    told.article,
                    None,
                    told.at,
                    story=choice.story_id,
                    join=choice.join,
                    score=choice.score,
                    reason=choice.reason,
                    like=choice.like,
                )
                placer.remember(tx, stored.article.id, sketch, told.at)
                if forget_at is None or told.at >= forget_at:
                    placer.forget(tx, told.at)
                    forget_at = told.at + timedelta(hours=1)
                seconds = time.process_time() - begin
            like = stored_as.get(choice.like or 0)
            stored_as[stored.article.id or 0] = told
            news = stored.change is Change.CHANGED and change.states_other_facts
            placed.append(Placed(told, stored.story_id, choice.join, choice.reason, seconds, stored.change, like, news))
    return placed


def pairs(placed: Sequence[Placed], same: bool | None) -> tuple[float, float, int]:
    """Pairwise precision and recall over labelled pairs within the window, and their number; `same` language or not."""
    right = joined = wanted = 0
    for a, b in itertools.combinations(placed, 2):
        if abs(a.told.at - b.told.at) > NEAR and a.story != b.story:
            continue
        if same is not None and (a.told.article.language == b.told.article.language) is not same:
            continue
        event, story = a.told.event == b.told.event, a.story == b.story
        wanted += event
        joined += story
        right += event and story
    return right / joined if joined else 1.0, right / wanted if wanted else 1.0, wanted


def b_cubed(placed: Sequence[Placed]) -> float:
    """Harmonic mean of B-cubed precision and recall."""
    stories, events = defaultdict(set), defaultdict(set)
    for number, one in enumerate(placed):
        stories[one.story].add(number)
        events[one.told.event].add(number)
    precision = recall = 0.0
    for one in placed:
        story, event = stories[one.story], events[one.told.event]
        precision += len(story & event) / len(story) / len(placed)
        recall += len(story & event) / len(event) / len(placed)
    return 2 * precision * recall / (precision + recall)


def report(name: str, placed: Sequence[Placed], show: int) -> None:
    revised = [p for p in placed if p.change is not Change.NEW]
    first = {p.told.article.url: p.story for p in placed if p.change is Change.NEW}
    placed = [p for p in placed if p.change is Change.NEW]
    labelled = [p for p in placed if p.told.event]
    joins = Counter(str(p.join) for p in placed)
    print(f"\n{name}: {len(placed)} articles, {len({p.story for p in placed})} stories, joined by {dict(joins)}")
    if name == "timeline":
        copies(placed)
        stayed = sum(p.story == first[p.told.article.url] for p in revised)
        news = sum(p.states_other_facts for p in revised)
        print(
            f"  revisions in the story of their page {stayed} of {len(revised)}, {news} with other names, numbers or days"
        )
        for language in ("en", "ko"):
            spent = [p.seconds * 1e3 for p in placed if p.told.article.language == language]
            parts = (sum(part) / len(part) for part in (spent[i : i + len(spent) // 4] for i in quarters(spent)))
            print(f"  {language} ms an article, by quarters of the months: {', '.join(f'{ms:.1f}' for ms in parts)}")
    else:
        for label, same in (("all pairs", None), ("one language", True), ("across languages", False)):
            precision, recall, count = pairs(labelled, same)
            print(f"  {label:17} {count:5} pairs  precision {precision:.3f}  recall {recall:.3f}")
        languages = sorted({p.told.article.language for p in labelled})
        for language in (["all", *languages]) if len(languages) > 1 else ["all"]:
            some = [p for p in labelled if language in ("all", p.told.article.language)]
            events = len({p.told.event for p in some})
            per = len({(p.told.event, p.story) for p in some}) / events
            print(f"  {language:3} {len(some):4} articles  B-cubed F1 {b_cubed(some):.3f}  stories per event {per:.2f}")
    for p in [p for p in placed if p.join is Join.RETOLD][:: max(1, joins["retold"] // show) if show else 10**9][:show]:
        print(f"    {p.told.article.title[:90]}: {p.reason}")
    wrong(placed)


def quarters(spent: Sequence[float]) -> list[int]:
    """Where the quarters begin."""
    return [len(spent) // 4 * quarter for quarter in range(4)]


def copies(placed: Sequence[Placed]) -> None:
    groups: dict[str, list[Placed]] = defaultdict(list)
    for p in placed:
        if p.told.event:
            groups[p.told.event].append(p)
    for language in ("en", "ko"):
        some = [g for g in groups.values() if g[0].told.article.language == language]
        later = sum(len(g) - 1 for g in some)
        found = sum(p.story in {q.story for q in g[:i]} for g in some for i, p in enumerate(g) if i)
        print(f"  {language} copies joined {found} of {later} ({found / later:.2%})")
    strangers = [p for p in placed if p.join is Join.COPY and not p.told.event]
    print(
        f"  copies outside the groups: {len(strangers)} of {len(placed)} articles ({len(strangers) / len(placed):.2%})"
    )


def wrong(placed: Sequence[Placed]) -> None:
    found = [p for p in placed if p.like and p.told.event and p.like.event not in ("", p.told.event)]
    print(f"  joins between labelled groups {len(found)} of {len(placed)} articles ({len(found) / len(placed):.2%})")
    for p in found:
        print(f"    {p.told.article.title[:70]} || {p.like.article.title[:70]}: {p.reason[-120:]}")


def cost(placer: Placer, sizes: Iterable[int]) -> None:
    """What an article costs when the archive has grown, at a thousand articles a day."""
    pool = timeline()
    with tempfile.TemporaryDirectory() as folder:
        start, told = pool[0].at, []
        for number in range(max(sizes)):
            one = pool[number % len(pool)]
            url = f"{one.article.url}#{number}"
            text = f"{one.article.text}\n\n{number} {number // 7} {number * 31}" if number < len(pool) else ""
            fresh = replace(one.article, url=url, canonical_url=url, text=text or rotate(one.article.text, number))
            told.append(Told(fresh, start + timedelta(seconds=86.4 * number), ""))
        placed = play(told, placer, Path(folder))
    for size in sizes:
        last = sorted(p.seconds for p in placed[size - min(500, size // 2) : size])
        print(f"  {size:7} articles: {sum(last) / len(last) * 1e3:.1f} ms an article, slowest {last[-1] * 1e3:.0f} ms")


def rotate(text: str, number: int) -> str:
    """Another text of the same kind of words."""
    words = text.split()
    step = 1 + number % 7
    return " ".join(words[i * step % len(words)] for i in range(len(words)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=SETS, nargs="*", default=list(SETS))
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 5_000])
    parser.add_argument("--show", type=int, default=0, help="so many rewrites of each set, with the reason")
    options = parser.parse_args()
    if not (DATA / "items.jsonl.gz").is_file():
        sys.exit(f"the labelled data is not at {DATA}: name its folder in VEDETTE_REPLAY")
    placer = Placer(Catalogue.shipped)
    for name in options.set:
        with tempfile.TemporaryDirectory() as folder:
            report(name, play(SETS[name](), placer, Path(folder)), options.show)
    if options.sizes:
        print("\ncost")
        cost(placer, options.sizes)


if __name__ == "__main__":
    main()
