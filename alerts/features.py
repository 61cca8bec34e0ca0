"""What tells articles apart: the entities that they name and their words, each as a clause of a rule could name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from alerts import text
from alerts.commonness import common_words
from alerts.document import Document
from alerts.entities import Catalogue, Lexicon
from alerts.knowledge import Knowledge
from alerts.rules.node import quote
from alerts.rules.operators.entity import EntityTerm
from alerts.rules.operators.word import Word
from alerts.rules.parser import parse
from vedette.errors import RuleError
from vedette.model import Article, Span

Feature = str
"""A folded word, or `@` and the id of an entity."""

SHORTEST = 3  # letters of a word that can tell articles apart
_KEY, _ENDING = 4, 3  # letters of a name that always stand there, and those that inflection may change


@dataclass(frozen=True, slots=True)
class Described:
    """An article by its features: how often each stands there, and which stand in the title.

    `named` are the entities that the words hit by the rule name there, such as `@adex` for ADEX: no features, since
    they are what is to be told apart.
    """

    article: Article
    story_id: int
    counts: Mapping[Feature, int]
    in_title: frozenset[Feature]
    named: frozenset[Feature] = frozenset()

    @property
    def features(self) -> frozenset[Feature]:
        """Those that stand there at all."""
        return frozenset(self.counts)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Described articles, and how each word is mostly written. `names`: words that are written as names are."""

    articles: Sequence[Described]
    written: Mapping[Feature, str]
    names: frozenset[Feature]

    def term(self, feature: Feature) -> str:
        """A feature as a rule writes it."""
        if feature[0] == "@":
            return EntityTerm(feature[1:]).normal()
        word = self.written[feature]
        try:
            if isinstance(parse(word).node, Word):
                return word
        except RuleError:
            pass  # an operator's name, such as a heading's NOT: it goes into quotes
        return quote(word)

    def weight(self, feature: Feature) -> float:
        """How well a feature serves as a clause: entities hold in all languages, names say what a text is about."""
        return 1.5 if feature[0] == "@" else 1.3 if feature in self.names else 1.0


def describe(
    rows: Iterable[tuple[Article, int, Sequence[Span]]], catalogue: Catalogue, without: Iterable[str] = ()
) -> Corpus:
    """Articles with their stories, less the words that a rule hit in them (`Span`) and the entities `without`."""
    found = list(rows)
    knowledge = Knowledge(catalogue)
    documents = [Document(article, knowledge) for article, _, _ in found]
    lexicon = _lexicon(catalogue, set(chain.from_iterable(document.words for document in documents)))
    excluded = {f"@{identity}" for identity in without}
    hit = {token for _, _, spans in found for span in spans for token in text.tokens(span.text)}
    written: dict[Feature, Counter[str]] = {}
    articles = [
        _described(document, story, lexicon, excluded, hit, written)
        for document, (_, story, _) in zip(documents, found, strict=True)
    ]
    shown = {word: max(forms, key=lambda form: (forms[form], form)) for word, forms in written.items()}
    return Corpus(articles, shown, frozenset(word for word, form in shown.items() if form[0].isupper()))


def _lexicon(catalogue: Catalogue, words: set[str]) -> Lexicon:
    """The aliases of the entities that may stand among these words."""
    starts = {word[:length] for word in words for length in range(1, len(word) + 1)}
    bare = [word[skip:] for word in words if text.script(word[0]) in ("ar", "he") for skip in (1, 2, 3)]
    starts |= {word[:length] for word in bare for length in range(1, len(word) + 1)}
    lexicon = Lexicon(catalogue.owners)
    for identity, names in catalogue.names():
        if any(all(token[: max(_KEY, len(token) - _ENDING)] in starts for token in name.split()) for name in names):
            lexicon.add(catalogue[identity])
    return lexicon


def _described(
    document: Document,
    story: int,
    lexicon: Lexicon,
    excluded: set[Feature],
    hit: set[str],
    written: dict[Feature, Counter[str]],
) -> Described:
    counts: dict[Feature, int] = {}
    in_title, named = set(), set()
    for identity, hits in lexicon.hits(document).items():
        feature = f"@{identity}"
        if feature in excluded:
            continue
        if any(not hit.isdisjoint(document.tokens[h.start : h.end]) for h in hits):
            named.add(feature)
            continue
        counts[feature] = len(hits)
        if hits[0].start < document.title_end:
            in_title.add(feature)
    for word in document.words:
        if word in hit or not _tells(word):
            continue
        places = document.positions(word)
        counts[word] = len(places)
        forms = written.setdefault(word, Counter())
        forms.update(text.plain(document.written(place)) for place in places[:3])
        if places[0] < document.title_end:
            in_title.add(word)
    return Described(document.article, story, counts, frozenset(in_title), frozenset(named))


def _tells(word: str) -> bool:
    """Whether a word can be a clause: long enough, of letters, and not one that stands everywhere."""
    return len(word) >= SHORTEST and word.isalpha() and not text.is_running(word) and word not in common_words()
