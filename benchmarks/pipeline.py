"""From page to pending delivery: articles per second and CPU seconds per article, per stage.

    python benchmarks/pipeline.py [--articles 400] [--rules 1000]

Pages are written by this program: five layouts, six languages, some 300 words each, one in twenty about a starter topic.
Everything runs in one process on an SQLite file, so that CPU time can be told by stage; the daemon runs extraction
in processes beside. The peer is trafilatura alone on the same pages in the same run: what a pipeline that only
extracts would cost. Ratios carry over between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from alerts.decide import AlertRules, World, decide
from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.text import tokens
from catalogue import load_topics
from crawler.urls import identity
from extractors import extract
from extractors.fingerprint import fingerprint
from storage import open_store
from vedette.daemon.placing import Placer
from vedette.model import Analyst, Article, Channel, Page, Subscription, Topic

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = {
    "en": "ministry aircraft contract delivery force base training programme budget officials crew exercise border",
    "it": "ministero velivolo contratto consegna forza base addestramento programma bilancio equipaggio confine",
    "az": "nazirlik təyyarə müqavilə təhvil qüvvə baza təlim proqram büdcə heyət sərhəd sərgi sənaye",
    "tr": "bakanlık uçak sözleşme teslimat kuvvet üs eğitim program bütçe mürettebat sınır fuar sanayi",
    "ru": "министерство самолёт контракт поставка сила база обучение программа бюджет экипаж граница выставка",
    "fr": "ministère avion contrat livraison force base entraînement programme budget équipage frontière salon",
}
HITS = {
    "en": "Azerbaijan received a C-27J from Italy.",
    "it": "Il ministro Guido Crosetto è a Baku per ADEX.",
    "az": "C-27J-nin Bakıda ADEX sərgisində nümayişi olub.",
    "tr": "Bakü'deki ADEX fuarı açıldı.",
    "ru": "Азербайджан получил С-27J из Италии.",
    "fr": "L'Azerbaïdjan a reçu un C-27J italien.",
}
LAYOUTS = (
    "<html lang={lang}><head><title>{title} | Gazette</title>{meta}</head><body><nav>{nav}</nav><article><h1>{title}</h1>{text}</article><footer>{nav}</footer></body></html>",
    "<html lang={lang}><head><title>{title}</title>{meta}</head><body><div class=menu>{nav}</div><div id=content><h1 class=entry-title>{title}</h1><div class=entry-content>{text}</div></div><aside>{nav}</aside></body></html>",
    "<html lang={lang}><head>{meta}</head><body><table><tr><td>{nav}</td><td><h1>{title}</h1>{text}</td></tr></table></body></html>",
    "<html lang={lang}><head>{meta}</head><body><main><section itemscope><h1 itemprop=headline>{title}</h1><div itemprop=articleBody>{text}</div></section></main><div>{nav}</div></body></html>",
    "<html lang={lang}><head><title>{title}</title></head><body><div>{nav}</div><div><div><div><h1>{title}</h1>{text}</div></div></div></body></html>",
)


def pages(count: int, chance: random.Random) -> list[Page]:
    """Pages of this program's own writing."""
    made = []
    nav = "".join(f'<a href="/section/{n}">Section {n}</a> ' for n in range(40))
    for number in range(count):
        language = chance.choice(list(WORDS))
        vocabulary = [*WORDS[language].split(), *(f"{language}{chance.randrange(5000)}" for _ in range(40))]
        paragraphs = [" ".join(chance.choices(vocabulary, k=50)).capitalize() + "." for _ in range(6)]
        if number % 20 == 0:
            paragraphs.insert(1, HITS[language])
        meta = f'<meta property="article:published_time" content="{NOW.isoformat()}">'
        html = chance.choice(LAYOUTS).format(
            lang=language,
            title=" ".join(chance.choices(vocabulary, k=8)).capitalize(),
            meta=meta,
            nav=nav,
            text="".join(f"<p>{p}</p>" for p in paragraphs),
        )
        made.append(Page(f"https://site{number % 50}.example/{number}", html.encode(), fetched_at=NOW))
    return made


class Stages:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.spent[name] += time.process_time() - begun


def run(made: list[Page], rules: int, directory: Path, chance: random.Random) -> tuple[dict[str, float], int]:
    """Take every page through all stages; CPU seconds by stage, and how many alerts there were."""
    stages, alerts = Stages(), 0
    topics = {t.id: t for t in load_topics()}
    for number in range(rules):
        words = chance.sample(" ".join(WORDS.values()).split(), 3)
        topics[f"r{number}"] = Topic(f"r{number}", f'"{words[0]} {words[1]}" AND {words[2]}{chance.randrange(50)}')
    monitor, placer = Monitor(), Placer(Catalogue.shipped)
    with stages.stage("(load rules, once)"):
        monitor.put_all(topics.values())
    store = open_store(f"sqlite:///{directory}/bench.db", upgrade=True)
    subscription = Subscription("s", "anna", "c-27j", "out")
    with store.write() as tx:
        tx.analysts.put(Analyst("anna"))
        tx.channels.put(Channel("out", "console", {}, "anna"))
        for topic in topics.values():
            tx.topics.put(topic, NOW)
        tx.subscriptions.put(subscription)
    world = World(topics, {"c-27j": [subscription]}, {"out": Channel("out", "console", {}, "anna")}, {}, {})
    for page in made:
        with stages.stage("extract"):
            article: Article = extract(page)
        with stages.stage("fingerprint"):
            article = replace(article, canonical_url=identity(article.url), fingerprint=fingerprint(article.text))
        with stages.stage("sketch"):
            sketch = placer.sketch(article)
        with stages.stage("match"):
            matches = monitor.match(article).matches
        with stages.stage("store, decide"), store.write() as tx:
            choice = placer.choose(tx, article, sketch, NOW)
            folded = " ".join(tokens(f"{article.title}\n{article.text}"))
            stored = tx.articles.store(article, None, NOW, story=choice.story_id, folded=folded)
            assert stored.article.id is not None
            placer.remember(tx, stored.article.id, sketch, NOW)
            decision = decide(stored, matches, world, now=NOW, seen_at=NOW, silent=False, rules=AlertRules())
            for plan in decision.plans:
                match_id = tx.matches.add(stored.article.id, 1, plan.match, NOW)
                alert = tx.alerts.create(plan.topic, plan.story_id, 1, stored.article.id, match_id, NOW)
                alerts += 1
                for delivery in plan.deliveries:
                    tx.deliveries.add(delivery, alert.id, NOW)
    store.close()
    return stages.spent, alerts


def timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--rules", type=int, default=1000)
    given = parser.parse_args()
    chance = random.Random(5)
    made = pages(given.articles, chance)
    for page in made[:20]:  # imports and caches
        extract(page)
    peer = timed(lambda: [trafilatura.bare_extraction(page.body, url=page.url) for page in made])
    with tempfile.TemporaryDirectory() as directory:
        spent, alerts = run(made, given.rules, Path(directory), chance)
    once = {name: spent.pop(name) for name in list(spent) if name.startswith("(")}
    total = sum(spent.values())
    print(f"{given.articles} articles, {given.rules} rules beside the starter topics, {alerts} alerts\n")
    print(f"{'stage':22}{'ms CPU an article':>18}{'share':>8}{'x trafilatura':>15}")
    for name, seconds in spent.items():
        print(f"{name:22}{1000 * seconds / len(made):18.2f}{seconds / total:8.0%}{seconds / peer:15.2f}")
    print(f"{'all':22}{1000 * total / len(made):18.2f}{1:8.0%}{total / peer:15.2f}")
    print(f"{'trafilatura alone':22}{1000 * peer / len(made):18.2f}{'':8}{1:15.2f}")
    print(
        f"\n{len(made) / total:.0f} articles per CPU second; "
        + ", ".join(f"{n[1:-1]} {s:.1f} s" for n, s in once.items())
    )


if __name__ == "__main__":
    main()
