"""How right the starter topics and the shipped entities are, on labelled articles, per language.

    python benchmarks/accuracy.py DATA

DATA is the `data` folder of a replay web: `truth.csv` beside `items.jsonl.gz` says which topics each written article
hits; `labelled/` holds spellings of entities seen in the press and Chinese sentences whose countries and weapons
people have marked. Tables of precision (share of the answers that are right) and recall (share of the labels found).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from alerts.monitor import Monitor
from catalogue import validate
from vedette.model import Article, Topic

TOPICS = {"ADEX-Baku": "adex-baku", "C-27J": "c-27j", "Crosetto": "crosetto", "Italy-Azerbaijan": "italy-azerbaijan"}
"""The names in the truth table and the starter topics that stand for them."""
NAMES = {"Ministry of Defence Industry (AZ)": "mss", "MiG": "rsk-mig"}
"""Names in the table of spellings that the catalogue gives to no entity or to another, and the ids that are meant."""
WEAPONS = (
    "aircraft",
    "helicopter",
    "drone",
    "missile",
    "ship",
    "vehicle",
    "artillery",
    "air-defence",
    "weapon",
    "radar",
)


@dataclass
class Score:
    """Counts of right answers, wrong answers and labels that were missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def cells(self) -> str:
        """Labels, precision and recall as columns."""
        given, labels = self.right + self.wrong, self.right + self.missed
        precision = f"{self.right / given:.1%}" if given else "-"
        recall = f"{self.right / labels:.1%}" if labels else "-"
        return f"{labels:8,}{precision:>12}{recall:>10}"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a compressed JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def starter_topics() -> list[Topic]:
    """All topics that ship."""
    found = []
    for path in sorted((Path(validate.__file__).parent / "topics").glob("*.yaml")):
        found += [Topic(row["id"], row["rule"]) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return found


def topics(data: Path) -> None:
    """The topics of the truth table on the articles written for it."""
    labels = {row["url"]: row for row in table(data / "truth.csv") if row["kind"] in ("story", "hard-negative")}
    monitor = Monitor()
    monitor.put_all(starter_topics())
    scores: defaultdict[str, Score] = defaultdict(Score)
    wrong: list[str] = []
    for item in lines(data / "items.jsonl.gz"):
        row = labels.get(item["url"])
        if row is None or not isinstance(item.get("body"), list):
            continue
        article = Article(item["title"], "\n\n".join(item["body"]), url=item["url"], language=item["lang"])
        found = {match.topic for match in monitor.match(article).matches} & set(TOPICS.values())
        wanted = {TOPICS[name] for name in row["topic_hits"].replace(";", " ").split()}
        for topic in found | wanted:
            for key in (topic, f"language {item['lang']}", "all"):
                score = scores[key]
                score.right += topic in found & wanted
                score.wrong += topic in found - wanted
                score.missed += topic in wanted - found
            if topic in found ^ wanted:
                wrong.append(f"    {'missed' if topic in wanted else 'wrong'}: {topic} {item['url']}")
    _print("starter topics on written stories and hard negatives", scores)
    print("\n".join(wrong))


def spellings(data: Path) -> None:
    """Spellings seen in the press: is the entity found by each?"""
    monitor = Monitor()
    scores: defaultdict[str, Score] = defaultdict(Score)
    missed = []
    catalogue = monitor.knowledge.catalogue()
    context = "Baku Azerbaijan Italy Leonardo Abu Dhabi exhibition fighter aircraft"
    for number, row in enumerate(table(data / "labelled" / "aliases_seen.csv")):
        language = row["lang"].split("/")[0]
        entity = next(iter(catalogue.find(NAMES.get(row["entity"], row["entity"]))), None)
        article = Article("", f"{row['surface_form']}.\n\n{context}", language="" if language == "url" else language)
        found = False
        if entity is not None:
            monitor.put(Topic(f"t{number}", f"@{entity.id}"))
            found = any(
                span.start < len(row["surface_form"])
                for match in monitor.match(article).matches
                if match.topic == f"t{number}"
                for span in match.spans
            )
        for key in (f"language {language}", "all"):
            scores[key].right += found
            scores[key].missed += not found
        if not found:
            missed.append(f"    missed: {row['entity']} ({language}) {row['surface_form']}")
    _print("spellings of entities seen in the press", scores)
    print("\n".join(missed))


def sentences(data: Path) -> None:
    """Countries and weapons that people marked in Chinese sentences."""
    monitor = Monitor()
    monitor.put(Topic("country", "kind:country"))
    monitor.put_all(Topic(kind, f"kind:{kind}") for kind in WEAPONS)
    scores: defaultdict[str, Score] = defaultdict(Score)
    missed: Counter[str] = Counter()
    for row in lines(data / "labelled" / "zh_military_event_sentences.jsonl.gz"):
        matches = monitor.match(Article("", row["sentence"], language="zh")).matches
        for name in ("country", "weapon"):
            marked = [(m["offset"], m["offset"] + m["length"], m["text"]) for m in row["arguments"][name]]
            hits = {
                (span.start, span.end)
                for m in matches
                if (m.topic == "country") == (name == "country")
                for span in m.spans
            }
            score = scores[name]
            for start, end, text in marked:
                found = any(a < end and b > start for a, b in hits)
                score.right += found
                score.missed += not found
                if not found:
                    missed[f"{name} {text}"] += 1
            score.wrong += sum(not any(a < end and b > start for start, end, _ in marked) for a, b in hits)
    _print("marked in Chinese sentences (weapons include words such as “missile”)", scores)
    print("    most often missed:", ", ".join(f"{text} {n}" for text, n in missed.most_common(25)))


def _print(title: str, scores: dict[str, Score]) -> None:
    print(f"\n{title}\n{'':28}{'labels':>8}{'precision':>12}{'recall':>10}")
    for name in sorted(scores, key=lambda name: (name == "all", name)):
        print(f"{name:28}{scores[name].cells()}")


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, help="the data folder of a replay web")
    data = parser.parse_args().data
    for measure in (topics, spellings, sentences):
        measure(data)


if __name__ == "__main__":
    main()
