"""How many articles a second all stored rules are matched against, beside the peers that can be installed.

    python benchmarks/matching.py                          1k, 10k, 100k rules, generated articles
    python benchmarks/matching.py --rules 1000000          one size
    python benchmarks/matching.py --articles FILE.jsonl    real articles: lines of {"title", "text", "language"}

Prints CPU time on one core, the best of five rounds: articles/s, compile seconds, bytes a rule, microseconds to add and to remove a rule,
matches per 10,000 rules and article. Peers run on fewer articles where they are slow. Scanners (Aho-Corasick,
flashtext) only find words: they know no rules, tokens or positions, and are shown as a floor for their kind.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import random
import re
import sqlite3
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts import document, layout, presearch
from alerts.entities import Catalogue
from alerts.monitor import Monitor
from vedette.model import Article, Topic

SYLLABLES = {
    "en": "an ber con der el fra gor hal in jor kel lan mor nen or pre quin ran ster tion ul ver wen yor zan",
    "az": "az bə cı çağ dı əm fər ğı hər ıl ka lər məz nü öl pa rı sər şü tə uğ vü yax zə",
    "ru": "ак бо вен гра дов еж жан зин ил кров лен мо ник обор пла рус ство тех ули фор хар цев чин шов",
    "it": "al ben co del era fi gno ia la ment na ore pe qua ri sto ta uno ve zia",
    "ar": "ال بو تر جن حم خا دي رو زم سل شر صن طي عب غر فت قم كا لو مد نا هو يا",
}
TOKENS = 720  # of an article
ROUNDS = 5


class Language:
    """Invented words of one language, drawn as real words are: the n-th commonest about 1/n as often as the first."""

    def __init__(self, name: str, size: int, source: random.Random) -> None:
        words: dict[str, None] = {}
        syllables = SYLLABLES[name].split()
        while len(words) < size:
            length = 1 + (len(words) > 60) + (len(words) > 900) + source.randint(0, 1)
            words["".join(source.choices(syllables, k=length))] = None
        self.name, self.words = name, list(words)
        total, self.weights = 0.0, []
        for rank in range(size):
            total += 1 / (rank + 2.7)
            self.weights.append(total)

    def sentence(self, source: random.Random) -> str:
        """Some words with a capital and a full stop, now and then a comma, a number or a designator."""
        words = source.choices(self.words, cum_weights=self.weights, k=source.randint(8, 28))
        if source.random() < 0.2:
            designator = f"{source.choice('ACFKMST')}-{source.randint(1, 99)}{source.choice(('A', 'B', 'J', ''))}"
            words[source.randrange(len(words))] = designator
        text = " ".join(word + ("," if source.random() < 0.06 else "") for word in words)
        return text[0].upper() + text[1:] + "."


def generated(count: int, source: random.Random) -> list[Article]:
    """Articles of some 720 tokens in five languages."""
    languages = [Language(name, 12_000, source) for name in SYLLABLES]
    made = []
    for number in range(count):
        language = languages[number % len(languages)]
        paragraphs, tokens = [], 0
        while tokens < TOKENS:
            paragraph = " ".join(language.sentence(source) for _ in range(source.randint(2, 5)))
            tokens += len(paragraph.split())
            paragraphs.append(paragraph)
        made.append(Article(language.sentence(source), "\n\n".join(paragraphs), language=language.name))
    return made


def read(path: Path, count: int) -> list[Article]:
    """Articles of a JSON Lines file."""
    made = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            data = json.loads(line)
            made.append(Article(data["title"], data["text"], language=data.get("language") or ""))
            if len(made) == count:
                break
    return made


class Rules:
    """Invented but realistic rules: 1-4 terms of one language, joined as analysts do, about as common as theirs."""

    def __init__(self, articles: Sequence[Article], source: random.Random) -> None:
        self.source = source
        texts: dict[str, list[list[str]]] = {}
        for article in articles:
            words = [word.lower() for word in re.findall(r"[^\W\d_]{4,}", article.text)]
            if len(words) > 20:
                texts.setdefault(article.language, []).append(words)
        self.languages = [(rows, *_bands(rows)) for rows in texts.values()]

    def one(self) -> tuple[str, Callable[[str], bool]]:
        """A rule, and the same as a test by regular expressions (without the distance of NEAR)."""
        rows, middle, rare = self.source.choice(self.languages)
        choose, draw = self.source.choice, self.source.random()
        a, b, c, r = choose(middle), choose(middle), choose(middle), choose(rare)
        if draw < 0.04:
            return f"{r} OR {choose(rare)}{a[:2]}", _any(r)
        if draw < 0.5:
            return f"{a} {b}", _all(a, b)
        if draw < 0.65:
            return f"{a} ({b} OR {r})", _all(a)
        if draw < 0.75:
            return f"{a} {b} -{c}", _all(a, b)
        words = choose(rows)
        at = self.source.randrange(len(words) - 1)
        if draw < 0.9:
            return f'"{words[at]} {words[at + 1]}" {a}', _all(f"{words[at]} {words[at + 1]}", a)
        return f"({a} NEAR/8 {b}) OR ({b} NEAR/8 {c})", _all(b)


def _bands(rows: list[list[str]]) -> tuple[list[str], list[str]]:
    """Words that stand in one to three of a hundred articles, and words that stand in one article."""
    frequency = Counter(word for words in rows for word in set(words))
    middle = [word for word, n in frequency.items() if 0.01 <= n / len(rows) <= 0.03] or list(frequency)
    return sorted(middle), sorted(word for word, n in frequency.items() if n == 1) or sorted(frequency)


def _all(*terms: str) -> Callable[[str], bool]:
    regexes = [re.compile(rf"\b{re.escape(term)}\b") for term in terms]
    return lambda text: all(regex.search(text) for regex in regexes)


def _any(*terms: str) -> Callable[[str], bool]:
    regex = re.compile("|".join(rf"\b{re.escape(term)}\b" for term in terms))
    return lambda text: regex.search(text) is not None


@dataclass
class Row:
    """One line of the table."""

    engine: str
    rules: int
    per_second: float
    compile_seconds: float = 0.0
    bytes_a_rule: float = 0.0
    add_us: float = 0.0
    remove_us: float = 0.0
    matches: float = 0.0  # per 10,000 rules and article


def best(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of some rounds: machines have neighbours."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


@contextlib.contextmanager
def pure_python() -> Iterator[None]:
    """Vedette as where no C compiler was at hand when it was installed."""
    chosen = document.lay_out, presearch.take
    document.lay_out, presearch.take = layout.PurePython, presearch.take_all
    try:
        yield
    finally:
        document.lay_out, presearch.take = chosen


def ours(topics: list[Topic], articles: list[Article], *, memory: bool, name: str = "vedette") -> Row:
    """The monitor: compile, warm up and tune on the first tenth, then match."""
    size = _memory(topics) if memory else 0.0
    gc.collect()
    gc.freeze()
    started = time.process_time()
    monitor = Monitor(Catalogue())
    refused = monitor.put_all(topics)
    compile_seconds = time.process_time() - started
    if refused:
        raise SystemExit(f"refused: {refused[0][0].rule}: {refused[0][1]}")
    for article in articles[: max(20, len(articles) // 10)]:
        monitor.match(article)
    monitor.tune()
    for article in articles:
        monitor.match(article)
    gc.collect()
    gc.freeze()
    matched = sum(len(monitor.match(article).matches) for article in articles)
    spent = best(lambda: [monitor.match(article) for article in articles])
    sample = random.Random(3).sample(topics, min(2000, len(topics)))
    started = time.process_time()
    for topic in sample:
        monitor.remove(topic.id)
    removed = time.process_time() - started
    started = time.process_time()
    for topic in sample:
        monitor.put(topic)
    added = time.process_time() - started
    return Row(
        name,
        len(topics),
        len(articles) / spent,
        compile_seconds,
        size,
        added / len(sample) * 1e6,
        removed / len(sample) * 1e6,
        matched / len(topics) / len(articles) * 10_000,
    )


def _memory(topics: list[Topic]) -> float:
    """Bytes a rule, measured on the first 20,000."""
    some = topics[:20_000]
    Monitor(Catalogue()).put_all(some[:10])
    gc.collect()
    tracemalloc.start()
    monitor = Monitor(Catalogue())
    monitor.put_all(some)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / len(monitor)


def re_loop(tests: list[Callable[[str], bool]], articles: list[Article]) -> Row:
    """`for rule: re.search`."""
    few = [article.text.lower() for article in articles[: max(1, 3000 // len(tests))]]
    spent = best(lambda: [test(text) for text in few for test in tests])
    return Row("for rule: re.search", len(tests), len(few) / spent)


def fts5(topics: list[Topic], articles: list[Article]) -> Row:
    """SQLite FTS5 with one article in it, every rule a query."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE a USING fts5(title, body)")
    queries = [_fts(topic.rule) for topic in topics]
    few = articles[: max(1, 20_000 // len(topics))]
    started = time.process_time()
    for article in few:
        connection.execute("DELETE FROM a")
        connection.execute("INSERT INTO a VALUES (?, ?)", (article.title, article.text))
        for query in queries:
            connection.execute("SELECT 1 FROM a WHERE a MATCH ?", (query,)).fetchone()
    spent = time.process_time() - started
    connection.close()
    return Row("SQLite FTS5, one article at a time", len(topics), len(few) / spent)


def _fts(rule: str) -> str:
    rule = re.sub(r"\((\w+) NEAR/(\d+) (\w+)\)", r'NEAR("\1" "\3", \2)', rule)
    rule = re.sub(r" -(\w+)", r' NOT "\1"', rule)
    parts = re.findall(r'NEAR\([^)]*\)|"[^"]*"|[()]|\w+', rule)
    out: list[str] = []
    for part in parts:
        word = part if part in ("(", ")", "OR", "NOT") or part[0] == '"' or part.startswith("NEAR(") else f'"{part}"'
        if out and out[-1] not in ("(", "OR", "NOT") and word not in (")", "OR", "NOT"):
            out.append("AND")
        out.append(word)
    return " ".join(out)


def scanners(topics: list[Topic], articles: list[Article]) -> Iterator[Row]:
    """Multi-string scanners over the words of the rules, where they are installed."""
    words = sorted({w.lower() for topic in topics for w in re.findall(r"\w{3,}", topic.rule)})
    makers: dict[str, Callable[[], Callable[[str], object]]] = {
        "ahocorasick_rs": lambda: importlib.import_module("ahocorasick_rs").AhoCorasick(words).find_matches_as_indexes,
        "pyahocorasick": lambda: _pyahocorasick(words),
        "daachorse": lambda: importlib.import_module("daachorse").CharwiseDoubleArrayAhoCorasick(words).find,
        "hyperscan": lambda: _hyperscan(words),
        "flashtext2": lambda: _flashtext(words),
    }
    for name, make in makers.items():
        try:
            started = time.process_time()
            scan = make()
            compiled = time.process_time() - started
        except ModuleNotFoundError:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        spent = best(lambda scan=scan: [scan(article.text.lower()) for article in articles])
        yield Row(f"{name} (words only)", len(topics), len(articles) / spent, compiled)


def _pyahocorasick(words: list[str]) -> Callable[[str], object]:
    automaton = importlib.import_module("ahocorasick").Automaton()
    for number, word in enumerate(words):
        automaton.add_word(word, number)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def _flashtext(words: list[str]) -> Callable[[str], object]:
    processor = importlib.import_module("flashtext2").KeywordProcessor(case_sensitive=True)
    processor.add_keywords_from_iter(words)
    return processor.extract_keywords  # type: ignore[no-any-return]


def _hyperscan(words: list[str]) -> Callable[[str], object]:
    hyperscan = importlib.import_module("hyperscan")
    database = hyperscan.Database()
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
    database.compile(
        expressions=[re.escape(word).encode() for word in words],
        ids=list(range(len(words))),
        elements=len(words),
        flags=[flags] * len(words),
    )
    found: list[int] = []
    return lambda text: database.scan(text.encode(), match_event_handler=lambda number, *_: found.append(number))


def main() -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rules", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--articles", type=Path, help="JSON Lines of real articles")
    parser.add_argument("--count", type=int, default=1000, help="how many articles")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    options = parser.parse_args()
    source = random.Random(7)
    articles = read(options.articles, options.count) if options.articles else generated(options.count, source)
    tokens = sum(len(a.text.split()) for a in articles) / len(articles)
    if layout.kernel is None:
        print("the compiled kernel was not built: all of this is pure Python", file=sys.stderr)
    print(f"{len(articles)} articles of {tokens:.0f} tokens, Python {sys.version.split()[0]}")
    heads = ("engine", "rules", "articles/s", "compile s", "B/rule", "add us", "remove us", "matches/10k")
    print(f"{heads[0]:36}" + "".join(f"{head:>12}" for head in heads[1:]))
    factory = Rules(articles, source)
    for size in options.rules:
        made = [factory.one() for _ in range(size)]
        topics = [Topic(f"t{number}", rule) for number, (rule, _) in enumerate(made)]
        row = ours(topics, articles, memory=not options.no_memory)
        _print(row)
        if not options.no_peers:
            with pure_python():
                _print(ours(topics, articles, memory=False, name="vedette without its kernel"))
            for peer in _peers(topics, [test for _, test in made], articles):
                _print(peer)
                ratio = row.per_second / peer.per_second
                print(f"{'':50}{f'{ratio:,.1f} times slower' if ratio >= 1 else f'{1 / ratio:,.1f} times faster'}")


def _peers(topics: list[Topic], tests: list[Callable[[str], bool]], articles: list[Article]) -> Iterator[Row]:
    if len(topics) <= 10_000:
        yield re_loop(tests, articles)
    if len(topics) <= 100_000:
        yield fts5(topics, articles)
    yield from scanners(topics, articles)


def _print(row: Row) -> None:
    numbers = (f"{row.per_second:,.1f}", row.compile_seconds, row.bytes_a_rule, row.add_us, row.remove_us, row.matches)
    cells = [n if isinstance(n, str) else f"{n:,.1f}" if n else "" for n in numbers]
    print(f"{row.engine:36}{row.rules:>12,}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
