"""What the hits of a term are about: articles grouped by the company that the term keeps, and what tells groups apart.

A group is halved where a feature and its company part it best by log-likelihood, and each half is then what its words
make likely (naive Bayes). Only halves with marks of their own are kept: words or entities that stand in most of the
one and hardly in the other. Copies of a story count once. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from alerts.features import Corpus, Described, Feature
from alerts.separation import Marker, bits, clause, likelihood, markers

MOST_GROUPS = 6
SMALLEST = 3
"""Stories of a group."""
_SEEDS = 120  # features looked at as the one that halves a group
_TRIED = 12  # of them, the best
_COMPANY = 15  # of its company that counts
_LIKELY = 7.9  # G² of a mark that is hardly chance (p < 0.005)
_CERTAIN = 12.0  # G² of a mark: many are looked at, so that more than the usual 10.8 is asked for
_MARKS = 3  # marks of one half at least that can't be chance; the other may be of several kinds
_ROUNDS = 6
_MOST, _FEW = 0.7, 0.1  # shares of a group that a mark of its own has to have, and may have of another


@dataclass(frozen=True, slots=True)
class Group:
    """Articles in which a term keeps the same company. `marks`: what is typical of them, the most telling first."""

    articles: tuple[int, ...]  # places in the corpus
    stories: int
    marks: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps a rule to one group: features of which none may stand (`excluded`) or one must (`required`)."""

    group: int
    excluded: tuple[Feature, ...]
    required: tuple[Feature, ...]


def groups(corpus: Corpus) -> list[Group]:
    """The groups, the largest first; one alone where everything is about the same."""
    first: dict[int, int] = {}
    for place, article in enumerate(corpus.articles):
        first.setdefault(article.story_id, place)
    told = [corpus.articles[place] for place in first.values()]  # one article of each story
    space = _Space(told, corpus.weight)
    parts = _rearranged(space, _parts(space))
    members: list[list[int]] = [[] for _ in parts]
    stories = {article.story_id: n for n, article in enumerate(told)}
    for place, article in enumerate(corpus.articles):
        own = stories[article.story_id]
        members[next(i for i, part in enumerate(parts) if part >> own & 1)].append(place)
    found = [
        Group(tuple(places), part.bit_count(), _marks(space, part)) for part, places in zip(parts, members, strict=True)
    ]
    return sorted(found, key=lambda g: (-len(g.articles), g.articles))


def guards(corpus: Corpus, found: Sequence[Group]) -> Iterator[Guard]:
    """For each of several groups the clauses that keep a rule to it."""
    having = bits(article.features for article in corpus.articles)
    for number, group in enumerate(found):
        keep = sum(1 << place for place in group.articles)
        drop = sum(1 << place for other in found if other is not group for place in other.articles)
        excluded, required = clause(having, keep, drop, corpus.weight), clause(having, drop, keep, corpus.weight)
        yield Guard(number, tuple(excluded), tuple(required))


class _Space:
    """Stories and their features as bits: those features that stand in some stories and not in nearly all."""

    def __init__(self, told: Sequence[Described], weight: Callable[[Feature], float]) -> None:
        total = len(told)
        self.weight = weight
        self.whole = (1 << total) - 1
        least = max(2, total // 100)
        everything = bits(article.features for article in told)
        self.having = {f: a for f, a in everything.items() if least <= a.bit_count() <= 0.95 * total}
        self.held = [[f for f in article.counts if f in self.having] for article in told]
        self._languages = list(bits({article.article.language} for article in told).values())
        self._domains = {f: self._domain(f, articles) for f, articles in self.having.items()}

    def domain(self, feature: Feature) -> int:
        """The stories in which a feature could stand: a word in those of its languages, an entity in all.

        Words are compared within them, or else groups would be languages.
        """
        return self._domains[feature]

    def _domain(self, feature: Feature, articles: int) -> int:
        if feature[0] == "@":
            return self.whole
        return sum(these for these in self._languages if these & articles)

    def languages_of(self, part: int) -> int:
        """All stories in the languages of some."""
        return sum(these for these in self._languages if these & part)

    def markers(self, inside: int, outside: int) -> list[Marker]:
        """What tells stories inside from those outside."""
        return markers(self.having, inside, outside, self.weight, self.domain)


def _parts(space: _Space) -> list[int]:
    """The whole, halved as often as it parts well."""
    done: list[int] = []
    waiting = [space.whole]
    while waiting:
        part = max(waiting, key=int.bit_count)
        waiting.remove(part)
        room = len(done) + len(waiting) + 2 <= MOST_GROUPS
        halves = _halves(space, part) if room else None
        if halves is None:
            done.append(part)
        else:
            waiting += halves
    return done


def _rearranged(space: _Space, parts: Sequence[int]) -> list[int]:
    """Every story in the part where its features, all parts being known, make it most likely to be."""
    speaks: dict[Feature, list[float]] = {}
    for feature, articles in space.having.items():
        where = space.domain(feature)
        usual = articles.bit_count() / where.bit_count()
        shares = [((articles & p).bit_count() + usual) / ((where & p).bit_count() + 1) for p in parts]
        speaks[feature] = [log(share / usual) for share in shares]
    moved = [0] * len(parts)
    for number, held in enumerate(space.held):
        sums = [sum(speaks[f][place] for f in held) for place in range(len(parts))]
        own = next(place for place, part in enumerate(parts) if part >> number & 1)
        best = max(range(len(parts)), key=lambda place: (sums[place], place == own))
        moved[best] |= 1 << number
    return moved if all(part.bit_count() >= SMALLEST for part in moved) else list(parts)


def _halves(space: _Space, part: int) -> tuple[int, int] | None:
    """The two groups that a part falls into best; None where it is of one piece."""
    size = part.bit_count()
    if size < 2 * SMALLEST:
        return None
    present = {f: a & part for f, a in space.having.items() if 2 <= (a & part).bit_count() < size}
    even = sorted(present, key=lambda f: (-space.weight(f), abs(present[f].bit_count() - size / 2), f))[:_SEEDS]
    seeds = sorted(even, key=lambda seed: (-_company(space, present, seed, part), seed))[:_TRIED]
    best: tuple[float, int] = (0.0, 0)
    for one in dict.fromkeys(_settled(space, present, present[seed], part) for seed in seeds):
        other = part & ~one
        if min(one.bit_count(), other.bit_count()) >= SMALLEST and not _joined(space, one, other):
            best = max(best, (_distance(space, present, one, other), one))
    return (best[1], part & ~best[1]) if best[0] else None


def _company(space: _Space, present: Mapping[Feature, int], seed: Feature, part: int) -> float:
    """How much a feature says about the others."""
    said: dict[int, float] = {}  # the words of one sentence say a thing once
    for feature, articles in present.items():
        if articles != present[seed] and articles not in said:
            where = part & space.domain(seed) & space.domain(feature)
            both, first, second = articles & present[seed] & where, articles & where, present[seed] & where
            said[articles] = likelihood(both.bit_count(), first.bit_count(), second.bit_count(), where.bit_count())
    return sum(sorted(said.values(), reverse=True)[:_COMPANY])


def _settled(space: _Space, present: Mapping[Feature, int], one: int, part: int) -> int:
    """The first half, once every story is where its features make it most likely to be."""
    numbers = [n for n in range(part.bit_length()) if part >> n & 1]
    for _ in range(_ROUNDS):
        other = part & ~one
        speaks: dict[Feature, float] = {}
        for feature, articles in present.items():
            where = space.domain(feature) & part
            usual = articles.bit_count() / where.bit_count()  # a half without stories of a language says nothing of it
            here = ((articles & one).bit_count() + usual) / ((where & one).bit_count() + 1)
            there = ((articles & other).bit_count() + usual) / ((where & other).bit_count() + 1)
            speaks[feature] = log(here / there)
        moved = sum(1 << n for n in numbers if sum(speaks.get(f, 0.0) for f in space.held[n]) > 0)
        if moved in (one, 0, part):
            break
        one = moved
    return one


def _joined(space: _Space, one: int, other: int) -> bool:
    """Whether two halves have something in common that hardly any other story has: then they are one context."""
    rest = space.whole & ~(one | other)
    if not rest:
        return False
    return any(
        2 * (articles & one).bit_count() >= one.bit_count()
        and 2 * (articles & other).bit_count() >= other.bit_count()
        and (articles & rest).bit_count() <= _FEW * rest.bit_count()
        for articles in space.having.values()
    )


def _distance(space: _Space, present: Mapping[Feature, int], one: int, other: int) -> float:
    """How far apart two halves are by their marks; 0 where one of them has no marks of its own."""
    both = space.languages_of(one) & space.languages_of(other)
    distinct = {articles: f for f, articles in present.items()}  # the words of one sentence say a thing once
    said = {f: articles for articles, f in distinct.items()}
    comparable = {f: articles if f[0] == "@" else articles & both for f, articles in present.items()}
    certain = 0
    sums: list[float] = []
    shares: list[float] = []
    for here, there in ((one, other), (other, one)):
        telling = [m.likelihood for m in markers(said, here, there, space.weight, space.domain)[:_COMPANY]]
        taken = 0
        for feature in clause(comparable, there, here, space.weight):
            taken |= comparable[feature]
        covered = (taken & here).bit_count() / here.bit_count()
        if (
            covered < _MOST
            or (taken & there).bit_count() > _FEW * there.bit_count()
            or sum(value >= _LIKELY for value in telling) < _MARKS
        ):
            return 0.0
        certain = max(certain, sum(value >= _CERTAIN for value in telling))
        sums.append(sum(telling))
        shares.append(covered)
    return min(sums) * min(shares) ** 2 if certain >= _MARKS else 0.0


def _marks(space: _Space, part: int) -> tuple[Feature, ...]:
    """The five features by which people know a group; of one alone the commonest."""
    rest = space.whole & ~part
    if not rest:
        having, weight = space.having, space.weight
        return tuple(sorted(having, key=lambda f: (-(having[f] & part).bit_count() * weight(f), f))[:5])
    return tuple(m.feature for m in space.markers(part, rest)[:5])
